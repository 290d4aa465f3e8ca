//! One exact call, and the right to run it.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Passing;
use crate::audit::DecidedBy;
use crate::canonical::Digest;
use crate::capability::Class;
use crate::id::{ApprovalId, EntryId};
use crate::idempotency::Claim;
use crate::ledger::{Allowed, CallRecord};
use crate::name::{CapabilityId, ServerName, ToolName};
use crate::policy::{PersonaProfile, Slot, Unspoken, YesBy};
use crate::rulebook::Judged;

/// One exact call: everything a decision was bound to.
pub(crate) struct Call {
    pub(crate) record: Arc<CallRecord>,
    /// Who wants it, to judge a changed call by, or what it has done in turn.
    pub(crate) persona: PersonaProfile,
    pub(crate) maker: Maker,
    pub(crate) arguments: Map<String, Value>,
    /// Why it is asked about or refused.
    pub(crate) reason: Option<String>,
    /// The arguments whose value the person did not say.
    pub(crate) unspoken: Vec<Unspoken>,
    /// How a yes to it has to be given.
    pub(crate) approve: YesBy,
    /// Its idempotency key is in use until the call is dropped.
    pub(crate) claim: Option<Claim>,
    /// How it reaches an agent.
    pub(crate) passing: Passing,
    /// How often the agent has asked something back for it.
    pub(crate) round: u8,
    /// Its place among the calls of the hour, until the call is dropped.
    _slot: Option<Slot>,
}

/// Who makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    /// Whoever wants it.
    Caller,
    /// A server, on behalf of a call of its own.
    Delegate,
}

/// Who wants what called.
pub(crate) struct Wish {
    pub(crate) persona: PersonaProfile,
    pub(crate) maker: Maker,
    pub(crate) session: String,
    pub(crate) capability: CapabilityId,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) claim: Option<Claim>,
    pub(crate) passing: Passing,
    pub(crate) round: u8,
}

impl Call {
    /// A new call, as the policy has judged it.
    pub(crate) fn new(wish: Wish, judged: Judged) -> Self {
        let Wish { persona, maker, session, capability, arguments, claim, passing, round } = wish;
        let Judged { explanation, tool, entry, slot } = judged;
        let record = CallRecord {
            entry,
            persona: persona.id.clone(),
            session,
            capability,
            class: explanation.class,
            level: explanation.level,
            rule: explanation.rule,
            arguments_sha256: Digest::of_object(&arguments),
            tool_hash: tool.hash,
            key: claim.as_ref().map(Claim::record),
        };
        let (record, reason, unspoken) = (Arc::new(record), explanation.reason, explanation.unspoken);
        let approve = explanation.approve;
        Self {
            record,
            persona,
            maker,
            arguments,
            reason,
            unspoken,
            approve,
            claim,
            passing,
            round,
            _slot: slot,
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("entry", &self.record.entry)
            .field("capability", &self.record.capability)
            .finish_non_exhaustive()
    }
}

/// The right to run one exact call, once. Comes only from the policy or from an approval.
///
/// Dropping it runs nothing; an approved call that was dropped is closed as failed at the next start.
#[derive(Debug)]
#[must_use = "nothing runs until it is executed"]
pub struct Authorized {
    call: Arc<Call>,
    approval: Option<ApprovalId>,
    allowed: Allowed,
}

impl Authorized {
    /// To be called by the policy's and the desk's code alone.
    pub(crate) fn grant(call: Arc<Call>, approval: Option<ApprovalId>, allowed: Allowed) -> Self {
        Self { call, approval, allowed }
    }

    pub(crate) fn into_parts(self) -> (Arc<Call>, Allowed) {
        (self.call, self.allowed)
    }

    /// The call in ledger and audit.
    #[must_use]
    pub fn entry(&self) -> &EntryId {
        &self.call.record.entry
    }

    /// The approval it came from, if somebody was asked.
    #[must_use]
    pub fn approval(&self) -> Option<&ApprovalId> {
        self.approval.as_ref()
    }

    /// Who allowed it.
    #[must_use]
    pub fn decided_by(&self) -> DecidedBy {
        self.allowed.decided_by()
    }

    /// The persona it was granted to.
    #[must_use]
    pub fn persona(&self) -> &str {
        &self.call.record.persona
    }

    /// The session it was granted to.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.call.record.session
    }

    /// What it runs.
    #[must_use]
    pub fn capability(&self) -> &CapabilityId {
        &self.call.record.capability
    }

    /// The server.
    #[must_use]
    pub fn server(&self) -> &ServerName {
        self.call.record.capability.server()
    }

    /// The tool.
    #[must_use]
    pub fn tool(&self) -> &ToolName {
        self.call.record.capability.tool()
    }

    /// The class it was granted for.
    #[must_use]
    pub fn class(&self) -> Class {
        self.call.record.class
    }

    /// The exact arguments.
    #[must_use]
    pub fn arguments(&self) -> &Map<String, Value> {
        &self.call.arguments
    }
}
