//! Proposing a call, asking about it, and the first answer winning.
//!
//! An approval is bound to persona, session, server, tool, the tool's definition and the exact arguments; it is single use
//! and expires. The right to run goes to the proposer alone, through [`PendingResolution`]: an answer from anywhere else
//! settles the question but never holds an [`Authorized`]. Dropping the resolution withdraws the question. An answer with
//! other arguments closes the question as denied and asks the same proposer anew.

mod desk;
mod edit;
mod going_on;
mod pin_code;
mod proposal;
mod question;
mod term;
mod unasked;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::a2a::DEEPEST;
use crate::arguments;
use crate::audit::DecidedBy;
use crate::canonical::canonical_object;
use crate::capability::Tool;
use crate::execution::{Authorized, Call, Maker, Outcome, Wish};
use crate::gateway::{Gateway, Shared};
use crate::id::ApprovalId;
use crate::idempotency::Claimed;
use crate::ledger::{CallRecord, Settlement};
use crate::name::CapabilityId;
use crate::policy::{Explanation, YesBy};
use crate::registry::Kind;
use crate::store::{StoreError, now};

pub(crate) use desk::Desk;
pub(crate) use going_on::Asked;
use going_on::Ruling;
pub use pin_code::PinError;
pub(crate) use pin_code::Tries;
pub use proposal::{Denial, Proposal, ProposeError, Verdict};
pub use question::{AnswerError, ApprovalView, Decision, Pending, PendingResolution, Resolution};
pub(crate) use unasked::Unasked;

const MAX_ARGUMENTS: usize = 256 * 1024;
const MAX_PENDING: usize = 1000;
const MAX_TTL: Duration = Duration::from_secs(24 * 60 * 60);

impl Gateway {
    /// Checks a call against the tool's schema and the policy.
    ///
    /// # Errors
    /// Names the argument or the capability that can't be used.
    pub async fn propose(&self, proposal: Proposal) -> Result<Verdict, ProposeError> {
        let shared = self.shared();
        let (by_voice, ttl) = (proposal.by_voice, proposal.ttl.min(MAX_TTL));
        let question = shared.asked.answered(&proposal, Instant::now())?;
        let rule = |_: &CapabilityId, said: &mut Explanation| going_on::rule(question.as_ref(), said);
        let (mut call, tool, ruling) = match shared.consider(proposal, Maker::Caller, rule).await? {
            Considered::New { call, tool, ruling } => (call, tool, ruling),
            Considered::Replayed(outcome) => return Ok(Verdict::Replayed(outcome)),
        };
        if let Some(question) = &question {
            if !question.is_of(&tool.hash) {
                return Err(ProposeError::NotAsked);
            }
            call.round = question.round;
        }
        match ruling {
            Ruling::Refused => Ok(Verdict::Denied(shared.refuse(call).await?)),
            Ruling::Runs(allowed) => {
                arguments::check(&tool, &call.arguments)?;
                Ok(Verdict::Allowed(Authorized::grant(Arc::new(call), None, allowed)))
            }
            Ruling::Asks => {
                arguments::check(&tool, &call.arguments)?;
                shared.ask(call, by_voice, ttl).await.map(Verdict::Ask)
            }
        }
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
        self.answer_with_pin(id, decision, by, None).await
    }

    /// The same, with the PIN where the rule wants it.
    ///
    /// # Errors
    /// Says why the answer was not taken; after a yes that has to be given in another way, or with another PIN, the question
    /// is still open.
    pub async fn answer_with_pin(
        &self,
        id: &ApprovalId,
        decision: Decision,
        by: DecidedBy,
        pin: Option<&str>,
    ) -> Result<(), AnswerError> {
        let settlement = match decision {
            Decision::Approve => {
                self.shared().may_approve(id, by, pin).await?;
                Settlement::Approved(by)
            }
            Decision::Deny => Settlement::Denied(by),
        };
        self.shared().answer(id, settlement).await
    }

    /// Answers a question with other arguments: it closes as denied, and the proposer gets a new question about those,
    /// which nobody has answered yet. Returns the new question.
    ///
    /// # Errors
    /// Says why the change was not taken; after a change that can't be used the question is still open.
    pub async fn answer_edited(
        &self,
        id: &ApprovalId,
        arguments: Map<String, Value>,
        by: DecidedBy,
    ) -> Result<ApprovalView, AnswerError> {
        self.shared().answer_edited(id, arguments, by).await
    }
}

