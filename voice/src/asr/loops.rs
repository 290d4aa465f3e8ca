//! Whisper's best known failure: the decoder falls into saying the same thing until it runs out of tokens.
//!
//! People repeat themselves too ("no no no", "five five five five"), so a loop must be longer than that.

use std::ops::Range;

/// Longest repeated phrase that is looked for, in words.
const LONGEST_PHRASE: usize = 12;
/// A word of this many characters may hide a loop of its own ("hahaha…").
const LONG_WORD: usize = 24;

/// How often a phrase of `words` words must be said in a row to be a loop.
fn least_repeats(words: usize) -> usize {
    match words {
        1 => 7,
        2 => 4,
        _ => 3,
    }
}

/// `text` with every loop reduced to its first round, if it has one.
pub(super) fn cut(text: &str) -> Option<String> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let mut found = false;
    while let Some(surplus) = surplus(&words) {
        words.drain(surplus);
        found = true;
    }
    for word in &mut words {
        if let Some(short) = cut_word(word) {
            *word = short;
            found = true;
        }
    }
    found.then(|| words.join(" "))
}

/// The words after the first round of the first loop.
fn surplus(words: &[&str]) -> Option<Range<usize>> {
    let bare: Vec<String> = words
        .iter()
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect())
        .collect();
    (1..=LONGEST_PHRASE).find_map(|period| {
        (0..bare.len().saturating_sub(period)).find_map(|start| {
            let matching = (start + period..bare.len()).take_while(|&i| bare[i] == bare[i - period]).count();
            let repeats = 1 + matching / period;
            (repeats >= least_repeats(period)).then(|| start + period..start + period + matching)
        })
    })
}

fn cut_word(word: &str) -> Option<&str> {
    let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
    if starts.len() < LONG_WORD {
        return None;
    }
    let chars: Vec<char> = word.chars().collect();
    (1..=4).find_map(|period| {
        let same = (period..chars.len()).filter(|&i| chars[i] == chars[i - period]).count();
        // Nine in ten: the loop may start or end in the middle of a round.
        (same * 10 >= (chars.len() - period) * 9).then(|| &word[..starts[period]])
    })
}

#[cfg(test)]
mod tests {
    use super::cut;
    use proptest::prelude::*;

    #[test]
    fn loops_are_reduced_to_their_first_round() {
        for (text, expected) in [
            ("Remind me, remind me, remind me, remind me, remind me", "Remind me,"),
            ("Call mom at five. Call mom at five. Call mom at five.", "Call mom at five."),
            ("so so so so so so so so so", "so"),
            ("turn it on and on and on and on and on and on", "turn it on and"),
            ("ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha-ha", "ha-"),
        ] {
            assert_eq!(cut(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_people_repeat_is_not_a_loop() {
        for text in [
            "",
            "no",
            "no no no no",
            "five five five five",
            "555-123-5555 that is five five five",
            "yes yes, I said yes",
            "very very very very good",
            "buy milk and buy bread and buy eggs",
            "knock knock, knock knock, who's there",
            "internationalisationalism",
            "P-I-T-T-S-B-U-R-G-H-P-I-T-T-S-B-U-R-G-H",
        ] {
            assert_eq!(cut(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn cutting_ends_and_leaves_nothing_to_cut(words in prop::collection::vec("[ab]{1,2}", 0..60)) {
            let text = words.join(" ");
            if let Some(once) = cut(&text) {
                prop_assert!(once.len() < text.len());
                prop_assert_eq!(cut(&once), None);
            }
        }

        #[test]
        fn any_text_is_taken(text in ".{0,200}") {
            if let Some(shorter) = cut(&text) {
                prop_assert!(shorter.len() <= text.len());
            }
        }
    }
}
