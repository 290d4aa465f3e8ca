//! The task of a session: requests and results in, commands carried out, outputs to the transport.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use homepilot_gateway::{Authorized, PersonaProfile};
use homepilot_models::{cancel::Cancel, catalog::ModelId};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};
use tokio_util::sync::CancellationToken;

use super::{
    Listening, Options, Request,
    ears::{Ears, Noticed},
    mouth::{Clause, Mouth, Source},
    output::{Asked, Output, SpeechId, UtteranceId},
    record::Record,
};
use crate::{
    app::App,
    engines::Breaks,
    trace::EndedBy,
    turn::{self, AskForm, ClipId, Command, DecidedBy, Decision, Input, Machine, Played, Tag, Utterance},
};

mod acts;
mod breaking;
mod conversation;
mod overhearing;
mod speech;
mod telling;
mod thoughts;
mod unasked;

pub(crate) use speech::SOUND_RATE;

use overhearing::{Clip, Microphone, Number, Overhearing};

/// What a job reports.
enum Report {
    Input(Input<Authorized>),
    /// A judgement whose approval, if it asks, is waited for.
    Judged(Tag, turn::Judgement<Authorized>, Option<homepilot_gateway::PendingResolution>),
    /// A question that was answered with other arguments, and the one in its place.
    Reasked(Tag, turn::PendingCall, homepilot_gateway::PendingResolution),
    Planned(Tag, Result<Box<thoughts::Thought>, turn::PlanFault>),
    /// Words of speech that is not over; none if the engine had other things to do.
    Partial(Number, Option<String>),
    /// The words before a pause.
    Overheard(Number, Microphone, Result<turn::Heard, turn::HearingFault>),
    /// A plan for words that may be all.
    Foreplanned(Number, Result<Box<thoughts::Thought>, turn::PlanFault>),
    /// The gateway has an answer.
    Answered,
    /// A yes to this approval was given as its rule does not want it, in words; the question is still open.
    NotTaken(String, String),
    Nothing,
}

/// What a speech job sends while it works.
enum Piece {
    Clause {
        speech: SpeechId,
        clause: Clause,
        /// When its sound began to be made.
        began: Instant,
    },
    /// An answer was written, with so many tokens if that is known.
    Wrote {
        began: Instant,
        ended: Instant,
        tokens: Option<usize>,
    },
    Made {
        speech: SpeechId,
        fault: Option<String>,
    },
    /// The persona's voice can't be used, and why.
    NoVoice(String),
    /// The persona's own voice was started anew.
    VoiceBroke,
}

/// How long it is not told again that speech can't be noticed.
const TELL_AGAIN: Duration = Duration::from_secs(30);
/// Pieces of speech that may wait for the transport.
const PIECES: usize = 8;

pub(super) struct Driver {
    app: Arc<App>,
    options: Options,
    profile: PersonaProfile,
    voice: ModelId,
    speed: f32,
    /// When what is said often may be made.
    warm_at: Option<Instant>,
    machine: Machine<Authorized>,
    out: mpsc::Sender<Output>,
    jobs: JoinSet<Report>,
    ears: Option<Ears>,
    /// When it was told last that speech can't be noticed.
    told_deaf: Option<Instant>,
    /// For the sound of a pressed button.
    held: Option<Ears>,
    overhearing: Overhearing,
    clips: HashMap<ClipId, Clip>,
    heard: HashMap<Tag, UtteranceId>,
    utterances: u64,
    pressed: Option<Instant>,
    mouth: Mouth,
    pieces: (mpsc::Sender<Piece>, mpsc::Receiver<Piece>),
    thinking: HashMap<Tag, Cancel>,
    running: HashMap<Tag, CancellationToken>,
    waiting: HashMap<String, AbortHandle>,
    answered: HashMap<String, DecidedBy>,
    /// Answers that the gateway does not have yet.
    answering: usize,
    asked: Option<Arc<Asked>>,
    /// What the person asked for, in the words that it was planned from.
    said: String,
    /// How often what is said was passed on from agent to agent.
    depth: u64,
    /// The next plan, if it need not be made.
    given: Option<turn::Call>,
    /// For the clauses of the running request whose turn has not come.
    made_ahead: Option<thoughts::MadeAhead>,
    reminders: unasked::Reminders,
    breaks: Breaks,
    /// Where in the stream a voice began that is being heard over our speech without having stopped it.
    over: Option<u64>,
    record: Record,
}

