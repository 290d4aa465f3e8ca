//! RIFF/WAVE in and out.
//!
//! The reader is our own, over a byte slice: it borrows the payload where it lies, so a header can't make it
//! allocate; it takes what `hound` does not (64-bit float, RIFX, RF64, G.711, 5- to 64-bit integers, streams whose
//! length was never filled in); and it names what is wrong in words for the person who sent the file.
//!
//! Rules: a chunk that claims more bytes than the file has is an error, except the "length unknown" that ffmpeg and
//! sox write into pipes. Whatever follows the samples is ignored, as is an incomplete last frame. Channels are
//! averaged to mono. Values that are not finite become silence and everything is clamped to -1..1.

mod header;
mod samples;
mod sniff;

use crate::{Audio, SampleRateError, pcm};
use std::time::Duration;

pub use sniff::Container;

/// The longest audio that is taken.
pub const LONGEST: Duration = Duration::from_secs(600);

/// Why bytes could not be read as a WAV file. The text is for whoever sent them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// No bytes at all.
    #[error("the audio is empty: send a WAV file")]
    Empty,
    /// A known container that is not WAV, recognised by its content.
    #[error("this is {0}; send WAV or raw PCM")]
    OtherContainer(Container),
    /// Nothing known.
    #[error("this is not a WAV file: it does not begin with RIFF; send WAV or raw PCM")]
    NotRiff,
    /// RIFF, but not audio.
    #[error("this is a RIFF file but not audio: WAVE is missing; send WAV or raw PCM")]
    NotWave,
    /// A chunk says it is longer than what is left of the file.
    #[error(
        "the WAV file is cut short or its header is wrong: {chunk:?} should have {declared} bytes and {present} are \
         there; send the whole file"
    )]
    Truncated {
        /// The chunk's four letters.
        chunk: String,
        /// Bytes its header claims.
        declared: u64,
        /// Bytes after its header.
        present: u64,
    },
    /// The samples come before their format, or there is no format.
    #[error("the WAV file has no format before its samples; write it again with another program")]
    NoFormat,
    /// The format chunk is too short for its kind.
    #[error("the WAV file's format chunk has only {0} bytes; write it again with another program")]
    ShortFormat(usize),
    /// No samples chunk.
    #[error("the WAV file has no samples: there is no data chunk; send the whole file")]
    NoData,
    /// A samples chunk without one whole sample in it.
    #[error("the WAV file is silent: its data chunk holds no samples; record again")]
    NoSamples,
    /// An encoding that is not read.
    #[error("the WAV file is encoded as {name} (0x{tag:04x}); send 16-bit PCM")]
    Encoding {
        /// The format tag.
        tag: u16,
        /// Its name where it is a usual one.
        name: &'static str,
    },
    /// A sample size its encoding does not have.
    #[error("{bits}-bit samples are not readable; send 16-bit PCM")]
    SampleSize {
        /// Bits a sample.
        bits: u16,
    },
    /// No channels.
    #[error("the WAV file says it has no channels; send mono or stereo")]
    NoChannels,
    /// Channels and sample size do not make up the frame size.
    #[error(
        "the WAV header contradicts itself: {channels} channels of {bits} bits do not make frames of {frame} bytes"
    )]
    Inconsistent {
        /// Channels.
        channels: u16,
        /// Bits a sample.
        bits: u16,
        /// Bytes a frame.
        frame: u16,
    },
    /// A rate no device uses.
    #[error(transparent)]
    SampleRate(#[from] SampleRateError),
    /// Over [`LONGEST`].
    #[error("the audio lasts {seconds} s; send at most {} s", LONGEST.as_secs())]
    TooLong {
        /// Its whole seconds.
        seconds: u64,
    },
}

/// Reads a WAV file: integers of 1 to 64 bits, 32- and 64-bit float, G.711, plain or extensible, RIFF, RIFX or RF64,
/// any number of channels.
pub fn decode(bytes: &[u8]) -> Result<Audio, WavError> {
    let (format, payload) = header::read(bytes)?;
    let frames = (payload.len() / usize::from(format.frame)) as u64;
    if frames == 0 {
        return Err(WavError::NoSamples);
    }
    let length = format.rate.duration(frames);
    if length > LONGEST {
        return Err(WavError::TooLong { seconds: length.as_secs() });
    }
    Ok(Audio { rate: format.rate, samples: samples::mono(&format, payload) })
}

/// Writes 16-bit mono PCM. Past 4 GiB the lengths in the header say "unknown".
pub fn encode(audio: &Audio) -> Vec<u8> {
    let payload = pcm::encode_s16le(&audio.samples);
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let hz = audio.rate.hz();
    let mut out = Vec::with_capacity(44 + payload.len());
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&length.saturating_add(36).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16u32.to_le_bytes());
    out.extend_from_slice(&header::PCM.to_le_bytes());
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&hz.to_le_bytes());
    out.extend_from_slice(&(hz * 2).to_le_bytes());
    out.extend_from_slice(&2u16.to_le_bytes());
    out.extend_from_slice(&16u16.to_le_bytes());
    out.extend_from_slice(b"data");
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&payload);
    out
}

#[cfg(test)]
mod tests;
