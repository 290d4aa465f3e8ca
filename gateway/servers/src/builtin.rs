//! The servers that come with HomePilot, as the program that composes them sees them.

use crate::assistant;
use crate::serving::Effect;

/// A built-in server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltIn {
    /// Tasks, reminders and the schedule.
    Assistant,
}

impl BuiltIn {
    /// How many there are.
    pub const COUNT: usize = 1;

    /// All of them, in the order of their ports.
    pub const ALL: [BuiltIn; BuiltIn::COUNT] = [BuiltIn::Assistant];

    /// The name under which the gateway registers it.
    pub fn name(self) -> &'static str {
        match self {
            BuiltIn::Assistant => assistant::NAME,
        }
    }

    /// What it does, in a few words.
    pub fn description(self) -> &'static str {
        match self {
            BuiltIn::Assistant => "Tasks, reminders and the schedule",
        }
    }

    /// What kind of thing it is.
    pub fn category(self) -> &'static str {
        match self {
            BuiltIn::Assistant => "productivity",
        }
    }

    /// Every tool with what it does to the world.
    pub fn effects(self) -> Vec<(&'static str, Effect)> {
        match self {
            BuiltIn::Assistant => assistant::classes(),
        }
    }
}
