//! Audio of a connection: base64 in the session's format to 16 kHz samples, and back.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use homepilot_voice::{SampleRate, pcm::Encoding, resample::Resampler};

use super::{LARGEST, Refusal, client_event::Format, refuse};
use crate::session::SOUND_RATE;

/// What whisper and the voice activity detector take.
const EARS_RATE: u32 = 16_000;
/// An utterance may be this long; the rest is refused, and what was kept can still be committed.
pub(super) const LONGEST_SECONDS: usize = 180;
/// The same in samples for the ears.
pub(super) const LONGEST: usize = LONGEST_SECONDS * EARS_RATE as usize;
/// Below this a commit is refused: nobody says anything in less.
const SHORTEST_MS: usize = 100;

/// From the client.
pub(super) struct Inlet {
    format: Format,
    resampler: Option<Resampler>,
    kept: Vec<f32>,
}

impl Default for Inlet {
    fn default() -> Self {
        Self { format: Format::Pcm { rate: 24_000 }, resampler: None, kept: Vec::new() }
    }
}

fn encoding(format: Format) -> Encoding {
    match format {
        Format::Pcm { .. } => Encoding::S16le,
        Format::Pcmu {} => Encoding::Ulaw,
        Format::Pcma {} => Encoding::Alaw,
    }
}

fn rate_of(format: Format) -> u32 {
    match format {
        Format::Pcm { rate } => rate,
        Format::Pcmu {} | Format::Pcma {} => 8_000,
    }
}

fn resampler(from: u32, to: u32) -> Result<Resampler, Refusal> {
    let rate =
        |hz: u32| SampleRate::try_from(hz).map_err(|e| refuse("unsupported_rate", e.to_string(), None));
    Ok(Resampler::new(rate(from)?, rate(to)?))
}

impl Inlet {
    pub(super) fn format(&mut self, format: Format) {
        if format != self.format {
            *self = Self { format, ..Self::default() };
        }
    }

    fn samples(&self, audio: &str) -> Result<Vec<f32>, Refusal> {
        if audio.len() > LARGEST {
            let message = format!("audio of one event may have at most {LARGEST} bytes of base64");
            return Err(refuse("audio_too_large", message, Some("audio")));
        }
        let bytes = STANDARD
            .decode(audio)
            .map_err(|e| refuse("invalid_audio", format!("audio is not base64: {e}"), Some("audio")))?;
        encoding(self.format)
            .decode(&bytes)
            .map_err(|e| refuse("invalid_audio", e.to_string(), Some("audio")))
    }

    /// The next stretch of the stream.
    pub(super) fn decode(&mut self, audio: &str) -> Result<Vec<f32>, Refusal> {
        let samples = self.samples(audio)?;
        if self.resampler.is_none() {
            self.resampler = Some(resampler(rate_of(self.format), EARS_RATE)?);
        }
        let mut out = Vec::with_capacity(samples.len());
        if let Some(resampler) = &mut self.resampler {
            resampler.push(&samples, &mut out);
        }
        Ok(out)
    }

    /// A recording that is complete in itself.
    pub(super) fn decode_whole(&self, audio: &str) -> Result<Vec<f32>, Refusal> {
        let samples = self.samples(audio)?;
        let mut out = Vec::with_capacity(samples.len());
        let mut resampler = resampler(rate_of(self.format), EARS_RATE)?;
        resampler.push(&samples, &mut out);
        resampler.finish(&mut out);
        Ok(out)
    }

    /// Keeps samples for a commit.
    pub(super) fn keep(&mut self, samples: &[f32]) -> Result<(), Refusal> {
        if self.kept.len() + samples.len() > LONGEST {
            let message = format!(
                "an utterance may last {LONGEST_SECONDS} seconds: commit or clear; this audio was not kept"
            );
            return Err(refuse("buffer_full", message, Some("audio")));
        }
        self.kept.extend_from_slice(samples);
        Ok(())
    }

    /// Everything kept.
    pub(super) fn take(&mut self) -> Result<Vec<f32>, Refusal> {
        if let Some(mut resampler) = self.resampler.take() {
            resampler.finish(&mut self.kept);
        }
        if self.kept.len() < SHORTEST_MS * EARS_RATE as usize / 1000 {
            let message = format!(
                "the buffer has {} ms of audio; at least {SHORTEST_MS} ms are needed",
                self.kept.len() * 1000 / EARS_RATE as usize
            );
            return Err(refuse("input_audio_buffer_commit_empty", message, None));
        }
        Ok(std::mem::take(&mut self.kept))
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.resampler = None;
    }
}

/// To the client.
pub(super) struct Encoder {
    format: Format,
    resampler: Option<Resampler>,
}

impl Encoder {
    pub(super) fn new(format: Format) -> Self {
        let rate = rate_of(format);
        let resampler = if rate == SOUND_RATE { None } else { resampler(SOUND_RATE, rate).ok() };
        Self { format, resampler }
    }

    /// Base64 of 24 kHz samples in the session's output format.
    pub(super) fn encode(&mut self, samples: &[f32]) -> String {
        let mut converted = Vec::new();
        let samples = match &mut self.resampler {
            None => samples,
            Some(resampler) => {
                resampler.push(samples, &mut converted);
                &converted
            }
        };
        STANDARD.encode(encoding(self.format).encode(samples))
    }
}
