//! The one shape of audio inside the product: mono `f32` samples in -1..1 at a known rate.

use std::time::Duration;

/// Samples a second of everything that listens: voice activity, endpointing, recognition.
pub const LISTENING_HZ: u32 = 16_000;

/// A sample rate in hertz, 8 kHz to 192 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SampleRate(u32);

/// The rate is outside what devices and telephony use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sample rate of {0} Hz is not usable: send audio between 8000 and 192000 Hz")]
pub struct SampleRateError(pub u32);

impl SampleRate {
    /// Telephony.
    pub const HZ_8000: SampleRate = SampleRate(8_000);
    /// What the models listen at.
    pub const HZ_16000: SampleRate = SampleRate(LISTENING_HZ);
    /// What Piper's medium voices speak at.
    pub const HZ_22050: SampleRate = SampleRate(22_050);
    /// `audio/pcm` of the realtime protocol.
    pub const HZ_24000: SampleRate = SampleRate(24_000);
    /// What most sound devices run at.
    pub const HZ_48000: SampleRate = SampleRate(48_000);

    /// Samples a second.
    pub const fn hz(self) -> u32 {
        self.0
    }

    /// How long this many samples last.
    pub fn duration(self, samples: u64) -> Duration {
        let hz = u64::from(self.0);
        // The remainder is below 192 000, so its nanoseconds fit easily.
        Duration::new(samples / hz, (samples % hz * 1_000_000_000 / hz) as u32)
    }

    /// How many whole samples fit into this time; saturates at `usize::MAX`.
    pub fn samples(self, time: Duration) -> usize {
        usize::try_from(time.as_nanos() * u128::from(self.0) / 1_000_000_000).unwrap_or(usize::MAX)
    }
}

impl TryFrom<u32> for SampleRate {
    type Error = SampleRateError;

    fn try_from(hz: u32) -> Result<SampleRate, SampleRateError> {
        if (8_000..=192_000).contains(&hz) { Ok(SampleRate(hz)) } else { Err(SampleRateError(hz)) }
    }
}

impl std::fmt::Display for SampleRate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} Hz", self.0)
    }
}

/// Mono audio: samples in -1..1 at `rate`.
#[derive(Debug, Clone, PartialEq)]
pub struct Audio {
    /// Samples a second.
    pub rate: SampleRate,
    /// Mono, -1..1.
    pub samples: Vec<f32>,
}

impl Audio {
    /// How long it lasts.
    pub fn duration(&self) -> Duration {
        self.rate.duration(self.samples.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::{Audio, SampleRate, SampleRateError};
    use std::time::Duration;

    #[test]
    fn rates_of_devices_are_taken_and_others_refused() {
        for hz in [8_000, 11_025, 16_000, 44_100, 192_000] {
            assert_eq!(SampleRate::try_from(hz).unwrap().hz(), hz);
        }
        for hz in [0, 1, 7_999, 192_001, u32::MAX] {
            assert_eq!(SampleRate::try_from(hz), Err(SampleRateError(hz)));
        }
    }

    #[test]
    fn time_and_samples_convert_both_ways() {
        assert_eq!(SampleRate::HZ_16000.duration(512), Duration::from_millis(32));
        assert_eq!(SampleRate::HZ_22050.duration(22_050 * 3), Duration::from_secs(3));
        assert_eq!(SampleRate::HZ_16000.samples(Duration::from_millis(300)), 4_800);
        assert_eq!(SampleRate::HZ_48000.samples(Duration::MAX), usize::MAX);
        assert!(SampleRate::HZ_22050.duration(u64::MAX) > Duration::from_secs(1));
    }

    #[test]
    fn audio_knows_its_length() {
        let audio = Audio { rate: SampleRate::HZ_8000, samples: vec![0.0; 4_000] };
        assert_eq!(audio.duration(), Duration::from_millis(500));
    }
}
