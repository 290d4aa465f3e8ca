//! What holds for announcements, whatever happens around them.

use std::collections::HashMap;

use proptest::{
    prelude::{prop_assert, prop_assert_eq, proptest},
    test_runner::TestCaseError,
};

use super::{AnnouncementId, Command, Event, State, Tag, World, events};
use crate::turn::TurnEvent;

/// What became of every announcement of a session.
#[derive(Default)]
pub(super) struct Book {
    last: u64,
    tags: HashMap<AnnouncementId, Vec<Tag>>,
    declined: Vec<AnnouncementId>,
    /// Whether anything was heard of a speech; its end is reported once.
    heard: HashMap<Tag, bool>,
    /// The approval that is asked about.
    question: Option<String>,
}

impl Book {
    pub(super) fn new_one(&mut self) -> AnnouncementId {
        self.last += 1;
        AnnouncementId(self.last)
    }

    pub(super) fn note(&mut self, event: &TurnEvent) {
        match event {
            TurnEvent::QuestionOpened(pending) => self.question = Some(pending.approval.clone()),
            TurnEvent::QuestionClosed { .. } => self.question = None,
            TurnEvent::State(_)
            | TurnEvent::Heard { .. }
            | TurnEvent::OwnVoice
            | TurnEvent::Step { .. }
            | TurnEvent::AnswerDue { .. }
            | TurnEvent::Done { .. }
            | TurnEvent::NotDone { .. }
            | TurnEvent::Notice { .. } => {}
        }
    }

    /// Said once, never while a question is open, and a second time only if nothing of the first was heard.
    pub(super) fn said(&mut self, id: AnnouncementId, tag: Tag) -> Result<(), TestCaseError> {
        prop_assert!(self.question.is_none(), "said between a question and its answer");
        let before = self.tags.entry(id).or_default();
        prop_assert!(before.len() < 2, "said a third time");
        prop_assert!(
            !before.iter().any(|tag| self.heard.get(tag) == Some(&true)),
            "said again although it was heard"
        );
        prop_assert!(!self.declined.contains(&id), "declined and said");
        before.push(tag);
        Ok(())
    }

    pub(super) fn declined(&mut self, id: AnnouncementId) -> Result<(), TestCaseError> {
        prop_assert!(
            !self.declined.contains(&id) && !self.tags.contains_key(&id),
            "declined later than at once"
        );
        self.declined.push(id);
        Ok(())
    }

    pub(super) fn played(&mut self, tag: Tag, heard: &str) {
        self.heard.entry(tag).or_insert(!heard.is_empty());
    }

    fn untold(&self) -> usize {
        (1..=self.last)
            .map(AnnouncementId)
            .filter(|id| !self.tags.contains_key(id) && !self.declined.contains(id))
            .count()
    }
}

/// Whether it says, shows or lets go of an announcement, and nothing else.
fn only_announces(command: &Command<super::Token>) -> bool {
    matches!(
        command,
        Command::Announce { .. }
            | Command::Decline { .. }
            | Command::Publish(TurnEvent::State(State::Speaking))
    )
}

proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 2000, ..Default::default() })]

    /// Every announcement is said exactly once, or declined at once, as long as the session lives.
    #[test]
    fn said_once(events in events(60)) {
        let mut world = World::new();
        let lives: Vec<Event> = events.into_iter().filter(|event| !matches!(event, Event::Gone)).collect();
        world.run(&lives)?;
        world.rest()?;
        prop_assert_eq!(world.announced.untold(), 0, "an announcement was lost");
    }

    /// An announcement by itself decides, asks, calls and stops nothing; while a question is open, somebody speaks or
    /// work goes on it waits, and changes nothing else.
    #[test]
    fn it_does_nothing_else(events in events(40)) {
        let mut world = World::new();
        world.run(&events)?;
        let (before, state) = (world.machine.history(), world.machine.state());
        let deadline = world.machine.deadline();
        if let Some(input) = world.input(&Event::Announce) {
            let out = world.put(input);
            prop_assert!(out.iter().all(only_announces), "{out:?}");
            let said = out.iter().any(|command| matches!(command, Command::Announce { .. }));
            prop_assert!(!said || state == State::Idle, "said over {state:?}");
            // The place that is kept for it may push the oldest line out.
            prop_assert!(before.ends_with(&world.machine.history()), "not heard yet");
            prop_assert!(state != State::Asking || deadline == world.machine.deadline(), "it moved a question's end");
            world.book(out)?;
        }
    }
}
