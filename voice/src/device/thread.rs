//! The thread that owns a device's stream, and how it is told to end.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle, Thread},
};

/// A thread that parks and looks at [`Stop`] whenever it is woken; joined on drop.
#[derive(Debug)]
pub(super) struct Parked {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

/// Whether a thread is to end.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Parked {
    pub(super) fn spawn(name: &str, run: impl FnOnce(Stop) + Send + 'static) -> io::Result<Parked> {
        let stop = Stop::default();
        let seen = stop.clone();
        let quietly = move || {
            // ALSA writes what it thinks of a missing device to stderr, over whatever stands there; the error that comes
            // back says the same.
            let kept = alsa::Output::local_error_handler();
            run(seen);
            drop(kept);
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(quietly)?;
        Ok(Parked { stop, thread: Some(thread) })
    }

    /// To wake it with.
    pub(super) fn waker(&self) -> Option<&Thread> {
        self.thread.as_ref().map(JoinHandle::thread)
    }
}

impl Drop for Parked {
    fn drop(&mut self) {
        self.stop.0.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("the thread of a sound device panicked");
            }
        }
    }
}
