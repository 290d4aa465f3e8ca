//! Carries out the calls.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use rmcp::model::CallToolResult;
use uuid::Uuid;

use super::matching::{self, Match};
use super::output::{Reminder, Reminders, Task, Tasks};
use super::store::{Due, PAGE, ReminderRow, Status, Store, TaskRow};
use super::tools::{LONGEST_TEXT, Name, STATUS};
use super::{Options, spoken};
use crate::arguments::{ArgumentError, Arguments};
use crate::database::StoreError;
use crate::dates::{self, When};
use crate::serving::{Call, Toolset, answer};

/// The server; clones share the database.
#[derive(Clone)]
pub(super) struct Assistant {
    options: Options,
    store: Arc<Store>,
}

/// Why a call was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("no task fits \"{words}\": list the tasks and use words of one of them")]
    NoTask { words: String },
    #[error("{0}")]
    WhichTask(String),
    #[error("a task cannot be due again and again: leave out the time, or set a reminder that repeats")]
    RepeatedTask,
    #[error("the reminders of one day can be listed, not those of a repetition: say a day like \"tomorrow\"")]
    RepeatedDay,
    #[error("a reminder needs an hour: say it like \"{spoken} at nine a.m.\"")]
    NoHour { spoken: String },
    #[error("{spoken} has begun: say a time that is still to come")]
    Begun { spoken: String },
    #[error("the answer cannot be written: {0}")]
    Answer(#[from] serde_json::Error),
}

type Called = Result<CallToolResult, CallError>;

impl Toolset for Assistant {
    type Name = Name;
    type Error = CallError;

    const IMPLEMENTATION: &'static str = "homepilot-assistant";
    const INSTRUCTIONS: &'static str =
        "Tasks and reminders of one user. Dates may be given as spoken, in the user's zone.";

    async fn call(&self, tool: Name, call: Call) -> Called {
        let now = self.options.now();
        let (given, key) = (call.arguments, call.key.as_deref());
        match tool {
            Name::CreateTask => self.create_task(&Arguments::new(given, &["text", "due"])?, key, &now).await,
            Name::ListTasks => self.list_tasks(&Arguments::new(given, &["status"])?, &now).await,
            Name::CompleteTask => self.complete_task(&Arguments::new(given, &["task"])?, &now).await,
            Name::SetReminder => {
                self.set_reminder(&Arguments::new(given, &["text", "when"])?, key, &now).await
            }
            Name::ListReminders => self.list_reminders(&Arguments::new(given, &["when"])?, &now).await,
        }
    }
}

impl Assistant {
    /// A server over the database of `options`, which is opened when first needed.
    pub fn new(options: Options) -> Assistant {
        let store = Arc::new(Store::new(&options.database, options.busy_timeout));
        Assistant { options, store }
    }

