//! What was begun before it was asked for, and how it is let go of.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use homepilot_models::cancel::Cancel;
use homepilot_voice::partial::Partials;
use tokio_util::sync::CancellationToken;

use crate::{
    planner::Toolbox,
    session::{
        driver::thoughts::{Kind, Thought},
        output::UtteranceId,
    },
    turn::{Foreseen, Heard, HearingFault, PlanFault, PlanRequest, Tag},
};

/// Names a piece of work that was begun before it was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::session::driver) struct Number(u64);

/// Work that was begun before it was asked for.
pub(super) struct Ahead<Work, Found> {
    pub(super) number: Number,
    pub(super) of: Work,
    pub(super) cancel: Cancel,
    pub(super) began: Instant,
    /// What came of it, and when.
    pub(super) result: Option<(Found, Instant)>,
}

impl<Work, Found> Ahead<Work, Found> {
    pub(super) fn give_up(self) {
        self.cancel.cancel();
    }
}

pub(super) type EarlyWords = Ahead<Pause, Result<Heard, HearingFault>>;
pub(super) type EarlyPlan = Ahead<Prospect, Result<Box<Thought>, PlanFault>>;

/// What an early transcript is of.
pub(super) struct Pause {
    /// Stream time since when nobody speaks.
    pub(super) since: Duration,
    pub(super) kind: Kind,
}

/// What an early plan is for.
pub(super) struct Prospect {
    pub(super) foreseen: Foreseen,
    pub(super) toolbox: Arc<Toolbox>,
    /// Cancelled when the machine asks for the plan: it gives way no more.
    pub(super) asked_for: CancellationToken,
}

/// A clip that waits for the machine, with what was found out of it before.
pub(in crate::session::driver) struct Clip {
    pub(in crate::session::driver) samples: Vec<f32>,
    pub(in crate::session::driver) utterance: UtteranceId,
    pub(super) early: Option<EarlyWords>,
}

/// What is going on ahead.
#[derive(Default)]
pub(in crate::session::driver) struct Overhearing {
    last: Number,
    pub(super) words: Partials,
    pub(super) partial: Option<(Number, Cancel)>,
    pub(super) early: Option<EarlyWords>,
    pub(super) plan: Option<EarlyPlan>,
    /// Asked for while it was still being made.
    pub(super) hearings: HashMap<Number, (Tag, Vec<f32>, Kind)>,
    pub(super) plans: HashMap<Number, (Tag, PlanRequest)>,
}

impl Overhearing {
    pub(super) fn number(&mut self) -> Number {
        self.last.0 += 1;
        self.last
    }

    /// Lets go of all that nobody asked for.
    pub(super) fn give_up(&mut self) {
        self.words = Partials::default();
        if let Some((_, cancel)) = self.partial.take() {
            cancel.cancel();
        }
        self.give_up_pause();
    }

    pub(super) fn give_up_pause(&mut self) {
        if let Some(early) = self.early.take() {
            early.give_up();
        }
        self.give_up_plan();
    }

    pub(super) fn give_up_plan(&mut self) {
        if let Some(plan) = self.plan.take() {
            plan.give_up();
        }
    }

    /// The early words of an utterance that ended with this pause; nothing else that goes on is of use any more.
    pub(super) fn words_until(&mut self, since: Option<Duration>) -> Option<EarlyWords> {
        let early = self.early.take_if(|early| Some(early.of.since) == since);
        if early.is_some() {
            // What was planned is for these words.
            let plan = self.plan.take();
            self.give_up();
            self.plan = plan;
        } else {
            self.give_up();
        }
        early
    }
}

#[cfg(test)]
mod tests {
    use homepilot_voice::asr::AsrOptions;

    use super::*;
    use crate::turn::Awaiting;

    const PAUSE: Duration = Duration::from_millis(1_500);

    /// Everything that can go on, and the flags that stop it.
    fn overhearing() -> (Overhearing, [Cancel; 3]) {
        let mut overhearing = Overhearing::default();
        let flags: [Cancel; 3] = std::array::from_fn(|_| Cancel::default());
        let [partial, early, plan] = flags.clone();
        overhearing.partial = Some((overhearing.number(), partial));
        let kind = Kind { options: AsrOptions::default(), awaited: Awaiting::Words };
        let (number, of) = (overhearing.number(), Pause { since: PAUSE, kind });
        overhearing.early = Some(Ahead { number, of, cancel: early, began: Instant::now(), result: None });
        let request = PlanRequest {
            utterance: "call mom".to_owned(),
            then: Vec::new(),
            editing: None,
            answering: None,
            history: Vec::new(),
            past: Vec::new(),
        };
        let (foreseen, toolbox) = (Foreseen { turn: 1, request }, Arc::new(Toolbox::new(Vec::new())));
        let of = Prospect { foreseen, toolbox, asked_for: CancellationToken::new() };
        let number = overhearing.number();
        overhearing.plan = Some(Ahead { number, of, cancel: plan, began: Instant::now(), result: None });
        (overhearing, flags)
    }

    fn raised(flags: &[Cancel; 3]) -> [bool; 3] {
        flags.each_ref().map(Cancel::is_cancelled)
    }

    #[test]
    fn an_utterance_takes_the_words_of_the_pause_that_it_ended_with() {
        let (mut overhearing, flags) = overhearing();
        assert!(overhearing.words_until(Some(PAUSE)).is_some());
        assert_eq!(raised(&flags), [true, false, false], "words and plan may still be asked for");
        overhearing.give_up_plan();
        assert_eq!(raised(&flags), [true, false, true]);
    }

    #[test]
    fn words_before_other_speech_are_not_those_of_the_utterance() {
        for since in [None, Some(PAUSE + Duration::from_millis(32))] {
            let (mut overhearing, flags) = overhearing();
            assert!(overhearing.words_until(since).is_none());
            assert_eq!(raised(&flags), [true; 3]);
        }
    }

    #[test]
    fn speech_that_goes_on_gives_up_the_pause_and_keeps_the_words_shown() {
        let (mut overhearing, flags) = overhearing();
        overhearing.words.push("call");
        overhearing.words.push("call mom");
        overhearing.give_up_pause();
        assert_eq!(raised(&flags), [false, true, true]);
        overhearing.words.push("call mom now");
        assert_eq!(overhearing.words.stable(), "call mom");
    }
}
