//! Clauses of one loudness, without clicks.
//!
//! Speech is brought to about -20 dBFS RMS (pauses don't count), peaks are held under -1 dBFS by a limiter that looks
//! ahead, and the edges are faded so that clauses join without a click.

use std::collections::VecDeque;

/// -20 dBFS.
const TARGET_RMS: f32 = 0.1;
/// -1 dBFS.
const CEILING: f32 = 0.891_25;
/// Below -50 dBFS a block is a pause.
const PAUSE_RMS: f32 = 0.003_16;
/// Samples a block when loudness is measured: some 20 ms at the rates voices speak at.
const BLOCK: usize = 480;
/// 20 dB: more would raise noise to a voice.
const MOST_GAIN: f32 = 10.0;
/// Samples the limiter looks ahead and back: some 3 ms.
const REACH: usize = 64;
/// Samples of each fade: some 5 ms.
const FADE: usize = 120;

/// Brings a clause to the common loudness, in place. Its length does not change.
pub fn normalise(samples: &mut [f32]) {
    level(samples);
    limit(samples);
    fade(samples);
}

fn level(samples: &mut [f32]) {
    samples.iter_mut().filter(|sample| !sample.is_finite()).for_each(|sample| *sample = 0.0);
    let mean_square =
        |block: &[f32]| block.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / block.len() as f64;
    let pause = f64::from(PAUSE_RMS * PAUSE_RMS);
    let (sum, blocks) = samples
        .chunks(BLOCK)
        .map(mean_square)
        .filter(|&power| power > pause)
        .fold((0.0, 0u32), |(sum, blocks), power| (sum + power, blocks + 1));
    if blocks > 0 {
        let rms = (sum / f64::from(blocks)).sqrt() as f32;
        let gain = (TARGET_RMS / rms).min(MOST_GAIN);
        samples.iter_mut().for_each(|sample| *sample *= gain);
    }
}

/// Every gain is the mean, over the reach, of the least gain needed within the reach of each neighbour: smooth, and
/// never more than the sample itself allows.
fn limit(samples: &mut [f32]) {
    if samples.iter().all(|sample| sample.abs() <= CEILING) {
        return;
    }
    let wanted: Vec<f32> = samples.iter().map(|sample| (CEILING / sample.abs()).min(1.0)).collect();
    let least = sliding_min(&wanted, REACH);
    let at = |index: isize| f64::from(least[index.clamp(0, least.len() as isize - 1) as usize]);
    let reach = REACH as isize;
    let mut sum: f64 = (-reach..=reach).map(at).sum();
    for (index, sample) in samples.iter_mut().enumerate() {
        let gain = (sum / (2 * REACH + 1) as f64) as f32;
        // The clamp takes rounding only.
        *sample = (*sample * gain).clamp(-CEILING, CEILING);
        let index = index as isize;
        sum += at(index + reach + 1) - at(index - reach);
    }
}

/// The least value within `reach` to both sides of each.
fn sliding_min(values: &[f32], reach: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(values.len());
    // Indices whose values rise from the front.
    let mut rising: VecDeque<usize> = VecDeque::new();
    let mut next = 0;
    for centre in 0..values.len() {
        while next < values.len() && next <= centre + reach {
            while rising.back().is_some_and(|&last| values[last] >= values[next]) {
                rising.pop_back();
            }
            rising.push_back(next);
            next += 1;
        }
        while rising.front().is_some_and(|&first| first + reach < centre) {
            rising.pop_front();
        }
        out.push(rising.front().map_or(1.0, |&first| values[first]));
    }
    out
}

fn fade(samples: &mut [f32]) {
    let length = FADE.min(samples.len() / 2);
    for step in 0..length {
        let gain = 0.5 - 0.5 * (std::f32::consts::PI * step as f32 / length as f32).cos();
        let last = samples.len() - 1 - step;
        samples[step] *= gain;
        samples[last] *= gain;
    }
}

#[cfg(test)]
mod tests {
    use super::{CEILING, normalise};
    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

    fn tone(size: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| size * (n as f32 * 0.1).sin()).collect()
    }

    fn rms(samples: &[f32]) -> f32 {
        (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn quiet_and_loud_come_to_the_same_loudness() {
        for size in [0.02, 0.1, 0.5, 1.0] {
            let mut clause = tone(size, 24_000);
            normalise(&mut clause);
            let decibels = 20.0 * rms(&clause[1_000..23_000]).log10();
            assert!((-20.3..-19.7).contains(&decibels), "{size}: {decibels} dBFS");
        }
    }

    #[test]
    fn pauses_do_not_make_speech_louder() {
        let mut spoken = tone(0.3, 9_600);
        let mut with_pause = [tone(0.3, 9_600), vec![0.0; 48_000]].concat();
        normalise(&mut spoken);
        normalise(&mut with_pause);
        assert!((rms(&spoken[500..9_000]) - rms(&with_pause[500..9_000])).abs() < 0.001);
    }

    #[test]
    fn silence_stays_silence_and_hiss_is_not_raised_to_a_voice() {
        let mut silence = vec![0.0; 5_000];
        normalise(&mut silence);
        assert!(silence.iter().all(|&sample| sample == 0.0));
        let mut hiss = tone(0.002, 5_000);
        normalise(&mut hiss);
        assert!(rms(&hiss) < 0.002);
    }

    #[test]
    fn a_peak_is_held_without_a_jump_in_its_neighbours() {
        let mut clause = tone(0.14, 24_000);
        clause[12_000] = 1.0;
        clause[12_001] = -1.0;
        let before = clause.clone();
        normalise(&mut clause);
        assert!(clause.iter().all(|sample| sample.abs() <= CEILING));
        let gain = |n: usize| clause[n] / before[n];
        for n in 11_800..12_200 {
            if before[n].abs() > 0.05 && before[n + 1].abs() > 0.05 {
                assert!((gain(n) - gain(n + 1)).abs() < 0.02, "gain jumps at {n}");
            }
        }
    }

    #[test]
    fn edges_begin_and_end_at_nothing() {
        let mut clause = vec![0.4; 4_000];
        normalise(&mut clause);
        assert_eq!((clause[0], clause[3_999]), (0.0, 0.0));
        assert!((clause[1] - clause[0]).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn any_samples_keep_their_number_and_stay_under_the_ceiling(mut clause in prop::collection::vec(any::<f32>(), 0..700)) {
            let length = clause.len();
            normalise(&mut clause);
            prop_assert_eq!(clause.len(), length);
            prop_assert!(clause.iter().all(|sample| sample.abs() <= CEILING));
        }
    }
}
