//! Tokens to a phrase: what was said, before it is laid on the calendar.
//!
//! A phrase is a day, a clock time and a part of the day, in any order and each at most once ("at five tomorrow",
//! "tomorrow afternoon at five"), a length of time ("in twenty minutes"), or a repetition. Recursive descent with
//! backtracking over at most a few dozen tokens; nothing is skipped but prepositions.

use jiff::Span;

use super::clock::{self, Clock, Part, Sure};
use super::day::{self, Day};
use super::lexer::{Kind, Token};
use super::repeat::{self, Repeat};

/// What was said.
#[derive(Debug, Clone)]
pub(super) enum Phrase {
    /// "in an hour and a half".
    After(Span),
    /// A point or stretch on the calendar.
    Moment(Moment),
    /// "every monday at nine".
    Repeat(Repeat, Moment),
}

/// A day, a clock time and a part of a day, as far as they were said.
#[derive(Debug, Clone, Default)]
pub(super) struct Moment {
    pub day: Option<Day>,
    /// The last day of "from monday to wednesday".
    pub through: Option<Day>,
    pub part: Option<Part>,
    pub clock: Option<Clock>,
    /// The end of "from two to four".
    pub until: Option<Clock>,
    /// Whether the words can only be meant as a date or time; a bare "six" is not.
    pub clear: bool,
    /// Whether the clock time is probably none, as in "a table for two on friday".
    pub doubtful: bool,
}

/// Reads all of `tokens` as one phrase.
pub(super) fn phrase(tokens: &[Token]) -> Option<Phrase> {
    let whole = |read: fn(&mut Cursor<'_>) -> Option<Phrase>| {
        let mut cursor = Cursor { tokens, at: 0 };
        read(&mut cursor).filter(|_| cursor.at == tokens.len())
    };
    whole(repeated).or_else(|| whole(|cursor| day::after(cursor).map(Phrase::After))).or_else(|| whole(once))
}

fn once(cursor: &mut Cursor<'_>) -> Option<Phrase> {
    let mut moment = Moment::default();
    moment.read(cursor, true);
    (moment.day.is_some() || moment.clock.is_some() || moment.part.is_some())
        .then_some(Phrase::Moment(moment))
}

fn repeated(cursor: &mut Cursor<'_>) -> Option<Phrase> {
    let mut moment = Moment { clear: true, ..Moment::default() };
    moment.read(cursor, false);
    let repeat = repeat::repeat(cursor, &mut moment.part)?;
    moment.read(cursor, false);
    Some(Phrase::Repeat(repeat, moment))
}

impl Moment {
    /// Fills the free slots with whatever comes next, until something else comes.
    fn read(&mut self, cursor: &mut Cursor<'_>, days: bool) {
        while self.item(cursor, days).is_some() {}
    }

    fn item(&mut self, cursor: &mut Cursor<'_>, days: bool) -> Option<()> {
        cursor.attempt(|cursor| {
            if days && self.day.is_none() {
                if let Some((from, to)) = cursor.attempt(day::range) {
                    (self.day, self.through, self.clear) = (Some(from), Some(to), true);
                    return Some(());
                }
                if let Some((day, part, clear)) = cursor.attempt(day::day) {
                    if part.is_some() && self.part.is_some() {
                        return None;
                    }
                    (self.day, self.part) = (Some(day), part.or(self.part));
                    self.clear |= clear;
                    return Some(());
                }
            }
            if self.clock.is_none() {
                if let Some((from, to)) = cursor.attempt(clock::range) {
                    (self.clock, self.until, self.clear) = (Some(from), Some(to), true);
                    return Some(());
                }
                if let Some((clock, sure)) = cursor.attempt(clock::clock) {
                    self.clock = Some(clock);
                    self.clear |= sure == Sure::Yes;
                    self.doubtful |= sure == Sure::Hardly;
                    return Some(());
                }
            }
            if self.part.is_none() {
                self.part = Some(cursor.attempt(clock::part)?);
                self.clear = true;
                return Some(());
            }
            None
        })
    }
}

/// A place in the tokens.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    pub tokens: &'a [Token],
    pub at: usize,
}

impl Cursor<'_> {
    /// Runs `read`; where it finds nothing, nothing is consumed.
    pub fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.at;
        let found = read(self);
        if found.is_none() {
            self.at = before;
        }
        found
    }

    pub fn peek(&self, ahead: usize) -> Option<&Kind> {
        self.tokens.get(self.at + ahead).map(|token| &token.kind)
    }

    /// The next token's word if it is one of `words`.
    pub fn one_of(&mut self, words: &[&str]) -> Option<String> {
        match self.peek(0) {
            Some(Kind::Word(word)) if words.contains(&word.as_str()) => {
                let word = word.clone();
                self.at += 1;
                Some(word)
            }
            _ => None,
        }
    }

    pub fn eat(&mut self, word: &str) -> bool {
        self.one_of(&[word]).is_some()
    }

    /// All of `words`, or nothing.
    pub fn all(&mut self, words: &[&str]) -> bool {
        self.attempt(|cursor| words.iter().all(|word| cursor.eat(word)).then_some(())).is_some()
    }

    /// All of `words`, perhaps after `article`, or nothing.
    pub fn after_article(&mut self, article: &str, words: &[&str]) -> bool {
        self.attempt(|cursor| {
            cursor.eat(article);
            cursor.all(words).then_some(())
        })
        .is_some()
    }

    /// A word that `read` understands.
    pub fn named<T>(&mut self, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let Some(Kind::Word(word)) = self.peek(0) else { return None };
        let value = read(word)?;
        self.at += 1;
        Some(value)
    }

    /// A number and how many digits it was written with, 0 when spelled.
    pub fn number(&mut self) -> Option<(u32, usize)> {
        let Some(Kind::Number { value, digits }) = self.peek(0) else { return None };
        let found = (*value, *digits);
        self.at += 1;
        Some(found)
    }

    pub fn ordinal(&mut self) -> Option<u32> {
        let Some(Kind::Ordinal(value)) = self.peek(0) else { return None };
        let value = *value;
        self.at += 1;
        Some(value)
    }
}
