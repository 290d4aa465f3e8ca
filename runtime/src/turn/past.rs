//! What was called before: the calls of this conversation, for plans that refer to them and for judging where a value
//! came from.

use std::collections::VecDeque;

use super::{
    events::{StepOutcome, StepState, Tag},
    request::{Call, Ids, PastCall, PastState},
};

/// Calls that a plan is told of.
pub const PAST_CALLS: usize = crate::planner::PAST_CALLS;
/// Calls that are kept: those a plan is told of, and every one of a request of the most calls.
const KEPT: usize = 12;

/// The newest calls, oldest first.
#[derive(Debug, Default)]
pub(super) struct Past {
    calls: VecDeque<Slot>,
}

#[derive(Debug)]
struct Slot {
    call: PastCall,
    /// The speech that tells it, or told it last.
    told: Option<Tag>,
    /// What was heard of such speech.
    heard: String,
}

impl Past {
    pub fn ended(&mut self, tag: Tag, call: Call, outcome: &StepOutcome) {
        let state = match outcome.state {
            StepState::Succeeded => PastState::Done,
            // It is not done, and whoever asks for it again begins it again.
            StepState::Asks => PastState::NotDone,
            StepState::Failed | StepState::NotSent => PastState::Failed,
            StepState::Unknown => PastState::Unknown,
        };
        let (said, result, ids) = (outcome.say.clone(), outcome.result.clone(), outcome.ids.clone());
        self.push(PastCall { tag, call, state, said, result, ids });
    }

    pub fn not_done(&mut self, tag: Tag, call: Call, said: &str) {
        let said = said.to_owned();
        let (result, ids) = (String::new(), Ids::default());
        self.push(PastCall { tag, call, state: PastState::NotDone, said, result, ids });
    }

    /// The newest call is told by this speech.
    pub fn told(&mut self, tag: Tag) {
        if let Some(slot) = self.calls.back_mut() {
            slot.told = Some(tag);
        }
    }

    /// What was heard of that speech.
    pub fn played(&mut self, tag: Tag, heard: &str) {
        if let Some(slot) = self.calls.iter_mut().find(|slot| slot.told == Some(tag)) {
            slot.heard = format!("{} {}", slot.heard, heard.trim()).trim().to_owned();
            slot.call.said.clone_from(&slot.heard);
        }
    }

    /// The speech that told a call is told on by another.
    pub fn goes_on(&mut self, from: Tag, to: Tag) {
        if let Some(slot) = self.calls.iter_mut().find(|slot| slot.told == Some(from)) {
            slot.told = Some(to);
        }
    }

    /// The newest, oldest first.
    pub fn recent(&self) -> Vec<PastCall> {
        let skip = self.calls.len().saturating_sub(PAST_CALLS);
        self.calls.iter().skip(skip).map(|slot| slot.call.clone()).collect()
    }

    /// Everything that tools answered, oldest first.
    pub fn results(&self) -> Vec<String> {
        let results = self.calls.iter().map(|slot| &slot.call.result);
        results.filter(|result| !result.is_empty()).cloned().collect()
    }

    /// What tools answered to one request, oldest first.
    pub fn results_of(&self, turn: u64) -> Vec<String> {
        let of_turn = self.calls.iter().map(|slot| &slot.call).filter(|call| call.tag.turn == turn);
        of_turn.map(|call| call.result.clone()).filter(|result| !result.is_empty()).collect()
    }

    fn push(&mut self, call: PastCall) {
        if self.calls.len() == KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(Slot { call, told: None, heard: String::new() });
    }
}
