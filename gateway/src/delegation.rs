//! Calls that a built-in server makes for the call it is running, back through `/mcp`.
//!
//! With each call a built-in server gets a token in its request's metadata. What it calls with the token is judged as the
//! persona of its own call, with that persona's levels, lists and rules, and goes into journal and audit like any call. What
//! is different, and only ever less:
//! - Nobody is asked and nothing waits. What would be asked about runs only if a person said yes to the server's own call and
//!   that call names it, in an argument that the schema marks as `"x-homepilot": "capabilities"`: the question read it out.
//! - Only what is of class read runs, whatever the level.
//! - A token is good while its call is under way with the server, which is held to its end: what it had called ends with it.
//! - A call that was made so can't delegate further.
//!
//! Tokens go to built-in servers alone. Kept are their hashes, so that nothing here can show one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::RequestMetaObject;
use serde_json::Value;
use thiserror::Error;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::audit::DecidedBy;
use crate::canonical::Digest;
use crate::capability::{Class, Tool};
use crate::execution::{Call, Maker};
use crate::id::EntryId;
use crate::idempotency;
use crate::ledger::Allowed;
use crate::name::CapabilityId;
use crate::policy::{Effect, Explanation, PersonaProfile};
use crate::registry::Origin;

/// Where a request's metadata holds a token.
pub(crate) const META_KEY: &str = "homepilot/delegation";
/// What a schema says of an argument that is a list of capabilities' ids.
const CAPABILITIES: &str = "capabilities";

/// For whom calls are made that nobody is asked about.
#[derive(Debug)]
pub(crate) struct Delegation {
    pub(crate) persona: PersonaProfile,
    pub(crate) session: String,
    /// Cancelled when nothing more may be done.
    pub(crate) over: CancellationToken,
    /// The call they are made for; none is known of a server that somebody else called.
    call: Option<Delegating>,
}

#[derive(Debug)]
struct Delegating {
    entry: EntryId,
    capability: CapabilityId,
    /// Who said yes to it; nobody if it ran unasked.
    yes: Option<DecidedBy>,
    /// What its arguments name.
    named: Vec<CapabilityId>,
}

/// What the policy's word on a call comes to where nobody can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// It runs.
    Runs(Allowed),
    /// A person would have to be asked.
    NeedsApproval,
    /// It is refused.
    Denied,
}

/// Nothing can be called by a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum DelegationError {
    #[error("_meta {META_KEY:?} must be a text")]
    NotText,
    #[error("the delegation is unknown or its call has ended: nothing can be called on its behalf any more")]
    Over,
    #[error("a call that was made by delegation can't delegate further")]
    Spent,
}

impl Delegation {
    /// That of a server which a client has called directly: it acts as what callers at `/mcp` are.
    pub(crate) fn of_caller(persona: PersonaProfile, session: String, over: CancellationToken) -> Self {
        Self { persona, session, over, call: None }
    }

    /// Rules on a call of which the policy has spoken. What the ruling rests on is added to that.
    pub(crate) fn rule(&self, capability: &CapabilityId, said: &mut Explanation) -> Ruling {
        let ruling = match (said.effect, said.class) {
            (Effect::Refused, _) => Ruling::Denied,
            (Effect::Runs | Effect::Asks, Class::Write | Class::Unknown | Class::Destructive) => {
                let is = said.class.in_words();
                said.reason =
                    Some(format!("a call on behalf of another may only read, and {capability} is {is}"));
                said.rule = format!("calls on behalf of another only read, over {}", said.rule);
                Ruling::Denied
            }
            (Effect::Runs, Class::Read) => Ruling::Runs(Allowed::ByPolicy),
            (Effect::Asks, Class::Read) => match self.yes_to(capability) {
                Some(by) => {
                    said.rule = format!("a yes to the call that names it, over {}", said.rule);
                    Ruling::Runs(Allowed::ByAnswerToAnother(by))
                }
                None => {
                    said.reason = Some(self.what_is_missing(capability));
                    Ruling::NeedsApproval
                }
            },
        };
        match &self.call {
            Some(Delegating { entry, capability, .. }) => {
                said.rule = format!("{}, on behalf of {capability} ({entry})", said.rule);
            }
            None => said.rule.push_str(", on behalf of a server that was called directly"),
        }
        ruling
    }

