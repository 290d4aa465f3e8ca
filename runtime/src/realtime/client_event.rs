//! What a client may send: the client events of the OpenAI Realtime API. Fields we have no use for are ignored, as
//! SDKs send many; a type we do not know, or a known field of the wrong shape, is an error that names it.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// One event.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub enum ClientEvent {
    /// Change the session.
    #[serde(rename = "session.update")]
    SessionUpdate {
        /// What changes.
        session: SessionPatch,
    },
    /// More audio.
    #[serde(rename = "input_audio_buffer.append")]
    Append {
        /// Base64.
        audio: String,
    },
    /// The utterance is complete.
    #[serde(rename = "input_audio_buffer.commit")]
    Commit {},
    /// Forget what was appended.
    #[serde(rename = "input_audio_buffer.clear")]
    Clear {},
    /// Add a message or an answer to an approval.
    #[serde(rename = "conversation.item.create")]
    ItemCreate {
        /// The item.
        item: ItemParam,
    },
    /// Remove an item.
    #[serde(rename = "conversation.item.delete")]
    ItemDelete {
        /// Which.
        item_id: String,
    },
    /// Read an item back.
    #[serde(rename = "conversation.item.retrieve")]
    ItemRetrieve {
        /// Which.
        item_id: String,
    },
    /// Playback was stopped.
    #[serde(rename = "conversation.item.truncate")]
    ItemTruncate {
        /// Which.
        item_id: String,
        /// Milliseconds that were played.
        audio_end_ms: u64,
    },
    /// Answer what was said.
    #[serde(rename = "response.create")]
    ResponseCreate {
        /// Only `metadata` is used.
        #[serde(default)]
        response: Option<ResponseParam>,
    },
    /// Stop speaking.
    #[serde(rename = "response.cancel")]
    ResponseCancel {},
}

/// Parameters of a response.
#[derive(Debug, Default, Deserialize)]
pub struct ResponseParam {
    /// Given back in `response.created`.
    #[serde(default)]
    pub metadata: Option<Value>,
}

/// An item that a client may create.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub enum ItemParam {
    /// Typed or recorded words.
    #[serde(rename = "message")]
    Message {
        /// Chosen by the client.
        #[serde(default)]
        id: Option<String>,
        /// `user`, `assistant` or `system`.
        role: String,
        /// Parts.
        content: Vec<ContentParam>,
    },
    /// Yes or no to a question.
    #[serde(rename = "mcp_approval_response")]
    McpApprovalResponse {
        /// Chosen by the client.
        #[serde(default)]
        id: Option<String>,
        /// Which question.
        approval_request_id: String,
        /// Yes or no.
        approve: bool,
        /// The PIN, where the rule wants it; it is not repeated in any event.
        #[serde(default)]
        pin: Option<String>,
    },
}

/// A part of a message.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub enum ContentParam {
    /// Words.
    #[serde(rename = "input_text", alias = "text", alias = "output_text")]
    Text {
        /// The words.
        text: String,
    },
    /// A recording.
    #[serde(rename = "input_audio")]
    Audio {
        /// Base64 in the session's input format.
        audio: String,
    },
}

/// What `session.update` may change. Absent fields stay as they are.
#[derive(Debug, Default, Deserialize)]
pub struct SessionPatch {
    /// Extra instructions; the persona's own come first.
    #[serde(default)]
    pub instructions: Option<String>,
    /// `["audio"]` or `["text"]`.
    #[serde(default)]
    pub output_modalities: Option<Vec<String>>,
    /// Declared tools; `{type:"mcp", server_label:"homepilot"}` turns approval items on.
    #[serde(default)]
    pub tools: Option<Vec<Map<String, Value>>>,
    /// `homepilot` turns our own events on.
    #[serde(default)]
    pub include: Option<Vec<String>>,
    /// Audio settings.
    #[serde(default)]
    pub audio: AudioPatch,
}

/// Audio settings of both directions.
#[derive(Debug, Default, Deserialize)]
pub struct AudioPatch {
    /// From the client.
    #[serde(default)]
    pub input: InputPatch,
    /// To the client.
    #[serde(default)]
    pub output: OutputPatch,
}

/// Audio from the client.
#[derive(Debug, Default, Deserialize)]
pub struct InputPatch {
    /// Encoding.
    #[serde(default)]
    pub format: Option<Format>,
    /// `null` is push-to-talk.
    #[serde(default, deserialize_with = "present")]
    pub turn_detection: Option<Option<TurnDetection>>,
}

/// Audio to the client.
#[derive(Debug, Default, Deserialize)]
pub struct OutputPatch {
    /// Encoding.
    #[serde(default)]
    pub format: Option<Format>,
    /// 0.25 to 1.5.
    #[serde(default)]
    pub speed: Option<f32>,
}

/// An audio encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type")]
pub enum Format {
    /// 24 kHz mono, signed 16 bit, little-endian.
    #[serde(rename = "audio/pcm")]
    Pcm {
        /// Only 24000.
        #[serde(default = "pcm_rate")]
        rate: u32,
    },
    /// G.711 mu-law, 8 kHz.
    #[serde(rename = "audio/pcmu")]
    Pcmu {},
    /// G.711 A-law, 8 kHz.
    #[serde(rename = "audio/pcma")]
    Pcma {},
}

fn pcm_rate() -> u32 {
    24_000
}

/// How the end of an utterance is found.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type")]
pub enum TurnDetection {
    /// By silence.
    #[serde(rename = "server_vad")]
    ServerVad {
        /// Speech probability, 0 to 1.
        #[serde(default)]
        threshold: Option<f32>,
        /// Audio kept from before the speech, 0 to 1000 ms.
        #[serde(default)]
        prefix_padding_ms: Option<u64>,
        /// Silence that ends an utterance, 200 to 5000 ms.
        #[serde(default)]
        silence_duration_ms: Option<u64>,
        /// Whether an utterance is answered without `response.create`.
        #[serde(default)]
        create_response: Option<bool>,
        /// Whether speech stops the persona.
        #[serde(default)]
        interrupt_response: Option<bool>,
    },
    /// By silence, longer when less eager.
    #[serde(rename = "semantic_vad")]
    SemanticVad {
        /// `low`, `medium`, `high` or `auto`.
        #[serde(default)]
        eagerness: Option<String>,
        /// As above.
        #[serde(default)]
        create_response: Option<bool>,
        /// As above.
        #[serde(default)]
        interrupt_response: Option<bool>,
    },
}

/// Tells an explicit `null` from an absent field.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_turn_detection_is_not_an_absent_one() {
        let patch = |json: &str| match serde_json::from_str::<ClientEvent>(json).unwrap() {
            ClientEvent::SessionUpdate { session } => session.audio.input.turn_detection,
            other => panic!("{other:?}"),
        };
        assert_eq!(patch(r#"{"type":"session.update","session":{"type":"realtime"}}"#), None);
        let null = r#"{"type":"session.update","event_id":"e","session":{"audio":{"input":{"turn_detection":null}}}}"#;
        assert_eq!(patch(null), Some(None));
    }

    #[test]
    fn an_unknown_type_is_named_and_the_known_ones_listed() {
        let error =
            serde_json::from_str::<ClientEvent>(r#"{"type":"session.upgrade"}"#).unwrap_err().to_string();
        assert!(error.contains("session.upgrade") && error.contains("response.cancel"), "{error}");
    }
}
