//! What of the microphone is sent.
//!
//! Half duplex, unless the person wears headphones: while the persona is heard the microphone is not listened to, so
//! that the persona never answers itself. Hands-free sends silence in that time, which keeps the server's clock running
//! and ends what was being said. The microphone stays open between utterances; a little of what came before the key
//! went down is kept for [`BEFORE`] and sent with it, so that no first syllable is lost.

use std::{collections::VecDeque, time::Duration};

use homepilot_voice::SampleRate;

use crate::client::events::Turns;

const RATE: SampleRate = SampleRate::HZ_24000;
/// Kept from before the key went down.
const BEFORE: Duration = Duration::from_millis(200);
/// Still taken after it came up: people let go with the last syllable.
const AFTER: Duration = Duration::from_millis(140);
/// Less was a slip of the finger.
const SHORTEST: Duration = Duration::from_millis(250);
/// More is sent as it is: the server takes 180 s.
const LONGEST: Duration = Duration::from_secs(170);

/// Whether the persona can be heard in the microphone now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// It is silent, or in the person's ears only.
    Quiet,
    /// The persona sounds from a loudspeaker.
    PersonaSpeaks,
}

/// What is to be done with what was captured.
#[derive(Debug, PartialEq)]
pub(super) enum Passed {
    /// Send this.
    Sound(Vec<f32>),
    /// The utterance is complete.
    Complete(Completed),
}

/// How an utterance ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Completed {
    /// It is to be answered.
    Whole,
    /// It is to be answered; no more of it can be taken.
    Longest,
    /// The key was down too shortly.
    TooShort,
    /// The device sent digital silence: a switch at it is off.
    Muted,
}

#[derive(Debug)]
enum Key {
    Up,
    Down {
        taken: usize,
        sounded: bool,
    },
    /// Came up, this many samples are still to be taken.
    Released {
        taken: usize,
        sounded: bool,
        left: usize,
    },
}

/// Stands between the microphone and the server.
#[derive(Debug)]
pub(super) struct Gate {
    turns: Turns,
    key: Key,
    before: VecDeque<f32>,
}

impl Gate {
    pub(super) fn new(turns: Turns) -> Gate {
        Gate { turns, key: Key::Up, before: VecDeque::new() }
    }

    /// Another way to take turns; what was begun is forgotten.
    pub(super) fn turns(&mut self, turns: Turns) {
        *self = Gate::new(turns);
    }

    /// The key asks to listen. Gives what came just before.
    pub(super) fn press(&mut self) -> Vec<f32> {
        self.key = Key::Down { taken: 0, sounded: false };
        self.before.drain(..).collect()
    }

    /// The key says that was all.
    pub(super) fn release(&mut self) {
        if let Key::Down { taken, sounded } = self.key {
            self.key = Key::Released { taken, sounded, left: RATE.samples(AFTER) };
        }
    }

    /// What was begun is not wanted.
    pub(super) fn forget(&mut self) {
        self.key = Key::Up;
    }

    /// Whether an utterance is being taken.
    pub(super) fn is_open(&self) -> bool {
        match self.key {
            Key::Up => false,
            Key::Down { .. } | Key::Released { .. } => true,
        }
    }

    /// Takes the next stretch of sound.
    pub(super) fn hear(&mut self, mut sound: Vec<f32>, room: Room) -> Vec<Passed> {
        if self.turns == Turns::HandsFree {
            if room == Room::PersonaSpeaks {
                sound.fill(0.0);
            }
            return vec![Passed::Sound(sound)];
        }
        if room == Room::PersonaSpeaks {
            // What follows must not begin with the persona's own last words.
            self.before.clear();
            return Vec::new();
        }
        let loud = sound.iter().any(|&sample| sample != 0.0);
        match &mut self.key {
            Key::Up => {
                self.before.extend(sound);
                let beyond = self.before.len().saturating_sub(RATE.samples(BEFORE));
                self.before.drain(..beyond);
                Vec::new()
            }
            Key::Down { taken, sounded } => {
                *taken += sound.len();
                *sounded |= loud;
                let full = *taken >= RATE.samples(LONGEST);
                let mut passed = vec![Passed::Sound(sound)];
                if full {
                    self.key = Key::Up;
                    passed.push(Passed::Complete(Completed::Longest));
                }
                passed
            }
            Key::Released { taken, sounded, left } => {
                sound.truncate(*left);
                *left -= sound.len();
                *sounded |= loud;
                let (taken, sounded, over) = (*taken, *sounded, *left == 0);
                let mut passed = vec![Passed::Sound(sound)];
                if over {
                    self.key = Key::Up;
                    passed.push(Passed::Complete(match (taken < RATE.samples(SHORTEST), sounded) {
                        (true, _) => Completed::TooShort,
                        (false, false) => Completed::Muted,
                        (false, true) => Completed::Whole,
                    }));
                }
                passed
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 40 ms, as the microphone sends it.
    fn chunk(value: f32) -> Vec<f32> {
        vec![value; 960]
    }

    fn hear(gate: &mut Gate, value: f32, chunks: usize) -> (usize, Option<Completed>) {
        let (mut sent, mut end) = (0, None);
        for _ in 0..chunks {
            for passed in gate.hear(chunk(value), Room::Quiet) {
                match passed {
                    Passed::Sound(sound) => sent += sound.len(),
                    Passed::Complete(completed) => end = Some(completed),
                }
            }
        }
        (sent, end)
    }

    #[test]
    fn a_held_key_sends_what_came_just_before_what_is_said_and_the_last_syllable() {
        let mut gate = Gate::new(Turns::PushToTalk);
        assert_eq!(hear(&mut gate, 0.1, 50), (0, None));
        assert_eq!(gate.press().len(), 4_800);
        assert_eq!(hear(&mut gate, 0.2, 25), (24_000, None));
        gate.release();
        assert_eq!(hear(&mut gate, 0.3, 25), (3_360, Some(Completed::Whole)));
        assert!(!gate.is_open());
    }

    #[test]
    fn a_slip_is_no_utterance_and_digital_silence_is_a_muted_microphone() {
        let mut gate = Gate::new(Turns::PushToTalk);
        gate.press();
        hear(&mut gate, 0.1, 3);
        gate.release();
        assert_eq!(hear(&mut gate, 0.1, 5).1, Some(Completed::TooShort));
        gate.press();
        hear(&mut gate, 0.0, 50);
        gate.release();
        assert_eq!(hear(&mut gate, 0.0, 5).1, Some(Completed::Muted));
    }

    #[test]
    fn a_key_that_is_never_let_go_ends_by_itself() {
        let mut gate = Gate::new(Turns::PushToTalk);
        gate.press();
        assert_eq!(hear(&mut gate, 0.1, 4_250), (170 * 24_000, Some(Completed::Longest)));
        assert!(!gate.is_open());
    }

    #[test]
    fn the_persona_is_never_recorded() {
        let mut gate = Gate::new(Turns::PushToTalk);
        hear(&mut gate, 0.1, 10);
        assert_eq!(gate.hear(chunk(0.5), Room::PersonaSpeaks), []);
        assert!(gate.press().is_empty(), "what came before was the persona");
        assert_eq!(gate.hear(chunk(0.5), Room::PersonaSpeaks), []);
        assert_eq!(hear(&mut gate, 0.2, 1).0, 960);

        let mut gate = Gate::new(Turns::HandsFree);
        assert_eq!(gate.hear(chunk(0.5), Room::PersonaSpeaks), [Passed::Sound(chunk(0.0))]);
        assert_eq!(gate.hear(chunk(0.5), Room::Quiet), [Passed::Sound(chunk(0.5))]);
    }
}
