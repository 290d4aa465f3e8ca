//! The date phrase inside an utterance.

use std::ops::Range;

use jiff::Zoned;

use super::grammar::{self, Moment, Phrase};
use super::lexer::{self, Kind, Short, Token};
use super::{Found, resolve};

/// The longest phrase in tokens: "every other monday and thursday at half past eleven in the morning" has twelve.
const WIDEST: usize = 18;

/// See [`super::find`].
pub(super) fn find(text: &str, now: &Zoned) -> Option<Found> {
    let tokens = lexer::lex(text, Short::Careful);
    let candidates = candidates(text, &tokens);
    let ((best, phrase), others) = candidates.split_first()?;
    let partner = others.iter().find_map(|(range, other)| Some((range, join(phrase, other)?)));
    let bytes = |range: &Range<usize>| {
        Some(tokens.get(range.start)?.range.start..tokens.get(range.end - 1)?.range.end)
    };
    let (mut ranges, joined) = match partner {
        Some((range, joined)) => (vec![bytes(best)?, bytes(range)?], joined),
        None => (vec![bytes(best)?], phrase.clone()),
    };
    ranges.sort_by_key(|range| range.start);
    let words: Vec<&str> = ranges.iter().filter_map(|range| text.get(range.clone())).collect();
    Some(Found { phrase: words.join(" "), ranges, when: resolve::resolve(&joined, now) })
}

/// Stretches of tokens that are clearly date phrases, the longest first, none in another's way.
fn candidates(text: &str, tokens: &[Token]) -> Vec<(Range<usize>, Phrase)> {
    let longest_from = |start: usize| {
        let run =
            tokens[start..].iter().take(WIDEST).take_while(|token| token.kind != Kind::Stranger).count();
        let ends = (start + 1..=start + run).rev();
        ends.filter(|end| one_sentence(text, &tokens[start..*end])).find_map(|end| {
            let phrase = grammar::phrase(&tokens[start..end]).filter(clear)?;
            Some((start..end, phrase))
        })
    };
    let mut all: Vec<(Range<usize>, Phrase)> =
        (0..tokens.len()).filter(|start| !counted(tokens, *start)).filter_map(longest_from).collect();
    all.sort_by_key(|(range, _)| std::cmp::Reverse((range.len(), range.start)));
    let mut found: Vec<(Range<usize>, Phrase)> = Vec::new();
    for (range, phrase) in all {
        if found.iter().all(|(other, _)| range.end <= other.start || range.start >= other.end) {
            found.push((range, phrase));
        }
    }
    found
}

/// Whether `at` is the number in "for two", which may be two people.
fn counted(tokens: &[Token], at: usize) -> bool {
    let number = tokens.get(at).is_some_and(|token| matches!(token.kind, Kind::Number { .. }));
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    number
        && before
            .is_some_and(|token| matches!(&token.kind, Kind::Word(word) if word == "for" || word == "about"))
}

/// A phrase does not run across the end of a sentence.
fn one_sentence(text: &str, tokens: &[Token]) -> bool {
    tokens.windows(2).all(|pair| {
        let between = text.get(pair[0].range.end..pair[1].range.start).unwrap_or_default();
        !between.contains(['.', '!', '?', ';'])
    })
}

fn clear(phrase: &Phrase) -> bool {
    match phrase {
        Phrase::After(_) | Phrase::Repeat(..) => true,
        Phrase::Moment(moment) => moment.clear && !moment.doubtful,
    }
}

/// Two phrases as one, when what the one lacks is all that the other has.
fn join(one: &Phrase, other: &Phrase) -> Option<Phrase> {
    let hour_only =
        |moment: &Moment| moment.day.is_none() && (moment.clock.is_some() || moment.part.is_some());
    let hour_free = |moment: &Moment| moment.clock.is_none() && moment.through.is_none();
    let merge = |base: &Moment, hour: &Moment| {
        (hour_free(base) && hour_only(hour) && !(base.part.is_some() && hour.part.is_some())).then(|| {
            Moment {
                day: base.day.clone(),
                through: None,
                part: base.part.or(hour.part),
                clock: hour.clock,
                until: hour.until,
                clear: true,
                doubtful: false,
            }
        })
    };
    match (one, other) {
        (Phrase::Moment(one), Phrase::Moment(other)) => {
            let dated = |moment: &Moment| moment.day.is_some();
            let merged =
                if dated(one) { merge(one, other) } else { merge(other, one).filter(|_| dated(other)) };
            merged.map(Phrase::Moment)
        }
        (Phrase::Repeat(repeat, base), Phrase::Moment(hour))
        | (Phrase::Moment(hour), Phrase::Repeat(repeat, base)) => {
            merge(base, hour).map(|moment| Phrase::Repeat(repeat.clone(), moment))
        }
        (Phrase::After(_), _) | (_, Phrase::After(_)) | (Phrase::Repeat(..), Phrase::Repeat(..)) => None,
    }
}
