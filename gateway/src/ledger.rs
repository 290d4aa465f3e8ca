//! The ledger: each call's state, on disk before the world can see the step it stands for.
//!
//! `proposed -> approved -> dispatching -> succeeded | failed | unknown`, or `denied`/`expired` instead. `dispatching` is
//! committed before the first byte of a call leaves, so whatever a crash interrupts is found as `dispatching` and becomes
//! `unknown`: reported, never repeated. A step is taken only from the state before it, checked by the rows it changed.
//!
//! [`Journal`] is what the rest of the gateway writes through; the database behind it is [`SqliteJournal`]'s business alone.

mod batch;
mod keys;
mod queue;
mod recovery;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::audit::{AuditState, DecidedBy};
use crate::canonical::Digest;
use crate::capability::Class;
use crate::execution::{Done, Outcome};
use crate::id::{ApprovalId, EntryId};
use crate::idempotency::IdempotencyKey;
use crate::name::CapabilityId;
use crate::policy::Level;
use crate::store::StoreError;

pub(crate) use queue::SqliteJournal;

/// Where the steps of calls are written. Every method returns when its step is on disk, and takes the step even if its future
/// is dropped after it was polled.
///
/// A step that is not allowed from where the call stands is [`StoreError::State`], and changes nothing.
#[async_trait]
pub trait Journal: fmt::Debug + Send + Sync {
    /// A refusal by the policy: `denied`.
    async fn refuse(&self, call: &Arc<CallRecord>) -> Result<(), StoreError>;

    /// A question: `proposed`.
    async fn ask(&self, call: &Arc<CallRecord>, question: &Question) -> Result<(), StoreError>;

    /// The end of a question, if nobody was faster: `approved`, `denied` or `expired`.
    async fn settle(
        &self,
        id: &ApprovalId,
        call: &Arc<CallRecord>,
        settlement: Settlement,
    ) -> Result<Settled, StoreError>;

    /// An answer with other arguments, if nobody was faster: the old question is `denied`, the new one `proposed`, in one step.
    async fn edit(&self, edit: Edit) -> Result<Settled, StoreError>;

    /// How a question that isn't open any more ended.
    async fn settled(&self, id: &ApprovalId) -> Result<Settled, StoreError>;

    /// The last step before a call leaves: `dispatching`.
    async fn dispatch(&self, call: &Arc<CallRecord>, allowed: Allowed) -> Result<(), StoreError>;

    /// A read that is about to be sent a second time; it stays `dispatching`.
    async fn dispatch_again(&self, call: &Arc<CallRecord>, by: DecidedBy) -> Result<(), StoreError>;

    /// The end of a call that was dispatched: `succeeded`, `failed` or `unknown`. The outcome of a call with a key is kept.
    async fn finish(
        &self,
        call: &Arc<CallRecord>,
        by: DecidedBy,
        done: &Done,
        took: Duration,
    ) -> Result<(), StoreError>;

    /// The end of a call that was allowed and never dispatched: `failed`.
    async fn abandon(&self, call: &Arc<CallRecord>, allowed: Allowed, reason: &str)
    -> Result<(), StoreError>;

    /// Closes what the last run left open, before anything else is written. Questions were never answered and approved calls
    /// never left; what was being sent may have happened.
    async fn recover(&self) -> Result<Vec<Recovered>, StoreError>;

    /// What became of the call that a key stands for.
    async fn keyed(&self, persona: &str, key: &IdempotencyKey) -> Result<Option<KeyedCall>, StoreError>;

    /// Forgets keys, and the outcomes kept for them, that are older than a day.
    async fn forget_keys(&self) -> Result<u64, StoreError>;

    /// Writes what is queued and ends. Later steps fail.
    async fn close(&self);
}

/// One call as the journal knows it: everything but its arguments, of which it has the hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// Its id.
    pub entry: EntryId,
    /// The persona that wants it.
    pub persona: String,
    /// The session it is wanted in.
    pub session: String,
    /// What is called.
    pub capability: CapabilityId,
    /// What that is taken to do.
    pub class: Class,
    /// The level that held.
    pub level: Level,
    /// The rule that decided.
    pub rule: String,
    /// The hash of the canonical arguments.
    pub arguments_sha256: Digest,
    /// The hash of the tool's definition.
    pub tool_hash: Digest,
    /// The caller's name for the intent.
    pub key: Option<KeyRecord>,
}

/// The key of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The key.
    pub key: IdempotencyKey,
    /// The hash of the arguments it was first proposed with, which whoever was asked may have changed.
    pub arguments_sha256: Digest,
}

/// What the journal notes of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its id.
    pub id: ApprovalId,
    /// Whether it is spoken.
    pub by_voice: bool,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// An answer with other arguments.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The question that was answered.
    pub id: ApprovalId,
    /// The call it was about.
    pub old: Arc<CallRecord>,
    /// Who answered.
    pub by: DecidedBy,
    /// The call with the other arguments.
    pub new: Arc<CallRecord>,
    /// The question about it.
    pub question: Question,
}

/// What a call may run by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// A rule: the call is not in the ledger yet.
    ByPolicy,
    /// An answer: the call is `approved`.
    ByAnswer(DecidedBy),
    /// A yes to another call, which named this one: the call is not in the ledger yet.
    ByAnswerToAnother(DecidedBy),
}

impl Allowed {
    pub(crate) fn decided_by(self) -> DecidedBy {
        match self {
            Allowed::ByPolicy => DecidedBy::Policy,
            Allowed::ByAnswer(by) | Allowed::ByAnswerToAnother(by) => by,
        }
    }

    /// Who said yes to this very call; nobody if it runs by a rule, or by a yes to another.
    pub(crate) fn answered_by(self) -> Option<DecidedBy> {
        match self {
            Allowed::ByAnswer(by) => Some(by),
            Allowed::ByPolicy | Allowed::ByAnswerToAnother(_) => None,
        }
    }
}

/// How a question ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Yes.
    Approved(DecidedBy),
    /// No.
    Denied(DecidedBy),
    /// Nobody answered in time.
    Expired,
}

impl Settlement {
    fn decided_by(self) -> DecidedBy {
        match self {
            Settlement::Approved(by) | Settlement::Denied(by) => by,
            Settlement::Expired => DecidedBy::Timeout,
        }
    }

    fn state(self) -> AuditState {
        match self {
            Settlement::Approved(_) => AuditState::Approved,
            Settlement::Denied(_) => AuditState::Denied,
            Settlement::Expired => AuditState::Expired,
        }
    }
}

/// What became of an attempt to settle a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// This was the first answer.
    Won,
    /// Somebody had answered.
    TooLate,
    /// It had expired.
    Expired,
    /// There is no such question.
    NotFound,
}

/// A call that the last run of the program had under way when it ended: it may or may not have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The call.
    pub entry: EntryId,
    /// The persona that asked for it.
    pub persona: String,
    /// The session that asked for it.
    pub session: String,
    /// The server.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// When it was sent.
    pub at: Timestamp,
}

/// The call that a key stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyedCall {
    /// What was called.
    pub capability: CapabilityId,
    /// The hash of the arguments it was first proposed with.
    pub arguments_sha256: Digest,
    /// How it ended; `None` if it certainly did not happen, so that the key is free again.
    pub outcome: Option<Outcome>,
}
