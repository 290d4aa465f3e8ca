//! What a session tells its transport. A transport turns these into its own protocol and decides nothing.

use std::sync::Arc;

use crate::{announcer::Reminder, phrasing::Question, turn::State};

/// Number of an utterance within its session, in the order they ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UtteranceId(pub u64);

/// Number of a stretch of persona speech within its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpeechId(pub u64);

/// A Level 1 call that waits for an answer.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Answer with this id.
    pub approval: String,
    /// Server's name.
    pub server: String,
    /// Tool's own name.
    pub action: String,
    /// Exactly what will be sent.
    pub arguments: serde_json::Map<String, serde_json::Value>,
    /// What is said and shown.
    pub question: Question,
    /// When it turns into a no, RFC 3339.
    pub expires_at: String,
    /// Seconds until then.
    pub seconds: u64,
}

/// How a question ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Of the approval.
    pub approval: String,
    /// `approved`, `denied` or `expired`.
    pub decision: &'static str,
    /// `voice`, `screen`, `api`, `timeout` or `disconnect`.
    pub decided_by: &'static str,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// Of the approval, if there was one.
    pub approval: Option<String>,
    /// Server's name.
    pub server: String,
    /// Tool's own name.
    pub tool: String,
    /// Exactly what was sent.
    pub arguments: serde_json::Map<String, serde_json::Value>,
    /// `succeeded`, `failed`, `unknown`, `denied` or `not_sent`.
    pub state: &'static str,
    /// Said aloud.
    pub text: String,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Output {
    /// The visible state changed.
    State(State),
    /// Speech began, milliseconds into the audio that was sent.
    SpeechStarted {
        /// Milliseconds.
        at: u64,
    },
    /// Speech ended.
    SpeechStopped {
        /// Milliseconds.
        at: u64,
    },
    /// What began was no speech.
    SpeechDropped,
    /// What is being said begins with these words. They come again with more behind them, and are not taken back; only
    /// [`Output::Heard`] is certain, and wins where it differs.
    Hearing {
        /// All of them.
        text: String,
    },
    /// An utterance is complete.
    Utterance(UtteranceId),
    /// Its words.
    Heard {
        /// Which.
        utterance: UtteranceId,
        /// Empty when there were none.
        text: String,
    },
    /// It could not be heard.
    HearingFailed {
        /// Which.
        utterance: UtteranceId,
        /// Why, for the person.
        message: String,
    },
    /// The persona begins to speak; a question comes with the call it asks about.
    Begin {
        /// Which.
        speech: SpeechId,
        /// For a question.
        asking: Option<Arc<Asked>>,
    },
    /// The persona says that it takes a moment. What it begins to say next belongs to the same reply.
    Acknowledge {
        /// Which.
        speech: SpeechId,
    },
    /// What it begins to say is a reminder that fell due.
    Reminder {
        /// The speech that tells it.
        speech: SpeechId,
        /// The reminder.
        reminder: Arc<Reminder>,
    },
    /// Words it is about to say.
    Words {
        /// Which.
        speech: SpeechId,
        /// A clause, with the space that follows it.
        text: String,
    },
    /// Their sound, 24 kHz.
    Sound {
        /// Which.
        speech: SpeechId,
        /// Mono, -1 to 1.
        samples: Arc<Vec<f32>>,
    },
    /// Nothing more comes of this speech.
    End {
        /// Which.
        speech: SpeechId,
        /// False when it was stopped.
        complete: bool,
    },
    /// What the planner decided.
    Planned {
        /// `server__tool`, or none for an answer or a question in words.
        tool: Option<String>,
        /// As they will be proposed.
        arguments: serde_json::Map<String, serde_json::Value>,
        /// 0 to 1.
        confidence: f32,
        /// Evaluated and generated.
        tokens: (usize, usize),
        /// What the person is asked because it is missing.
        missing: Option<String>,
    },
    /// One of several steps of a request was planned.
    Step {
        /// Which, from 1.
        number: usize,
        /// Of how many.
        of: usize,
        /// The person's words for it.
        text: String,
    },
    /// A question was played: from here its answer is awaited.
    Due {
        /// Which.
        approval: String,
        /// RFC 3339.
        expires_at: String,
        /// Seconds until then.
        seconds: u64,
    },
    /// A question ended.
    Closed(Closed),
    /// A call ended.
    Done(Done),
    /// Something the person should know.
    Notice {
        /// `info`, `warning` or `error`.
        level: &'static str,
        /// Stable name.
        code: &'static str,
        /// What happened and what to do.
        message: String,
    },
}
