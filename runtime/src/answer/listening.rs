//! What a listener says so that the other goes on.

use super::words::words;

/// Sounds and small words of somebody who listens. None of them asks for anything, denies or stops.
#[rustfmt::skip]
const SOUNDS: &[&str] = &[
    "mhm", "mm", "m", "hm", "hmm", "uh", "huh", "um", "ah", "aha", "oh", "ooh", "okay", "k", "yes", "yeah", "yep",
    "yup", "right", "sure", "good", "great", "nice", "cool", "fine", "i", "see", "got", "it", "all", "wow", "ha",
];
/// Words of whole phrases that mean nothing of the kind by themselves.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("i", &["i see"]),
    ("see", &["i see"]),
    ("got", &["got it"]),
    ("it", &["got it"]),
    ("all", &["all right"]),
];
/// A longer utterance is meant for us.
const MOST: usize = 4;

/// Whether the whole utterance is only that: "mhm", "uh-huh", "okay", "yeah, I see".
pub fn is_listening_sound(utterance: &str) -> bool {
    let said = words(utterance);
    let said: Vec<&str> = said.iter().map(|word| word.text.as_str()).collect();
    let whole = said.join(" ");
    let known = |word: &str| {
        let phrases = ONLY_IN.iter().find(|(only, _)| *only == word).map(|(_, phrases)| *phrases);
        SOUNDS.contains(&word) && phrases.is_none_or(|all| all.iter().any(|phrase| whole.contains(phrase)))
    };
    (1..=MOST).contains(&said.len()) && !utterance.contains('?') && said.iter().all(|word| known(word))
}

#[cfg(test)]
mod tests {
    use super::is_listening_sound;

    #[test]
    fn sounds_of_a_listener_are_told_from_words_to_us() {
        for sound in [
            "Mm-hmm.",
            "mhm",
            "Uh-huh.",
            "Okay.",
            "ok ok",
            "Yeah, I see.",
            "All right.",
            "Hmm",
            "Oh, nice!",
            "Got it.",
        ] {
            assert!(is_listening_sound(sound), "{sound}");
        }
        for words in [
            "",
            "no",
            "stop",
            "okay stop",
            "okay, and tomorrow",
            "what?",
            "okay?",
            "it",
            "I got all",
            "wait",
            "thank you",
            "okay okay okay okay okay",
            "yes call mom",
        ] {
            assert!(!is_listening_sound(words), "{words}");
        }
    }
}
