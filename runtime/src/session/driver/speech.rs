//! Saying: clauses are made one after the other and sent as they are made; an answer is spoken while it is written.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use homepilot_gateway::Authorized;
use homepilot_models::{cancel::Cancel, catalog::ModelId};
use homepilot_voice::{SampleRate, clauses};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Driver, Piece, Report, conversation::lines};
use crate::{
    app::App,
    engines::{Part, Saying, SpeakError},
    phrasing,
    planner::{self, Conversation},
    session::{
        mouth::{Clause, Place, Source},
        output::{Asked, Output, SpeechId},
    },
    trace::Work,
    turn::{self, Input, Played, State, Tag},
};

/// Tokens of a spoken answer: more than [`planner::Brief`] lets through.
const ANSWER_TOKENS: usize = 120;
/// Instead of what can't be told.
const ON_SCREEN: &str = "What I found is on screen.";
/// Of a speech with a clause that the voice broke off in.
const UNSAID: &str = "my voice broke off, so a part of this was shown and not said";
/// Pieces of text between the writing engine and the speech.
const TEXT_PIECES: usize = 64;
/// How long a session is at rest before what is said often is made.
pub(super) const IDLE: Duration = Duration::from_secs(2);
/// The rate that goes to transports.
pub(crate) const SOUND_RATE: u32 = 24_000;

/// Clauses of fixed sentences, as they are spoken.
fn frequent() -> Vec<String> {
    let mut frequent: Vec<String> = Vec::new();
    for sentence in turn::FIXED.iter().chain(&phrasing::FIXED) {
        for clause in clauses::split(sentence) {
            if !frequent.contains(&clause) {
                frequent.push(clause);
            }
        }
    }
    frequent
}

/// What a speech job needs of its session.
struct Maker {
    app: Arc<App>,
    pieces: mpsc::Sender<Piece>,
    speech: SpeechId,
    voice: ModelId,
    speed: f32,
    aloud: bool,
    cancel: Cancel,
    /// Whether the voice broke off in a clause, which was only shown.
    unsaid: AtomicBool,
}

impl Driver {
    pub(super) async fn say(&mut self, tag: Tag, source: Source, asking: Option<Arc<Asked>>) -> SpeechId {
        let speech = self.mouth.say(tag, source);
        self.put(Output::Begin { speech, asking }).await;
        self.begin_speech().await;
        speech
    }

    pub(super) async fn acknowledge(&mut self, tag: Tag, text: String) {
        let speech = self.mouth.say(tag, Source::Words(text));
        self.record.acknowledged(speech);
        self.put(Output::Acknowledge { speech }).await;
        self.begin_speech().await;
    }

    /// Starts making the next speech, if none is being made.
    pub(super) async fn begin_speech(&mut self) {
        let Some((speech, source, cancel)) = self.mouth.begin() else { return };
        let maker = Maker {
            app: self.app.clone(),
            pieces: self.pieces.0.clone(),
            speech,
            voice: self.voice.clone(),
            speed: self.pace(),
            aloud: self.options.aloud,
            cancel,
            unsaid: AtomicBool::new(false),
        };
        let instructions = self.options.persona.instructions.clone();
        self.jobs.spawn(async move {
            let fault = match source {
                Source::Words(text) => maker.say_all(clauses::split(&text)).await,
                Source::Answer { utterance, results, .. } if !results.is_empty() => {
                    maker.tell(&utterance, &results.join("\n")).await
                }
                Source::Answer { utterance, history, .. } => {
                    let conversation =
                        Conversation { earlier: lines(&history), utterance, ..Conversation::default() };
                    maker.answer(&instructions, &conversation).await
                }
            };
            // A question that was not said whole takes no spoken yes.
            let unsaid = maker.unsaid.load(Ordering::Relaxed).then(|| UNSAID.to_owned());
            let made = Piece::Made { speech, fault: fault.err().or(unsaid) };
            // The session reads pieces as long as it lives.
            if maker.pieces.send(made).await.is_err() {
                tracing::debug!("the session ended while it spoke");
            }
            Report::Nothing
        });
    }

