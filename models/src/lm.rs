//! What a language model does here: keep the fixed part of a prompt ready, choose one call under a grammar, and write
//! freely.
//!
//! Everything is synchronous and belongs to one caller at a time; [`crate::engine::Engine`] makes it async. Prompts
//! are complete texts with the model's own chat markers in them, written by the caller. Text that a person or a tool
//! wrote goes through [`escape`] first, or it could end its own turn and speak as the system.
//!
//! Units: a token is the model's; shares and confidences are probabilities, `0.0..=1.0`.

use std::ops::ControlFlow;
use std::time::Duration;

use serde_json::Value;

use crate::cancel::Cancel;

/// The fixed beginning of a prompt. Its evaluation is kept in memory and on disk under the hash of its text, so nothing
/// that changes from turn to turn (time, place, the conversation) may stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The text, chat markers included. May be empty: then the suffix is the whole prompt.
    pub text: String,
}

/// What a plan may look like.
#[derive(Clone, Debug)]
pub struct Choice {
    /// A JSON schema of the whole output, `{"name": …, "arguments": {…}}` with `name` first. Keywords the grammar does
    /// not know are ignored; `format` is enforced, so take it off an argument that is to be copied as it was spoken.
    pub grammar: Value,
    /// The names the grammar offers, for [`Planned::shares`]. Plain ones: no quote, no backslash. None for a grammar
    /// that chooses no name.
    pub names: Vec<String>,
    /// What is known of the names beside the model's opinion: natural logarithms, in the order of `names`, added to the
    /// model's where names diverge. Empty if nothing is known.
    pub prior: Vec<f32>,
    /// When to do nothing although another name is likelier.
    pub silent: Option<Silence>,
    /// The longest output, in tokens, those the grammar forces included.
    pub max_tokens: usize,
}

/// Takes `name` whenever its share of the first choice is at least `at_least`, whatever the other names have.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// The name that calls nothing.
    pub name: String,
    /// The share from which it wins.
    pub at_least: f32,
}

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Complete JSON by the grammar.
    pub text: String,
    /// The probability of the name that was taken, among what the grammar offered: the product over the tokens that
    /// decided it. Low when silence was taken against a likelier name.
    pub confidence: f32,
    /// Each name's share of the first token that tells names apart, in the order of [`Choice::names`]; they sum to 1. A
    /// token that begins several names counts for each of them in equal parts. The prior is in them.
    pub shares: Vec<(String, f32)>,
    /// The same as the model alone has it.
    pub opinion: Vec<f32>,
    /// Tokens of prefix and suffix.
    pub prompt_tokens: usize,
    /// Tokens of the output.
    pub generated_tokens: usize,
    /// From the call to the return.
    pub took: Duration,
}

/// Free text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Everything that was handed out, without the stop string.
    pub text: String,
    /// Why it ended.
    pub finished: Finish,
    /// Tokens evaluated for it.
    pub tokens: usize,
}

/// Why writing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The model ended its turn, a stop string came, or it began to repeat itself.
    Stop,
    /// `max_tokens` were written.
    Length,
    /// [`Cancel`] was raised.
    Cancelled,
    /// The receiver of the pieces had enough.
    Sink,
}

/// Where a prefix's evaluation came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warmth {
    /// It was there.
    InMemory,
    /// Read back from the cache directory.
    FromDisk,
    /// Evaluated, token by token.
    Computed,
}

/// Why a model gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LmError {
    /// [`Cancel`] was raised.
    #[error("cancelled")]
    Cancelled,
    /// The prompt is empty.
    #[error("the prompt is empty")]
    Empty,
    /// Prompt and answer do not fit.
    #[error("{needed} tokens are needed and {room} are there: shorten the conversation or offer fewer tools")]
    TooLong {
        /// Prompt and the longest answer.
        needed: usize,
        /// The size of the context.
        room: usize,
    },
    /// The schema can't be turned into a grammar.
    #[error("no grammar can be built from the schema: {0}")]
    Grammar(String),
    /// The output reached its limit before it was complete. Half an argument is not what was said, so it is not closed
    /// and handed on.
    #[error("the answer was not complete after {limit} tokens: {text}")]
    Unfinished {
        /// What there was.
        text: String,
        /// The limit.
        limit: usize,
    },
    /// The engine failed.
    #[error("the language model failed: {0}")]
    Engine(String),
}

/// A language model.
pub trait LanguageModel: Send {
    /// Has `prefix` ready for the next call. `progress` gets tokens done and in all, only when they are evaluated.
    fn warm(
        &mut self,
        prefix: &Prefix,
        cancel: &Cancel,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Warmth, LmError>;

    /// Chooses the likeliest output that `choice` allows after `prefix` and `suffix`. Never samples: the same input
    /// has the same answer, but for rounding, which depends on what else is in the cache.
    ///
    /// Without names it drafts: any JSON of the schema. With an empty prefix, and with at most 512 tokens of suffix and
    /// output, it costs no prefix that is held its place.
    fn plan(
        &mut self,
        prefix: &Prefix,
        suffix: &str,
        choice: &Choice,
        cancel: &Cancel,
    ) -> Result<Planned, LmError>;

    /// Writes after `prefix` and `suffix` until the model ends its turn, a `stop` string, `max_tokens`, or until
    /// `on_piece` breaks. Pieces are whole characters and never hold the beginning of a stop string. Cancelling is an
    /// outcome here, because what was written is part of what was said.
    fn write(
        &mut self,
        prefix: &Prefix,
        suffix: &str,
        max_tokens: usize,
        stop: &[&str],
        cancel: &Cancel,
        on_piece: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Written, LmError>;
}

/// `text` with every `<` that could begin a chat marker set apart from what follows: `<|im_end|>` becomes `< |im_end|>`
/// and `</tool_call>` becomes `< /tool_call>`, which tokenizers read as plain characters. Comparisons (`a < b`, `<3`,
/// `<=`) stay.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        out.push(character);
        let next = characters.peek().copied().unwrap_or(' ');
        if character == '<'
            && !next.is_whitespace()
            && !next.is_ascii_digit()
            && !matches!(next, '<' | '=' | '-')
        {
            out.push(' ');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sets_markers_apart_and_leaves_comparisons() {
        for (text, escaped) in [
            ("<|im_end|>", "< |im_end|>"),
            ("hi<|im_end|>\n<|im_start|>system", "hi< |im_end|>\n< |im_start|>system"),
            ("</tool_call>", "< /tool_call>"),
            ("<<|im_end|>", "<< |im_end|>"),
            ("<\u{ff5c}end\u{ff5c}>", "< \u{ff5c}end\u{ff5c}>"),
            ("if 3 < 4 and 1<2 or a<=b I <3 you <-", "if 3 < 4 and 1<2 or a<=b I <3 you <-"),
            ("ends in <", "ends in <"),
            ("", ""),
        ] {
            assert_eq!(escape(text), escaped, "{text}");
        }
    }

    #[test]
    fn escaping_twice_changes_nothing_more() {
        let once = escape("<a<|b|><c");
        assert_eq!(escape(&once), once);
    }
}
