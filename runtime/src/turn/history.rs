//! What was said, as far as it was heard. A reply takes its place when it begins, and its words when it has ended.

use std::collections::VecDeque;

use super::{
    events::Tag,
    request::{Line, Role},
};

/// Lines that are kept.
pub const HISTORY_LINES: usize = 12;

/// The conversation's tail.
#[derive(Debug, Default)]
pub(super) struct History {
    lines: VecDeque<Slot>,
}

#[derive(Debug)]
struct Slot {
    line: Line,
    /// The speech that will fill it.
    open: Option<Tag>,
}

impl History {
    pub fn person(&mut self, text: &str) {
        self.push(Slot { line: Line { role: Role::Person, text: text.to_owned() }, open: None });
    }

    /// Keeps a place for speech that begins.
    pub fn begin(&mut self, tag: Tag) {
        self.push(Slot { line: Line { role: Role::Persona, text: String::new() }, open: Some(tag) });
    }

    /// Fills the place with what was heard, or gives it up when nothing was.
    pub fn played(&mut self, tag: Tag, heard: &str) {
        let heard = heard.trim();
        if let Some(at) = self.lines.iter().position(|s| s.open == Some(tag)) {
            if heard.is_empty() {
                self.lines.remove(at);
            } else if let Some(slot) = self.lines.get_mut(at) {
                *slot = Slot { line: Line { role: Role::Persona, text: heard.to_owned() }, open: None };
            }
        }
    }

    /// What is known to have been heard, oldest first.
    pub fn lines(&self) -> Vec<Line> {
        self.lines.iter().filter(|s| s.open.is_none()).map(|s| s.line.clone()).collect()
    }

    /// What the person said, oldest first.
    pub fn spoken(&self) -> Vec<String> {
        let theirs = self.lines.iter().filter(|s| s.line.role == Role::Person);
        theirs.map(|s| s.line.text.clone()).collect()
    }

    fn push(&mut self, slot: Slot) {
        if self.lines.len() == HISTORY_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_keeps_its_place_and_only_what_was_heard() {
        let mut history = History::default();
        let (first, second) = (Tag { turn: 1, epoch: 1 }, Tag { turn: 1, epoch: 2 });
        history.begin(first);
        history.person("wait");
        history.begin(second);
        assert_eq!(history.lines().len(), 1);
        history.played(first, "It will rain ");
        history.played(second, " ");
        history.played(second, "late");
        let lines: Vec<_> = history.lines().into_iter().map(|l| l.text).collect();
        assert_eq!(lines, ["It will rain", "wait"]);
    }

    #[test]
    fn the_oldest_lines_go_first() {
        let mut history = History::default();
        (0..HISTORY_LINES + 3).for_each(|n| history.person(&n.to_string()));
        assert_eq!(history.lines().len(), HISTORY_LINES);
        assert_eq!(history.lines()[0].text, "3");
    }
}
