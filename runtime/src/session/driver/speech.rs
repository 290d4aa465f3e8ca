//! Saying: clauses are made one after the other and sent as they are made; an answer is spoken while it is written.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use homepilot_models::cancel::Cancel;
use homepilot_voice::{SampleRate, clauses};
use tokio::sync::mpsc;

use super::{Driver, Piece, Report, conversation::lines};
use crate::{
    app::App,
    phrasing,
    planner::{self, Conversation},
    session::{
        mouth::{Clause, Source},
        output::{Asked, Output, SpeechId},
    },
    turn::Tag,
};

/// Tokens of a spoken answer: more than [`planner::Brief`] lets through.
const ANSWER_TOKENS: usize = 120;
/// Instead of what can't be told.
const ON_SCREEN: &str = "What I found is on screen.";
/// Pieces of text between the writing engine and the speech.
const TEXT_PIECES: usize = 64;
/// The rate that goes to transports.
pub(crate) const SOUND_RATE: u32 = 24_000;

/// What a speech job needs of its session.
struct Maker {
    app: Arc<App>,
    pieces: mpsc::Sender<Piece>,
    speech: SpeechId,
    speed: f32,
    aloud: bool,
    cancel: Cancel,
}

impl Driver {
    pub(super) async fn say(&mut self, tag: Tag, source: Source, asking: Option<Arc<Asked>>) -> SpeechId {
        let speech = self.mouth.say(tag, source);
        self.put(Output::Begin { speech, asking }).await;
        self.begin_speech().await;
        speech
    }

    /// Starts making the next speech, if none is being made.
    pub(super) async fn begin_speech(&mut self) {
        let Some((speech, _, source, cancel)) = self.mouth.begin() else { return };
        let maker = Maker {
            app: self.app.clone(),
            pieces: self.pieces.0.clone(),
            speech,
            speed: self.speed,
            aloud: self.options.aloud,
            cancel,
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
            let made = Piece::Made { speech, fault: fault.err() };
            // The session reads pieces as long as it lives.
            if maker.pieces.send(made).await.is_err() {
                tracing::debug!("the session ended while it spoke");
            }
            Report::Nothing
        });
    }

    pub(super) async fn on_piece(&mut self, piece: Piece) {
        match piece {
            Piece::Clause { speech, clause, samples } => {
                self.put(Output::Words { speech, text: clause.text.clone() }).await;
                self.mouth.sent(speech, clause, std::time::Instant::now());
                if let Some(samples) = samples {
                    self.put(Output::Sound { speech, samples }).await;
                }
            }
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
        let (duration, samples) = if self.aloud {
            let rate = SampleRate::try_from(SOUND_RATE).map_err(|e| e.to_string())?;
            let audio = self.app.engines.speak(text.clone(), self.speed, rate, self.cancel.clone()).await?;
            let seconds = audio.samples.len() as f64 / f64::from(SOUND_RATE);
            (Duration::from_secs_f64(seconds), Some(Arc::new(audio.samples)))
        } else {
            (Duration::ZERO, None)
        };
        if self.cancel.is_cancelled() {
            return Ok(());
        }
        let piece =
            Piece::Clause { speech: self.speech, clause: Clause { text: text + " ", duration }, samples };
        self.pieces.send(piece).await.map_err(|_| "the session ended".to_owned())
    }

    /// An answer about what tools answered: written as a whole, since it is said only if it does nothing but tell.
    async fn tell(&self, utterance: &str, results: &str) -> Result<(), String> {
        let written = self.app.tell(utterance, results, &self.cancel).await;
        let told = phrasing::told(written.as_deref(), utterance, results);
        self.say_all(clauses::split(told.as_deref().unwrap_or(ON_SCREEN))).await
    }

    async fn answer(&self, instructions: &str, conversation: &Conversation) -> Result<(), String> {
        let (prefix, suffix) = planner::answer_prompt(instructions, conversation);
        let (to, mut from) = mpsc::channel::<String>(TEXT_PIECES);
        let cancel = self.cancel.clone();
        let writing = self.app.engines.planner.run(move |model| {
            let mut sink = |piece: &str| match to.blocking_send(piece.to_owned()) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            };
            model.write(&prefix, &suffix, ANSWER_TOKENS, &[], &cancel, &mut sink)
        });
        let speaking = async {
            let mut stream = clauses::ClauseStream::default();
            let (mut brief, mut honest) = (planner::Brief::default(), planner::Honest::default());
            while !honest.is_over()
                && !brief.is_over()
                && let Some(piece) = from.recv().await
            {
                self.say_all(honest.pass(stream.push(&brief.push(&piece)))).await?;
            }
            // Whoever still writes has nobody to write for.
            from.close();
            let mut rest = honest.pass(stream.finish().into_iter().collect());
            rest.extend(honest.finish());
            self.say_all(rest).await
        };
        let (written, spoken) = tokio::join!(writing, speaking);
        spoken?;
        match written {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if !self.cancel.is_cancelled() => Err(error.to_string()),
            Ok(Err(_)) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}
