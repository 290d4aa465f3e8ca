//! Calls that were let through unasked and are not in the ledger yet, so that a limit counts them.
//!
//! Whoever wants to run unasked first takes a slot, under a short lock, and learns which calls took theirs before. Only then is
//! the ledger counted. Of two calls that race for the last place in an hour the second sees the first one's slot; a slot is
//! given back after its call has left the ledger's `dispatching` or was dropped, so a call is in the slots or in the ledger at
//! any time, and one that is in both is counted once, by its id. At worst a call too many is counted, which asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::id::EntryId;
use crate::name::CapabilityId;

use super::deciding::Reach;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    last: u64,
    slots: BTreeMap<u64, Caller>,
}

#[derive(Debug)]
struct Caller {
    entry: EntryId,
    persona: String,
    capability: CapabilityId,
}

/// A place among the calls that were let through; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Slot {
    tally: Arc<Tally>,
    number: u64,
}

impl Tally {
    /// Nothing that can panic runs under this lock with the map half-changed.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a slot for a call.
    pub(crate) fn take(self: &Arc<Self>, entry: &EntryId, persona: &str, capability: &CapabilityId) -> Slot {
        let mut taken = self.lock();
        taken.last += 1;
        let number = taken.last;
        let caller =
            Caller { entry: entry.clone(), persona: persona.to_owned(), capability: capability.clone() };
        taken.slots.insert(number, caller);
        Slot { tally: self.clone(), number }
    }

    /// The calls within a rule's reach that have a slot; with a slot, those that took theirs before it.
    pub(crate) fn taken(&self, reach: &Reach, before: Option<&Slot>) -> Vec<EntryId> {
        let first_not = before.map_or(u64::MAX, |slot| slot.number);
        self.lock()
            .slots
            .range(..first_not)
            .filter(|(_, caller)| reach.holds(&caller.persona, &caller.capability))
            .map(|(_, caller)| caller.entry.clone())
            .collect()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.tally.lock().slots.remove(&self.number);
    }
}
