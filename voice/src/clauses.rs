//! Clauses: where a reply may be cut, so that it can be spoken while it is still being written.
//!
//! The first clause is short, because nothing is heard before it is spoken. Later ones are sentences or halves of
//! long sentences, which sound better whole. A cut falls only between words, and never inside a number, a time, an
//! abbreviation or an address; the clauses joined by spaces are the words of the text, unchanged and in order. How
//! the text arrives makes no difference: a cut is made once everything it depends on is there.

pub(crate) mod boundary;

use boundary::Boundary;

/// The first clause may end at a comma from here on, in words.
const FIRST_WORDS: usize = 2;
/// …and before "but", "because" and the like within these bounds.
const FIRST_JOINT: std::ops::RangeInclusive<usize> = 4..=8;
/// Later clauses end at a comma from here on.
const LATER_WORDS: usize = 5;
/// A sentence without a comma is cut between words here, in bytes. It sounds worse; waiting would too.
const LONGEST: usize = 180;
/// Small words that a reply opens with; a comma after one of them ends the first clause.
const OPENERS: [&str; 19] = [
    "okay",
    "ok",
    "sure",
    "yes",
    "no",
    "done",
    "right",
    "alright",
    "well",
    "sorry",
    "great",
    "hello",
    "hi",
    "hey",
    "thanks",
    "good",
    "perfect",
    "certainly",
    "unfortunately",
];
/// Words before which a first clause without any comma may be cut.
const JOINTS: [&str; 7] = ["but", "because", "although", "while", "unless", "which", "so"];

/// The clauses of a whole text.
pub fn split(text: &str) -> Vec<String> {
    let mut stream = ClauseStream::new();
    let mut clauses = stream.push(text);
    clauses.extend(stream.finish());
    clauses
}

/// Cuts text into clauses as it arrives.
#[derive(Debug, Default)]
pub struct ClauseStream {
    waiting: String,
    spoken_any: bool,
}

impl ClauseStream {
    /// Nothing has arrived.
    pub fn new() -> ClauseStream {
        ClauseStream::default()
    }

    /// Adds text, which may end anywhere, even inside a word, and returns the clauses that are now complete.
    pub fn push(&mut self, text: &str) -> Vec<String> {
        self.waiting.push_str(text);
        let mut clauses = Vec::new();
        while let Some(clause) = self.next() {
            clauses.push(clause);
        }
        clauses
    }

    /// What is left: the text ends here.
    pub fn finish(self) -> Option<String> {
        let rest = joined(&self.waiting);
        (!rest.is_empty()).then_some(rest)
    }

    fn next(&mut self) -> Option<String> {
        let lead = self.waiting.len() - self.waiting.trim_start().len();
        self.waiting.drain(..lead);
        let rest = self.waiting.split_off(find(&self.waiting, !self.spoken_any)?);
        self.spoken_any = true;
        Some(joined(&std::mem::replace(&mut self.waiting, rest)))
    }
}

fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A word and where it stands in the text.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

/// The end of the first clause of `text`, which begins with a word; `None` if that depends on what follows.
fn find(text: &str, first: bool) -> Option<usize> {
    let words = words(text);
    let mut space = None;
    for (i, word) in words.iter().enumerate() {
        let opens = i == 0;
        let next = words.get(i + 1);
        let boundary = match next {
            Some(next) => boundary::after(word.text, next.text, &text[word.end..next.start], opens),
            None => boundary::before_anything(word.text, opens)?,
        };
        let count = i + 1;
        let cut = match boundary {
            Boundary::Sentence => true,
            Boundary::Pause if first => count >= FIRST_WORDS || OPENERS.contains(&lower(word.text).as_str()),
            Boundary::Pause => count >= LATER_WORDS,
            Boundary::Word => {
                let joint = next.is_some_and(|next| JOINTS.contains(&lower(next.text).as_str()));
                first && joint && FIRST_JOINT.contains(&count)
            }
            Boundary::Inside => false,
        };
        if cut {
            return Some(word.end);
        }
        if next?.end > LONGEST {
            let here = (boundary != Boundary::Inside).then_some(word.end);
            // With no place to cut, the text is one endless number, and ends before the next of its words.
            return Some(here.or(space).unwrap_or(word.end));
        }
        if boundary != Boundary::Inside {
            space = Some(word.end);
        }
    }
    None
}

/// The words of `text` that can't grow any more: those with white space after them.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word> = text
        .split_whitespace()
        .map(|part| {
            // `part` is a slice of `text`.
            let start = part.as_ptr() as usize - text.as_ptr() as usize;
            Word { text: part, start, end: start + part.len() }
        })
        .collect();
    if !text.ends_with(char::is_whitespace) {
        words.pop();
    }
    words
}

fn lower(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
