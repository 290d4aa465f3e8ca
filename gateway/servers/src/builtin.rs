//! The servers that come with HomePilot, as the program that composes them sees them.

use crate::serving::Effect;
use crate::{assistant, briefing, decision, knowledge, web};

/// A built-in server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltIn {
    /// Tasks, reminders and the schedule.
    Assistant,
    /// Documents.
    Knowledge,
    /// Decisions.
    Decision,
    /// Briefings from everything that is registered.
    Briefing,
    /// Searching the web and reading pages.
    Web,
}

impl BuiltIn {
    /// How many there are.
    pub const COUNT: usize = 5;

    /// All of them, in the order of their ports.
    pub const ALL: [BuiltIn; BuiltIn::COUNT] =
        [BuiltIn::Assistant, BuiltIn::Knowledge, BuiltIn::Decision, BuiltIn::Briefing, BuiltIn::Web];

    /// The name under which the gateway registers it.
    pub fn name(self) -> &'static str {
        match self {
            BuiltIn::Assistant => assistant::NAME,
            BuiltIn::Knowledge => knowledge::NAME,
            BuiltIn::Decision => decision::NAME,
            BuiltIn::Briefing => briefing::NAME,
            BuiltIn::Web => web::NAME,
        }
    }

    /// What it does, in a few words.
    pub fn description(self) -> &'static str {
        match self {
            BuiltIn::Assistant => "Tasks, reminders and the schedule",
            BuiltIn::Knowledge => "Your documents: search and answers",
            BuiltIn::Decision => "Pros and cons, decision matrices and risks",
            BuiltIn::Briefing => "Briefings from tasks, calendar, mail and whatever else is registered",
            BuiltIn::Web => "Searching the web and reading pages",
        }
    }

    /// What kind of thing it is.
    pub fn category(self) -> &'static str {
        match self {
            BuiltIn::Assistant => "productivity",
            BuiltIn::Knowledge | BuiltIn::Web => "knowledge",
            BuiltIn::Decision => "analysis",
            BuiltIn::Briefing => "productivity",
        }
    }

    /// Every tool with what it does to the world.
    pub fn effects(self) -> Vec<(&'static str, Effect)> {
        match self {
            BuiltIn::Assistant => assistant::classes(),
            BuiltIn::Knowledge => knowledge::classes(),
            BuiltIn::Decision => decision::classes(),
            BuiltIn::Briefing => briefing::classes(),
            BuiltIn::Web => web::classes(),
        }
    }
}
