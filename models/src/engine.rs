//! One engine, one thread: what a person says can't stall the tasks that serve others.
//!
//! An engine is loaded on a named OS thread of its own and never leaves it. Jobs wait in a bounded queue; a full one is
//! refused at once, so that waiting is the caller's decision. A job whose caller is gone is skipped. A job that panics
//! fails alone and the engine goes on: an engine has to begin every call from a state it sets itself. Dropping the
//! [`Engine`] drops what is queued, lets the running job end and joins the thread; cancel the running job first when
//! that may be long. Long work that nobody listens to can give way: [`Engine::wanted`] tells when others wait.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use tokio::sync::{oneshot, watch};

use crate::catalog::ModelId;
use crate::store::StoreError;

/// Why an engine could not be made from its weights.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The weights are not there, or not what the catalogue says.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine refused a file that has the right bytes.
    #[error("{model} could not be loaded from {}: {reason}", file.display())]
    File {
        /// The model.
        model: ModelId,
        /// The file the engine refused.
        file: PathBuf,
        /// What the engine said.
        reason: String,
    },
    /// Something the engine needs beside its weights is missing or failed.
    #[error("{0}")]
    Needs(String),
}

/// Where an engine is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineState {
    /// Its weights are being read; jobs wait.
    Loading,
    /// It takes jobs.
    Ready,
    /// It never will.
    Failed(String),
}

/// Why a job has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The queue is full; try again later, or do without.
    #[error("the engine is busy and its queue is full")]
    Busy,
    /// The engine was shut down before the job was done.
    #[error("the engine was shut down")]
    Dead,
    /// The engine could not be loaded, or the job panicked.
    #[error("the engine failed: {0}")]
    Failed(String),
}

type Job<E> = Box<dyn FnOnce(Result<&mut E, EngineError>) + Send>;

/// A handle on an engine's thread. Share it in an [`Arc`](std::sync::Arc); the last one to drop it joins the thread.
#[derive(Debug)]
pub struct Engine<E> {
    /// Taken on drop, which lets the thread see the end of its queue.
    jobs: Option<SyncSender<Job<E>>>,
    state: watch::Receiver<EngineState>,
    /// Jobs that have not begun.
    waiting: watch::Sender<usize>,
    thread: Option<JoinHandle<()>>,
}

/// A job's place in the queue; given up when it begins or is dropped.
struct Place(watch::Sender<usize>);

impl Place {
    fn take(waiting: &watch::Sender<usize>) -> Self {
        waiting.send_modify(|jobs| *jobs += 1);
        Self(waiting.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.send_modify(|jobs| *jobs -= 1);
    }
}

impl<E: 'static> Engine<E> {
    /// Starts a thread called `name` that loads an engine and then runs up to `queue` waiting jobs, one at a time.
    pub fn spawn(
        name: &'static str,
        queue: usize,
        load: impl FnOnce() -> Result<E, LoadError> + Send + 'static,
    ) -> Engine<E> {
        let (jobs, queued) = sync_channel(queue);
        let (tell, state) = watch::channel(EngineState::Loading);
        let worker = {
            let tell = tell.clone();
            move || work(load, &queued, &tell)
        };
        let thread = match thread::Builder::new().name(name.to_owned()).spawn(worker) {
            Ok(thread) => Some(thread),
            Err(error) => {
                tell.send_replace(EngineState::Failed(format!("its thread could not be started: {error}")));
                None
            }
        };
        Engine { jobs: Some(jobs), state, waiting: watch::Sender::new(0), thread }
    }

    /// Where it is.
    pub fn state(&self) -> EngineState {
        self.state.borrow().clone()
    }

    /// Waits until it takes jobs.
    pub async fn ready(&self) -> Result<(), EngineError> {
        let mut state = self.state.clone();
        let settled = state.wait_for(|state| *state != EngineState::Loading).await;
        match settled.as_deref() {
            Ok(EngineState::Ready) => Ok(()),
            Ok(EngineState::Failed(reason)) => Err(EngineError::Failed(reason.clone())),
            Ok(EngineState::Loading) | Err(_) => Err(EngineError::Dead),
        }
    }

    /// Waits until a job waits for its turn. A job that can be done again may then be cancelled and queued anew, behind
    /// the others.
    pub async fn wanted(&self) {
        let mut waiting = self.waiting.subscribe();
        // The sender lives as long as the engine.
        drop(waiting.wait_for(|jobs| *jobs > 0).await);
    }

    /// Runs a job on the engine's thread. Dropping the future before the job began takes the job back.
    pub async fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut E) -> R + Send + 'static,
    ) -> Result<R, EngineError> {
        let (reply, result) = oneshot::channel();
        let span = tracing::Span::current();
        let place = Place::take(&self.waiting);
        let job: Job<E> = Box::new(move |engine| {
            drop(place);
            if reply.is_closed() {
                return;
            }
            let result = engine.and_then(|engine| {
                span.in_scope(|| catch_unwind(AssertUnwindSafe(|| job(engine))))
                    .map_err(|panic| EngineError::Failed(panic_text(&*panic)))
            });
            // The caller may have gone while the job ran; then nobody wants the result.
            drop(reply.send(result));
        });
        match self.jobs.as_ref().map(|jobs| jobs.try_send(job)) {
            Some(Ok(())) => result.await.unwrap_or(Err(EngineError::Dead)),
            Some(Err(TrySendError::Full(_))) => Err(EngineError::Busy),
            Some(Err(TrySendError::Disconnected(_))) | None => Err(match self.state() {
                EngineState::Failed(reason) => EngineError::Failed(reason),
                EngineState::Loading | EngineState::Ready => EngineError::Dead,
            }),
        }
    }
}

impl<E> Drop for Engine<E> {
    fn drop(&mut self) {
        // Whatever is queued has lost its caller, who had borrowed the engine, and is skipped.
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("an engine's thread panicked outside a job");
        }
    }
}

/// The thread's life: load, then job after job until the queue is closed.
fn work<E>(
    load: impl FnOnce() -> Result<E, LoadError>,
    queued: &Receiver<Job<E>>,
    tell: &watch::Sender<EngineState>,
) {
    let loaded = match catch_unwind(AssertUnwindSafe(load)) {
        Ok(Ok(engine)) => Ok(engine),
        Ok(Err(error)) => Err(error.to_string()),
        Err(panic) => Err(panic_text(&*panic)),
    };
    let mut engine = match loaded {
        Ok(engine) => {
            tell.send_replace(EngineState::Ready);
            Ok(engine)
        }
        Err(reason) => {
            tell.send_replace(EngineState::Failed(reason.clone()));
            Err(EngineError::Failed(reason))
        }
    };
    // A failed engine goes on answering, so that nobody who queued a job while it was loading waits for ever.
    while let Ok(job) = queued.recv() {
        job(engine.as_mut().map_err(|error| error.clone()));
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("without a message"))
}

#[cfg(test)]
mod tests;
