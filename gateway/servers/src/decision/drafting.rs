//! Wording from a language model, under a JSON schema: short, whole or not at all, and never a reason to fail.
//!
//! What a person said reaches the prompt escaped, so that it can't speak as the system. What comes back follows the
//! schema; it is a suggestion, is marked as one, and never replaces what a person gave.

use std::time::Duration;

use async_trait::async_trait;
use homepilot_models::cancel::Cancel;
use homepilot_models::lm::{Choice, LanguageModel, LmError, Prefix, escape};
use serde_json::Value;

/// Something to be drafted. Small by contract: prompt and answer together have less than 512 tokens, which the engine
/// keeps free beside the prefixes it holds ready, so that a draft drives none of them out.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What to write, in our words.
    pub instruction: &'static str,
    /// Such data and a good answer to it. A small model writes better as it is shown, and scores better as it is told: it
    /// copies figures.
    pub example: Option<(&'static str, &'static str)>,
    /// What to write about: words of a person or a tool.
    pub data: String,
    /// The JSON schema of the answer, an object.
    pub schema: Value,
    /// The longest answer, in tokens.
    pub max_tokens: usize,
}

/// Why nothing was drafted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Its weights are being read.
    #[error("the language model is still loading")]
    Loading,
    /// There is none, or it failed.
    #[error("there is no language model: {0}")]
    Absent(String),
    /// Too much is waiting for it.
    #[error("the language model is busy")]
    Busy,
    /// It took too long.
    #[error("the language model took longer than {} seconds", .0.as_secs())]
    TimedOut(Duration),
    /// It wrote what can't be used.
    #[error("the language model wrote nothing useful")]
    Unusable(String),
}

/// Whoever drafts. Dropping the future stops the work.
#[async_trait]
pub trait Drafter: Send + Sync {
    /// An answer that follows the draft's schema.
    async fn draft(&self, draft: Draft) -> Result<Value, DraftError>;
}

/// Drafts with `model`, on its own thread: the likeliest answer under the schema.
///
/// # Errors
/// The engine's. An answer that was not complete within its tokens is [`LmError::Unfinished`], never half of it.
pub fn write(model: &mut dyn LanguageModel, draft: &Draft, cancel: &Cancel) -> Result<Value, LmError> {
    let turn = |data: &str| format!("<|im_start|>user\n{data}<|im_end|>\n<|im_start|>assistant\n");
    let shown = draft.example.map(|(data, answer)| format!("{}{answer}<|im_end|>\n", turn(data)));
    let prompt = format!(
        "<|im_start|>system\n{}<|im_end|>\n{}{}",
        draft.instruction,
        shown.unwrap_or_default(),
        turn(&escape(&draft.data))
    );
    let choice = Choice {
        prior: Vec::new(),
        grammar: draft.schema.clone(),
        names: Vec::new(),
        silent: None,
        max_tokens: draft.max_tokens,
    };
    // Without a prefix nothing of it stays in the cache.
    let none = Prefix { text: String::new() };
    let planned = model.plan(&none, &prompt, &choice, cancel)?;
    serde_json::from_str(&planned.text).map_err(|error| LmError::Engine(error.to_string()))
}
