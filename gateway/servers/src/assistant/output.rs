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
    /// The rule of a repeated reminder, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat: Option<String>,
    /// When it was set, RFC 3339.
    pub created_at: String,
}

/// Reminders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reminders {
    /// At most a hundred, the soonest first.
    pub reminders: Vec<Reminder>,
    /// How many there are in all.
    pub total: usize,
}
