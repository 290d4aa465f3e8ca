//! One conversation: performs what the turn machine decides.
//!
//! A session is one task that owns its machine, its ears (voice activity and endpointing) and its mouth (what is being
//! said and how much of it was heard). Engines and tool servers are asked from jobs whose results come back as inputs
//! with the tag that asked for them. When the transport lets go of its handle the session denies what was pending and
//! ends; a call that is already on its way runs to its end and is journalled by the gateway.

mod driver;
mod ears;
mod mouth;
mod output;
mod record;
pub mod text;

pub(crate) use driver::SOUND_RATE;
pub use output::{Asked, Closed, Done, Output, SpeechId, UtteranceId};

use std::{sync::Arc, time::Duration};

use homepilot_personas::Persona;
pub use homepilot_voice::endpoint::Eagerness;
use homepilot_voice::endpoint::Patience;
use tokio::sync::mpsc;

use crate::{
    app::App,
    turn::{Call, DecidedBy},
};

/// How the end of an utterance is found.
#[derive(Clone, Debug, PartialEq)]
pub struct Listening {
    /// Speech probability, 0 to 1.
    pub threshold: f32,
    /// Audio kept from before the speech.
    pub prefix_padding: Duration,
    /// What ends an utterance.
    pub silence: Silence,
}

/// How much silence ends an utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// So much, whatever was said.
    Fixed(Duration),
    /// More after words that can't be all, less after words that need nothing more.
    Judged(Eagerness),
}

impl Silence {
    /// The silence that ends an utterance of which nothing is known.
    pub fn usual(self) -> Duration {
        match self {
            Self::Fixed(silence) => silence,
            Self::Judged(eagerness) => Patience::of(eagerness).usual,
        }
    }
}

impl Default for Listening {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            prefix_padding: Duration::from_millis(300),
            silence: Silence::Judged(Eagerness::Medium),
        }
    }
}

/// What a transport asks of its session.
#[derive(Debug)]
pub enum Request {
    /// 16 kHz mono audio whose utterances are found by the session.
    Audio(Vec<f32>),
    /// The button was pressed, or the first audio of a buffer came.
    Pressed,
    /// 16 kHz mono audio while the button is pressed, as it is recorded. It ends no utterance; what it says is known
    /// sooner when the whole comes as [`Request::Utterance`].
    Held(Vec<f32>),
    /// The button was released without anything to say, or the buffer was cleared.
    Released,
    /// A whole utterance of 16 kHz mono audio.
    Utterance(Vec<f32>),
    /// Typed words.
    Text(String),
    /// Typed words whose first plan is given: an evaluation begins after a call that was chosen beforehand. The call is
    /// judged like any other.
    Given {
        /// The words.
        text: String,
        /// What they are planned as.
        call: Call,
    },
    /// How often the words that follow were passed on from agent to agent; at first they were not.
    PassedOn(u64),
    /// A click on Yes or No.
    Answer {
        /// The approval.
        approval: String,
        /// Yes or no.
        approve: bool,
        /// The PIN, where the rule wants it.
        pin: Option<String>,
    },
    /// The client is ready to be told reminders.
    Attend,
    /// Stop talking; an open question stays open.
    Quiet,
    /// Stop everything: talking, an open question, a running call.
    Stop,
    /// How utterances are found from now on.
    Listen(Listening),
    /// Whether answers are spoken, and how fast relative to the persona's own speed.
    Speech {
        /// Spoken, or only written.
        aloud: bool,
        /// 0.25 to 1.5.
        speed: f32,
    },
}

/// What a session starts with.
pub struct Options {
    /// Chosen by the caller; unique.
    pub id: String,
    /// Who answers.
    pub persona: Arc<Persona>,
    /// Whether answers are spoken.
    pub aloud: bool,
    /// Who answers with typed words, or stops everything.
    pub typed_by: DecidedBy,
    /// Whether a yes said, typed or clicked here counts.
    pub approves: bool,
}

/// A running session. Dropping the handle is a disconnection.
pub struct Session {
    /// Its id, as in the audit.
    pub id: String,
    requests: mpsc::Sender<Request>,
}

/// Requests that may wait; audio comes in chunks of 20 to 100 ms.
const REQUESTS: usize = 256;
/// Outputs that may wait for a slow transport.
const OUTPUTS: usize = 256;

impl Session {
    /// Starts a session's task.
    pub fn open(app: Arc<App>, options: Options) -> (Self, mpsc::Receiver<Output>) {
        let (session, inbox) = Self::handle(options.id.clone());
        let (outbox, outputs) = mpsc::channel(OUTPUTS);
        let tasks = app.tasks.clone();
        tasks.spawn(driver::Driver::new(app, options, outbox).run(inbox));
        (session, outputs)
    }

    /// A handle, and where what is asked of it arrives.
    pub(crate) fn handle(id: String) -> (Self, mpsc::Receiver<Request>) {
        let (requests, inbox) = mpsc::channel(REQUESTS);
        (Self { id, requests }, inbox)
    }

    /// Hands a request over, waiting while the session is behind.
    ///
    /// # Errors
    /// When the session has ended.
    pub async fn send(&self, request: Request) -> Result<(), Ended> {
        self.requests.send(request).await.map_err(|_| Ended)
    }
}

/// The session has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session has ended: connect again")]
pub struct Ended;
