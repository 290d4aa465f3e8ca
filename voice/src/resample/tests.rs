use super::{Resampler, convert};
use crate::{Audio, SampleRate};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};

const RATES: [u32; 12] =
    [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000];
const TARGETS: [u32; 5] = [8_000, 16_000, 22_050, 24_000, 48_000];

fn rate(hz: u32) -> SampleRate {
    SampleRate::try_from(hz).unwrap()
}

fn sine(hz: f32, from: u32, seconds: f32) -> Audio {
    let samples = (0..(from as f32 * seconds) as usize)
        .map(|n| 0.5 * (std::f32::consts::TAU * hz * n as f32 / from as f32).sin())
        .collect();
    Audio { rate: rate(from), samples }
}

fn due(samples: usize, from: u32, to: u32) -> usize {
    ((samples as u64 * u64::from(to) + u64::from(from / 2)) / u64::from(from)) as usize
}

#[test]
fn a_tone_keeps_its_length_place_and_size_between_all_usual_rates() {
    for from in RATES {
        for to in TARGETS {
            let out = convert(&sine(440.0, from, 0.5), rate(to));
            let expected = sine(440.0, to, 0.5);
            assert_eq!(out.samples.len(), due((from as f32 * 0.5) as usize, from, to), "{from} to {to}");
            // Away from the edges, where the filter sees the tone begin and end, it is the same wave in the same place,
            // to half a sample on each side.
            let half_samples = 0.5 / from as f32 + 0.5 / to as f32;
            let bound = 0.003 + 0.5 * std::f32::consts::TAU * 440.0 * half_samples;
            let edge = to as usize / 20;
            let pairs =
                out.samples.iter().zip(&expected.samples).skip(edge).take(expected.samples.len() - 2 * edge);
            let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < bound, "{from} to {to}: off by {worst}");
        }
    }
}

#[test]
fn what_the_new_rate_cannot_carry_is_removed() {
    let out = convert(&sine(11_000.0, 48_000, 0.5), rate(16_000));
    let loudest =
        out.samples.iter().skip(800).take(6_400).fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    assert!(loudest < 0.001, "alias of {loudest}");
}

#[test]
fn an_hour_does_not_drift() {
    let mut resampler = Resampler::new(rate(44_100), rate(16_000));
    let (mut out, mut total) = (Vec::new(), 0);
    let second = vec![0.1; 44_100];
    for _ in 0..3_600 {
        resampler.push(&second, &mut out);
        total += out.len();
        out.clear();
    }
    resampler.finish(&mut out);
    assert_eq!(total + out.len(), 3_600 * 16_000);
}

#[test]
fn after_the_end_it_begins_again_as_if_new() {
    let tone = sine(300.0, 22_050, 0.2);
    let mut resampler = Resampler::new(tone.rate, rate(24_000));
    let (mut first, mut second) = (Vec::new(), Vec::new());
    resampler.push(&tone.samples, &mut first);
    resampler.finish(&mut first);
    resampler.push(&tone.samples, &mut second);
    resampler.finish(&mut second);
    assert_eq!(first, second);
}

#[test]
fn nothing_gives_nothing() {
    let mut out = Vec::new();
    Resampler::new(rate(48_000), rate(16_000)).finish(&mut out);
    assert!(out.is_empty());
}

#[test]
fn a_sample_that_is_no_number_does_not_spread() {
    let mut tone = sine(440.0, 48_000, 0.2);
    tone.samples[100] = f32::NAN;
    tone.samples[200] = f32::INFINITY;
    assert!(convert(&tone, rate(16_000)).samples.iter().all(|sample| sample.is_finite()));
    assert!(convert(&tone, rate(48_000)).samples.iter().all(|sample| sample.is_finite()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn pieces_of_any_size_give_the_same_as_the_whole(
        from in prop::sample::select(RATES.to_vec()),
        to in prop::sample::select(TARGETS.to_vec()),
        pieces in prop::collection::vec(0usize..3_000, 0..12),
        seed in any::<u32>(),
    ) {
        let total: usize = pieces.iter().sum();
        let samples: Vec<f32> = (0..total)
            .map(|n| (seed.wrapping_add(n as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0)
            .collect();
        let mut resampler = Resampler::new(rate(from), rate(to));
        let (mut out, mut rest) = (Vec::new(), &samples[..]);
        for piece in pieces {
            let (now, later) = rest.split_at(piece);
            resampler.push(now, &mut out);
            rest = later;
        }
        resampler.finish(&mut out);
        prop_assert_eq!(out.len(), due(total, from, to));
        prop_assert_eq!(out, convert(&Audio { rate: rate(from), samples }, rate(to)).samples);
    }

    #[test]
    fn any_rate_keeps_its_length(from in 8_000u32..=192_000, to in 8_000u32..=48_000, total in 0usize..20_000) {
        let out = convert(&Audio { rate: rate(from), samples: vec![0.25; total] }, rate(to));
        prop_assert_eq!(out.samples.len(), due(total, from, to));
        prop_assert!(out.samples.iter().all(|sample| sample.is_finite()));
    }
}
