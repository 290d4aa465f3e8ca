//! An answer in the document's own words: the one or two sentences that fit a question best, or none.

use homepilot_models::embed::Embedding;

use super::embedding::NoEmbedding;
use super::library::{Hit, Library, Search};
use super::ranking;
use super::sentence;
use super::store::DocumentId;
use crate::database::StoreError;

/// How close one of the best passages must be to a question to be an answer, as a cosine. Both were chosen on one half of
/// a public collection (README, "Knowledge").
pub(super) const CLOSE: f32 = 0.4;
/// Which part of the question's words the best passage must have, when there is nothing but words to go by.
pub(super) const COVERS: f32 = 0.6;
/// Passages whose sentences are looked at.
pub(super) const PASSAGES: usize = 3;
/// Sentences that are looked at: about 0.2 s.
const SENTENCES: usize = 48;
/// What sharing all words with the question is worth beside a cosine of 1.
const SHARED: f32 = 0.4;
/// A second sentence is said only if it is nearly as good as the first.
const NEARLY: f32 = 0.85;

/// The sentences that answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub sentences: Vec<String>,
    pub from: Hit,
}

/// What fits a question: the search, and the answer in it if there is one.
pub(super) async fn answer(
    library: &Library,
    question: &str,
    document: Option<&DocumentId>,
    most: usize,
) -> Result<(Search, Option<Answer>), StoreError> {
    let search = library.search(question, document, most).await?;
    if !fits(&search, question, CLOSE, COVERS) {
        return Ok((search, None));
    }
    let candidates: Vec<(&Hit, &str)> = (search.hits.iter().take(PASSAGES))
        .flat_map(|hit| {
            sentence::split(hit.passage.text.get(hit.passage.overlap..).unwrap_or_default())
                .into_iter()
                .map(move |text| (hit, text))
        })
        .take(SENTENCES)
        .collect();
    let texts = candidates.iter().map(|(_, text)| (*text).to_owned()).collect();
    let embeddings = match &search.question {
        Ok(_) => library.embeddings.texts(texts).await,
        Err(why) => Err(why.clone()),
    };
    let best = choose(question, &search.question, &candidates, embeddings.as_deref().ok());
    Ok((search, best))
}

/// Whether the best passages have to do with the question: one is close enough in meaning, or has all of its words.
/// Without embeddings the best has to have most of its words.
pub(super) fn fits(search: &Search, question: &str, close: f32, covers: f32) -> bool {
    let words = ranking::words(question);
    let covered = |hit: &Hit| share(&words, &hit.passage.told());
    match &search.question {
        Ok(_) => search.hits.iter().take(PASSAGES).any(|hit| {
            hit.cosine.is_some_and(|cosine| cosine >= close) || (words.len() > 1 && covered(hit) >= 1.0)
        }),
        Err(_) => search.hits.first().is_some_and(|hit| covered(hit) >= covers),
    }
}

fn choose(
    question: &str,
    asked: &Result<Embedding, NoEmbedding>,
    candidates: &[(&Hit, &str)],
    embeddings: Option<&[Embedding]>,
) -> Option<Answer> {
    let words = ranking::words(question);
    let score = |at: usize| {
        let meant = match (asked, embeddings.and_then(|all| all.get(at))) {
            (Ok(asked), Some(sentence)) => asked.cosine(sentence),
            (Err(_), _) | (Ok(_), None) => 0.0,
        };
        meant + SHARED * share(&words, candidates[at].1)
    };
    let scores: Vec<f32> = (0..candidates.len()).map(score).collect();
    // The first of equals, since better passages come first.
    let best = (0..candidates.len()).rev().max_by(|a, b| scores[*a].total_cmp(&scores[*b]))?;
    let from = candidates[best].0;
    let second = (0..candidates.len())
        .filter(|at| *at != best && candidates[*at].0.passage.id == from.passage.id && at.abs_diff(best) <= 2)
        .filter(|at| scores[*at] >= NEARLY * scores[best])
        .max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let mut places: Vec<usize> = second.into_iter().chain([best]).collect();
    places.sort_unstable();
    let sentences =
        places.into_iter().map(|at| candidates[at].1.split_whitespace().collect::<Vec<_>>().join(" "));
    Some(Answer { sentences: sentences.collect(), from: from.clone() })
}

/// Which part of the words a text has, up to their endings.
fn share(words: &[String], text: &str) -> f32 {
    let text: Vec<String> =
        text.split(|char: char| !char.is_alphanumeric()).map(|word| stem(&word.to_lowercase())).collect();
    let found = words.iter().filter(|word| text.contains(&stem(word))).count();
    // Counts of words are small.
    if words.is_empty() { 0.0 } else { found as f32 / words.len() as f32 }
}

/// A word without the endings that change most often.
fn stem(word: &str) -> String {
    let cut = ["ing", "ies", "ed", "es", "s", "e", "y"].iter().find_map(|ending| word.strip_suffix(ending));
    cut.filter(|cut| cut.chars().count() >= 3).unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_shared_up_to_their_endings() {
        let words = ranking::words("when were the boilers serviced?");
        assert!((share(&words, "The boiler was serviced in May.") - 1.0).abs() < f32::EPSILON);
        assert!((share(&words, "Service it.") - 0.5).abs() < f32::EPSILON);
        assert!(share(&words, "Nothing of this.").abs() < f32::EPSILON);
        assert!(share(&[], "x").abs() < f32::EPSILON);
    }
}
