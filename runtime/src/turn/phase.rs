//! What the machine is in: one mind ([`Phase`]), one ear ([`Ear`]), one mouth ([`Mouth`]). They are apart because a
//! person may speak in every phase.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{
    agenda::Agenda,
    events::{PendingCall, State, Tag},
    request::{Call, HalfMade, PlanRequest},
};

/// What the session is about. Every phase that waits for something knows its tag and how long it waits.
#[derive(Debug)]
pub(super) enum Phase {
    Idle,
    Planning {
        tag: Tag,
        request: PlanRequest,
        until: Instant,
    },
    Judging {
        tag: Tag,
        request: PlanRequest,
        until: Instant,
    },
    Confirming(Box<Confirming>),
    Executing {
        tag: Tag,
        call: Call,
        approval: Option<String>,
        until: Instant,
    },
    /// A call that is to be made again.
    Between {
        call: Call,
        stage: Stage,
    },
    Speaking {
        tag: Tag,
        /// How often it was cut by a noise and went on.
        cuts: u8,
        until: Instant,
    },
    /// Speech cut by a voice that may turn out to be a noise; lasts as long as the ear is busy.
    Interrupted {
        cut: Option<Cut>,
    },
}

/// Speech that was cut and may go on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub tag: Tag,
    /// With this one.
    pub cuts: u8,
}

/// How far it is between a call and its repetition.
#[derive(Debug)]
pub(super) enum Stage {
    /// Whether it came to what was waited for is being found out; `say` is what it came to.
    Checking {
        tag: Tag,
        say: String,
        until: Instant,
    },
    Pausing {
        until: Instant,
    },
}

/// What is said of a step while the next is prepared.
#[derive(Debug)]
pub(super) struct Aside {
    pub tag: Tag,
    pub text: String,
    pub telling: Telling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    First,
    /// By a voice that may turn out to be a noise.
    Cut,
    Second,
}

/// An open question.
#[derive(Debug)]
pub(super) struct Confirming {
    /// Of the judgement that opened it.
    pub tag: Tag,
    pub pending: PendingCall,
    pub via: Via,
    pub aloud: Aloud,
    /// Whether the person has heard every detail once.
    pub detail: Detail,
    pub unclear: u8,
    pub asked: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    Unheard,
    Heard,
}

/// How far the asking is.
#[derive(Debug)]
pub(super) enum Aloud {
    Asking {
        tag: Tag,
    },
    /// Cut by a voice; asked again if it says nothing.
    Cut,
    /// The answer is due. Without `since` the question was not played to its end, and speech can't approve.
    Waiting {
        since: Option<Instant>,
        until: Instant,
    },
    /// Approved by the person; the gateway's word is due.
    Settling {
        until: Instant,
    },
}

/// A question in words that is still to be answered, and what its answer goes on with.
#[derive(Debug)]
pub(super) struct Awaited {
    pub basis: Basis,
    /// The speech that puts it.
    pub tag: Tag,
    /// When it was played to its end.
    pub heard: Option<Instant>,
    pub asked: u8,
    /// The request, which stands still meanwhile.
    pub agenda: Box<Agenda>,
    pub until: Instant,
}

/// What words may go on with.
#[derive(Clone, Debug, Default)]
pub(super) struct Basis {
    /// The call that they edit.
    pub editing: Option<Call>,
    /// The question in words that they answer.
    pub answering: Option<HalfMade>,
}

impl Basis {
    /// Whether the words stand for themselves.
    pub fn is_new(&self) -> bool {
        self.editing.is_none() && self.answering.is_none()
    }
}

/// How the person takes part in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    Voice,
    Text,
}

/// Words that were said, one or more utterances in a row.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub text: String,
    pub confidence: f32,
    /// When the first of them began; `None` for text.
    pub started: Option<Instant>,
}

impl Said {
    pub fn via(&self) -> Via {
        if self.started.is_some() { Via::Voice } else { Via::Text }
    }

    /// Both as one; as doubtful as the more doubtful, as early as the earlier.
    pub fn join(self, next: Self) -> Self {
        let text = format!("{} {}", self.text, next.text).trim().to_owned();
        Self {
            text,
            confidence: self.confidence.min(next.confidence),
            started: self.started.min(next.started),
        }
    }
}

/// The person's side of the line.
#[derive(Debug, Default)]
pub(super) struct Ear {
    /// A voice is there; a driver that forgets to close it is not waited for longer than this.
    pub open: Option<Instant>,
    pub hearing: VecDeque<Hearing>,
    /// Recognised while more was being said.
    pub said: Option<Said>,
}

#[derive(Debug)]
pub(super) struct Hearing {
    pub tag: Tag,
    pub started: Instant,
    pub until: Instant,
}

impl Ear {
    /// Whether more words may be on their way.
    pub fn is_busy(&self) -> bool {
        self.open.is_some() || !self.hearing.is_empty()
    }

    pub fn keep(&mut self, said: Said) {
        self.said = Some(match self.said.take() {
            Some(before) => before.join(said),
            None => said,
        });
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.open.into_iter().chain(self.hearing.iter().map(|h| h.until)).min()
    }
}

/// Our side of the line: what is or was last said, to tell it from the person's words.
#[derive(Debug)]
pub(super) struct Mouth {
    pub tag: Tag,
    pub text: String,
    pub ended: Option<Instant>,
}

impl Mouth {
    /// Whether speech that began at `started` may be ours: during ours, or so soon after it that it is its tail.
    pub fn covers(&self, started: Instant, tail: Duration) -> bool {
        self.ended.is_none_or(|ended| started <= ended + tail)
    }
}

impl Phase {
    /// When waiting ends. An open question waits for words that are being heard, up to the approval's own end.
    pub fn deadline(&self, ear_busy: bool) -> Option<Instant> {
        match self {
            Self::Idle | Self::Interrupted { .. } => None,
            Self::Planning { until, .. }
            | Self::Judging { until, .. }
            | Self::Executing { until, .. }
            | Self::Speaking { until, .. } => Some(*until),
            Self::Between { stage: Stage::Checking { until, .. }, .. } => Some(*until),
            Self::Between { stage: Stage::Pausing { until }, .. } => (!ear_busy).then_some(*until),
            Self::Confirming(c) => Some(match c.aloud {
                Aloud::Asking { .. } | Aloud::Cut => c.pending.expires,
                Aloud::Waiting { .. } if ear_busy => c.pending.expires,
                Aloud::Waiting { until, .. } => until.min(c.pending.expires),
                Aloud::Settling { until } => until,
            }),
        }
    }

    pub fn state(&self, ear: &Ear) -> State {
        if ear.open.is_some() {
            return State::Listening;
        }
        if !ear.hearing.is_empty() {
            return State::Hearing;
        }
        match self {
            Self::Idle | Self::Interrupted { .. } => State::Idle,
            Self::Planning { .. }
            | Self::Judging { .. }
            | Self::Between { stage: Stage::Checking { .. }, .. } => State::Thinking,
            Self::Confirming(_) => State::Asking,
            Self::Executing { .. } | Self::Between { stage: Stage::Pausing { .. }, .. } => State::Doing,
            Self::Speaking { .. } => State::Speaking,
        }
    }
}
