//! What an agent tells of a task, in whichever shape: a message, a whole task, a new status, a part of an artifact. The shapes
//! of 1.0 and 0.3 differ in names only, so one reader takes both; what is missing is left out, and a file is never decoded.

use a2a::TaskState;
use serde_json::{Map, Value};

/// One part of what an agent says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Data(Value),
    /// A file by its name and type.
    File(String),
}

/// An artifact, or a piece of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Artifact {
    pub(super) id: String,
    pub(super) pieces: Vec<Piece>,
}

/// Which task an update is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct About {
    pub(super) task: Option<String>,
    pub(super) context: Option<String>,
}

/// Something new.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Update {
    /// An answer without a task, or words beside one.
    Message { about: About, pieces: Vec<Piece> },
    /// All that there is of a task.
    Task { about: About, state: Option<TaskState>, says: Vec<Piece>, artifacts: Vec<Artifact> },
    /// A new state.
    Status { about: About, state: Option<TaskState>, says: Vec<Piece> },
    /// An artifact, whole or the next part of it.
    Artifact { about: About, artifact: Artifact, append: bool },
}

impl Update {
    /// Reads one; `None` when it is none of these.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        // 1.0 names the kind by the field that holds it, 0.3 by a field of its own.
        let wrapped = |name: &str| object.get(name).and_then(Value::as_object);
        if let Some(message) = wrapped("message") {
            return Some(Self::message(message));
        }
        if let Some(task) = wrapped("task") {
            return Some(Self::task(task));
        }
        if let Some(status) = wrapped("statusUpdate") {
            return Some(Self::status(status));
        }
        if let Some(artifact) = wrapped("artifactUpdate") {
            return Self::artifact(artifact);
        }
        match text(object, "kind") {
            Some("message") => Some(Self::message(object)),
            Some("task") => Some(Self::task(object)),
            Some("status-update") => Some(Self::status(object)),
            Some("artifact-update") => Self::artifact(object),
            Some(_) => None,
            // `GetTask` and `CancelTask` of 1.0 answer with the task itself.
            None => (object.contains_key("id") && object.contains_key("status")).then(|| Self::task(object)),
        }
    }

    fn message(message: &Map<String, Value>) -> Self {
        Self::Message { about: about(message, "taskId"), pieces: pieces(message) }
    }

    fn task(task: &Map<String, Value>) -> Self {
        let artifacts: Vec<_> = list(task, "artifacts").filter_map(Value::as_object).map(artifact).collect();
        let (state, mut says) = status(task);
        // What it said on the way is its answer only where there is no other.
        if says.is_empty() && artifacts.is_empty() {
            says = last_words(task);
        }
        Self::Task { about: about(task, "id"), state, says, artifacts }
    }

    fn status(update: &Map<String, Value>) -> Self {
        let (state, says) = status(update);
        Self::Status { about: about(update, "taskId"), state, says }
    }

    fn artifact(update: &Map<String, Value>) -> Option<Self> {
        let append = update.get("append").and_then(Value::as_bool).unwrap_or_default();
        let artifact = artifact(update.get("artifact")?.as_object()?);
        Some(Self::Artifact { about: about(update, "taskId"), artifact, append })
    }
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

