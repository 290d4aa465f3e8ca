//! The tools of the reminders.

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use uuid::Uuid;

use super::output::{Reminder, Reminders, Standing};
use super::server::CallError;
use super::spoken;
use super::store::{PAGE, ReminderRow, Repeat, Tables, whole_seconds, zone_name};
use super::tools::LONGEST_TEXT;
use crate::answered::Answer;
use crate::arguments::{ArgumentError, Arguments};
use crate::dates::{self, DateError, When};
use crate::matching::{self, Match};
use crate::placing::PlacingError;
use crate::sentences::which;

type Said = Result<Answer, CallError>;

pub(super) async fn set(arguments: &Arguments, tables: &mut Tables<'_>, now: &Zoned) -> Said {
    let text = arguments.text("text", LONGEST_TEXT)?;
    let when =
        arguments.when("when", now)?.ok_or(ArgumentError::Missing { name: "when", wanted: "a string" })?;
    let row = ReminderRow {
        id: Uuid::now_v7().to_string(),
        text,
        due_at: whole_seconds(due(&when, now)?.timestamp()),
        zone: zone_name(now),
        repeat: match &when {
            When::Every(every) => Some(Repeat::of(every)),
            When::At(_) | When::Day(_) | When::Span { .. } => None,
        },
        created_at: whole_seconds(now.timestamp()),
    };
    tables.add_reminder(&row).await?;
    said(spoken::reminder_set(&row, now), &row, now)
}

pub(super) async fn list(arguments: &Arguments, tables: &mut Tables<'_>, now: &Zoned) -> Said {
    let day = arguments.when("when", now)?;
    let (from, to) = match &day {
        None => (None, None),
        Some(When::At(at)) => bounds(at.date(), now),
        Some(When::Day(day)) => bounds(*day, now),
        Some(When::Span { from, to }) => (Some(from.timestamp()), Some(to.timestamp())),
        Some(When::Every(_)) => return Err(PlacingError::RepeatedDay { what: "to be reminded of" }.into()),
    };
    let day = day.map(|day| if let When::At(at) = day { When::Day(at.date()) } else { day });
    let (rows, total) = tables.reminders(from, to, PAGE).await?;
    let text = spoken::reminders(&rows, total, day.as_ref(), now);
    let reminders = rows.iter().map(|row| reminder(row, now)).collect();
    Ok(Answer::new(text, &Reminders { reminders, total })?)
}

/// One reminder at a time: a request for all of them is asked back.
pub(super) async fn cancel(arguments: &Arguments, tables: &mut Tables<'_>, now: &Zoned) -> Said {
    let words = arguments.text("reminder", LONGEST_TEXT)?;
    // "the one tomorrow" is no hour.
    let words = words.replace("the one", "the reminder");
    let (rows, _) = tables.reminders(None, None, u32::MAX).await?;
    match meant(&words, &rows, now) {
        Match::One(row) => {
            tables.remove_reminder(&row.id).await?;
            said(spoken::reminder_cancelled(row, now), row, now)
        }
        Match::Several(rows) => {
            let each = rows.iter().map(|row| spoken::reminder(row, now)).collect();
            Err(CallError::Which(which("reminders", each)))
        }
        Match::None => Err(CallError::Nothing { kind: "reminder", words }),
    }
}

/// The reminder that some words name: by what it is about, by its time ("the one at five tomorrow"), or by both.
fn meant<'a>(words: &str, rows: &'a [ReminderRow], now: &Zoned) -> Match<'a, ReminderRow> {
    let all: Vec<&ReminderRow> = rows.iter().collect();
    let first = words.split_whitespace().next().unwrap_or_default().to_lowercase();
    let every_one = ["all", "everything", "both"].contains(&first.as_str());
    let Some(found) = dates::find(words, now) else {
        // "All of them" is a question back as soon as there are two.
        return if every_one { matching::only(all) } else { matching::find(words, &all) };
    };
    let readings = match &found.when {
        Ok(when) => vec![when.clone()],
        Err(DateError::Ambiguous { options }) => options.iter().map(|option| option.when.clone()).collect(),
        Err(_) => Vec::new(),
    };
    let then: Vec<&ReminderRow> =
        all.iter().filter(|row| readings.iter().any(|when| falls(row, when, now))).copied().collect();
    let rest = found.rest(words);
    if every_one || !matching::tells(&rest) {
        return matching::only(then);
    }
    match matching::find(&rest, &then) {
        // The time words may be words of the reminder itself: "the meeting on friday", set for Thursday.
        Match::None => matching::find(words, &all),
        found => found,
    }
}

fn falls(row: &ReminderRow, when: &When, now: &Zoned) -> bool {
    let due = row.due_at.to_zoned(now.time_zone().clone());
    match when {
        When::At(at) => {
            due.timestamp().as_second().div_euclid(60) == at.timestamp().as_second().div_euclid(60)
        }
        When::Day(day) => due.date() == *day,
        When::Span { from, to } => due >= *from && due < *to,
        When::Every(_) => row.repeat.as_ref().is_some_and(|repeat| repeat.words == when.wire()),
    }
}

/// The instant at which a reminder for `when` is due.
fn due(when: &When, now: &Zoned) -> Result<Zoned, CallError> {
    let Some(moment) = when.moment() else {
        return Err(CallError::NoHour { spoken: dates::say(when, now).trim_start_matches("on ").to_owned() });
    };
    let running = matches!(when, When::Span { .. }) && moment <= now;
    if running { Err(CallError::Begun { spoken: dates::say(when, now) }) } else { Ok(moment.clone()) }
}

fn bounds(day: Date, now: &Zoned) -> (Option<Timestamp>, Option<Timestamp>) {
    let start = |day: Date| day.to_zoned(now.time_zone().clone()).ok().map(|at| at.timestamp());
    (start(day), day.tomorrow().ok().and_then(start))
}

fn said(text: String, row: &ReminderRow, now: &Zoned) -> Said {
    Ok(Answer::new(text, &reminder(row, now))?)
}

fn reminder(row: &ReminderRow, now: &Zoned) -> Reminder {
    Reminder {
        id: row.id.clone(),
        text: row.text.clone(),
        due: row.due_at.to_zoned(now.time_zone().clone()).to_string(),
        standing: if row.due_at < now.timestamp() { Standing::Overdue } else { Standing::Coming },
        repeat: row.repeat.as_ref().map(|repeat| repeat.words.clone()),
        created_at: row.created_at.to_string(),
    }
}
