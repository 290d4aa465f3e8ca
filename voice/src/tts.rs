//! Speaking: one clause in, its sound out.
//!
//! Callers speak clause by clause ([`crate::clauses`]) of text made speakable ([`crate::speakable`]), so that the
//! first sound comes after the first clause and not after the whole reply.

mod edges;
mod hibari;
mod network;
mod piper;

use homepilot_models::cancel::Cancel;
use homepilot_models::engine::LoadError;
use homepilot_models::store::VerifiedModel;

use crate::audio::SampleRate;
use crate::phonemes::PhonemeError;

pub use hibari::Hibari;
pub use piper::Piper;

/// Loads a voice with the engine that its files are for: [`Piper`] has its settings beside it, [`Hibari`] its alphabet.
pub fn load(model: &VerifiedModel) -> Result<Box<dyn Tts>, LoadError> {
    if hibari::alphabet_file(model.path()).is_file() {
        return Ok(Box::new(Hibari::load(model)?));
    }
    Ok(Box::new(Piper::load(model)?))
}

/// Why a clause could not be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TtsError {
    /// The words could not be turned into phonemes.
    #[error(transparent)]
    Phonemes(#[from] PhonemeError),
    /// Too fast or too slow to be understood.
    #[error("a speed of {0} can't be spoken: use 0.5 (slow) to 2.0 (fast)")]
    Speed(f32),
    /// The caller asked to stop.
    #[error("speaking was cancelled")]
    Cancelled,
    /// The engine gave up.
    #[error("the voice failed: {0}")]
    Engine(String),
}

/// Engines use so many threads at most: on two cores a short clause takes Piper 55 ms on two threads and 90 ms on one;
/// more is not measured.
const MOST_THREADS: usize = 2;
/// What can still be understood.
const SPEEDS: std::ops::RangeInclusive<f32> = 0.5..=2.0;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS)
}

#[cfg(test)]
mod listened;

/// A voice.
pub trait Tts: Send {
    /// The rate of what [`Tts::speak`] returns.
    fn rate(&self) -> SampleRate;

    /// The clause as mono samples in -1..1, silent at both ends; empty when it has no words. `speed` 1.0 is the
    /// voice's own, 0.5 to 2.0 are taken. Cancelling is seen before the synthesis, which takes a tenth of the time
    /// that the clause lasts.
    fn speak(&mut self, clause: &str, speed: f32, cancel: &Cancel) -> Result<Vec<f32>, TtsError>;
}
