//! A probability that wavers around one threshold would begin and end speech many times; between two it does not.

/// How far below the threshold the probability must fall.
const GAP: f32 = 0.15;
/// The lower threshold is never below this: the model's noise floor.
const FLOOR: f32 = 0.01;

/// Voiced or not, changing only when the probability crosses the far threshold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hysteresis {
    rise: f32,
    fall: f32,
    voiced: bool,
}

impl Hysteresis {
    pub(super) fn new(threshold: f32) -> Hysteresis {
        let rise = threshold.max(FLOOR);
        Hysteresis { rise, fall: (rise - GAP).max(FLOOR), voiced: false }
    }

    /// Not a number counts as silence.
    pub(super) fn update(&mut self, probability: f32) -> bool {
        self.voiced = probability >= if self.voiced { self.fall } else { self.rise };
        self.voiced
    }

    pub(super) fn reset(&mut self) {
        self.voiced = false;
    }
}

#[cfg(test)]
mod tests {
    use super::Hysteresis;

    #[test]
    fn rises_at_the_threshold_and_falls_well_below_it() {
        let mut voiced = Hysteresis::new(0.5);
        let seen: Vec<bool> =
            [0.2, 0.49, 0.5, 0.4, 0.36, 0.34, 0.45, 0.49, 0.9, f32::NAN].map(|p| voiced.update(p)).to_vec();
        assert_eq!(seen, [false, false, true, true, true, false, false, false, true, false]);
    }

    #[test]
    fn a_threshold_of_nothing_still_falls() {
        let mut voiced = Hysteresis::new(0.0);
        assert!(!voiced.update(0.0));
        assert!(voiced.update(0.02));
        assert!(!voiced.update(0.001));
    }
}
