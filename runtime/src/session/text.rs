//! A session in text: what it says is collected until it rests, that is until the request is dealt with or a question
//! waits for its answer.

use std::sync::Arc;

use homepilot_personas::Persona;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::{Asked, Closed, Done, Ended, Options, Output, Request, Session};
use crate::{
    app::App,
    turn::{Call, DecidedBy, State},
};

/// What the planner decided last.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// `server__tool`, or none for an answer or a question in words.
    pub tool: Option<String>,
    /// As they will be proposed.
    pub arguments: Map<String, Value>,
    /// 0 to 1.
    pub confidence: f32,
    /// Evaluated and generated.
    pub tokens: (usize, usize),
    /// What the person is asked because it is missing.
    pub missing: Option<String>,
}

/// What was said and done since the words that began it.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// Everything that was said, in its order.
    pub reply: String,
    /// The last plan.
    pub plan: Option<Planned>,
    /// The last question that was put in full.
    pub asked: Option<Arc<Asked>>,
    /// How questions ended.
    pub closed: Vec<Closed>,
    /// What calls came to; `asks` for one whose agent waits for an answer.
    pub done: Vec<Done>,
    /// The call whose agent waits for an answer, which is the next thing that is said.
    pub asked_back: Option<Done>,
    /// What went wrong inside.
    pub notice: Option<String>,
}

/// What one output meant for the turn.
#[derive(Clone, Debug)]
pub enum Step {
    /// Nothing that shows in text.
    Quiet,
    /// One of several steps of the request is next.
    Next {
        /// Which, from 1.
        number: usize,
        /// Of how many.
        of: usize,
        /// The person's words for it.
        words: String,
    },
    /// A plan was made.
    Planned(Planned),
    /// A call is being made.
    Doing,
    /// A call ended.
    Done(Done),
    /// A question ended.
    Closed(Closed),
    /// A question waits for its answer.
    Asking,
    /// The request is dealt with.
    Idle,
}

/// A session whose person reads and types.
pub struct TextSession {
    session: Session,
    outputs: mpsc::Receiver<Output>,
}

impl TextSession {
    /// Begins one. `typed_by` is who answers with typed words, `approves` whether their yes counts.
    pub fn open(
        app: Arc<App>,
        persona: Arc<Persona>,
        id: String,
        typed_by: DecidedBy,
        approves: bool,
    ) -> Self {
        let (session, outputs) =
            Session::open(app, Options { id, persona, aloud: false, typed_by, approves });
        Self { session, outputs }
    }

    /// Its id, as in the audit.
    pub fn id(&self) -> &str {
        &self.session.id
    }

    /// Says something to it.
    ///
    /// # Errors
    /// When the session has ended.
    pub async fn say(&self, text: String) -> Result<(), Ended> {
        self.session.send(Request::Text(text)).await
    }

    /// Says something to it that was passed on from agent to agent so often.
    ///
    /// # Errors
    /// When the session has ended.
    pub async fn say_passed_on(&self, text: String, depth: u64) -> Result<(), Ended> {
        self.session.send(Request::PassedOn(depth)).await?;
        self.say(text).await
    }

    /// Says something to it that is planned as `call`, and was passed on so often.
    ///
    /// # Errors
    /// When the session has ended.
    pub async fn say_as(&self, text: String, call: Call, depth: u64) -> Result<(), Ended> {
        self.session.send(Request::PassedOn(depth)).await?;
        self.session.send(Request::Given { text, call }).await
    }

    /// Stops everything: an open question is denied, a running call is asked to stop.
    ///
    /// # Errors
    /// When the session has ended.
    pub async fn stop(&self) -> Result<(), Ended> {
        self.session.send(Request::Stop).await
    }

    /// Waits for the next output and adds it to `turn`. Nothing is lost when this is dropped while it waits.
    ///
    /// # Errors
    /// When the session has ended.
    pub async fn next(&mut self, turn: &mut Turn) -> Result<Step, Ended> {
        Ok(turn.take(self.outputs.recv().await.ok_or(Ended)?))
    }

    /// Says `text` and waits until the session rests. What happened before, such as a question that expired, was told to
    /// nobody and is left out; it is in the audit.
    ///
    /// # Errors
    /// When the session has ended.
    pub async fn turn(&mut self, text: String) -> Result<Turn, Ended> {
        while self.outputs.try_recv().is_ok() {}
        self.say(text).await?;
        let mut turn = Turn::default();
        loop {
            match self.next(&mut turn).await? {
                Step::Asking | Step::Idle => return Ok(turn),
                Step::Quiet
                | Step::Next { .. }
                | Step::Planned(_)
                | Step::Doing
                | Step::Done(_)
                | Step::Closed(_) => {}
            }
        }
    }
}

impl Turn {
    fn take(&mut self, output: Output) -> Step {
        match output {
            Output::Words { text, .. } => self.reply.push_str(&text),
            Output::Planned { tool, arguments, confidence, tokens, missing } => {
                let planned = Planned { tool, arguments, confidence, tokens, missing };
                self.plan = Some(planned.clone());
                return Step::Planned(planned);
            }
            Output::Step { number, of, text } => return Step::Next { number, of, words: text },
            Output::Begin { asking: Some(asked), .. } => self.asked = Some(asked),
            Output::Done(done) => {
                self.asked_back = (done.state == "asks").then(|| done.clone());
                self.done.push(done.clone());
                return Step::Done(done);
            }
            Output::Closed(closed) => {
                self.closed.push(closed.clone());
                return Step::Closed(closed);
            }
            Output::Notice { level: "error", message, .. } => self.notice = Some(message),
            Output::State(State::Doing) => return Step::Doing,
            Output::Due { .. } => return Step::Asking,
            Output::State(State::Idle) => return Step::Idle,
            Output::State(
                State::Listening | State::Hearing | State::Thinking | State::Asking | State::Speaking,
            )
            | Output::SpeechStarted { .. }
            | Output::SpeechStopped { .. }
            | Output::SpeechDropped
            | Output::Hearing { .. }
            | Output::Utterance(_)
            | Output::Heard { .. }
            | Output::HearingFailed { .. }
            | Output::Begin { asking: None, .. }
            | Output::Acknowledge { .. }
            | Output::Reminder { .. }
            | Output::Sound { .. }
            | Output::End { .. }
            | Output::Notice { .. } => {}
        }
        Step::Quiet
    }
}
