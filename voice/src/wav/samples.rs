//! The samples' bytes to mono `f32`.

use super::header::{Encoding, Format, Order};
use crate::pcm;

/// One value a frame, the mean of its channels. Allocates at most four bytes for each byte of `payload`.
pub(super) fn mono(format: &Format, payload: &[u8]) -> Vec<f32> {
    match format.encoding {
        Encoding::Int { bytes: 1, .. } => mix(format, payload, |b| (byte(b) - 128.0) / 128.0),
        Encoding::Int { bytes, valid } => {
            let lift = lift(payload, bytes, valid, format.order);
            mix(format, payload, |b| ((integer(b, format.order) << lift) as f64 / -(i64::MIN as f64)) as f32)
        }
        Encoding::Float32 => {
            mix(format, payload, |b| f32::from_bits((integer(b, format.order) >> 32) as u32))
        }
        Encoding::Float64 => mix(format, payload, |b| f64::from_bits(integer(b, format.order) as u64) as f32),
        Encoding::Alaw => mix(format, payload, |b| pcm::alaw_to_f32(b.first().copied().unwrap_or(0xd5))),
        Encoding::Ulaw => mix(format, payload, |b| pcm::ulaw_to_f32(b.first().copied().unwrap_or(0xff))),
    }
}

fn mix(format: &Format, payload: &[u8], value: impl Fn(&[u8]) -> f32) -> Vec<f32> {
    let share = 1.0 / f32::from(format.channels);
    let width = usize::from(format.frame / format.channels);
    let clean = |sample: f32| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
    payload
        .chunks_exact(usize::from(format.frame))
        .map(|frame| frame.chunks_exact(width).map(|sample| clean(value(sample))).sum::<f32>() * share)
        .map(|sample| sample.clamp(-1.0, 1.0))
        .collect()
}

fn byte(bytes: &[u8]) -> f32 {
    f32::from(bytes.first().copied().unwrap_or(128))
}

/// Up to eight bytes as a number whose highest bit is bit 63, so that every width has the same full scale.
fn integer(bytes: &[u8], order: Order) -> i64 {
    let mut number = [0u8; 8];
    match order {
        Order::Little => number.iter_mut().rev().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from),
        Order::Big => number.iter_mut().rev().zip(bytes).for_each(|(to, from)| *to = *from),
    }
    i64::from_le_bytes(number)
}

/// Bits by which samples narrower than their container must be lifted.
///
/// The standard puts them at the top with zeros below. Some programs put them at the bottom with zeros or the sign
/// above. Only if every sample has that second shape, and not the first, are they lifted.
fn lift(payload: &[u8], bytes: u8, valid: u8, order: Order) -> u32 {
    let container = u32::from(bytes) * 8;
    let spare = container.saturating_sub(u32::from(valid));
    if spare == 0 {
        return 0;
    }
    let values = || payload.chunks_exact(usize::from(bytes)).map(|b| integer(b, order) >> (64 - container));
    let at_top = values().all(|value| value.trailing_zeros() >= spare);
    let spare_bits = |value: i64| value >> valid;
    let at_bottom = values().all(|value| matches!(spare_bits(value), 0 | -1));
    if !at_top && at_bottom { spare } else { 0 }
}
