//! Stopping long work from outside: a flag that the working loop looks at between steps.
//!
//! Cancelling is final; whoever starts new work makes a new [`Cancel`]. Clones share the flag. On an engine's thread each
//! look is also a sign of life ([`crate::engine`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::pulse;

/// A shared flag; the worker polls it, anyone who holds a clone raises it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A flag that is not raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to stop at its next step; can't be taken back.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the work has been asked to stop.
    pub fn is_cancelled(&self) -> bool {
        pulse::beat();
        self.0.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_flag_and_new_ones_do_not() {
        let cancel = Cancel::new();
        let clone = cancel.clone();
        assert!(!clone.is_cancelled());
        cancel.cancel();
        assert!(clone.is_cancelled());
        assert!(!Cancel::new().is_cancelled());
    }
}