impl Driver {
    pub(super) fn new(app: Arc<App>, options: Options, out: mpsc::Sender<Output>) -> Self {
        let profile = crate::translate::profile(&options.persona);
        let breaks = app.engines.breaks();
        Self {
            voice: app.engines.voice.house().clone(),
            speed: options.persona.voice.speed,
            warm_at: Some(Instant::now() + speech::IDLE),
            record: Record::new(app.traces.clone(), options.id.clone(), options.persona.id.to_string()),
            profile,
            machine: Machine::new(options.typed_by, options.approves),
            app,
            options,
            out,
            jobs: JoinSet::new(),
            ears: None,
            told_deaf: None,
            held: None,
            overhearing: Overhearing::default(),
            clips: HashMap::new(),
            heard: HashMap::new(),
            utterances: 0,
            pressed: None,
            mouth: Mouth::default(),
            pieces: mpsc::channel(PIECES),
            thinking: HashMap::new(),
            running: HashMap::new(),
            waiting: HashMap::new(),
            answered: HashMap::new(),
            answering: 0,
            asked: None,
            said: String::new(),
            depth: 0,
            given: None,
            made_ahead: None,
            reminders: unasked::Reminders::default(),
            breaks,
            over: None,
        }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Request>) {
        let stopping = self.app.stopping.clone();
        self.find_voice().await;
        loop {
            let now = Instant::now();
            let alarm =
                [self.machine.deadline(), self.mouth.ends(now), self.warm_at].into_iter().flatten().min();
            tokio::select! {
                request = inbox.recv() => match request {
                    Some(request) => self.on_request(request).await,
                    None => break,
                },
                Some(report) = self.jobs.join_next(), if !self.jobs.is_empty() => match report {
                    Ok(report) => self.on_report(report).await,
                    Err(error) if error.is_cancelled() => {}
                    Err(error) => self.on_broken_job(&error).await,
                },
                offer = self.reminders.next() => self.on_offer(offer).await,
                part = self.breaks.next() => self.on_break(part).await,
                Some(piece) = self.pieces.1.recv() => self.on_piece(piece).await,
                () = sleep_until(alarm), if alarm.is_some() => self.on_alarm().await,
                () = stopping.cancelled() => break,
                () = self.out.closed() => break,
            }
        }
        self.input(Input::Disconnected).await;
        // Whoever else attends may still tell what was not told here.
        self.reminders = unasked::Reminders::default();
        self.see_out().await;
        self.record.rests(Instant::now());
    }

    /// A call on its way runs to its end, so that its outcome is journalled under this session; an answer that was given is
    /// the one that is recorded.
    async fn see_out(&mut self) {
        while !self.running.is_empty() || self.answering > 0 {
            match self.jobs.join_next().await {
                Some(Ok(Report::Answered)) => self.answering -= 1,
                Some(Ok(Report::Input(input))) => self.note(&input),
                Some(_) => {}
                None => return,
            }
        }
    }

