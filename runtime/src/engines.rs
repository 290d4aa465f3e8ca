//! The four engines and the threads they live on. An engine whose weights are missing leaves the others running; what
//! it would have done fails with a sentence that says how to mend it, or how long it takes until they are fetched.

mod breaks;
mod detection;
mod part;
mod spoken;
mod voices;

use std::{path::PathBuf, sync::Arc, time::Duration};

use homepilot_models::{
    cancel::Cancel,
    catalog::ModelId,
    engine::{Engine, EngineError, EngineState, LoadError},
    llama::{Llama, LlamaOptions},
    lm::LanguageModel,
    store::{Store, StoreError},
};
use homepilot_voice::{
    Audio, SampleRate,
    asr::{Asr, AsrError, AsrOptions, Transcript, Whisper},
};

use crate::{
    answer,
    config::Settings,
    fetching::{Fetching, wanted},
    hearing,
    planner::{Sense, SenseError, SharedSense},
};

pub use breaks::Breaks;
pub use detection::Detection;
pub use part::{EngineView, Part, Unable};
pub use spoken::Saying;
pub use voices::{SpeakError, Voices};

/// Jobs that may wait for one engine. Beyond that the answer is "busy".
const QUEUE: usize = 16;
/// How long an engine may show no sign of life before it is given up and started anew. Each is many times what the slowest
/// step between two looks at a [`Cancel`] took on two busy cores, and leaves room for a machine ten times slower that has
/// to read its weights from the disk again.
///
/// Whisper looks after its encoder and after each word: 2 s for a window of 30 s.
const EARS_PATIENCE: Duration = Duration::from_secs(120);
/// The language model looks before each chunk of 16 tokens, which takes about 0.3 s, so that a whole context of 8,192 tokens
/// may take as long as it takes. A grammar, built without a look, takes seconds.
const PLANNER_PATIENCE: Duration = Duration::from_secs(180);

/// Tokens of context shared by all prefixes and turns.
pub const CONTEXT_TOKENS: usize = 8_192;

/// Ears, planner, voice and voice activity detection.
pub struct Engines {
    /// Brings what is missing. Dropped first: an engine that waits for its model is told that none comes.
    pub fetching: Fetching,
    /// Recognition.
    pub ears: Engine<Box<dyn Asr>>,
    /// Planning and answering.
    pub planner: Arc<Engine<Box<dyn LanguageModel>>>,
    /// Synthesis.
    pub voice: Voices,
    /// Speech probability.
    pub detection: Detection,
    /// What utterances sound like; there once the planner is ready, unless its weights are missing.
    pub sense: SharedSense,
    /// Which weights these are.
    pub ids: crate::config::Models,
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
    /// Starts all threads; loading goes on in parallel behind the returned handles, and so does the fetching of what is
    /// missing, if the settings want it.
    ///
    /// # Errors
    /// When the model directory can't be made.
    pub fn start(settings: &Settings, models: PathBuf, cache: PathBuf) -> Result<Self, StoreError> {
        let store = Arc::new(Store::open(models)?);
        let ids = settings.models.clone();
        let threads = settings.threads;
        let fetching = if settings.fetch {
            Fetching::start(store.clone(), &wanted(&ids))
        } else {
            Fetching::off(store.clone())
        };
        let detection = Detection::start(fetching.weights(), ids.vad.clone());
        let (weights, id) = (fetching.weights(), ids.ears.clone());
        let ears = Engine::spawn_after(
            "whisper",
            QUEUE,
            EARS_PATIENCE,
            move |absent| weights.get(&id, absent),
            // One thread: the spin barrier makes two slower as soon as anything else runs.
            |model| -> Result<Box<dyn Asr>, LoadError> { Ok(Box::new(Whisper::load(&model, 1)?)) },
        );
        let sense = SharedSense::default();
        let (weights, id) = (fetching.weights(), ids.planner.clone());
        let (from, slot) = (store.clone(), sense.clone());
        let planner = Engine::spawn_after(
            "llama",
            QUEUE,
            PLANNER_PATIENCE,
            move |absent| weights.get(&id, absent),
            move |model| -> Result<Box<dyn LanguageModel>, LoadError> {
                // Fetched before the planner. Planning goes on without a sense; its answers are less sure.
                if slot.get().is_none() {
                    match load_sense(&from, &cache) {
                        Ok(loaded) => drop(slot.set(loaded)),
                        Err(error) => {
                            tracing::warn!(%error, "the planner chooses by the language model alone")
                        }
                    }
                }
                let cache_dir = Some(cache.clone());
                let options = LlamaOptions { threads, context_tokens: CONTEXT_TOKENS, cache_dir };
                Ok(Box::new(Llama::load(&model, options)?))
            },
        );
        let voice = Voices::start(store, fetching.weights(), ids.voice.clone());
        Ok(Self { fetching, ears, planner: Arc::new(planner), voice, detection, sense, ids })
    }

