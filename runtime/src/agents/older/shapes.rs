//! How messages and tasks look in 0.3: parts say their `kind`, so do results, and states and roles are in lower case.
//! Source: the types of A2A 0.3.0 (specification/json/a2a.json).

use a2a::{A2AError, Message, StreamResponse, Task, TaskState};
use serde::Serialize;
use serde_json::{Map, Value, json};

const STATE: &str = "TASK_STATE_";
const ROLE: &str = "ROLE_";

type Object = Map<String, Value>;

/// What `message/send` and `message/stream` take, in the shape of 1.0.
pub(super) fn newer_request(params: Value) -> Result<Value, A2AError> {
    let mut params = object(params, "params")?;
    let message = params.remove("message").unwrap_or_default();
    params.insert("message".to_owned(), newer_message(message)?);
    if let Some(configuration) = params.remove("configuration").filter(|value| !value.is_null()) {
        let mut configuration = object(configuration, "configuration")?;
        if let Some(blocking) = configuration.remove("blocking").and_then(|value| value.as_bool()) {
            configuration.insert("returnImmediately".to_owned(), json!(!blocking));
        }
        if configuration.get("historyLength") == Some(&json!(0)) {
            // In 0.3 it means all of it.
            configuration.remove("historyLength");
        }
        if configuration.remove("pushNotificationConfig").is_some_and(|value| !value.is_null()) {
            return Err(A2AError::push_notification_not_supported());
        }
        params.insert("configuration".to_owned(), Value::Object(configuration));
    }
    Ok(Value::Object(params))
}

fn newer_message(message: Value) -> Result<Value, A2AError> {
    let mut message = object(message, "message")?;
    message.remove("kind");
    if let Some(role) = message.get("role").and_then(Value::as_str) {
        let role = format!("{ROLE}{}", role.to_uppercase());
        message.insert("role".to_owned(), json!(role));
    }
    let parts = match message.remove("parts") {
        Some(Value::Array(parts)) => parts,
        _ => return Err(A2AError::invalid_params("message.parts is no list")),
    };
    let parts = parts.into_iter().map(newer_part).collect::<Result<Vec<_>, _>>()?;
    message.insert("parts".to_owned(), Value::Array(parts));
    Ok(Value::Object(message))
}

fn newer_part(part: Value) -> Result<Value, A2AError> {
    let mut part = object(part, "a part")?;
    let kind = part.remove("kind");
    if kind.as_ref().and_then(Value::as_str) == Some("file") {
        let mut file = object(part.remove("file").unwrap_or_default(), "a part's file")?;
        for (older, newer) in
            [("bytes", "raw"), ("uri", "url"), ("mimeType", "mediaType"), ("name", "filename")]
        {
            if let Some(value) = file.remove(older) {
                part.insert(newer.to_owned(), value);
            }
        }
    }
    Ok(Value::Object(part))
}

fn object(value: Value, what: &str) -> Result<Object, A2AError> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(A2AError::invalid_params(format!("{what} is no object"))),
    }
}

/// A task.
pub(super) fn task(task: &Task) -> Result<Value, A2AError> {
    let mut older = written(task)?;
    older_status(&mut older);
    for list in ["history", "artifacts"] {
        let Some(Value::Array(items)) = older.get_mut(list) else { continue };
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            if list == "history" { older_message(item) } else { older_parts(item) }
        }
    }
    Ok(of_kind("task", older))
}

/// A message.
pub(super) fn message(message: &Message) -> Result<Value, A2AError> {
    let mut older = written(message)?;
    older_message(&mut older);
    Ok(Value::Object(older))
}

/// One event of a stream.
pub(super) fn event(event: &StreamResponse) -> Result<Value, A2AError> {
    match event {
        StreamResponse::Task(of) => task(of),
        StreamResponse::Message(of) => message(of),
        StreamResponse::StatusUpdate(update) => {
            let mut older = written(update)?;
            older_status(&mut older);
            // Nothing more comes of this request.
            let is_final =
                update.status.state.is_terminal() || update.status.state == TaskState::InputRequired;
            older.insert("final".to_owned(), json!(is_final));
            Ok(of_kind("status-update", older))
        }
        StreamResponse::ArtifactUpdate(update) => {
            let mut older = written(update)?;
            if let Some(Value::Object(artifact)) = older.get_mut("artifact") {
                older_parts(artifact);
            }
            Ok(of_kind("artifact-update", older))
        }
    }
}

fn of_kind(kind: &str, mut object: Object) -> Value {
    object.insert("kind".to_owned(), json!(kind));
    Value::Object(object)
}

fn older_status(object: &mut Object) {
    let Some(Value::Object(status)) = object.get_mut("status") else { return };
    if let Some(state) = status.get("state").and_then(Value::as_str) {
        let state = state.trim_start_matches(STATE).to_lowercase().replace('_', "-");
        let state = if state == "unspecified" { "unknown".to_owned() } else { state };
        status.insert("state".to_owned(), json!(state));
    }
    if let Some(Value::Object(message)) = status.get_mut("message") {
        older_message(message);
    }
}

fn older_message(message: &mut Object) {
    if let Some(role) = message.get("role").and_then(Value::as_str) {
        let role = if role == "ROLE_USER" { "user" } else { "agent" };
        message.insert("role".to_owned(), json!(role));
    }
    older_parts(message);
    message.insert("kind".to_owned(), json!("message"));
}

fn older_parts(holder: &mut Object) {
    let Some(Value::Array(parts)) = holder.get_mut("parts") else { return };
    for part in parts.iter_mut().filter_map(Value::as_object_mut) {
        older_part(part);
    }
}

fn older_part(part: &mut Object) {
    let mut file = Object::new();
    for (newer, older) in [("raw", "bytes"), ("url", "uri"), ("mediaType", "mimeType"), ("filename", "name")]
    {
        if let Some(value) = part.remove(newer) {
            file.insert(older.to_owned(), value);
        }
    }
    if let Some(data) = part.get_mut("data") {
        // In 0.3 data is an object.
        if !data.is_object() {
            *data = json!({"value": data.take()});
        }
        part.insert("kind".to_owned(), json!("data"));
    } else if part.contains_key("text") {
        part.insert("kind".to_owned(), json!("text"));
    } else {
        part.insert("file".to_owned(), Value::Object(file));
        part.insert("kind".to_owned(), json!("file"));
    }
}

fn written(value: &impl Serialize) -> Result<Object, A2AError> {
    let value = serde_json::to_value(value).map_err(|error| A2AError::internal(error.to_string()))?;
    object(value, "the answer")
}
