//! Structured output of the tools.

use schemars::JsonSchema;
use serde::Serialize;

/// An item of the to-do list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Task {
    /// The task's id.
    pub id: String,
    /// What is to be done.
    pub text: String,
    /// When it is due: RFC 9557, or an ISO date for a whole day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// When it was added, RFC 3339.
    pub created_at: String,
    /// When it was done, RFC 3339; absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_at: Option<String>,
}

/// A to-do list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tasks {
    /// At most a hundred, the oldest first.
    pub tasks: Vec<Task>,
    /// How many there are in all.
    pub total: usize,
}

/// A reminder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reminder {
    /// The reminder's id.
    pub id: String,
    /// What to be reminded of.
    pub text: String,
    /// The next time it is due, RFC 9557.
    pub due: String,
    /// Whether its time has come and nobody has heard it yet.
    pub standing: Standing,
    /// The rule of a repeated reminder, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat: Option<String>,
    /// When it was set, RFC 3339.
    pub created_at: String,
}

/// How a reminder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Its time is to come.
    Coming,
    /// Its time has come; it is told as soon as somebody listens.
    Overdue,
}

/// Reminders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reminders {
    /// At most a hundred, the soonest first.
    pub reminders: Vec<Reminder>,
    /// How many there are in all.
    pub total: usize,
}

/// Something on the schedule, at one of its times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Entry {
    /// The entry's id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// When it begins: RFC 9557, or an ISO date if it is for whole days.
    pub from: String,
    /// When it ends, itself not included: RFC 9557, or an ISO date if it is for whole days.
    pub to: String,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The rule of a repeated entry, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat: Option<String>,
    /// Titles of what was there at the same time when it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlaps: Option<Vec<String>>,
    /// When it was added, RFC 3339.
    pub created_at: String,
}

/// A part of the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Schedule {
    /// At most a hundred, the earliest first; a repeated entry at each of its times.
    pub entries: Vec<Entry>,
    /// How many there are in all.
    pub total: usize,
}

/// A stretch of free time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FreeTime {
    /// When it begins, RFC 9557.
    pub from: String,
    /// When it ends, RFC 9557.
    pub to: String,
    /// How long it is, in minutes.
    pub minutes: i64,
}

/// Free time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FreeTimes {
    /// At most a hundred, the earliest first.
    pub times: Vec<FreeTime>,
    /// How many there are in all.
    pub total: usize,
    /// The least length that was looked for, in minutes.
    pub minutes: u32,
}