    /// Opens the database now.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.store.pool().await.map(|_| ())
    }

    /// Closes the database; calls after this fail.
    pub async fn close(&self) {
        self.store.close().await;
    }

    async fn create_task(&self, arguments: &Arguments, key: Option<&str>, now: &Zoned) -> Called {
        let due = match arguments.when("due", now)? {
            None => None,
            Some(When::At(at)) => Some(Due::At(whole_seconds(at.timestamp()))),
            Some(When::Day(day)) => Some(Due::Day(day)),
            Some(When::Span { to, .. }) if to.time() == jiff::civil::Time::midnight() => {
                Some(Due::Day(last_day(&to)))
            }
            Some(When::Span { to, .. }) => Some(Due::At(whole_seconds(to.timestamp()))),
            Some(When::Every(_)) => return Err(CallError::RepeatedTask),
        };
        let row = TaskRow {
            id: Uuid::now_v7().to_string(),
            text: arguments.text("text", LONGEST_TEXT)?,
            due,
            zone: zone_name(now),
            created_at: whole_seconds(now.timestamp()),
            done_at: None,
        };
        let kept = self.store.add_task(&row, key).await?;
        answer(spoken::task_created(&kept, now), &task(&kept, now))
    }

    async fn list_tasks(&self, arguments: &Arguments, now: &Zoned) -> Called {
        let (status, which) = match arguments.choice("status", &STATUS)? {
            "done" => (Status::Done, "done"),
            "all" => (Status::All, ""),
            _ => (Status::Open, "open"),
        };
        let (rows, total) = self.store.tasks(status, PAGE).await?;
        let text = spoken::tasks(&rows, total, which, now);
        answer(text, &Tasks { tasks: rows.iter().map(|row| task(row, now)).collect(), total })
    }

    async fn complete_task(&self, arguments: &Arguments, now: &Zoned) -> Called {
        let words = arguments.text("task", LONGEST_TEXT)?;
        let (open, _) = self.store.tasks(Status::Open, u32::MAX).await?;
        let mut row = match matching::find(&words, &open) {
            Match::One(row) => row.clone(),
            Match::Several(rows) => return Err(CallError::WhichTask(spoken::which_task(&rows))),
            Match::None => return self.completed_before(&words, now).await,
        };
        let at = whole_seconds(now.timestamp());
        let fresh = self.store.complete(&row.id, at).await?;
        row.done_at = Some(at);
        answer(spoken::task_completed(&row, !fresh), &task(&row, now))
    }

    /// Completing a finished task again changes nothing and is no error.
    async fn completed_before(&self, words: &str, now: &Zoned) -> Called {
        let (done, _) = self.store.tasks(Status::Done, u32::MAX).await?;
        match matching::find(words, &done) {
            Match::One(row) => answer(spoken::task_completed(row, true), &task(row, now)),
            Match::Several(_) | Match::None => Err(CallError::NoTask { words: words.to_owned() }),
        }
    }

    async fn set_reminder(&self, arguments: &Arguments, key: Option<&str>, now: &Zoned) -> Called {
        let text = arguments.text("text", LONGEST_TEXT)?;
        let when = arguments
            .when("when", now)?
            .ok_or(ArgumentError::Missing { name: "when", wanted: "a string" })?;
        let row = ReminderRow {
            id: Uuid::now_v7().to_string(),
            text,
            due_at: whole_seconds(due(&when, now)?.timestamp()),
            zone: zone_name(now),
            repeat: if matches!(when, When::Every(_)) { Some(when.wire()) } else { None },
            created_at: whole_seconds(now.timestamp()),
        };
        let kept = self.store.add_reminder(&row, key).await?;
        answer(spoken::reminder_set(&kept, now), &reminder(&kept, now))
    }

    async fn list_reminders(&self, arguments: &Arguments, now: &Zoned) -> Called {
        let day = arguments.when("when", now)?;
        let (from, to) = match &day {
            None => (None, None),
            Some(When::At(at)) => bounds(at.date(), now),
            Some(When::Day(day)) => bounds(*day, now),
            Some(When::Span { from, to }) => (Some(from.timestamp()), Some(to.timestamp())),
            Some(When::Every(_)) => return Err(CallError::RepeatedDay),
        };
        let day = day.map(|day| if let When::At(at) = day { When::Day(at.date()) } else { day });
        let (rows, total) = self.store.reminders(from, to).await?;
        let text = spoken::reminders(&rows, total, day.as_ref(), now);
        answer(text, &Reminders { reminders: rows.iter().map(|row| reminder(row, now)).collect(), total })
    }
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

fn reminder(row: &ReminderRow, now: &Zoned) -> Reminder {
    Reminder {
        id: row.id.clone(),
        text: row.text.clone(),
        due: row.due_at.to_zoned(now.time_zone().clone()).to_string(),
        repeat: row.repeat.clone(),
        created_at: row.created_at.to_string(),
    }
}

/// Instants are kept in whole seconds, so that their text sorts by time.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn zone_name(now: &Zoned) -> String {
    now.time_zone().iana_name().map_or_else(|| now.offset().to_string(), str::to_owned)
}

fn last_day(end: &Zoned) -> Date {
    end.date().yesterday().unwrap_or(end.date())
}

fn bounds(day: Date, now: &Zoned) -> (Option<Timestamp>, Option<Timestamp>) {
    let start = |day: Date| day.to_zoned(now.time_zone().clone()).ok().map(|at| at.timestamp());
    (start(day), day.tomorrow().ok().and_then(start))
}

/// The instant at which a reminder for `when` is due.
fn due(when: &When, now: &Zoned) -> Result<Zoned, CallError> {
    let Some(moment) = when.moment() else {
        return Err(CallError::NoHour { spoken: dates::say(when, now).trim_start_matches("on ").to_owned() });
    };
    let running = matches!(when, When::Span { .. }) && moment <= now;
    if running { Err(CallError::Begun { spoken: dates::say(when, now) }) } else { Ok(moment.clone()) }
}
