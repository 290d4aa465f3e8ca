//! Who does what is asked in a conversation, and what is told about it.

use a2a::TaskState;
use async_trait::async_trait;
use serde_json::Value;

use crate::session::Ended;

/// What a caller says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// The words.
    pub text: String,
    /// How often they were passed on from agent to agent.
    pub depth: u64,
}

/// A question that its caller must answer before anything goes on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    /// The exact words.
    pub words: String,
    /// Who asks, if it is somebody else, and what would be done after a yes.
    pub details: Option<Value>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct End {
    /// A state that is over.
    pub state: TaskState,
    /// What is said about it.
    pub reply: String,
    /// What was called and what came of it.
    pub calls: Vec<Value>,
}

/// What happens while a request is dealt with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
    /// Worth telling meanwhile.
    Progress(String),
    /// Nothing goes on before this is answered.
    Asking(Question),
    /// The question is over, whoever answered it.
    Closed,
    /// The request is dealt with.
    Over(End),
}

/// One side of a conversation. It deals with one request at a time.
#[async_trait]
pub(super) trait Mind: Send {
    /// Takes a request, or the answer to the question that is open.
    async fn say(&mut self, said: Said) -> Result<(), Ended>;

    /// Stops what is under way. `Some` when nothing was; else [`Event::Over`] follows.
    async fn stop(&mut self) -> Result<Option<End>, Ended>;

    /// The next event; waits for ever when nothing is under way. Nothing is lost when this is dropped while it waits.
    async fn next(&mut self) -> Result<Event, Ended>;
}
