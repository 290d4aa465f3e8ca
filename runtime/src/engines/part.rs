//! What engines are for, how each is, and why one did nothing.

use homepilot_models::catalog::ModelId;

/// Why an engine did nothing. Both are sentences for the person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unable {
    /// Its model is still to come; it says how long that takes.
    #[error("{0}")]
    NotYet(String),
    /// It broke off in this, and was started anew.
    #[error("{0}")]
    Broke(String),
    /// It is busy or gone, or could not do it.
    #[error("{0}")]
    Failed(String),
}

/// What an engine is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Recognition.
    Ears,
    /// Planning and answering.
    Planner,
    /// Synthesis.
    Voice,
    /// Noticing speech.
    Detection,
}

impl Part {
    /// Every part, as `status` shows them.
    pub const ALL: [Part; 4] = [Part::Ears, Part::Planner, Part::Voice, Part::Detection];

    /// Its name in `status`.
    pub fn key(self) -> &'static str {
        match self {
            Part::Ears => "asr",
            Part::Planner => "llm",
            Part::Voice => "tts",
            Part::Detection => "vad",
        }
    }

    /// Its model in a sentence.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Part::Ears => "the model I hear with",
            Part::Planner => "the model I think with",
            Part::Voice => "the model I speak with",
            Part::Detection => "the model that notices speech",
        }
    }
}

/// Name, model and state of an engine, for `status` and `doctor`.
pub struct EngineView {
    /// Which.
    pub part: Part,
    /// Catalogue id.
    pub id: ModelId,
    /// `loading`, `ready` or `failed`.
    pub state: &'static str,
    /// Why it failed and what to do.
    pub reason: Option<String>,
    /// How often it was started anew.
    pub restarts: u32,
}
