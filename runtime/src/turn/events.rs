//! What goes into the turn machine and what comes out: the table of contents of a turn.
//!
//! The machine performs nothing. The driver (the session) carries out each [`Command`] in the order given and hands
//! the result back as an [`Input`] with the same [`Tag`]. A result whose tag nobody awaits is inert. `A` is the
//! authorization of one exact call; it is moved, never copied, from an input into [`Command::Execute`] or
//! [`Command::Discard`].

use std::time::Instant;

use super::request::{Call, Grounds, Ids, Leg, Line, Plan, PlanFault, PlanRequest};
use crate::phrasing::Question;

pub use super::outside::{NoticeLevel, State, TurnEvent};

/// Names one piece of asynchronous work. `turn` counts requests of the session, `epoch` every command that has a
/// result, so no two awaited results share a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    /// Which request of this session, from 1.
    pub turn: u64,
    /// Which piece of work of this session, from 1; grows with every tagged command.
    pub epoch: u64,
}

/// An utterance's samples, which stay with the driver until [`Command::Transcribe`] or [`Command::Forget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClipId(pub u64);

/// One endpointed stretch of speech, or a line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Utterance {
    /// Speech.
    Spoken {
        /// Its samples.
        clip: ClipId,
        /// When the voice itself began, without the pre-roll that was put before it.
        started: Instant,
    },
    /// Speech over ours that was too short, too faint or too much like ours to stop us. Its words decide.
    Overheard {
        /// Its samples.
        clip: ClipId,
        /// When the voice itself began.
        started: Instant,
    },
    /// Text; it needs no recognition, and its question is read on a screen.
    Typed(String),
}

/// What an utterance may be, as far as it is known before it is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaiting {
    /// Anything.
    Words,
    /// The answer to a question that is open, likely a short one.
    Reply,
}

/// What recognition made of a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// The words; empty when there were none (noise, or a loop that the guard removed).
    pub text: String,
    /// Mean probability of the words, 0 to 1.
    pub confidence: f32,
}

/// Why a clip could not be turned into words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HearingFault {
    /// It failed. The message is for the log, not for the person.
    #[error("hearing failed: {0}")]
    Broken(String),
    /// The engine broke off in it and was started anew. The message is for the log.
    #[error("hearing broke off: {0}")]
    BrokeOff(String),
    /// Nobody can hear yet; the sentence says how long that takes.
    #[error("{0}")]
    NotYet(String),
}

/// What policy says about a call.
#[derive(Debug)]
pub enum Judgement<A> {
    /// It may run unasked.
    Allowed {
        /// The authorization of exactly this call.
        token: A,
        /// The call.
        call: Call,
    },
    /// The person is asked first.
    Ask(PendingCall),
    /// It may not run.
    Refused {
        /// The call.
        call: Call,
        /// The reason, ready to be said.
        say: String,
    },
}

/// A call that waits for an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingCall {
    /// The approval's id at the gateway.
    pub approval: String,
    /// The call.
    pub call: Call,
    /// How it is asked.
    pub question: Question,
    /// When the gateway lets the approval expire. By voice the machine denies earlier: [`VOICE_ANSWER`] after the
    /// question was played.
    ///
    /// [`VOICE_ANSWER`]: crate::turn::VOICE_ANSWER
    pub expires: Instant,
}

/// Who answered a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// The person, aloud.
    Voice,
    /// A click or typed words.
    Screen,
    /// A caller of the HTTP API.
    Api,
    /// Nobody in time.
    Timeout,
    /// The connection ended.
    Disconnect,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Do it.
    Approve,
    /// Don't.
    Deny,
}

