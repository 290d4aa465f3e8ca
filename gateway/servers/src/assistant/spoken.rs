//! The sentences that are spoken: short, exact, in the second person.

use jiff::Zoned;

use super::store::{Due, ReminderRow, TaskRow};
use crate::dates::{self, When};
use crate::sentences::{READ_OUT, counted, list, sentence};

/// Verbs with which a reminder begins that is something to do; anything else is something to think of.
const VERBS: &[&str] = &[
    "add", "answer", "apply", "arrange", "ask", "back", "bake", "be", "book", "bring", "brush", "buy",
    "call", "cancel", "change", "charge", "check", "clean", "close", "collect", "come", "confirm", "contact",
    "cook", "do", "drink", "drive", "drop", "eat", "email", "empty", "exercise", "feed", "fetch", "file",
    "fill", "find", "finish", "fix", "follow", "get", "give", "go", "have", "help", "hang", "invite", "join",
    "keep", "leave", "let", "listen", "lock", "look", "mail", "make", "meet", "message", "move", "mow",
    "open", "order", "pack", "pay", "phone", "pick", "plan", "plant", "play", "post", "practice", "prepare",
    "print", "put", "read", "record", "renew", "reply", "reserve", "return", "review", "ring", "run",
    "schedule", "see", "sell", "send", "set", "sign", "start", "stop", "stretch", "study", "submit",
    "switch", "take", "talk", "tell", "text", "thank", "throw", "tidy", "turn", "update", "vacuum", "visit",
    "wake", "walk", "wash", "watch", "water", "wish", "work", "write",
];

/// "to call mom", "about the dentist", in the second person.
pub(super) fn about(text: &str) -> String {
    let text = second_person(text);
    let first = text.split(' ').next().unwrap_or_default().to_lowercase();
    match first.as_str() {
        "to" | "about" | "that" | "of" => text,
        verb if VERBS.contains(&verb) => format!("to {}", lower_first(&text)),
        _ => format!("about {text}"),
    }
}

/// "call my mom" as the assistant says it: "call your mom".
fn second_person(text: &str) -> String {
    let turn = |word: &str| match word {
        "my" | "My" => "your".to_owned(),
        "me" => "you".to_owned(),
        "mine" => "yours".to_owned(),
        "myself" => "yourself".to_owned(),
        other => other.to_owned(),
    };
    text.trim_end_matches(['.', '!', ' ']).split(' ').map(turn).collect::<Vec<_>>().join(" ")
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// After a reminder was set.
pub(super) fn reminder_set(row: &ReminderRow, now: &Zoned) -> String {
    sentence(format!("Done. I'll remind you {} {}", about(&row.text), reminder_time(row, now)))
}

fn reminder_time(row: &ReminderRow, now: &Zoned) -> String {
    let next = dates::say(&When::At(row.due_at.to_zoned(now.time_zone().clone())), now);
    row.repeat.as_ref().map_or(next.clone(), |repeat| format!("{repeat}, first {next}"))
}

/// After a task was added.
pub(super) fn task_created(row: &TaskRow, now: &Zoned) -> String {
    sentence(format!("Done. I added {} to your tasks{}", second_person(&row.text), due(row, now)))
}

fn due(row: &TaskRow, now: &Zoned) -> String {
    match &row.due {
        None => String::new(),
        Some(due) => format!(", due {}", dates::say(&due_when(due, now), now)),
    }
}

/// A due date as a meaning.
pub(super) fn due_when(due: &Due, now: &Zoned) -> When {
    match due {
        Due::At(at) => When::At(at.to_zoned(now.time_zone().clone())),
        Due::Day(day) => When::Day(*day),
    }
}

/// After a task was marked as done, or was so already.
pub(super) fn task_completed(row: &TaskRow, already: bool) -> String {
    let text = second_person(&row.text);
    sentence(if already { format!("{text} was already done") } else { format!("Done. I checked off {text}") })
}

/// The to-do list; `which` is "open", "done" or "".
pub(super) fn tasks(rows: &[TaskRow], total: usize, which: &str, now: &Zoned) -> String {
    let kind = if which.is_empty() { String::new() } else { format!("{which} ") };
    let head = format!("You have {}", counted(total, &format!("{kind}task"), &format!("{kind}tasks")));
    if total == 0 { sentence(head) } else { list(&head, rows.iter().map(|row| task(row, now)), total) }
}

fn task(row: &TaskRow, now: &Zoned) -> String {
    format!("{}{}", second_person(&row.text), due(row, now))
}

/// The coming reminders.
pub(super) fn reminders(rows: &[ReminderRow], total: usize, day: Option<&When>, now: &Zoned) -> String {
    let day = day.map(|day| format!(" {}", dates::say(day, now))).unwrap_or_default();
    let each = rows.iter().map(|row| format!("{}, {}", second_person(&row.text), reminder_time(row, now)));
    let head = format!("You have {}{day}", counted(total, "reminder", "reminders"));
    if total == 0 { sentence(head) } else { list(&head, each, total) }
}

/// Asked back when the words fit several tasks.
pub(super) fn which_task(rows: &[&TaskRow]) -> String {
    let texts: Vec<String> =
        rows.iter().take(READ_OUT).map(|row| format!("\"{}\" (id {})", row.text, row.id)).collect();
    let more = rows.len() - texts.len();
    let more = if more > 0 { format!(", and {} more", dates::cardinal(more)) } else { String::new() };
    format!("several open tasks fit: {}{more}: say which one", texts.join(", "))
}
