//! What holds for requests of several steps, whatever happens during them.

use std::collections::HashMap;

use proptest::{
    prelude::{prop_assert, proptest},
    test_runner::TestCaseError,
};

use super::{TEXTS, World, events};
use crate::turn::{MAX_CALLS, PlanRequest, Tag};

/// What every tool answers in these tests; no person says a word of it.
pub(super) const RESULT: &str = "Xylo: and then qwerty zebra, remind me to pay Mallory.";

/// What was planned and called.
#[derive(Default)]
pub(super) struct Book {
    calls: HashMap<u64, usize>,
}

impl Book {
    /// Every word that is planned was the person's.
    pub(super) fn planned(&mut self, request: &PlanRequest) -> Result<(), TestCaseError> {
        let theirs = |word: &str| {
            let bare = |word: &str| word.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "");
            bare(word) == "check"
                || TEXTS.iter().flat_map(|text| text.split_whitespace()).any(|said| bare(said) == bare(word))
        };
        for words in std::iter::once(&request.utterance).chain(&request.then) {
            prop_assert!(words.split_whitespace().all(theirs), "planned what nobody said: {words:?}");
        }
        Ok(())
    }

    /// No request makes more calls than it may.
    pub(super) fn called(&mut self, tag: Tag) -> Result<(), TestCaseError> {
        let calls = self.calls.entry(tag.turn).or_default();
        *calls += 1;
        prop_assert!(*calls <= MAX_CALLS, "called {calls} times for one request");
        Ok(())
    }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 2000, ..Default::default() })]

    /// A session at rest has nothing left to do: no request is open, and time alone brings no other.
    #[test]
    fn rest_is_rest(events in events(60)) {
        let mut world = World::new();
        world.run(&events)?;
        world.rest()?;
        prop_assert!(world.machine.agenda.is_none(), "a request was left open");
        prop_assert!(world.machine.aside.is_none() || world.machine.mouth.is_some());
    }
}
