//! Sentences that are spoken: lists with a natural end, one full stop.

use jiff::Zoned;

use crate::dates::{self, When};

/// How many items of a list are read out.
pub(crate) const READ_OUT: usize = 5;

/// A sentence without two full stops at its end.
pub(crate) fn sentence(text: String) -> String {
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

/// "You have three tasks: a; b; and c." Semicolons, because the items have commas of their own. Of `total` items the
/// first five are read out and the rest is counted.
pub(crate) fn list(head: &str, items: impl Iterator<Item = String>, total: usize) -> String {
    let mut spoken: Vec<String> = items.take(READ_OUT).collect();
    if total > spoken.len() {
        spoken.push(format!("and {} more", dates::cardinal(total - spoken.len())));
    } else if let [_, .., last] = spoken.as_mut_slice() {
        *last = format!("and {last}");
    }
    sentence(format!("{head}: {}", spoken.join("; ")))
}

/// "one task", "three tasks", "no tasks".
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {many}"),
        1 => format!("one {one}"),
        _ => format!("{} {many}", dates::cardinal(count)),
    }
}

/// "call my mom" as the assistant says it: "call your mom".
pub(crate) fn second_person(text: &str) -> String {
    let turn = |word: &str| match word {
        "my" | "My" => "your".to_owned(),
        "me" => "you".to_owned(),
        "mine" => "yours".to_owned(),
        "myself" => "yourself".to_owned(),
        other => other.to_owned(),
    };
    text.trim_end_matches(['.', '!', ' ']).split(' ').map(turn).collect::<Vec<_>>().join(" ")
}

/// Asked back when the words fit several of these items.
pub(crate) fn which(kind: &str, items: Vec<String>) -> String {
    let total = items.len();
    let listed = list(&format!("several {kind} fit"), items.into_iter(), total);
    // The full stop of "p.m." stays.
    let listed = if listed.ends_with(".m.") { &listed } else { listed.trim_end_matches('.') };
    format!("{listed}: say which one")
}

/// When something was asked for: nothing said is the coming week.
pub(crate) fn asked_for(asked: Option<&When>, now: &Zoned) -> String {
    asked.map_or_else(|| "in the coming week".to_owned(), |when| dates::say(when, now))
}

/// A time in an answer about `asked`: without the day when that day was asked for.
pub(crate) fn within(when: &When, asked: Option<&When>, now: &Zoned) -> String {
    let said = dates::say(when, now);
    match asked {
        Some(When::Day(day)) => {
            let day = dates::say(&When::Day(*day), now);
            said.strip_prefix(&format!("{day} ")).map_or(said.clone(), str::to_owned)
        }
        Some(When::At(_) | When::Span { .. } | When::Every(_)) | None => said,
    }
}
