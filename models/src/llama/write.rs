//! Writing freely: the likeliest token each time, with a light guard against going round in circles.

use std::ops::ControlFlow;

use llama_cpp_2::token::LlamaToken;

use super::session::{Work, greatest};
use crate::cancel::Cancel;
use crate::lm::{Finish, LmError, Written};
use pieces::Pieces;

mod pieces;

/// How far back the guard looks, in tokens.
const WINDOW: usize = 64;

/// By how much a token of the window is made less likely: enough to leave a circle, too little to change a sentence.
const PENALTY: f32 = 1.05;

/// A stretch of at most [`LONGEST_ROUND`] tokens that comes this often in a row ends the text.
const ROUNDS: usize = 4;
const LONGEST_ROUND: usize = WINDOW / ROUNDS;

/// Goes on from `prompt`.
pub(super) fn write(
    work: &mut Work<'_>,
    prompt: &[LlamaToken],
    max_tokens: usize,
    stop: &[&str],
    cancel: &Cancel,
    on_piece: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Result<Written, LmError> {
    let mut written: Vec<LlamaToken> = Vec::new();
    let mut pieces = Pieces::new(stop, on_piece);
    let mut next = prompt.to_vec();
    let finished = loop {
        if written.len() >= max_tokens {
            break pieces.finish(Finish::Length);
        }
        match work.feed(&next, 1, cancel) {
            Ok(()) => {}
            Err(LmError::Cancelled) => break Finish::Cancelled,
            Err(error) => return Err(error),
        }
        let recent = &written[written.len().saturating_sub(WINDOW)..];
        let token = next_token(work.session().logits(0), recent);
        if work.session().ends_turn(token) {
            break pieces.finish(Finish::Stop);
        }
        written.push(token);
        if goes_round(&written) {
            break pieces.finish(Finish::Stop);
        }
        if let ControlFlow::Break(finished) = pieces.push(|out| work.session().append_piece(token, out)) {
            break finished;
        }
        next = vec![token];
    };
    Ok(Written { text: pieces.into_text(), finished, tokens: written.len() })
}

fn next_token(logits: &[f32], recent: &[LlamaToken]) -> LlamaToken {
    let mut logits = logits.to_vec();
    let mut penalised = recent.to_vec();
    penalised.sort_unstable();
    penalised.dedup();
    for token in penalised {
        if let Some(logit) = usize::try_from(token.0).ok().and_then(|index| logits.get_mut(index)) {
            *logit = if *logit > 0.0 { *logit / PENALTY } else { *logit * PENALTY };
        }
    }
    LlamaToken(i32::try_from(greatest(&logits)).unwrap_or_default())
}

fn goes_round(written: &[LlamaToken]) -> bool {
    (1..=LONGEST_ROUND).any(|round| {
        let Some(start) = written.len().checked_sub(round * ROUNDS) else {
            return false;
        };
        let tail = &written[start..];
        tail.chunks(round).all(|chunk| chunk == &tail[..round])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(ids: &[i32]) -> Vec<LlamaToken> {
        ids.iter().copied().map(LlamaToken).collect()
    }

    #[test]
    fn circles_are_seen_and_lists_are_not() {
        for (ids, expected) in [
            (&[1, 2, 3, 7, 7, 7, 7][..], true),
            (&[1, 2, 1, 2, 1, 2, 1, 2], true),
            (&[7, 7, 7], false),
            (&[1, 2, 3, 1, 2, 4, 1, 2, 5, 1, 2, 6], false),
            (&[], false),
        ] {
            assert_eq!(goes_round(&tokens(ids)), expected, "{ids:?}");
        }
    }

    #[test]
    fn a_recent_token_loses_a_close_race_only() {
        assert_eq!(next_token(&[1.0, 10.0, 10.2], &tokens(&[2])), LlamaToken(1));
        assert_eq!(next_token(&[1.0, 8.0, 10.2], &tokens(&[2])), LlamaToken(2));
        assert_eq!(next_token(&[-1.00, -1.01], &tokens(&[0])), LlamaToken(1));
    }
}
