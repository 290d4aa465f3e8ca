//! Words of a reply: lower case, contractions written out, stretched letters squeezed, each with its place in the
//! original text so that an edit can be cut out of it unchanged.

/// One word of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Normal form: lower case, no apostrophes.
    pub text: String,
    /// Byte where it begins in the original.
    pub at: usize,
    /// Whether punctuation or the beginning stands before it.
    pub opens: bool,
    /// Whether the original begins with a capital letter.
    pub capital: bool,
}

/// Contractions that are not a known stem with a known ending, with and without apostrophe.
const WHOLE: &[(&str, &[&str])] = &[
    ("won't", &["will", "not"]),
    ("wont", &["will", "not"]),
    ("can't", &["can", "not"]),
    ("cannot", &["can", "not"]),
    ("cant", &["can", "not"]),
    ("shan't", &["shall", "not"]),
    ("ain't", &["is", "not"]),
    ("aint", &["is", "not"]),
    ("let's", &["let", "us"]),
    ("lets", &["let", "us"]),
    ("im", &["i", "am"]),
    ("ive", &["i", "have"]),
    ("id", &["i", "would"]),
    ("thats", &["that", "is"]),
    ("whats", &["what", "is"]),
    ("thatll", &["that", "will"]),
    ("itll", &["it", "will"]),
    ("youre", &["you", "are"]),
    ("gonna", &["going", "to"]),
    ("wanna", &["want", "to"]),
    ("gotta", &["got", "to"]),
    ("dunno", &["do", "not", "know"]),
    ("lemme", &["let", "me"]),
    ("nevermind", &["never", "mind"]),
    ("alright", &["all", "right"]),
    ("alrighty", &["all", "right"]),
    ("uhhuh", &["uh", "huh"]),
    ("mmhmm", &["mhm"]),
    ("mmhm", &["mhm"]),
    ("ok", &["okay"]),
    ("okey", &["okay"]),
    ("its", &["it", "is"]),
];

const ENDINGS: &[(&str, &str)] = &[
    ("n't", "not"),
    ("'m", "am"),
    ("'re", "are"),
    ("'ve", "have"),
    ("'ll", "will"),
    ("'d", "would"),
    ("'s", "is"),
];

/// `dont`, `didnt`, … as recognisers and people write them without the apostrophe.
#[rustfmt::skip]
const BARE_NOT: &[&str] = &[
    "do", "does", "did", "is", "are", "was", "were", "has", "have", "had", "would", "could", "should",
    "must", "need",
];

/// Splits a reply into words.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut out = Vec::new();
    let mut opens = true;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !c.is_alphanumeric() {
            opens |= matches!(c, ',' | '.' | ';' | '!' | '?' | ':' | '\n' | '–' | '—');
            continue;
        }
        let mut raw = String::from(c);
        while let Some(&(next_at, next)) = chars.peek() {
            let joins = match next {
                '\'' | '’' | '‘' | 'ʼ' => true,
                ':' | '.' => {
                    raw.ends_with(|r: char| r.is_ascii_digit())
                        && text[next_at + next.len_utf8()..].starts_with(|n: char| n.is_ascii_digit())
                }
                _ => next.is_alphanumeric(),
            };
            if !joins {
                break;
            }
            raw.push(if matches!(next, '’' | '‘' | 'ʼ') { '\'' } else { next });
            chars.next();
        }
        let capital = c.is_uppercase();
        for text in expand(&squeeze(&raw.to_lowercase())) {
            out.push(Word { text, at, opens, capital });
            opens = false;
        }
    }
    out
}

/// Stretched sounds (`noooo`, `yesss`) become one letter where three or more stand in a row.
fn squeeze(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let chars: Vec<char> = word.chars().collect();
    let mut i = 0;
    while i < chars.len() {
        let run = chars[i..].iter().take_while(|c| **c == chars[i]).count();
        let keep = if run >= 3 && chars[i].is_alphabetic() { 1 } else { run };
        out.extend(std::iter::repeat_n(chars[i], keep));
        i += run;
    }
    out
}

fn expand(word: &str) -> Vec<String> {
    let word = word.trim_matches('\'');
    if let Some((_, parts)) = WHOLE.iter().find(|(whole, _)| *whole == word) {
        return parts.iter().map(|p| (*p).to_owned()).collect();
    }
    for (ending, full) in ENDINGS {
        if let Some(stem) = word.strip_suffix(ending).filter(|s| !s.is_empty()) {
            return vec![stem.to_owned(), (*full).to_owned()];
        }
    }
    if let Some(stem) = word.strip_suffix("nt").filter(|s| BARE_NOT.contains(s)) {
        return vec![stem.to_owned(), "not".to_owned()];
    }
    vec![word.replace('\'', "")]
}

/// Whether the word says a number, a time or a day: what an answer must not carry unnoticed.
pub(super) fn is_quantity(word: &str) -> bool {
    #[rustfmt::skip]
    const NAMES: &[&str] = &[
        "zero", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
        "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "thousand",
        "million", "dozen", "half", "noon", "midnight", "morning", "afternoon", "evening", "tonight",
        "today", "tomorrow", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
        "january", "february", "march", "april", "june", "july", "august", "september", "october",
        "november", "december",
    ];
    word.starts_with(|c: char| c.is_ascii_digit()) || NAMES.contains(&word)
}

/// Where `phrase` (words separated by spaces) begins in `words`; no punctuation may stand inside it.
pub(super) fn find(words: &[Word], phrase: &str) -> Option<usize> {
    let parts: Vec<&str> = phrase.split(' ').collect();
    words
        .windows(parts.len())
        .position(|w| w.iter().zip(&parts).all(|(w, p)| w.text == *p) && w.iter().skip(1).all(|w| !w.opens))
}

/// Whether any of the phrases occurs.
pub(super) fn has(words: &[Word], phrases: &[&str]) -> bool {
    phrases.iter().any(|p| find(words, p).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        words(text).into_iter().map(|w| w.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn contractions_are_written_out() {
        for (text, expected) in [
            ("Don't!", "do not"),
            ("I’d rather not", "i would rather not"),
            ("That's it, didnt I", "that is it did not i"),
            ("Noooo", "no"),
            ("uh-huh, OK", "uh huh okay"),
            ("at 6:45 p.m.", "at 6:45 p m"),
            ("'yes'", "yes"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn places_point_into_the_original() {
        let text = "No — maké it six";
        let found = words(text);
        assert_eq!(&text[found[1].at..], "maké it six");
        assert!(found[1].opens && !found[2].opens);
    }
}
