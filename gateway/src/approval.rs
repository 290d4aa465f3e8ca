//! Proposing a call, asking about it, and the first answer winning.
//!
//! An approval is bound to persona, session, server, tool, the tool's definition and the exact arguments; it is single use
//! and expires. The right to run goes to the proposer alone, through [`PendingResolution`]: an answer from anywhere else
//! settles the question but never holds an [`Authorized`]. Dropping the resolution withdraws the question.

mod desk;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::arguments::{self, ArgumentProblem};
use crate::audit::DecidedBy;
use crate::canonical::{Digest, canonical_object};
use crate::capability::Class;
use crate::discovery::UnknownCapability;
use crate::execution::{Authorized, Call};
use crate::gateway::{Gateway, Shared};
use crate::id::{ApprovalId, EntryId};
use crate::ledger::Settlement;
use crate::name::{CapabilityId, ServerName, ToolName};
use crate::policy::{Effect, Level, PersonaProfile};
use crate::store::{StoreError, now};

pub(crate) use desk::Desk;

const MAX_ARGUMENTS: usize = 256 * 1024;
const MAX_PENDING: usize = 1000;
const MAX_TTL: Duration = Duration::from_secs(24 * 60 * 60);

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
    /// Whether the question will be spoken.
    pub by_voice: bool,
    /// How long a question may stay open; at most a day.
    pub ttl: Duration,
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
    /// The gateway is shutting down.
    #[error("the gateway is shutting down")]
    Closing,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

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
    /// The question in words, once it has been phrased.
    pub question: Option<String>,
    /// Whether it is spoken.
    pub by_voice: bool,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
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
    /// The database failed; the question is still open.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a question ended.
#[derive(Debug)]
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
                Some(Resolution::Denied { .. } | Resolution::Expired | Resolution::ToolChanged) => {}
                None => shared.withdraw(&id).await,
            }
        };
        self.shared.tasks.spawn_on(withdraw, &self.shared.runtime);
    }
}

impl Gateway {
    /// Checks a call against the tool's schema and the policy.
    ///
    /// # Errors
    /// Names the argument or the capability that can't be used.
    pub async fn propose(&self, proposal: Proposal) -> Result<Verdict, ProposeError> {
        let shared = self.shared();
        let Proposal { persona, session, capability, arguments, by_voice, ttl } = proposal;
        let size = canonical_object(&arguments).len();
        if size > MAX_ARGUMENTS {
            return Err(ProposeError::TooLarge(size));
        }
        let (explanation, tool) = shared.judge(&persona, &capability)?;
        let call = Call {
            entry: EntryId::fresh(),
            persona: persona.id,
            session,
            capability,
            class: explanation.class,
            level: explanation.level,
            rule: explanation.rule,
            arguments_sha256: Digest::of_object(&arguments),
            arguments,
            tool_hash: tool.hash,
        };
        match explanation.effect {
            Effect::Refused => {
                shared.store.refuse(&call).await?;
                let reason = explanation.reason.unwrap_or_else(|| "the policy forbids it".to_owned());
                let Call { entry, rule, class, level, .. } = call;
                Ok(Verdict::Denied(Denial { entry, reason, rule, class, level }))
            }
            Effect::Runs => {
                arguments::check(&tool.schema, &call.arguments)?;
                Ok(Verdict::Allowed(Authorized::grant(Arc::new(call), None, DecidedBy::Policy)))
            }
            Effect::Asks => {
                arguments::check(&tool.schema, &call.arguments)?;
                self.ask(call, by_voice, ttl.min(MAX_TTL)).await.map(Verdict::Ask)
            }
        }
    }

    async fn ask(&self, call: Call, by_voice: bool, ttl: Duration) -> Result<Pending, ProposeError> {
        let shared = self.shared();
        if shared.stop.is_cancelled() {
            return Err(ProposeError::Closing);
        }
        if shared.desk.len() >= MAX_PENDING {
            return Err(ProposeError::TooManyPending);
        }
        let asked_at = now();
        let approval = ApprovalView {
            id: ApprovalId::fresh(),
            entry: call.entry.clone(),
            persona: call.persona.clone(),
            session: call.session.clone(),
            server: call.capability.server().clone(),
            tool: call.capability.tool().clone(),
            class: call.class,
            arguments: call.arguments.clone(),
            arguments_sha256: call.arguments_sha256.clone(),
            tool_hash: call.tool_hash.clone(),
            question: None,
            by_voice,
            asked_at,
            expires_at: asked_at
                .saturating_add(SignedDuration::try_from(ttl).unwrap_or(SignedDuration::ZERO))
                .unwrap_or(Timestamp::MAX),
        };
        shared.store.ask(&call, &approval).await?;
        let answer = shared.open_question(call, approval.clone(), ttl);
        let resolution =
            PendingResolution { id: approval.id.clone(), answer, resolved: false, shared: shared.clone() };
        Ok(Pending { approval, resolution })
    }

    /// The open questions, oldest first.
    #[must_use]
    pub fn approvals(&self) -> Vec<ApprovalView> {
        self.shared().desk.views()
    }

    /// One open question.
    #[must_use]
    pub fn approval(&self, id: &ApprovalId) -> Option<ApprovalView> {
        self.shared().desk.view(id)
    }

    /// Notes how a question was put in words. Tells whether it is still open.
    pub fn set_question(&self, id: &ApprovalId, question: String) -> bool {
        self.shared().desk.set_question(id, question)
    }

    /// Answers a question. The first answer wins.
    ///
    /// # Errors
    /// Says why the answer was not taken.
    pub async fn answer(
        &self,
        id: &ApprovalId,
        decision: Decision,
        by: DecidedBy,
    ) -> Result<(), AnswerError> {
        let settlement = match decision {
            Decision::Approve => Settlement::Approved(by),
            Decision::Deny => Settlement::Denied(by),
        };
        self.shared().answer(id, settlement).await
    }
}