    async fn on_request(&mut self, request: Request) {
        let now = Instant::now();
        match request {
            Request::Audio(samples) => self.listen(&samples, now).await,
            Request::Pressed => {
                self.pressed = Some(now);
                self.input(Input::SpeechStarted).await;
            }
            Request::Held(samples) => self.hold(&samples, now),
            Request::Released => {
                self.pressed = None;
                self.held = None;
                self.forget_overheard();
                self.input(Input::FalseStart).await;
            }
            Request::Utterance(samples) => {
                let started = self.pressed.take().unwrap_or(now);
                let quiet = self.held.as_ref().and_then(Ears::quiet).unwrap_or_default();
                self.record.said(now.checked_sub(quiet).unwrap_or(now), now, EndedBy::Button);
                let silent_since = self.silent_since(&samples);
                self.utterance(samples, |clip| Utterance::Spoken { clip, started }, silent_since).await;
            }
            Request::Text(text) => {
                self.record.typed(now);
                self.input(Input::UtteranceEnded(Utterance::Typed(text))).await;
            }
            Request::Given { text, call } => {
                self.said.clone_from(&text);
                self.given = Some(call);
                self.record.typed(now);
                self.input(Input::UtteranceEnded(Utterance::Typed(text))).await;
            }
            Request::PassedOn(depth) => self.depth = depth,
            Request::Attend => self.attend().await,
            Request::Answer { approval, approve, pin } => {
                let decision =
                    if approve && self.options.approves { Decision::Approve } else { Decision::Deny };
                self.answer(approval, decision, DecidedBy::Screen, pin);
            }
            Request::Quiet => self.input(Input::Cancel(turn::Cancel::Reply)).await,
            Request::Stop => {
                let everything = turn::Cancel::Everything(self.options.typed_by);
                self.input(Input::Cancel(everything)).await;
            }
            Request::Listen(listening) => self.prick_up(&listening, now).await,
            Request::Speech { aloud, speed } => {
                self.options.aloud = aloud;
                self.speed = self.options.persona.voice.speed * speed;
            }
        }
    }

    async fn prick_up(&mut self, listening: &Listening, now: Instant) {
        if let Some(silero) = self.app.engines.detection.get() {
            self.ears = Some(Ears::new(silero, listening, now));
        } else if self.told_deaf.is_none_or(|told| now > told + TELL_AGAIN) {
            self.told_deaf = Some(now);
            let message = self.app.engines.cannot_notice().to_string();
            self.put(Output::Notice { level: "error", code: "no_voice_detection", message }).await;
        }
    }

    async fn listen(&mut self, samples: &[f32], now: Instant) {
        if self.ears.is_none() {
            self.prick_up(&Listening::default(), now).await;
        }
        let we_speak = self.mouth.sounds(now);
        let noticed = self.ears.as_mut().map(|ears| ears.listen(samples, now, we_speak)).unwrap_or_default();
        for event in noticed {
            self.on_noticed(event).await;
        }
        self.overhear(Microphone::Open, now);
    }

    async fn on_noticed(&mut self, event: Noticed) {
        match event {
            Noticed::Started { at } => {
                self.forget_overheard();
                self.put(Output::SpeechStarted { at }).await;
                self.input(Input::SpeechStarted).await;
            }
            Noticed::False => {
                self.forget_overheard();
                self.put(Output::SpeechDropped).await;
                self.input(Input::FalseStart).await;
            }
            Noticed::Ended { at, samples, started, silent_since } => {
                self.put(Output::SpeechStopped { at }).await;
                self.ended_by_silence(at, silent_since);
                let of = |clip| Utterance::Spoken { clip, started };
                self.utterance(samples, of, Some(silent_since)).await;
            }
            Noticed::Overheard { at, samples, started, silent_since } => {
                self.over = Some(at);
                self.ended_by_silence(at, silent_since);
                let of = |clip| Utterance::Overheard { clip, started };
                self.utterance(samples, of, Some(silent_since)).await;
            }
        }
    }

    /// The utterance that ended `at` milliseconds of stream time had its last sound at `silent_since`.
    fn ended_by_silence(&mut self, at: u64, silent_since: Duration) {
        let (now, quiet) = (Instant::now(), Duration::from_millis(at).saturating_sub(silent_since));
        self.record.said(now.checked_sub(quiet).unwrap_or(now), now, EndedBy::Silence);
    }

