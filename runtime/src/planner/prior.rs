//! What an utterance sounds like, before the model is asked: a share for each tool and for none of them.
//!
//! Two opinions are joined. A bank of everyday phrasings in families tells what is wanted ("play some jazz" is music,
//! whether or not anything here plays music); a family means the tools that are called like it, and if there are none,
//! nothing. What no family claims goes to the tools whose own words are close to the utterance, and to none of them if
//! none is. Both see an utterance as its embedding and as its words. A small model and the bank err differently, so
//! their product (`Choice::prior`) is far better than either.

mod attach;
mod bank;

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use homepilot_models::{
    cancel::Cancel,
    embed::{EmbedError, Embedder, Embedding, Kept},
    engine::LoadError,
    families::Families,
    store::VerifiedModel,
};

use super::{Conversation, Speaker, Tool};
pub(super) use attach::words;
use bank::Bank;

/// From likeness to a tool's own words to the logarithm of its share.
const OWN_SHARPNESS: f32 = 15.0;
/// The likeness at which a tool's own words weigh as much as doing nothing.
const OWN_LIKENESS: f32 = 0.35;
/// The same for a tool that families mean: they know better.
const KIN_LIKENESS: f32 = 0.52;
/// How much the prior counts beside the model, as a power of its shares.
const WEIGHT: f32 = 1.5;
/// The least share: no name is ruled out by the prior alone.
const LEAST: f32 = 0.005;
/// How far asking is behind the best: what a call lacks is found by code, whatever the model thinks of it.
const ASKING: f32 = 4.0;
/// The same just after something was asked: what was said is the answer to it.
const ASKING_AGAIN: f32 = 8.0;
/// Among more tools than this, one is alike by chance more often.
const CROWD: f32 = 18.0;
/// The likeness at which a tool is meant when its server is spoken of by name.
const NAMED_LIKENESS: f32 = 0.5;
/// What is left to the other tools then.
const UNNAMED: f32 = 0.2;

/// The fitted bank with its embedding model.
pub struct Sense {
    embedder: Mutex<Embedder>,
    kept: Mutex<Kept>,
    bank: Bank,
    families: Families,
}

impl std::fmt::Debug for Sense {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sense").field("bank", &self.bank).finish_non_exhaustive()
    }
}

/// What tools are about, as far as the bank knows.
#[derive(Debug)]
pub(crate) struct Matters(Bank);

impl Matters {
    pub(crate) fn read() -> Self {
        Self(Bank::read())
    }

    /// Whether a tool, by name, does what a family of requests wants.
    pub(super) fn is_of(&self, family: &str, name: &str) -> bool {
        attach::is_of(&self.0, family, name)
    }

    /// Whether two tools, by name, are about the same kind of thing.
    pub(crate) fn shared(&self, one: &str, other: &str) -> bool {
        attach::same_matter(&self.0, one, other)
    }
}

/// Why there is no prior.
#[derive(Debug, thiserror::Error)]
pub enum SenseError {
    /// The embedding model can't be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It failed on a phrasing.
    #[error(transparent)]
    Embed(#[from] EmbedError),
}

/// What is known of a set of tools.
#[derive(Clone, Debug)]
pub(super) struct Kin {
    /// By family, the tools it means.
    meant: Vec<Vec<usize>>,
    /// By tool, what it says of itself.
    own: Vec<Vec<Embedding>>,
    /// By tool, the words of its server's name.
    server: Vec<Vec<String>>,
}

/// Shares, `0.0..=1.0`, larger for what the utterance sounds like; they need not sum to one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaning {
    /// By tool.
    pub(super) tools: Vec<f32>,
    /// Of doing nothing.
    pub(super) none: f32,
}

impl Leaning {
    /// Of everything, the share of doing nothing.
    pub(super) fn silence(&self) -> f32 {
        self.none / (self.none + self.tools.iter().sum::<f32>()).max(f32::MIN_POSITIVE)
    }

