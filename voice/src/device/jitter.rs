//! What waits to be played: sound comes in clauses, faster or slower than it plays.
//!
//! After a gap nothing is given until [`HEAD_START`] waits, or the speech is known to be complete: so a stream that
//! comes in small pieces does not stutter, and a short word is not held back. Samples in and out are counted, so that
//! it is known what was played when speech is stopped.

use std::{collections::VecDeque, time::Duration};

use crate::SampleRate;

/// What waits before a speech begins, unless all of it is there.
pub(super) const HEAD_START: Duration = Duration::from_millis(120);

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pulled {
    /// Nothing yet.
    Nothing,
    /// So many samples.
    Samples(usize),
    /// The last of a speech was given before.
    End,
}

#[derive(Debug)]
enum Flow {
    /// Until enough waits.
    Held,
    /// Given as it is asked for.
    Running,
}

/// Samples in order of playing.
#[derive(Debug)]
pub(super) struct Jitter {
    waiting: VecDeque<f32>,
    head_start: usize,
    complete: bool,
    flow: Flow,
    given: u64,
}

impl Jitter {
    pub(super) fn new(rate: SampleRate) -> Jitter {
        Jitter {
            waiting: VecDeque::new(),
            head_start: rate.samples(HEAD_START),
            complete: false,
            flow: Flow::Held,
            given: 0,
        }
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        if !samples.is_empty() {
            self.waiting.extend(samples);
            self.complete = false;
        }
    }

    /// Nothing more comes of this speech.
    pub(super) fn end(&mut self) {
        self.complete = true;
    }

    /// Appends up to `most` samples to `out`.
    pub(super) fn pull(&mut self, most: usize, out: &mut Vec<f32>) -> Pulled {
        if let Flow::Held = self.flow {
            let enough = self.waiting.len() >= self.head_start || self.complete && !self.waiting.is_empty();
            if !enough {
                return Pulled::Nothing;
            }
            self.flow = Flow::Running;
        }
        let count = most.min(self.waiting.len());
        out.extend(self.waiting.drain(..count));
        self.given += count as u64;
        match (count, self.complete) {
            (0, _) if most == 0 => Pulled::Nothing,
            (0, complete) => {
                self.flow = Flow::Held;
                if complete { Pulled::End } else { Pulled::Nothing }
            }
            (count, _) => Pulled::Samples(count),
        }
    }

    /// Forgets what waits.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.complete = true;
        self.flow = Flow::Held;
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Samples given since the beginning.
    pub(super) fn given(&self) -> u64 {
        self.given
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

    use super::{Jitter, Pulled};
    use crate::SampleRate;

    /// 120 ms.
    const HELD: usize = 2_880;

    fn jitter() -> Jitter {
        Jitter::new(SampleRate::HZ_24000)
    }

    #[test]
    fn a_stream_begins_when_enough_waits() {
        let (mut jitter, mut out) = (jitter(), Vec::new());
        jitter.push(&vec![0.1; HELD - 1]);
        assert_eq!(jitter.pull(480, &mut out), Pulled::Nothing);
        jitter.push(&[0.1]);
        assert_eq!(jitter.pull(480, &mut out), Pulled::Samples(480));
        assert_eq!((out.len(), jitter.given(), jitter.waiting()), (480, 480, HELD - 480));
    }

    #[test]
    fn a_word_shorter_than_that_is_not_held_back_once_it_is_whole() {
        let (mut jitter, mut out) = (jitter(), Vec::new());
        jitter.push(&[0.1; 100]);
        assert_eq!(jitter.pull(480, &mut out), Pulled::Nothing);
        jitter.end();
        assert_eq!(jitter.pull(480, &mut out), Pulled::Samples(100));
        assert_eq!(jitter.pull(480, &mut out), Pulled::End);
        assert_eq!(jitter.pull(480, &mut out), Pulled::Nothing, "an end is told once");
    }

    #[test]
    fn after_a_gap_it_gathers_again() {
        let (mut jitter, mut out) = (jitter(), Vec::new());
        jitter.push(&vec![0.1; HELD]);
        assert_eq!(jitter.pull(HELD, &mut out), Pulled::Samples(HELD));
        assert_eq!(jitter.pull(480, &mut out), Pulled::Nothing);
        jitter.push(&[0.1; 480]);
        assert_eq!(jitter.pull(480, &mut out), Pulled::Nothing, "not by drops");
        jitter.push(&vec![0.1; HELD]);
        assert_eq!(jitter.pull(480, &mut out), Pulled::Samples(480));
    }

    #[test]
    fn what_is_stopped_is_forgotten_and_the_next_begins_as_if_new() {
        let (mut jitter, mut out) = (jitter(), Vec::new());
        jitter.push(&vec![0.1; HELD]);
        assert_eq!(jitter.pull(480, &mut out), Pulled::Samples(480));
        jitter.clear();
        assert_eq!((jitter.waiting(), jitter.pull(480, &mut out)), (0, Pulled::Nothing));
        jitter.push(&[0.2; 480]);
        assert_eq!(jitter.pull(480, &mut out), Pulled::Nothing);
    }

    proptest! {
        #[test]
        fn every_sample_comes_out_once_and_in_order(
            steps in prop::collection::vec((0usize..4_000, 0usize..4_000, any::<bool>()), 0..40),
        ) {
            let (mut jitter, mut out, mut pushed) = (jitter(), Vec::new(), 0u32);
            for (more, most, ends) in steps {
                let samples: Vec<f32> = (0..more as u32).map(|n| (pushed + n) as f32).collect();
                pushed += more as u32;
                jitter.push(&samples);
                if ends {
                    jitter.end();
                }
                jitter.pull(most, &mut out);
                prop_assert!(out.len() <= pushed as usize);
            }
            jitter.end();
            while let Pulled::Samples(_) = jitter.pull(777, &mut out) {}
            prop_assert_eq!(out, (0..pushed).map(|n| n as f32).collect::<Vec<_>>());
            prop_assert_eq!(jitter.given(), u64::from(pushed));
        }
    }
}
