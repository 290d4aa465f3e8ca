//! The embedding model, loaded when it is first needed and let go of when it has not been for a while.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use homepilot_models::cancel::Cancel;
use homepilot_models::embed::{Embedder, Embedding, MODEL};
use homepilot_models::engine::{Engine, EngineError, LoadError};
use homepilot_models::store::Store;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// How long a search waits for the model to be loaded, which usually takes 0.1 s.
const LONGEST_LOAD: Duration = Duration::from_secs(1);
/// How long the model is kept without use.
const IDLE: Duration = Duration::from_secs(300);
/// Jobs that may wait for it.
const QUEUE: usize = 8;
/// One text without a sign of life: 36 ms on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why there is no embedding; what it is worth is said, and the search goes by words alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoEmbedding {
    /// The weights are missing, damaged, or were refused.
    #[error("{0}")]
    Unavailable(String),
    #[error("the embedding model is still being loaded")]
    Loading,
    #[error("the embedding model is busy or was shut down")]
    Busy,
}

/// The model, or where it will come from.
#[derive(Debug)]
pub(super) struct Embeddings {
    models: PathBuf,
    engine: Mutex<Option<Arc<Engine<Embedder>>>>,
    /// When it was last used.
    used: watch::Sender<Instant>,
    stop: Cancel,
}

impl Embeddings {
    /// A model whose weights are in the model store at `models`.
    pub fn new(models: PathBuf) -> Embeddings {
        Embeddings {
            models,
            engine: Mutex::new(None),
            used: watch::Sender::new(Instant::now()),
            stop: Cancel::new(),
        }
    }

    /// The embedding of a question, unless the model can't be had within a second.
    pub async fn question(&self, question: &str) -> Result<Embedding, NoEmbedding> {
        let engine = self.engine();
        match timeout(LONGEST_LOAD, engine.ready()).await {
            Err(_) => Err(NoEmbedding::Loading),
            Ok(Err(error)) => Err(self.failed(&engine, error)),
            Ok(Ok(())) => {
                let all = self.run(&engine, vec![question.to_owned()]).await?;
                all.into_iter().next().ok_or(NoEmbedding::Busy)
            }
        }
    }

    /// The embeddings of texts, in their order; waits for the model as long as it takes.
    pub async fn texts(&self, texts: Vec<String>) -> Result<Vec<Embedding>, NoEmbedding> {
        let engine = self.engine();
        engine.ready().await.map_err(|error| self.failed(&engine, error))?;
        self.run(&engine, texts).await
    }

    /// Lets the model go when it has not been used for five minutes, until `cancel`, and then for good.
    pub async fn let_go(&self, cancel: CancellationToken) {
        let mut used = self.used.subscribe();
        loop {
            tokio::select! {
                () = cancel.cancelled() => break,
                // The sender is in self.
                _ = used.changed() => {}
            }
            loop {
                tokio::select! {
                    () = cancel.cancelled() => break,
                    changed = timeout(IDLE, used.changed()) => if changed.is_err() { break },
                }
            }
            if !cancel.is_cancelled() {
                self.unload().await;
            }
        }
        self.stop.cancel();
        self.unload().await;
    }

    async fn run(
        &self,
        engine: &Engine<Embedder>,
        texts: Vec<String>,
    ) -> Result<Vec<Embedding>, NoEmbedding> {
        let stop = self.stop.clone();
        let job = move |embedder: &mut Embedder| {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            embedder.embed(&texts, &stop)
        };
        match engine.run(job).await {
            Ok(Ok(embeddings)) => Ok(embeddings),
            Ok(Err(error)) => Err(NoEmbedding::Unavailable(error.to_string())),
            Err(error) => Err(self.failed(engine, error)),
        }
    }

    fn engine(&self) -> Arc<Engine<Embedder>> {
        self.used.send_replace(Instant::now());
        let models = self.models.clone();
        let load = move || Embedder::load(&weights(models.clone())?, 1);
        self.slot()
            .get_or_insert_with(|| Arc::new(Engine::spawn("embeddings", QUEUE, PATIENCE, load)))
            .clone()
    }

    /// An engine that failed is forgotten, so that weights that are fetched later are found.
    fn failed(&self, engine: &Engine<Embedder>, error: EngineError) -> NoEmbedding {
        match error {
            EngineError::Absent | EngineError::Busy | EngineError::Dead => NoEmbedding::Busy,
            // The same engine, started anew, takes the next.
            EngineError::Broke(reason) => NoEmbedding::Unavailable(reason),
            EngineError::Failed(reason) => {
                let mut slot = self.slot();
                if slot.as_deref().is_some_and(|current| std::ptr::eq(current, engine)) {
                    *slot = None;
                }
                NoEmbedding::Unavailable(reason)
            }
        }
    }

    async fn unload(&self) {
        let engine = self.slot().take();
        // Dropping it waits for the job that runs.
        if tokio::task::spawn_blocking(|| drop(engine)).await.is_err() {
            tracing::error!("the embedding model's thread could not be joined");
        }
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<Engine<Embedder>>>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn weights(models: PathBuf) -> Result<homepilot_models::store::VerifiedModel, LoadError> {
    let id = MODEL.parse().map_err(|error| LoadError::Needs(format!("{error}")))?;
    Ok(Store::open(models)?.verified(&id)?)
}
