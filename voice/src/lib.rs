//! Ears and mouth: from bytes of audio to an utterance and its words, and from words back to audio.
//!
//! Everything here is synchronous and, but for [`device`], reads no clock: time is counted in samples of the stream, so
//! the same audio always gives the same result. Inside the crate audio is mono `f32` in -1..1; what listens ([`vad`],
//! [`endpoint`], [`asr`]) works at 16 kHz, and [`resample`] stands at the border.
//!
//! Text and audio from outside are hostile until decoded: [`wav`] and [`pcm`] take any bytes without panic, and
//! allocate in proportion to the bytes received, never to what a header claims.
#![deny(missing_docs)]

pub mod asr;
pub mod audio;
pub mod barge;
pub mod clauses;
pub mod device;
pub mod endpoint;
pub mod loudness;
pub mod meter;
pub mod partial;
pub mod pcm;
pub mod phonemes;
pub mod resample;
pub mod speakable;
pub mod tts;
pub mod vad;
pub mod wav;

#[cfg(test)]
mod fixtures;

pub use audio::{Audio, SampleRate, SampleRateError};