/// What a proposal has become.
#[expect(clippy::large_enum_variant, reason = "made once for each call and taken apart at once")]
enum Considered<R> {
    /// A call, and what was ruled on it.
    New { call: Call, tool: Tool, ruling: R },
    /// It was run before under the same key.
    Replayed(Outcome),
}

impl Shared {
    /// Makes a call of a proposal, with what the policy says to it; whoever rules may add to that.
    async fn consider<R>(
        &self,
        proposal: Proposal,
        maker: Maker,
        rule: impl FnOnce(&CapabilityId, &mut Explanation) -> R,
    ) -> Result<Considered<R>, ProposeError> {
        let Proposal {
            persona, session, capability, mut arguments, grounds, idempotency_key, passing, ..
        } = proposal;
        if passing.depth >= DEEPEST && self.is_agent(&capability) {
            return Err(ProposeError::TooDeep(passing.depth));
        }
        let size = canonical_object(&arguments).len();
        if size > MAX_ARGUMENTS {
            return Err(ProposeError::TooLarge(size));
        }
        let claim = match idempotency_key {
            None => None,
            Some(key) => match self.claim(&persona.id, key, &capability, &arguments).await? {
                Claimed::Free(claim) => Some(claim),
                Claimed::Ended(outcome) => return Ok(Considered::Replayed(outcome)),
            },
        };
        let mut judged = self.judge_call(&persona, &capability, &arguments, &grounds).await?;
        let (ruling, tool) = (rule(&capability, &mut judged.explanation), judged.tool.clone());
        arguments::leave_out_nulls(&tool.schema, &mut arguments);
        let wish = Wish { persona, maker, session, capability, arguments, claim, passing, round: 0 };
        Ok(Considered::New { call: Call::new(wish, judged), tool, ruling })
    }

    fn is_agent(&self, capability: &CapabilityId) -> bool {
        self.table.read().get(capability.server()).is_some_and(|entry| entry.record.kind == Kind::Agent)
    }

    /// Whether the rule behind a question takes a yes given like this. What becomes of a question that is not open any more
    /// is found out where it ends.
    async fn may_approve(
        &self,
        id: &ApprovalId,
        by: DecidedBy,
        pin: Option<&str>,
    ) -> Result<(), AnswerError> {
        let Some(approve) = self.desk.view(id).map(|view| view.approve) else { return Ok(()) };
        if !approve.takes(by) {
            return Err(AnswerError::Otherwise { id: id.clone(), by: approve });
        }
        match (approve, pin) {
            (YesBy::Any | YesBy::Screen | YesBy::Voice, _) => Ok(()),
            (YesBy::Pin, Some(pin)) => Ok(self.check_pin(pin).await?),
            (YesBy::Pin, None) => Err(AnswerError::Otherwise { id: id.clone(), by: approve }),
        }
    }

    async fn refuse(&self, call: Call) -> Result<Denial, StoreError> {
        self.journal.refuse(&call.record).await?;
        let reason = call.reason.unwrap_or_else(|| "the policy forbids it".to_owned());
        let CallRecord { entry, rule, class, level, .. } = Arc::unwrap_or_clone(call.record);
        Ok(Denial { entry, reason, rule, class, level })
    }

    async fn ask(
        self: &Arc<Self>,
        call: Call,
        by_voice: bool,
        ttl: Duration,
    ) -> Result<Pending, ProposeError> {
        if self.stop.is_cancelled() {
            return Err(ProposeError::Closing);
        }
        if self.desk.len() >= MAX_PENDING {
            return Err(ProposeError::TooManyPending);
        }
        let view = view(&call, by_voice, ttl);
        self.journal.ask(&call.record, &view.question()).await?;
        Ok(self.open_question(call, view, ttl))
    }
}

/// A new question about a call.
fn view(call: &Call, by_voice: bool, ttl: Duration) -> ApprovalView {
    let (record, asked_at) = (&call.record, now());
    ApprovalView {
        id: ApprovalId::fresh(),
        entry: record.entry.clone(),
        persona: record.persona.clone(),
        session: record.session.clone(),
        server: record.capability.server().clone(),
        tool: record.capability.tool().clone(),
        class: record.class,
        arguments: call.arguments.clone(),
        arguments_sha256: record.arguments_sha256.clone(),
        tool_hash: record.tool_hash.clone(),
        reason: call.reason.clone(),
        unspoken: call.unspoken.clone(),
        approve: call.approve,
        question: None,
        by_voice,
        asked_at,
        expires_at: asked_at
            .saturating_add(SignedDuration::try_from(ttl).unwrap_or(SignedDuration::ZERO))
            .unwrap_or(Timestamp::MAX),
    }
}