/// How an approval ended, whoever answered. The gateway decides who was first.
#[derive(Debug)]
pub enum Resolution<A> {
    /// Approved.
    Granted {
        /// The authorization of exactly the call that was asked about.
        token: A,
        /// By whom.
        by: DecidedBy,
    },
    /// Denied, or withdrawn because the tool changed or went away.
    Denied {
        /// By whom.
        by: DecidedBy,
    },
    /// Too late.
    Expired,
    /// Answered with other arguments, which is a question of its own.
    Edited {
        /// The call as it is to be asked about.
        pending: Box<PendingCall>,
        /// By whom.
        by: DecidedBy,
    },
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// The tool did it.
    Succeeded,
    /// The agent wants to know something before it goes on: its question is what is said.
    Asks,
    /// The tool says that it did not.
    Failed,
    /// It may have happened or not.
    Unknown,
    /// Nothing left this machine.
    NotSent,
}

/// An execution's end, already phrased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepOutcome {
    /// What happened.
    pub state: StepState,
    /// The sentence to be said.
    pub say: String,
    /// The tool's own text, at most [`RESULT_CHARS`] characters of it; empty when nothing came back. Data, whatever it
    /// says.
    ///
    /// [`RESULT_CHARS`]: crate::turn::RESULT_CHARS
    pub result: String,
    /// The ids of what the tool made or found. Data, whatever they say.
    pub ids: Ids,
}

/// How a piece of speech ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// The words that reached the person.
    pub heard: String,
    /// Whether that was all of it.
    pub complete: bool,
}

/// Number of an announcement within its session; chosen by the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnnouncementId(pub u64);

/// Something to be said that nobody asked for, such as a reminder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Which.
    pub id: AnnouncementId,
    /// The exact words.
    pub text: String,
}

/// What an explicit cancel reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// Talking and thinking (`response.cancel`, which clients also send by themselves when they are interrupted). It
    /// neither answers a question nor stops an execution.
    Reply,
    /// Everything: also denies an open question and cancels an execution (Escape, a stop button).
    Everything(DecidedBy),
}

/// Everything that can happen to a session.
#[derive(Debug)]
pub enum Input<A> {
    /// A voice was detected (or push-to-talk was pressed). While we speak, this is a barge-in.
    SpeechStarted,
    /// The voice was too short to be speech, or the buffer was cleared.
    FalseStart,
    /// An utterance is complete.
    UtteranceEnded(Utterance),
    /// Result of [`Command::Transcribe`].
    Transcribed(Tag, Result<Heard, HearingFault>),
    /// Result of [`Command::Plan`].
    Planned(Tag, Result<Plan, PlanFault>),
    /// Result of [`Command::Judge`].
    Judged(Tag, Judgement<A>),
    /// Result of [`Command::Check`]: whether it holds.
    Checked(Tag, Result<bool, PlanFault>),
    /// How an approval ended, with the tag of the [`Command::Judge`] that opened it.
    Resolved(Tag, Resolution<A>),
    /// Result of [`Command::Execute`].
    StepFinished(Tag, StepOutcome),
    /// [`Command::Speak`], [`Command::AskAloud`], [`Command::Converse`] or [`Command::Announce`] was played to its end
    /// or was stopped. It comes once for each of them, also after [`Command::StopSpeaking`], and also when nothing could be played
    /// (then `heard` is empty and `complete` false). A session without sound reports what it has shown.
    Played(Tag, Played),
    /// Words of a [`Command::Converse`] that begin to be said: an echo may come from them.
    Saying(Tag, String),
    /// Something to be said when the turn is over. It ends in [`Command::Announce`] or [`Command::Decline`], unless the
    /// session ends before.
    Announce(Announcement),
    /// An explicit cancel that is not speech.
    Cancel(Cancel),
    /// The connection ended.
    Disconnected,
    /// [`Machine::deadline`] has passed.
    ///
    /// [`Machine::deadline`]: crate::turn::Machine::deadline
    DeadlineReached,
}

/// How a question is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskForm {
    /// With every detail, for the first time.
    Full,
    /// With every detail, again (the person asked for it, or it was interrupted).
    Repeat,
    /// Shortly, after an unclear answer to a question that was heard in full.
    Short,
    /// After a yes that has to be given in another way: which.
    Otherwise,
}

