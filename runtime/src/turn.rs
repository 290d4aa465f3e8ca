//! The turn machine: what happens to an utterance, decided without IO, clock or randomness.
//!
//! Contract: 1. hand every [`Input`] to [`Machine::handle`] with the time it happened; 2. perform the [`Command`]s in
//! order; 3. when [`Machine::deadline`] has passed, hand in [`Input::DeadlineReached`].
//!
//! Invariants:
//! - A call runs only by [`Command::Execute`], which moves the authorization that policy or an approval made. Every
//!   authorization that comes in goes out, once: executed or discarded.
//! - A result that nobody waits for is dropped in one place, `Machine::drop_stale`; what it carried is given back.
//! - A voice stops speech, never an execution. While words may be on their way, nothing new is judged, asked, run or
//!   said, except a call that somebody has just approved by other means.
//! - A spoken yes counts only if it began after the question had been played to its end, is confident enough and is
//!   not our own voice. No, cancel and stop count at any time. Unclear is asked again once, then no.
//! - An answer of no, silence, disconnection and every fault end without the call, and say so.
//! - History holds only what was heard.
//! - A voice over ours that says nothing to us (a noise, our own words, "uh-huh") ends nothing: what it stopped goes on
//!   from the clause that it was stopped in, and a question is put again in one piece.
//! - The steps of a request are clauses of the person's own words, taken apart before its first call. A result may fill a
//!   value of a later step; it adds none, picks no tool, answers no question and ends nothing but a repetition. Each
//!   step is planned, judged, asked about, run and told by itself.
//! - A step that is not done ends its request, and so do "stop", [`MAX_STEPS`], [`MAX_CALLS`] and [`MAX_WORK`]; what was
//!   therefore not begun is said. While a person is asked, the time of a request stands still.
//! - A call is made again only where the person said until when, and never one that may have happened. Each time it is
//!   judged, and asked about, anew.
//! - What became of a step is said while the next is planned, to its end, before the next question. A yes then agrees to
//!   nothing; a no, like "stop", ends the request.
//! - What an agent asks in the middle of its task is put to the person. The next words are its answer, if they began after the
//!   question had been played to its end and are not doubtful; they go to that task and nowhere else, as they were said.
//! - An announcement is said once, at rest: never over a question, an answer or the person, and never between a question
//!   and its answer. It opens and answers nothing.
//! - What words would be planned as can be asked before they are said ([`Machine::foresee`]); nothing changes by it.
//!
//! A token can't be executed twice; it is moved:
//! ```compile_fail,E0382
//! use homepilot::turn::{Command, Tag};
//! struct Token;
//! fn twice(tag: Tag, token: Token) -> [Command<Token>; 2] {
//!     [Command::Execute { tag, token }, Command::Execute { tag, token }]
//! }
//! ```

mod agenda;
mod asked_back;
mod between;
mod confirm;
mod ending;
mod events;
mod foresight;
mod hearing;
mod history;
mod outside;
mod past;
mod patience;
mod phase;
mod request;
mod sentences;
mod steps;
mod unasked;

use std::time::{Duration, Instant};

pub use agenda::{MAX_CALLS, MAX_STEPS, MAX_WORK, PAUSE};
pub use asked_back::TYPED_ANSWER;
pub use events::{
    Announcement, AnnouncementId, AskForm, Awaiting, Cancel, ClipId, Command, DecidedBy, Decision, Heard,
    HearingFault, Input, Judgement, NoticeLevel, PendingCall, Played, Resolution, State, StepOutcome,
    StepState, Tag, TurnEvent, Utterance,
};
pub use foresight::Foreseen;
pub use history::HISTORY_LINES;
pub use past::PAST_CALLS;
pub use patience::PATIENCE;
pub use request::{
    About, Asker, Call, Grounds, HalfMade, Ids, Leg, Line, PastCall, PastState, Plan, PlanFault, PlanRequest,
    Role,
};
pub use sentences::{FIXED, HEARING_ANEW, PROGRAM_ANEW, SHORT_OF_MEMORY, THINKING_ANEW, VOICE_ANEW};
pub use unasked::MAX_ANNOUNCEMENTS;

use agenda::Agenda;
use history::History;
use past::Past;
use patience::Patience;
use phase::{Aside, Awaited, Ear, Mouth, Phase, Said, Stage, Via};
use unasked::Unasked;

