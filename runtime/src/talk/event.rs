//! What the server says, as far as a conversation at a terminal needs it.

use serde::Deserialize;

/// One event.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Event {
    #[serde(rename = "session.created")]
    Created,
    #[serde(rename = "input_audio_buffer.speech_started")]
    SpeechStarted,
    #[serde(rename = "conversation.item.input_audio_transcription.delta")]
    Hearing { item_id: String, delta: String },
    #[serde(rename = "conversation.item.input_audio_transcription.completed")]
    Heard { item_id: String, transcript: String },
    #[serde(rename = "conversation.item.input_audio_transcription.failed")]
    Unheard { error: Fault },
    #[serde(rename = "response.created")]
    Begun { response: Response },
    #[serde(rename = "response.output_audio.delta")]
    Sound { response_id: String, item_id: String, delta: String },
    #[serde(rename = "response.output_audio.done")]
    SoundDone { item_id: String },
    #[serde(rename = "response.output_audio_transcript.delta")]
    Saying { delta: String },
    #[serde(rename = "response.output_audio_transcript.done")]
    Said { transcript: String },
    #[serde(rename = "response.done")]
    Done { response: Response },
    #[serde(rename = "homepilot.state")]
    State { state: State },
    #[serde(rename = "homepilot.question")]
    Question(Question),
    #[serde(rename = "homepilot.question_due")]
    Due { approval_id: String, seconds: u64 },
    #[serde(rename = "homepilot.question_closed")]
    Closed { approval_id: String, decision: String, decided_by: String },
    #[serde(rename = "homepilot.step")]
    Step { number: u64, of: u64, text: String },
    #[serde(rename = "homepilot.outcome")]
    Outcome { state: String, text: String },
    #[serde(rename = "homepilot.reminder")]
    Reminder { text: String, late: bool },
    #[serde(rename = "homepilot.notice")]
    Notice { level: String, message: String },
    #[serde(rename = "error")]
    Error { error: Fault },
    /// What this client has no use for.
    #[serde(other)]
    Other,
}

/// What went wrong.
#[derive(Debug, Deserialize)]
pub(super) struct Fault {
    pub(super) message: String,
    #[serde(default)]
    pub(super) code: Option<String>,
}

/// A response, as far as it is needed.
#[derive(Debug, Deserialize)]
pub(super) struct Response {
    pub(super) id: String,
    pub(super) status: String,
}

/// A call that waits for an answer.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Question {
    pub(super) approval_id: String,
    pub(super) server: String,
    pub(super) title: String,
    pub(super) arguments: Vec<Argument>,
}

/// One line of what would be done.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Argument {
    pub(super) label: String,
    pub(super) value: serde_json::Value,
}

/// The server's word for where the turn is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    #[default]
    Idle,
    Listening,
    Hearing,
    Thinking,
    Asking,
    Doing,
    Speaking,
    /// A word of a newer server.
    #[serde(other)]
    Busy,
}
