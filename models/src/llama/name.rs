//! The choice of a name, the one decision in a plan that matters most: how sure the model was, what else it
//! considered, and whether to keep silent.
//!
//! An output begins `{"name": "NAME"`. Tokens need not end where a name begins or ends, so everything is compared as
//! bytes: a token is consistent with a name if what was written and the token begin that text, or reach beyond it. A
//! token that is consistent with every name still possible decides nothing and counts for nothing.

use toktrie::TokenId;

use super::grammar::Grammars;
use crate::lm::Choice;

const OPENING: &str = "{\"name\": \"";
/// How much more a prior counts where names part that began alike: a small model is far surer there than it is right.
const LATE: f32 = 2.0;

pub(super) struct NameChoice<'a> {
    choice: &'a Choice,
    /// `{"name": "NAME"` for each name.
    heads: Vec<Vec<u8>>,
    /// By name; there from the first choice on.
    shares: Option<Vec<f32>>,
    /// The shares without the prior.
    opinion: Vec<f32>,
    /// The name that silence decided on.
    forced: Option<usize>,
    confidence: f64,
}

/// A token that may come next.
struct Candidate {
    token: i32,
    /// The names it is consistent with.
    begins: Vec<usize>,
    /// The model's logit.
    opinion: f32,
    /// With the prior.
    score: f32,
}

impl<'a> NameChoice<'a> {
    pub(super) fn new(choice: &'a Choice) -> Self {
        let heads = choice.names.iter().map(|name| format!("{OPENING}{name}\"").into_bytes()).collect();
        Self { choice, heads, shares: None, opinion: Vec::new(), forced: None, confidence: 1.0 }
    }

    /// What every output begins with, if all names continue it from a token's beginning: it is fed with the prompt.
    pub(super) fn opening(&self, grammars: &Grammars) -> Vec<TokenId> {
        let opening = grammars.tokens(OPENING.as_bytes());
        let ends_there = |head: &Vec<u8>| grammars.tokens(head).starts_with(&opening);
        if self.heads.is_empty() || !self.heads.iter().all(ends_there) { Vec::new() } else { opening }
    }

    /// Whether the next token decides, or helps to decide, the name.
    pub(super) fn is_open(&self, text: &[u8]) -> bool {
        self.heads.iter().any(|head| text.len() < head.len() && head.starts_with(text))
    }

    /// The token to take, out of the allowed ones with their logits; [`None`] if there is none.
    ///
    /// A token that begins several names carries the best of their priors: which of them is meant is decided where they
    /// part, by their priors again.
    pub(super) fn choose(&mut self, text: &[u8], allowed: &[(i32, f32)], grammars: &Grammars) -> Option<i32> {
        let open: Vec<usize> =
            (0..self.heads.len()).filter(|index| self.heads[*index].starts_with(text)).collect();
        let begun = |token: i32| -> Vec<usize> {
            let piece = grammars.bytes(token.cast_unsigned());
            open.iter().copied().filter(|index| continues(&self.heads[*index], text, piece)).collect()
        };
        let trust = if self.shares.is_none() { 1.0 } else { LATE };
        let candidates: Vec<Candidate> = allowed
            .iter()
            .map(|(token, logit)| {
                let begins = begun(*token);
                let prior = begins.iter().filter_map(|index| self.choice.prior.get(*index)).copied();
                let prior = prior.reduce(f32::max).unwrap_or(0.0);
                Candidate { token: *token, begins, opinion: *logit, score: *logit + trust * prior }
            })
            .collect();
        let best = likeliest(candidates.iter())?;
        let weight = |score: f32| f64::from(score - best.score).exp();
        let total: f64 = candidates.iter().map(|candidate| weight(candidate.score)).sum();
        if self.shares.is_none() && best.begins.len() < self.heads.len() {
            let shares = self.share(&candidates, |candidate| candidate.score);
            self.opinion = self.share(&candidates, |candidate| candidate.opinion);
            self.forced = self.silence(&shares);
            self.shares = Some(shares);
        }
        let taken = match self.forced {
            None => best,
            Some(index) => likeliest(candidates.iter().filter(|c| c.begins.contains(&index)))?,
        };
        if taken.begins.len() < open.len() {
            self.confidence *= weight(taken.score) / total;
        }
        Some(taken.token)
    }

    /// By name, out of the tokens that tell names apart.
    fn share(&self, candidates: &[Candidate], score: impl Fn(&Candidate) -> f32) -> Vec<f32> {
        let deciding = || candidates.iter().filter(|candidate| candidate.begins.len() < self.heads.len());
        let greatest = deciding().map(&score).fold(f32::NEG_INFINITY, f32::max);
        let mut shares = vec![0.0; self.heads.len()];
        for candidate in deciding() {
            let part = (score(candidate) - greatest).exp() / candidate.begins.len().max(1) as f32;
            candidate.begins.iter().for_each(|index| shares[*index] += part);
        }
        let total: f32 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= total);
        shares
    }

    pub(super) fn confidence(&self) -> f32 {
        self.confidence as f32
    }

    /// All of it for the only name, if there was nothing to choose.
    pub(super) fn shares(&self) -> Vec<(String, f32)> {
        let only = || vec![if self.heads.len() == 1 { 1.0 } else { 0.0 }; self.heads.len()];
        let shares = self.shares.clone().unwrap_or_else(only);
        self.choice.names.iter().cloned().zip(shares).collect()
    }

    /// The shares without the prior.
    pub(super) fn opinion(&self) -> Vec<f32> {
        self.opinion.clone()
    }

    fn silence(&self, shares: &[f32]) -> Option<usize> {
        let silence = self.choice.silent.as_ref()?;
        let index = self.choice.names.iter().position(|name| *name == silence.name)?;
        (shares[index] >= silence.at_least).then_some(index)
    }
}

fn likeliest<'c>(candidates: impl Iterator<Item = &'c Candidate>) -> Option<&'c Candidate> {
    candidates.reduce(|a, b| if b.score > a.score { b } else { a })
}

/// Whether `text` followed by `piece` is a beginning of `head`, or `head` a beginning of it.
fn continues(head: &[u8], text: &[u8], piece: &[u8]) -> bool {
    head.strip_prefix(text).is_some_and(|rest| rest.starts_with(piece) || piece.starts_with(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_continues_a_name_if_it_begins_or_passes_it() {
        let head = b"{\"name\": \"send\"";
        for (text, piece, expected) in [
            (&b"{\"name\": \""[..], &b"send"[..], true),
            (b"{\"name\": \"", b"se", true),
            (b"{\"name\": \"se", b"nd\", \"", true),
            (b"{\"name\":", b" \"send", true),
            (b"{\"name\": \"", b"sent", false),
            (b"{\"name\": \"re", b"nd", false),
        ] {
            assert_eq!(continues(head, text, piece), expected, "{text:?} {piece:?}");
        }
    }
}
