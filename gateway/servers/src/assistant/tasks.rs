//! The tools of the to-do list.

use jiff::Zoned;
use jiff::civil::Time;
use uuid::Uuid;

use super::output::{Task, Tasks};
use super::server::CallError;
use super::spoken;
use super::store::{Due, PAGE, Status, Tables, TaskRow, whole_seconds, zone_name};
use super::tools::{LONGEST_TEXT, STATUS};
use crate::answered::Answer;
use crate::arguments::Arguments;
use crate::dates::When;
use crate::matching::{self, Match};
use crate::sentences::which;

type Said = Result<Answer, CallError>;

pub(super) async fn create(arguments: &Arguments, tables: &mut Tables<'_>, now: &Zoned) -> Said {
    let row = TaskRow {
        id: Uuid::now_v7().to_string(),
        text: arguments.text("text", LONGEST_TEXT)?,
        due: due(arguments, now)?,
        zone: zone_name(now),
        created_at: whole_seconds(now.timestamp()),
        done_at: None,
    };
    tables.add_task(&row).await?;
    said(spoken::task_created(&row, now), &row, now)
}

pub(super) async fn list(arguments: &Arguments, tables: &mut Tables<'_>, now: &Zoned) -> Said {
    let (status, which) = match arguments.choice("status", &STATUS)? {
        "done" => (Status::Done, "done"),
        "all" => (Status::All, ""),
        _ => (Status::Open, "open"),
    };
    let (rows, total) = tables.tasks(status, PAGE).await?;
    let text = spoken::tasks(&rows, total, which, now);
    Ok(Answer::new(text, &Tasks { tasks: rows.iter().map(|row| task(row, now)).collect(), total })?)
}

pub(super) async fn update(arguments: &Arguments, tables: &mut Tables<'_>, now: &Zoned) -> Said {
    let text = arguments.optional_text("text", LONGEST_TEXT)?;
    let due = due(arguments, now)?;
    let remove = arguments.flag("remove_due")?.unwrap_or(false);
    if remove && due.is_some() {
        return Err(CallError::TwoChanges);
    }
    if text.is_none() && due.is_none() && !remove {
        return Err(CallError::NoChange);
    }
    let old = named(arguments, tables, now).await?;
    let row = TaskRow {
        text: text.unwrap_or(old.text.clone()),
        due: if remove { None } else { due.or(old.due.clone()) },
        zone: zone_name(now),
        ..old.clone()
    };
    tables.set_task(&row).await?;
    said(spoken::task_updated(&old, &row, now), &row, now)
}

/// Completing a finished task again changes nothing and is no error.
pub(super) async fn complete(arguments: &Arguments, tables: &mut Tables<'_>, now: &Zoned) -> Said {
    let mut row = named(arguments, tables, now).await?;
    if row.done_at.is_some() {
        return said(spoken::task_completed(&row, true), &row, now);
    }
    row.done_at = Some(whole_seconds(now.timestamp()));
    tables.set_task(&row).await?;
    said(spoken::task_completed(&row, false), &row, now)
}

pub(super) async fn delete(arguments: &Arguments, tables: &mut Tables<'_>, now: &Zoned) -> Said {
    let row = named(arguments, tables, now).await?;
    tables.remove_task(&row.id).await?;
    said(spoken::task_deleted(&row), &row, now)
}

/// The task that the argument names: an open one, or if none fits a finished one.
async fn named(arguments: &Arguments, tables: &mut Tables<'_>, now: &Zoned) -> Result<TaskRow, CallError> {
    let words = arguments.text("task", LONGEST_TEXT)?;
    for status in [Status::Open, Status::Done] {
        let (rows, _) = tables.tasks(status, u32::MAX).await?;
        match matching::find(&words, &rows.iter().collect::<Vec<_>>()) {
            Match::One(row) => return Ok(row.clone()),
            Match::Several(rows) => {
                let each = rows.iter().map(|row| spoken::task(row, now));
                return Err(CallError::Which(which("tasks", each.collect())));
            }
            Match::None => {}
        }
    }
    Err(CallError::Nothing { kind: "task", words })
}

/// A stretch of time means its end.
fn due(arguments: &Arguments, now: &Zoned) -> Result<Option<Due>, CallError> {
    Ok(match arguments.when("due", now)? {
        None => None,
        Some(When::At(at)) => Some(Due::At(whole_seconds(at.timestamp()))),
        Some(When::Day(day)) => Some(Due::Day(day)),
        Some(When::Span { to, .. }) if to.time() == Time::midnight() => {
            Some(Due::Day(to.date().yesterday().unwrap_or(to.date())))
        }
        Some(When::Span { to, .. }) => Some(Due::At(whole_seconds(to.timestamp()))),
        Some(When::Every(_)) => return Err(CallError::RepeatedTask),
    })
}

fn said(text: String, row: &TaskRow, now: &Zoned) -> Said {
    Ok(Answer::new(text, &task(row, now))?)
}

fn task(row: &TaskRow, now: &Zoned) -> Task {
    Task {
        id: row.id.clone(),
        text: row.text.clone(),
        due: row.due.as_ref().map(|due| spoken::due_when(due, now).wire()),
        created_at: row.created_at.to_string(),
        done_at: row.done_at.map(|at| at.to_string()),
    }
}
