//! What a device is run at, and its samples to and from mono `f32`.

use cpal::{
    BufferSize, Data, FromSample, I24, Sample as _, SampleFormat, SizedSample, StreamConfig,
    SupportedBufferSize, SupportedStreamConfig, SupportedStreamConfigRange, U24,
};
use rtrb::Producer;
use std::time::Duration;

use super::Role;
use crate::SampleRate;

/// What most devices run at without converting.
const USUAL: u32 = SampleRate::HZ_48000.hz();

/// What to run a device at: mono for a microphone, stereo for a loudspeaker, at 48 kHz and in floating point, or as
/// near to that as it has. `None` where it has nothing between 8 and 192 kHz.
pub(super) fn pick(
    role: Role,
    ranges: impl IntoIterator<Item = SupportedStreamConfigRange>,
) -> Option<SupportedStreamConfig> {
    let channels = match role {
        Role::Microphone => 1,
        Role::Loudspeaker => 2,
    };
    let at_its_best = |range: SupportedStreamConfigRange| {
        let rate = USUAL.clamp(range.min_sample_rate(), range.max_sample_rate());
        SampleRate::try_from(rate).ok().and_then(|rate| range.try_with_sample_rate(rate.hz()))
    };
    ranges.into_iter().filter_map(at_its_best).filter(|c| rank(c.sample_format()).is_some()).min_by_key(|c| {
        (c.sample_rate().abs_diff(USUAL), c.channels().abs_diff(channels), rank(c.sample_format()))
    })
}

/// The lower, the better; `None` for what is no PCM.
fn rank(format: SampleFormat) -> Option<u8> {
    match format {
        SampleFormat::F32 => Some(0),
        SampleFormat::I32 => Some(1),
        SampleFormat::I24 => Some(2),
        SampleFormat::I16 => Some(3),
        SampleFormat::F64 => Some(4),
        SampleFormat::U32 => Some(5),
        SampleFormat::U24 => Some(6),
        SampleFormat::U16 => Some(7),
        SampleFormat::I8 => Some(8),
        SampleFormat::U8 => Some(9),
        // The list is the library's; what is not here has never been seen at a device.
        _ => None,
    }
}

/// The stream of a configuration whose callbacks come about every `period`, as far as the device does that.
pub(super) fn stream(config: &SupportedStreamConfig, period: Duration) -> StreamConfig {
    let frames = u128::from(config.sample_rate()) * period.as_millis() / 1000;
    let frames = u32::try_from(frames).unwrap_or(u32::MAX);
    let buffer_size = match *config.buffer_size() {
        SupportedBufferSize::Range { min, max } if min <= max => BufferSize::Fixed(frames.clamp(min, max)),
        SupportedBufferSize::Range { .. } | SupportedBufferSize::Unknown => BufferSize::Default,
    };
    StreamConfig { channels: config.channels(), sample_rate: config.sample_rate(), buffer_size }
}

/// Puts what a device captured into the ring, its channels averaged. Gives the samples that found no room.
pub(super) fn take(data: &Data, channels: u16, ring: &mut Producer<f32>) -> usize {
    match data.sample_format() {
        SampleFormat::F32 => average::<f32>(data.as_slice().unwrap_or_default(), channels, ring),
        SampleFormat::F64 => average::<f64>(data.as_slice().unwrap_or_default(), channels, ring),
        SampleFormat::I8 => average::<i8>(data.as_slice().unwrap_or_default(), channels, ring),
        SampleFormat::I16 => average::<i16>(data.as_slice().unwrap_or_default(), channels, ring),
        SampleFormat::I24 => average::<I24>(data.as_slice().unwrap_or_default(), channels, ring),
        SampleFormat::I32 => average::<i32>(data.as_slice().unwrap_or_default(), channels, ring),
        SampleFormat::U8 => average::<u8>(data.as_slice().unwrap_or_default(), channels, ring),
        SampleFormat::U16 => average::<u16>(data.as_slice().unwrap_or_default(), channels, ring),
        SampleFormat::U24 => average::<U24>(data.as_slice().unwrap_or_default(), channels, ring),
        SampleFormat::U32 => average::<u32>(data.as_slice().unwrap_or_default(), channels, ring),
        // Such a stream is not opened.
        _ => 0,
    }
}

fn average<T: SizedSample>(samples: &[T], channels: u16, ring: &mut Producer<f32>) -> usize
where
    f32: FromSample<T>,
{
    let frames = samples.chunks_exact(usize::from(channels.max(1)));
    let (all, share) = (frames.len(), 1.0 / f32::from(channels.max(1)));
    let room = all.min(ring.slots());
    let mono = frames.map(|frame| frame.iter().map(|&s| s.to_sample::<f32>()).sum::<f32>() * share);
    match ring.write_chunk_uninit(room) {
        Ok(chunk) => all - chunk.fill_from_iter(mono),
        Err(_) => all,
    }
}

/// Fills a device's buffer, every channel with the same samples.
pub(super) fn give(data: &mut Data, channels: u16, next: impl FnMut() -> f32) {
    match data.sample_format() {
        SampleFormat::F32 => spread::<f32>(data.as_slice_mut().unwrap_or_default(), channels, next),
        SampleFormat::F64 => spread::<f64>(data.as_slice_mut().unwrap_or_default(), channels, next),
        SampleFormat::I8 => spread::<i8>(data.as_slice_mut().unwrap_or_default(), channels, next),
        SampleFormat::I16 => spread::<i16>(data.as_slice_mut().unwrap_or_default(), channels, next),
        SampleFormat::I24 => spread::<I24>(data.as_slice_mut().unwrap_or_default(), channels, next),
        SampleFormat::I32 => spread::<i32>(data.as_slice_mut().unwrap_or_default(), channels, next),
        SampleFormat::U8 => spread::<u8>(data.as_slice_mut().unwrap_or_default(), channels, next),
        SampleFormat::U16 => spread::<u16>(data.as_slice_mut().unwrap_or_default(), channels, next),
        SampleFormat::U24 => spread::<U24>(data.as_slice_mut().unwrap_or_default(), channels, next),
        SampleFormat::U32 => spread::<u32>(data.as_slice_mut().unwrap_or_default(), channels, next),
        // Such a stream is not opened.
        _ => {}
    }
}

fn spread<T: SizedSample + FromSample<f32>>(buffer: &mut [T], channels: u16, mut next: impl FnMut() -> f32) {
    for frame in buffer.chunks_mut(usize::from(channels.max(1))) {
        frame.fill(next().to_sample::<T>());
    }
}

#[cfg(test)]
mod tests;
