//! What the tools say of themselves: names, descriptions and schemas, written for a small planner.
//!
//! Temporal properties carry `"format": "date-time"` and `"x-homepilot": "when"`: their value may be RFC 3339,
//! RFC 9557, an ISO date or interval, or the words as they were spoken.

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

use super::output::{Reminder, Reminders, Task, Tasks};

/// The longest text of a task or reminder, in characters.
pub(super) const LONGEST_TEXT: usize = 500;

/// A tool of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    CreateTask,
    ListTasks,
    CompleteTask,
    SetReminder,
    ListReminders,
}

/// All of them, in the order they are listed.
pub(super) const ALL: [Name; 5] =
    [Name::CreateTask, Name::ListTasks, Name::CompleteTask, Name::SetReminder, Name::ListReminders];

impl Name {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Name::CreateTask => "create_task",
            Name::ListTasks => "list_tasks",
            Name::CompleteTask => "complete_task",
            Name::SetReminder => "set_reminder",
            Name::ListReminders => "list_reminders",
        }
    }

    /// "read" or "write"; nothing here destroys.
    pub fn class(self) -> &'static str {
        match self {
            Name::ListTasks | Name::ListReminders => "read",
            Name::CreateTask | Name::CompleteTask | Name::SetReminder => "write",
        }
    }

    /// The tool with this name on the wire.
    pub fn find(name: &str) -> Option<Name> {
        ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// The tool as clients see it.
    pub fn describe(self) -> Tool {
        let tool = Tool::new(self.name(), self.description(), object(self.input())).with_title(self.title());
        let tool = match self {
            Name::CreateTask | Name::CompleteTask => tool.with_output_schema::<Task>(),
            Name::ListTasks => tool.with_output_schema::<Tasks>(),
            Name::SetReminder => tool.with_output_schema::<Reminder>(),
            Name::ListReminders => tool.with_output_schema::<Reminders>(),
        };
        let reads = self.class() == "read";
        tool.with_annotations(ToolAnnotations::from_raw(
            Some(self.title().to_owned()),
            Some(reads),
            Some(false),
            Some(reads || self == Name::CompleteTask),
            Some(false),
        ))
    }

    fn title(self) -> &'static str {
        match self {
            Name::CreateTask => "Create a task",
            Name::ListTasks => "List tasks",
            Name::CompleteTask => "Complete a task",
            Name::SetReminder => "Set a reminder",
            Name::ListReminders => "List reminders",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Name::CreateTask => {
                "Add one item to the user's to-do list. Use it for \"add … to my to-do list\" and \"I have to …\". \
                 It does not alert the user; to be alerted at a time, use set_reminder."
            }
            Name::ListTasks => "Read the user's to-do list: what is open, or what is done.",
            Name::CompleteTask => {
                "Mark one item of the user's to-do list as done, named by its words. Use it for \"I've done …\" and \"check off …\"."
            }
            Name::SetReminder => {
                "Remind the user of something at a time. Use it for \"remind me to …\". Needs what and when; copy the time words as spoken."
            }
            Name::ListReminders => "Read the user's coming reminders, all or those of one day.",
        }
    }

    fn input(self) -> Value {
        let (properties, required) = match self {
            Name::CreateTask => (
                json!({
                    "text": text("What is to be done, without the time words.", &["buy milk", "send the report to Anna"]),
                    "due": when("When it is due, as spoken. Leave it out if no time was said.", &["friday", "tomorrow at noon"]),
                }),
                json!(["text"]),
            ),
            Name::ListTasks => (
                json!({
                    "status": {
                        "type": "string",
                        "enum": ["open", "done", "all"],
                        "default": "open",
                        "description": "Which tasks; open if left out.",
                    },
                }),
                json!([]),
            ),
            Name::CompleteTask => (
                json!({ "task": text("Words of the task, or its id.", &["buy milk", "the report"]) }),
                json!(["task"]),
            ),
            Name::SetReminder => (
                json!({
                    "text": text("What to be reminded of, without \"remind me\" and without the time words.", &["call mom", "the dentist"]),
                    "when": when("When to remind, as spoken.", &["tomorrow at five", "in twenty minutes", "every monday at nine"]),
                }),
                json!(["text", "when"]),
            ),
            Name::ListReminders => (
                json!({ "when": when("Only the reminders of this day, as spoken. Leave it out for all.", &["today", "tomorrow", "this weekend"]) }),
                json!([]),
            ),
        };
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    }
}

fn text(description: &str, examples: &[&str]) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "description": description, "examples": examples })
}

fn when(description: &str, examples: &[&str]) -> Value {
    json!({
        "type": "string",
        "format": "date-time",
        "x-homepilot": "when",
        "minLength": 1,
        "maxLength": crate::dates::LONGEST,
        "description": description,
        "examples": examples,
    })
}

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            JsonObject::new()
        }
    }
}
