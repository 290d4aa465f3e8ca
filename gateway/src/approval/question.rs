//! A question that waits for an answer, and how it ends.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;
use tokio::sync::oneshot;

use super::MAX_ARGUMENTS;
use super::pin_code::PinError;
use crate::arguments::ArgumentProblem;
use crate::audit::DecidedBy;
use crate::canonical::Digest;
use crate::capability::Class;
use crate::discovery::UnknownCapability;
use crate::execution::Authorized;
use crate::gateway::Shared;
use crate::id::{ApprovalId, EntryId};
use crate::ledger::Question;
use crate::name::{ServerName, ToolName};
use crate::policy::{Unspoken, YesBy};
use crate::rulebook::ExplainError;
use crate::store::StoreError;

/// A question that waits for an answer.
#[derive(Debug)]
pub struct Pending {
    /// What is asked, as it may be shown.
    pub approval: ApprovalView,
    /// Where the answer arrives.
    pub resolution: PendingResolution,
}

/// An open question as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ApprovalView {
    /// Its id.
    pub id: ApprovalId,
    /// The call in ledger and audit.
    pub entry: EntryId,
    /// Who asks.
    pub persona: String,
    /// In which session.
    pub session: String,
    /// The server.
    pub server: ServerName,
    /// The tool.
    pub tool: ToolName,
    /// What it is taken to do.
    pub class: Class,
    /// The exact arguments.
    pub arguments: Map<String, Value>,
    /// Their hash.
    pub arguments_sha256: Digest,
    /// The hash of the tool's definition.
    pub tool_hash: Digest,
    /// Why it is asked about where level 2 would let it run: the boundary it is outside of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The arguments whose value the person did not say, though it reaches, pays or points somewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unspoken: Vec<Unspoken>,
    /// How a yes has to be given.
    pub approve: YesBy,
    /// The question in words, once it has been phrased.
    pub question: Option<String>,
    /// Whether it is spoken.
    pub by_voice: bool,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl ApprovalView {
    /// What the journal notes of it.
    pub(super) fn question(&self) -> Question {
        let Self { id, by_voice, asked_at, expires_at, .. } = self;
        Question { id: id.clone(), by_voice: *by_voice, asked_at: *asked_at, expires_at: *expires_at }
    }
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Run it.
    Approve,
    /// Don't.
    Deny,
}

/// The answer was not taken.
#[derive(Debug, Error)]
pub enum AnswerError {
    /// No such question.
    #[error("no approval {0} exists")]
    NotFound(ApprovalId),
    /// Somebody was faster.
    #[error("approval {0} was answered before, the first answer counts")]
    AlreadyAnswered(ApprovalId),
    /// The time ran out.
    #[error("approval {0} has expired, ask again")]
    Expired(ApprovalId),
    /// The tool is not the one that was asked about, so the question was closed as denied.
    #[error("approval {0} was closed: the tool has changed since the question was asked, ask again")]
    ToolChanged(ApprovalId),
    /// The changed arguments are those that were asked about; the question is still open.
    #[error("the arguments of approval {0} are not changed, approve or deny it")]
    Unchanged(ApprovalId),
    /// A changed argument doesn't fit the tool's schema; the question is still open.
    #[error(transparent)]
    Argument(#[from] ArgumentProblem),
    /// The changed arguments are too large; the question is still open.
    #[error("the arguments are {0} bytes, the limit is {MAX_ARGUMENTS}")]
    TooLarge(usize),
    /// The policy forbids the changed call; the question is still open.
    #[error("the changed call is not allowed: {0}")]
    Refused(String),
    /// The rule wants its yes given in another way; the question is still open.
    #[error("the yes to approval {id} has to be {by}; the question is still open")]
    Otherwise {
        /// Which question.
        id: ApprovalId,
        /// In which way.
        by: YesBy,
    },
    /// The PIN was not taken; the question is still open.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// The capability can't be used any more; the question is still open.
    #[error(transparent)]
    UnknownCapability(#[from] UnknownCapability),
    /// The database failed; the question is still open.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ExplainError> for AnswerError {
    fn from(error: ExplainError) -> Self {
        match error {
            ExplainError::UnknownCapability(error) => error.into(),
            ExplainError::Store(error) => error.into(),
        }
    }
}

/// How a question ended.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "made once for each question and taken apart at once")]
pub enum Resolution {
    /// Yes, and the right to run it.
    Granted(Authorized),
    /// No.
    Denied {
        /// Who said so.
        by: DecidedBy,
    },
    /// Nobody answered in time.
    Expired,
    /// Yes, but to a tool that is another one by now.
    ToolChanged,
    /// It was answered with other arguments: this question is closed as denied, and here is the one that asks about those.
    Edited(Pending),
}

/// Where the proposer waits for the answer. Dropping it withdraws the question, which counts as denied.
#[derive(Debug)]
pub struct PendingResolution {
    id: ApprovalId,
    answer: oneshot::Receiver<Resolution>,
    resolved: bool,
    shared: Arc<Shared>,
}

impl PendingResolution {
    pub(super) fn new(id: ApprovalId, answer: oneshot::Receiver<Resolution>, shared: Arc<Shared>) -> Self {
        Self { id, answer, resolved: false, shared }
    }

    /// The question's id.
    #[must_use]
    pub fn id(&self) -> &ApprovalId {
        &self.id
    }

    /// Waits for the end of the question. Safe to drop and call again; after the end it is `Denied` by `Disconnect`.
    pub async fn wait(&mut self) -> Resolution {
        if self.resolved {
            return Resolution::Denied { by: DecidedBy::Disconnect };
        }
        let answer = (&mut self.answer).await;
        self.resolved = true;
        // The desk went away without an answer: the gateway is shutting down.
        answer.unwrap_or(Resolution::Denied { by: DecidedBy::Disconnect })
    }
}

impl Drop for PendingResolution {
    fn drop(&mut self) {
        if self.resolved {
            return;
        }
        self.answer.close();
        let unread = self.answer.try_recv().ok();
        let (shared, id) = (self.shared.clone(), self.id.clone());
        let withdraw = async move {
            match unread {
                Some(Resolution::Granted(authorized)) => shared.abandon(authorized).await,
                // The new question withdraws itself.
                Some(Resolution::Edited(pending)) => drop(pending),
                Some(Resolution::Denied { .. } | Resolution::Expired | Resolution::ToolChanged) => {}
                None => shared.withdraw(&id).await,
            }
        };
        self.shared.tasks.spawn_on(withdraw, &self.shared.runtime);
    }
}
