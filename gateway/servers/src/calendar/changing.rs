//! The tools that change something: each makes a plan, which is then carried out once.

use std::sync::Arc;

use jiff::{SignedDuration, ToSpan, Zoned};

use super::account::Found;
use super::agenda::{Agenda, Object};
use super::document::Component;
use super::edit::{self, Edit, Guests, New, Placed};
use super::expansion::{Occurrence, occurrences};
use super::finding::{self, FindError, Said};
use super::output::Event;
use super::reading::shown;
use super::spoken;
use super::tools::{LONGEST_ADDRESS, LONGEST_NOTES, LONGEST_TEXT, MOST_GUESTS};
use super::toolset::{CallError, Parts, Plan};
use super::writing::{Change, Write};
use crate::answered::Answer;
use crate::arguments::{ArgumentError, Arguments};
use crate::dates::{self, When};
use crate::placing::{self, Length, PlacingError, USUAL};

type Planned = Result<Plan, CallError>;

pub(super) async fn create(parts: &Parts, arguments: &Arguments, mark: &str, now: &Zoned) -> Planned {
    let when =
        arguments.when("when", now)?.ok_or(ArgumentError::Missing { name: "when", wanted: "a string" })?;
    let title = arguments.text("title", LONGEST_TEXT)?;
    let location = arguments.optional_text("location", LONGEST_TEXT)?;
    let notes = arguments.optional_text("notes", LONGEST_NOTES)?;
    let named = arguments.optional_text("calendar", LONGEST_TEXT)?;
    let (from, to, length) = placing::place(&when, minutes(arguments)?, now)?;
    let placed = Placed { from, to, length };
    let rule = match &when {
        When::Every(every) => Some(every.rule.rfc5545()),
        When::At(_) | When::Day(_) | When::Span { .. } => None,
    };
    let found = parts.account.found().await?;
    let calendar = parts.write_to(&found, named.as_deref())?;
    let guests = guests(arguments, &found)?;
    let uid = edit::uid(mark);
    let new = New {
        uid: &uid,
        title: &title,
        location: location.as_deref(),
        notes: notes.as_deref(),
        placed: &placed,
        rule: rule.as_deref(),
        guests: &guests,
    };
    let document = edit::created(&new, now);
    let window = (placed.from.clone(), placed.to.clone());
    let own = occurrences(&document, &window).0.into_iter().next();
    let own = own.ok_or(PlacingError::TooLong { spoken: "that".to_owned(), days: placing::LONGEST_DAYS })?;
    let overlaps = overlapping(parts, &found, &own).await?;
    let words = rule.is_some().then(|| when.wire());
    let place = &found.calendars[calendar];
    let mut text =
        spoken::created(&own, words.as_deref(), named.as_ref().map(|_| &*place.name), &overlaps, now);
    text += &invitations(&guests, &found);
    let titles = overlaps.iter().map(|other| other.event.name().to_owned()).collect();
    let event = Event { overlaps: Some(titles), ..shown(&own, &place.name) };
    let write = Write {
        href: format!("{}/{uid}.ics", place.href.trim_end_matches('/')),
        change: Change::Create,
        etag: String::new(),
        data: document.to_string(),
        mark: mark.to_owned(),
    };
    let answer = Answer::new(text, &event)?;
    Ok(Plan { found: Arc::clone(&found), calendar, write, answer })
}

/// What takes up some of the same time.
async fn overlapping(
    parts: &Parts,
    found: &Arc<Found>,
    own: &Occurrence,
) -> Result<Vec<Occurrence>, CallError> {
    if !own.takes_hours() {
        return Ok(Vec::new());
    }
    let window = (own.from.clone(), own.to.clone());
    let agenda = Agenda::read(found, &parts.read_from(found, None)?, &window).await?;
    let others =
        agenda.times.into_iter().filter(|other| other.takes_hours() && other.event.uid != own.event.uid);
    Ok(others.filter(|other| !other.event.declined_by(&found.addresses)).collect())
}

