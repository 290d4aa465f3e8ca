//! One dialogue, in real time: a person at a microphone, and whatever else it hears.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use homepilot_voice::{Audio, SampleRate, resample};

use super::{
    SERVER,
    dialogues::{Beside, Dialogue, Drops, Line, Opening, Sound},
    score::{Event, Means},
};
use crate::{
    bench::{since, talker::Talker},
    eval::peer::Arrived,
    session::{Asked, Output, Request, Session, SpeechId},
    turn::{Call, State},
};

/// How long a person is silent before they say something again, or hang up.
const QUIET: Duration = Duration::from_secs(6);
/// How long nothing may happen while no answer is awaited.
const PATIENCE: Duration = Duration::from_secs(45);
/// How often a reply is said again, when the question is put again or nothing comes of it.
const REPEATS: u8 = 2;
/// How much of our own sound the microphone hears.
const ECHO: f32 = 0.4;
/// How long after the first sound of a question another voice begins over it, in samples at 16 kHz: half a second.
const INTO_QUESTION: usize = 8_000;

/// What was noted of a dialogue.
#[derive(Default)]
pub(super) struct Course {
    /// In the order they were noted.
    pub(super) events: Vec<(Instant, Event)>,
    /// Every approval that was asked for.
    pub(super) approvals: Vec<String>,
    /// How often a reply was said again.
    pub(super) again: usize,
    /// From the last sound of a request to the first sound of what it is told, in milliseconds.
    pub(super) first_audio: Vec<f64>,
}

/// What is to be heard in a dialogue, made beforehand.
pub(super) struct Sounding {
    pub(super) lines: HashMap<Sound, Arc<[f32]>>,
    pub(super) noise: Vec<f32>,
}

/// A dialogue that goes on.
pub(super) struct Scene<'s> {
    dialogue: &'s Dialogue,
    sounding: &'s Sounding,
    session: &'s Session,
    talker: Talker<'s>,
    course: &'s mut Course,
    /// Which turn it is, and which of its replies is next.
    turn: usize,
    next: usize,
    /// The request is being said.
    requesting: bool,
    /// When its last sound was, until it is answered.
    released: Option<Instant>,
    /// What is being said to a question, and since when.
    saying: Option<(Means, Instant)>,
    /// Something came of the turn.
    begun: bool,
    /// A question was played and is open.
    due: bool,
    /// What was said to the question that was put last.
    answer: Option<Line>,
    repeats: u8,
    /// What else the microphone hears was heard.
    disturbed: bool,
    /// The question that was put last: its speech, and its sound at 16 kHz.
    question: (Option<SpeechId>, Vec<f32>),
    /// The speech that only says that it takes a moment.
    word: Option<SpeechId>,
    /// When something happened last.
    last: Instant,
}

impl<'s> Scene<'s> {
    /// At a session that was opened for it.
    pub(super) fn new(
        dialogue: &'s Dialogue,
        sounding: &'s Sounding,
        session: &'s Session,
        course: &'s mut Course,
    ) -> Self {
        let mut talker = Talker::new(session, dialogue.way);
        talker.stand_in(sounding.noise.clone());
        Self {
            dialogue,
            sounding,
            session,
            talker,
            course,
            turn: 0,
            next: 0,
            requesting: false,
            released: None,
            saying: None,
            begun: false,
            due: false,
            answer: None,
            repeats: 0,
            disturbed: false,
            question: (None, Vec::new()),
            word: None,
            last: Instant::now(),
        }
    }

    /// Plays it up to where the person hangs up.
    ///
    /// # Errors
    /// When the session ends before.
    pub(super) async fn play(
        &mut self,
        outputs: &mut tokio::sync::mpsc::Receiver<Output>,
    ) -> anyhow::Result<()> {
        self.begin().await?;
        loop {
            let over = tokio::select! {
                sent = self.talker.tick() => {
                    sent?;
                    self.on_tick().await?
                }
                output = outputs.recv() => self.on_output(output.context("the session ended")?).await?,
            };
            if over {
                return Ok(());
            }
        }
    }

    async fn begin(&mut self) -> anyhow::Result<()> {
        (self.next, self.begun, self.due, self.answer, self.repeats) = (0, false, false, None, 0);
        (self.released, self.last) = (None, Instant::now());
        match &self.dialogue.turns[self.turn].opening {
            Opening::Spoken(sound) => {
                self.talker.say(&self.sounding.lines[sound]).await?;
                self.requesting = true;
            }
            Opening::Given { words, tool, arguments } => {
                let call = Call {
                    capability: format!("{SERVER}__{tool}"),
                    server: SERVER.to_owned(),
                    action: (*tool).to_owned(),
                    arguments: arguments.clone(),
                    about: None,
                };
                self.session.send(Request::Given { text: words.clone(), call }).await?;
            }
        }
        Ok(())
    }

