//! Planning: the likeliest output the grammar allows.
//!
//! Arguments are mostly copied from the prompt, so once a value has begun like words of it, the words that follow there are
//! evaluated along with it and taken as far as they are what the model would have written: several tokens for little more
//! than the time of one, and the same output.

use std::time::Instant;

use llama_cpp_2::token::LlamaToken;
use llguidance::Matcher;
use serde::de::IgnoredAny;
use toktrie::SimpleVob;

use super::copied::{AHEAD, Copied};
use super::grammar::Grammars;
use super::name::NameChoice;
use super::session::{CHUNK, Work, engine, greatest};
use crate::cancel::Cancel;
use crate::lm::{Choice, LmError, Planned};

/// What a plan's loop ends with; the rest of [`Planned`] is the caller's to know.
pub(super) struct Output {
    pub(super) text: String,
    pub(super) confidence: f32,
    pub(super) shares: Vec<(String, f32)>,
    pub(super) opinion: Vec<f32>,
    pub(super) tokens: usize,
}

impl Output {
    pub(super) fn planned(self, prompt_tokens: usize, began: Instant) -> Planned {
        Planned {
            text: self.text,
            confidence: self.confidence,
            shares: self.shares,
            opinion: self.opinion,
            prompt_tokens,
            generated_tokens: self.tokens,
            took: began.elapsed(),
        }
    }
}

/// Goes on from `suffix` until the grammar is complete. What the grammar forces at the beginning (`{"name": "`) is
/// evaluated together with the suffix.
pub(super) fn plan(
    work: &mut Work<'_>,
    suffix: Vec<LlamaToken>,
    mut matcher: Matcher,
    grammars: &Grammars,
    choice: &Choice,
    cancel: &Cancel,
) -> Result<Output, LmError> {
    let copied = Copied::new(&suffix, |token| grammars.bytes(token));
    let mut pending = suffix;
    let mut text = Vec::new();
    let mut tokens = 0;
    let mut reach = 1;
    let mut name = NameChoice::new(choice);
    // The grammar alone stops a token short of the names, where other tokens could begin: a whole evaluation more.
    let opening = name.opening(grammars);
    let opens = matcher.validate_tokens(&opening).map_err(engine)? == opening.len();
    let mut forced = if opens { opening } else { Vec::new() };
    matcher.consume_tokens(&forced).map_err(engine)?;
    loop {
        forced.extend(matcher.consume_ff_tokens());
        for token in forced.drain(..) {
            text.extend_from_slice(grammars.bytes(token));
            pending.push(LlamaToken(token.cast_signed()));
            tokens += 1;
        }
        if let Some(error) = matcher.get_error() {
            return Err(LmError::Engine(error));
        }
        if matcher.is_stopped() {
            break;
        }
        if tokens >= choice.max_tokens {
            return Err(LmError::Unfinished {
                text: String::from_utf8_lossy(&text).into_owned(),
                limit: choice.max_tokens,
            });
        }
        if pending.is_empty() {
            return Err(LmError::Empty);
        }
        // All of one evaluation has to be scored, which the last chunk alone is.
        let room = CHUNK.saturating_sub(pending.len()).min(choice.max_tokens - tokens);
        let ahead = if name.is_open(&text) { &[][..] } else { copied.after(&text, room.min(reach)) };
        pending.extend_from_slice(ahead);
        work.feed(&pending, ahead.len() + 1, cancel)?;
        pending.clear();
        let mut right = 0;
        let ended = loop {
            let mask = matcher.compute_mask().map_err(engine)?;
            let logits = work.session().logits(ahead.len() - right);
            let token = if name.is_open(&text) {
                name.choose(&text, &allowed(&mask, logits), grammars)
            } else {
                likeliest(&mask, logits)
            };
            let token =
                token.ok_or_else(|| LmError::Engine("the grammar allows no token here".to_owned()))?;
            matcher.consume_token(token.cast_unsigned()).map_err(engine)?;
            let token = LlamaToken(token);
            if work.session().ends_turn(token) {
                break true;
            }
            text.extend_from_slice(grammars.bytes(token.0.cast_unsigned()));
            tokens += 1;
            if ahead.get(right) != Some(&token) {
                pending.push(token);
                break false;
            }
            right += 1;
            if matcher.is_stopped() {
                break true;
            }
        };
        if ended {
            break;
        }
        reach = if right < ahead.len() { 1 } else { (right * 2).clamp(1, AHEAD) };
        work.retract(ahead.len() - right)?;
    }
    let text = String::from_utf8(text).map_err(engine)?;
    serde_json::from_str::<IgnoredAny>(&text).map_err(|error| {
        LmError::Engine(format!("the grammar let through what is not JSON: {error}: {text}"))
    })?;
    let (shares, opinion) = (name.shares(), name.opinion());
    Ok(Output { text, confidence: name.confidence(), shares, opinion, tokens })
}

/// The allowed tokens with their logits. Only where they are few: inside a string nearly all are allowed.
fn allowed(mask: &SimpleVob, logits: &[f32]) -> Vec<(i32, f32)> {
    let mut entries = Vec::new();
    mask.iter_set_entries(|index| {
        if let (Ok(token), Some(logit)) = (i32::try_from(index), logits.get(index)) {
            entries.push((token, *logit));
        }
    });
    entries
}

/// The allowed token with the greatest logit. The greatest of all is allowed nearly always, which saves the walk.
fn likeliest(mask: &SimpleVob, logits: &[f32]) -> Option<i32> {
    let first = greatest(logits);
    let index = u32::try_from(first).ok()?;
    if mask.is_allowed(index) {
        return i32::try_from(first).ok();
    }
    let mut best: Option<(usize, f32)> = None;
    mask.iter_set_entries(|index| {
        if let Some(logit) = logits.get(index)
            && best.is_none_or(|(_, greatest)| *logit > greatest)
        {
            best = Some((index, *logit));
        }
    });
    best.and_then(|(index, _)| i32::try_from(index).ok())
}
