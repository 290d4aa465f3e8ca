//! From the file's first byte to its samples: chunks walked within the slice, the format checked for consistency.

use super::{WavError, sniff};
use crate::SampleRate;

pub(super) const PCM: u16 = 1;
const FLOAT: u16 = 3;
const ALAW: u16 = 6;
const ULAW: u16 = 7;
const EXTENSIBLE: u16 = 0xfffe;

/// Lengths from here on mean "unknown": ffmpeg writes `0xffff_ffff` into pipes, sox `0x7fff_f000`.
const UNKNOWN_LENGTH: u32 = 0x7fff_f000;

/// The fourteen bytes after the two that name the encoding in an extensible format.
const SUBTYPE_TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

/// How one sample is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Integer: unsigned up to 8 bits, signed above; `valid` bits of a container of `bytes`.
    Int { bytes: u8, valid: u8 },
    /// IEEE float, 32 bits.
    Float32,
    /// IEEE float, 64 bits.
    Float64,
    /// G.711 A-law.
    Alaw,
    /// G.711 mu-law.
    Ulaw,
}

/// A format that has been checked: `frame` is `channels` times the encoding's bytes, and not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    pub rate: SampleRate,
    pub channels: u16,
    pub frame: u16,
    pub encoding: Encoding,
    pub order: Order,
}

/// Which end of a number comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        }
    }

    fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        }
    }
}

/// The format and the samples' bytes.
pub(super) fn read(bytes: &[u8]) -> Result<(Format, &[u8]), WavError> {
    if bytes.is_empty() {
        return Err(WavError::Empty);
    }
    let order = match bytes.get(..4) {
        Some(b"RIFF" | b"RF64") => Order::Little,
        Some(b"RIFX") => Order::Big,
        Some(_) | None => {
            return Err(sniff::container(bytes).map_or(WavError::NotRiff, WavError::OtherContainer));
        }
    };
    if bytes.get(8..12) != Some(b"WAVE".as_slice()) {
        return Err(sniff::container(bytes).map_or(WavError::NotWave, WavError::OtherContainer));
    }

    let mut rest = bytes.get(12..).unwrap_or_default();
    let mut format = None;
    let mut long_data: Option<u64> = None;
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let [a, b, c, d, length @ ..] = *head;
        let id = [a, b, c, d];
        let declared = order.u32(length);
        let take = chunk_length(id, declared, long_data, body.len())?;
        let (chunk, after) = body.split_at(take);
        match &id {
            b"fmt " => format = Some(parse_format(chunk, order)?),
            b"ds64" => {
                long_data = chunk.get(8..16).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
            }
            b"data" => return format.map(|format| (format, chunk)).ok_or(WavError::NoFormat),
            _ => {}
        }
        // Chunks begin at even offsets.
        rest = after.get(take % 2..).unwrap_or_default();
    }
    if rest.is_empty() {
        Err(WavError::NoData)
    } else {
        let chunk = String::from_utf8_lossy(rest.get(..4).unwrap_or(rest)).into_owned();
        Err(WavError::Truncated { chunk, declared: 8, present: rest.len() as u64 })
    }
}

/// How many of `present` bytes belong to the chunk.
fn chunk_length(
    id: [u8; 4],
    declared: u32,
    long_data: Option<u64>,
    present: usize,
) -> Result<usize, WavError> {
    let is_data = id == *b"data";
    let declared = match long_data {
        Some(long) if is_data && declared == u32::MAX => long,
        Some(_) | None if is_data && declared >= UNKNOWN_LENGTH => return Ok(present),
        Some(_) | None => u64::from(declared),
    };
    usize::try_from(declared).ok().filter(|&length| length <= present).ok_or_else(|| WavError::Truncated {
        chunk: String::from_utf8_lossy(&id).into_owned(),
        declared,
        present: present as u64,
    })
}

fn parse_format(chunk: &[u8], order: Order) -> Result<Format, WavError> {
    let short = || WavError::ShortFormat(chunk.len());
    let word = |at: usize| chunk.get(at..at + 2).and_then(|b| b.try_into().ok()).map(|b| order.u16(b));
    let mut tag = word(0).ok_or_else(short)?;
    let channels = word(2).ok_or_else(short)?;
    let rate = chunk.get(4..8).and_then(|b| b.try_into().ok()).map(|b| order.u32(b)).ok_or_else(short)?;
    let frame = word(12).ok_or_else(short)?;
    let bits = word(14).ok_or_else(short)?;
    let mut valid = bits;
    if tag == EXTENSIBLE {
        let subtype = chunk.get(24..40).ok_or_else(short)?;
        // The file says zero where all bits count.
        valid = word(18).filter(|&valid| valid != 0).unwrap_or(bits);
        // The tail of the identifier is mostly single bytes; its two numbers follow the file's order.
        let little = subtype.get(2..) == Some(SUBTYPE_TAIL.as_slice());
        let big = order == Order::Big && subtype.get(8..) == SUBTYPE_TAIL.get(6..);
        tag = match (little, big) {
            (true, false) => word(24).ok_or_else(short)?,
            (false, true) => word(26).ok_or_else(short)?,
            (false, false) | (true, true) => {
                return Err(WavError::Encoding { tag, name: "an unknown extensible subtype" });
            }
        };
    }
    if channels == 0 {
        return Err(WavError::NoChannels);
    }
    let contradiction = WavError::Inconsistent { channels, bits, frame };
    if frame == 0 || frame % channels != 0 {
        return Err(contradiction);
    }
    let bytes = frame / channels;
    // The container may be wider than the samples in it: 24 bits in 4 bytes are usual.
    if u32::from(bits) > u32::from(bytes) * 8 || valid > bits {
        return Err(contradiction);
    }
    let encoding = match (tag, bytes, bits) {
        (PCM, 1..=8, 1..) => Encoding::Int { bytes: bytes as u8, valid: valid as u8 },
        (FLOAT, 4, 32) => Encoding::Float32,
        (FLOAT, 8, 64) => Encoding::Float64,
        (ALAW, 1, 8) => Encoding::Alaw,
        (ULAW, 1, 8) => Encoding::Ulaw,
        (PCM | FLOAT | ALAW | ULAW, _, _) => return Err(WavError::SampleSize { bits }),
        _ => return Err(WavError::Encoding { tag, name: encoding_name(tag) }),
    };
    Ok(Format { rate: SampleRate::try_from(rate)?, channels, frame, encoding, order })
}

fn encoding_name(tag: u16) -> &'static str {
    match tag {
        0x0002 | 0x0011 => "ADPCM",
        0x0031 => "GSM 6.10",
        0x0050 | 0x0055 => "MPEG audio",
        0x00ff | 0x1600..=0x1610 => "AAC",
        0x2000 => "AC-3",
        0x704f => "Opus",
        _ => "something this program does not know",
    }
}
