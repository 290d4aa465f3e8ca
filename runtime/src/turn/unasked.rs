//! What is said unasked: announcements, each once, when nobody else has the floor.

use std::{collections::VecDeque, time::Instant};

use super::{
    Machine, SPEAKING, VOICE_ANSWER,
    events::{Announcement, Command, Played, Tag},
    phase::{Mouth, Phase},
};

/// Announcements that wait at a time; another is declined.
pub const MAX_ANNOUNCEMENTS: usize = 8;

/// Announcements and the moment for them.
#[derive(Debug, Default)]
pub(super) struct Unasked {
    waiting: VecDeque<Waiting>,
    /// The last one said, until it was heard.
    said: Option<(Tag, Waiting)>,
    pub floor: Floor,
}

#[derive(Clone, Debug)]
struct Waiting {
    announcement: Announcement,
    attempt: Attempt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    First,
    /// The person spoke before a word of the first was heard.
    Second,
}

/// Who speaks next at rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Floor {
    #[default]
    Free,
    /// The person, when what is being said has been said: it asks for something in words.
    Asked,
    /// The person, until then.
    Theirs { until: Instant },
}

impl Unasked {
    /// When an announcement that waits for the floor gets it.
    fn deadline(&self) -> Option<Instant> {
        match self.floor {
            Floor::Theirs { until } if !self.waiting.is_empty() => Some(until),
            Floor::Free | Floor::Asked | Floor::Theirs { .. } => None,
        }
    }

    /// Frees the floor when its time is over.
    pub fn release(&mut self, now: Instant) {
        if matches!(self.floor, Floor::Theirs { until } if until <= now) {
            self.floor = Floor::Free;
        }
    }

    /// The session is over.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// What was said last is said again by other means, or has been heard.
    pub fn settle(&mut self) {
        self.said = None;
    }
}

impl<A> Machine<A> {
    pub(super) fn on_announce(
        &mut self,
        now: Instant,
        announcement: Announcement,
        out: &mut Vec<Command<A>>,
    ) {
        self.unasked.release(now);
        if self.unasked.waiting.len() >= MAX_ANNOUNCEMENTS {
            return out.push(Command::Decline { id: announcement.id });
        }
        self.unasked.waiting.push_back(Waiting { announcement, attempt: Attempt::First });
    }

    fn at_rest(&self) -> bool {
        matches!(self.phase, Phase::Idle) && !self.ear.is_busy()
    }

    pub(super) fn floor_deadline(&self) -> Option<Instant> {
        self.unasked.deadline().filter(|_| self.at_rest())
    }

    /// At rest, the next announcement is said unless it is the person's turn to speak.
    pub(super) fn announce(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        if !self.at_rest() {
            return;
        }
        if self.unasked.floor == Floor::Asked {
            self.unasked.floor = Floor::Theirs { until: now + VOICE_ANSWER };
        }
        if self.unasked.floor != Floor::Free {
            return;
        }
        let Some(next) = self.unasked.waiting.pop_front() else { return };
        let Announcement { id, text } = next.announcement.clone();
        let tag = self.tag();
        self.history.begin(tag);
        self.mouth = Some(Mouth { tag, text: text.clone(), ended: None });
        self.phase = Phase::Speaking { tag, cuts: 0, until: now + SPEAKING };
        self.unasked.said = Some((tag, next));
        out.push(Command::Announce { tag, id, text });
    }

    /// An announcement that the person spoke over before a word of it was heard goes back, once.
    pub(super) fn on_announced(&mut self, tag: Tag, played: &Played) {
        let Some((_, said)) = self.unasked.said.take_if(|(said, _)| *said == tag) else { return };
        let unheard = !played.complete && played.heard.trim().is_empty();
        if !unheard || said.attempt == Attempt::Second {
            return;
        }
        match &mut self.phase {
            // It would be said again if the voice was a noise; from the queue it is, either way.
            Phase::Interrupted { cut } => *cut = None,
            Phase::Planning { .. } | Phase::Judging { .. } => {}
            // Stopped on purpose, or it could not be said.
            Phase::Idle
            | Phase::Confirming(_)
            | Phase::Executing { .. }
            | Phase::Between { .. }
            | Phase::Speaking { .. } => return,
        }
        self.unasked.waiting.push_front(Waiting { attempt: Attempt::Second, ..said });
    }
}