    fn id(&self, part: Part) -> &ModelId {
        match part {
            Part::Ears => &self.ids.ears,
            Part::Planner => &self.ids.planner,
            Part::Voice => &self.ids.voice,
            Part::Detection => &self.ids.vad,
        }
    }

    fn state(&self, part: Part) -> EngineState {
        match part {
            Part::Ears => self.ears.state(),
            Part::Planner => self.planner.state(),
            Part::Voice => self.voice.state(),
            Part::Detection => self.detection.state(),
        }
    }

    /// The state of each.
    pub fn views(&self) -> [EngineView; 4] {
        Part::ALL.map(|part| {
            let (state, reason) = match self.state(part) {
                EngineState::Absent | EngineState::Loading => ("loading", None),
                EngineState::Ready => ("ready", None),
                EngineState::Failed(reason) => ("failed", Some(reason)),
            };
            EngineView { part, id: self.id(part).clone(), state, reason, restarts: self.restarts(part) }
        })
    }

    fn restarts(&self, part: Part) -> u32 {
        match part {
            Part::Ears => *self.ears.restarts().borrow(),
            Part::Planner => *self.planner.restarts().borrow(),
            Part::Voice => self.voice.restarts(),
            Part::Detection => 0,
        }
    }

    /// Tells when one of them is started anew.
    pub fn breaks(&self) -> Breaks {
        let (ears, planner) = (self.ears.restarts(), self.planner.restarts());
        Breaks { ears, planner, voice: self.voice.house_restarts() }
    }

    /// Why a part did not do what was asked of it.
    pub fn unable(&self, part: Part, error: EngineError) -> Unable {
        match error {
            EngineError::Absent => Unable::NotYet(self.fetching.say(part.in_words(), self.id(part))),
            EngineError::Broke(_) => Unable::Broke(error.to_string()),
            EngineError::Busy | EngineError::Dead | EngineError::Failed(_) => {
                Unable::Failed(error.to_string())
            }
        }
    }

    /// Why speech is not noticed, while it is not.
    pub fn cannot_notice(&self) -> Unable {
        match self.state(Part::Detection) {
            EngineState::Failed(reason) => Unable::Failed(format!("I can't hear when you speak: {reason}")),
            EngineState::Absent | EngineState::Loading | EngineState::Ready => {
                self.unable(Part::Detection, EngineError::Absent)
            }
        }
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
    ) -> Result<Transcript, Unable> {
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
    ) -> Result<(String, f32), Unable> {
        self.hear(move |asr| hearing::reply(asr, &pcm, &options, &cancel).map(answer::settled)).await
    }

    async fn hear<T: Send + 'static>(
        &self,
        listen: impl FnOnce(&mut dyn Asr) -> Result<T, AsrError> + Send + 'static,
    ) -> Result<T, Unable> {
        self.ears
            .run(move |asr| listen(asr.as_mut()))
            .await
            .map_err(|error| self.unable(Part::Ears, error))?
            .map_err(|error| Unable::Failed(error.to_string()))
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
