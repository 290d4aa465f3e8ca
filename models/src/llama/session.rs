//! One loaded model with its context: tokens in, logits out, and the sequences of the cache.
//!
//! A context borrows its model, so the two live in one self-referencing cell. All sequences share one cache of
//! `room` cells; a copied sequence shares its cells with the original. Sequence [`WORK`] belongs to [`Work`], which
//! leaves it empty whatever happens.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use self_cell::self_cell;

use super::backend;
use crate::cancel::Cancel;
use crate::lm::LmError;

/// Tokens evaluated between two looks at [`Cancel`]: 0.24 s on the 1.5B with two idle cores, where 32 take 0.45 s and are 6 %
/// faster. Fixed, because results depend on it in their last bits, and a prefix from disk has to match a computed one.
pub(super) const CHUNK: usize = 16;

/// Sequences of the cache, the working one included.
pub(super) const SEQUENCES: u32 = 16;

/// The sequence every call works in.
const WORK: Sequence = Sequence(0);

/// The number of a sequence, below [`SEQUENCES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sequence(u32);

impl Sequence {
    /// All but the working one.
    pub(super) fn for_prefixes() -> impl Iterator<Item = Self> {
        (1..SEQUENCES).map(Self)
    }

    fn id(self) -> i32 {
        self.0.cast_signed()
    }
}

self_cell! {
    struct Pair {
        owner: Arc<LlamaModel>,
        #[covariant]
        dependent: LlamaContext,
    }
}

pub(super) struct Session {
    pair: Pair,
    batch: LlamaBatch<'static>,
    room: usize,
}

impl Session {
    pub(super) fn open(
        model: Arc<LlamaModel>,
        threads: usize,
        context_tokens: usize,
    ) -> Result<Self, String> {
        let backend = backend::backend()?;
        let threads = i32::try_from(threads.max(1)).map_err(|error| error.to_string())?;
        let cells = u32::try_from(context_tokens).map_err(|error| error.to_string())?;
        let chunk = CHUNK as u32;
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(cells))
            .with_n_batch(chunk)
            .with_n_ubatch(chunk)
            .with_n_seq_max(SEQUENCES)
            .with_kv_unified(true)
            .with_n_threads(threads)
            .with_n_threads_batch(threads);
        let pair = {
            let _guard = backend::one_at_a_time();
            Pair::try_new(model, |model| model.new_context(backend, params))
                .map_err(|error| error.to_string())?
        };
        let room = pair.borrow_dependent().n_ctx() as usize;
        Ok(Self { pair, batch: LlamaBatch::new(CHUNK, 1), room })
    }

    /// Cells of the cache: tokens that all sequences together can hold.
    pub(super) fn room(&self) -> usize {
        self.room
    }

    #[cfg(test)]
    pub(super) fn model(&self) -> &LlamaModel {
        self.pair.borrow_owner()
    }

    /// The tokens of a prompt; chat markers become the tokens they name.
    pub(super) fn tokens(&self, text: &str) -> Vec<LlamaToken> {
        self.pair.borrow_owner().vocab().tokenize(text.as_bytes(), false, true)
    }

    /// Appends the bytes of a token to `out`; chat markers have none.
    pub(super) fn append_piece(&self, token: LlamaToken, out: &mut Vec<u8>) {
        self.pair.borrow_owner().vocab().token_to_piece_into(token, out, false, None);
    }

    /// Whether a token ends the model's turn.
    pub(super) fn ends_turn(&self, token: LlamaToken) -> bool {
        self.pair.borrow_owner().vocab().is_eog(token)
    }

    /// Evaluates `tokens` at `position` and after, with logits for the last `scored` of them, as far as they are in the last
    /// [`CHUNK`]. On an error the sequence holds a part of them.
    pub(super) fn feed(
        &mut self,
        tokens: &[LlamaToken],
        position: usize,
        sequence: Sequence,
        scored: usize,
        cancel: &Cancel,
        progress: &mut dyn FnMut(usize),
    ) -> Result<(), LmError> {
        let mut done = 0;
        for chunk in tokens.chunks(CHUNK) {
            if cancel.is_cancelled() {
                return Err(LmError::Cancelled);
            }
            self.batch.clear();
            for (offset, token) in chunk.iter().enumerate() {
                let at = done + offset;
                let place = i32::try_from(position + at).map_err(engine)?;
                let wanted = at + scored >= tokens.len();
                self.batch.add(*token, place, &[sequence.id()], wanted).map_err(engine)?;
            }
            let batch = &mut self.batch;
            self.pair.with_dependent_mut(|_, context| context.decode(batch)).map_err(engine)?;
            done += chunk.len();
            progress(done);
        }
        Ok(())
    }

    /// A logit for each token of the vocabulary, after the token that was fed `before` the last one; it must have been
    /// scored.
    pub(super) fn logits(&self, before: usize) -> &[f32] {
        let back = i32::try_from(before).unwrap_or(i32::MAX);
        self.pair.borrow_dependent().get_logits_ith(self.batch.n_tokens() - 1 - back)
    }

    pub(super) fn copy(&mut self, from: Sequence, to: Sequence) -> Result<(), LmError> {
        self.pair
            .with_dependent_mut(|_, context| context.copy_kv_cache_seq(from.id(), to.id(), None, None))
            .map_err(engine)
    }

    /// Whole sequences can always be removed, so there is nothing to report.
    pub(super) fn clear(&mut self, sequence: Sequence) {
        let cleared = self
            .pair
            .with_dependent_mut(|_, context| context.clear_kv_cache_seq(Some(sequence.0), None, None));
        debug_assert_eq!(cleared.ok(), Some(true));
    }

    /// Takes what stands at `position` and after out of the sequence.
    fn cut(&mut self, sequence: Sequence, position: usize) -> Result<(), LmError> {
        let from = u32::try_from(position).map_err(engine)?;
        let cut = self
            .pair
            .with_dependent_mut(|_, context| context.clear_kv_cache_seq(Some(sequence.0), Some(from), None))
            .map_err(engine)?;
        if cut { Ok(()) } else { Err(LmError::Engine("a sequence could not be shortened".to_owned())) }
    }

    pub(super) fn save(&self, sequence: Sequence, tokens: &[LlamaToken], file: &Path) -> Result<(), LmError> {
        self.pair
            .borrow_dependent()
            .state_seq_save_file(file, sequence.id(), tokens)
            .map(drop)
            .map_err(engine)
    }

    /// Reads a sequence back. llama.cpp trusts the file: its bytes must be known to be ours.
    pub(super) fn restore(
        &mut self,
        sequence: Sequence,
        most: usize,
        file: &Path,
    ) -> Result<Vec<LlamaToken>, LmError> {
        self.pair
            .with_dependent_mut(|_, context| context.state_seq_load_file(file, sequence.id(), most))
            .map(|(tokens, _)| tokens)
            .map_err(engine)
    }
}

