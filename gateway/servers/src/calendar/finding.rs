//! Which event is meant by some words, and by the day it is on.

use jiff::Zoned;

use super::expansion::Occurrence;
use super::spoken;
use crate::dates::{self, DateError, When};
use crate::free::Stretch;
use crate::matching::{self, Match};
use crate::placing::{self, PlacingError};
use crate::sentences::which;

/// Why no event is meant.
#[derive(Debug, thiserror::Error)]
pub(super) enum FindError {
    #[error("no event in the calendar fits \"{words}\": list the events and use words of one of them")]
    Nothing { words: String },
    #[error("{0}")]
    Which(String),
    #[error("{title} comes again and again: say which day, or that every time is meant")]
    Repeats { title: String },
}

/// What was said of an event.
pub(super) struct Said<'a> {
    pub words: &'a str,
    /// The day it is on.
    pub day: Option<&'a When>,
    /// Whether all times of a series are meant.
    pub whole: bool,
}

/// The stretch in which an event is looked for: the day that was said, else the year to come.
pub(super) fn window(day: Option<&When>, now: &Zoned) -> Result<Stretch, PlacingError> {
    if let Some(day) = day {
        return placing::listed(Some(day), "in the calendar", now);
    }
    let last = now.date().saturating_add(jiff::Span::new().days(placing::LONGEST_DAYS));
    Ok((placing::midnight(now.date(), now)?, placing::midnight(last, now)?))
}

/// The one that is meant.
pub(super) fn find<'a>(
    said: &Said<'_>,
    times: &'a [Occurrence],
    now: &Zoned,
) -> Result<&'a Occurrence, FindError> {
    let all: Vec<&Occurrence> = times.iter().collect();
    let of_id = || times.iter().find(|time| time.event.uid == said.words.trim());
    if said.whole
        && let Some(first) = of_id()
    {
        return Ok(first);
    }
    if let Some(time) = times.iter().find(|time| time.id == said.words.trim()) {
        return Ok(time);
    }
    match meant(said, &all, now) {
        Match::One(time) => Ok(time),
        Match::Several(several) => choose(said, &several, now),
        Match::None => {
            let several: Vec<&Occurrence> =
                times.iter().filter(|time| time.event.uid == said.words.trim()).collect();
            if several.is_empty() {
                Err(FindError::Nothing { words: said.words.to_owned() })
            } else {
                choose(said, &several, now)
            }
        }
    }
}

fn meant<'a>(said: &Said<'_>, all: &[&'a Occurrence], now: &Zoned) -> Match<'a, Occurrence> {
    let at_hour = |when: &When, time: &Occurrence| match when {
        When::At(at) => time.from.timestamp() == at.timestamp(),
        When::Day(day) => time.from.date() <= *day && (time.to.date() > *day || time.from.date() == *day),
        When::Span { from, to } => time.overlaps(&(from.clone(), to.clone())),
        When::Every(_) => time.event.repeats(),
    };
    // The day was said apart: the window has only that day, and of an hour what begins then goes before.
    let exact: Vec<&Occurrence> = match said.day {
        Some(when @ When::At(_)) => all.iter().filter(|time| at_hour(when, time)).copied().collect(),
        Some(When::Day(_) | When::Span { .. } | When::Every(_)) | None => Vec::new(),
    };
    let all = if exact.is_empty() { all } else { exact.as_slice() };
    let Some(found) = dates::find(said.words, now) else { return matching::find(said.words, all) };
    let readings = match &found.when {
        Ok(when) => vec![when.clone()],
        Err(DateError::Ambiguous { options }) => options.iter().map(|option| option.when.clone()).collect(),
        Err(_) => Vec::new(),
    };
    let then: Vec<&Occurrence> =
        all.iter().filter(|time| readings.iter().any(|when| at_hour(when, time))).copied().collect();
    let rest = found.rest(said.words);
    if !matching::tells(&rest) {
        return matching::only(then);
    }
    match matching::find(&rest, &then) {
        // The time words may be words of the event itself.
        Match::None => matching::find(said.words, all),
        found => found,
    }
}

/// Of several times that fit equally well: the first of a series that is meant as a whole, else a question.
fn choose<'a>(said: &Said<'_>, several: &[&'a Occurrence], now: &Zoned) -> Result<&'a Occurrence, FindError> {
    let mut first_of_each: Vec<&'a Occurrence> = Vec::new();
    for time in several.iter().copied() {
        if first_of_each.iter().all(|other| other.event.uid != time.event.uid) {
            first_of_each.push(time);
        }
    }
    match first_of_each.as_slice() {
        [one] if said.whole => Ok(*one),
        [one] if said.day.is_none() => Err(FindError::Repeats { title: one.event.name().to_owned() }),
        [_] => {
            let each = several.iter().map(|time| spoken::named(time, None, now)).collect();
            Err(FindError::Which(which("events", each)))
        }
        _ => {
            let each = first_of_each.iter().map(|time| spoken::named(time, None, now)).collect();
            Err(FindError::Which(which("events", each)))
        }
    }
}
