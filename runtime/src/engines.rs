//! The four engines and the threads they live on. An engine whose weights are missing leaves the others running; what
//! it would have done fails with a sentence that says how to mend it.

mod spoken;
mod voices;

use std::{path::PathBuf, sync::Arc};

use homepilot_models::{
    cancel::Cancel,
    catalog::ModelId,
    engine::{Engine, EngineState, LoadError},
    llama::{Llama, LlamaOptions},
    lm::LanguageModel,
    store::{Store, StoreError},
};
use homepilot_voice::{
    Audio, SampleRate,
    asr::{Asr, AsrError, AsrOptions, Transcript, Whisper},
    vad::Silero,
};

use crate::{
    answer,
    config::Settings,
    hearing,
    planner::{Sense, SenseError, SharedSense},
};

pub use spoken::Saying;
pub use voices::{SpeakError, Voices};

/// Jobs that may wait for one engine. Beyond that the answer is "busy".
const QUEUE: usize = 16;
/// Tokens of context shared by all prefixes and turns.
pub const CONTEXT_TOKENS: usize = 8_192;

/// Ears, planner, voice and voice activity detection.
pub struct Engines {
    /// Recognition.
    pub ears: Engine<Box<dyn Asr>>,
    /// Planning and answering.
    pub planner: Arc<Engine<Box<dyn LanguageModel>>>,
    /// Synthesis.
    pub voice: Voices,
    /// Speech probability; cheap enough to run in the session's own task.
    pub vad: Result<Arc<Silero>, String>,
    /// What utterances sound like; there once the planner is ready, unless its weights are missing.
    pub sense: SharedSense,
    /// Which weights these are.
    pub ids: crate::config::Models,
}

/// Name, model and state of an engine, for `status` and `doctor`.
pub struct EngineView {
    /// `asr`, `llm`, `tts` or `vad`.
    pub part: &'static str,
    /// Catalogue id.
    pub id: ModelId,
    /// `loading`, `ready` or `failed`.
    pub state: &'static str,
    /// Why it failed and what to do.
    pub reason: Option<String>,
}

/// The prior of plans, out of the embedding model's weights.
///
/// # Errors
/// When they are missing or unusable.
pub fn load_sense(store: &Store, cache: &std::path::Path) -> Result<Sense, SenseError> {
    let id: ModelId = homepilot_models::embed::MODEL
        .parse()
        .map_err(|error: homepilot_models::catalog::BadModelId| LoadError::Needs(error.to_string()))?;
    let model = store.verified(&id).map_err(LoadError::Store)?;
    Sense::load(&model, Some(cache))
}

impl Engines {
    /// Starts all threads; loading goes on in parallel behind the returned handles.
    ///
    /// # Errors
    /// When the model directory can't be made.
    pub fn start(settings: &Settings, models: PathBuf, cache: PathBuf) -> Result<Self, StoreError> {
        let store = Arc::new(Store::open(models)?);
        let ids = settings.models.clone();
        let threads = settings.threads;
        let (from, id) = (store.clone(), ids.ears.clone());
        let ears = Engine::spawn("whisper", QUEUE, move || -> Result<Box<dyn Asr>, LoadError> {
            // One thread: the spin barrier makes two slower as soon as anything else runs.
            Ok(Box::new(Whisper::load(&from.verified(&id)?, 1)?))
        });
        let sense = SharedSense::default();
        let (from, id, slot) = (store.clone(), ids.planner.clone(), sense.clone());
        let planner = Engine::spawn("llama", QUEUE, move || -> Result<Box<dyn LanguageModel>, LoadError> {
            // Planning goes on without a sense; its answers are less sure.
            match load_sense(&from, &cache) {
                Ok(loaded) => drop(slot.set(loaded)),
                Err(error) => tracing::warn!(%error, "the planner chooses by the language model alone"),
            }
            let options = LlamaOptions { threads, context_tokens: CONTEXT_TOKENS, cache_dir: Some(cache) };
            Ok(Box::new(Llama::load(&from.verified(&id)?, options)?))
        });
        let voice = Voices::start(store.clone(), ids.voice.clone());
        let vad = match store.verified(&ids.vad) {
            Ok(model) => Silero::load(&model).map(Arc::new).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        Ok(Self { ears, planner: Arc::new(planner), voice, vad, sense, ids })
    }

    /// The state of each.
    pub fn views(&self) -> [EngineView; 4] {
        let of = |part, id: &ModelId, state: EngineState| {
            let (state, reason) = match state {
                EngineState::Loading => ("loading", None),
                EngineState::Ready => ("ready", None),
                EngineState::Failed(reason) => ("failed", Some(reason)),
            };
            EngineView { part, id: id.clone(), state, reason }
        };
        let vad = match &self.vad {
            Ok(_) => EngineState::Ready,
            Err(reason) => EngineState::Failed(reason.clone()),
        };
        [
            of("asr", &self.ids.ears, self.ears.state()),
            of("llm", &self.ids.planner, self.planner.state()),
            of("tts", &self.ids.voice, self.voice.state()),
            of("vad", &self.ids.vad, vad),
        ]
    }

    /// What was said in `pcm` (16 kHz mono). Longer speech is heard piece by piece.
    ///
    /// # Errors
    /// A sentence for the person: the engine is loading, busy or gone, or the audio can't be used.
    pub async fn transcribe(
        &self,
        pcm: Vec<f32>,
        options: AsrOptions,
        cancel: Cancel,
    ) -> Result<Transcript, String> {
        self.hear(move |asr| hearing::words(asr, &pcm, &options, &cancel)).await
    }

    /// What was said in `pcm` (16 kHz mono) while a question was open, and how sure that is, 0..1.
    ///
    /// # Errors
    /// As [`Engines::transcribe`].
    pub async fn reply(
        &self,
        pcm: Vec<f32>,
        options: AsrOptions,
        cancel: Cancel,
    ) -> Result<(String, f32), String> {
        self.hear(move |asr| hearing::reply(asr, &pcm, &options, &cancel).map(answer::settled)).await
    }

    async fn hear<T: Send + 'static>(
        &self,
        listen: impl FnOnce(&mut dyn Asr) -> Result<T, AsrError> + Send + 'static,
    ) -> Result<T, String> {
        self.ears
            .run(move |asr| listen(asr.as_mut()))
            .await
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string())
    }

    /// The sound of one clause at `rate` in the house voice.
    ///
    /// # Errors
    /// A sentence for the person.
    pub async fn speak(
        &self,
        clause: String,
        speed: f32,
        rate: SampleRate,
        cancel: Cancel,
    ) -> Result<Audio, String> {
        let saying = Saying::new(self.voice.house().clone(), clause, speed, rate);
        let samples = self.voice.speak(saying, cancel).await.map_err(|error| error.to_string())?;
        Ok(Audio { rate, samples: samples.to_vec() })
    }
}