    /// Sound of a pressed button.
    fn hold(&mut self, samples: &[f32], now: Instant) {
        // Without a detector the button still works; its words are only known later.
        let Some(vad) = self.app.engines.detection.get() else { return };
        // Pressing it has stopped us.
        self.held.get_or_insert_with(|| Ears::held(vad, now)).listen(samples, now, false);
        self.overhear(Microphone::Held, now);
    }

    async fn utterance(
        &mut self,
        samples: Vec<f32>,
        of: impl FnOnce(ClipId) -> Utterance,
        silent_since: Option<Duration>,
    ) {
        self.utterances += 1;
        let id = UtteranceId(self.utterances);
        let clip = ClipId(self.utterances);
        let overheard = self.clip(samples, id, silent_since);
        self.clips.insert(clip, overheard);
        self.put(Output::Utterance(id)).await;
        self.input(Input::UtteranceEnded(of(clip))).await;
    }

    /// Alarms come from the machine's deadline and from the end of a speech; either may have been the reason.
    async fn on_alarm(&mut self) {
        let now = Instant::now();
        if let Some((tag, speech, played)) = self.mouth.played(now) {
            self.end_of_speech(tag, speech, played).await;
        }
        if self.machine.deadline().is_some_and(|deadline| deadline <= now) {
            self.input(Input::DeadlineReached).await;
        }
        self.warm_voice(now);
    }

    async fn end_of_speech(&mut self, tag: Tag, speech: SpeechId, played: Played) {
        self.put(Output::End { speech, complete: played.complete }).await;
        self.input(Input::Played(tag, played)).await;
        self.begin_speech().await;
    }

    async fn on_report(&mut self, report: Report) {
        match report {
            Report::Nothing => {}
            Report::Answered => self.answering -= 1,
            Report::NotTaken(approval, message) => {
                self.answering -= 1;
                self.answered.remove(&approval);
                self.put(Output::Notice { level: "warning", code: "yes_not_taken", message }).await;
            }
            Report::Partial(number, text) => self.on_partial(number, text).await,
            Report::Overheard(number, from, result) => self.on_overheard(number, from, result).await,
            Report::Foreplanned(number, result) => self.on_foreplanned(number, result).await,
            Report::Input(Input::Transcribed(tag, result)) => self.transcribed(tag, result).await,
            Report::Input(mut input) => {
                if let Input::Resolved(_, turn::Resolution::Granted { token, by }) = &mut input {
                    let ours = token.approval().and_then(|id| self.answered.remove(id.as_str()));
                    *by = ours.unwrap_or(DecidedBy::Api);
                }
                self.note(&input);
                self.input(input).await;
            }
            Report::Planned(tag, result) => self.planned(tag, result).await,
            Report::Judged(tag, judgement, waiting) => {
                if let (turn::Judgement::Ask(pending), Some(resolution)) = (&judgement, waiting) {
                    self.await_resolution(tag, pending.clone(), resolution);
                }
                self.input(Input::Judged(tag, judgement)).await;
            }
            Report::Reasked(tag, pending, resolution) => {
                self.await_resolution(tag, pending.clone(), resolution);
                let by = turn::DecidedBy::Api;
                self.input(Input::Resolved(tag, turn::Resolution::Edited { pending: Box::new(pending), by }))
                    .await;
            }
        }
    }

    fn await_resolution(
        &mut self,
        tag: Tag,
        pending: turn::PendingCall,
        resolution: homepilot_gateway::PendingResolution,
    ) {
        let approval = pending.approval.clone();
        let waits = acts::resolution(tag, self.app.gateway.clone(), pending, resolution);
        let handle = self.jobs.spawn(waits);
        self.waiting.insert(approval, handle);
    }

