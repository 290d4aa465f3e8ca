//! Whether somebody is still at the other end. A client that says nothing for a while is asked by a ping, which every WebSocket
//! library answers by itself; one that answers none of several is gone, and its place is free for another.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How long a client may say nothing before it is asked, and again after that.
const QUIET: Duration = Duration::from_secs(30);
/// Pings without any answer after which it is gone.
const MOST_UNANSWERED: u32 = 3;

/// What is to be done about a client that says nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Send it a ping.
    Ask,
    /// End its session.
    Gone,
}

/// When the client was last heard, and how often it was asked since.
pub(super) struct Pulse {
    quiet: Duration,
    next: Instant,
    unanswered: u32,
}

impl Default for Pulse {
    fn default() -> Self {
        Self::new(QUIET)
    }
}

impl Pulse {
    fn new(quiet: Duration) -> Self {
        Self { quiet, next: Instant::now() + quiet, unanswered: 0 }
    }

    /// Something came, whatever it was.
    pub(super) fn heard(&mut self) {
        *self = Self::new(self.quiet);
    }

    /// The next time that something is to be done. Waiting for it may be given up and begun again.
    pub(super) async fn beat(&mut self) -> Beat {
        sleep_until(self.next).await;
        if self.unanswered >= MOST_UNANSWERED {
            return Beat::Gone;
        }
        self.unanswered += 1;
        self.next = Instant::now() + self.quiet;
        Beat::Ask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_says_nothing_is_asked_three_times_and_an_answer_begins_anew() {
        let mut pulse = Pulse::new(Duration::from_millis(1));
        for _ in 0..2 {
            assert_eq!(pulse.beat().await, Beat::Ask);
        }
        pulse.heard();
        for _ in 0..MOST_UNANSWERED {
            assert_eq!(pulse.beat().await, Beat::Ask);
        }
        assert_eq!(pulse.beat().await, Beat::Gone);
    }
}
