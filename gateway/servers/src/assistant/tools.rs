//! What the tools say of themselves: names, descriptions and schemas, written for a small planner.

use rmcp::model::Tool;
use serde_json::{Value, json};

use super::output::{Reminder, Reminders, Task, Tasks};
use crate::definition::{Definition, choice, text, when};
use crate::serving::{Effect, ToolName};

/// The longest text of a task or reminder, in characters.
pub(super) const LONGEST_TEXT: usize = 500;

/// Which tasks can be listed.
pub(super) const STATUS: [&str; 3] = ["open", "done", "all"];

/// A tool of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    CreateTask,
    ListTasks,
    CompleteTask,
    SetReminder,
    ListReminders,
}

impl ToolName for Name {
    const ALL: &'static [Name] =
        &[Name::CreateTask, Name::ListTasks, Name::CompleteTask, Name::SetReminder, Name::ListReminders];

    fn name(self) -> &'static str {
        match self {
            Name::CreateTask => "create_task",
            Name::ListTasks => "list_tasks",
            Name::CompleteTask => "complete_task",
            Name::SetReminder => "set_reminder",
            Name::ListReminders => "list_reminders",
        }
    }

    fn effect(self) -> Effect {
        match self {
            Name::ListTasks | Name::ListReminders => Effect::Read,
            Name::CreateTask | Name::CompleteTask | Name::SetReminder => Effect::Write,
        }
    }

    fn describe(self) -> Tool {
        let (properties, required) = self.input();
        let definition = Definition {
            name: self.name(),
            title: self.title(),
            description: self.description(),
            properties,
            required,
            effect: self.effect(),
            idempotent: self == Name::CompleteTask,
            open_world: false,
        };
        match self {
            Name::CreateTask | Name::CompleteTask => definition.tool::<Task>(),
            Name::ListTasks => definition.tool::<Tasks>(),
            Name::SetReminder => definition.tool::<Reminder>(),
            Name::ListReminders => definition.tool::<Reminders>(),
        }
    }
}

impl Name {
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

    /// Properties, and which of them are required.
    fn input(self) -> (Value, &'static [&'static str]) {
        match self {
            Name::CreateTask => (
                json!({
                    "text": text("What is to be done, without the time words.", LONGEST_TEXT, &["buy milk", "send the report to Anna"]),
                    "due": when("When it is due, as spoken. Leave it out if no time was said.", &["friday", "tomorrow at noon"]),
                }),
                &["text"],
            ),
            Name::ListTasks => (json!({ "status": choice("Which tasks; open if left out.", &STATUS) }), &[]),
            Name::CompleteTask => (
                json!({ "task": text("Words of the task, or its id.", LONGEST_TEXT, &["buy milk", "the report"]) }),
                &["task"],
            ),
            Name::SetReminder => (
                json!({
                    "text": text("What to be reminded of, without \"remind me\" and without the time words.", LONGEST_TEXT, &["call mom", "the dentist"]),
                    "when": when("When to remind, as spoken.", &["tomorrow at five", "in twenty minutes", "every monday at nine"]),
                }),
                &["text", "when"],
            ),
            Name::ListReminders => (
                json!({ "when": when("Only the reminders of this day, as spoken. Leave it out for all.", &["today", "tomorrow", "this weekend"]) }),
                &[],
            ),
        }
    }
}
