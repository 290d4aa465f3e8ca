//! What is known of one errand so far, within a size, and what follows from it.

use a2a::TaskState;
use serde_json::{Value, json};

use super::errand::{Answer, Ending};
use super::update::{About, Artifact, Piece, Update};
use crate::plain_text;

/// The most that is kept of one errand, in bytes.
const MAX_KEPT: usize = 2 * 1024 * 1024;
/// What a piece costs besides what is in it.
const PIECE: usize = 64;
/// The most that is told of what is under way, in characters.
const MAX_PROGRESS: usize = 200;

/// What an agent has told of an errand.
#[derive(Debug, Default)]
pub(super) struct Seen {
    about: About,
    state: Option<TaskState>,
    /// It answered without a task.
    answered: bool,
    says: Vec<Piece>,
    artifacts: Vec<Artifact>,
    bytes: usize,
    cut: bool,
    /// The first word may still be of the state that the task waited in.
    waited: bool,
}

impl Seen {
    /// Of an errand that goes on with a task which waits for it.
    pub(super) fn of(task: Option<&str>) -> Self {
        let about = About { task: task.map(str::to_owned), context: None };
        Self { waited: about.task.is_some(), about, ..Self::default() }
    }

    /// The task, if the agent has named one.
    pub(super) fn task(&self) -> Option<&str> {
        self.about.task.as_deref()
    }

    /// Takes something new in. Gives what is new about it in few words, while it is under way.
    pub(super) fn take(&mut self, update: Update) -> Option<String> {
        let (Update::Message { about, .. }
        | Update::Task { about, .. }
        | Update::Status { about, .. }
        | Update::Artifact { about, .. }) = &update;
        // Words about another task than ours are not for us.
        if matches!((&self.about.task, &about.task), (Some(ours), Some(theirs)) if ours != theirs) {
            return None;
        }
        self.about.task = self.about.task.take().or_else(|| about.task.clone());
        self.about.context = self.about.context.take().or_else(|| about.context.clone());
        let waited = std::mem::take(&mut self.waited);
        let before = (self.state.clone(), self.says.clone());
        match update {
            Update::Message { pieces, .. } => {
                self.say(pieces);
                // Words beside a task are not its end.
                self.answered = self.about.task.is_none() || self.state.is_none();
            }
            Update::Task { state, says, artifacts, .. } => {
                let stale =
                    waited && matches!(state, Some(TaskState::InputRequired | TaskState::AuthRequired));
                (self.bytes, self.state) = (0, state.filter(|_| !stale));
                self.says.clear();
                self.artifacts.clear();
                self.say(says);
                for artifact in artifacts {
                    self.add(artifact, false);
                }
            }
            Update::Status { state, says, .. } => {
                // What was said of another state is over with it.
                if !says.is_empty() || state != self.state {
                    self.say(says);
                }
                self.state = state;
            }
            Update::Artifact { artifact, append, .. } => self.add(artifact, append),
        }
        let new = (self.state.clone(), self.says.clone()) != before;
        new.then(|| plain_text::description(&words(&self.says)).chars().take(MAX_PROGRESS).collect())
    }

    fn say(&mut self, says: Vec<Piece>) {
        self.bytes = self.bytes.saturating_sub(size(&self.says));
        self.says = self.within(says);
    }

