//! Hearing: one utterance in, its words out.
//!
//! An utterance is mono 16 kHz audio of at most [`LONGEST`], the window whisper was trained on; the endpointer cuts
//! there, so a longer one is a caller's mistake and refused rather than half heard. A transcript is what a person
//! said and nothing else: noise tags, loops and what whisper invents over silence are taken out here, so that an
//! empty text reliably means "nothing was said".

mod abort;
mod expected;
mod loops;
mod names;
mod noise;
mod whisper;

use std::time::Duration;

use homepilot_models::cancel::Cancel;

pub use expected::{Chosen, Expected, Form};
pub use whisper::{Whisper, knows};

/// The longest utterance that can be heard in one piece.
pub const LONGEST: Duration = Duration::from_secs(30);
/// The longest utterance that is weighed against expected replies, with the quiet around it: in more there is a sentence.
pub const LONGEST_REPLY: Duration = Duration::from_millis(2_500);

/// Names that a recogniser is told, in all no longer than what it can keep in mind beside an utterance.
pub const MOST_NAMES: usize = 24;
/// Sound in which names are listened for. In less there is a word or two, and a name is easily made of one that is none.
pub const SHORTEST_NAMED: Duration = Duration::from_millis(2_500);

/// What the recogniser may know beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsrOptions {
    /// ISO 639-1 (`en`), a tag that begins with it (`en-US`), or `auto`. English-only models ignore it.
    pub language: String,
    /// Names that may occur, the likeliest first. They help spelling and force nothing. The first [`MOST_NAMES`] count,
    /// and none in less than [`SHORTEST_NAMED`] of sound.
    pub names: Vec<String>,
}

impl Default for AsrOptions {
    fn default() -> Self {
        Self { language: "en".to_owned(), names: Vec::new() }
    }
}

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// The words; empty when nobody spoke.
    pub text: String,
    /// Mean probability of the text's tokens, 0..1; 0 for an empty text.
    pub confidence: f32,
    /// The model's own probability that nobody spoke, 0..1; 1 for an empty text. Whisper without timestamps says
    /// nearly 0 to everything it writes text for, so judge by `text` and `confidence`.
    pub no_speech: f32,
    /// The model was still repeating itself at full context; the repetition is cut out of `text`.
    pub looped: bool,
    /// Wall time of the recognition.
    pub took: Duration,
}

/// What was heard where short replies were expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The free transcript, which knows nothing of what was expected.
    pub transcript: Transcript,
    /// The expected reply, if it was plainly one. It is right more often than the transcript, which may even be empty.
    pub chosen: Option<Chosen>,
}

/// Why an utterance has no transcript.
#[derive(Debug, thiserror::Error)]
pub enum AsrError {
    /// Longer than [`LONGEST`].
    #[error("an utterance of {seconds:.1} s is too long to hear in one piece: split it at 30 s")]
    TooLong {
        /// Its length.
        seconds: f32,
    },
    /// The model has no such language.
    #[error("the recogniser knows no language \"{0}\": use a two-letter code such as en, de or ja, or auto")]
    Language(String),
    /// The caller asked to stop.
    #[error("recognition was cancelled")]
    Cancelled,
    /// The engine gave up.
    #[error("the recogniser failed: {0}")]
    Engine(String),
}

/// A recogniser of whole utterances.
pub trait Asr: Send {
    /// The words of `pcm16k`, mono at 16 kHz in -1..1. Silence and noise give an empty text, not an error.
    fn transcribe(
        &mut self,
        pcm16k: &[f32],
        options: &AsrOptions,
        cancel: &Cancel,
    ) -> Result<Transcript, AsrError>;

    /// The words of `pcm16k`, and which of the expected replies it was, if it is no longer than [`LONGEST_REPLY`].
    fn answer(
        &mut self,
        pcm16k: &[f32],
        options: &AsrOptions,
        expected: &Expected,
        cancel: &Cancel,
    ) -> Result<Answered, AsrError>;
}
