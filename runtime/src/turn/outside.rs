//! What the outside is told of a turn.

use std::time::Instant;

use super::{
    events::{DecidedBy, Decision, PendingCall, StepOutcome, Tag},
    request::Call,
};

/// What the person's screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing happens.
    Idle,
    /// A voice is being heard.
    Listening,
    /// Speech becomes words.
    Hearing,
    /// A plan is made or judged.
    Thinking,
    /// A question is open.
    Asking,
    /// A call is being made.
    Doing,
    /// We talk.
    Speaking,
}

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Something was lost or not done.
    Warning,
    /// Something failed.
    Error,
}

/// What the outside is told.
#[derive(Clone, Debug, PartialEq)]
pub enum TurnEvent {
    /// The state changed.
    State(State),
    /// The person's words.
    Heard {
        /// The words.
        text: String,
        /// The work that recognised them; `None` for typed text.
        tag: Option<Tag>,
    },
    /// What was heard last was our own voice.
    OwnVoice,
    /// A step of a request of several was planned.
    Step {
        /// Which, from 1.
        number: usize,
        /// Of how many.
        of: usize,
        /// The person's words for it.
        words: String,
    },
    /// A question was opened.
    QuestionOpened(PendingCall),
    /// The question was played, or could not be: an answer is due by then.
    AnswerDue {
        /// Which question.
        approval: String,
        /// When silence becomes no.
        until: Instant,
    },
    /// A question was closed.
    QuestionClosed {
        /// Which.
        approval: String,
        /// How it ended for the call.
        decision: Decision,
        /// By whom; [`DecidedBy::Timeout`] means that it expired.
        by: DecidedBy,
    },
    /// An execution ended.
    Done {
        /// The approval that allowed it, if it was asked about.
        approval: Option<String>,
        /// The call.
        call: Call,
        /// How.
        outcome: StepOutcome,
    },
    /// A call was refused by policy or by the person; nothing was sent.
    NotDone {
        /// The approval, if it was asked about.
        approval: Option<String>,
        /// The call.
        call: Call,
        /// Why, as it is said.
        say: String,
    },
    /// Something to know.
    Notice {
        /// How serious.
        level: NoticeLevel,
        /// For programs.
        code: &'static str,
        /// For people.
        message: String,
    },
}