/// After a question was played, silence becomes no.
pub const VOICE_ANSWER: Duration = Duration::from_secs(20);
/// A yes that was recognised with less is unclear. Whisper gives a clear "yes" 0.7 and more; what it makes of noise
/// is mostly below this.
pub const YES_CONFIDENCE: f32 = 0.5;
/// How long the room may still carry our own voice.
pub const ECHO_TAIL: Duration = Duration::from_millis(500);
/// A question is put at most so often, whatever interrupts it.
pub const MAX_ASKS: u8 = 5;
/// What noises interrupt goes on so often.
pub const MAX_CUTS: u8 = 3;
/// After a stop or a cancel the person goes first for so long: who presses to talk cancels what is being said.
pub const AFTER_CANCEL: Duration = Duration::from_secs(3);
/// Utterances that wait for recognition at a time.
pub const MAX_HEARING: usize = 4;
/// Characters of a tool's own text that a request keeps.
pub const RESULT_CHARS: usize = 2_000;
/// Words that come later than this after a question in words are not its answer.
pub const WORDS_ANSWER: Duration = Duration::from_secs(120);

/// Last resorts, for a driver or an engine that never answers; each is far above what the engines allow themselves.
const THINKING: Duration = Duration::from_secs(120);
const EXECUTING: Duration = Duration::from_secs(300);
const SPEAKING: Duration = Duration::from_secs(300);
const SETTLING: Duration = Duration::from_secs(10);
const LISTENING: Duration = Duration::from_secs(45);
const HEARING: Duration = Duration::from_secs(60);

/// One session's turns. `A` authorizes one exact call.
#[derive(Debug)]
pub struct Machine<A> {
    phase: Phase,
    ear: Ear,
    mouth: Option<Mouth>,
    history: History,
    /// A result that came while the person spoke.
    held: Option<Input<A>>,
    /// Words that wait for the end of an execution.
    queued: Option<Said>,
    past: Past,
    /// The request that goes on.
    agenda: Option<Agenda>,
    /// What is being said of its last step.
    aside: Option<Aside>,
    /// What the planner asked for in words, until it is answered.
    awaited: Option<Awaited>,
    unasked: Unasked,
    patience: Patience,
    session: Session,
}

/// What changes slowly.
#[derive(Debug)]
struct Session {
    typed_by: DecidedBy,
    /// Whether a yes counts.
    approves: bool,
    via: Via,
    last: Tag,
    shown: State,
}

impl<A> Machine<A> {
    /// A session at rest. `typed_by` is who answers with typed words: [`DecidedBy::Screen`] for a page,
    /// [`DecidedBy::Api`] for a program. Unless it `approves`, nothing said or typed in it is a yes.
    pub fn new(typed_by: DecidedBy, approves: bool) -> Self {
        let last = Tag { turn: 0, epoch: 0 };
        Self {
            phase: Phase::Idle,
            ear: Ear::default(),
            mouth: None,
            history: History::default(),
            held: None,
            queued: None,
            past: Past::default(),
            agenda: None,
            aside: None,
            awaited: None,
            unasked: Unasked::default(),
            patience: Patience::default(),
            session: Session { typed_by, approves, via: Via::Voice, last, shown: State::Idle },
        }
    }

    /// Takes one input at `now` and appends what is to be done.
    pub fn handle(&mut self, now: Instant, input: Input<A>, out: &mut Vec<Command<A>>) {
        if self.expects(&input) {
            self.take(now, input, out);
        } else {
            Self::drop_stale(input, out);
        }
        self.go_on(now, out);
        let state = self.phase.state(&self.ear);
        if state != self.session.shown {
            self.session.shown = state;
            out.push(Command::Publish(TurnEvent::State(state)));
        }
    }

    /// When [`Input::DeadlineReached`] is due. Changes with every input.
    pub fn deadline(&self) -> Option<Instant> {
        let floor = self.floor_deadline().into_iter().chain(self.patience_deadline());
        self.phase_deadline().into_iter().chain(self.ear.deadline()).chain(floor).min()
    }

    /// What the phase waits for is already here when something is held; then only the ear is waited for.
    fn phase_deadline(&self) -> Option<Instant> {
        if self.held.is_some() { None } else { self.phase.deadline(self.ear.is_busy()) }
    }

    /// What the outside was last told.
    pub fn state(&self) -> State {
        self.session.shown
    }

    /// The conversation as it was heard, oldest first, at most [`HISTORY_LINES`] lines.
    pub fn history(&self) -> Vec<Line> {
        self.history.lines()
    }

    fn expects(&self, input: &Input<A>) -> bool {
        match input {
            Input::Transcribed(tag, _) => self.ear.hearing.iter().any(|h| h.tag == *tag),
            Input::Planned(tag, _) => {
                self.held.is_none() && matches!(&self.phase, Phase::Planning { tag: t, .. } if t == tag)
            }
            Input::Judged(tag, _) => {
                self.held.is_none() && matches!(&self.phase, Phase::Judging { tag: t, .. } if t == tag)
            }
            Input::StepFinished(tag, _) => {
                self.held.is_none() && matches!(&self.phase, Phase::Executing { tag: t, .. } if t == tag)
            }
            Input::Checked(tag, _) => {
                self.held.is_none()
                    && matches!(&self.phase, Phase::Between { stage: Stage::Checking { tag: t, .. }, .. } if t == tag)
            }
            Input::Resolved(tag, _) => matches!(&self.phase, Phase::Confirming(c) if c.tag == *tag),
            // Its words belong to history whatever has happened since.
            Input::Played(..)
            | Input::Saying(..)
            | Input::SpeechStarted
            | Input::FalseStart
            | Input::UtteranceEnded(_)
            | Input::Announce(_)
            | Input::Cancel(_)
            | Input::Disconnected
            | Input::DeadlineReached => true,
        }
    }

