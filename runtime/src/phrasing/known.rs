//! Sentences for the tools that come with HomePilot. Everybody else's are phrased from their names.

use homepilot_servers::briefing::{self, Source};
use jiff::Zoned;
use serde_json::{Map, Value};

use super::text::{listed, spoken};
use super::value::said;

/// How a known call is said.
pub(super) struct Known {
    /// "set a reminder to call mom, tomorrow at five p.m."
    pub whole: String,
    /// "set the reminder"
    pub short: &'static str,
}

/// The sentence of a built-in tool; `None` for any other, and when there is an argument that the sentence would not
/// mention.
pub(super) fn phrase(
    server: &str,
    action: &str,
    arguments: &Map<String, Value>,
    schema: &Value,
    now: &Zoned,
) -> Option<Known> {
    if server == briefing::NAME {
        return briefing(action, arguments);
    }
    if server != homepilot_servers::assistant::NAME {
        return None;
    }
    let only = |names: &[&str]| arguments.keys().all(|k| names.contains(&k.as_str()));
    let get = |name: &str| {
        let value = arguments.get(name).filter(|v| !v.is_null())?;
        Some(said(value, Some(&schema["properties"][name]), now))
    };
    let after = |text: String, joint: &str, name: &str| match get(name) {
        Some(value) => format!("{text}{joint}{value}"),
        None => text,
    };
    Some(match action {
        "set_reminder" if only(&["text", "when"]) => Known {
            whole: after(format!("set a reminder {}", purpose(&get("text")?)), ", ", "when"),
            short: "set the reminder",
        },
        "create_task" if only(&["text", "due"]) => Known {
            whole: after(format!("add a task {}", purpose(&get("text")?)), ", due ", "due"),
            short: "add the task",
        },
        "update_task" if only(&["task", "text", "due", "remove_due"]) => {
            let task = yours(&get("task")?);
            let renamed = match get("text") {
                Some(text) => format!("change the task {task} to {}", yours(&text)),
                None => format!("change the task {task}"),
            };
            let whole = after(renamed, ", due ", "due");
            let undated = arguments.get("remove_due") == Some(&Value::Bool(true));
            let whole = if undated { format!("{whole}, without a due date") } else { whole };
            Known { whole, short: "change the task" }
        }
        "delete_task" if only(&["task"]) => {
            Known { whole: format!("delete the task {}", yours(&get("task")?)), short: "delete the task" }
        }
        "cancel_reminder" if only(&["reminder"]) => Known {
            whole: format!("cancel the reminder {}", purpose(&get("reminder")?)),
            short: "cancel the reminder",
        },
        "add_schedule_entry" if only(&["title", "when", "duration", "location"]) => {
            let whole = after(format!("put {} on your schedule", yours(&get("title")?)), ", ", "when");
            let whole = match get("duration") {
                Some(length) => format!("{whole}, for {}", length.strip_prefix("for ").unwrap_or(&length)),
                None => whole,
            };
            Known { whole: after(whole, ", ", "location"), short: "put that on your schedule" }
        }
        "list_schedule" if only(&["when"]) => Known {
            whole: after("read your schedule".to_owned(), " for ", "when"),
            short: "read your schedule",
        },
        "find_free_time" if only(&["when", "duration"]) => {
            let whole = match get("duration") {
                Some(length) => {
                    format!("look for {} of free time", length.strip_prefix("for ").unwrap_or(&length))
                }
                None => "look for free time".to_owned(),
            };
            Known { whole: after(whole, ", ", "when"), short: "look for free time" }
        }
        "complete_task" if only(&["task"]) => {
            Known { whole: format!("mark {} as done", yours(&get("task")?)), short: "mark the task as done" }
        }
        "list_tasks" if only(&["status"]) => {
            let which = get("status").unwrap_or_else(|| "open".to_owned());
            Known { whole: format!("read {which} tasks from your list"), short: "read your tasks" }
        }
        "list_reminders" if only(&["when"]) => Known {
            whole: after("read your reminders".to_owned(), " for ", "when"),
            short: "read your reminders",
        },
        _ => return None,
    })
}

/// A briefing with every source that it reads; without any the server says what to do about it.
fn briefing(action: &str, arguments: &Map<String, Value>) -> Option<Known> {
    let sources = match arguments.get(briefing::SOURCES_ARGUMENT) {
        None => String::new(),
        Some(named) => {
            let of = |id: &Value| Some(spoken(&Source::named(id.as_str()?)?.spoken()));
            let named: Vec<String> = named.as_array()?.iter().map(of).collect::<Option<_>>()?;
            format!(" from {}", listed(&named))
        }
    };
    let since = arguments.get("since").map(|since| since.as_str().map(spoken));
    let unknown = arguments.keys().any(|name| name != briefing::SOURCES_ARGUMENT && name != "since");
    let (whole, short) = match (action, since) {
        _ if unknown => return None,
        ("daily_digest", None) => {
            ("put together your daily digest".to_owned(), "put together your daily digest")
        }
        ("weekly_summary", None) => {
            ("put together your weekly summary".to_owned(), "put together your weekly summary")
        }
        ("status_report", None) => {
            ("put together your status report".to_owned(), "put together your status report")
        }
        ("what_changed_since", Some(Some(since))) => {
            let since = since.strip_prefix("since ").unwrap_or(&since);
            (format!("tell you what changed since {since}"), "tell you what changed")
        }
        _ => return None,
    };
    Some(Known {
        whole: format!(
            "{whole}{}{sources}",
            if action == "what_changed_since" && !sources.is_empty() { "," } else { "" }
        ),
        short,
    })
}

/// "to call mom", "about the dentist".
fn purpose(text: &str) -> String {
    let text = yours(text);
    let first = text.split(' ').next().unwrap_or_default().to_lowercase();
    match first.as_str() {
        "to" | "about" => text,
        "the" | "a" | "an" | "your" | "our" | "his" | "her" | "their" | "this" | "that" => {
            format!("about {text}")
        }
        _ => format!("to {text}"),
    }
}

/// The person's "my" is our "your".
fn yours(text: &str) -> String {
    let turn = |word: &str| match word.to_lowercase().as_str() {
        "my" => "your".to_owned(),
        "me" => "you".to_owned(),
        "mine" => "yours".to_owned(),
        "myself" => "yourself".to_owned(),
        _ => word.to_owned(),
    };
    text.split(' ').map(turn).collect::<Vec<_>>().join(" ")
}
