//! Which task is meant by some of its words.

use super::store::TaskRow;

/// What some words pick out.
#[derive(Debug, PartialEq)]
pub(super) enum Match<'a> {
    One(&'a TaskRow),
    /// Equally good, at least two.
    Several(Vec<&'a TaskRow>),
    None,
}

/// Words that tell no task from another.
const EMPTY: [&str; 14] =
    ["a", "an", "the", "to", "my", "of", "for", "task", "item", "one", "with", "on", "about", "and"];

/// The task with this id or exactly this text, else the one that shares the most of the words and at least half of
/// them. Tasks of the same text are one and the same to the user: the oldest is taken.
pub(super) fn find<'a>(words: &str, tasks: &'a [TaskRow]) -> Match<'a> {
    let wanted = split(words);
    if let Some(task) = tasks.iter().find(|task| task.id == words.trim()) {
        return Match::One(task);
    }
    if let Some(task) = tasks.iter().find(|task| !wanted.is_empty() && split(&task.text) == wanted) {
        return Match::One(task);
    }
    let score = |task: &TaskRow| {
        let own = split(&task.text);
        wanted.iter().filter(|word| own.iter().any(|other| alike(word, other))).count()
    };
    let best = tasks.iter().map(score).max().unwrap_or(0);
    if best == 0 || best * 2 < wanted.len() {
        return Match::None;
    }
    let mut good: Vec<&TaskRow> = Vec::new();
    for task in tasks.iter().filter(|task| score(task) == best) {
        if !good.iter().any(|other| split(&other.text) == split(&task.text)) {
            good.push(task);
        }
    }
    match good.as_slice() {
        [only] => Match::One(only),
        _ => Match::Several(good),
    }
}

fn split(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let all: Vec<String> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let telling: Vec<String> = all.iter().filter(|word| !EMPTY.contains(&word.as_str())).cloned().collect();
    if telling.is_empty() { all } else { telling }
}

/// The same word, or one begins with the other and the stem has four letters: "call", "calling".
fn alike(one: &str, other: &str) -> bool {
    let stem = one.chars().count().min(other.chars().count());
    one == other || (stem >= 4 && (one.starts_with(other) || other.starts_with(one)))
}

#[cfg(test)]
mod tests {
    use super::{Match, find};
    use crate::assistant::store::TaskRow;

    fn tasks(texts: &[&str]) -> Vec<TaskRow> {
        let row = |(index, text): (usize, &&str)| TaskRow {
            id: format!("id-{index}"),
            text: (*text).to_owned(),
            ..TaskRow::default()
        };
        texts.iter().enumerate().map(row).collect()
    }

    fn matched(words: &str, texts: &[&str]) -> String {
        let tasks = tasks(texts);
        match find(words, &tasks) {
            Match::One(task) => task.text.clone(),
            Match::Several(several) => {
                several.iter().map(|task| task.text.as_str()).collect::<Vec<_>>().join(" | ")
            }
            Match::None => "none".to_owned(),
        }
    }

    #[test]
    fn a_task_is_found_by_its_words_and_never_guessed() {
        let list =
            ["call mom", "call mom about the trip", "buy milk", "send the report to Anna", "buy bread"];
        for (words, expected) in [
            ("call mom", "call mom"),
            ("Call mom.", "call mom"),
            ("the trip", "call mom about the trip"),
            ("milk", "buy milk"),
            ("buying milk", "buy milk"),
            ("the report", "send the report to Anna"),
            ("reports", "send the report to Anna"),
            ("call", "call mom | call mom about the trip"),
            ("buy", "buy milk | buy bread"),
            ("id-3", "send the report to Anna"),
            ("wash the car", "none"),
            ("", "none"),
            ("feed the brown dog with milk", "none"),
        ] {
            assert_eq!(matched(words, &list), expected, "{words}");
        }
        assert_eq!(matched("buy eggs", &["buy eggs", "buy eggs"]), "buy eggs");
    }
}
