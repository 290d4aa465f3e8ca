//! What waits for a client of 2026-07-28 to call again: a question about a call, or a call in the middle.
//!
//! The client gets a signed state that names the slot and is bound to the very request, so it can't be moved to another tool
//! or other arguments, and a slot is emptied by its first use. What nobody comes back for is dropped, which withdraws a
//! question and ends a call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::model::{ErrorData, InputRequests, InputRequiredResult, SealOptions};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::ask::Question;
use super::call::{Between, Running};
use super::{ASK, Hub};

const MAX: usize = 256;
/// A little longer than a question stays open, so that its end is heard.
const LIFE: Duration = ASK.saturating_add(Duration::from_secs(30));

/// Something that goes on when its client calls again.
#[derive(Debug)]
pub(super) enum Waiting {
    /// A question about a call; nothing was sent.
    Question(Box<Question>),
    /// A call whose tool asked something by its result.
    Between(Between),
    /// A call that is running, and whose server asked something meanwhile.
    Running(Running),
}

#[derive(Debug, Default)]
pub(super) struct Parked {
    slots: Mutex<HashMap<String, Slot>>,
}

#[derive(Debug)]
struct Slot {
    waiting: Waiting,
    /// Ends the task that waits for the slot's end.
    taken: CancellationToken,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    slot: String,
}

impl Parked {
    fn slots(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        // Single inserts and removals can't leave the map half-changed.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// Keeps something until its client calls again with the same request, and asks it to.
    pub(super) fn park(
        self: &Arc<Self>,
        waiting: Waiting,
        binding: &str,
        requests: Option<InputRequests>,
    ) -> Result<InputRequiredResult, ErrorData> {
        let (slot, taken) = (Uuid::new_v4().to_string(), CancellationToken::new());
        {
            let mut slots = self.parked.slots();
            if slots.len() >= MAX {
                return Err(ErrorData::internal_error(
                    format!("{MAX} requests wait for their clients to answer, which is the limit"),
                    None,
                ));
            }
            slots.insert(slot.clone(), Slot { waiting, taken: taken.clone() });
        }
        let options = SealOptions::new().associated_data(binding.as_bytes()).ttl(LIFE);
        let sealed = self.codec.seal_json_with(&State { slot: slot.clone() }, &options);
        let state = sealed.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let (parked, stop) = (self.parked.clone(), self.gateway.shared().stop.clone());
        self.gateway.shared().tasks.spawn(async move {
            tokio::select! {
                () = taken.cancelled() => return,
                () = stop.cancelled() => {}
                () = sleep(LIFE) => {}
            }
            let dropped = parked.slots().remove(&slot);
            drop(dropped);
        });
        Ok(InputRequiredResult::new(requests, Some(state)))
    }

    /// What a state stands for, once.
    pub(super) fn unpark(&self, state: &str, binding: &str) -> Result<Waiting, ErrorData> {
        let opened: Result<State, _> = self.codec.open_json_with(state, binding.as_bytes());
        let state = opened.map_err(|error| ErrorData::invalid_params(error.to_string(), None))?;
        let slot = self.parked.slots().remove(&state.slot).ok_or_else(|| {
            ErrorData::invalid_params(
                "this request state was used before or has expired, call again without it",
                None,
            )
        })?;
        slot.taken.cancel();
        Ok(slot.waiting)
    }
}
