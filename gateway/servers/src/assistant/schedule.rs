//! The tools of the schedule.

use std::ops::Range;

use jiff::Zoned;
use uuid::Uuid;

use super::held::{Held, held};
use super::output::{Entry, FreeTime, FreeTimes, Schedule};
use super::server::CallError;
use super::spoken;
use super::store::{EntryRow, PAGE, Repeat, Tables, whole_seconds, zone_name};
use super::tools::LONGEST_TEXT;
use crate::answered::Answer;
use crate::arguments::{ArgumentError, Arguments};
use crate::dates::{self, When};
use crate::free;
use crate::placing::{self, Length, USUAL_FREE};

type Said = Result<Answer, CallError>;

pub(super) async fn add(arguments: &Arguments, tables: &mut Tables<'_>, now: &Zoned) -> Said {
    let when =
        arguments.when("when", now)?.ok_or(ArgumentError::Missing { name: "when", wanted: "a string" })?;
    let minutes = arguments.string("duration")?.map(dates::length).transpose()?;
    let (from, to, length) = placing::place(&when, minutes, now)?;
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

pub(super) async fn list(arguments: &Arguments, tables: &mut Tables<'_>, now: &Zoned) -> Said {
    let when = arguments.when("when", now)?;
    let (from, to) = placing::listed(when.as_ref(), "on the schedule", now)?;
    let rows = tables.entries(from.timestamp(), to.timestamp()).await?;
    let held = held(&rows, &from, &to);
    let asked = placing::asked(when);
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
    let windows = placing::windows(when.as_ref(), minutes, &hours, now)?;
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
