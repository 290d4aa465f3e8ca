//! Signs of life: every look of a job at its [`Cancel`](crate::cancel::Cancel) is a beat of the thread that it runs on.
//!
//! So a job that works for minutes on a slow machine can be told from one that hangs, and neither has to report anything.

use std::cell::OnceCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local! {
    static OWN: OnceCell<Pulse> = const { OnceCell::new() };
}

/// Counts beats. Clones share the count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse(Arc<AtomicU64>);

impl Pulse {
    /// What this thread does beats here from now on, unless it beats elsewhere already.
    pub(crate) fn adopt(&self) {
        OWN.with(|own| drop(own.set(self.clone())));
    }

    /// One beat.
    pub(crate) fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were.
    pub(crate) fn beats(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A beat of this thread, if it is an engine's.
pub(crate) fn beat() {
    // A thread that is ending has none any more.
    if let Ok(Some(pulse)) = OWN.try_with(|own| own.get().cloned()) {
        pulse.beat();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::Cancel;

    #[test]
    fn a_look_at_a_flag_beats_on_the_thread_that_adopted_a_pulse() {
        let (pulse, cancel) = (Pulse::default(), Cancel::new());
        assert!(!cancel.is_cancelled());
        assert_eq!(pulse.beats(), 0, "this thread has none");
        let there = pulse.clone();
        std::thread::spawn(move || {
            there.adopt();
            assert!(!cancel.is_cancelled() && !cancel.is_cancelled());
        })
        .join()
        .unwrap();
        assert_eq!(pulse.beats(), 2);
    }
}