    /// Logarithms for the names of a group of tools, `respond` and `ask` behind them.
    pub(super) fn prior(&self, tools: &[usize], asked: bool) -> Vec<f32> {
        let log = |share: f32| WEIGHT * (share.clamp(0.0, 1.0) + LEAST).ln();
        let tools: Vec<f32> = tools.iter().map(|tool| log(self.tools[*tool])).collect();
        let none = log(self.none);
        let best = tools.iter().copied().fold(none, f32::max);
        let asking = if asked { ASKING_AGAIN } else { ASKING };
        tools.into_iter().chain([none, best - asking]).collect()
    }
}

impl Sense {
    /// Loads the embedding model and fits the bank: seconds the first time, less when `cache` has the phrasings'
    /// embeddings from before.
    ///
    /// # Errors
    /// When the model can't be loaded or fails.
    pub fn load(model: &VerifiedModel, cache: Option<&Path>) -> Result<Self, SenseError> {
        let mut embedder = Embedder::load(model, 1)?;
        let mut kept = Kept::open(cache, model.sha256());
        let bank = Bank::read();
        let texts: Vec<&str> = bank.phrases.iter().map(|(_, text)| *text).collect();
        let embeddings = kept.embed(&mut embedder, &texts)?;
        let phrasings: Vec<_> =
            bank.phrases.iter().zip(embeddings).map(|((family, text), e)| (*family, *text, e)).collect();
        let families = Families::fit(&phrasings, bank.rules.len());
        Ok(Self { embedder: Mutex::new(embedder), kept: Mutex::new(kept), bank, families })
    }

    /// Finds the families of `tools` and embeds what they say of themselves.
    pub(super) fn kin(&self, tools: &[(String, Tool)]) -> Result<Kin, EmbedError> {
        let names: Vec<&str> = tools.iter().map(|(_, tool)| tool.name.as_str()).collect();
        let said: Vec<Vec<String>> = tools.iter().map(|(_, tool)| own_words(tool)).collect();
        let texts: Vec<&str> = said.iter().flatten().map(String::as_str).collect();
        let mut embeddings = self.embed(&texts)?.into_iter();
        let own = said.iter().map(|texts| embeddings.by_ref().take(texts.len()).collect()).collect();
        let server = tools.iter().map(|(_, tool)| attach::words(server_of(tool))).collect();
        Ok(Kin { meant: attach::attach(&self.bank, &names), own, server })
    }

    /// What the conversation's utterance sounds like. A follow-up is heard by itself and together with what was said
    /// before; the answer to a question only together.
    pub(super) fn lean(&self, kin: &Kin, conversation: &Conversation) -> Result<Leaning, EmbedError> {
        let alone = conversation.utterance.as_str();
        let before = conversation.earlier.iter().rev().find(|line| line.speaker == Speaker::User);
        let last = conversation.earlier.last().filter(|line| line.speaker == Speaker::Persona);
        let asked =
            conversation.asked.is_some() || last.is_some_and(|line| line.text.trim_end().ends_with('?'));
        let request = conversation.asked.as_ref().map(|asked| &asked.request);
        let joined = request.or(before.map(|line| &line.text)).map(|before| format!("{before} {alone}"));
        let heard: Vec<&str> = match &joined {
            None => vec![alone],
            Some(joined) if asked => vec![joined],
            Some(joined) => vec![alone, joined],
        };
        let embeddings = self.embed(&heard)?;
        let leanings: Vec<Leaning> =
            heard.iter().zip(&embeddings).map(|(text, embedding)| self.hear(kin, text, embedding)).collect();
        let part = 1.0 / leanings.len() as f32;
        let mut sum = Leaning { tools: vec![0.0; kin.own.len()], none: 0.0 };
        for leaning in leanings {
            sum.none += leaning.none * part;
            sum.tools.iter_mut().zip(leaning.tools).for_each(|(sum, share)| *sum += share * part);
        }
        Ok(sum)
    }

