//! What the tools say of themselves, written for a small planner.

use rmcp::model::Tool;
use serde_json::{Value, json};

use super::report::Report;
use super::{SOURCES, SOURCES_ARGUMENT};
use crate::dates;
use crate::definition::Definition;
use crate::serving::{Effect, ToolName};

/// The longest id of a source, in characters.
pub(super) const LONGEST_ID: usize = 200;

/// A tool of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    DailyDigest,
    WeeklySummary,
    StatusReport,
    WhatChangedSince,
}

impl ToolName for Name {
    const ALL: &'static [Name] =
        &[Name::DailyDigest, Name::WeeklySummary, Name::StatusReport, Name::WhatChangedSince];

    fn name(self) -> &'static str {
        match self {
            Name::DailyDigest => "daily_digest",
            Name::WeeklySummary => "weekly_summary",
            Name::StatusReport => "status_report",
            Name::WhatChangedSince => "what_changed_since",
        }
    }

    fn effect(self) -> Effect {
        Effect::Read
    }

    fn describe(self) -> Tool {
        let (properties, required): (Value, &[&str]) = match self {
            Name::DailyDigest | Name::WeeklySummary | Name::StatusReport => {
                (json!({ SOURCES_ARGUMENT: sources() }), &[])
            }
            Name::WhatChangedSince => (json!({ "since": since(), SOURCES_ARGUMENT: sources() }), &["since"]),
        };
        let definition = Definition {
            name: self.name(),
            title: self.title(),
            description: self.description(),
            properties,
            required,
            effect: self.effect(),
            idempotent: true,
            open_world: true,
        };
        definition.tool::<Report>()
    }
}

impl Name {
    fn title(self) -> &'static str {
        match self {
            Name::DailyDigest => "Daily digest",
            Name::WeeklySummary => "Weekly summary",
            Name::StatusReport => "Status report",
            Name::WhatChangedSince => "What changed since",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Name::DailyDigest => {
                "Sum up the user's day from tasks, reminders, calendar and mail together. Use it for \"brief me\", \"what does my \
                 day look like\" and \"give me my daily digest\"."
            }
            Name::WeeklySummary => {
                "Sum up the user's week: what was done and what is coming. Use it for \"summarize my week\" and \"weekly summary\"."
            }
            Name::StatusReport => {
                "Report how things stand: how much is open, overdue and next. Use it for \"status report\" and \"where do I stand\"."
            }
            Name::WhatChangedSince => {
                "Tell what is new, done or received since a past time. Use it for \"what changed since …\" and \"what did I miss \
                 since …\". Copy the time words as spoken."
            }
        }
    }
}

fn sources() -> Value {
    json!({
        "type": "array",
        "x-homepilot": "capabilities",
        "items": { "type": "string", "minLength": 1, "maxLength": LONGEST_ID },
        "minItems": 1,
        "maxItems": SOURCES,
        "description": "Ids of the tools to read, as server__tool. All that fit if left out.",
        "examples": [["assistant__list_tasks", "assistant__list_schedule"]],
    })
}

/// No mark of a coming time: it is past, and read by this server.
fn since() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": dates::LONGEST,
        "description": "Since when, as spoken: a time that is past.",
        "examples": ["yesterday", "monday", "three days ago"],
    })
}
