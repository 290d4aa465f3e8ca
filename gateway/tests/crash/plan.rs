//! What is killed in which round, and when.

use std::time::Duration;

const POINTS: [&str; 8] = [
    "before-ask",
    "after-ask",
    "before-settle",
    "after-settle",
    "before-dispatch",
    "after-dispatch",
    "before-finish",
    "after-finish",
];

/// When our process is killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    Never,
    /// At a step of the journal, the first, second or third time.
    At(&'static str, u32),
    /// By the peer, which has acted and not answered.
    ByPeer,
    After(Duration),
}

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) death: Death,
    /// Whether the peer kills itself when it has acted.
    pub(crate) peer_dies: bool,
}

impl Plan {
    pub(crate) fn of(round: u32) -> Self {
        let (kind, pass) = (round % 20, round / 20);
        let point = |number: u32| Death::At(POINTS[number as usize % POINTS.len()], pass % 3 + 1);
        let some_time =
            Death::After(Duration::from_micros(u64::from(round.wrapping_mul(2_654_435_761) % 60_000)));
        let (death, peer_dies) = match kind {
            0..8 => (point(kind), false),
            8..10 => (Death::ByPeer, false),
            10..13 => (Death::Never, true),
            13..15 => (point(4 + pass + kind), true),
            15 => (some_time, true),
            _ => (some_time, false),
        };
        Self { death, peer_dies }
    }

    /// Whether our process can't come to its own end.
    pub(crate) fn kills_us(&self) -> bool {
        match self.death {
            // With the peer gone, a step may not be reached.
            Death::At(..) | Death::ByPeer => !self.peer_dies,
            Death::Never | Death::After(_) => false,
        }
    }

    pub(crate) fn spares_us(&self) -> bool {
        self.death == Death::Never
    }

    /// What the peer does once it has written the row of the round's first call.
    pub(crate) fn then(&self) -> &'static str {
        match (&self.death, self.peer_dies) {
            (_, true) => "die",
            (Death::ByPeer, false) => "kill_caller",
            (Death::Never | Death::At(..) | Death::After(_), false) => "answer",
        }
    }
}
