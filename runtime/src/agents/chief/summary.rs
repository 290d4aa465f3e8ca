//! One short answer of what came of every part: what was done, what not, and by whom.

use a2a::TaskState;

use super::delegate::Came;
use crate::agents::mind::End;

/// The end of a request whose parts have ended.
pub(super) fn summary(came: &[Came]) -> End {
    let (done, not): (Vec<&Came>, Vec<&Came>) =
        came.iter().partition(|came| came.state == TaskState::Completed);
    let mut sentences = told(&done, "");
    sentences.extend(told(&not, if done.is_empty() { "" } else { "Not done: " }));
    let is = |state: &TaskState| not.iter().any(|came| came.state == *state);
    let state = if is(&TaskState::Failed) {
        TaskState::Failed
    } else if !done.is_empty() {
        TaskState::Completed
    } else if is(&TaskState::Canceled) {
        TaskState::Canceled
    } else {
        TaskState::Rejected
    };
    let calls = came.iter().flat_map(|came| came.calls.clone()).collect();
    End { state, reply: sentences.join(" "), calls }
}

/// What each party says, each named once.
fn told(came: &[&Came], before: &str) -> Vec<String> {
    let mut parties: Vec<(&str, Vec<&str>)> = Vec::new();
    for came in came {
        let words = if came.words.trim().is_empty() { "Done." } else { came.words.trim() };
        match parties.iter_mut().find(|(by, _)| *by == came.by) {
            Some((_, all)) => all.push(words),
            None => parties.push((&came.by, vec![words])),
        }
    }
    let sentence = |(number, (by, words)): (usize, (&str, Vec<&str>))| {
        let before = if number == 0 { before } else { "" };
        let article = if before.is_empty() { "The" } else { "the" };
        format!("{before}{article} {} says: {}", by.to_lowercase(), words.join(" "))
    };
    parties.into_iter().enumerate().map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(state: TaskState, by: &str, words: &str) -> Came {
        Came { state, by: by.to_owned(), words: words.to_owned(), calls: Vec::new() }
    }

    #[test]
    fn who_did_what_and_what_not() {
        let end = summary(&[
            came(TaskState::Completed, "Everyday assistant", "Bread is on your list."),
            came(TaskState::Canceled, "Everyday assistant", "Nothing was done."),
            came(TaskState::Completed, "Everyday assistant", "The bank is at four."),
        ]);
        assert_eq!(end.state, TaskState::Completed);
        assert_eq!(
            end.reply,
            "The everyday assistant says: Bread is on your list. The bank is at four. \
             Not done: the everyday assistant says: Nothing was done."
        );
        let failed = summary(&[
            came(TaskState::Completed, "A", "x"),
            came(TaskState::Failed, "B", "I don't know whether it was done."),
        ]);
        assert_eq!(failed.state, TaskState::Failed);
        assert_eq!(summary(&[came(TaskState::Canceled, "A", "no")]).state, TaskState::Canceled);
        assert_eq!(summary(&[came(TaskState::Rejected, "A", "no")]).state, TaskState::Rejected);
    }
}