    /// What the person does as time passes; true when they hang up.
    async fn on_tick(&mut self) -> anyhow::Result<bool> {
        let now = Instant::now();
        if let Some(ended) = self.talker.ended() {
            if let Some((means, began)) = self.saying.take() {
                self.course.events.push((ended, Event::Said { means, began }));
            }
            if std::mem::take(&mut self.requesting) {
                self.released = Some(ended);
            }
        }
        if !self.talker.is_quiet() {
            self.last = now;
        }
        let patience = if self.due { QUIET } else { PATIENCE };
        if now.duration_since(self.last) < patience {
            return Ok(false);
        }
        if !self.due {
            return Ok(true);
        }
        Ok(!self.speak_up().await? && !self.dialogue.waits)
    }

    /// Says what is next to an open question; false if there is nothing.
    async fn speak_up(&mut self) -> anyhow::Result<bool> {
        let line = match &self.answer {
            Some(_) if self.repeats == REPEATS => return Ok(false),
            Some(line) => {
                self.repeats += 1;
                self.course.again += 1;
                line.clone()
            }
            None => {
                let Some(line) = self.dialogue.turns[self.turn].replies.get(self.next) else {
                    return Ok(false);
                };
                self.next += 1;
                line.clone()
            }
        };
        (self.saying, self.last) = (Some((line.means, Instant::now())), Instant::now());
        self.talker.say(&self.sounding.lines[&line.sound]).await?;
        self.answer = Some(line);
        Ok(true)
    }

    /// What the person does at what the session tells; true when they hang up.
    async fn on_output(&mut self, output: Output) -> anyhow::Result<bool> {
        self.last = Instant::now();
        match output {
            Output::Begin { speech, asking } => {
                self.begun = true;
                if let Some(asked) = asking {
                    self.asked(speech, &asked);
                }
            }
            Output::Acknowledge { speech } => self.word = Some(speech),
            Output::Sound { speech, samples } => return Ok(self.on_sound(speech, &samples)),
            Output::Heard { .. } => {
                self.begun = true;
                if let Beside::BeforeQuestion(sound) = &self.dialogue.beside
                    && !std::mem::replace(&mut self.disturbed, true)
                {
                    self.talker.overhear(&self.sounding.lines[sound]);
                }
            }
            Output::Planned { .. } => self.begun = true,
            Output::Due { .. } => return self.on_due().await,
            Output::Closed(_) => self.due = false,
            Output::State(State::Idle) if self.begun => {
                self.turn += 1;
                if self.turn == self.dialogue.turns.len() {
                    return Ok(true);
                }
                self.begin().await?;
            }
            Output::State(_)
            | Output::SpeechStarted { .. }
            | Output::SpeechStopped { .. }
            | Output::SpeechDropped
            | Output::Hearing { .. }
            | Output::Utterance(_)
            | Output::HearingFailed { .. }
            | Output::Reminder { .. }
            | Output::Words { .. }
            | Output::End { .. }
            | Output::Step { .. }
            | Output::Done(_)
            | Output::Notice { .. } => {}
        }
        Ok(false)
    }

    fn asked(&mut self, speech: SpeechId, asked: &Asked) {
        let call = Arrived { tool: asked.action.clone(), arguments: asked.arguments.clone() };
        self.course.events.push((Instant::now(), Event::Asked(call)));
        self.course.approvals.push(asked.approval.clone());
        self.question = (Some(speech), Vec::new());
        (self.due, self.answer, self.repeats) = (false, None, 0);
    }

    fn on_sound(&mut self, speech: SpeechId, samples: &[f32]) -> bool {
        if self.word != Some(speech)
            && let Some(released) = self.released.take()
        {
            self.course.first_audio.push(since(released));
        }
        let audio = Audio { rate: SampleRate::HZ_24000, samples: samples.to_vec() };
        let sound = resample::convert(&audio, SampleRate::HZ_16000).samples;
        let asks = self.question.0 == Some(speech);
        match &self.dialogue.beside {
            Beside::Echo => self.talker.overhear(&faint(&sound)),
            Beside::OverQuestion(other) if asks && !std::mem::replace(&mut self.disturbed, true) => {
                self.talker.overhear(&[0.0; INTO_QUESTION]);
                self.talker.overhear(&self.sounding.lines[other]);
            }
            Beside::Nothing
            | Beside::LateEcho
            | Beside::BeforeQuestion(_)
            | Beside::OverQuestion(_)
            | Beside::Noise { .. } => {}
        }
        if asks {
            self.question.1.extend(sound);
        }
        asks && self.dialogue.drops == Drops::InTheQuestion
    }

    async fn on_due(&mut self) -> anyhow::Result<bool> {
        self.course.events.push((Instant::now(), Event::Played));
        self.due = true;
        if self.dialogue.drops == Drops::BeforeTheAnswer {
            return Ok(true);
        }
        if self.dialogue.beside == Beside::LateEcho && !std::mem::replace(&mut self.disturbed, true) {
            self.talker.overhear(&faint(&self.question.1));
            return Ok(false);
        }
        // Without a reply they say nothing for a while, and hang up then.
        self.speak_up().await?;
        Ok(false)
    }
}

fn faint(sound: &[f32]) -> Vec<f32> {
    sound.iter().map(|sample| sample * ECHO).collect()
}