    /// Work that is over can't be stopped any more.
    fn note(&mut self, input: &Input<Authorized>) {
        match input {
            Input::StepFinished(tag, outcome) => {
                self.running.remove(tag);
                self.ran(*tag, outcome.state);
            }
            Input::Checked(tag, _) => drop(self.thinking.remove(tag)),
            _ => {}
        }
    }

    /// A job that panicked: its result never comes, so the turn is given up aloud rather than left hanging.
    async fn on_broken_job(&mut self, error: &tokio::task::JoinError) {
        tracing::error!(%error, session = self.options.id, "a job of the session broke");
        let message = "something inside me broke; I gave up what I was doing".to_owned();
        self.put(Output::Notice { level: "error", code: "internal", message }).await;
        self.input(Input::Cancel(turn::Cancel::Everything(DecidedBy::Timeout))).await;
    }

    /// Lets the machine handle `input` and carries out what it commands, until nothing is left to do.
    async fn input(&mut self, input: Input<Authorized>) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let mut commands = Vec::new();
            self.machine.handle(Instant::now(), input, &mut commands);
            for command in commands {
                self.perform(command, &mut inputs).await;
            }
        }
        self.begin_speech().await;
    }

    async fn perform(&mut self, command: Command<Authorized>, inputs: &mut Vec<Input<Authorized>>) {
        match command {
            Command::Transcribe { tag, clip, awaited } => self.transcribe(tag, clip, awaited),
            Command::Forget(clip) => drop(self.clips.remove(&clip)),
            Command::Plan { tag, request } => self.plan(tag, *request),
            Command::Judge { tag, call, grounds, leg } => self.judge(tag, call, grounds, leg),
            Command::AskAloud { tag, text, form } => {
                let asking = self.asked.clone().filter(|_| form == AskForm::Full);
                self.say(tag, Source::Words(text), asking).await;
            }
            Command::Speak { tag, text } => drop(self.say(tag, Source::Words(text), None).await),
            Command::Announce { tag, id, text } => self.announce((tag, id, text), inputs).await,
            Command::Decline { id } => self.reminders.decline(id),
            Command::Converse { tag, utterance, history, results } => {
                self.say(tag, Source::Answer { utterance, history, results }, None).await;
            }
            Command::Answer { approval, decision, by } => self.answer(approval, decision, by, None),
            // The waiting job owns the approval; without it the gateway withdraws it.
            Command::Withdraw { approval } => {
                if let Some(handle) = self.waiting.remove(&approval) {
                    handle.abort();
                }
            }
            Command::Execute { tag, token } => self.execute(tag, token),
            Command::Check { tag, condition, result } => self.check(tag, condition, result),
            Command::CancelExecution { tag } => {
                if let Some(running) = self.running.get(&tag) {
                    running.cancel();
                }
            }
            Command::Discard { token } => drop(token),
            Command::StopSpeaking { keep } => self.stop_speaking(keep, inputs).await,
            Command::Acknowledge { tag, text } => self.acknowledge(tag, text).await,
            Command::GoOn { tag, from } => self.go_on(tag, from, inputs).await,
            Command::LetGo => self.mouth.let_go(),
            Command::StopThinking { tag } => {
                self.record.gave_up(tag);
                if let Some(cancel) = self.thinking.remove(&tag) {
                    cancel.cancel();
                }
            }
            Command::Publish(event) => self.publish(event).await,
        }
    }

    /// A transport that is gone is noticed by the loop; what it would have been told is lost with it.
    async fn put(&self, output: Output) {
        if self.out.send(output).await.is_err() {
            tracing::debug!(session = self.options.id, "nobody listens any more");
        }
    }
}

async fn sleep_until(alarm: Option<Instant>) {
    match alarm {
        // A little late is right; a little early would find nothing due and spin.
        Some(alarm) => tokio::time::sleep_until((alarm + Duration::from_millis(1)).into()).await,
        None => std::future::pending().await,
    }
}