    fn hear(&self, kin: &Kin, text: &str, embedding: &Embedding) -> Leaning {
        let families = self.families.shares(text, embedding);
        let like: Vec<f32> = kin
            .own
            .iter()
            .map(|own| own.iter().map(|own| own.cosine(embedding)).fold(-1.0, f32::max))
            .collect();
        let leaning = join(kin, &families, |tool| like[tool]);
        by_name(kin, leaning, text, |tool| like[tool])
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        let mut embedder = self.embedder.lock().unwrap_or_else(PoisonError::into_inner);
        if texts.len() < 3 {
            return embedder.embed(texts, &Cancel::new());
        }
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).embed(&mut embedder, texts)
    }
}

/// Gives each family's share to the tools it means, and the rest to the tools whose own words are `like` the utterance,
/// and to none.
fn join(kin: &Kin, families: &[f32], like: impl Fn(usize) -> f32) -> Leaning {
    let mut tools = vec![0.0_f32; kin.own.len()];
    let mut unclaimed = 0.0;
    for (share, meant) in families.iter().zip(&kin.meant) {
        if meant.is_empty() {
            unclaimed += share;
        }
        meant.iter().for_each(|tool| tools[*tool] += share);
    }
    let crowd = (tools.len() as f32 / CROWD).max(1.0).sqrt();
    let weight = |tool: usize| {
        let kin = kin.meant.iter().any(|meant| meant.contains(&tool));
        (OWN_SHARPNESS * (like(tool) - if kin { KIN_LIKENESS } else { OWN_LIKENESS })).exp() / crowd
    };
    let weights: Vec<f32> = (0..tools.len()).map(weight).collect();
    let best = weights.iter().copied().fold(0.0, f32::max);
    tools.iter_mut().zip(&weights).for_each(|(share, weight)| *share += unclaimed * weight / (1.0 + best));
    Leaning { tools, none: unclaimed / (1.0 + best) }
}

/// Whoever names a server means its tools, as far as they are like the utterance: "what is on the pantry list" is no
/// question about another list. "Remind me to look into the pantry" is like none of them.
fn by_name(kin: &Kin, mut leaning: Leaning, text: &str, like: impl Fn(usize) -> f32) -> Leaning {
    let said = attach::words(text);
    let is_named = |tool: usize| {
        let server = &kin.server[tool];
        !server.is_empty() && server.iter().all(|word| said.contains(word)) && like(tool) >= NAMED_LIKENESS
    };
    let named: Vec<bool> = (0..leaning.tools.len()).map(is_named).collect();
    if !named.contains(&true) {
        return leaning;
    }
    let best = leaning.tools.iter().copied().fold(leaning.none, f32::max);
    for (tool, share) in leaning.tools.iter_mut().enumerate() {
        *share = if named[tool] { share.max(best * like(tool)) } else { *share * UNNAMED };
    }
    leaning.none *= UNNAMED;
    leaning
}

/// `server` of `server__tool`.
fn server_of(tool: &Tool) -> &str {
    tool.id.split_once("__").map_or("", |(server, _)| server)
}

/// A tool's name, its first sentence, and the requests that its description quotes.
fn own_words(tool: &Tool) -> Vec<String> {
    /// Characters of a first sentence.
    const SENTENCE: usize = 200;
    /// Quoted requests.
    const QUOTES: usize = 4;
    let name = attach::words(&tool.name).join(" ");
    let description = tool.description.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = description.find(". ").unwrap_or(description.len());
    let sentence: String = description[..end].chars().take(SENTENCE).collect();
    let quotes = description.split('"').skip(1).step_by(2).map(|quote| quote.replace('…', " "));
    let quotes = quotes.filter(|quote| (6..=80).contains(&quote.len())).take(QUOTES);
    [name.clone(), format!("{name}: {sentence}"), sentence].into_iter().chain(quotes).collect()
}

#[cfg(test)]
mod tests;
