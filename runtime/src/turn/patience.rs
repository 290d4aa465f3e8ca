//! A short word to somebody who waits: that they were heard, and that it takes a moment.
//!
//! It is said once after the person's words, and only where the answer is not about to come: never while anything is
//! said, and never when what is under way is expected to be done before the word would be over. It is no answer: it
//! stands in no history, asks nothing, and what follows waits for no more than its end.

use std::time::{Duration, Instant};

use super::{
    Machine,
    events::{Command, Tag},
    phase::{Phase, Via},
    sentences,
};

/// From the end of the person's words to ours about the wait.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// What saying it takes: an answer that is expected sooner is waited for.
const WORD: Duration = Duration::from_millis(800);
/// A call that has taken so long takes longer still, as a rule.
const CALL: Duration = Duration::from_millis(400);
/// How long planning takes, before any plan was timed.
const PLANNING: Duration = Duration::from_millis(900);
/// The first clause of an answer in words, before one was timed.
const WRITING: Duration = Duration::from_millis(1_200);

/// What is known of the wait.
#[derive(Debug)]
pub(super) struct Patience {
    /// The end of words that nothing was said to yet.
    unanswered: Option<Instant>,
    /// When the newest plan, call or answer was begun.
    begun: Option<Instant>,
    planning: Duration,
    writing: Duration,
    /// The word, while it is said.
    saying: Option<Tag>,
    words: usize,
}

impl Default for Patience {
    fn default() -> Self {
        let (planning, writing) = (PLANNING, WRITING);
        Self { unanswered: None, begun: None, planning, writing, saying: None, words: 0 }
    }
}

impl Patience {
    /// The person's words ended.
    pub fn heard(&mut self, now: Instant) {
        self.unanswered = Some(now);
    }

    /// Something is said, or nothing will be.
    pub fn answered(&mut self) {
        self.unanswered = None;
    }

    pub fn begin(&mut self, now: Instant) {
        self.begun = Some(now);
    }

    /// A plan came.
    pub fn planned(&mut self, now: Instant) {
        if let Some(begun) = self.begun.take() {
            self.planning = (self.planning + now.saturating_duration_since(begun)) / 2;
        }
    }

    /// The first words of an answer came.
    pub fn written(&mut self, now: Instant) {
        if let Some(begun) = self.begun.take() {
            self.writing = (self.writing + now.saturating_duration_since(begun)) / 2;
        }
    }

    /// Whether this is the word that is being said.
    pub fn is_saying(&self) -> bool {
        self.saying.is_some()
    }

    pub fn said(&mut self, tag: Tag) {
        self.saying.take_if(|saying| *saying == tag);
    }

    /// When the word is due, if what is under way goes on until then.
    fn due(&self, stage: Stage) -> Option<Instant> {
        let (ended, begun) = (self.unanswered?, self.begun?);
        let due = ended + PATIENCE;
        Some(match stage {
            // One that should be done by the end of the word is given as long again.
            Stage::Planning if begun + self.planning < due + WORD => due.max(begun + self.planning + WORD),
            Stage::Planning => due,
            Stage::Calling => due.max(begun + CALL),
        })
    }

    /// Whether an answer that is begun to be written now will be late.
    fn will_be_late(&self, now: Instant) -> bool {
        self.unanswered.is_some_and(|ended| now + self.writing >= ended + PATIENCE + WORD)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Planning,
    Calling,
}

impl<A> Machine<A> {
    /// What the person waits for, if they do and speak with us.
    fn waited_for(&self) -> Option<Stage> {
        let silent = self.mouth.as_ref().is_none_or(|mouth| mouth.ended.is_some());
        if !silent || self.session.via != Via::Voice || self.ear.is_busy() || self.held.is_some() {
            return None;
        }
        match self.phase {
            Phase::Planning { .. } => Some(Stage::Planning),
            Phase::Executing { .. } => Some(Stage::Calling),
            Phase::Idle
            | Phase::Judging { .. }
            | Phase::Confirming(_)
            | Phase::Between { .. }
            | Phase::Speaking { .. }
            | Phase::Interrupted { .. } => None,
        }
    }

    pub(super) fn patience_deadline(&self) -> Option<Instant> {
        self.patience.due(self.waited_for()?)
    }

    /// Says the word if it is due.
    pub(super) fn reassure(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        if self.patience_deadline().is_some_and(|due| due <= now) {
            self.acknowledge(out);
        }
    }

    /// Says the word before an answer that is going to be late.
    pub(super) fn reassure_before_writing(&mut self, now: Instant, out: &mut Vec<Command<A>>) {
        let silent = self.mouth.as_ref().is_none_or(|mouth| mouth.ended.is_some());
        if silent && self.session.via == Via::Voice && self.patience.will_be_late(now) {
            self.acknowledge(out);
        }
    }

    fn acknowledge(&mut self, out: &mut Vec<Command<A>>) {
        let tag = self.tag();
        let text = sentences::ACKNOWLEDGED[self.patience.words % sentences::ACKNOWLEDGED.len()];
        self.patience.words += 1;
        self.open_mouth(tag, text);
        self.patience.saying = Some(tag);
        out.push(Command::Acknowledge { tag, text: text.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(planning_ms: u64) -> (Patience, Instant) {
        let now = Instant::now();
        let mut patience = Patience { planning: Duration::from_millis(planning_ms), ..Patience::default() };
        patience.heard(now);
        patience.begin(now + Duration::from_millis(300));
        (patience, now)
    }

    #[test]
    fn a_plan_that_comes_soon_is_waited_for() {
        for (planning, due) in [(100, 1_200), (900, 2_000), (1_400, 2_500), (1_500, 1_000), (5_000, 1_000)] {
            let (patience, now) = waiting(planning);
            let due = now + Duration::from_millis(due);
            assert_eq!(patience.due(Stage::Planning), Some(due), "{planning} ms");
        }
    }

    #[test]
    fn a_call_that_has_only_begun_is_waited_for() {
        let (mut patience, now) = waiting(900);
        assert_eq!(patience.due(Stage::Calling), Some(now + PATIENCE));
        patience.begin(now + Duration::from_millis(900));
        assert_eq!(patience.due(Stage::Calling), Some(now + Duration::from_millis(1_300)));
    }

    #[test]
    fn what_was_answered_needs_no_word() {
        let (mut patience, now) = waiting(900);
        patience.answered();
        assert_eq!(patience.due(Stage::Planning), None);
        assert!(!patience.will_be_late(now));
    }

    #[test]
    fn how_long_plans_and_answers_take_is_learnt() {
        let (mut patience, now) = waiting(900);
        patience.planned(now + Duration::from_millis(2_400));
        assert_eq!(patience.planning, Duration::from_millis(1_500));
        assert!(patience.will_be_late(now + Duration::from_millis(600)));
        patience.begin(now);
        patience.written(now);
        assert!(!patience.will_be_late(now + Duration::from_millis(600)), "its answers come soon");
    }
}
