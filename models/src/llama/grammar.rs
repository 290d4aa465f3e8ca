//! Grammars from JSON schemas, over this model's tokens.
//!
//! The grammar runs ahead: what it forces is appended without asking the model. That takes a tokenizer environment that
//! splits text exactly as the model's own tokenizer does ("canonical"); llama-cpp-2's does not claim to, and then
//! nothing is skipped. Building a grammar costs milliseconds and tool sets seldom change, so a few are kept.

use std::sync::Arc;

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llguidance::api::TopLevelGrammar;
use llguidance::earley::SlicedBiasComputer;
use llguidance::toktrie::InferenceCapabilities;
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};
use toktrie::{TokEnv, TokTrie, TokenId, TokenizerEnv};

use crate::lm::LmError;

/// Grammars kept: one for each persona's tools, and questions in between.
const KEPT: usize = 8;

struct Canonical {
    trie: TokTrie,
    model: Arc<LlamaModel>,
}

impl TokenizerEnv for Canonical {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<TokenId> {
        self.trie.tokenize_with_greedy_fallback(bytes, |text| {
            let tokens = self.model.vocab().tokenize(text.as_bytes(), false, false);
            tokens.into_iter().map(|token| token.0.cast_unsigned()).collect()
        })
    }

    fn tokenize_is_canonical(&self) -> bool {
        true
    }
}

pub(super) struct Grammars {
    factory: ParserFactory,
    /// By schema; the one used last is last.
    kept: Vec<(String, Matcher)>,
}

impl Grammars {
    /// Walks the whole vocabulary: some tenths of a second.
    pub(super) fn new(model: &Arc<LlamaModel>) -> Result<Self, String> {
        let trie = LlamaSampler::llguidance_tok_env(model).tok_trie().clone();
        let environment: TokEnv = Arc::new(Canonical { trie, model: Arc::clone(model) });
        let capabilities = InferenceCapabilities { ff_tokens: true, ..InferenceCapabilities::default() };
        let mut factory = ParserFactory::new(&environment, capabilities, &SlicedBiasComputer::json_slices())
            .map_err(|error| error.to_string())?;
        factory.quiet();
        Ok(Self { factory, kept: Vec::new() })
    }

    /// A matcher at the beginning of the schema's grammar.
    pub(super) fn matcher(&mut self, schema: &Value) -> Result<Matcher, LmError> {
        let key = schema.to_string();
        let entry = match self.kept.iter().position(|(kept, _)| *kept == key) {
            Some(index) => self.kept.remove(index),
            None => (key, self.build(schema)?),
        };
        let matcher = entry.1.deep_clone();
        self.kept.push(entry);
        if self.kept.len() > KEPT {
            self.kept.remove(0);
        }
        Ok(matcher)
    }

    /// The bytes of a token.
    pub(super) fn bytes(&self, token: TokenId) -> &[u8] {
        self.factory.tok_env().tok_trie().token(token)
    }

    /// The model's own tokens for plain text.
    pub(super) fn tokens(&self, text: &[u8]) -> Vec<TokenId> {
        self.factory.tok_env().tokenize_bytes(text)
    }

    fn build(&self, schema: &Value) -> Result<Matcher, LmError> {
        let mut schema = schema.clone();
        let Some(members) = schema.as_object_mut() else {
            return Err(LmError::Grammar("a schema is an object".to_owned()));
        };
        // One way to write each output, so that all punctuation is forced; schemas of other people's tools may hold
        // keywords that no grammar can follow.
        members.entry("x-guidance").or_insert_with(|| {
            json!({
                "whitespace_flexible": false,
                "item_separator": ", ",
                "key_separator": ": ",
                "coerce_one_of": true,
                "lenient": true,
            })
        });
        let matcher = Matcher::new(self.factory.create_parser(TopLevelGrammar::from_json_schema(schema)));
        match matcher.get_error() {
            Some(error) => Err(LmError::Grammar(error)),
            None => Ok(matcher),
        }
    }
}
