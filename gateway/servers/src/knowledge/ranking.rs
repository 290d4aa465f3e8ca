//! Two rankings made one: by the words that a question and a passage share, and by what they mean.

use std::collections::HashMap;

/// How many passages of each ranking are looked at.
pub(super) const DEEP: usize = 100;
/// The most words of a question that are searched for.
const MOST_WORDS: usize = 32;

/// How much each ranking counts. A passage at place `n` (from 1) of one adds its weight / (`smooth` + n): reciprocal
/// rank fusion (Cormack, Clarke and Büttcher, 2009).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fusion {
    pub smooth: f32,
    pub words: f32,
    pub meaning: f32,
}

impl Fusion {
    /// Chosen on one half of a public collection (README, "Knowledge").
    pub const CHOSEN: Fusion = Fusion { smooth: 10.0, words: 0.6, meaning: 0.4 };
}

/// The passages of both rankings, the best first.
pub(super) fn fuse(words: &[(i64, f32)], meaning: &[(i64, f32)], fusion: Fusion) -> Vec<(i64, f32)> {
    let mut scores: HashMap<i64, f32> = HashMap::new();
    for (ranking, weight) in [(words, fusion.words), (meaning, fusion.meaning)] {
        for (place, (id, _)) in (1_u16..).zip(ranking) {
            *scores.entry(*id).or_default() += weight / (fusion.smooth + f32::from(place));
        }
    }
    let mut ranked: Vec<(i64, f32)> = scores.into_iter().collect();
    ranked.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked
}

/// Words that say nothing of what a question is about.
const EMPTY: &[&str] = &[
    "a", "about", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by",
    "can", "could", "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "his", "how", "i",
    "if", "in", "into", "is", "it", "its", "many", "may", "me", "might", "more", "most", "much", "must",
    "my", "no", "not", "of", "on", "one", "or", "our", "please", "s", "said", "say", "says", "shall", "she",
    "should", "so", "some", "such", "tell", "than", "that", "the", "their", "them", "then", "there", "these",
    "they", "this", "those", "to", "up", "us", "was", "we", "were", "what", "when", "where", "which", "who",
    "whom", "whose", "why", "will", "with", "would", "you", "your",
];

/// The words of a question that are worth searching for, each once, in lower case; all of them if none is.
pub(super) fn words(question: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in question.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let word = word.to_lowercase();
        if !all.contains(&word) {
            all.push(word);
        }
    }
    let full: Vec<String> = all.iter().filter(|word| !EMPTY.contains(&word.as_str())).cloned().collect();
    let mut words = if full.is_empty() { all } else { full };
    words.truncate(MOST_WORDS);
    words
}

/// A question in FTS5's language: any of its words. [`None`] if it has none.
pub(super) fn query(question: &str) -> Option<String> {
    let words: Vec<String> = words(question).iter().map(|word| format!("\"{word}\"")).collect();
    (!words.is_empty()).then(|| words.join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_rankings_have_comes_before_what_one_has() {
        let fusion = Fusion { smooth: 60.0, words: 1.0, meaning: 1.0 };
        let ids = |ranked: Vec<(i64, f32)>| ranked.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        assert_eq!(ids(fuse(&[(1, 9.0), (2, 8.0)], &[(3, 0.9), (2, 0.8)], fusion)), [2, 1, 3]);
        assert_eq!(ids(fuse(&[(1, 9.0), (2, 8.0)], &[], fusion)), [1, 2]);
        let meaning = Fusion { words: 0.1, ..fusion };
        assert_eq!(ids(fuse(&[(1, 9.0)], &[(3, 0.9)], meaning)), [3, 1]);
        assert_eq!(fuse(&[], &[], fusion), []);
    }

    #[test]
    fn a_question_is_searched_by_its_full_words_and_cannot_be_more_than_words() {
        assert_eq!(query("What did the plumber say about the boiler?").unwrap(), "\"plumber\" OR \"boiler\"");
        assert_eq!(query("who are you").unwrap(), "\"who\" OR \"are\" OR \"you\"");
        assert_eq!(
            query("\"a\" OR NEAR(x, 2) title:y*").unwrap(),
            "\"near\" OR \"x\" OR \"2\" OR \"title\" OR \"y\""
        );
        assert_eq!(query(" ?! "), None);
        assert_eq!(words(&"w ".repeat(3)), ["w"]);
    }
}
