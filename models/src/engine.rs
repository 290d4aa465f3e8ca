//! One engine, one thread: what a person says can't stall the tasks that serve others.
//!
//! An engine is loaded on a named OS thread of its own and never leaves it. Jobs wait in a bounded queue; a full one is
//! refused at once, so that waiting is the caller's decision. A job whose caller is gone is skipped. A job that panics
//! fails alone and the engine goes on: an engine has to begin every call from a state it sets itself. Dropping the
//! [`Engine`] drops what is queued, lets the running job end and joins the thread; cancel the running job first when
//! that may be long. Long work that nobody listens to can give way: [`Engine::wanted`] tells when others wait. Work that
//! may turn out to be for nothing takes spare time only ([`Engine::spare`]): it never stands in the way of a job.

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
    /// Its weights are still to come; jobs are refused.
    Absent,
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
    /// The engine's weights are still to come; try again when they are here.
    #[error("the engine's model is still being fetched")]
    Absent,
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
    load: watch::Sender<Load>,
    thread: Option<JoinHandle<()>>,
}

/// What an engine has to do.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    /// Jobs that have not begun.
    waiting: usize,
    /// Jobs that were handed in and are not over, those of spare time among them.
    open: usize,
}

/// A job that is not over; for as long as it waits it is [`Engine::wanted`], unless it is one of spare time.
struct Place {
    load: watch::Sender<Load>,
    waits: bool,
}

impl Place {
    fn take(load: &watch::Sender<Load>) -> Self {
        load.send_modify(|load| {
            load.waiting += 1;
            load.open += 1;
        });
        Self { load: load.clone(), waits: true }
    }

    /// A place that nobody waits behind: only if nothing else is to be done.
    fn spare(load: &watch::Sender<Load>) -> Option<Self> {
        let taken = load.send_if_modified(|load| {
            let idle = load.open == 0;
            load.open += usize::from(idle);
            idle
        });
        taken.then(|| Self { load: load.clone(), waits: false })
    }

    fn begin(&mut self) {
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

impl<E: 'static> Engine<E> {
    /// Starts a thread called `name` that loads an engine and then runs up to `queue` waiting jobs, one at a time.
    pub fn spawn(
        name: &'static str,
        queue: usize,
        load: impl FnOnce() -> Result<E, LoadError> + Send + 'static,
    ) -> Engine<E> {
        Self::spawn_after(name, queue, |_| Ok(()), |()| load())
    }

    /// The same, with weights that may have to be waited for: `weights` blocks until they are here, and calls its argument
    /// once if they are not. Until it returns the engine is [`Absent`](EngineState::Absent).
    pub fn spawn_after<W>(
        name: &'static str,
        queue: usize,
        weights: impl FnOnce(&dyn Fn()) -> Result<W, LoadError> + Send + 'static,
        load: impl FnOnce(W) -> Result<E, LoadError> + Send + 'static,
    ) -> Engine<E> {
        let (jobs, queued) = sync_channel(queue);
        let (tell, state) = watch::channel(EngineState::Loading);
        let worker = {
            let tell = tell.clone();
            let told = tell.clone();
            let load = move || {
                let weights = weights(&|| drop(told.send_replace(EngineState::Absent)))?;
                told.send_replace(EngineState::Loading);
                load(weights)
            };
            move || work(load, &queued, &tell)
        };
        let thread = match thread::Builder::new().name(name.to_owned()).spawn(worker) {
            Ok(thread) => Some(thread),
            Err(error) => {
                tell.send_replace(EngineState::Failed(format!("its thread could not be started: {error}")));
                None
            }
        };
        Engine { jobs: Some(jobs), state, load: watch::Sender::default(), thread }
    }

    /// Where it is.
    pub fn state(&self) -> EngineState {
        self.state.borrow().clone()
    }

    /// Waits until it takes jobs.
    pub async fn ready(&self) -> Result<(), EngineError> {
        let mut state = self.state.clone();
        let settled =
            state.wait_for(|state| matches!(state, EngineState::Ready | EngineState::Failed(_))).await;
        match settled.as_deref() {
            Ok(EngineState::Ready) => Ok(()),
            Ok(EngineState::Failed(reason)) => Err(EngineError::Failed(reason.clone())),
            Ok(EngineState::Absent | EngineState::Loading) | Err(_) => Err(EngineError::Dead),
        }
    }

    /// Waits until a job waits for its turn. A job that can be done again may then be cancelled and queued anew, behind
    /// the others.
    pub async fn wanted(&self) {
        let mut load = self.load.subscribe();
        // The sender lives as long as the engine.
        drop(load.wait_for(|load| load.waiting > 0).await);
    }

    /// Whether no job runs or waits.
    pub fn is_idle(&self) -> bool {
        self.load.borrow().open == 0
    }

    /// Runs a job on the engine's thread. Dropping the future before the job began takes the job back.
    pub async fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut E) -> R + Send + 'static,
    ) -> Result<R, EngineError> {
        self.submit(Place::take(&self.load), job).await
    }

    /// Runs a job only if the engine has nothing else to do; else it is [`EngineError::Busy`] at once. The caller lets it
    /// give way by cancelling it when the engine is [`wanted`](Self::wanted).
    pub async fn spare<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut E) -> R + Send + 'static,
    ) -> Result<R, EngineError> {
        let place = Place::spare(&self.load).ok_or(EngineError::Busy)?;
        self.submit(place, job).await
    }

    async fn submit<R: Send + 'static>(
        &self,
        mut place: Place,
        job: impl FnOnce(&mut E) -> R + Send + 'static,
    ) -> Result<R, EngineError> {
        if *self.state.borrow() == EngineState::Absent {
            return Err(EngineError::Absent);
        }
        let (reply, result) = oneshot::channel();
        let span = tracing::Span::current();
        let job: Job<E> = Box::new(move |engine| {
            place.begin();
            if reply.is_closed() {
                return;
            }
            let result = engine.and_then(|engine| {
                span.in_scope(|| catch_unwind(AssertUnwindSafe(|| job(engine))))
                    .map_err(|panic| EngineError::Failed(panic_text(&*panic)))
            });
            // Before the caller knows: who is told that a job is over may find the engine idle.
            drop(place);
            // The caller may have gone while the job ran; then nobody wants the result.
            drop(reply.send(result));
        });
        match self.jobs.as_ref().map(|jobs| jobs.try_send(job)) {
            Some(Ok(())) => result.await.unwrap_or(Err(EngineError::Dead)),
            Some(Err(TrySendError::Full(_))) => Err(EngineError::Busy),
            Some(Err(TrySendError::Disconnected(_))) | None => Err(match self.state() {
                EngineState::Failed(reason) => EngineError::Failed(reason),
                EngineState::Absent | EngineState::Loading | EngineState::Ready => EngineError::Dead,
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
