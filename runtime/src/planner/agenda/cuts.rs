//! Where an utterance may be cut, and how plainly.

use super::{
    Gap, Joined, Word,
    loose::Fate,
    speech::{
        Dictated, begins_request, courteous, is_certain, is_closed, is_conditional, is_dictated,
        is_more_of_the_message, is_ours, is_plain, is_question, lead, leads_nothing, refers_back, takes_down,
    },
    words::{has, starts},
};

/// A place between two clauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    bond: Bond,
    /// Words before this one belong to the clause before.
    pub end: usize,
    /// The first word of the clause after.
    pub next: usize,
    pub firmness: Firmness,
}

/// Whether what follows a place is a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Firmness {
    Request,
    /// It may be part of the clause before.
    Loose(Fate),
}

impl Cut {
    /// How what follows is joined to what is before.
    pub fn joined(&self) -> Joined {
        match self.bond {
            Bond::Sequence | Bond::Sentence => Joined::Then,
            Bond::And | Bond::Comma => Joined::And,
        }
    }
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
    /// A new sentence, which may go on about the request before it.
    Sentence,
}

/// The places of an utterance in their order.
pub(super) fn cuts(all: &[Word]) -> Vec<Cut> {
    let (mut cuts, mut from): (Vec<Cut>, usize) = (Vec::new(), 0);
    let (conditional, begins) = (is_conditional(all), begins_request(lead(all)));
    let mut at = 1;
    while at < all.len() {
        if let Some((bond, length)) = bond(all, at)
            && let Some(firmness) = firmness(bond, &all[from..at], &all[at + length..])
            && let Some(firmness) = in_all(bond, firmness, conditional, begins)
        {
            let next = at + length;
            cuts.push(Cut { bond, end: at, next, firmness });
            if firmness == Firmness::Request {
                from = next;
            }
            at = next;
        }
        at += 1;
    }
    // A list whose last part is joined by a comma alone may be something else.
    let firm = |cut: &&mut Cut| cut.firmness == Firmness::Request;
    for cut in cuts.iter_mut().rev().filter(firm).take_while(|cut| cut.bond == Bond::Comma) {
        cut.firmness = Firmness::Loose(Fate::Step);
    }
    cuts
}

/// What a place is worth in the whole utterance: where everything hangs on a condition nothing is a request of its own,
/// and where nothing is asked for at the beginning only an order of things shows that something is later.
fn in_all(bond: Bond, firmness: Firmness, conditional: bool, begins: bool) -> Option<Firmness> {
    match (firmness, bond) {
        (Firmness::Request | Firmness::Loose(Fate::Step), Bond::Sequence) if conditional => {
            Some(Firmness::Loose(Fate::Told))
        }
        (Firmness::Request, Bond::Sequence) if !begins => Some(Firmness::Loose(Fate::Step)),
        _ if conditional || !begins => None,
        _ => Some(firmness),
    }
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
        let lengths = phrases.iter().filter_map(|phrase| starts(&all[at..], phrase));
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
        (_, Gap::Stop) => Some((Bond::Sentence, 0)),
        (_, Gap::None) => None,
    }
}

/// Whether `before` is a whole request and `after` begins another, or may.
fn firmness(bond: Bond, before: &[Word], after: &[Word]) -> Option<Firmness> {
    let (done, next) = (lead(before), courteous(after));
    let complete = done.len() >= 2 || has(done, &["retry"]);
    if !complete || next.len() < 2 {
        return None;
    }
    let dictated = is_dictated(done);
    if begins_request(next) && !is_more_of_the_message(done, next) && separates(bond, done, next, dictated) {
        return Some(Firmness::Request);
    }
    let asked = begins_request(next) && (is_plain(next) || is_certain(next));
    match (bond, dictated) {
        _ if asked => Some(Firmness::Loose(Fate::Step)),
        // Whatever verb it is, something else is to be done; of "and then to Paris" nobody knows what.
        (Bond::Sequence, Dictated::Nothing) if !leads_nothing(next) => Some(Firmness::Loose(Fate::Step)),
        (Bond::Sequence, _) => Some(Firmness::Loose(Fate::Told)),
        (Bond::And | Bond::Comma | Bond::Sentence, _) => None,
    }
}

/// Whether two requests are plainly two.
fn separates(bond: Bond, done: &[Word], next: &[Word], dictated: Dictated) -> bool {
    match (dictated, bond) {
        (_, Bond::Sentence) | (Dictated::Quoted, _) => false,
        (Dictated::Open, Bond::Sequence) => is_certain(next) || is_ours(next),
        // What somebody else is told may go on with "and".
        (Dictated::Open, Bond::And | Bond::Comma) => takes_down(done) && is_ours(next),
        (Dictated::Nothing, Bond::Sequence) => true,
        (Dictated::Nothing, Bond::And | Bond::Comma) if is_question(done) => {
            is_certain(next) || (is_plain(next) && refers_back(next))
        }
        (Dictated::Nothing, Bond::And | Bond::Comma) => {
            is_certain(next) || (is_plain(next) && is_closed(done))
        }
    }
}
