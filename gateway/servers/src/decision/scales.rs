//! Words for figures: how important, how good, how likely, how bad.

use super::figure;

/// How a weight was given. Numbers and words can't be mixed: nobody knows how many points "very important" is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Weight {
    /// As a number, of any scale.
    Number(f64),
    /// In words, on a scale of 0 to 5.
    Words(f64),
}

/// What a criterion without a weight counts when others have theirs in words: "important".
pub(super) const IMPORTANT: f64 = 3.0;

const WEIGHTS: &[(f64, &[&str])] = &[
    (
        5.0,
        &[
            "most important",
            "the most important",
            "extremely important",
            "essential",
            "crucial",
            "critical",
            "vital",
            "decisive",
            "top priority",
            "a must",
            "must have",
            "highest",
        ],
    ),
    (4.0, &["very important", "really important", "high", "high priority", "a lot", "very much"]),
    (IMPORTANT, &["important", "medium", "normal", "fairly important", "quite important", "average"]),
    (2.0, &["somewhat important", "moderately important", "a bit important", "less important"]),
    (
        1.0,
        &[
            "slightly important",
            "a little important",
            "a little",
            "minor",
            "low",
            "low priority",
            "nice to have",
            "not very important",
            "not so important",
            "not that important",
            "least important",
        ],
    ),
    (
        0.0,
        &[
            "not important",
            "not important at all",
            "unimportant",
            "irrelevant",
            "doesn't matter",
            "does not matter",
        ],
    ),
];

const SCORES: &[(f64, &[&str])] = &[
    (10.0, &["perfect", "ideal"]),
    (9.0, &["excellent", "outstanding"]),
    (8.0, &["very good", "great"]),
    (7.0, &["good"]),
    (6.0, &["quite good", "decent", "fairly good"]),
    (5.0, &["okay", "ok", "average", "fair", "so so", "medium"]),
    (4.0, &["below average", "not so good", "not great"]),
    (3.0, &["bad", "poor", "weak"]),
    (2.0, &["very bad", "very poor"]),
    (1.0, &["terrible", "awful", "horrible"]),
];

const LIKELIHOODS: &[(u8, &[&str])] = &[
    (1, &["rare", "rarely", "very unlikely", "very low", "almost impossible"]),
    (2, &["unlikely", "low", "improbable"]),
    (3, &["possible", "possibly", "medium", "maybe", "moderate", "fifty fifty"]),
    (4, &["likely", "probable", "probably", "high"]),
    (5, &["very likely", "almost certain", "certain", "very high", "nearly certain"]),
];

const IMPACTS: &[(u8, &[&str])] = &[
    (1, &["negligible", "minimal", "tiny", "very low", "harmless"]),
    (2, &["minor", "small", "low", "annoying"]),
    (3, &["moderate", "medium", "noticeable"]),
    (4, &["major", "serious", "severe", "big", "bad", "high", "expensive"]),
    (5, &["catastrophic", "disastrous", "critical", "fatal", "very high", "very bad", "terrible"]),
];

/// Reads "very important", "is important to me", "3", "40%" or "weight three".
pub(super) fn weight(text: &str) -> Option<Weight> {
    let plain = plain(text, &["is", "it's", "weight", "with", "weighs", "counts", "matters", "times"]);
    let plain = [" to me", " for me", " to us", " for us"]
        .iter()
        .fold(plain.as_str(), |text, ending| text.strip_suffix(ending).unwrap_or(text));
    find(WEIGHTS, plain).map(Weight::Words).or_else(|| figure::read(plain).map(Weight::Number))
}

/// Reads "7", "seven out of ten" or "very good".
pub(super) fn score(text: &str) -> Option<f64> {
    let plain = plain(
        text,
        &["is", "gets", "has", "scores", "score", "a", "an", "of", "on", "for", "with", "at", "the", "in"],
    );
    find(SCORES, &plain).or_else(|| figure::read(&plain))
}