    fn add(&mut self, artifact: Artifact, append: bool) {
        let replaced = self.artifacts.iter().find(|known| known.id == artifact.id && !append);
        self.bytes = self.bytes.saturating_sub(replaced.map_or(0, |known| size(&known.pieces)));
        let pieces = self.within(artifact.pieces);
        let known = self.artifacts.iter_mut().find(|known| known.id == artifact.id);
        match known {
            Some(known) if append => {
                for piece in pieces {
                    match (known.pieces.last_mut(), piece) {
                        (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
                        (_, piece) => known.pieces.push(piece),
                    }
                }
            }
            Some(known) => known.pieces = pieces,
            // An artifact without anything in it says nothing.
            None if pieces.is_empty() => {}
            None => self.artifacts.push(Artifact { id: artifact.id, pieces }),
        }
    }

    /// Those for which there is room.
    fn within(&mut self, pieces: Vec<Piece>) -> Vec<Piece> {
        let mut kept = Vec::new();
        for piece in pieces {
            let size = size(std::slice::from_ref(&piece));
            if self.bytes + size > MAX_KEPT {
                self.cut = true;
                break;
            }
            self.bytes += size;
            kept.push(piece);
        }
        kept
    }

    /// The answer, once there is nothing more to wait for.
    pub(super) fn answer(&self) -> Option<Answer> {
        let ending = match (&self.state, self.answered) {
            (_, true) | (Some(TaskState::Completed), _) => Ending::Completed,
            (Some(TaskState::InputRequired), _) => Ending::InputRequired,
            (Some(TaskState::AuthRequired), _) => Ending::AuthRequired,
            (Some(TaskState::Failed), _) => Ending::Failed,
            (Some(TaskState::Rejected), _) => Ending::Rejected,
            (Some(TaskState::Canceled), _) => Ending::Canceled,
            (Some(TaskState::Unspecified | TaskState::Submitted | TaskState::Working) | None, false) => {
                return None;
            }
        };
        let made = self.artifacts.iter().map(|artifact| words(&artifact.pieces));
        let made = made.filter(|made| !made.is_empty()).collect::<Vec<_>>().join("\n");
        let says = words(&self.says);
        let text = match ending {
            Ending::Completed => joined(&says, &made),
            _ if says.is_empty() => made,
            _ => says,
        };
        let mut text = plain_text::answer(&text);
        if self.cut {
            text.push_str(&format!("\n[cut here: at most {MAX_KEPT} bytes of an answer are kept]"));
        }
        let pieces = self.artifacts.iter().flat_map(|artifact| &artifact.pieces).chain(&self.says);
        Some(Answer {
            ending,
            text,
            structured: structured(pieces),
            context: self.about.context.clone(),
            task: self.about.task.clone(),
        })
    }

    /// An end that the agent did not tell, with what is known of the task.
    pub(super) fn without_word(&self, ending: Ending, reason: impl Into<String>) -> Answer {
        let About { task, context } = self.about.clone();
        Answer { task, context, ..Answer::without_word(ending, reason) }
    }
}

fn size(pieces: &[Piece]) -> usize {
    let size = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::File(text) => text.len(),
        Piece::Data(value) => value.to_string().len(),
    };
    pieces.iter().map(|piece| PIECE + size(piece)).sum()
}

/// What can be read of them.
fn words(pieces: &[Piece]) -> String {
    let words = pieces.iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(text.clone()),
        Piece::File(about) => Some(format!("[{about}]")),
        Piece::Data(_) => None,
    });
    words.collect::<Vec<_>>().join("\n")
}

/// Both, unless one says all that the other does.
fn joined(says: &str, made: &str) -> String {
    if says.trim().is_empty() || made.contains(says.trim()) {
        made.to_owned()
    } else if made.trim().is_empty() || says.contains(made.trim()) {
        says.to_owned()
    } else {
        format!("{says}\n{made}")
    }
}

