//! How much an engine has to do.

use tokio::sync::watch;

/// What an engine has to do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    /// Jobs that have not begun.
    pub(super) waiting: usize,
    /// Jobs that were handed in and are not over, those of spare time among them.
    pub(super) open: usize,
}

/// A job that is not over; for as long as it waits its engine is [`wanted`](super::Engine::wanted), unless it is one of
/// spare time.
pub(super) struct Place {
    load: watch::Sender<Load>,
    waits: bool,
}

impl Place {
    pub(super) fn take(load: &watch::Sender<Load>) -> Self {
        load.send_modify(|load| {
            load.waiting += 1;
            load.open += 1;
        });
        Self { load: load.clone(), waits: true }
    }

    /// A place that nobody waits behind: only if nothing else is to be done.
    pub(super) fn spare(load: &watch::Sender<Load>) -> Option<Self> {
        let taken = load.send_if_modified(|load| {
            let idle = load.open == 0;
            load.open += usize::from(idle);
            idle
        });
        taken.then(|| Self { load: load.clone(), waits: false })
    }

    pub(super) fn begin(&mut self) {
        if std::mem::take(&mut self.waits) {
            self.load.send_modify(|load| load.waiting -= 1);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.begin();
        self.load.send_modify(|load| load.open -= 1);
    }
}
