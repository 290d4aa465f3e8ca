use std::time::Duration;

use cpal::{
    BufferSize, FromSample, I24, Sample as _, SampleFormat, SizedSample, SupportedBufferSize,
    SupportedStreamConfigRange, U24,
};
use rtrb::RingBuffer;

use super::{average, pick, stream};
use crate::device::Role;

fn range(channels: u16, low: u32, high: u32, format: SampleFormat) -> SupportedStreamConfigRange {
    SupportedStreamConfigRange::new(
        channels,
        low,
        high,
        SupportedBufferSize::Range { min: 64, max: 4_096 },
        format,
    )
}

#[test]
fn what_is_nearest_to_48_khz_with_fitting_channels_is_taken() {
    let all = [
        range(1, 8_000, 8_000, SampleFormat::I16),
        range(2, 44_100, 192_000, SampleFormat::I16),
        range(2, 44_100, 192_000, SampleFormat::F32),
        range(1, 44_100, 192_000, SampleFormat::I32),
    ];
    let picked = |role| pick(role, all).map(|c| (c.channels(), c.sample_rate(), c.sample_format()));
    assert_eq!(picked(Role::Microphone), Some((1, 48_000, SampleFormat::I32)));
    assert_eq!(picked(Role::Loudspeaker), Some((2, 48_000, SampleFormat::F32)));
}

#[test]
fn any_rate_from_8_to_192_khz_will_do_and_no_other() {
    for (channels, hz) in [(1, 8_000), (3, 11_025), (8, 192_000), (64, 176_400)] {
        for role in [Role::Microphone, Role::Loudspeaker] {
            let picked = pick(role, [range(channels, hz, hz, SampleFormat::U8)]);
            assert_eq!(picked.map(|c| (c.channels(), c.sample_rate())), Some((channels, hz)));
        }
    }
    let refused = [range(2, 4_000, 6_000, SampleFormat::F32), range(2, 384_000, 384_000, SampleFormat::F32)];
    assert_eq!(pick(Role::Microphone, refused), None);
    assert_eq!(pick(Role::Loudspeaker, [range(2, 48_000, 48_000, SampleFormat::DsdU8)]), None);
}

#[test]
fn a_period_the_device_cannot_do_becomes_the_nearest_it_can() {
    let config = pick(Role::Microphone, [range(1, 48_000, 48_000, SampleFormat::F32)]).unwrap();
    let frames = |ms| stream(&config, Duration::from_millis(ms)).buffer_size;
    assert_eq!(frames(40), BufferSize::Fixed(1_920));
    assert_eq!(frames(1), BufferSize::Fixed(64));
    assert_eq!(frames(1_000), BufferSize::Fixed(4_096));
}

/// What comes out of the ring after these frames went in.
fn mixed<T: SizedSample + FromSample<f32>>(channels: u16, frames: &[&[f32]], room: usize) -> (Vec<f32>, usize)
where
    f32: FromSample<T>,
{
    let samples: Vec<T> = frames.concat().iter().map(|s| s.to_sample::<T>()).collect();
    let (mut producer, mut consumer) = RingBuffer::new(room);
    let dropped = average(&samples, channels, &mut producer);
    (std::iter::from_fn(|| consumer.pop().ok()).collect(), dropped)
}

fn near(got: &[f32], wanted: &[f32]) {
    assert_eq!(got.len(), wanted.len());
    assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 0.02), "{got:?} is not {wanted:?}");
}

#[test]
fn channels_are_averaged_in_every_format() {
    let frames: [&[f32]; 2] = [&[0.5, 0.0], &[-0.5, -0.25]];
    let wanted = [0.25, -0.375];
    near(&mixed::<f32>(2, &frames, 8).0, &wanted);
    near(&mixed::<f64>(2, &frames, 8).0, &wanted);
    near(&mixed::<i8>(2, &frames, 8).0, &wanted);
    near(&mixed::<i16>(2, &frames, 8).0, &wanted);
    near(&mixed::<I24>(2, &frames, 8).0, &wanted);
    near(&mixed::<i32>(2, &frames, 8).0, &wanted);
    near(&mixed::<u8>(2, &frames, 8).0, &wanted);
    near(&mixed::<u16>(2, &frames, 8).0, &wanted);
    near(&mixed::<U24>(2, &frames, 8).0, &wanted);
    near(&mixed::<u32>(2, &frames, 8).0, &wanted);
}

#[test]
fn what_finds_no_room_is_counted() {
    let frames: [&[f32]; 3] = [&[0.1; 5], &[0.2; 5], &[0.3; 5]];
    let (kept, dropped) = mixed::<f32>(5, &frames, 2);
    near(&kept, &[0.1, 0.2]);
    assert_eq!(dropped, 1);
}

#[test]
fn every_channel_is_given_the_same() {
    let mut ramp = [0.5f32, -0.5].into_iter();
    let mut buffer = [0i16; 6];
    super::spread(&mut buffer, 3, || ramp.next().unwrap_or(0.0));
    assert_eq!(buffer, [16_384, 16_384, 16_384, -16_384, -16_384, -16_384]);
}
