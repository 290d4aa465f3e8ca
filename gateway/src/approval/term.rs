//! How long a question may be answered: by whichever clock says first that its time is over.
//!
//! The wall clock can be set back, which must not make an old yes good again; the clock that only goes forward stands still while
//! the machine sleeps, in which nobody waits for an answer any more. A wall clock that is set forward ends questions early.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    until: Instant,
    expires_at: Timestamp,
}

impl Term {
    /// From `now` for so long, and at the latest to what was promised.
    pub(super) fn new(now: Instant, ttl: Duration, expires_at: Timestamp) -> Self {
        Self { until: now + ttl, expires_at }
    }

    pub(super) fn is_over(self, now: Instant, wall: Timestamp) -> bool {
        now >= self.until || wall >= self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_clock_that_is_set_back_gives_no_more_time_and_one_set_forward_takes_it() {
        let (now, wall) = (Instant::now(), Timestamp::now());
        let minutes = SignedDuration::from_mins;
        let term = Term::new(now, Duration::from_secs(120), wall + minutes(2));
        let (soon, later) = (now + Duration::from_secs(60), now + Duration::from_secs(120));
        assert!(!term.is_over(soon, wall + minutes(1)));
        assert!(term.is_over(later, wall + minutes(2)));
        assert!(!term.is_over(soon, wall - minutes(60)), "it has its time, set back or not");
        assert!(term.is_over(later, wall - minutes(60)), "and no more than that");
        assert!(term.is_over(soon, wall + minutes(60)), "set forward, or asleep for an hour");
    }
}