pub(super) async fn update(parts: &Parts, arguments: &Arguments, mark: &str, now: &Zoned) -> Planned {
    let title = arguments.optional_text("title", LONGEST_TEXT)?;
    let location = arguments.optional_text("location", LONGEST_TEXT)?;
    let notes = arguments.optional_text("notes", LONGEST_NOTES)?;
    let minutes = minutes(arguments)?;
    let (found, agenda, at, whole) = meant(parts, arguments, now).await?;
    let (time, object) = standing(&agenda, at)?;
    let when = arguments.when_on("when", time.from.date(), now)?;
    let guests = guests(arguments, &found)?;
    let whole = whole && time.of_series.is_some();
    let mut edit = Edit { title, location, notes, placed: None, guests };
    let unchanged = edit.title.is_none() && edit.location.is_none() && edit.notes.is_none();
    if unchanged && when.is_none() && minutes.is_none() && edit.guests.invited.is_empty() {
        return Err(CallError::NoChange);
    }
    let document = &object.resource.document;
    let uid = &time.event.uid;
    let (changed, from) = if whole {
        let moved = moved(time, when.as_ref(), minutes)?;
        let by = moved.map_or(SignedDuration::ZERO, |(by, _)| by);
        let from = time.from.datetime().checked_add(by).and_then(|at| at.to_zoned(now.time_zone().clone()));
        (edit::changed_whole(document, uid, &edit, moved, mark, now), from.unwrap_or(time.from.clone()))
    } else {
        edit.placed = placed(time, when.as_ref(), minutes, now)?;
        let from = edit.placed.as_ref().map_or(&time.from, |placed| &placed.from).clone();
        (edit::changed(document, time, &edit, mark, now), from)
    };
    let after = after(&changed, time, &from);
    let mut text = spoken::updated(time, &after, whole, now);
    let organizer = time.event.organizer.as_deref();
    if let Some(organizer) = organizer.filter(|organizer| !found.addresses.iter().any(|own| own == organizer))
    {
        text = format!("{text} {}", spoken::foreign(organizer));
    }
    text += &invitations(&edit.guests, &found);
    let answer = Answer::new(text, &shown(&after, &found.calendars[object.calendar].name))?;
    let write = Write {
        href: object.resource.href.clone(),
        change: Change::Replace,
        etag: object.resource.etag.clone(),
        data: changed.to_string(),
        mark: mark.to_owned(),
    };
    Ok(Plan { calendar: object.calendar, write, answer, found: Arc::clone(&found) })
}

pub(super) async fn cancel(parts: &Parts, arguments: &Arguments, mark: &str, now: &Zoned) -> Planned {
    let (found, agenda, at, whole) = meant(parts, arguments, now).await?;
    let (time, object) = standing(&agenda, at)?;
    let left = match &time.of_series {
        Some(instead_of) if !whole => edit::without(&object.resource.document, time, instead_of, mark, now),
        Some(_) | None => None,
    };
    let text = spoken::cancelled(time, whole, now);
    let answer = Answer::new(text, &shown(time, &found.calendars[object.calendar].name))?;
    let write = Write {
        href: object.resource.href.clone(),
        change: if left.is_some() { Change::Replace } else { Change::Delete },
        etag: object.resource.etag.clone(),
        data: left.map(|left| left.to_string()).unwrap_or_default(),
        mark: mark.to_owned(),
    };
    Ok(Plan { calendar: object.calendar, write, answer, found: Arc::clone(&found) })
}

/// The event that is meant, by its place in what was read, and whether all its times are.
async fn meant(
    parts: &Parts,
    arguments: &Arguments,
    now: &Zoned,
) -> Result<(Arc<Found>, Agenda, usize, bool), CallError> {
    let words = arguments.text("event", LONGEST_TEXT)?;
    let day = arguments.when("day", now)?;
    let whole = arguments.flag("whole_series")?.unwrap_or(false);
    let window = finding::window(day.as_ref(), now)?;
    let found = parts.account.found().await?;
    let agenda = Agenda::read(&found, &parts.read_from(&found, None)?, &window).await?;
    let said = Said { words: &words, day: day.as_ref(), whole };
    let time = finding::find(&said, &agenda.times, now)?;
    let at = agenda.times.iter().position(|other| std::ptr::eq(other, time));
    let at = at.ok_or(FindError::Nothing { words: words.clone() })?;
    Ok((found, agenda, at, whole))
}

fn standing(agenda: &Agenda, at: usize) -> Result<(&Occurrence, &Object), CallError> {
    let time = agenda.times.get(at);
    let pair = time.and_then(|time| Some((time, agenda.object(time)?)));
    pair.ok_or_else(|| FindError::Nothing { words: String::new() }.into())
}

fn minutes(arguments: &Arguments) -> Result<Option<u32>, CallError> {
    Ok(arguments.string("duration")?.map(dates::length).transpose()?)
}

