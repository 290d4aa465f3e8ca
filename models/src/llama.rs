//! llama.cpp as a [`LanguageModel`].
//!
//! Made for a slow machine: a prompt's fixed part is evaluated once and kept (`prefix`), output follows a grammar that
//! writes what is forced by itself (`grammar`), and evaluation goes in chunks so that a raised [`Cancel`] is seen
//! within a quarter of a second on the 1.5B with two cores (`session`). Every call begins in an empty working sequence
//! and leaves it empty, on errors too.

mod backend;
mod copied;
mod grammar;
mod name;
mod plan;
mod prefix;
mod session;
#[cfg(test)]
mod tests;
mod write;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;

use crate::cancel::Cancel;
use crate::engine::LoadError;
use crate::lm::{Choice, Finish, LanguageModel, LmError, Planned, Prefix, Warmth, Written};
use crate::store::VerifiedModel;
use grammar::Grammars;
use prefix::Prefixes;
use session::{Session, Work};

/// How to run a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LlamaOptions {
    /// Threads to evaluate with: physical cores, not more. On a busy machine OpenMP's waiting threads get in the way of
    /// everything else unless `OMP_WAIT_POLICY=passive` is in the environment before the program starts.
    pub threads: usize,
    /// Tokens that all prefixes, a prompt's rest and its answer share. 28 kB each on the 1.5B, 12 kB on the 0.5B.
    pub context_tokens: usize,
    /// Where evaluated prefixes are kept between starts; [`None`] for nowhere.
    pub cache_dir: Option<PathBuf>,
}

impl Default for LlamaOptions {
    fn default() -> Self {
        Self { threads: 2, context_tokens: 8192, cache_dir: None }
    }
}

/// A loaded model.
pub struct Llama {
    session: Session,
    grammars: Grammars,
    prefixes: Prefixes,
}

impl Llama {
    /// Maps the weights and makes room for the context.
    pub fn load(model: &VerifiedModel, options: LlamaOptions) -> Result<Self, LoadError> {
        let refused = |reason: String| LoadError::File {
            model: model.id().clone(),
            file: model.path().to_owned(),
            reason,
        };
        let backend = backend::backend().map_err(LoadError::Needs)?;
        let weights = LlamaModel::load_from_file(backend, model.path(), &LlamaModelParams::default())
            .map_err(|error| refused(error.to_string()))?;
        let weights = Arc::new(weights);
        let grammars = Grammars::new(&weights).map_err(refused)?;
        let session = Session::open(weights, options.threads, options.context_tokens).map_err(refused)?;
        let prefixes = Prefixes::new(model.sha256(), options.cache_dir);
        Ok(Self { session, grammars, prefixes })
    }
}

impl LanguageModel for Llama {
    fn warm(
        &mut self,
        prefix: &Prefix,
        cancel: &Cancel,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Warmth, LmError> {
        self.prefixes.warm(&mut self.session, prefix, cancel, progress)
    }

    fn plan(
        &mut self,
        prefix: &Prefix,
        suffix: &str,
        choice: &Choice,
        cancel: &Cancel,
    ) -> Result<Planned, LmError> {
        let began = Instant::now();
        let matcher = self.grammars.matcher(&choice.grammar)?;
        let suffix = self.session.tokens(suffix);
        let tail = suffix.len() + choice.max_tokens;
        let (evaluated, _) = self.prefixes.ready(&mut self.session, prefix, tail, cancel, &mut |_, _| ())?;
        let prompt_tokens = evaluated.map_or(0, |evaluated| evaluated.tokens) + suffix.len();
        let mut work = Work::begin(&mut self.session, evaluated)?;
        let output = plan::plan(&mut work, suffix, matcher, &self.grammars, choice, cancel)?;
        Ok(output.planned(prompt_tokens, began))
    }

    fn write(
        &mut self,
        prefix: &Prefix,
        suffix: &str,
        max_tokens: usize,
        stop: &[&str],
        cancel: &Cancel,
        on_piece: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Written, LmError> {
        let suffix = self.session.tokens(suffix);
        if suffix.is_empty() {
            return Err(LmError::Empty);
        }
        let tail = suffix.len() + max_tokens;
        let ready = self.prefixes.ready(&mut self.session, prefix, tail, cancel, &mut |_, _| ());
        let evaluated = match ready {
            Ok((evaluated, _)) => evaluated,
            Err(LmError::Cancelled) => {
                return Ok(Written { text: String::new(), finished: Finish::Cancelled, tokens: 0 });
            }
            Err(error) => return Err(error),
        };
        let mut work = Work::begin(&mut self.session, evaluated)?;
        write::write(&mut work, &suffix, max_tokens, stop, cancel, on_piece)
    }
}
