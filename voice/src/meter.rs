//! How loud it is, for people to see.

/// What is shown as nothing, in dBFS.
pub const QUIETEST: f32 = -60.0;
/// What a shown level falls by with each step, where it is not held up.
const FALL: f32 = 1.5;

/// A level in dBFS that rises at once and falls slowly.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    decibels: f32,
}

impl Default for Meter {
    fn default() -> Meter {
        Meter { decibels: QUIETEST }
    }
}

impl Meter {
    /// Takes the next stretch of sound, some 40 ms of it.
    pub fn hear(&mut self, samples: &[f32]) {
        let finite = samples.iter().filter(|sample| sample.is_finite());
        let power: f32 = finite.map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32;
        self.set(power.sqrt());
    }

    /// Takes a root mean square.
    pub fn set(&mut self, rms: f32) {
        let now = if rms > 0.0 { 20.0 * rms.log10() } else { QUIETEST };
        self.decibels = now.max(self.decibels - FALL).clamp(QUIETEST, 0.0);
    }

    /// dBFS, [`QUIETEST`] to 0.
    pub fn decibels(&self) -> f32 {
        self.decibels
    }

    /// 0 to 1, in equal steps of dB.
    pub fn share(&self) -> f32 {
        1.0 - self.decibels / QUIETEST
    }
}

#[cfg(test)]
mod tests {
    use super::{Meter, QUIETEST};

    fn level(samples: &[f32]) -> f32 {
        let mut meter = Meter::default();
        meter.hear(samples);
        meter.decibels()
    }

    #[test]
    fn levels_are_in_decibels_of_full_scale() {
        assert!((level(&[0.1; 480]) + 20.0).abs() < 0.01);
        assert_eq!(level(&[1.0; 480]), 0.0);
        for silent in [&[0.0; 480][..], &[], &[f32::NAN; 4]] {
            assert_eq!(level(silent), QUIETEST);
        }
        assert_eq!(level(&[f32::MAX; 480]), 0.0);
    }

    #[test]
    fn it_rises_at_once_and_falls_slowly_to_the_bottom() {
        let mut meter = Meter::default();
        meter.hear(&[0.5; 480]);
        let loud = meter.share();
        meter.hear(&[0.0; 480]);
        assert!(meter.share() < loud && meter.share() > loud - 0.1);
        for _ in 0..60 {
            meter.hear(&[0.0; 480]);
        }
        assert_eq!(meter.share(), 0.0);
    }
}
