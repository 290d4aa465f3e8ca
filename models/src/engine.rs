//! One engine, one thread: what a person says can't stall the tasks that serve others.
//!
//! An engine is loaded on a named OS thread of its own and never leaves it. Jobs wait in a bounded queue; a full one is
//! refused at once, so that waiting is the caller's decision. A job whose caller is gone is skipped. Dropping the
//! [`Engine`] drops what is queued, lets the running job end and joins the thread; cancel the running job first when
//! that may be long. Long work that nobody listens to can give way: [`Engine::wanted`] tells when others wait. Work that
//! may turn out to be for nothing takes spare time only ([`Engine::spare`]): it never stands in the way of a job.
//!
//! An engine that breaks off is started anew, loaded again from its weights, and the jobs that waited are done by the new
//! one; only the job that it broke off in fails ([`EngineError::Broke`]). It breaks off in two ways:
//! - A job panics: whatever state that left the engine in goes with it.
//! - A job hangs: it shows no sign of life for as long as the engine's `patience`. Each look at a
//!   [`Cancel`](crate::cancel::Cancel) is a sign of life, so long work that can be cancelled is never taken for a hang,
//!   however slow the machine. A thread can't be ended from outside: this one is left behind, with its engine and the
//!   memory that holds. If its job ends after all, the result goes nowhere, the engine is dropped and the thread ends.
//!
//! An engine that breaks off more than [`MOST_RESTARTS`] times within [`WITHIN`], that leaves [`MOST_ABANDONED`] threads
//! behind, or that can't be loaded again, has failed for good. Loading is not watched: a disk may be slow.

mod place;
mod worker;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tokio::sync::watch;

use crate::catalog::ModelId;
use crate::store::StoreError;

use place::{Load, Place};
use worker::{Job, Shared};

/// An engine is started anew at most so often within [`WITHIN`].
pub const MOST_RESTARTS: usize = 3;
/// See [`MOST_RESTARTS`].
pub const WITHIN: Duration = Duration::from_secs(60);
/// With so many threads that hang left behind, an engine is not started anew any more.
pub const MOST_ABANDONED: u32 = 2;

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
    /// It never will, and why.
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
    /// The job panicked or hung. The engine is started anew; what was asked of it may be asked again.
    #[error("the engine failed: {0}")]
    Broke(String),
    /// The engine could not be loaded, or broke off too often.
    #[error("the engine failed: {0}")]
    Failed(String),
}

/// A handle on an engine's thread. Share it in an [`Arc`]; the last one to drop it joins the thread.
pub struct Engine<E> {
    /// Taken on drop, which lets the thread see the end of its queue.
    jobs: Option<SyncSender<Job<E>>>,
    shared: Arc<Shared<E>>,
    load: watch::Sender<Load>,
}

impl<E> fmt::Debug for Engine<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("name", &self.shared.name)
            .field("state", &*self.shared.state.borrow())
            .finish_non_exhaustive()
    }
}

impl<E: 'static> Engine<E> {
    /// Starts a thread called `name` that loads an engine and then runs up to `queue` waiting jobs, one at a time. A job
    /// that shows no sign of life for `patience` is given up, and the engine loaded anew.
    pub fn spawn(
        name: &'static str,
        queue: usize,
        patience: Duration,
        mut load: impl FnMut() -> Result<E, LoadError> + Send + 'static,
    ) -> Engine<E> {
        Self::spawn_after(name, queue, patience, |_| Ok(()), move |()| load())
    }

    /// The same, with weights that may have to be waited for: `weights` blocks until they are here, and calls its argument
    /// once if they are not. Until it returns the engine is [`Absent`](EngineState::Absent).
    pub fn spawn_after<W>(
        name: &'static str,
        queue: usize,
        patience: Duration,
        mut weights: impl FnMut(&dyn Fn()) -> Result<W, LoadError> + Send + 'static,
        mut load: impl FnMut(W) -> Result<E, LoadError> + Send + 'static,
    ) -> Engine<E> {
        let (jobs, queued) = sync_channel(queue);
        let state = watch::Sender::new(EngineState::Loading);
        let told = state.clone();
        let load = move || {
            let weights = weights(&|| drop(told.send_replace(EngineState::Absent)))?;
            told.send_replace(EngineState::Loading);
            load(weights)
        };
        let shared = Shared::start(name, patience, queued, state, Box::new(load));
        Engine { jobs: Some(jobs), shared, load: watch::Sender::default() }
    }

    /// Where it is.
    pub fn state(&self) -> EngineState {
        self.shared.state.borrow().clone()
    }

    /// How often it was started anew; changes when it breaks off, before the caller of the job knows.
    pub fn restarts(&self) -> watch::Receiver<u32> {
        self.shared.restarts.subscribe()
    }

    /// Waits until it takes jobs.
    pub async fn ready(&self) -> Result<(), EngineError> {
        let mut state = self.shared.state.subscribe();
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
        place: Place,
        job: impl FnOnce(&mut E) -> R + Send + 'static,
    ) -> Result<R, EngineError> {
        if *self.shared.state.borrow() == EngineState::Absent {
            return Err(EngineError::Absent);
        }
        let (job, mut result) = Job::of(place, job);
        match self.jobs.as_ref().map(|jobs| jobs.try_send(job)) {
            Some(Ok(())) => {}
            Some(Err(TrySendError::Full(_))) => return Err(EngineError::Busy),
            Some(Err(TrySendError::Disconnected(_))) | None => return Err(self.shared.gone()),
        }
        loop {
            tokio::select! {
                biased;
                answer = &mut result => return answer.unwrap_or_else(|_| Err(self.shared.gone())),
                // The job that runs, this one or one before it: whoever waits watches.
                hung = self.shared.hangs() => self.shared.give_up(hung),
            }
        }
    }
}

impl<E> Drop for Engine<E> {
    fn drop(&mut self) {
        // Whatever is queued has lost its caller, who had borrowed the engine, and is skipped.
        self.jobs = None;
        self.shared.join();
    }
}

#[cfg(test)]
mod tests;