/// Reads "very unlikely", "likelihood 4" or "a high chance".
pub(super) fn likelihood(text: &str) -> Option<u8> {
    rating(text, LIKELIHOODS, &["likelihood", "probability", "chance", "likely"])
}

/// Reads "severe", "impact four" or "high impact".
pub(super) fn impact(text: &str) -> Option<u8> {
    rating(text, IMPACTS, &["impact", "damage", "consequences", "severity"])
}

/// Whether a text names the likelihood, or the impact, and not only a figure.
pub(super) fn names_rating(text: &str) -> bool {
    let words = ["likelihood", "probability", "chance", "impact", "damage", "consequences", "severity"];
    words.iter().any(|word| text.to_lowercase().contains(word))
}

fn rating(text: &str, table: &[(u8, &[&str])], names: &[&str]) -> Option<u8> {
    let lower = text.trim().to_lowercase();
    if let Some(found) = find(table, &lower) {
        return Some(found);
    }
    let fillers = ["a", "is", "of", "the", "with", "and", "out", "five"];
    let kept: Vec<&str> = lower.split_whitespace().filter(|word| !names.contains(word)).collect();
    let joined = kept.join(" ");
    let number = figure::read(
        joined.trim_end_matches("/5").trim_end_matches(" out of 5").trim_end_matches(" out of five"),
    );
    if let Some(number) = number {
        return (1..=5).find(|level| f64::from(*level) == number);
    }
    let bare: Vec<&str> = kept.into_iter().filter(|word| !fillers.contains(word)).collect();
    find(table, &bare.join(" "))
}

/// Lower case, without punctuation around it and without leading `fillers`.
fn plain(text: &str, fillers: &[&str]) -> String {
    let lower = text.to_lowercase();
    let mut words: Vec<&str> = lower
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| matches!(c, ':' | '=' | '(' | ')' | ',' | '.' | '!')))
        .filter(|word| !word.is_empty())
        .collect();
    let whole = words.join(" ");
    // "a little" and "a must" begin with a filler themselves.
    if WEIGHTS.iter().any(|(_, known)| known.contains(&whole.as_str())) {
        return whole;
    }
    while words.len() > 1 && fillers.contains(&words[0]) {
        words.remove(0);
    }
    words.join(" ")
}

fn find<T: Copy>(table: &[(T, &[&str])], text: &str) -> Option<T> {
    table.iter().find(|(_, words)| words.contains(&text)).map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn importance_in_words_and_numbers() {
        for (text, expected) in [
            ("very important", Some(Weight::Words(4.0))),
            ("is the most important", Some(Weight::Words(5.0))),
            ("is important to me", Some(Weight::Words(3.0))),
            ("not very important", Some(Weight::Words(1.0))),
            ("doesn't matter", Some(Weight::Words(0.0))),
            ("3", Some(Weight::Number(3.0))),
            ("weight three", Some(Weight::Number(3.0))),
            ("40%", Some(Weight::Number(40.0))),
            ("blue", None),
            ("", None),
        ] {
            assert_eq!(weight(text), expected, "{text:?}");
        }
    }

    #[test]
    fn scores_and_ratings_in_words_and_numbers() {
        assert_eq!(
            (score("very good"), score("gets a 7"), score("eight out of ten")),
            (Some(8.0), Some(7.0), Some(8.0))
        );
        assert_eq!(score("purple"), None);
        for (text, expected) in [
            ("likely", Some(4)),
            ("very unlikely", Some(1)),
            ("likelihood 4", Some(4)),
            ("a high chance", Some(4)),
            ("4/5", Some(4)),
            ("three", Some(3)),
            ("six", None),
            ("tomorrow", None),
        ] {
            assert_eq!(likelihood(text), expected, "{text:?}");
        }
        for (text, expected) in [
            ("severe", Some(4)),
            ("high impact", Some(4)),
            ("impact five", Some(5)),
            ("9", None),
            ("wet", None),
        ] {
            assert_eq!(impact(text), expected, "{text:?}");
        }
    }
}