/// An evaluated prefix: its sequence and its length in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Evaluated {
    pub(super) sequence: Sequence,
    pub(super) tokens: usize,
}

/// The working sequence of one call, begun after a prefix and emptied on drop.
pub(super) struct Work<'a> {
    session: &'a mut Session,
    fed: usize,
}

impl<'a> Work<'a> {
    pub(super) fn begin(session: &'a mut Session, prefix: Option<Evaluated>) -> Result<Self, LmError> {
        let mut work = Self { session, fed: 0 };
        if let Some(prefix) = prefix {
            work.session.copy(prefix.sequence, WORK)?;
            work.fed = prefix.tokens;
        }
        Ok(work)
    }

    /// With logits for the last `scored` tokens.
    pub(super) fn feed(
        &mut self,
        tokens: &[LlamaToken],
        scored: usize,
        cancel: &Cancel,
    ) -> Result<(), LmError> {
        self.session.feed(tokens, self.fed, WORK, scored, cancel, &mut |_| ())?;
        self.fed += tokens.len();
        Ok(())
    }

    /// Forgets the last `tokens`.
    pub(super) fn retract(&mut self, tokens: usize) -> Result<(), LmError> {
        if tokens == 0 {
            return Ok(());
        }
        self.fed = self.fed.saturating_sub(tokens);
        self.session.cut(WORK, self.fed)
    }

    /// The session, to read from.
    pub(super) fn session(&self) -> &Session {
        self.session
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        self.session.clear(WORK);
    }
}

/// The index of the greatest; the first of equals, and never a NaN unless all are.
pub(super) fn greatest(logits: &[f32]) -> usize {
    let mut best = 0;
    for (index, logit) in logits.iter().enumerate() {
        if *logit > logits[best] || logits[best].is_nan() {
            best = index;
        }
    }
    best
}

/// What llama.cpp reports, as our error.
pub(super) fn engine(error: impl std::fmt::Display) -> LmError {
    LmError::Engine(error.to_string())
}
