//! The tools of the schedule.

use std::ops::Range;

use jiff::civil::{Date, Time};
use jiff::{ToSpan, Zoned};
use uuid::Uuid;

use super::free::{self, Stretch};
use super::held::{Held, LONGEST_DAYS, held};
use super::output::{Entry, FreeTime, FreeTimes, Schedule};
use super::server::CallError;
use super::spoken;
use super::store::{Answer, EntryRow, Length, PAGE, Repeat, Tables, whole_seconds, zone_name};
use super::tools::LONGEST_TEXT;
use crate::arguments::{ArgumentError, Arguments};
use crate::dates::{self, When};

/// How long an entry takes if nobody says, in minutes.
pub(super) const USUAL: u32 = 60;

/// How much free time is looked for if nobody says, in minutes.
pub(super) const USUAL_FREE: u32 = 30;

/// The longest stretch in which free time is looked for, in days.
const LONGEST_FREE: i64 = 31;

/// How many days are looked at if nobody says, today included.
const COMING: i64 = 7;

type Said = Result<Answer, CallError>;

pub(super) async fn add(arguments: &Arguments, tables: &mut Tables<'_>, now: &Zoned) -> Said {
    let when =
        arguments.when("when", now)?.ok_or(ArgumentError::Missing { name: "when", wanted: "a string" })?;
    let minutes = arguments.string("duration")?.map(dates::length).transpose()?;
    let (from, to, length) = place(&when, minutes, now)?;
    let row = EntryRow {
        id: Uuid::now_v7().to_string(),
        title: arguments.text("title", LONGEST_TEXT)?,
        location: arguments.optional_text("location", LONGEST_TEXT)?,
        wall: match &when {
            When::Every(every) => every.first.date().to_datetime(every.at.unwrap_or_default()),
            When::At(_) | When::Day(_) | When::Span { .. } => from.datetime(),
        },
        zone: zone_name(now),
        starts_at: whole_seconds(from.timestamp()),
        ends_at: whole_seconds(to.timestamp()),
        length,
        repeat: match &when {
            When::Every(every) => Some(Repeat::of(every)),
            When::At(_) | When::Day(_) | When::Span { .. } => None,
        },
        created_at: whole_seconds(now.timestamp()),
    };
    let before = tables.entries(row.starts_at, row.ends_at).await?;
    let own = Held { entry: &row, from: from.clone(), to: to.clone() };
    let mut overlaps = held(&before, &from, &to);
    overlaps.retain(|other| own.takes_hours() && other.takes_hours());
    tables.add_entry(&row).await?;
    let text = spoken::schedule::added(&own, &overlaps, now);
    let titles = overlaps.iter().map(|other| other.entry.title.clone()).collect();
    Ok(Answer::new(text, &Entry { overlaps: Some(titles), ..entry(&own) })?)
}

/// The first time of what is put on the schedule for `when`, and how long it takes.
fn place(when: &When, minutes: Option<u32>, now: &Zoned) -> Result<(Zoned, Zoned, Length), CallError> {
    let spoken = || dates::say(when, now).trim_start_matches("on ").to_owned();
    let timed = |from: &Zoned| {
        let minutes = minutes.unwrap_or(USUAL);
        Ok((from.clone(), end(from, i64::from(minutes).minutes())?, Length::Minutes(minutes)))
    };
    let days = |day: Date, days: u32| {
        if minutes.is_some() {
            return Err(CallError::LengthOfDays);
        }
        let from = midnight(day, now)?;
        Ok((from.clone(), end(&from, i64::from(days).days())?, Length::Days(days)))
    };
    match when {
        When::At(at) => timed(at),
        When::Every(every) if every.at.is_some() => timed(&every.first),
        When::Every(every) => days(every.first.date(), 1),
        When::Day(day) => days(*day, 1),
        When::Span { from, to } => {
            if minutes.is_some() {
                return Err(CallError::TwoLengths { spoken: spoken() });
            }
            let length = whole_days(from, to);
            if length.unwrap_or(to.duration_since(from).as_hours() / 24) > LONGEST_DAYS {
                return Err(CallError::TooLong { spoken: spoken(), days: LONGEST_DAYS });
            }
            let length = match length {
                Some(days) => Length::Days(u32::try_from(days).unwrap_or(1)),
                None => Length::Minutes(u32::try_from(to.duration_since(from).as_mins()).unwrap_or(1).max(1)),
            };
            Ok((from.clone(), to.clone(), length))
        }
    }
}

fn end(from: &Zoned, length: jiff::Span) -> Result<Zoned, CallError> {
    from.checked_add(length).map_err(|_| CallError::TooLong { spoken: "that".to_owned(), days: LONGEST_DAYS })
}

