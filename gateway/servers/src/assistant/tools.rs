//! What the tools say of themselves: names, descriptions and schemas, written for a small planner.

use rmcp::model::Tool;
use serde_json::{Value, json};

use super::output::{Entry, FreeTimes, Reminder, Reminders, Schedule, Task, Tasks};
use crate::dates;
use crate::definition::{Definition, choice, flag, text, when};
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
    UpdateTask,
    CompleteTask,
    DeleteTask,
    SetReminder,
    ListReminders,
    CancelReminder,
    AddScheduleEntry,
    ListSchedule,
    FindFreeTime,
}

impl ToolName for Name {
    const ALL: &'static [Name] = &[
        Name::CreateTask,
        Name::ListTasks,
        Name::UpdateTask,
        Name::CompleteTask,
        Name::DeleteTask,
        Name::SetReminder,
        Name::ListReminders,
        Name::CancelReminder,
        Name::AddScheduleEntry,
        Name::ListSchedule,
        Name::FindFreeTime,
    ];

    fn name(self) -> &'static str {
        match self {
            Name::CreateTask => "create_task",
            Name::ListTasks => "list_tasks",
            Name::UpdateTask => "update_task",
            Name::CompleteTask => "complete_task",
            Name::DeleteTask => "delete_task",
            Name::SetReminder => "set_reminder",
            Name::ListReminders => "list_reminders",
            Name::CancelReminder => "cancel_reminder",
            Name::AddScheduleEntry => "add_schedule_entry",
            Name::ListSchedule => "list_schedule",
            Name::FindFreeTime => "find_free_time",
        }
    }

    fn effect(self) -> Effect {
        match self {
            Name::ListTasks | Name::ListReminders | Name::ListSchedule | Name::FindFreeTime => Effect::Read,
            Name::CreateTask
            | Name::UpdateTask
            | Name::CompleteTask
            | Name::SetReminder
            | Name::AddScheduleEntry => Effect::Write,
            Name::DeleteTask | Name::CancelReminder => Effect::Destructive,
        }
    }

    fn describe(self) -> Tool {
        let definition = Definition {
            name: self.name(),
            title: self.title(),
            description: self.description(),
            properties: self.properties(),
            required: self.required(),
            effect: self.effect(),
            idempotent: matches!(self, Name::CompleteTask | Name::UpdateTask),
            open_world: false,
        };
        match self {
            Name::CreateTask | Name::UpdateTask | Name::CompleteTask | Name::DeleteTask => {
                definition.tool::<Task>()
            }
            Name::ListTasks => definition.tool::<Tasks>(),
            Name::SetReminder | Name::CancelReminder => definition.tool::<Reminder>(),
            Name::ListReminders => definition.tool::<Reminders>(),
            Name::AddScheduleEntry => definition.tool::<Entry>(),
            Name::ListSchedule => definition.tool::<Schedule>(),
            Name::FindFreeTime => definition.tool::<FreeTimes>(),
        }
    }
}

