//! What a person asks for in one breath, taken apart where they plainly ask for one thing after the other: "find the
//! cheapest slot on Thursday and put lunch with Sara there, then tell her on WhatsApp" are three requests.
//!
//! Invariants: a clause is made of words of the utterance alone, and all are made before anything is called, so nothing
//! that a tool answers adds a step. Conservative: what is dictated ("tell Bob that we eat and then go home", "remind me
//! to call mom and buy milk") stays whole, and so does every utterance whose parts are not plainly requests. English.

mod speech;
mod words;

use speech::{
    asks_again, begins_request, courteous, is_certain, is_closed, is_conditional, is_dictated,
    is_more_of_the_message, is_plain, is_question, lead, refers_back,
};
use words::{Gap, Word, has, words};

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
        Self { words: utterance.to_owned(), kind, again: None, joined: Joined::First }
    }

    /// Whether its words tell us to do something, rather than ask.
    pub fn is_command(&self) -> bool {
        let all = words(&self.words);
        begins_request(&all) && !speech::is_inverted(&all)
    }

    fn read(utterance: &str, clause: &[Word], joined: Joined) -> Self {
        let kind = if is_question(lead(clause)) { Kind::Telling } else { Kind::Deed };
        if let Some((words, until)) = asks_again(utterance, lead(clause)) {
            return Self { words, kind, again: Some(until), joined };
        }
        Self { words: speech::text(utterance, clause), kind, again: None, joined }
    }
}

/// The requests of an utterance in their order: at least one. The words of one that stands alone are the utterance,
/// unless it is to be repeated.
pub fn split(utterance: &str) -> Vec<Clause> {
    let all = words(utterance);
    let parts = parts(&all);
    if let [_] = parts[..] {
        let clause = Clause::read(utterance, &all, Joined::First);
        return vec![if clause.again.is_some() { clause } else { Clause::whole(utterance) }];
    }
    parts
        .iter()
        .map(|(joined, part)| {
            // The first keeps whatever stands before its request, a name or a greeting.
            let part = if *joined == Joined::First { part } else { courteous(part) };
            Clause::read(utterance, part, *joined)
        })
        .collect()
}

/// How plainly a connection says that another request follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bond {
    /// "and then", "after that", "and also", or a new sentence that begins so.
    Sequence,
    /// "and".
    And,
    /// A comma; counts only in a list whose last part is joined by more.
    Comma,
}

fn parts(all: &[Word]) -> Vec<(Joined, &[Word])> {
    let mut from = 0;
    let mut cuts: Vec<(Bond, usize, usize)> = Vec::new();
    if !is_conditional(all) && begins_request(lead(all)) {
        let mut at = 1;
        while at < all.len() {
            if let Some((bond, length)) = bond(all, at)
                && separates(bond, &all[from..at], &all[at + length..])
            {
                cuts.push((bond, at, at + length));
                from = at + length;
                at = from;
            }
            at += 1;
        }
    }
    while cuts.last().is_some_and(|(bond, ..)| *bond == Bond::Comma) {
        cuts.pop();
    }
    let mut parts = Vec::new();
    let (mut from, mut joined) = (0, Joined::First);
    for (bond, end, next) in cuts {
        parts.push((joined, &all[from..end]));
        from = next;
        joined = match bond {
            Bond::Sequence => Joined::Then,
            Bond::And | Bond::Comma => Joined::And,
        };
    }
    parts.push((joined, &all[from..]));
    parts
}

/// The connection that begins at `at`, and how many words it takes.
fn bond(all: &[Word], at: usize) -> Option<(Bond, usize)> {
    /// Between one thing done and the next.
    const SEQUENCE: &[&str] = &[
        "and then also",
        "and after that",
        "and afterwards",
        "and once that is done",
        "and once that's done",
        "and when that is done",
        "and when that's done",
        "and then",
        "and also",
        "and finally",
        "and lastly",
        "and next",
        "after that",
        "afterwards",
        "once that is done",
        "once that's done",
        "when that's done",
        "when that is done",
        "then also",
        "then",
    ];
    /// These open only what punctuation has set apart.
    const OPENING: &[&str] = &["also", "finally", "lastly", "oh and", "plus"];
    /// "until then", "the day after that".
    const BEFORE: &[&str] = &[
        "until", "till", "by", "since", "back", "from", "before", "even", "day", "week", "month", "year",
        "the", "what", "if", "right", "just", "and",
    ];
    if all[at].quoted {
        return None;
    }
    let gap = all[at].gap;
    let follows = |phrases: &[&str]| {
        let lengths = phrases.iter().filter_map(|phrase| words::starts(&all[at..], phrase));
        lengths.max()
    };
    if let Some(length) = follows(SEQUENCE) {
        let loose = all[at].text != "and" && gap == Gap::None;
        let part_of_more = loose && BEFORE.contains(&all[at - 1].text.as_str());
        return (!part_of_more).then_some((Bond::Sequence, length));
    }
    if gap != Gap::None
        && let Some(length) = follows(OPENING)
    {
        return Some((Bond::Sequence, length));
    }
    match (all[at].text.as_str(), gap) {
        ("and", Gap::Stop) => Some((Bond::Sequence, 1)),
        ("and", Gap::None | Gap::Comma) => Some((Bond::And, 1)),
        (_, Gap::Comma) => Some((Bond::Comma, 0)),
        (_, Gap::None | Gap::Stop) => None,
    }
}

/// Whether `before` is a whole request and `after` begins another.
fn separates(bond: Bond, before: &[Word], after: &[Word]) -> bool {
    let (done, next) = (lead(before), courteous(after));
    let complete = done.len() >= 2 || has(done, &["retry"]);
    if !complete || next.len() < 2 || !begins_request(next) {
        return false;
    }
    if is_more_of_the_message(done, next) {
        return false;
    }
    match (is_dictated(done), bond) {
        (speech::Dictated::Quoted, _) => false,
        (speech::Dictated::Open, Bond::Sequence) => is_certain(next),
        (speech::Dictated::Open, Bond::And | Bond::Comma) => false,
        (speech::Dictated::Nothing, Bond::Sequence) => true,
        (speech::Dictated::Nothing, Bond::And | Bond::Comma) if is_question(done) => {
            is_certain(next) || (is_plain(next) && refers_back(next))
        }
        (speech::Dictated::Nothing, Bond::And | Bond::Comma) => {
            is_certain(next) || (is_plain(next) && is_closed(done))
        }
    }
}

#[cfg(test)]
mod tests;
