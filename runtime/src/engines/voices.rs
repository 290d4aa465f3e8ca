//! The voices: an engine each. The house voice is loaded at the start, others when a persona first speaks with them.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use homepilot_models::{
    cancel::Cancel,
    catalog::{Catalog, Entry, Kind, ModelId},
    engine::{Engine, EngineError, EngineState, LoadError},
    store::{Store, VerifiedModel},
};
use homepilot_personas::{DEFAULT_VOICE, VoiceChoice};
use homepilot_voice::{
    Audio, SampleRate,
    tts::{Tts, TtsError},
};

use tokio::sync::watch;

use crate::fetching::Weights;

use super::{
    QUEUE,
    spoken::{Saying, Spoken},
};

/// How long a voice may show no sign of life. It looks at its [`Cancel`] before and after each clause, which is made in
/// about the time that it takes to say it on the slowest machines.
const PATIENCE: Duration = Duration::from_secs(60);
/// Voices beside the house voice that are loaded at a time.
const MOST_OTHERS: usize = 2;

type VoiceEngine = Arc<Engine<Box<dyn Tts>>>;

/// Why a clause was not spoken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpeakError {
    /// The voice can't be used here.
    #[error("the voice {voice} can't be used, so {instead} speaks: {reason}")]
    NoVoice {
        /// Which.
        voice: ModelId,
        /// The house voice.
        instead: ModelId,
        /// What to do.
        reason: String,
    },
    /// The voice's model is still to come.
    #[error("the voice is still being fetched")]
    NotYet,
    /// The voice broke off in it, and was started anew.
    #[error("{0}")]
    Broke(String),
    /// The engine is busy, gone or gave up.
    #[error("{0}")]
    Failed(String),
}

/// All voices, and what they have spoken.
pub struct Voices {
    store: Arc<Store>,
    house: (ModelId, VoiceEngine),
    /// The one used last at the end.
    others: Mutex<Vec<(ModelId, VoiceEngine)>>,
    spoken: Mutex<Spoken>,
    /// Voices and speeds whose frequent clauses were made.
    warm: Mutex<HashSet<(ModelId, u32)>>,
}

impl Voices {
    /// Loads the house voice.
    pub fn start(store: Arc<Store>, weights: Weights, house: ModelId) -> Self {
        let id = house.clone();
        let engine = Engine::spawn_after(
            "voice",
            QUEUE,
            PATIENCE,
            move |absent| weights.get(&id, absent),
            |model| load(&model),
        );
        let engine = Arc::new(engine);
        Self {
            store,
            house: (house, engine),
            others: Mutex::default(),
            spoken: Mutex::default(),
            warm: Mutex::default(),
        }
    }

    /// The house voice's state.
    pub fn state(&self) -> EngineState {
        self.house.1.state()
    }

    /// Waits until the house voice takes jobs.
    ///
    /// # Errors
    /// When it never will.
    pub async fn ready(&self) -> Result<(), EngineError> {
        self.house.1.ready().await
    }

    /// How often the voices that are loaded were started anew.
    pub fn restarts(&self) -> u32 {
        let restarts = |engine: &VoiceEngine| *engine.restarts().borrow();
        restarts(&self.house.1) + lock(&self.others).iter().map(|(_, engine)| restarts(engine)).sum::<u32>()
    }

    /// How often the house voice was.
    pub fn house_restarts(&self) -> watch::Receiver<u32> {
        self.house.1.restarts()
    }

    /// The house voice.
    pub fn house(&self) -> &ModelId {
        &self.house.0
    }

    /// The voice of a persona: the one it names, or the house voice if it names none.
    ///
    /// # Errors
    /// What is wrong with the name, and what speaks instead.
    pub fn of(&self, choice: &VoiceChoice) -> Result<ModelId, String> {
        if choice.id == DEFAULT_VOICE {
            return Ok(self.house.0.clone());
        }
        self.named(&choice.id).ok_or_else(|| {
            let names: Vec<&str> = catalogued().map(|entry| entry.id.as_str()).collect();
            let (id, house) = (&choice.id, &self.house.0);
            format!("there is no voice {id:?}, so {house} speaks; there are {}", names.join(", "))
        })
    }