    pub(super) async fn on_piece(&mut self, piece: Piece) {
        match piece {
            Piece::Clause { speech, clause, began } => {
                let now = Instant::now();
                let place = self.mouth.made_clause(speech, clause.clone(), now);
                if let Place::Sent(speech, tag) = place {
                    if clause.samples.is_some() {
                        self.record.stage(Work::Synthesize { voice: self.voice.to_string() }, began, now);
                        self.record.sounded(speech, now);
                    }
                    let words = clause.text.clone();
                    self.send(speech, clause).await;
                    self.input(Input::Saying(tag, words)).await;
                }
            }
            Piece::Wrote { began, ended, tokens } => {
                let model = self.app.engines.ids.planner.to_string();
                self.record.stage(Work::Write { model, tokens }, began, ended);
            }
            Piece::NoVoice(message) => self.use_house_voice(message).await,
            Piece::VoiceBroke => self.on_break(Part::Voice).await,
            Piece::Made { speech, fault } => {
                if let Some(message) = &fault {
                    tracing::warn!(%message, "speech failed");
                    let message = message.clone();
                    self.put(Output::Notice { level: "error", code: "speech_failed", message }).await;
                }
                self.mouth.made(speech, fault.is_some());
                self.begin_speech().await;
            }
        }
    }
}

impl Driver {
    /// As fast as the voices go, whatever a persona and a client make of it together.
    fn pace(&self) -> f32 {
        self.speed.clamp(0.5, 2.0)
    }

    pub(super) async fn use_house_voice(&mut self, message: String) {
        let house = self.app.engines.voice.house().clone();
        if std::mem::replace(&mut self.voice, house.clone()) != house {
            tracing::warn!(%message, "a persona's voice is missing");
            self.put(Output::Notice { level: "warning", code: "voice_missing", message }).await;
        }
    }

    /// The persona's voice, which may be missing.
    pub(super) async fn find_voice(&mut self) {
        match self.app.engines.voice.of(&self.options.persona.voice) {
            Ok(voice) => self.voice = voice,
            Err(message) => {
                tracing::warn!(%message, "a persona's voice is missing");
                self.put(Output::Notice { level: "warning", code: "voice_missing", message }).await;
            }
        }
    }

    /// Makes what is said often, while nobody speaks.
    pub(super) fn warm_voice(&mut self, now: Instant) {
        if self.warm_at.is_none_or(|due| due > now) {
            return;
        }
        if self.machine.state() != State::Idle || !self.options.aloud {
            self.warm_at = Some(now + IDLE);
            return;
        }
        self.warm_at = None;
        let (app, voice, speed) = (self.app.clone(), self.voice.clone(), self.pace());
        self.jobs.spawn(async move {
            if let Ok(rate) = SampleRate::try_from(SOUND_RATE) {
                app.engines.voice.warm(&voice, speed, rate, &frequent()).await;
            }
            Report::Nothing
        });
    }

    async fn send(&mut self, speech: SpeechId, clause: Clause) {
        self.put(Output::Words { speech, text: clause.text }).await;
        if let Some(samples) = clause.samples {
            self.put(Output::Sound { speech, samples }).await;
        }
    }

    /// Silence. A client has to learn first that somebody speaks: it drops what it has not played by that.
    pub(super) async fn stop_speaking(&mut self, keep: Option<Tag>, inputs: &mut Vec<Input<Authorized>>) {
        if let Some(at) = self.over.take() {
            self.put(Output::SpeechStarted { at }).await;
            self.put(Output::SpeechDropped).await;
        }
        for (tag, speech, played) in self.mouth.stop(Instant::now(), keep) {
            self.put(Output::End { speech, complete: played.complete }).await;
            inputs.push(Input::Played(tag, played));
        }
    }

    /// Says what is left of a speech that was stopped.
    pub(super) async fn go_on(&mut self, tag: Tag, from: Tag, inputs: &mut Vec<Input<Authorized>>) {
        let Some((speech, clauses)) = self.mouth.go_on(from, tag, Instant::now()) else {
            return inputs.push(Input::Played(tag, Played { heard: String::new(), complete: true }));
        };
        self.put(Output::Begin { speech, asking: None }).await;
        for clause in clauses {
            self.send(speech, clause).await;
        }
    }
}

impl Maker {
    async fn say_all(&self, clauses: Vec<String>) -> Result<(), String> {
        for clause in clauses {
            if self.cancel.is_cancelled() {
                return Ok(());
            }
            self.clause(clause).await?;
        }
        Ok(())
    }

    async fn clause(&self, text: String) -> Result<(), String> {
        let began = Instant::now();
        let (duration, samples) = if self.aloud {
            let samples = self.sound(&text).await?;
            let count = samples.as_ref().map_or(0, |samples| samples.len());
            (Duration::from_secs_f64(count as f64 / f64::from(SOUND_RATE)), samples)
        } else {
            (Duration::ZERO, None)
        };
        if self.cancel.is_cancelled() {
            return Ok(());
        }
        let clause = Clause { text: text + " ", duration, samples };
        let piece = Piece::Clause { speech: self.speech, clause, began };
        self.pieces.send(piece).await.map_err(|_| "the session ended".to_owned())
    }

