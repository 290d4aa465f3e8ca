//! The persona's voice: what is in the loudspeaker, and silence when it is asked for.

use std::time::{Duration, Instant};

use homepilot_voice::device::{Playback, QueueFull};
use serde_json::Value;

use super::spoken::Spoken;
use crate::client::events;

/// How long a room still sounds after the loudspeaker.
const ROOM: Duration = Duration::from_millis(100);

/// A loudspeaker and what is in it.
pub(super) struct Mouth {
    playback: Playback,
    spoken: Spoken,
    sounded: Option<Instant>,
}

impl Mouth {
    pub(super) fn new(playback: Playback) -> Mouth {
        Mouth { playback, spoken: Spoken::default(), sounded: None }
    }

    /// More of an item.
    pub(super) fn say(&mut self, item: &str, samples: &[f32]) -> Result<(), QueueFull> {
        self.spoken.played(self.playback.heard());
        self.spoken.more(item, self.playback.pushed());
        self.playback.push(samples)
    }

    /// All of an item was given.
    pub(super) fn said(&mut self, item: &str) {
        self.spoken.all(item, self.playback.pushed());
        self.playback.end();
    }

    /// Silence. Gives what the server is to be told of it.
    pub(super) fn stop(&mut self) -> Vec<Value> {
        let heard = self.playback.stop();
        self.spoken.cut(heard).iter().map(|(item, ms)| events::truncate(item, *ms)).collect()
    }

    /// Whether it can be heard, or still hangs in the room.
    pub(super) fn sounds(&mut self, now: Instant) -> bool {
        if !self.playback.remaining().is_zero() {
            self.sounded = Some(now);
        }
        self.sounded.is_some_and(|at| now.saturating_duration_since(at) < ROOM)
    }

    /// How loud it is, as a root mean square.
    pub(super) fn level(&self) -> f32 {
        self.playback.level()
    }
}