    /// A voice of the catalogue.
    pub fn named(&self, id: &str) -> Option<ModelId> {
        catalogued().find(|entry| entry.id.as_str() == id).map(|entry| entry.id.clone())
    }

    /// The sound of one clause.
    ///
    /// # Errors
    /// [`SpeakError::NoVoice`] when the voice is not installed or can't be loaded.
    pub async fn speak(&self, saying: Saying, cancel: Cancel) -> Result<Arc<Vec<f32>>, SpeakError> {
        if let Some(sound) = lock(&self.spoken).get(&saying) {
            return Ok(sound);
        }
        let engine = self.engine(&saying.voice);
        if saying.voice != self.house.0
            && let Err(error) = engine.ready().await
        {
            self.forget(&saying.voice);
            let (voice, instead) = (saying.voice, self.house.0.clone());
            return Err(SpeakError::NoVoice { voice, instead, reason: error.to_string() });
        }
        let (text, speed, rate) = (saying.text.clone(), saying.speed(), saying.rate);
        let made = engine.run(move |tts| sound(tts.as_mut(), &text, speed, rate, &cancel)).await;
        let made = made.map_err(|error| match error {
            EngineError::Absent => SpeakError::NotYet,
            EngineError::Broke(_) => SpeakError::Broke(error.to_string()),
            EngineError::Busy | EngineError::Dead | EngineError::Failed(_) => {
                SpeakError::Failed(error.to_string())
            }
        })?;
        let made = Arc::new(made.map_err(|error| SpeakError::Failed(error.to_string()))?);
        lock(&self.spoken).keep(saying, made.clone());
        Ok(made)
    }

    /// Makes `clauses` beforehand, once for a voice and speed.
    pub async fn warm(&self, voice: &ModelId, speed: f32, rate: SampleRate, clauses: &[String]) {
        if !lock(&self.warm).insert((voice.clone(), speed.to_bits())) {
            return;
        }
        for clause in clauses {
            let saying = Saying::new(voice.clone(), clause.clone(), speed, rate);
            if let Err(error) = self.speak(saying, Cancel::new()).await {
                tracing::debug!(%error, "frequent clauses are not made beforehand");
                lock(&self.warm).remove(&(voice.clone(), speed.to_bits()));
                return;
            }
        }
    }

    fn engine(&self, voice: &ModelId) -> VoiceEngine {
        if *voice == self.house.0 {
            return self.house.1.clone();
        }
        let mut others = lock(&self.others);
        let known = others.iter().position(|(id, _)| id == voice).map(|at| others.remove(at));
        let other =
            known.unwrap_or_else(|| (voice.clone(), Arc::new(spawn(self.store.clone(), voice.clone()))));
        let engine = other.1.clone();
        others.push(other);
        let unwanted = (others.len() > MOST_OTHERS).then(|| others.remove(0));
        drop(others);
        // Joins its thread, which is idle unless a clause of it is being made; that one holds it too.
        drop(unwanted);
        engine
    }

    /// A voice that could not be loaded is tried again when it is next wanted: it may have been fetched by then.
    fn forget(&self, voice: &ModelId) {
        let mut others = lock(&self.others);
        let at = others.iter().position(|(id, _)| id == voice);
        let gone = at.map(|at| others.remove(at));
        drop(others);
        drop(gone);
    }
}

fn catalogued() -> impl Iterator<Item = &'static Entry> {
    Catalog::builtin().entries().iter().filter(|entry| entry.kind == Kind::Tts)
}

fn spawn(store: Arc<Store>, id: ModelId) -> Engine<Box<dyn Tts>> {
    Engine::spawn("voice", QUEUE, PATIENCE, move || load(&store.verified(&id)?))
}

fn load(model: &VerifiedModel) -> Result<Box<dyn Tts>, LoadError> {
    homepilot_voice::tts::load(model)
}

fn sound(
    tts: &mut dyn Tts,
    text: &str,
    speed: f32,
    rate: SampleRate,
    cancel: &Cancel,
) -> Result<Vec<f32>, TtsError> {
    let spoken = homepilot_voice::speakable::speakable(text);
    let samples = tts.speak(&spoken, speed, cancel)?;
    let mut audio = homepilot_voice::resample::convert(&Audio { rate: tts.rate(), samples }, rate);
    homepilot_voice::loudness::normalise(&mut audio.samples);
    Ok(audio.samples)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
