//! The parts of an elliptic utterance: what opens it ("and", "no, make it"), what closes it ("too", "instead"), and the
//! phrase between them.

/// A word as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::planner) struct Word<'a> {
    /// Without the punctuation around it.
    pub text: &'a str,
    /// Whether punctuation stands after it.
    pub ends: bool,
}

impl Word<'_> {
    /// For comparing.
    pub fn key(&self) -> String {
        self.text.to_lowercase().replace('’', "'")
    }

    pub fn is_capital(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }
}

/// The words of `text`, without the punctuation around them.
pub(in crate::planner) fn split(text: &str) -> Vec<Word<'_>> {
    text.split_whitespace()
        .map(|raw| Word {
            text: raw.trim_matches(|c: char| !c.is_alphanumeric()),
            ends: raw.ends_with([',', '.', ';', '!', '?', ':']),
        })
        .filter(|word| !word.text.is_empty())
        .collect()
}

/// The words in a row, single-spaced.
pub(in crate::planner) fn join(words: &[Word<'_>]) -> String {
    words.iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
}

/// How an utterance follows another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Manner {
    /// Nothing says that it does.
    Plain,
    /// "and …", "what about …", "… too".
    Addition,
    /// "no, …", "make it …", "… instead".
    Correction,
}

/// An utterance without what opens and closes it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Elliptic<'a> {
    pub manner: Manner,
    pub phrase: Vec<Word<'a>>,
}

use Manner::{Addition, Correction, Plain};

/// The longer ones first.
const OPENINGS: &[(&str, Manner)] = &[
    ("i want it to be", Correction),
    ("it should have been", Correction),
    ("it should be", Correction),
    ("that should be", Correction),
    ("change that to", Correction),
    ("change it to", Correction),
    ("i actually meant", Correction),
    ("do the same for", Addition),
    ("the same for", Addition),
    ("same for", Addition),
    ("what about", Addition),
    ("how about", Addition),
    ("make that", Correction),
    ("make it", Correction),
    ("i meant", Correction),
    ("i mean", Correction),
    ("i said", Correction),
    ("better", Correction),
    ("rather", Correction),
    ("actually", Correction),
    ("instead", Correction),
    ("sorry", Correction),
    ("nope", Correction),
    ("wait", Correction),
    ("no", Correction),
    ("also", Addition),
    ("and", Addition),
    ("yes", Plain),
    ("yeah", Plain),
    ("okay", Plain),
    ("ok", Plain),
    ("but", Plain),
    ("so", Plain),
    ("then", Plain),
    ("well", Plain),
    ("oh", Plain),
    ("um", Plain),
    ("uh", Plain),
    ("hmm", Plain),
    ("please", Plain),
];

const CLOSINGS: &[(&str, Manner)] = &[
    ("as well", Addition),
    ("thank you", Plain),
    ("instead", Correction),
    ("rather", Correction),
    ("too", Addition),
    ("also", Addition),
    ("please", Plain),
    ("thanks", Plain),
    ("then", Plain),
];

/// Verbs that put a thing elsewhere: "move it to six".
const MOVES: &[&str] = &["change", "make", "move", "push", "put", "set", "shift", "switch"];
const THINGS: &[&str] = &["it", "that", "this", "them", "one"];

/// Takes an utterance apart; `tool` is the name of the tool that may be meant by its verb ("send it to Sara too").
pub(super) fn elliptic<'a>(said: &'a str, tool: &str) -> Elliptic<'a> {
    let words = split(said);
    let keys: Vec<String> = words.iter().map(Word::key).collect();
    let (mut from, mut to, mut manner) = (0, keys.len(), Plain);
    while let Some((length, kind)) =
        OPENINGS.iter().find_map(|(o, m)| Some((begins(&keys[from..to], o)?, *m)))
    {
        from += length;
        manner = manner.max(kind);
    }
    while let Some((length, kind)) = CLOSINGS.iter().find_map(|(c, m)| Some((ends(&keys[from..to], c)?, *m)))
    {
        to -= length;
        manner = manner.max(kind);
    }
    if let [verb, thing, rest @ ..] = &keys[from..to]
        && THINGS.contains(&thing.as_str())
        && !rest.is_empty()
    {
        let moves = MOVES.contains(&verb.as_str());
        if moves || verb == "do" || parts(tool).contains(verb) {
            from += 2;
            manner = if moves { manner.max(Correction) } else { manner };
            // "move it to six", not "send it to Sara": there the preposition tells which value is meant.
            from += usize::from(moves && rest.len() > 1 && rest[0] == "to");
        }
    }
    Elliptic { manner, phrase: words[from..to].to_vec() }
}

/// Whether the words ask for the same once more.
pub(super) fn is_again(said: &str) -> bool {
    const AGAIN: &[&str] = &[
        "again",
        "once more",
        "one more time",
        "do it again",
        "do that again",
        "do it once more",
        "do that once more",
        "the same again",
        "same again",
        "try again",
        "try it again",
        "try that again",
        "try once more",
        "do the same again",
    ];
    let words = elliptic(said, "").phrase.iter().map(Word::key).collect::<Vec<_>>().join(" ");
    AGAIN.contains(&words.as_str())
}

/// The words of a tool's name, lower-case: `send_email`, `SendEmail` and `send-email` are the same.
pub(in crate::planner) fn parts(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            lower = false;
            parts.push(String::new());
            continue;
        }
        if parts.is_empty() || (c.is_uppercase() && lower) {
            parts.push(String::new());
        }
        lower = c.is_lowercase() || c.is_ascii_digit();
        if let Some(part) = parts.last_mut() {
            part.extend(c.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn begins(keys: &[String], phrase: &str) -> Option<usize> {
    let parts: Vec<&str> = phrase.split(' ').collect();
    let fits = keys.len() > parts.len() && keys.iter().zip(&parts).all(|(key, part)| key == part);
    fits.then_some(parts.len())
}

fn ends(keys: &[String], phrase: &str) -> Option<usize> {
    let parts: Vec<&str> = phrase.split(' ').collect();
    let fits =
        keys.len() > parts.len() && keys.iter().rev().zip(parts.iter().rev()).all(|(key, part)| key == part);
    fits.then_some(parts.len())
}
