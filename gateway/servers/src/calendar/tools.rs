//! What the tools say of themselves: names, descriptions and schemas, written for a small planner.

use rmcp::model::Tool;
use serde_json::{Value, json};

use super::output::{Availability, Event, Events};
use crate::dates;
use crate::definition::{Definition, flag, text, texts, when};
use crate::serving::{Effect, ToolName};

/// The longest title or place, in characters.
pub(super) const LONGEST_TEXT: usize = 500;
/// The longest notes, in characters.
pub(super) const LONGEST_NOTES: usize = 4000;
/// The most people who are invited by one call.
pub(super) const MOST_GUESTS: usize = 50;
/// The longest address, in characters.
pub(super) const LONGEST_ADDRESS: usize = 254;

/// A tool of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    CreateEvent,
    ListEvents,
    CheckAvailability,
    UpdateEvent,
    CancelEvent,
}

impl ToolName for Name {
    const ALL: &'static [Name] =
        &[Name::CreateEvent, Name::ListEvents, Name::CheckAvailability, Name::UpdateEvent, Name::CancelEvent];

    fn name(self) -> &'static str {
        match self {
            Name::CreateEvent => "create_event",
            Name::ListEvents => "list_events",
            Name::CheckAvailability => "check_availability",
            Name::UpdateEvent => "update_event",
            Name::CancelEvent => "cancel_event",
        }
    }

    fn effect(self) -> Effect {
        match self {
            Name::ListEvents | Name::CheckAvailability => Effect::Read,
            Name::CreateEvent | Name::UpdateEvent => Effect::Write,
            Name::CancelEvent => Effect::Destructive,
        }
    }

    fn describe(self) -> Tool {
        let definition = Definition {
            name: self.name(),
            title: self.title(),
            description: self.description(),
            properties: self.properties(),
            required: self.required(),
            effect: self.effect(),
            idempotent: false,
            open_world: true,
        };
        match self {
            Name::CreateEvent | Name::UpdateEvent | Name::CancelEvent => definition.tool::<Event>(),
            Name::ListEvents => definition.tool::<Events>(),
            Name::CheckAvailability => definition.tool::<Availability>(),
        }
    }
}

impl Name {
    /// The names of its arguments.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Name::CreateEvent => &["title", "when", "duration", "location", "notes", "attendees", "calendar"],
            Name::ListEvents => &["when", "calendar"],
            Name::CheckAvailability => &["when", "duration"],
            Name::UpdateEvent => &[
                "event",
                "day",
                "title",
                "when",
                "duration",
                "location",
                "notes",
                "attendees",
                "whole_series",
            ],
            Name::CancelEvent => &["event", "day", "whole_series"],
        }
    }

    fn required(self) -> &'static [&'static str] {
        match self {
            Name::CreateEvent => &["title", "when"],
            Name::UpdateEvent | Name::CancelEvent => &["event"],
            Name::ListEvents | Name::CheckAvailability => &[],
        }
    }

    fn title(self) -> &'static str {
        match self {
            Name::CreateEvent => "Create an event",
            Name::ListEvents => "List events",
            Name::CheckAvailability => "Check availability",
            Name::UpdateEvent => "Change an event",
            Name::CancelEvent => "Cancel an event",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Name::CreateEvent => {
                "Put an event into the user's calendar. Use it for \"put … in my calendar\" and \"put … at three\". \
                 Copy the time words as spoken."
            }
            Name::ListEvents => {
                "Read the events in the user's calendar, of a day or of the coming days. Use it for \"what's in my calendar\"."
            }
            Name::CheckAvailability => {
                "Say whether the user is free at a time, by the calendar. Use it for \"am I free on Thursday afternoon\"."
            }
            Name::UpdateEvent => {
                "Move or change one event in the user's calendar. Use it for \"move … to four\" and \"rename the event …\"."
            }
            Name::CancelEvent => {
                "Take one event out of the user's calendar. Use it for \"cancel the … on Friday\"."
            }
        }
    }

    fn properties(self) -> Value {
        let event = || text("Words of the event, or its id.", LONGEST_TEXT, &["the dentist", "standup"]);
        let day =
            || when("The day that the event is on, as spoken, if it was said.", &["thursday", "tomorrow"]);
        let location =
            || text("Where it is. Leave it out if no place was said.", LONGEST_TEXT, &["Luigi's", "room 4"]);
        let notes =
            || text("Notes to it. Leave it out if none were said.", LONGEST_NOTES, &["bring the papers"]);
        let attendees = || {
            texts(
                "Mail addresses of people to invite.",
                (1, MOST_GUESTS),
                LONGEST_ADDRESS,
                &[&["ann@example.org"]],
            )
        };
        let calendar = || text("Which calendar, only if one was named.", LONGEST_TEXT, &["work", "family"]);
        let whole_series = flag("True only if every time of a repeated event is meant.");
        match self {
            Name::CreateEvent => json!({
                "title": text("What it is, without the time words.", LONGEST_TEXT, &["dentist", "lunch with Sara"]),
                "when": when("When it begins, or from when to when, as spoken.", &["thursday at three", "tomorrow from two to four", "every monday at nine"]),
                "duration": text("How long it takes, as spoken; an hour if left out.", dates::LONGEST, &["45 minutes", "an hour and a half"]),
                "location": location(),
                "notes": notes(),
                "attendees": attendees(),
                "calendar": calendar(),
            }),
            Name::ListEvents => json!({
                "when": when("The day or days, as spoken; the coming week if left out.", &["today", "tomorrow", "next week"]),
                "calendar": calendar(),
            }),
            Name::CheckAvailability => json!({
                "when": when("The day, part of a day or time, as spoken; the coming week if left out.", &["thursday afternoon", "tomorrow at five", "friday"]),
                "duration": text("How much time is needed, as spoken; half an hour if left out.", dates::LONGEST, &["an hour", "45 minutes"]),
            }),
            Name::UpdateEvent => json!({
                "event": event(),
                "day": day(),
                "title": text("Its new name. Leave it out to keep it.", LONGEST_TEXT, &["dentist with Anna"]),
                "when": when("Its new time, as spoken. Leave it out to keep it.", &["four", "friday at ten"]),
                "duration": text("How long it takes from now on. Leave it out to keep it.", dates::LONGEST, &["half an hour"]),
                "location": location(),
                "notes": notes(),
                "attendees": attendees(),
                "whole_series": whole_series,
            }),
            Name::CancelEvent => json!({ "event": event(), "day": day(), "whole_series": whole_series }),
        }
    }
}
