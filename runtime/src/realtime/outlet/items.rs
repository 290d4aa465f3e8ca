//! The conversation's items as clients see them, and the shapes of ours.

use homepilot_servers::assistant::Timeliness;
use serde_json::{Value, json};

use super::{Format, Refusal, refuse};
use crate::{
    announcer::Reminder,
    session::{Asked, Done},
    turn::State,
};

/// Items that can be retrieved; older ones are forgotten.
const KEPT: usize = 200;

/// The contract's name of a state.
pub(super) fn state_name(state: State) -> &'static str {
    match state {
        State::Idle => "idle",
        State::Listening => "listening",
        State::Hearing => "hearing",
        State::Thinking => "thinking",
        State::Asking => "asking",
        State::Doing => "doing",
        State::Speaking => "speaking",
    }
}

/// Items in order, and the ids given out.
#[derive(Default)]
pub(super) struct Items {
    known: Vec<Value>,
    questions: Vec<String>,
    counter: u64,
}

impl Items {
    pub(super) fn fresh(&mut self, kind: &str) -> String {
        self.counter += 1;
        format!("{kind}_{:06}", self.counter)
    }

    pub(super) fn last(&self) -> Option<String> {
        self.known.last().and_then(|i| i["id"].as_str()).map(str::to_owned)
    }

    /// Adds an item, or replaces the one with the same id.
    pub(super) fn insert(&mut self, item: Value) {
        match self.known.iter_mut().find(|k| k["id"] == item["id"]) {
            Some(known) => *known = item,
            None => self.known.push(item),
        }
        if self.known.len() > KEPT {
            self.known.remove(0);
        }
    }

    pub(super) fn get(&self, id: &str) -> Result<&Value, Refusal> {
        self.known.iter().find(|i| i["id"] == id).ok_or_else(|| missing(id))
    }

    pub(super) fn remove(&mut self, id: &str) -> Result<(), Refusal> {
        let at = self.known.iter().position(|i| i["id"] == id).ok_or_else(|| missing(id))?;
        self.known.remove(at);
        Ok(())
    }

    pub(super) fn transcript(&mut self, id: &str, text: &str) {
        let item = self.known.iter_mut().find(|i| i["id"] == id);
        let mut parts = item.and_then(|i| i["content"].as_array_mut()).into_iter().flatten();
        if let Some(part) = parts.find(|part| part["type"] == "input_audio") {
            part["transcript"] = json!(text);
        }
    }

    pub(super) fn question(&mut self, approval: &str) {
        self.questions.push(approval.to_owned());
    }

    pub(super) fn asks(&self, approval: &str) -> bool {
        self.questions.iter().any(|q| q == approval)
    }
}

fn missing(id: &str) -> Refusal {
    refuse("item_not_found", format!("there is no item {id:?} in this conversation"), Some("item_id"))
}

/// What the person said, wrote or sent as a recording.
pub(super) fn person_item(id: &str, content: &[Value]) -> Value {
    json!({
        "id": id, "object": "realtime.item", "type": "message", "status": "completed", "role": "user",
        "content": content
    })
}

pub(super) fn message_item(id: &str, status: &str, content: &[Value]) -> Value {
    // Clients name the finished part `output_audio`/`output_text`, the streaming one `audio`/`text`.
    let content: Vec<Value> = content
        .iter()
        .map(|part| match part["type"].as_str() {
            Some("audio") => json!({"type": "output_audio", "transcript": part["transcript"]}),
            _ => json!({"type": "output_text", "text": part["text"]}),
        })
        .collect();
    json!({
        "id": id, "object": "realtime.item", "type": "message", "status": status, "role": "assistant",
        "content": content
    })
}

pub(super) fn approval_item(asked: &Asked) -> Value {
    json!({
        "id": asked.approval, "type": "mcp_approval_request", "server_label": "homepilot",
        "name": format!("{}__{}", asked.server, asked.action),
        "arguments": Value::Object(asked.arguments.clone()).to_string()
    })
}

pub(super) fn call_item(id: &str, done: &Done) -> Value {
    let error =
        (done.state != "succeeded").then(|| json!({"type": "tool_execution_error", "message": done.text}));
    json!({
        "id": id, "type": "mcp_call", "server_label": "homepilot",
        "name": format!("{}__{}", done.server, done.tool),
        "arguments": Value::Object(done.arguments.clone()).to_string(),
        "output": (done.state == "succeeded").then_some(&done.text),
        "error": error,
        "approval_request_id": done.approval
    })
}

pub(super) fn question_event(asked: &Asked) -> Value {
    let lines: Vec<Value> = asked
        .question
        .lines
        .iter()
        .map(|line| json!({"name": line.name, "label": line.label, "value": line.value}))
        .collect();
    json!({
        "approval_id": asked.approval, "question": asked.question.spoken,
        "server": asked.server, "action": asked.action, "title": asked.question.title, "arguments": lines,
        "expires_at": asked.expires_at, "seconds": asked.seconds, "approve": asked.question.yes.name()
    })
}

pub(super) fn outcome_event(done: &Done) -> Value {
    json!({
        "approval_id": done.approval, "server": done.server, "tool": done.tool,
        "arguments": done.arguments, "state": done.state, "text": done.text
    })
}

pub(super) fn reminder_event(reminder: &Reminder, item: Option<&str>) -> Value {
    let late = match reminder.timeliness {
        Timeliness::OnTime => false,
        Timeliness::Late => true,
    };
    json!({
        "id": reminder.id, "text": reminder.text, "due": reminder.due, "late": late, "item_id": item
    })
}

pub(super) fn format_json(format: Format) -> Value {
    match format {
        Format::Pcm { rate } => json!({"type": "audio/pcm", "rate": rate}),
        Format::Pcmu {} => json!({"type": "audio/pcmu"}),
        Format::Pcma {} => json!({"type": "audio/pcma"}),
    }
}