    /// An answer about what tools answered: written as a whole, since it is said only if it does nothing but tell.
    async fn tell(&self, utterance: &str, results: &str) -> Result<(), String> {
        let began = Instant::now();
        let written = self.app.tell(utterance, results, &self.cancel).await;
        self.wrote(began, Instant::now(), None).await;
        let told = phrasing::told(written.as_deref(), utterance, results);
        self.say_all(clauses::split(told.as_deref().unwrap_or(ON_SCREEN))).await
    }

    async fn wrote(&self, began: Instant, ended: Instant, tokens: Option<usize>) {
        // The session reads pieces as long as it lives.
        drop(self.pieces.send(Piece::Wrote { began, ended, tokens }).await);
    }

    /// In the persona's voice, or in the house voice where that one can't be used; none while that is still to come, and of
    /// a clause that the voice broke off in: it is shown, and not tried again, since it may be the cause.
    async fn sound(&self, text: &str) -> Result<Option<Arc<Vec<f32>>>, String> {
        let rate = SampleRate::try_from(SOUND_RATE).map_err(|e| e.to_string())?;
        let voices = &self.app.engines.voice;
        let saying = |voice: &ModelId| Saying::new(voice.clone(), text.to_owned(), self.speed, rate);
        let mut made = voices.speak(saying(&self.voice), self.cancel.clone()).await;
        if let Err(error @ SpeakError::NoVoice { .. }) = &made {
            // The session reads pieces as long as it lives.
            drop(self.pieces.send(Piece::NoVoice(error.to_string())).await);
            made = voices.speak(saying(voices.house()), self.cancel.clone()).await;
        }
        match made {
            Ok(samples) => Ok(Some(samples)),
            Err(SpeakError::NotYet) => Ok(None),
            Err(SpeakError::Broke(_)) => {
                self.unsaid.store(true, Ordering::Relaxed);
                // Of the house voice every session is told.
                if self.voice != *voices.house() {
                    // The session reads pieces as long as it lives.
                    drop(self.pieces.send(Piece::VoiceBroke).await);
                }
                Ok(None)
            }
            Err(error @ (SpeakError::NoVoice { .. } | SpeakError::Failed(_))) => Err(error.to_string()),
        }
    }

    async fn answer(&self, instructions: &str, conversation: &Conversation) -> Result<(), String> {
        let (prefix, suffix) = planner::answer_prompt(instructions, conversation);
        let (to, mut from) = mpsc::channel::<String>(TEXT_PIECES);
        let cancel = self.cancel.clone();
        let began = Instant::now();
        let written = self.app.engines.planner.run(move |model| {
            let mut sink = |piece: &str| match to.blocking_send(piece.to_owned()) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            };
            model.write(&prefix, &suffix, ANSWER_TOKENS, &[], &cancel, &mut sink)
        });
        // A job that hangs keeps its end of the pieces, and is given up.
        let lost = CancellationToken::new();
        let writing = async {
            let written = written.await;
            if written.is_err() {
                lost.cancel();
            }
            (written, Instant::now())
        };
        let speaking = async {
            let mut stream = clauses::ClauseStream::default();
            let (mut brief, mut honest) = (planner::Brief::default(), planner::Honest::default());
            while !honest.is_over()
                && !brief.is_over()
                && let Some(piece) = next_piece(&mut from, &lost).await
            {
                self.say_all(honest.pass(stream.push(&brief.push(&piece)))).await?;
            }
            // Whoever still writes has nobody to write for.
            from.close();
            let mut rest = honest.pass(stream.finish().into_iter().collect());
            rest.extend(honest.finish());
            self.say_all(rest).await
        };
        let ((written, ended), spoken) = tokio::join!(writing, speaking);
        let tokens = written.as_ref().ok().and_then(|written| Some(written.as_ref().ok()?.tokens));
        self.wrote(began, ended, tokens).await;
        spoken?;
        match written {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if !self.cancel.is_cancelled() => Err(error.to_string()),
            Ok(Err(_)) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The next piece of an answer; `None` when it was written, or nobody goes on writing.
async fn next_piece(from: &mut mpsc::Receiver<String>, lost: &CancellationToken) -> Option<String> {
    tokio::select! {
        biased;
        piece = from.recv() => piece,
        () = lost.cancelled() => None,
    }
}
