//! What a person asks for in one breath, taken apart where they plainly ask for one thing after the other: "find the
//! cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp" are three requests.
//!
//! Invariants: a clause is made of words of the utterance alone, and all are made before anything is called, so nothing
//! that a tool answers adds a step. Conservative: what is dictated ("tell Bob that we eat and then go home", "remind me
//! to call mom and buy milk") stays whole, and so does every utterance whose parts are not plainly requests. English.
//!
//! What stays whole may still hold a second request: "add a task to wash the car, and then call off the race". A clause
//! knows such words of its own ([`Clause::loose`]); those that its call does not hold ([`Clause::left_out_of`]) are begun
//! after it, or told, so that nothing is dropped without a word.

mod again;
mod cuts;
mod loose;
mod speech;
mod words;

pub(super) use loose::dictated_tails;
pub use loose::{Fate, Loose};

use again::asks_again;
use cuts::{Firmness, cuts};
use speech::{begins_request, courteous, is_question, lead};
use words::{Gap, Word, words};

/// One request of an utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Its words.
    pub words: String,
    /// What it is after.
    pub kind: Kind,
    /// When it is to be done again.
    pub again: Option<Until>,
    /// How it is joined to the one before it.
    pub joined: Joined,
    /// Words of it that may be a request of their own.
    pub loose: Vec<Loose>,
}

/// How a clause is joined to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// Nothing is before it.
    First,
    /// By "then" or the like: it is meant to come after.
    Then,
    /// By "and": the two may be one request after all.
    And,
}

/// What a clause is after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something is to be done.
    Deed,
    /// Something is to be told; an answer in words will do.
    Telling,
}

/// When repeating ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Until {
    /// When the call succeeds.
    Works,
    /// When this holds, in the person's words.
    Holds(String),
}

impl Clause {
    /// An utterance that is one request.
    pub fn whole(utterance: &str) -> Self {
        let all = words(utterance);
        let kind = if is_question(lead(&all)) { Kind::Telling } else { Kind::Deed };
        let loose = loose::within(utterance, &all, 0..all.len(), &cuts(&all));
        Self { words: utterance.to_owned(), kind, again: None, joined: Joined::First, loose }
    }

    /// Whether its words tell us to do something, rather than ask.
    pub fn is_command(&self) -> bool {
        let all = words(&self.words);
        begins_request(&all) && !speech::is_inverted(&all)
    }

    /// Whether words about what was found may be all that it wants: "which is cheaper", "summarise it".
    pub fn wants_words(&self) -> bool {
        self.kind == Kind::Telling || speech::is_of_words(lead(&words(&self.words)))
    }

    fn read(utterance: &str, clause: &[Word], joined: Joined) -> Self {
        let kind = if is_question(lead(clause)) { Kind::Telling } else { Kind::Deed };
        let (words, again) = match asks_again(utterance, lead(clause)) {
            Some((words, until)) => (words, Some(until)),
            None => (speech::text(utterance, clause), None),
        };
        Self { words, kind, again, joined, loose: Vec::new() }
    }
}

/// The requests of an utterance in their order: at least one. The words of one that stands alone are the utterance,
/// unless it is to be repeated.
pub fn split(utterance: &str) -> Vec<Clause> {
    let all = words(utterance);
    let cuts = cuts(&all);
    let mut clauses = Vec::new();
    let (mut from, mut joined) = (0, Joined::First);
    let firm = cuts.iter().filter(|cut| cut.firmness == Firmness::Request);
    let ends = firm.map(|cut| (cut.end, cut.next, cut.joined())).chain([(all.len(), all.len(), Joined::And)]);
    for (end, next, next_joined) in ends {
        let part = &all[from..end];
        // The first keeps whatever stands before its request, a name or a greeting.
        let part = if joined == Joined::First { part } else { courteous(part) };
        let clause = Clause::read(utterance, part, joined);
        let loose = if clause.again.is_some() {
            Vec::new()
        } else {
            loose::within(utterance, &all, end - part.len()..end, &cuts)
        };
        clauses.push(Clause { loose, ..clause });
        (from, joined) = (next, next_joined);
    }
    match &clauses[..] {
        [one] if one.again.is_none() => vec![Clause::whole(utterance)],
        _ => clauses,
    }
}

#[cfg(test)]
mod tests;