fn midnight(day: Date, now: &Zoned) -> Result<Zoned, CallError> {
    let start = day.to_zoned(now.time_zone().clone());
    start.map_err(|_| CallError::TooLong { spoken: "that".to_owned(), days: LONGEST_DAYS })
}

/// How many days a stretch has that goes from midnight to midnight.
fn whole_days(from: &Zoned, to: &Zoned) -> Option<i64> {
    let whole = from.time() == Time::midnight() && to.time() == Time::midnight();
    whole.then(|| i64::from((to.date() - from.date()).get_days()))
}

pub(super) async fn list(arguments: &Arguments, tables: &mut Tables<'_>, now: &Zoned) -> Said {
    let when = arguments.when("when", now)?;
    let day = |day: Date| Ok::<_, CallError>((midnight(day, now)?, midnight(next(day), now)?));
    let (from, to) = match &when {
        None => (midnight(now.date(), now)?, midnight(ahead(now.date(), COMING), now)?),
        Some(When::At(at)) => day(at.date())?,
        Some(When::Day(date)) => day(*date)?,
        Some(When::Span { from, to }) => (from.clone(), to.clone()),
        Some(When::Every(_)) => return Err(CallError::RepeatedDay { what: "on the schedule" }),
    };
    limit(&from, &to, LONGEST_DAYS, now)?;
    let rows = tables.entries(from.timestamp(), to.timestamp()).await?;
    let held = held(&rows, &from, &to);
    let asked = match when {
        None => None,
        Some(When::At(at)) => Some(When::Day(at.date())),
        Some(when @ (When::Day(_) | When::Span { .. } | When::Every(_))) => Some(when),
    };
    let text = spoken::schedule::list(&held, asked.as_ref(), now);
    let entries = held.iter().take(PAGE as usize).map(entry).collect();
    Ok(Answer::new(text, &Schedule { entries, total: held.len() })?)
}

pub(super) async fn free_time(
    arguments: &Arguments,
    tables: &mut Tables<'_>,
    hours: Range<i8>,
    now: &Zoned,
) -> Said {
    let minutes = arguments.string("duration")?.map(dates::length).transpose()?.unwrap_or(USUAL_FREE);
    let when = arguments.when("when", now)?;
    let windows: Vec<Stretch> = match &when {
        None => free::hours_of_days(now.date(), ahead(now.date(), COMING), &hours, now),
        Some(When::At(at)) => vec![(at.clone(), end(at, i64::from(minutes).minutes())?)],
        Some(When::Day(day)) => free::hours_of_days(*day, next(*day), &hours, now),
        Some(When::Span { from, to }) => {
            limit(from, to, LONGEST_FREE, now)?;
            // Hours that were said are taken as they were said.
            match whole_days(from, to) {
                Some(_) => free::hours_of_days(from.date(), to.date(), &hours, now),
                None => free::still((from.clone(), to.clone()), now).into_iter().collect(),
            }
        }
        Some(When::Every(_)) => return Err(CallError::RepeatedDay { what: "free" }),
    };
    let (mut busy, mut days) = (Vec::new(), Vec::new());
    let rows = match (windows.first(), windows.last()) {
        (Some((from, _)), Some((_, to))) => tables.entries(from.timestamp(), to.timestamp()).await?,
        _ => Vec::new(),
    };
    for (from, to) in &windows {
        for held in held(&rows, from, to) {
            if held.takes_hours() { busy.push((held.from, held.to)) } else { days.push(held) }
        }
    }
    let found = free::gaps(&windows, &busy, minutes);
    let text = spoken::schedule::free(&found, minutes, when.as_ref(), &days, now);
    let times = found.iter().take(PAGE as usize).map(|(from, to)| FreeTime {
        from: from.to_string(),
        to: to.to_string(),
        minutes: to.duration_since(from).as_mins(),
    });
    Ok(Answer::new(text, &FreeTimes { times: times.collect(), total: found.len(), minutes })?)
}

fn limit(from: &Zoned, to: &Zoned, days: i64, now: &Zoned) -> Result<(), CallError> {
    let spoken = || dates::say(&When::Span { from: from.clone(), to: to.clone() }, now);
    if i64::from((to.date() - from.date()).get_days()) > days {
        Err(CallError::TooLong { spoken: spoken(), days })
    } else {
        Ok(())
    }
}

fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

fn ahead(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

fn entry(held: &Held<'_>) -> Entry {
    let (from, to) = match held.entry.length {
        Length::Minutes(_) => (held.from.to_string(), held.to.to_string()),
        Length::Days(_) => (held.from.date().to_string(), held.to.date().to_string()),
    };
    Entry {
        id: held.entry.id.clone(),
        title: held.entry.title.clone(),
        from,
        to,
        location: held.entry.location.clone(),
        repeat: held.entry.repeat.as_ref().map(|repeat| repeat.words.clone()),
        overlaps: None,
        created_at: held.entry.created_at.to_string(),
    }
}