fn list<'a>(
    object: &'a Map<String, Value>,
    name: &str,
) -> impl DoubleEndedIterator<Item = &'a Value> + use<'a> {
    object.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn about(object: &Map<String, Value>, task: &str) -> About {
    let id = |name: &str| text(object, name).filter(|id| !id.is_empty()).map(str::to_owned);
    About { task: id(task), context: id("contextId") }
}

fn status(object: &Map<String, Value>) -> (Option<TaskState>, Vec<Piece>) {
    let Some(status) = object.get("status").and_then(Value::as_object) else { return (None, Vec::new()) };
    let says = status.get("message").and_then(Value::as_object).map(pieces).unwrap_or_default();
    (text(status, "state").and_then(state), says)
}

/// What the agent said last in a task whose status says nothing.
fn last_words(task: &Map<String, Value>) -> Vec<Piece> {
    let agents =
        |message: &&Map<String, Value>| matches!(text(message, "role"), Some("ROLE_AGENT" | "agent"));
    list(task, "history").rev().filter_map(Value::as_object).find(agents).map(pieces).unwrap_or_default()
}

/// `TASK_STATE_INPUT_REQUIRED` and `input-required` are one state. One that is not known is none.
fn state(name: &str) -> Option<TaskState> {
    let name = name.strip_prefix("TASK_STATE_").unwrap_or(name).to_ascii_lowercase().replace('_', "-");
    match name.as_str() {
        "submitted" => Some(TaskState::Submitted),
        "working" => Some(TaskState::Working),
        "completed" => Some(TaskState::Completed),
        "failed" => Some(TaskState::Failed),
        "canceled" | "cancelled" => Some(TaskState::Canceled),
        "input-required" => Some(TaskState::InputRequired),
        "rejected" => Some(TaskState::Rejected),
        "auth-required" => Some(TaskState::AuthRequired),
        _ => None,
    }
}

fn artifact(object: &Map<String, Value>) -> Artifact {
    Artifact { id: text(object, "artifactId").unwrap_or_default().to_owned(), pieces: pieces(object) }
}

fn pieces(object: &Map<String, Value>) -> Vec<Piece> {
    list(object, "parts").filter_map(Value::as_object).filter_map(piece).collect()
}

fn piece(part: &Map<String, Value>) -> Option<Piece> {
    if let Some(said) = text(part, "text") {
        return (!said.is_empty()).then(|| Piece::Text(said.to_owned()));
    }
    if let Some(data) = part.get("data").filter(|data| !data.is_null()) {
        return Some(Piece::Data(data.clone()));
    }
    let (file, name, kind) = match part.get("file").and_then(Value::as_object) {
        Some(file) => (file, "name", "mimeType"),
        None => (part, "filename", "mediaType"),
    };
    let here = ["raw", "bytes", "url", "uri"].iter().any(|field| file.contains_key(*field));
    let about = [text(file, name), text(file, kind)].into_iter().flatten().filter(|about| !about.is_empty());
    let about = about.map(|about| about.chars().take(100).collect::<String>()).collect::<Vec<_>>().join(", ");
    here.then(|| Piece::File(if about.is_empty() { "a file".to_owned() } else { format!("a file, {about}") }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_versions_are_read_alike() {
        let about = || About { task: Some("t".into()), context: Some("c".into()) };
        let said = || vec![Piece::Text("which day?".into())];
        let asks = Update::Status { about: about(), state: Some(TaskState::InputRequired), says: said() };
        let new = json!({"statusUpdate": {"taskId": "t", "contextId": "c", "status": {
            "state": "TASK_STATE_INPUT_REQUIRED", "message": {"role": "ROLE_AGENT", "parts": [{"text": "which day?"}]}}}});
        let old = json!({"kind": "status-update", "taskId": "t", "contextId": "c", "final": true, "status": {
            "state": "input-required", "message": {"role": "agent", "parts": [{"kind": "text", "text": "which day?"}]}}});
        assert_eq!((Update::read(&new), Update::read(&old)), (Some(asks.clone()), Some(asks)));

        let pieces = vec![
            Piece::Data(json!({"n": 1})),
            Piece::File("a file, plan.pdf, application/pdf".into()),
            Piece::File("a file".into()),
        ];
        let artifacts = vec![Artifact { id: "a".into(), pieces }];
        let done =
            Update::Task { about: about(), state: Some(TaskState::Completed), says: vec![], artifacts };
        let new = json!({"id": "t", "contextId": "c", "status": {"state": "TASK_STATE_COMPLETED"},
            "history": [{"role": "ROLE_AGENT", "parts": [{"text": "which day?"}]}, {"role": "ROLE_USER", "parts": [{"text": "today"}]}],
            "artifacts": [{"artifactId": "a", "parts": [{"data": {"n": 1}},
                {"raw": "not base64 at all", "filename": "plan.pdf", "mediaType": "application/pdf"}, {"url": "http://x/y"}, {}]}]});
        let old = json!({"kind": "task", "id": "t", "contextId": "c", "status": {"state": "completed"},
            "history": [{"role": "agent", "parts": [{"kind": "text", "text": "which day?"}]}],
            "artifacts": [{"artifactId": "a", "parts": [{"kind": "data", "data": {"n": 1}},
                {"kind": "file", "file": {"bytes": "", "name": "plan.pdf", "mimeType": "application/pdf"}},
                {"kind": "file", "file": {"uri": "http://x/y"}}]}]});
        assert_eq!((Update::read(&new), Update::read(&old)), (Some(done.clone()), Some(done)));
    }

    #[test]
    fn an_answer_may_stand_in_the_history_alone() {
        let task = json!({"id": "t", "status": {"state": "TASK_STATE_COMPLETED"},
            "history": [{"role": "ROLE_AGENT", "parts": [{"text": "Booked."}]}, {"role": "ROLE_USER", "parts": [{"text": "?"}]}]});
        let Some(Update::Task { says, .. }) = Update::read(&task) else { panic!("not a task") };
        assert_eq!(says, [Piece::Text("Booked.".into())]);
    }

    #[test]
    fn nonsense_is_nothing() {
        for odd in [
            json!(null),
            json!([]),
            json!({}),
            json!({"kind": "task-ish"}),
            json!({"task": 7}),
            json!({"artifactUpdate": {"taskId": "t"}}),
            json!({"status": {"state": "completed"}}),
        ] {
            assert_eq!(Update::read(&odd), None, "{odd}");
        }
        let half = Update::read(
            &json!({"task": {"id": 7, "status": {"state": 3}, "artifacts": {}, "history": [1]}}),
        );
        let nothing = Update::Task { about: About::default(), state: None, says: vec![], artifacts: vec![] };
        assert_eq!(half, Some(nothing));
    }
}
