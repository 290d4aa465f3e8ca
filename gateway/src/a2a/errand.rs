//! What is asked of an agent, and how that ends.

use std::collections::HashMap;

use serde_json::Value;

/// One request to an agent. It is sent once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Errand {
    /// The whole request, in words.
    pub words: String,
    /// Names the request. An agent that hears the same name again knows that it is not another one.
    pub message_id: String,
    /// The conversation that it belongs to, as an earlier [`Answer`] named it.
    pub context: Option<String>,
    /// The task that waits for these words, as an earlier [`Answer`] named it.
    pub task: Option<String>,
    /// What goes with the message besides, such as hints of which skill is meant.
    pub metadata: HashMap<String, Value>,
}

/// One step of an errand.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It is under way, and this is new. In few words; empty when the agent says nothing.
    Progress(String),
    /// It has ended, as far as this errand goes.
    Ended(Answer),
}

/// How an errand ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What is known.
    pub ending: Ending,
    /// What the agent said, or why nothing more is known. Cleaned of hidden characters; files are named, not opened.
    pub text: String,
    /// What the agent gave for programs.
    pub structured: Option<Value>,
    /// The conversation, for the next errand of the same conversation.
    pub context: Option<String>,
    /// The task, for words that it waits for.
    pub task: Option<String>,
}

/// What is known of an errand that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The agent did it, or answered.
    Completed,
    /// The agent asks something before it goes on; the task waits.
    InputRequired,
    /// The agent wants the person to sign in with it before it goes on; the task waits.
    AuthRequired,
    /// The agent says that it failed.
    Failed,
    /// The agent will not do it.
    Rejected,
    /// It was cancelled, and the agent says so.
    Canceled,
    /// The agent answered with an error of the protocol.
    Refused,
    /// It certainly did not happen: nothing was sent, or it was turned away at the door.
    NotSent,
    /// It left, and the connection ended before the agent had named a task.
    Broken,
    /// It left, and nobody knows what became of it.
    Unknown,
}

impl Answer {
    /// An end that the agent did not tell.
    pub(super) fn without_word(ending: Ending, reason: impl Into<String>) -> Self {
        Self { ending, text: reason.into(), structured: None, context: None, task: None }
    }
}
