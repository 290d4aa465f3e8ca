//! Words of a clause that may be a request of their own, and whether a call holds them.

use std::ops::Range;

use serde_json::{Map, Value};

use super::{
    Clause, Word,
    cuts::{Cut, Firmness, cuts},
    speech::{Dictated, begins_request, courteous, goes_on_about, is_dictated, is_small, lead, text},
    words,
};
use crate::planner::arguments;

/// Words that are part of a clause unless its call does not hold them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loose {
    /// The words of the clause before them.
    pub head: String,
    /// The words as a clause of their own.
    pub clause: Clause,
    /// What becomes of them if the call does not hold them.
    pub fate: Fate,
}

/// What becomes of words that a call does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They are the next request.
    Step,
    /// It is said that they were left out: nobody knows what to do with them, or when.
    Told,
}

impl Clause {
    /// What a call for this clause leaves out of it, in order; the clause keeps the words before that. Of words that are
    /// two requests a planner may take either: it is the other one that is left out.
    pub fn left_out_of(&mut self, action: &str, arguments: &Map<String, Value>) -> Vec<Loose> {
        let held = Held::of(action, arguments);
        let loose = std::mem::take(&mut self.loose);
        let head = loose.first().map(|first| first.head.clone());
        let (kept, open): (Vec<Loose>, Vec<Loose>) =
            loose.into_iter().partition(|loose| held.has(&loose.clause.words));
        if let Some(first) = open.first() {
            self.words.clone_from(&first.head);
            return open;
        }
        let touched = kept.iter().any(|loose| held.touches(&loose.clause.words) == Some(true));
        match head.filter(|head| touched && held.touches(head) == Some(false)) {
            Some(head) => {
                let clause = Clause { loose: Vec::new(), ..Clause::whole(&head) };
                vec![Loose { head, clause, fate: Fate::Step }]
            }
            None => Vec::new(),
        }
    }
}

/// The loose words among `range` of the words `all`.
pub(super) fn within(utterance: &str, all: &[Word], range: Range<usize>, cuts: &[Cut]) -> Vec<Loose> {
    let inner: Vec<&Cut> = cuts.iter().filter(|cut| range.start < cut.end && cut.next < range.end).collect();
    let ends = inner.iter().skip(1).map(|cut| cut.end).chain([range.end]);
    let loose = |(cut, end): (&&Cut, usize)| Loose {
        head: text(utterance, &all[range.start..cut.end]),
        clause: Clause::read(utterance, courteous(&all[cut.next..end]), cut.joined()),
        fate: match cut.firmness {
            Firmness::Request => Fate::Step,
            Firmness::Loose(fate) => fate,
        },
    };
    inner.iter().zip(ends).map(loose).collect()
}

/// The ends of what is dictated, as byte ranges in reading order: "and then pack the bags" of "remind me to call Anna and
/// then pack the bags". They belong to the text before them.
pub(in crate::planner) fn dictated_tails(utterance: &str) -> Vec<Range<usize>> {
    let all = words(utterance);
    let cuts = cuts(&all);
    let ends = cuts.iter().skip(1).map(|cut| cut.end).chain([all.len()]);
    let tail = |(cut, end): (&Cut, usize)| {
        let dictated = is_dictated(lead(&all[..cut.end])) != Dictated::Nothing;
        (dictated && cut.firmness == Firmness::Loose(Fate::Told)).then(|| all[cut.end].at..all[end - 1].end)
    };
    cuts.iter().zip(ends).filter_map(tail).collect()
}

/// The words of a call: those of its tool's name and of its arguments.
struct Held(Vec<String>);

impl Held {
    fn of(action: &str, arguments: &Map<String, Value>) -> Self {
        let mut held = arguments::words(&crate::phrasing::words_of(action));
        arguments.values().for_each(|value| gather(value, &mut held));
        Self(held)
    }

    fn word(&self, word: &str) -> bool {
        arguments::words(word).iter().all(|word| self.0.iter().any(|held| alike(held, word)))
    }

    /// Whether the call does what the words ask for, or has them in a text.
    fn has(&self, clause: &str) -> bool {
        let all = words(clause);
        let rest = courteous(&all);
        let telling = telling(&all);
        let found = telling.iter().filter(|word| self.word(&word.text)).count();
        let verb = !begins_request(rest)
            || goes_on_about(rest, telling.len())
            || rest.first().is_some_and(|verb| self.word(&verb.text));
        verb && found * 2 >= telling.len()
    }

    /// Whether the call has any of the words that tell something; nothing if there are none.
    fn touches(&self, clause: &str) -> Option<bool> {
        let all = words(clause);
        let telling = telling(&all);
        (!telling.is_empty()).then(|| telling.iter().any(|word| self.word(&word.text)))
    }
}

/// The words that tell what a clause is about: not its verb, nor small words, numbers and times.
fn telling(all: &[Word]) -> Vec<&Word> {
    let rest = lead(all);
    let rest = if begins_request(rest) { &rest[1..] } else { rest };
    rest.iter().filter(|word| !is_small(&word.text)).collect()
}

fn gather(value: &Value, held: &mut Vec<String>) {
    match value {
        Value::String(text) => held.extend(arguments::words(text)),
        Value::Number(number) => held.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| gather(item, held)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, held)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// The same word, or another form of it: "write", "writing".
fn alike(one: &str, other: &str) -> bool {
    let shared = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    one == other || (shared >= 4 && shared + 1 >= one.chars().count().min(other.chars().count()))
}