/// Where one time of an event is put.
fn placed(
    time: &Occurrence,
    when: Option<&When>,
    minutes: Option<u32>,
    now: &Zoned,
) -> Result<Option<Placed>, CallError> {
    let days = time.event.start.is_day();
    let own = time.to.duration_since(&time.from);
    let long = match minutes {
        Some(minutes) => SignedDuration::from_mins(i64::from(minutes)),
        None if days => SignedDuration::from_mins(i64::from(USUAL)),
        None => own,
    };
    let timed = |from: &Zoned| {
        let to = from.checked_add(long).unwrap_or_else(|_| from.clone());
        let minutes = u32::try_from(long.as_mins()).unwrap_or(USUAL);
        Some(Placed { from: from.clone(), to, length: Length::Minutes(minutes) })
    };
    Ok(match when {
        None if minutes.is_none() => None,
        None if days => return Err(PlacingError::LengthOfDays.into()),
        None => timed(&time.from),
        Some(When::Every(_)) => return Err(CallError::Repeated),
        Some(When::At(at)) => timed(at),
        Some(When::Day(day)) if !days => {
            let from = day.to_datetime(time.from.time()).to_zoned(now.time_zone().clone());
            timed(&from.unwrap_or_else(|_| time.from.clone()))
        }
        Some(When::Day(_)) if minutes.is_some() => return Err(PlacingError::LengthOfDays.into()),
        Some(When::Day(day)) => {
            let count = (time.to.date() - time.from.date()).get_days().max(1);
            let from = placing::midnight(*day, now)?;
            let to = from.checked_add(count.days()).unwrap_or_else(|_| from.clone());
            Some(Placed { from, to, length: Length::Days(count.unsigned_abs()) })
        }
        Some(span @ When::Span { .. }) => {
            let (from, to, length) = placing::place(span, minutes, now)?;
            Some(Placed { from, to, length })
        }
    })
}

/// How much later every time of a series is, and how long; both on the clock.
fn moved(
    time: &Occurrence,
    when: Option<&When>,
    minutes: Option<u32>,
) -> Result<Option<(SignedDuration, SignedDuration)>, CallError> {
    if when.is_none() && minutes.is_none() {
        return Ok(None);
    }
    let elsewhere = || CallError::MovedWhole { title: time.event.name().to_owned() };
    let own = time.to.duration_since(&time.from);
    let long = minutes.map_or(own, |minutes| SignedDuration::from_mins(i64::from(minutes)));
    let (from, long) = match when {
        None => (&time.from, long),
        Some(When::At(at)) => (at, long),
        Some(When::Span { from, to }) => (from, to.duration_since(from)),
        Some(When::Day(_) | When::Every(_)) => return Err(elsewhere()),
    };
    if time.event.start.is_day() || from.date() != time.from.date() {
        return Err(elsewhere());
    }
    Ok(Some((from.datetime().duration_since(time.from.datetime()), long)))
}

/// The changed event, as the changed object has it.
fn after(document: &Component, before: &Occurrence, from: &Zoned) -> Occurrence {
    let end = from.checked_add(1.second()).unwrap_or_else(|_| from.clone());
    let times = occurrences(document, &(from.clone(), end)).0;
    let same = |time: &Occurrence| time.event.uid == before.event.uid && time.from == *from;
    times.into_iter().find(same).unwrap_or_else(|| before.clone())
}

/// Who is to be invited.
fn guests(arguments: &Arguments, found: &Found) -> Result<Guests, CallError> {
    let invited = arguments.texts("attendees", 0..=MOST_GUESTS, LONGEST_ADDRESS)?.unwrap_or_default();
    for address in &invited {
        let odd = |c: char| c.is_whitespace() || c.is_control() || "\"<>:;,()[]\\".contains(c);
        let halves = address.split_once('@').filter(|(name, host)| !name.is_empty() && host.contains('.'));
        if address.contains(odd) || halves.is_none_or(|(_, host)| host.contains('@')) {
            return Err(CallError::NoAddress { address: address.clone() });
        }
    }
    let organizer = found.addresses.first().cloned();
    if !invited.is_empty() && organizer.is_none() {
        return Err(CallError::NoOrganizer);
    }
    Ok(Guests { organizer, invited })
}

/// What becomes of the invitations, as a sentence after others.
fn invitations(guests: &Guests, found: &Found) -> String {
    match guests.invited.len() {
        0 => String::new(),
        count => format!(" {}", spoken::invited(count, found.schedules)),
    }
}
