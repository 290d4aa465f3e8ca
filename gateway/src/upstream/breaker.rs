//! A server whose calls fail one after the other is left alone for a while, so that nobody waits for it again and again.
//!
//! Five failures in a row within a minute open the breaker; the server then rests. The look at the end of the rest decides:
//! when it succeeds, calls are let through again. A server that fails again soon rests twice as long each time.

use std::time::Duration;

use tokio::time::Instant;

/// How many calls in a row have to fail.
pub(crate) const FAILURES: u32 = 5;
/// How far apart the first and the last of them may be.
const WINDOW: Duration = Duration::from_secs(60);
/// A rest is forgotten when this long nothing happened.
const MEMORY: Duration = Duration::from_secs(300);
const FIRST_REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(60);

/// Counts the calls of one server. Time is always an argument.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: u32,
    first_failure: Option<Instant>,
    rest: Option<(Instant, Duration)>,
}

impl Breaker {
    /// A call was answered, however.
    pub(crate) fn answered(&mut self) {
        self.failures = 0;
    }

    /// A call failed: it could not be sent, or nobody knows what became of it. Tells how long to rest when that opens the breaker.
    pub(crate) fn failed(&mut self, now: Instant) -> Option<Duration> {
        let recent = self.first_failure.is_some_and(|first| now.duration_since(first) <= WINDOW);
        if self.failures == 0 || !recent {
            self.failures = 0;
            self.first_failure = Some(now);
        }
        self.failures += 1;
        if self.failures < FAILURES {
            return None;
        }
        self.failures = 0;
        let rest = match self.rest {
            Some((at, rest)) if now.duration_since(at) <= MEMORY => (rest * 2).min(LONGEST_REST),
            Some(_) | None => FIRST_REST,
        };
        self.rest = Some((now, rest));
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each letter is a second: `x` a failed call, `o` an answered one, a digit that many times ten seconds of nothing.
    fn rests(story: &str) -> Vec<u64> {
        let (mut breaker, mut now) = (Breaker::default(), Instant::now());
        let mut rests = Vec::new();
        for event in story.chars() {
            now += Duration::from_secs(1);
            match event {
                'x' => rests.extend(breaker.failed(now).map(|rest| rest.as_secs())),
                'o' => breaker.answered(),
                digit => now += Duration::from_secs(10 * u64::from(digit.to_digit(10).unwrap())),
            }
        }
        rests
    }

    #[test]
    fn stories() {
        let none: [u64; 0] = [];
        assert_eq!(rests("xxxx"), none);
        assert_eq!(rests("xxxxx"), [5]);
        assert_eq!(rests("xxxxoxxxx"), none);
        assert_eq!(rests("xxxx7x"), none, "too far apart");
        assert_eq!(rests("xxxxx xxxxx xxxxx".replace(' ', "1").as_str()), [5, 10, 20]);
        assert_eq!(rests(&"xxxxx".repeat(6)), [5, 10, 20, 40, 60, 60]);
        assert_eq!(rests(&format!("xxxxx{}xxxxx", "9".repeat(4))), [5, 5], "forgotten");
    }
}
