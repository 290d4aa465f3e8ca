//! What voices have in common: a network in `rten` that makes sound of phonemes from espeak-ng.

use std::path::Path;
use std::sync::Arc;

use homepilot_models::cancel::Cancel;
use homepilot_models::engine::LoadError;
use homepilot_models::store::VerifiedModel;
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use serde::de::DeserializeOwned;

use super::{SPEEDS, Tts, TtsError, edges};
use crate::phonemes::Espeak;

/// A network with so many inputs and outputs, each found by its name.
pub(super) struct Network<const INPUTS: usize, const OUTPUTS: usize> {
    model: Model,
    inputs: [NodeId; INPUTS],
    outputs: [NodeId; OUTPUTS],
    pool: Arc<ThreadPool>,
}

impl<const INPUTS: usize, const OUTPUTS: usize> Network<INPUTS, OUTPUTS> {
    pub(super) fn open(
        file: &Path,
        threads: usize,
        inputs: [&str; INPUTS],
        outputs: [&str; OUTPUTS],
    ) -> Result<Self, String> {
        let model = ModelOptions::with_all_ops().load_file(file).map_err(|e| e.to_string())?;
        Ok(Self {
            inputs: nodes(&model, inputs)?,
            outputs: nodes(&model, outputs)?,
            model,
            pool: Arc::new(ThreadPool::with_num_threads(threads)),
        })
    }

    pub(super) fn run(&self, inputs: [ValueOrView<'_>; INPUTS]) -> Result<[Value; OUTPUTS], TtsError> {
        let inputs = self.inputs.into_iter().zip(inputs).collect();
        let mut options = RunOptions::default();
        options.thread_pool = Some(Arc::clone(&self.pool));
        self.model.run_n(inputs, self.outputs, Some(options)).map_err(|e| TtsError::Engine(e.to_string()))
    }
}

fn nodes<const N: usize>(model: &Model, names: [&str; N]) -> Result<[NodeId; N], String> {
    let mut nodes = Vec::with_capacity(N);
    for name in names {
        nodes.push(model.node_id(name).map_err(|e| e.to_string())?);
    }
    nodes.try_into().map_err(|_| "it has other inputs and outputs than were named".to_owned())
}

/// Where kinds of voices differ.
pub(super) trait Speaker: Tts {
    fn espeak(&self) -> &Espeak;

    /// What the network takes for these phonemes. `None` if it knows none of them.
    fn encode(&self, phonemes: &str) -> Option<Vec<i32>>;

    fn synthesise(&self, ids: Vec<i32>, speed: f32) -> Result<Vec<f32>, TtsError>;
}

/// [`Tts::speak`] of every voice.
pub(super) fn speak(
    voice: &impl Speaker,
    clause: &str,
    speed: f32,
    cancel: &Cancel,
) -> Result<Vec<f32>, TtsError> {
    if !SPEEDS.contains(&speed) {
        return Err(TtsError::Speed(speed));
    }
    let stopped = || if cancel.is_cancelled() { Err(TtsError::Cancelled) } else { Ok(()) };
    stopped()?;
    let Some(ids) = voice.encode(&voice.espeak().phonemes(clause)?) else { return Ok(Vec::new()) };
    stopped()?;
    let samples = voice.synthesise(ids, speed)?;
    if samples.iter().any(|s| !s.is_finite()) {
        return Err(TtsError::Engine("it made samples that are not numbers".to_owned()));
    }
    stopped()?;
    Ok(edges::finish(&samples, voice.rate(), edges::pause(clause)))
}

/// Opens a voice's file with as many threads as a voice uses.
pub(super) fn load<V>(
    model: &VerifiedModel,
    open: impl FnOnce(&Path, usize) -> Result<V, String>,
) -> Result<V, LoadError> {
    let file = model.path();
    open(file, super::threads()).map_err(|reason| LoadError::File {
        model: model.id().clone(),
        file: file.to_owned(),
        reason,
    })
}

/// What lies beside a voice, as JSON.
pub(super) fn beside<T: DeserializeOwned>(file: &Path) -> Result<T, String> {
    let read = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
    serde_json::from_slice(&read).map_err(|e| format!("{}: {e}", file.display()))
}