fn structured<'a>(pieces: impl Iterator<Item = &'a Piece>) -> Option<Value> {
    let mut data = pieces.filter_map(|piece| match piece {
        Piece::Data(value) => Some(value.clone()),
        Piece::Text(_) | Piece::File(_) => None,
    });
    let first = data.next()?;
    let all: Vec<Value> = std::iter::once(first).chain(data).collect();
    match <[Value; 1]>::try_from(all) {
        Ok([one @ Value::Object(_)]) => Some(one),
        Ok([one]) => Some(json!({"data": [one]})),
        Err(all) => Some(json!({"data": all})),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// JSON whose names are mostly those of the protocol, in places where they may not belong.
    fn told() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            prop::sample::select(vec![
                "t",
                "agent",
                "completed",
                "TASK_STATE_INPUT_REQUIRED",
                "task",
                "status-update"
            ])
            .prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        let names = vec![
            "task",
            "message",
            "statusUpdate",
            "artifactUpdate",
            "artifact",
            "artifacts",
            "artifactId",
            "status",
            "state",
            "parts",
            "text",
            "data",
            "file",
            "raw",
            "kind",
            "id",
            "taskId",
            "contextId",
            "append",
            "history",
            "role",
        ];
        leaf.prop_recursive(6, 64, 6, move |inner| {
            let name = prop::sample::select(names.clone()).prop_map(str::to_owned);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_told_is_survived(all in prop::collection::vec(told(), 0..8), task in any::<bool>()) {
            let mut seen = Seen::of(task.then_some("t"));
            for value in &all {
                if let Some(update) = Update::read(value) {
                    let told = seen.take(update).unwrap_or_default();
                    prop_assert!(told.chars().count() <= MAX_PROGRESS);
                }
            }
            prop_assert!(seen.bytes <= MAX_KEPT);
            if task {
                prop_assert_eq!(seen.task(), Some("t"), "it is still about the task that was waiting");
            }
        }
    }

    fn seen(updates: &[Value]) -> (Seen, Vec<String>) {
        let mut seen = Seen::default();
        let told = updates.iter().filter_map(|update| seen.take(Update::read(update).unwrap())).collect();
        (seen, told)
    }

    fn status(state: &str, says: &str) -> Value {
        json!({"statusUpdate": {"taskId": "t", "contextId": "c",
            "status": {"state": state, "message": {"role": "ROLE_AGENT", "parts": [{"text": says}]}}}})
    }

    fn artifact(id: &str, part: Value, append: bool) -> Value {
        json!({"artifactUpdate": {"taskId": "t", "append": append, "artifact": {"artifactId": id, "parts": [part]}}})
    }

    #[test]
    fn a_task_is_put_together() {
        let (seen, told) = seen(&[
            json!({"task": {"id": "t", "contextId": "c", "status": {"state": "TASK_STATE_SUBMITTED"}}}),
            status("TASK_STATE_WORKING", "looking\u{202e} it up"),
            status("TASK_STATE_WORKING", "looking\u{202e} it up"),
            artifact("a", json!({"text": "It is "}), false),
            artifact("a", json!({"text": "sunny."}), true),
            artifact("b", json!({"data": {"degrees": 21}}), false),
            status("TASK_STATE_COMPLETED", ""),
        ]);
        assert_eq!(told, ["", "looking it up", ""]);
        let answer = seen.answer().unwrap();
        assert_eq!((answer.ending, answer.text.as_str()), (Ending::Completed, "It is sunny."));
        assert_eq!(answer.structured, Some(json!({"degrees": 21})));
        assert_eq!((answer.context.as_deref(), answer.task.as_deref()), (Some("c"), Some("t")));
    }

    #[test]
    fn a_task_that_goes_on_is_told_first_as_it_waited() {
        let waits = json!({"id": "t", "status": {"state": "TASK_STATE_INPUT_REQUIRED"}});
        let mut seen = Seen::of(Some("t"));
        assert_eq!(seen.take(Update::read(&waits).unwrap()), None);
        assert_eq!(seen.answer(), None);
        seen.take(Update::read(&waits).unwrap());
        assert_eq!(seen.answer().map(|answer| answer.ending), Some(Ending::InputRequired), "it asks again");
    }

    #[test]
    fn words_of_another_task_are_not_for_us() {
        let (seen, _) = seen(&[
            status("TASK_STATE_WORKING", "w"),
            json!({"statusUpdate": {"taskId": "other", "status": {"state": "TASK_STATE_COMPLETED"}}}),
        ]);
        assert_eq!(seen.answer(), None);
    }

    #[test]
    fn what_is_said_and_what_is_made_is_not_said_twice() {
        assert_eq!(joined("Done.", "Done.\nAll of it."), "Done.\nAll of it.");
        assert_eq!(joined("It is 4.", "4"), "It is 4.");
        assert_eq!(joined("Here it is:", "a list"), "Here it is:\na list");
        assert_eq!(joined("", "a list"), "a list");
    }

    #[test]
    fn an_answer_without_end_is_cut() {
        let chunk = artifact("a", json!({"text": "x".repeat(1_000_000)}), true);
        let (mut seen, _) = seen(&[chunk.clone(), chunk.clone(), chunk.clone(), chunk]);
        seen.take(Update::read(&status("TASK_STATE_COMPLETED", "")).unwrap());
        let text = seen.answer().unwrap().text;
        assert!(
            text.len() < MAX_KEPT + 200
                && text.ends_with("[cut here: at most 2097152 bytes of an answer are kept]")
        );
    }
}