impl Name {
    /// The names of its arguments.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Name::CreateTask => &["text", "due"],
            Name::ListTasks => &["status"],
            Name::UpdateTask => &["task", "text", "due", "remove_due"],
            Name::CompleteTask | Name::DeleteTask => &["task"],
            Name::SetReminder => &["text", "when"],
            Name::ListReminders | Name::ListSchedule => &["when"],
            Name::CancelReminder => &["reminder"],
            Name::AddScheduleEntry => &["title", "when", "duration", "location"],
            Name::FindFreeTime => &["when", "duration"],
        }
    }

    fn required(self) -> &'static [&'static str] {
        match self {
            Name::CreateTask => &["text"],
            Name::UpdateTask | Name::CompleteTask | Name::DeleteTask => &["task"],
            Name::SetReminder => &["text", "when"],
            Name::CancelReminder => &["reminder"],
            Name::AddScheduleEntry => &["title", "when"],
            Name::ListTasks | Name::ListReminders | Name::ListSchedule | Name::FindFreeTime => &[],
        }
    }

    fn title(self) -> &'static str {
        match self {
            Name::CreateTask => "Create a task",
            Name::ListTasks => "List tasks",
            Name::UpdateTask => "Change a task",
            Name::CompleteTask => "Complete a task",
            Name::DeleteTask => "Delete a task",
            Name::SetReminder => "Set a reminder",
            Name::ListReminders => "List reminders",
            Name::CancelReminder => "Cancel a reminder",
            Name::AddScheduleEntry => "Add to the schedule",
            Name::ListSchedule => "List the schedule",
            Name::FindFreeTime => "Find free time",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Name::CreateTask => {
                "Add one item to the user's to-do list. Use it for \"add … to my to-do list\" and \"I have to …\". \
                 It does not alert the user; to be alerted at a time, use set_reminder."
            }
            Name::ListTasks => "Read the user's to-do list: what is open, or what is done.",
            Name::UpdateTask => {
                "Change the words or the due date of one item that is on the user's to-do list already. Use it for \
                 \"rename the task …\" and \"the task … is due on …\"."
            }
            Name::CompleteTask => {
                "Mark one item of the user's to-do list as done, named by its words. Use it for \"I've done …\" and \"check off …\"."
            }
            Name::DeleteTask => {
                "Remove one item from the user's to-do list that was not done. Use it for \"delete the task …\" and \
                 \"take … off my to-do list\"."
            }
            Name::SetReminder => {
                "Remind the user of something at a time. Use it for \"remind me to …\". Needs what and when; copy the time words as spoken."
            }
            Name::ListReminders => "Read the user's coming reminders, all or those of one day.",
            Name::CancelReminder => {
                "Call off one reminder, named by its words or its time. Use it for \"cancel the reminder …\" and \
                 \"don't remind me to …\"."
            }
            Name::AddScheduleEntry => {
                "Put an appointment, meeting or event on the user's schedule. Use it for \"put … on my schedule\" and \
                 \"I have a meeting with … on …\". Copy the time words as spoken."
            }
            Name::ListSchedule => {
                "Read the user's appointments of a day or of the coming days. Use it for \"what's on my schedule\" and \
                 \"what do I have on Friday\"."
            }
            Name::FindFreeTime => {
                "Find when the user has no appointment. Use it for \"when am I free\" and \"do I have an hour tomorrow\"."
            }
        }
    }

    fn properties(self) -> Value {
        let task = || text("Words of the task, or its id.", LONGEST_TEXT, &["buy milk", "the report"]);
        match self {
            Name::CreateTask => json!({
                "text": text("What is to be done, without the time words.", LONGEST_TEXT, &["buy milk", "send the report to Anna"]),
                "due": when("When it is due, as spoken. Leave it out if no time was said.", &["friday", "tomorrow at noon"]),
            }),
            Name::ListTasks => json!({ "status": choice("Which tasks; open if left out.", &STATUS) }),
            Name::UpdateTask => json!({
                "task": task(),
                "text": text("Its new words. Leave it out to keep them.", LONGEST_TEXT, &["buy oat milk"]),
                "due": when("When it is due now, as spoken. Leave it out to keep the due date.", &["friday", "tomorrow at noon"]),
                "remove_due": flag("True only if the user wants it to have no due date any more."),
            }),
            Name::CompleteTask | Name::DeleteTask => json!({ "task": task() }),
            Name::SetReminder => json!({
                "text": text("What to be reminded of, without \"remind me\" and without the time words.", LONGEST_TEXT, &["call mom", "the dentist"]),
                "when": when("When to remind, as spoken.", &["tomorrow at five", "in twenty minutes", "every monday at nine"]),
            }),
            Name::ListReminders => json!({
                "when": when("Only the reminders of this day, as spoken. Leave it out for all.", &["today", "tomorrow", "this weekend"]),
            }),
            Name::CancelReminder => json!({
                "reminder": text("Words of the reminder, its time, or its id.", LONGEST_TEXT, &["call mom", "the dentist on friday", "the one at five"]),
            }),
            Name::AddScheduleEntry => json!({
                "title": text("What it is, without the time words.", LONGEST_TEXT, &["lunch with Sara", "team meeting"]),
                "when": when("When it begins, or from when to when, as spoken.", &["friday at noon", "tomorrow from two to four", "every monday at nine"]),
                "duration": text("How long it takes, as spoken; an hour if left out.", dates::LONGEST, &["45 minutes", "an hour and a half"]),
                "location": text("Where it is. Leave it out if no place was said.", LONGEST_TEXT, &["at Luigi's", "room 4"]),
            }),
            Name::ListSchedule => json!({
                "when": when("The day or days, as spoken; the coming week if left out.", &["today", "tomorrow", "next week"]),
            }),
            Name::FindFreeTime => json!({
                "when": when("The day or days, as spoken; the coming week if left out.", &["tomorrow", "friday afternoon", "next week"]),
                "duration": text("How much time is needed, as spoken; half an hour if left out.", dates::LONGEST, &["an hour", "45 minutes"]),
            }),
        }
    }
}
