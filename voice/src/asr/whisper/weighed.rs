//! The probability of given replies, by teacher forcing over the window that has just been decoded.
//!
//! whisper.cpp keeps the encoded window of its last run, so this costs decoder steps only: one for each context and two
//! for each form that its first word leaves in the running, a few milliseconds each.

use homepilot_models::cancel::Cancel;
use whisper_rs::{WhisperContext, WhisperError, WhisperState, WhisperTokenId};

use super::super::{AsrError, expected::Expected};

/// A form whose words are less likely than this (natural logarithm) is not followed to its end.
const FOLLOWED: f32 = -8.0;
/// What a form has at least, so that one context alone can't rule it out.
const FLOOR: f32 = 1e-4;
/// The most tokens of a primer or a form.
const MOST_TOKENS: usize = 64;

/// The decoder over an encoded window.
pub(super) struct Decoder<'w> {
    pub(super) state: &'w mut WhisperState,
    pub(super) context: &'w WhisperContext,
    pub(super) threads: usize,
}

impl Decoder<'_> {
    /// How likely each form is to be all that was said: the geometric mean of the probability with an empty context
    /// and with the primer. The primer finds what noise hides, and would be too ready to without the other.
    pub(super) fn weigh(&mut self, expected: &Expected, cancel: &Cancel) -> Result<Vec<f32>, AsrError> {
        let primer = self.tokens(expected.primer)?;
        let mut logarithms = vec![0.0; expected.forms.len()];
        for context in [&[], primer.as_slice()] {
            let start = self.start(context)?;
            for (form, logarithm) in expected.forms.iter().zip(&mut logarithms) {
                if cancel.is_cancelled() {
                    return Err(AsrError::Cancelled);
                }
                let mut probability = 0.0;
                for written in spellings(form.text) {
                    probability += self.whole(&start, &written)?;
                }
                *logarithm += probability.max(FLOOR).ln() / 2.0;
            }
        }
        Ok(logarithms.into_iter().map(f32::exp).collect())
    }

    /// Where the text begins. The bindings show the first row of a batch only, so the last token before it goes by
    /// itself.
    fn start(&mut self, context: &[WhisperTokenId]) -> Result<Start, AsrError> {
        let prefix = self.prefix(context);
        let past = prefix.len();
        if let Some((last, before)) = prefix.split_last() {
            if !before.is_empty() {
                self.state.decode(before, 0, self.threads).map_err(failed)?;
            }
            self.state.decode(&[*last], before.len(), self.threads).map_err(failed)?;
        }
        let logits = self.state.get_logits().map_err(failed)?;
        // The text may not begin with its end.
        let first = log_softmax(logits.get(..index(self.context.token_eot())).unwrap_or_default());
        let mut marks = Vec::with_capacity(3);
        for mark in [".", "!", "?"] {
            marks.extend(self.tokens(mark)?.first());
        }
        Ok(Start { past, first, marks })
    }

    /// What stands before the text.
    fn prefix(&self, context: &[WhisperTokenId]) -> Vec<WhisperTokenId> {
        let mut prefix = Vec::with_capacity(context.len() + 5);
        if !context.is_empty() {
            prefix.push(self.context.token_prev());
            prefix.extend_from_slice(context);
        }
        prefix.push(self.context.token_sot());
        if self.context.is_multilingual() {
            prefix.push(self.context.token_lang(self.state.full_lang_id_from_state()));
            prefix.push(self.context.token_transcribe());
        }
        prefix.push(self.context.token_not());
        prefix
    }

    /// The probability that the text is `written`, with or without a mark behind it.
    fn whole(&mut self, start: &Start, written: &str) -> Result<f32, AsrError> {
        let tokens = self.tokens(written)?;
        let Some((&token, others)) = tokens.split_first() else { return Ok(0.0) };
        let mut sum = of(&start.first, token);
        if sum < FOLLOWED {
            return Ok(0.0);
        }
        let mut past = start.past;
        let mut next = self.step(token, past)?;
        for &token in others {
            sum += of(&next, token);
            past += 1;
            next = self.step(token, past)?;
        }
        let end = self.context.token_eot();
        let stops = of(&next, end).exp();
        let marked: f32 = start.marks.iter().map(|&mark| of(&next, mark).exp()).sum();
        // One mark stands for all of them: what follows doesn't depend on which it is.
        let over = match start.marks.first() {
            Some(&mark) => of(&self.step(mark, past + 1)?, end).exp(),
            None => 0.0,
        };
        Ok(sum.exp() * (stops + marked * over))
    }

    fn step(&mut self, token: WhisperTokenId, past: usize) -> Result<Vec<f32>, AsrError> {
        self.state.decode(&[token], past, self.threads).map_err(failed)?;
        let logits = self.state.get_logits().map_err(failed)?;
        Ok(log_softmax(logits.get(..index(self.context.token_eot() + 1)).unwrap_or_default()))
    }

    fn tokens(&self, text: &str) -> Result<Vec<WhisperTokenId>, AsrError> {
        self.context.tokenize(text, MOST_TOKENS).map_err(failed)
    }
}

/// Where a text begins.
struct Start {
    /// Tokens before it.
    past: usize,
    /// Log probabilities of its first token.
    first: Vec<f32>,
    /// Full stop, exclamation and question mark.
    marks: Vec<WhisperTokenId>,
}

/// As the beginning of a sentence and inside one; a space is part of a word's token.
fn spellings(form: &str) -> [String; 2] {
    let mut letters = form.chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    [format!(" {capital}"), format!(" {form}")]
}

fn of(logarithms: &[f32], token: WhisperTokenId) -> f32 {
    logarithms.get(index(token)).copied().unwrap_or(f32::NEG_INFINITY)
}

fn index(token: WhisperTokenId) -> usize {
    usize::try_from(token).unwrap_or(usize::MAX)
}

fn log_softmax(logits: &[f32]) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - most).exp()).sum();
    let norm = most + sum.ln();
    logits.iter().map(|logit| logit - norm).collect()
}

fn failed(error: WhisperError) -> AsrError {
    AsrError::Engine(format!("the reply could not be weighed: {error}"))
}