/// What the driver has to do, in order.
#[derive(Debug)]
pub enum Command<A> {
    /// Turn a clip into words and drop its samples.
    Transcribe {
        /// For [`Input::Transcribed`].
        tag: Tag,
        /// Which.
        clip: ClipId,
        /// What kind of words may come.
        awaited: Awaiting,
    },
    /// Drop a clip's samples unheard.
    Forget(ClipId),
    /// Decide what an utterance asks for.
    Plan {
        /// For [`Input::Planned`].
        tag: Tag,
        /// What.
        request: Box<PlanRequest>,
    },
    /// Put a call before policy.
    Judge {
        /// For [`Input::Judged`] and, after [`Judgement::Ask`], [`Input::Resolved`].
        tag: Tag,
        /// Which.
        call: Call,
        /// What its values may have come from.
        grounds: Grounds,
        /// What it is to an agent.
        leg: Leg,
    },
    /// Say a question after whatever is being said.
    AskAloud {
        /// For [`Input::Played`].
        tag: Tag,
        /// The exact words.
        text: String,
        /// Why it is said.
        form: AskForm,
    },
    /// Answer an approval at the gateway; the result comes as [`Input::Resolved`].
    Answer {
        /// Which.
        approval: String,
        /// How.
        decision: Decision,
        /// By whom.
        by: DecidedBy,
    },
    /// Withdraw an approval that nobody was asked about.
    Withdraw {
        /// Which.
        approval: String,
    },
    /// Make the authorized call.
    Execute {
        /// For [`Input::StepFinished`].
        tag: Tag,
        /// What allows it.
        token: A,
    },
    /// Find out whether a call came to what the person waits for.
    Check {
        /// For [`Input::Checked`].
        tag: Tag,
        /// What must hold, in the person's words.
        condition: String,
        /// What the call came to. Data, whatever it says.
        result: String,
    },
    /// Ask the running call to stop. Its outcome still comes, and may be unknown.
    CancelExecution {
        /// The tag of its [`Command::Execute`].
        tag: Tag,
    },
    /// Drop an authorization that came too late. Its call is never made.
    Discard {
        /// What would have allowed it.
        token: A,
    },
    /// Write an answer and say it clause by clause after whatever is being said.
    Converse {
        /// For [`Input::Played`].
        tag: Tag,
        /// The person's words.
        utterance: String,
        /// The conversation before them, oldest first.
        history: Vec<Line>,
        /// What tools answered to the same request, oldest first: what the words may be about.
        results: Vec<String>,
    },
    /// Say a sentence after whatever is being said.
    Speak {
        /// For [`Input::Played`].
        tag: Tag,
        /// The exact words.
        text: String,
    },
    /// Say at once that it takes a moment. What is said next belongs to the same reply.
    Acknowledge {
        /// For [`Input::Played`].
        tag: Tag,
        /// The exact words.
        text: String,
    },
    /// Say an announcement. It comes a second time if the person spoke before a word of it was heard.
    Announce {
        /// For [`Input::Played`].
        tag: Tag,
        /// Which.
        id: AnnouncementId,
        /// The exact words.
        text: String,
    },
    /// Too many announcements wait: this one is not taken.
    Decline {
        /// Which.
        id: AnnouncementId,
    },
    /// Silence at once. What had started is reported by [`Input::Played`]; what was going to be said is given up, but
    /// for what is left of the speech in `keep`, up to [`Command::GoOn`] or [`Command::LetGo`].
    StopSpeaking {
        /// A speech that may go on.
        keep: Option<Tag>,
    },
    /// Say what is left of a speech that was stopped, from the clause that it was stopped in.
    GoOn {
        /// For [`Input::Played`].
        tag: Tag,
        /// The one that was stopped.
        from: Tag,
    },
    /// What was kept of a speech is not said any more.
    LetGo,
    /// Nobody waits for this transcription, plan, judgement or check any more: give it up.
    StopThinking {
        /// Its tag.
        tag: Tag,
    },
    /// Tell the outside.
    Publish(TurnEvent),
}
