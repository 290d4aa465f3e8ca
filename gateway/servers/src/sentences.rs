//! Sentences that are spoken: lists with a natural end, one full stop.

use crate::dates;

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
