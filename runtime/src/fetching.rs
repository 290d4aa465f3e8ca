//! Models that are missing, fetched while everything else runs.
//!
//! One thread fetches one model after the other, as `homepilot models pull` does it; whatever could not be had is tried
//! again after a pause that grows, or at once when somebody asks. An engine waits for its own model on its own thread
//! ([`Weights`]), and starts when that is here, without a restart.
//!
//! Invariants: nothing is loaded but what the store has verified; nobody waits for a model that nobody fetches; dropping
//! [`Fetching`] ends its thread and every wait.

mod board;
mod words;

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use homepilot_models::{
    cancel::Cancel,
    catalog::{Entry, ModelId},
    embed,
    engine::LoadError,
    store::{Progress, Store, StoreError, VerifiedModel},
};

use crate::config;

use board::Board;
pub use board::{Arrival, Coming, View};
pub use words::advice;

/// The first pause after a round in which something could not be had; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The models that the settings and the personas use, in the order in which they are wanted.
pub fn wanted(models: &config::Models) -> Vec<&'static Entry> {
    let [vad, ears, voice, planner] =
        [&models.vad, &models.ears, &models.voice, &models.planner].map(ToString::to_string);
    let mut ids = vec![vad, ears, voice, embed::MODEL.to_owned()];
    for persona in homepilot_personas::Catalogue::load(None).list() {
        let own = &persona.voice.id;
        if own != homepilot_personas::DEFAULT_VOICE && !ids.contains(own) {
            ids.push(own.clone());
        }
    }
    ids.push(planner);
    ids.iter().filter_map(|id| config::entry(id)).collect()
}

/// The thread that fetches, if anybody does.
pub struct Fetching {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    store: Arc<Store>,
    cancel: Cancel,
    board: Mutex<Board>,
    changed: Condvar,
}

/// Why models are not fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "models are not fetched here: set models.fetch = true, or run `homepilot models pull` and start again"
)]
pub struct Off;

impl Fetching {
    /// Fetches nothing: what is missing is missing.
    pub fn off(store: Arc<Store>) -> Self {
        Self { shared: Shared::new(store, Board::default()), thread: None }
    }

    /// Fetches what is missing of these, in this order.
    pub fn start(store: Arc<Store>, wanted: &[&Entry]) -> Self {
        let shared = Shared::new(store, Board::of(wanted));
        let fetching = shared.clone();
        let thread = thread::Builder::new().name("models".to_owned()).spawn(move || fetching.run());
        match thread {
            Ok(thread) => Self { shared, thread: Some(thread) },
            Err(error) => {
                tracing::warn!(%error, "the thread that fetches models could not be started");
                // Nobody is to wait for it.
                *shared.board() = Board::default();
                Self { shared, thread: None }
            }
        }
    }

    /// What an engine gets its model from.
    pub fn weights(&self) -> Weights {
        Weights(self.shared.clone())
    }

    /// How far it is; none when nothing is to come.
    pub fn view(&self, now: Instant) -> Option<View> {
        self.shared.board().view(now)
    }

    /// How far one model is, while it is to come.
    pub fn coming(&self, id: &ModelId) -> Option<Coming> {
        self.shared.board().coming(id).cloned()
    }

    /// For the person who needs it now: that this model is to come, and when.
    pub fn say(&self, what: &str, id: &ModelId) -> String {
        let board = self.shared.board();
        words::not_yet(what, board.coming(id).map(|coming| &coming.arrival), board.left(id))
    }

    /// Ends the pause after a failure, or leaves out the next one.
    ///
    /// # Errors
    /// When nobody fetches.
    pub fn try_now(&self) -> Result<(), Off> {
        self.thread.as_ref().ok_or(Off)?;
        self.shared.board().ask();
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Gives up what is under way, and whoever waits for it. What was fetched is kept for the next start.
    pub fn stop(&self) {
        // Under the lock, so that nobody begins to wait between looking and being told.
        let board = self.shared.board();
        self.shared.cancel.cancel();
        self.shared.changed.notify_all();
        drop(board);
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that fetches models panicked");
        }
    }
}

/// Gives engines their models.
#[derive(Clone)]
pub struct Weights(Arc<Shared>);

impl Weights {
    /// The model, waited for as long as somebody fetches it; `absent` is called once if it has to be.
    ///
    /// # Errors
    /// When it is not here and nobody fetches it, and when the program stops first.
    pub fn get(&self, id: &ModelId, absent: &dyn Fn()) -> Result<VerifiedModel, LoadError> {
        let Shared { store, cancel, changed, .. } = &*self.0;
        let missing = match store.verified(id) {
            Err(error @ (StoreError::Missing { .. } | StoreError::Corrupt { .. })) => error,
            settled => return Ok(settled?),
        };
        let mut board = self.0.board();
        if !board.knows(id) {
            return Err(missing.into());
        }
        absent();
        while board.wants(id) && !cancel.is_cancelled() {
            board = changed.wait(board).unwrap_or_else(PoisonError::into_inner);
        }
        drop(board);
        Ok(store.verified(id)?)
    }
}

impl Shared {
    fn new(store: Arc<Store>, board: Board) -> Arc<Self> {
        Arc::new(Self { store, cancel: Cancel::new(), board: Mutex::new(board), changed: Condvar::new() })
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Round after round, until everything is here.
    fn run(&self) {
        let ids = self.board().ids();
        for id in &ids {
            let state = self.store.catalog().get(id).map(|entry| self.store.state(entry));
            self.board().found(id, state);
        }
        self.changed.notify_all();
        let mut pause = FIRST_PAUSE;
        loop {
            for id in &ids {
                if self.board().wants(id) && !self.cancel.is_cancelled() {
                    self.fetch(id);
                }
            }
            if self.cancel.is_cancelled() || !ids.iter().any(|id| self.board().wants(id)) {
                return;
            }
            self.rest(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn fetch(&self, id: &ModelId) {
        tracing::info!(model = %id, "fetching a model");
        self.board().begin(id);
        let mut telling = Telling { shared: self, id };
        let arrival = match self.store.pull(id, &mut telling, &self.cancel) {
            Ok(_) => {
                tracing::info!(model = %id, "a model is here, verified");
                Arrival::Here
            }
            Err(error) => {
                if !self.cancel.is_cancelled() {
                    tracing::warn!(model = %id, %error, "a model could not be fetched");
                }
                Arrival::Failed(error.trouble())
            }
        };
        self.board().end(id, arrival);
        self.changed.notify_all();
    }

    /// Waits for the time to try again, for somebody who asks, or for the end.
    fn rest(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut board = self.board();
        board.pause(until);
        while let Some(left) = board.rests(Instant::now())
            && !self.cancel.is_cancelled()
        {
            board = self.changed.wait_timeout(board, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        board.end_pause();
    }
}

/// Writes on the board what the store tells.
struct Telling<'a> {
    shared: &'a Shared,
    id: &'a ModelId,
}

impl Progress for Telling<'_> {
    fn step(&mut self, _what: &str, done: u64, _total: u64) {
        self.shared.board().step(self.id, done, Instant::now());
    }

    fn note(&mut self, message: &str) {
        tracing::info!(model = %self.id, "{message}");
    }
}

#[cfg(test)]
mod tests;
