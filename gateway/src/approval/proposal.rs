//! What a persona asks for, and what the policy says to it.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};
use thiserror::Error;

use super::{MAX_ARGUMENTS, MAX_PENDING, Pending};
use crate::a2a::DEEPEST;
use crate::arguments::ArgumentProblem;
use crate::capability::Class;
use crate::discovery::UnknownCapability;
use crate::execution::{Authorized, Outcome, Passing};
use crate::id::EntryId;
use crate::idempotency::{IdempotencyKey, KeyUse};
use crate::name::CapabilityId;
use crate::policy::{Grounds, Level, PersonaProfile};
use crate::rulebook::ExplainError;
use crate::store::StoreError;

/// A call that a persona wants to make.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Who wants it, with the rules of its file.
    pub persona: PersonaProfile,
    /// The session it is wanted in.
    pub session: String,
    /// What is to be called.
    pub capability: CapabilityId,
    /// With what, exactly.
    pub arguments: Map<String, Value>,
    /// What the arguments' values may have come from.
    pub grounds: Grounds,
    /// Whether the question will be spoken.
    pub by_voice: bool,
    /// How long a question may stay open; at most a day.
    pub ttl: Duration,
    /// Names the intent: of all proposals of this persona with this key, one runs, and the others get its outcome.
    pub idempotency_key: Option<IdempotencyKey>,
    /// How it reaches an agent.
    pub passing: Passing,
}

/// What the policy says to a proposal.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "made once for each call and taken apart at once")]
pub enum Verdict {
    /// It may run unasked.
    Allowed(Authorized),
    /// A person has to say yes first.
    Ask(Pending),
    /// It may not run.
    Denied(Denial),
    /// It was run before under the same key, and is not run again. `Unknown` may or may not have happened: look before you
    /// use a new key.
    Replayed(Outcome),
}

/// A refusal by the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Denial {
    /// The call in ledger and audit.
    pub entry: EntryId,
    /// Why, to be said aloud.
    pub reason: String,
    /// The rule that decided.
    pub rule: String,
    /// The class it has.
    pub class: Class,
    /// The level that holds.
    pub level: Level,
}

impl From<ExplainError> for ProposeError {
    fn from(error: ExplainError) -> Self {
        match error {
            ExplainError::UnknownCapability(error) => error.into(),
            ExplainError::Store(error) => error.into(),
        }
    }
}

/// The proposal can't be judged; nothing was stored.
#[derive(Debug, Error)]
pub enum ProposeError {
    /// The capability can't be used.
    #[error(transparent)]
    UnknownCapability(#[from] UnknownCapability),
    /// An argument doesn't fit the tool's schema.
    #[error(transparent)]
    Argument(#[from] ArgumentProblem),
    /// The arguments are too large.
    #[error("the arguments are {0} bytes, the limit is {MAX_ARGUMENTS}")]
    TooLarge(usize),
    /// Too many questions are open.
    #[error("{MAX_PENDING} questions are waiting for an answer, which is the limit")]
    TooManyPending,
    /// The call with this idempotency key has not ended.
    #[error("the call with this idempotency key is under way, wait for it")]
    KeyInUse,
    /// The idempotency key stands for another call.
    #[error("this idempotency key was used for {0}, use a new key")]
    KeyConflict(KeyUse),
    /// Agents pass it on to one another.
    #[error(
        "this was passed on from agent to agent {0} times, and at most {DEEPEST} are allowed, so ask one agent directly"
    )]
    TooDeep(u64),
    /// It would answer what was not asked.
    #[error("the agent waits for no answer any more, so ask it again from the start")]
    NotAsked,
    /// The gateway is shutting down.
    #[error("the gateway is shutting down")]
    Closing,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