    fn yes_to(&self, capability: &CapabilityId) -> Option<DecidedBy> {
        let call = self.call.as_ref()?;
        call.yes.filter(|_| call.named.contains(capability))
    }

    fn what_is_missing(&self, capability: &CapabilityId) -> String {
        let asks = format!("{} has to be asked before {capability} is read", self.persona.id);
        match &self.call {
            Some(Delegating { capability: by, yes: Some(_), .. }) => {
                format!(
                    "{asks}, and the question about {by} didn't name it: name it there, or let it run unasked (level 0)"
                )
            }
            Some(Delegating { capability: by, yes: None, .. }) => {
                format!(
                    "{asks}, and {by} ran unasked: let {capability} run unasked too (level 0), or have {by} asked about"
                )
            }
            None => format!("{asks}, which can't be done here: let it run unasked (level 0)"),
        }
    }
}

/// What the tokens stand for whose calls are under way, by their hashes.
#[derive(Debug, Default)]
pub(crate) struct Delegations {
    lent: Mutex<HashMap<Digest, Power>>,
}

#[derive(Debug)]
enum Power {
    Call(Arc<Delegation>),
    /// Its call was itself made by delegation.
    Nothing,
}

/// A token's life. Dropping it ends the token, and whatever it is that was called by it.
#[derive(Debug)]
pub(crate) struct Lent {
    delegations: Arc<Delegations>,
    token: Digest,
    _over: DropGuard,
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.delegations.lent().remove(&self.token);
    }
}

impl Delegations {
    fn lent(&self) -> MutexGuard<'_, HashMap<Digest, Power>> {
        // Single inserts and removals can't leave the map half-changed.
        self.lent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What came with a request stands for.
    pub(crate) fn find(&self, token: &str) -> Result<Arc<Delegation>, DelegationError> {
        match self.lent().get(&Digest::of(&[token])) {
            Some(Power::Call(delegation)) => Ok(delegation.clone()),
            Some(Power::Nothing) => Err(DelegationError::Spent),
            None => Err(DelegationError::Over),
        }
    }

    /// What a server is told of a call besides its arguments: a connector, which call it is; a built-in one, that and a token
    /// that is good until what is returned is dropped; any other, nothing.
    pub(crate) fn tell(
        self: &Arc<Self>,
        call: &Call,
        allowed: Allowed,
        (origin, tool): (Origin, &Tool),
        meta: &mut Option<RequestMetaObject>,
    ) -> Option<Lent> {
        if origin == Origin::User {
            return None;
        }
        let meta = meta.get_or_insert_default();
        meta.insert(idempotency::META_KEY.to_owned(), Value::from(call.record.entry.to_string()));
        if origin == Origin::Connector {
            return None;
        }
        let over = CancellationToken::new();
        let power = match call.maker {
            Maker::Delegate => Power::Nothing,
            Maker::Caller => Power::Call(Arc::new(Delegation {
                persona: call.persona.clone(),
                session: call.record.session.clone(),
                over: over.clone(),
                call: Some(Delegating {
                    entry: call.record.entry.clone(),
                    capability: call.record.capability.clone(),
                    yes: allowed.answered_by(),
                    named: named(tool, call),
                }),
            })),
        };
        // 244 bits from the system's source of randomness.
        let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let digest = Digest::of(&[&token]);
        self.lent().insert(digest.clone(), power);
        meta.insert(META_KEY.to_owned(), Value::from(token));
        Some(Lent { delegations: self.clone(), token: digest, _over: over.drop_guard() })
    }
}

/// The capabilities that a call's arguments name where its schema says that they do.
fn named(tool: &Tool, call: &Call) -> Vec<CapabilityId> {
    let properties = tool.schema.get("properties").and_then(Value::as_object);
    let marked = properties
        .into_iter()
        .flatten()
        .filter(|(_, schema)| schema.get("x-homepilot").and_then(Value::as_str) == Some(CAPABILITIES));
    marked
        .filter_map(|(name, _)| call.arguments.get(name)?.as_array())
        .flatten()
        .filter_map(|id| id.as_str()?.parse().ok())
        .collect()
}
