//! What was spoken before, in memory: the same clause of the same voice at the same speed is made once.

use std::{collections::HashMap, sync::Arc};

use homepilot_models::catalog::ModelId;
use homepilot_voice::SampleRate;

/// Bytes of sound that are kept: three minutes at 24 kHz.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// A longer clause, in bytes of its text, is hardly ever said twice.
pub const LONGEST_KEPT: usize = 64;

/// What makes two sounds the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Saying {
    /// In which voice.
    pub voice: ModelId,
    /// The clause.
    pub text: String,
    /// The rate of its samples.
    pub rate: SampleRate,
    /// The bits of the speed.
    speed: u32,
}

impl Saying {
    /// `speed` 1.0 is the voice's own.
    pub fn new(voice: ModelId, text: String, speed: f32, rate: SampleRate) -> Self {
        Self { voice, text, rate, speed: speed.to_bits() }
    }

    /// How fast.
    pub fn speed(&self) -> f32 {
        f32::from_bits(self.speed)
    }
}

/// Sounds, the one that was not wanted for longest going first.
#[derive(Default)]
pub struct Spoken {
    sounds: HashMap<Saying, Kept>,
    bytes: usize,
    uses: u64,
}

struct Kept {
    sound: Arc<Vec<f32>>,
    used: u64,
}

impl Spoken {
    pub fn get(&mut self, saying: &Saying) -> Option<Arc<Vec<f32>>> {
        let kept = self.sounds.get_mut(saying)?;
        self.uses += 1;
        kept.used = self.uses;
        Some(kept.sound.clone())
    }

    pub fn keep(&mut self, saying: Saying, sound: Arc<Vec<f32>>) {
        let size = bytes(&sound);
        if saying.text.len() > LONGEST_KEPT || size > MOST_BYTES {
            return;
        }
        self.uses += 1;
        let kept = Kept { sound, used: self.uses };
        self.bytes += size;
        if let Some(before) = self.sounds.insert(saying, kept) {
            self.bytes -= bytes(&before.sound);
        }
        while self.bytes > MOST_BYTES {
            let oldest =
                self.sounds.iter().min_by_key(|(_, kept)| kept.used).map(|(saying, _)| saying.clone());
            let Some(gone) = oldest.and_then(|saying| self.sounds.remove(&saying)) else { return };
            self.bytes -= bytes(&gone.sound);
        }
    }
}

fn bytes(sound: &[f32]) -> usize {
    size_of_val(sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saying(text: &str, speed: f32) -> Saying {
        Saying::new("piper-en_US-joe-medium".parse().unwrap(), text.to_owned(), speed, SampleRate::HZ_24000)
    }

    fn sound(bytes: usize) -> Arc<Vec<f32>> {
        Arc::new(vec![0.0; bytes / 4])
    }

    #[test]
    fn a_sound_is_found_for_the_same_words_voice_and_speed_alone() {
        let mut spoken = Spoken::default();
        spoken.keep(saying("Shall I?", 1.0), sound(400));
        assert!(spoken.get(&saying("Shall I?", 1.0)).is_some());
        assert!(spoken.get(&saying("Shall I?", 1.05)).is_none());
        assert!(spoken.get(&saying("Shall we?", 1.0)).is_none());
        let other = Saying { voice: "hibari-heart".parse().unwrap(), ..saying("Shall I?", 1.0) };
        assert!(spoken.get(&other).is_none());
    }

    #[test]
    fn the_one_not_wanted_for_longest_goes_first() {
        let mut spoken = Spoken::default();
        for text in ["one", "two", "three"] {
            spoken.keep(saying(text, 1.0), sound(MOST_BYTES / 4));
        }
        spoken.get(&saying("one", 1.0));
        spoken.keep(saying("four", 1.0), sound(MOST_BYTES / 2));
        assert!(spoken.get(&saying("one", 1.0)).is_some());
        assert!(spoken.get(&saying("two", 1.0)).is_none());
        assert!(spoken.bytes <= MOST_BYTES);
    }

    #[test]
    fn what_is_kept_twice_counts_once_and_what_is_too_long_is_not_kept() {
        let mut spoken = Spoken::default();
        spoken.keep(saying("one", 1.0), sound(400));
        spoken.keep(saying("one", 1.0), sound(800));
        assert_eq!(spoken.bytes, 800);
        let long = "word ".repeat(LONGEST_KEPT);
        spoken.keep(saying(&long, 1.0), sound(400));
        spoken.keep(saying("huge", 1.0), sound(MOST_BYTES + 4));
        assert_eq!(spoken.bytes, 800);
    }
}
