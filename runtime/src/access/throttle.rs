//! Slows guessing down: who shows what nobody was given may try a few times a minute. Pure: the clock is an argument.

use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

/// Failures of one address that are answered.
pub(super) const MOST_FAILURES: u32 = 10;
/// In which time.
pub(super) const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered.
const MOST_ADDRESSES: usize = 1024;

/// Who failed how often, and since when.
#[derive(Debug, Default)]
pub(super) struct Throttle(HashMap<IpAddr, (Instant, u32)>);

impl Throttle {
    /// Whether this address has to wait.
    pub fn holds(&self, address: IpAddr, now: Instant) -> bool {
        match self.0.get(&address) {
            Some((since, failures)) => *failures >= MOST_FAILURES && now < *since + WINDOW,
            // So many at once are one attack.
            None => self.0.len() >= MOST_ADDRESSES && self.0.values().any(|(since, _)| now < *since + WINDOW),
        }
    }

    /// This address showed something wrong.
    pub fn failed(&mut self, address: IpAddr, now: Instant) {
        if self.0.len() >= MOST_ADDRESSES {
            self.0.retain(|_, (since, _)| now < *since + WINDOW);
        }
        if self.0.len() >= MOST_ADDRESSES && !self.0.contains_key(&address) {
            return;
        }
        let (since, failures) = self.0.entry(address).or_insert((now, 0));
        if now >= *since + WINDOW {
            (*since, *failures) = (now, 0);
        }
        *failures += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_guesses_waits_and_nobody_else_does() {
        let (guesser, other) = ("203.0.113.1".parse().unwrap(), "203.0.113.2".parse().unwrap());
        let start = Instant::now();
        let mut throttle = Throttle::default();
        for _ in 0..MOST_FAILURES {
            assert!(!throttle.holds(guesser, start));
            throttle.failed(guesser, start);
        }
        assert!(throttle.holds(guesser, start + WINDOW - Duration::from_millis(1)));
        assert!(!throttle.holds(other, start));
        assert!(!throttle.holds(guesser, start + WINDOW));
    }

    #[test]
    fn it_remembers_no_more_than_so_many() {
        let start = Instant::now();
        let mut throttle = Throttle::default();
        for number in 0..5_000_u32 {
            throttle.failed(IpAddr::from(number.to_be_bytes()), start);
        }
        assert_eq!(throttle.0.len(), MOST_ADDRESSES);
        assert!(throttle.holds("203.0.113.2".parse().unwrap(), start));
        assert!(!throttle.holds("203.0.113.2".parse().unwrap(), start + WINDOW));
        throttle.failed("203.0.113.2".parse().unwrap(), start + WINDOW);
        assert_eq!(throttle.0.len(), 1);
    }
}
