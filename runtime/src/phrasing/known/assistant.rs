//! The personal assistant: tasks, reminders, the schedule.

use homepilot_servers::assistant::about;
use serde_json::Value;

use super::{Given, Known};

pub(super) fn phrase(action: &str, given: &Given) -> Option<Known> {
    let (names, short): (&[&str], _) = match action {
        "create_task" => (&["text", "due"], "add the task"),
        "update_task" => (&["task", "text", "due", "remove_due"], "change the task"),
        "complete_task" => (&["task"], "mark the task as done"),
        "delete_task" => (&["task"], "delete the task"),
        "list_tasks" => (&["status"], "read your tasks"),
        "set_reminder" => (&["text", "when"], "set the reminder"),
        "list_reminders" => (&["when"], "read your reminders"),
        "cancel_reminder" => (&["reminder"], "cancel the reminder"),
        "add_schedule_entry" => (&["title", "when", "duration", "location"], "put that on your schedule"),
        "list_schedule" => (&["when"], "read your schedule"),
        "find_free_time" => (&["when", "duration"], "look for free time"),
        _ => return None,
    };
    if !given.only(names) {
        return None;
    }
    let length = || given.get("duration").map(|length| length.trim_start_matches("for ").to_owned());
    let whole = match action {
        "create_task" => given.after(format!("add the task: {}", given.text("text")?), ", due ", "due"),
        "update_task" => changed(given)?,
        "complete_task" => format!("mark the task as done: {}", given.text("task")?),
        "delete_task" => format!("delete the task: {}", given.text("task")?),
        "list_tasks" => match given.get("status").as_deref() {
            None | Some("open") => "read your open tasks".to_owned(),
            Some("done") => "read the tasks that you have done".to_owned(),
            Some("all") => "read all your tasks, open and done".to_owned(),
            Some(_) => return None,
        },
        "set_reminder" => given.after(format!("set a reminder {}", about(&given.get("text")?)), ", ", "when"),
        "list_reminders" => given.days("read your reminders", "when"),
        "cancel_reminder" => {
            let reminder = given.text("reminder")?;
            match about(&reminder) {
                deed if deed.starts_with("to ") => format!("cancel the reminder {deed}"),
                // It may be a thing, a time or "the one at five".
                _ => format!("cancel this reminder: {reminder}"),
            }
        }
        "add_schedule_entry" => {
            let entry = format!("put this on your schedule: {}", given.text("title")?);
            let entry = given.after(entry, ", ", "when");
            let entry = length().map_or(entry.clone(), |length| format!("{entry}, for {length}"));
            given.after(entry, ", ", "location")
        }
        "list_schedule" => given.days("read your schedule", "when"),
        "find_free_time" => {
            let free = length().map_or("free time".to_owned(), |length| format!("{length} of free time"));
            given.after(format!("look for {free}"), " ", "when")
        }
        _ => return None,
    };
    Some(Known { whole, short })
}

/// "change the task: milk. It becomes: buy oat milk, due on Friday"
fn changed(given: &Given) -> Option<String> {
    let task = format!("change the task: {}", given.text("task")?);
    let undated = given.value("remove_due") == Some(&Value::Bool(true));
    let due = given.get("due");
    Some(match (given.text("text"), due) {
        (Some(_), Some(_)) | (None, Some(_)) if undated => return None,
        (Some(text), Some(due)) => format!("{task}. It becomes: {text}, due {due}"),
        (Some(text), None) if undated => format!("{task}. It becomes: {text}, without a due date"),
        (Some(text), None) => format!("{task}. It becomes: {text}"),
        (None, Some(due)) => format!("{task}. It will be due {due}"),
        (None, None) if undated => format!("{task}. It will have no due date"),
        (None, None) => task,
    })
}
