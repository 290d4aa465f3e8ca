//! What is planned: the person's words with what they may refer to, and what they came to.

use serde_json::{Map, Value};

use super::events::Tag;
pub use crate::planner::{Ids, PastState};

/// One call of a tool, complete and valid against the tool's schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// `server__action`.
    pub capability: String,
    /// The registered server.
    pub server: String,
    /// The tool of that server.
    pub action: String,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// What people call the thing that one of them holds the id of.
    pub about: Option<About>,
}

/// An argument that is an id, and the name of what it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The argument.
    pub argument: String,
    /// The name, in the person's words.
    pub name: String,
}

/// What the planner is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRequest {
    /// The person's words; of an edit, the words that say what changes.
    pub utterance: String,
    /// Requests that would follow it if the words it came from are several requests: each must be one that a tool can be
    /// called for, or a value asked for. Empty when there is nothing to find out.
    pub then: Vec<String>,
    /// The call that the words change, when they are an edit of a question.
    pub editing: Option<Call>,
    /// What was asked for in words just before, which the words may be the answer to.
    pub answering: Option<HalfMade>,
    /// The conversation before the utterance, oldest first.
    pub history: Vec<Line>,
    /// What was called before, newest last, at most [`PAST_CALLS`].
    ///
    /// [`PAST_CALLS`]: crate::turn::PAST_CALLS
    pub past: Vec<PastCall>,
}

/// What the planner decided to do with an utterance.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Call a tool.
    Call(Call),
    /// Answer in words; nothing is called.
    Respond,
    /// Something is missing: say this question, then plan the next utterance.
    Ask {
        /// What to ask, to be said as it is.
        question: String,
        /// What is known of the call already; its arguments are not complete.
        call: Option<Call>,
    },
    /// What was done can't be changed: take it back, then make the call it should have been. Each is asked about by itself,
    /// and the second is begun only when the first was done.
    Instead {
        /// Takes back what was done.
        undo: Call,
        /// The call with what the person corrected.
        call: Call,
    },
    /// What would follow is no request by itself: the words it came from are one.
    OneRequest,
}

/// Why no plan was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanFault {
    /// It failed. The message is for the log, not for the person.
    #[error("planning failed: {0}")]
    Broken(String),
    /// The engine broke off in it and was started anew. The message is for the log.
    #[error("planning broke off: {0}")]
    BrokeOff(String),
    /// Nobody can plan yet; the sentence says how long that takes.
    #[error("{0}")]
    NotYet(String),
}

/// A request that lacks a value, and the question that asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct HalfMade {
    /// The words of the request.
    pub utterance: String,
    /// What is known of its call; its arguments are not complete.
    pub call: Option<Call>,
    /// What was asked.
    pub question: String,
    /// Who wants to know.
    pub asker: Asker,
}

/// Who asks the person something in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// We, for a value that the call lacks.
    Us,
    /// The agent that was called, before it goes on. The answer is its own, word for word.
    Agent,
}

/// What a call is to the agent that gets it; all the same to a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    /// A request of its own.
    Begins,
    /// The answer to what the agent asked.
    GoesOn,
}

/// A call of this conversation and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PastCall {
    /// The plan, judgement or step that it ended with. A call of the request that goes on has that request's turn.
    pub tag: Tag,
    /// The call.
    pub call: Call,
    /// How it ended.
    pub state: PastState,
    /// What was said of it: as far as it was heard, all of it until that is known.
    pub said: String,
    /// The tool's own text, cut as in [`StepOutcome::result`]; empty for a call that was not made.
    ///
    /// [`StepOutcome::result`]: crate::turn::StepOutcome::result
    pub result: String,
    /// As in [`StepOutcome::ids`]; empty for a call that was not made.
    ///
    /// [`StepOutcome::ids`]: crate::turn::StepOutcome::ids
    pub ids: Ids,
}

/// What the values of a call may have come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grounds {
    /// What the person said in this conversation, oldest first, all of this request among it.
    pub spoken: Vec<String>,
    /// What tools answered in this conversation, oldest first, all of this request among it.
    pub results: Vec<String>,
}

/// Who said a line of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The person.
    Person,
    /// The persona; only what was heard of it.
    Persona,
}

/// One line of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who.
    pub role: Role,
    /// The words.
    pub text: String,
}
