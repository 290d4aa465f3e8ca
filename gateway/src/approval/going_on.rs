//! The person's answer to an agent that asked something back.
//!
//! The agent's task is one call to the person, and the answer belongs to it: where the person said yes to the call, the answer
//! is not asked about again. It is judged all the same, runs only for the persona, the session and the skill that the agent
//! asked, once, and is a row of its own in ledger and audit. What is outside of what the yes covered is asked about or refused.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{Proposal, ProposeError};
use crate::a2a::Party;
use crate::audit::DecidedBy;
use crate::canonical::Digest;
use crate::execution::{Call, Goes, Maker};
use crate::gateway::Shared;
use crate::ledger::Allowed;
use crate::name::CapabilityId;
use crate::policy::{Effect, Explanation};

/// How often an agent may ask something back before it has done what it was asked for.
pub(crate) const MAX_ROUNDS: u8 = 5;
/// How long an agent's question is remembered.
const LIFE: Duration = Duration::from_secs(15 * 60);
/// Questions that are remembered; beyond that the oldest is forgotten.
const MAX: usize = 256;

/// What agents have asked and nobody has answered yet. Time is always an argument.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    open: Mutex<HashMap<(Party, CapabilityId), Question>>,
}

/// A question of an agent's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    tool_hash: Digest,
    /// Who said yes to the call; nobody if it ran unasked.
    yes: Option<DecidedBy>,
    /// Which question of the same call, from 1.
    pub(super) round: u8,
    at: Instant,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    Runs(Allowed),
    Asks,
    Refused,
}

impl Asked {
    fn open(&self) -> MutexGuard<'_, HashMap<(Party, CapabilityId), Question>> {
        // Single inserts and removals can't leave the map half-changed.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what the agent asked when it was called like this. A call that nobody stands behind asks nobody.
    pub(crate) fn note(&self, call: &Call, allowed: Allowed, now: Instant) {
        match call.maker {
            Maker::Caller => {}
            Maker::Delegate => return,
        }
        let yes = match allowed {
            Allowed::ByPolicy => None,
            Allowed::ByAnswer(by) | Allowed::ByAnswerToAnother(by) => Some(by),
        };
        let record = &call.record;
        let question = Question { tool_hash: record.tool_hash.clone(), yes, round: call.round + 1, at: now };
        let mut open = self.open();
        open.insert((party(call), record.capability.clone()), question);
        if open.len() > MAX {
            let oldest = open.iter().min_by_key(|(_, question)| question.at).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                open.remove(&oldest);
            }
        }
    }

    /// The question that a proposal answers.
    pub(super) fn answered(
        &self,
        proposal: &Proposal,
        now: Instant,
    ) -> Result<Option<Question>, ProposeError> {
        match proposal.passing.goes {
            Goes::AsItStands | Goes::Anew => return Ok(None),
            Goes::On => {}
        }
        let party = Party { persona: proposal.persona.id.clone(), session: proposal.session.clone() };
        let mut open = self.open();
        open.retain(|_, question| now.duration_since(question.at) < LIFE);
        open.get(&(party, proposal.capability.clone())).cloned().map(Some).ok_or(ProposeError::NotAsked)
    }

    /// Whether a call may leave: an answer may if its question is still open, which it is not afterwards.
    pub(crate) fn closes(&self, call: &Call) -> bool {
        match call.passing.goes {
            Goes::AsItStands | Goes::Anew => return true,
            Goes::On => {}
        }
        let key = (party(call), call.record.capability.clone());
        let mut open = self.open();
        let is_open = open.get(&key).is_some_and(|question| question.round == call.round);
        is_open && open.remove(&key).is_some()
    }
}

fn party(call: &Call) -> Party {
    Party { persona: call.record.persona.clone(), session: call.record.session.clone() }
}

impl Question {
    /// Whether it was asked by the skill as it is at this moment.
    pub(super) fn is_of(&self, tool_hash: &Digest) -> bool {
        self.tool_hash == *tool_hash
    }
}

/// What the policy's word comes to, and on what that rests.
pub(super) fn rule(question: Option<&Question>, said: &mut Explanation) -> Ruling {
    let covered = question.and_then(|question| question.yes).filter(|_| said.unspoken.is_empty());
    match (said.effect, covered) {
        (Effect::Refused, _) => Ruling::Refused,
        (Effect::Runs, _) => Ruling::Runs(Allowed::ByPolicy),
        (Effect::Asks, Some(by)) => {
            said.rule = format!("an answer to what the agent asked, over {}", said.rule);
            Ruling::Runs(Allowed::ByAnswerToAnother(by))
        }
        (Effect::Asks, None) => Ruling::Asks,
    }
}

impl Shared {
    /// What an agent's question comes to: it waits for its answer, unless it has asked too often.
    pub(crate) fn may_ask(&self, call: &Call, allowed: Allowed) -> Result<(), String> {
        if call.round >= MAX_ROUNDS {
            return Err(format!("it has asked {MAX_ROUNDS} times, so it was not asked any further"));
        }
        self.asked.note(call, allowed, Instant::now());
        Ok(())
    }
}
