//! How calls end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::audit::AuditState;
use crate::id::EntryId;
use crate::upstream::{Called, shown};

/// What a caller is told that can't be asked by a tool.
const CANT_ASK: &str = "the tool wants to ask something back, which can't be done here";

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The call in ledger and audit.
    pub entry: EntryId,
    /// What is known.
    pub state: Done,
    /// From `execute` to the end.
    pub took: Duration,
}

/// What is known about a call that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Done {
    /// The tool did it and answered. Text is cut at 256 KiB.
    Succeeded {
        /// The answer for people.
        text: String,
        /// The answer for programs.
        structured: Option<Value>,
    },
    /// The agent asks something before it goes on, and its task waits for the answer ([`Goes::On`]).
    ///
    /// [`Goes::On`]: crate::Goes::On
    Asks {
        /// What, in the agent's own words; empty when it does not say.
        question: String,
    },
    /// The tool, or its server, answered that it failed.
    ToolFailed {
        /// What it said.
        text: String,
    },
    /// It certainly did not happen: nothing was sent, or it was turned away before anything ran.
    NotSent {
        /// Why.
        reason: String,
    },
    /// It may or may not have happened. It is not repeated by itself.
    Unknown {
        /// Why nobody can know.
        reason: String,
    },
}

impl Done {
    pub(crate) fn audit(&self) -> AuditState {
        match self {
            // What was called has answered; what it asks is answered by a call of its own.
            Done::Succeeded { .. } | Done::Asks { .. } => AuditState::Succeeded,
            Done::ToolFailed { .. } | Done::NotSent { .. } => AuditState::Failed,
            Done::Unknown { .. } => AuditState::Unknown,
        }
    }

    /// What the ledger notes; a tool's own words are not ours to keep.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Done::Succeeded { .. } | Done::Asks { .. } => None,
            Done::ToolFailed { .. } => Some("the tool reported a failure"),
            Done::NotSent { reason } | Done::Unknown { reason } => Some(reason),
        }
    }
}

impl From<&Called> for Done {
    fn from(called: &Called) -> Self {
        match called {
            Called::Answered { result, failed } => {
                let (text, structured) = shown(result);
                if *failed { Done::ToolFailed { text } } else { Done::Succeeded { text, structured } }
            }
            Called::Asks { question, .. } => Done::Asks { question: question.clone() },
            Called::InputRequired(_) => Done::ToolFailed { text: CANT_ASK.to_owned() },
            Called::Refused { error } => Done::ToolFailed { text: error.message.clone().into_owned() },
            Called::NotSent { reason } => Done::NotSent { reason: reason.clone() },
            Called::Broken { reason } | Called::Unknown { reason } => {
                Done::Unknown { reason: reason.clone() }
            }
        }
    }
}

/// Calls that have ended, by how, since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) succeeded: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) not_sent: AtomicU64,
    pub(crate) unknown: AtomicU64,
}

impl Counters {
    pub(super) fn count(&self, done: &Done) {
        let counter = match done {
            Done::Succeeded { .. } | Done::Asks { .. } => &self.succeeded,
            Done::ToolFailed { .. } => &self.failed,
            Done::NotSent { .. } => &self.not_sent,
            Done::Unknown { .. } => &self.unknown,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
