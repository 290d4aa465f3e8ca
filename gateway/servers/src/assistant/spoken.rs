//! The sentences that are spoken: short, exact, in the second person.

use jiff::Zoned;

use super::alert::Timeliness;
use super::store::{Due, ReminderRow, TaskRow};
use crate::dates::{self, When};
use crate::sentences::{counted, list, second_person, sentence};

pub(super) mod schedule;

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

/// What a reminder is for, in the second person: "to call mom", "about the dentist".
pub fn about(text: &str) -> String {
    let text = second_person(text);
    let first = text.split(' ').next().unwrap_or_default().to_lowercase();
    match first.as_str() {
        "to" | "about" | "that" | "of" => text,
        verb if VERBS.contains(&verb) => format!("to {}", lower_first(&text)),
        _ => format!("about {text}"),
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// After a reminder was set.
pub(super) fn reminder_set(row: &ReminderRow, now: &Zoned) -> String {
    let first = dates::say(&When::At(row.due_at.to_zoned(now.time_zone().clone())), now);
    let when = row.repeat.as_ref().map_or(first.clone(), |repeat| format!("{}, first {first}", repeat.words));
    sentence(format!("Done. I'll remind you {} {when}", about(&row.text)))
}

/// After a reminder was removed.
pub(super) fn reminder_cancelled(row: &ReminderRow, now: &Zoned) -> String {
    let when = row.repeat.as_ref().map_or_else(|| reminder_time(row, now), |repeat| repeat.words.clone());
    sentence(format!("Done. I won't remind you {} {when}", about(&row.text)))
}

/// A reminder that falls due, with how many of its earlier times nobody heard.
pub(super) fn alert(text: &str, due: &Zoned, late: Timeliness, missed: u32, now: &Zoned) -> String {
    let text = second_person(text);
    let told = sentence(match late {
        Timeliness::OnTime => format!("Reminder: {text}"),
        Timeliness::Late => {
            format!("This is a late reminder, it was for {}: {text}", dates::say_hour_first(due, now))
        }
    });
    match missed {
        0 => told,
        1 => format!("{told} You missed it once before."),
        more => {
            let times = dates::cardinal(usize::try_from(more).unwrap_or(usize::MAX));
            format!("{told} You missed it {times} times before.")
        }
    }
}

/// "call your mom, tomorrow at five p.m."
pub(super) fn reminder(row: &ReminderRow, now: &Zoned) -> String {
    format!("{}, {}", second_person(&row.text), reminder_time(row, now))
}

fn reminder_time(row: &ReminderRow, now: &Zoned) -> String {
    let due = row.due_at.to_zoned(now.time_zone().clone());
    let overdue = due < *now;
    let next = if overdue {
        format!("overdue since {}", dates::say_hour_first(&due, now))
    } else {
        dates::say(&When::At(due), now)
    };
    match &row.repeat {
        None => next,
        Some(repeat) if overdue => format!("{}, {next}", repeat.words),
        Some(repeat) => format!("{}, next {next}", repeat.words),
    }
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

/// After a task was changed.
pub(super) fn task_updated(old: &TaskRow, new: &TaskRow, now: &Zoned) -> String {
    let text = second_person(&new.text);
    let renamed = if old.text == new.text { text } else { format!("{} to {text}", second_person(&old.text)) };
    let due = if old.due.is_some() && new.due.is_none() {
        ", without a due date".to_owned()
    } else {
        due(new, now)
    };
    sentence(format!("Done. I changed {renamed}{due}"))
}

/// After a task was removed.
pub(super) fn task_deleted(row: &TaskRow) -> String {
    sentence(format!("Done. I took {} off your tasks", second_person(&row.text)))
}

/// The to-do list; `which` is "open", "done" or "".
pub(super) fn tasks(rows: &[TaskRow], total: usize, which: &str, now: &Zoned) -> String {
    let kind = if which.is_empty() { String::new() } else { format!("{which} ") };
    let head = format!("You have {}", counted(total, &format!("{kind}task"), &format!("{kind}tasks")));
    if total == 0 { sentence(head) } else { list(&head, rows.iter().map(|row| task(row, now)), total) }
}

/// "buy milk, due on Friday"
pub(super) fn task(row: &TaskRow, now: &Zoned) -> String {
    format!("{}{}", second_person(&row.text), due(row, now))
}

/// The coming reminders.
pub(super) fn reminders(rows: &[ReminderRow], total: usize, day: Option<&When>, now: &Zoned) -> String {
    let day = day.map(|day| format!(" {}", dates::say(day, now))).unwrap_or_default();
    let each = rows.iter().map(|row| reminder(row, now));
    let head = format!("You have {}{day}", counted(total, "reminder", "reminders"));
    if total == 0 { sentence(head) } else { list(&head, each, total) }
}
