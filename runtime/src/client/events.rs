//! What a client says: the client events of the realtime protocol.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use homepilot_voice::pcm;
use serde_json::{Value, json};

use super::RATE;

/// Who finds the end of an utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turns {
    /// The client, with a button.
    PushToTalk,
    /// The server, from the sound.
    HandsFree,
}

/// How the session is held; our own events are wanted.
pub fn session(turns: Turns, aloud: bool) -> Value {
    let detection = match turns {
        Turns::PushToTalk => Value::Null,
        Turns::HandsFree => json!({"type": "server_vad"}),
    };
    let format = json!({"type": "audio/pcm", "rate": RATE});
    json!({"type": "session.update", "session": {
        "type": "realtime",
        "include": ["homepilot"],
        "output_modalities": [if aloud { "audio" } else { "text" }],
        "audio": {"input": {"format": format, "turn_detection": detection}}
    }})
}

/// More sound, mono at [`RATE`].
pub fn append(samples: &[f32]) -> Value {
    json!({"type": "input_audio_buffer.append", "audio": STANDARD.encode(pcm::encode_s16le(samples))})
}

/// The utterance is complete.
pub fn commit() -> Value {
    json!({"type": "input_audio_buffer.commit"})
}

/// What was appended is forgotten.
pub fn clear() -> Value {
    json!({"type": "input_audio_buffer.clear"})
}

/// Typed words.
pub fn words(text: &str) -> Value {
    let content = json!([{"type": "input_text", "text": text}]);
    json!({"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}})
}

/// Yes or no to a question.
pub fn answer(approval: &str, approve: bool) -> Value {
    let item = json!({"type": "mcp_approval_response", "approval_request_id": approval, "approve": approve});
    json!({"type": "conversation.item.create", "item": item})
}

/// What was committed or typed is to be answered.
pub fn respond() -> Value {
    json!({"type": "response.create"})
}

/// No more of the reply.
pub fn cancel() -> Value {
    json!({"type": "response.cancel"})
}

/// An item was heard so far only.
pub fn truncate(item: &str, heard_ms: u64) -> Value {
    json!({"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": heard_ms})
}