    /// The one place where results end that nobody waits for.
    fn drop_stale(input: Input<A>, out: &mut Vec<Command<A>>) {
        match input {
            Input::Judged(_, Judgement::Allowed { token, .. }) => out.push(Command::Discard { token }),
            Input::Judged(_, Judgement::Ask(pending)) => {
                out.push(Command::Withdraw { approval: pending.approval })
            }
            Input::Resolved(_, Resolution::Edited { pending, .. }) => {
                out.push(Command::Withdraw { approval: pending.approval })
            }
            Input::Resolved(_, Resolution::Granted { token, .. }) => {
                out.push(Command::Discard { token });
                out.push(notice(
                    NoticeLevel::Warning,
                    "approved_too_late",
                    "that approval came too late; nothing was done, ask again if it is still wanted",
                ));
            }
            Input::Judged(_, Judgement::Refused { .. })
            | Input::Resolved(_, Resolution::Denied { .. } | Resolution::Expired)
            | Input::Transcribed(..)
            | Input::Planned(..)
            | Input::Checked(..)
            | Input::StepFinished(..)
            | Input::Played(..)
            | Input::Saying(..)
            | Input::SpeechStarted
            | Input::FalseStart
            | Input::UtteranceEnded(_)
            | Input::Announce(_)
            | Input::Cancel(_)
            | Input::Disconnected
            | Input::DeadlineReached => {}
        }
    }

    fn take(&mut self, now: Instant, input: Input<A>, out: &mut Vec<Command<A>>) {
        if let Input::StepFinished(tag, outcome) = &input {
            self.publish_step(*tag, outcome, out);
        }
        let waits = matches!(
            input,
            Input::Planned(..) | Input::Judged(..) | Input::StepFinished(..) | Input::Checked(..)
        );
        if waits && self.ear.is_busy() {
            self.held = Some(input);
        } else {
            self.perform(now, input, out);
        }
    }

    fn perform(&mut self, now: Instant, input: Input<A>, out: &mut Vec<Command<A>>) {
        match input {
            Input::SpeechStarted => self.on_speech_started(now, out),
            Input::FalseStart => self.ear.open = None,
            Input::UtteranceEnded(utterance) => self.on_utterance(now, utterance, out),
            Input::Transcribed(tag, result) => self.on_transcribed(now, tag, result, out),
            Input::Planned(_, result) => {
                self.patience.planned(now);
                self.on_planned(now, result, out)
            }
            Input::Judged(tag, judgement) => self.on_judged(now, tag, judgement, out),
            Input::Resolved(_, resolution) => self.on_resolved(now, resolution, out),
            Input::StepFinished(_, outcome) => self.on_step_finished(now, outcome, out),
            Input::Checked(_, holds) => self.on_checked(now, holds, out),
            Input::Played(tag, played) => self.on_played(now, tag, &played, out),
            Input::Saying(tag, words) => self.on_saying(now, tag, &words),
            Input::Announce(announcement) => self.on_announce(now, announcement, out),
            Input::Cancel(cancel) => self.on_cancel(now, cancel, out),
            Input::Disconnected => self.on_disconnected(now, out),
            Input::DeadlineReached => {
                self.on_deadline(now, out);
                self.reassure(now, out);
            }
        }
    }

    /// What follows from the state alone: words that are complete, then what they had held up, then what waited, and
    /// last what nobody asked for.
    fn go_on(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        if !self.ear.is_busy() {
            match self.ear.said.take() {
                Some(said) => self.on_words(now, said, out),
                None => self.on_nothing_said(now, out),
            }
        }
        if let Some(held) = self.held.take() {
            if !self.expects(&held) {
                Self::drop_stale(held, out);
            } else if self.ear.is_busy() {
                self.held = Some(held);
            } else {
                self.perform(now, held, out);
            }
        }
        if !self.ear.is_busy() && matches!(self.phase, Phase::Idle) {
            self.take_next_step(now, out);
        }
        if !self.ear.is_busy()
            && matches!(self.phase, Phase::Idle)
            && !self.agent_waits(now)
            && let Some(said) = self.queued.take()
        {
            self.begin(now, said, out);
        }
        self.announce(now, out);
    }

    fn tag(&mut self) -> Tag {
        self.session.last.epoch += 1;
        self.session.last
    }
}

fn notice<A>(level: NoticeLevel, code: &'static str, message: &str) -> Command<A> {
    Command::Publish(TurnEvent::Notice { level, code, message: message.to_owned() })
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod scenarios;
