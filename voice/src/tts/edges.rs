//! The edges of a clause: no dead air, no click, and a pause that fits the mark it ends with.

use std::time::Duration;

use crate::audio::SampleRate;

/// RMS of a window below which it counts as silence: -46 dBFS.
const SILENCE: f32 = 0.005;
const WINDOW: Duration = Duration::from_millis(5);
/// Kept before the first sound: soft consonants begin below the threshold.
const LEAD: Duration = Duration::from_millis(25);
/// Kept after the last sound for the same reason.
const DECAY: Duration = Duration::from_millis(60);
const FADE: Duration = Duration::from_millis(5);

/// The silence between this clause and the next.
pub(super) fn pause(clause: &str) -> Duration {
    let last = clause.trim_end().trim_end_matches(['"', '\'', ')', '”', '’']).chars().next_back();
    match last {
        Some('.' | '!' | '?' | '…') => Duration::from_millis(220),
        Some(',' | ';' | ':' | '—' | '–') => Duration::from_millis(100),
        Some(_) | None => Duration::from_millis(20),
    }
}

/// Trims silence from both ends, fades them, and adds `pause` of silence. All silence becomes nothing.
pub(super) fn finish(samples: &[f32], rate: SampleRate, pause: Duration) -> Vec<f32> {
    let window = rate.samples(WINDOW).max(1);
    let loud = |part: &[f32]| {
        let energy: f32 = part.iter().map(|s| s * s).sum();
        (energy / part.len() as f32).sqrt() > SILENCE
    };
    let windows = || samples.chunks(window).enumerate().filter(|(_, part)| loud(part)).map(|(i, _)| i);
    let (Some(first), Some(last)) = (windows().next(), windows().next_back()) else { return Vec::new() };
    let from = (first * window).saturating_sub(rate.samples(LEAD));
    let to = ((last + 1) * window + rate.samples(DECAY)).min(samples.len());
    let mut trimmed = samples[from..to].to_vec();
    let fade = rate.samples(FADE).min(trimmed.len() / 2);
    for i in 0..fade {
        let gain = i as f32 / fade as f32;
        trimmed[i] *= gain;
        let end = trimmed.len() - 1 - i;
        trimmed[end] *= gain;
    }
    trimmed.resize(trimmed.len() + rate.samples(pause), 0.0);
    trimmed
}

#[cfg(test)]
mod tests {
    use super::{finish, pause};
    use crate::audio::SampleRate;
    use std::time::Duration;

    const RATE: SampleRate = SampleRate::HZ_16000;

    #[test]
    fn silence_around_speech_is_trimmed_and_edges_are_silent() {
        let mut samples = vec![0.0; 16_000];
        samples.extend((0..8_000).map(|i| (i as f32 * 0.2).sin() * 0.5));
        samples.extend(vec![0.0001; 16_000]);
        let spoken = finish(&samples, RATE, Duration::from_millis(100));
        let length = RATE.duration(spoken.len() as u64).as_millis();
        assert!((600..750).contains(&length), "{length} ms");
        assert_eq!(spoken[0], 0.0);
        assert!(spoken.iter().rev().take(1_600).all(|s| *s == 0.0));
    }

    #[test]
    fn speech_up_to_the_edges_is_kept_whole() {
        let samples: Vec<f32> = (0..8_000).map(|i| (i as f32 * 0.2).sin() * 0.5).collect();
        let spoken = finish(&samples, RATE, Duration::ZERO);
        assert_eq!(spoken.len(), samples.len());
        assert_eq!(spoken[4_000], samples[4_000]);
        assert!(spoken[1].abs() < samples[1].abs());
    }

    #[test]
    fn only_silence_is_nothing() {
        assert!(finish(&[0.0; 4_000], RATE, Duration::from_millis(100)).is_empty());
        assert!(finish(&[], RATE, Duration::from_millis(100)).is_empty());
    }

    #[test]
    fn sentences_pause_longer_than_commas() {
        assert!(pause("Done.") > pause("Well,"));
        assert!(pause("Well,") > pause("and so"));
        assert_eq!(pause("\"Shall I?\""), pause("Shall I?"));
    }
}
