//! What whisper writes when nobody spoke: noise tags, words it learnt from subtitles over silence, and names it was told.

use super::names::Names;

/// Peak below which there is nothing to hear: -54 dBFS.
pub(super) const SILENT_PEAK: f32 = 0.002;

/// The words of a raw transcript: tags such as `[BLANK_AUDIO]`, `(music)`, `*sighs*` and `♪` are taken out, and what
/// has no letter or digit left is empty.
pub(super) fn clean(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut until: Option<char> = None;
    for c in raw.chars() {
        match (until, c) {
            (Some(end), c) => {
                if c == end {
                    until = None;
                    text.push(' ');
                }
            }
            (None, '[') => until = Some(']'),
            (None, '(') => until = Some(')'),
            (None, '*') => until = Some('*'),
            (None, '♪' | '♫' | '♬' | '\u{fffd}') => text.push(' '),
            (None, c) if c.is_control() => text.push(' '),
            (None, c) => text.push(c),
        }
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.trim_start_matches(['-', '>', '–', '—', ',', '.', ' ']);
    if text.chars().any(char::is_alphanumeric) { text.to_owned() } else { String::new() }
}

/// What whisper says over noise, never what someone asks of an assistant: it has to be sure of these.
const FILLERS: [&str; 12] = [
    "you",
    "i'm",
    "i'm so",
    "oh",
    "and",
    "so",
    "the",
    "uh",
    "bye",
    "thank you",
    "thank you so much",
    "thanks for watching",
];
const FILLER_FLOOR: f32 = 0.6;

/// Whether `text`, with this mean token probability, was made up over noise.
///
/// The floors are measured on 12 recordings of noise, babble among them, and 273 of speech, with tiny.en and base.
/// One word over noise had at most 0.17 (fillers) and a real "no" 0.16, so single words are nearly always kept; two
/// words had at most 0.27 over noise and at least 0.40 when rightly heard; more words 0.37 and 0.48.
///
/// A model that was told `names` says single words over noise more readily, and the names themselves.
pub(super) fn is_invented(text: &str, probability: f32, names: &Names) -> bool {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    let floor = match words.len() {
        0 | 1 if names.is_empty() => 0.14,
        0..=2 => 0.33,
        _ => 0.42,
    };
    let easy = FILLERS.contains(&words.join(" ").as_str()) || names.are_all_of(text);
    probability < if easy { FILLER_FLOOR } else { floor } || names.are_read_out_in(text)
}

/// Nothing is loud enough to be speech.
pub(super) fn is_silent(pcm: &[f32]) -> bool {
    pcm.iter().all(|sample| sample.abs() < SILENT_PEAK)
}

#[cfg(test)]
mod tests {
    use super::{Names, clean, is_invented, is_silent};

    #[test]
    fn tags_go_and_words_stay() {
        for (raw, words) in [
            ("", ""),
            (" [BLANK_AUDIO]", ""),
            (" (upbeat music) ", ""),
            ("*sighs* Yes.", "Yes."),
            (" - Yes, please.", "Yes, please."),
            (">> No.", "No."),
            ("♪ la la ♪", "la la"),
            ("[MUSIC PLAYING", ""),
            (" ...", ""),
            ("Call [inaudible] mom", "Call mom"),
            ("  It's  5:30. ", "It's 5:30."),
        ] {
            assert_eq!(clean(raw), words, "{raw:?}");
        }
    }

    #[test]
    fn inventions_need_more_certainty_than_short_answers() {
        for (text, probability, invented) in [
            ("No", 0.155, false),
            ("Yes.", 0.2, false),
            ("stop", 0.15, false),
            ("you", 0.1, true),
            ("Thank you.", 0.57, true),
            ("Thank you.", 0.9, false),
            ("Oh, yeah.", 0.27, true),
            ("Yes, please.", 0.5, false),
            ("I'm going to make a salad.", 0.37, true),
            ("Remind me to call mom.", 0.5, false),
            ("", 0.0, true),
        ] {
            assert_eq!(is_invented(text, probability, &Names::default()), invented, "{text} {probability}");
        }
    }

    #[test]
    fn names_that_were_told_need_more_certainty() {
        let names = Names::of(&["Anna".to_owned(), "Peter".to_owned()]);
        for (text, probability, invented) in [
            ("Anna.", 0.5, true),
            ("Anna.", 0.7, false),
            ("Anna, Peter", 0.5, true),
            ("Names: Anna, Peter.", 0.99, true),
            ("It's", 0.3, true),
            ("No.", 0.4, false),
            ("Call Anna.", 0.4, false),
            ("Tell Anna that I am late.", 0.45, false),
        ] {
            assert_eq!(is_invented(text, probability, &names), invented, "{text} {probability}");
        }
    }

    #[test]
    fn digital_silence_is_silent_and_a_whisper_is_not() {
        assert!(is_silent(&[]));
        assert!(is_silent(&[0.0; 1_600]));
        assert!(is_silent(&[0.001, -0.001]));
        assert!(!is_silent(&[0.0, 0.01]));
    }
}
