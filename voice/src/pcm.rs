//! Raw samples of the realtime protocol: 16-bit little-endian PCM and the two G.711 companding laws.
//!
//! `f32` and 16-bit convert by 32768, so 16-bit samples survive the way there and back unchanged. Values outside
//! -1..1 are clipped; a value that is not a number becomes silence.

/// Why raw bytes are not samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PcmError {
    /// 16-bit samples need an even number of bytes.
    #[error("{0} bytes are not a whole number of 16-bit samples: send an even number of bytes")]
    OddLength(usize),
}

/// How raw samples are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// 16-bit signed, little-endian (`audio/pcm`).
    S16le,
    /// G.711 mu-law (`audio/pcmu`).
    Ulaw,
    /// G.711 A-law (`audio/pcma`).
    Alaw,
}

impl Encoding {
    /// Bytes of one sample.
    pub const fn bytes_per_sample(self) -> usize {
        match self {
            Encoding::S16le => 2,
            Encoding::Ulaw | Encoding::Alaw => 1,
        }
    }

    /// Bytes to samples.
    pub fn decode(self, bytes: &[u8]) -> Result<Vec<f32>, PcmError> {
        match self {
            Encoding::S16le => decode_s16le(bytes),
            Encoding::Ulaw => Ok(decode_ulaw(bytes)),
            Encoding::Alaw => Ok(decode_alaw(bytes)),
        }
    }

    /// Samples to bytes.
    pub fn encode(self, samples: &[f32]) -> Vec<u8> {
        match self {
            Encoding::S16le => encode_s16le(samples),
            Encoding::Ulaw => encode_ulaw(samples),
            Encoding::Alaw => encode_alaw(samples),
        }
    }
}

/// 16-bit signed little-endian to samples.
pub fn decode_s16le(bytes: &[u8]) -> Result<Vec<f32>, PcmError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(PcmError::OddLength(bytes.len()));
    }
    Ok(pairs.iter().map(|pair| from_i16(i16::from_le_bytes(*pair))).collect())
}

/// Samples to 16-bit signed little-endian.
pub fn encode_s16le(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|&sample| to_i16(sample).to_le_bytes()).collect()
}

/// G.711 mu-law to samples.
pub fn decode_ulaw(bytes: &[u8]) -> Vec<f32> {
    bytes.iter().copied().map(ulaw_to_f32).collect()
}

/// Samples to G.711 mu-law.
pub fn encode_ulaw(samples: &[f32]) -> Vec<u8> {
    samples.iter().map(|&sample| i16_to_ulaw(to_i16(sample))).collect()
}

/// G.711 A-law to samples.
pub fn decode_alaw(bytes: &[u8]) -> Vec<f32> {
    bytes.iter().copied().map(alaw_to_f32).collect()
}

/// Samples to G.711 A-law.
pub fn encode_alaw(samples: &[f32]) -> Vec<u8> {
    samples.iter().map(|&sample| i16_to_alaw(to_i16(sample))).collect()
}

/// One mu-law byte to a sample.
pub(crate) fn ulaw_to_f32(byte: u8) -> f32 {
    from_i16(ulaw_to_i16(byte))
}

/// One A-law byte to a sample.
pub(crate) fn alaw_to_f32(byte: u8) -> f32 {
    from_i16(alaw_to_i16(byte))
}

fn from_i16(sample: i16) -> f32 {
    f32::from(sample) / 32_768.0
}

/// The cast saturates, and takes what is not a number to zero.
fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round() as i16
}

/// Added before the logarithm so that the smallest segment has the same shape as the others (G.711, on 16 bits).
const ULAW_BIAS: i32 = 0x84;

fn ulaw_to_i16(byte: u8) -> i16 {
    let byte = !byte;
    let (segment, step) = ((byte >> 4) & 7, i32::from(byte & 15));
    let size = (((step << 3) + ULAW_BIAS) << segment) - ULAW_BIAS;
    // At most 32 124.
    (if byte & 0x80 == 0 { size } else { -size }) as i16
}

fn i16_to_ulaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    // The 14 significant bits, rounded towards minus infinity as the reference does, in 16-bit units.
    let coarse = i32::from(sample) >> 2 << 2;
    let size = coarse.abs().min(32_635) + ULAW_BIAS;
    // The bias guarantees bit 7, the clip bit 14 at most.
    let segment = (size >> 7).ilog2();
    let step = (size >> (segment + 3)) & 15;
    !(sign | (segment as u8) << 4 | step as u8)
}

fn alaw_to_i16(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let (segment, step) = ((byte >> 4) & 7, i32::from(byte & 15) << 4);
    let size = match segment {
        0 => step + 8,
        segment => (step + 0x108) << (segment - 1),
    };
    // At most 32 256.
    (if byte & 0x80 == 0 { -size } else { size }) as i16
}

fn i16_to_alaw(sample: i16) -> u8 {
    // The 13 significant bits; negative values are mirrored by one's complement.
    let coarse = i32::from(sample) >> 3;
    let (sign, size) = if coarse >= 0 { (0xd5, coarse) } else { (0x55, -coarse - 1) };
    let segment = (size >> 5).checked_ilog2().map_or(0, |bit| bit + 1);
    let step = if segment < 2 { size >> 1 } else { size >> segment } & 15;
    ((segment as u8) << 4 | step as u8) ^ sign
}

#[cfg(test)]
mod tests;
