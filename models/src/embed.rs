//! Sentences as vectors: texts that mean the same lie close together.
//!
//! all-MiniLM-L6-v2 run by `rten`: the mean of the last layer's token vectors, brought to unit length, so that the dot
//! product of two embeddings is their cosine. Synchronous; put it on a thread of its own with [`crate::engine::Engine`].
//!
//! Invariants: an [`Embedding`] has [`DIMENSIONS`] finite values and unit length; a text's embedding depends on that text
//! alone, to the last bit: each is evaluated by itself, which needs no padding and on two cores is as fast as a batch.
//! The file's weights are int8 and are widened when they are loaded, so a loaded model takes 125 MB.

mod kept;
mod nearest;

use std::path::Path;
use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool};
use rten_tensor::NdTensor;
use rten_tensor::prelude::AsView;
use tokenizers::{Tokenizer, TruncationParams};

pub use kept::Kept;
pub use nearest::{Nearest, Packed};

use crate::cancel::Cancel;
use crate::engine::LoadError;
use crate::store::VerifiedModel;

/// Numbers in an embedding.
pub const DIMENSIONS: usize = 384;
/// Tokens of a text that are looked at, its two marks among them: about 190 English words. The rest is left out.
pub const LONGEST: usize = 256;
/// The catalogue's name of the model that this runs.
pub const MODEL: &str = "all-minilm-l6-v2-int8";
/// The catalogue's name of the tokenizer's file.
const TOKENIZER: &str = "tokenizer.json";

/// A text as a direction: [`DIMENSIONS`] finite numbers of unit length.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding(Box<[f32; DIMENSIONS]>);

/// Why texts have no embeddings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// The work was cancelled.
    #[error("the embedding was cancelled")]
    Cancelled,
    /// A text could not be cut into tokens.
    #[error("a text could not be cut into tokens: {0}")]
    Tokens(String),
    /// The engine failed on a text.
    #[error("the embedding failed: {0}")]
    Run(String),
}

/// The loaded model.
pub struct Embedder {
    tokenizer: Tokenizer,
    model: Model,
    threads: Arc<ThreadPool>,
    /// Token ids, attention mask, token types.
    inputs: [NodeId; 3],
    output: NodeId,
}

impl Embedding {
    /// The embedding in the direction of `values`; [`None`] unless they are [`DIMENSIONS`] finite numbers with a direction.
    pub fn towards(values: &[f32]) -> Option<Embedding> {
        let mut values: Box<[f32; DIMENSIONS]> = Box::new(values.try_into().ok()?);
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        if !length.is_normal() {
            return None;
        }
        values.iter_mut().for_each(|value| *value /= length);
        Some(Embedding(values))
    }

    /// Its numbers.
    pub fn values(&self) -> &[f32; DIMENSIONS] {
        &self.0
    }

    /// The cosine of the angle to another: 1 for the same direction, about 0 for texts without anything in common.
    pub fn cosine(&self, other: &Embedding) -> f32 {
        self.0.iter().zip(other.0.iter()).map(|(a, b)| a * b).sum()
    }
}

impl std::fmt::Debug for Embedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedder").finish_non_exhaustive()
    }
}

impl Embedder {
    /// Loads weights and tokenizer and runs them once, so that a wrong model fails here. `threads` evaluate one text;
    /// more than the machine has cores make it slower.
    pub fn load(model: &VerifiedModel, threads: usize) -> Result<Embedder, LoadError> {
        let refused = |file: &Path, reason: String| LoadError::File {
            model: model.id().clone(),
            file: file.to_owned(),
            reason,
        };
        let words = model
            .file(TOKENIZER)
            .ok_or_else(|| LoadError::Needs(format!("the model {} has no {TOKENIZER}", model.id())))?;
        let tokenizer = tokenizer(words).map_err(|error| refused(words, error.to_string()))?;
        let weights = ModelOptions::with_all_ops()
            .load_file(model.path())
            .map_err(|error| refused(model.path(), error.to_string()))?;
        let node = |name: &str| {
            weights.node_id(name).map_err(|_| refused(model.path(), format!("it has no {name:?}")))
        };
        let inputs = [node("input_ids")?, node("attention_mask")?, node("token_type_ids")?];
        let output = node("last_hidden_state")?;
        let threads = Arc::new(ThreadPool::with_num_threads(threads.max(1)));
        let embedder = Embedder { tokenizer, model: weights, threads, inputs, output };
        embedder.one("ready").map_err(|error| refused(model.path(), error.to_string()))?;
        Ok(embedder)
    }

    /// The embeddings of `texts`, in their order. `cancel` is looked at before each.
    pub fn embed(&mut self, texts: &[&str], cancel: &Cancel) -> Result<Vec<Embedding>, EmbedError> {
        let each =
            |text: &&str| if cancel.is_cancelled() { Err(EmbedError::Cancelled) } else { self.one(text) };
        texts.iter().map(each).collect()
    }

    fn one(&self, text: &str) -> Result<Embedding, EmbedError> {
        let tokens =
            self.tokenizer.encode_fast(text, true).map_err(|error| EmbedError::Tokens(error.to_string()))?;
        let ids: Vec<i32> = tokens.get_ids().iter().map(|id| id.cast_signed()).collect();
        let shape = [1, ids.len()];
        let [id, mask, kind] = self.inputs;
        let values = vec![
            (id, NdTensor::from_data(shape, ids).into()),
            (mask, NdTensor::full(shape, 1_i32).into()),
            (kind, NdTensor::full(shape, 0_i32).into()),
        ];
        let mut options = RunOptions::default();
        options.thread_pool = Some(self.threads.clone());
        let [hidden] = self
            .model
            .run_n(values, [self.output], Some(options))
            .map_err(|error| EmbedError::Run(error.to_string()))?;
        let hidden: NdTensor<f32, 3> =
            hidden.try_into().map_err(|_| EmbedError::Run("its result has another shape".to_owned()))?;
        mean(&hidden.to_vec()).ok_or_else(|| EmbedError::Run("its result is unusable".to_owned()))
    }
}

/// The tokenizer with the length this model is run at; the file has one of its own, and padding, which single texts
/// don't need.
fn tokenizer(file: &Path) -> tokenizers::Result<Tokenizer> {
    let mut tokenizer = Tokenizer::from_file(file)?;
    tokenizer
        .with_truncation(Some(TruncationParams { max_length: LONGEST, ..TruncationParams::default() }))?;
    tokenizer.with_padding(None);
    Ok(tokenizer)
}

/// The mean of the tokens' vectors: all of them count, since nothing was padded.
fn mean(tokens: &[f32]) -> Option<Embedding> {
    let mut sum = [0.0; DIMENSIONS];
    for token in tokens.chunks_exact(DIMENSIONS) {
        sum.iter_mut().zip(token).for_each(|(sum, value)| *sum += value);
    }
    Embedding::towards(&sum)
}

#[cfg(test)]
mod tests;
