//! Whether somebody speaks.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use homepilot_models::{
    catalog::ModelId,
    engine::{Engine, EngineError, EngineState, LoadError},
};
use homepilot_voice::vad::Silero;

use crate::fetching::Weights;

/// It has no jobs: sessions run it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Voice activity detection: loaded on a thread of its own, and cheap enough to run in each session's own task.
pub struct Detection {
    engine: Engine<()>,
    loaded: Arc<OnceLock<Arc<Silero>>>,
}

impl Detection {
    /// Loads it as soon as its weights are here.
    pub fn start(weights: Weights, id: ModelId) -> Self {
        let loaded: Arc<OnceLock<Arc<Silero>>> = Arc::default();
        let slot = loaded.clone();
        let engine = Engine::spawn_after(
            "silero",
            1,
            PATIENCE,
            move |absent| weights.get(&id, absent),
            move |model| {
                let silero = Silero::load(&model).map_err(|error| LoadError::Needs(error.to_string()))?;
                drop(slot.set(Arc::new(silero)));
                Ok(())
            },
        );
        Self { engine, loaded }
    }

    /// Where it is.
    pub fn state(&self) -> EngineState {
        self.engine.state()
    }

    /// The detector, once it is loaded.
    pub fn get(&self) -> Option<&Arc<Silero>> {
        self.loaded.get()
    }

    /// Waits until it is loaded.
    ///
    /// # Errors
    /// When it never will be.
    pub async fn ready(&self) -> Result<(), EngineError> {
        self.engine.ready().await
    }
}
