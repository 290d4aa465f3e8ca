//! How often something that broke off is started anew before it is left alone. Pure: the clock is an argument.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// At most so many restarts within so long.
#[derive(Debug)]
pub struct Restarts {
    most: usize,
    within: Duration,
    at: VecDeque<Instant>,
}

impl Restarts {
    /// At most `most` in any stretch of `within`.
    pub fn new(most: usize, within: Duration) -> Self {
        Self { most, within, at: VecDeque::new() }
    }

    /// Whether there may be one more at `now`; it counts if so.
    pub fn allow(&mut self, now: Instant) -> bool {
        while self.at.front().is_some_and(|at| now.saturating_duration_since(*at) >= self.within) {
            self.at.pop_front();
        }
        let allowed = self.at.len() < self.most;
        if allowed {
            self.at.push_back(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_past_does_not_count() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut restarts = Restarts::new(2, Duration::from_secs(10));
        assert!(restarts.allow(at(0)) && restarts.allow(at(4)));
        assert!(!restarts.allow(at(9)), "a third within ten seconds");
        assert!(restarts.allow(at(10)), "the first is ten seconds past; the refused one does not count");
        assert!(!restarts.allow(at(13)));
        assert!(restarts.allow(at(14)));
    }
}
