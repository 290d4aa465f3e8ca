//! What the tools say of themselves: names, descriptions and schemas, written for a small planner.

use rmcp::model::Tool;
use serde_json::{Value, json};

use super::contact::LONGEST_NAME as LONGEST_PERSON;
use super::message::LONGEST_TEXT;
use super::output::{Marked, Messages, Sent};
use super::template::{LONGEST_NAME as LONGEST_TEMPLATE, LONGEST_VALUE, MOST_VALUES};
use crate::definition::{Definition, flag, integer, text};
use crate::serving::{Effect, ToolName};

/// Messages that can be asked for at most.
pub(super) const MOST: i64 = 50;
/// Messages if no number is given.
pub(super) const USUAL: i64 = 10;
/// The longest language code of a template, in characters.
pub(super) const LONGEST_LANGUAGE: usize = 12;

/// A tool of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    SendWhatsapp,
    ListMessages,
    MarkRead,
}

impl ToolName for Name {
    const ALL: &'static [Name] = &[Name::SendWhatsapp, Name::ListMessages, Name::MarkRead];

    fn name(self) -> &'static str {
        match self {
            Name::SendWhatsapp => "send_whatsapp",
            Name::ListMessages => "list_messages",
            Name::MarkRead => "mark_read",
        }
    }

    fn effect(self) -> Effect {
        match self {
            Name::ListMessages => Effect::Read,
            Name::SendWhatsapp | Name::MarkRead => Effect::Write,
        }
    }

    fn describe(self) -> Tool {
        let definition = Definition {
            name: self.name(),
            title: "",
            description: "",
            properties: json!({}),
            required: &[],
            effect: self.effect(),
            idempotent: self == Name::MarkRead,
            open_world: self != Name::ListMessages,
        };
        match self {
            Name::SendWhatsapp => Definition {
                title: "Send a WhatsApp message",
                description: "Send a WhatsApp message to one person. Use it for \"send a WhatsApp to …\" and \"message … on WhatsApp\".",
                properties: sending(),
                required: &["to", "message"],
                ..definition
            }
            .tool::<Sent>(),
            Name::ListMessages => Definition {
                title: "Read WhatsApp messages",
                description: "Read the WhatsApp messages that came, or the conversation with one person. Use it for \"check my WhatsApp\".",
                properties: json!({
                    "person": text("Whose; leave it out for everybody.", LONGEST_PERSON, &["John", "+44 7911 123456"]),
                    "unread": flag("Only those that are unread."),
                    "limit": integer("How many messages.", (1, MOST), USUAL),
                }),
                ..definition
            }
            .tool::<Messages>(),
            Name::MarkRead => Definition {
                title: "Mark WhatsApp messages as read",
                description: "Mark WhatsApp messages that came as read, so that those who wrote them see it.",
                properties: json!({
                    "person": text("Whose; leave it out for all.", LONGEST_PERSON, &["John"]),
                }),
                ..definition
            }
            .tool::<Marked>(),
        }
    }
}

fn sending() -> Value {
    json!({
        "to": text("The person's name or number.", LONGEST_PERSON, &["John", "+44 7911 123456"]),
        "message": text("What to say.", LONGEST_TEXT, &["I'll be there in ten minutes"]),
        "template": text(
            "Name of an approved template to send instead; message is put into its place.",
            LONGEST_TEMPLATE,
            &["appointment_reminder"],
        ),
        "values": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": LONGEST_VALUE},
            "maxItems": MOST_VALUES,
            "description": "What is put into the template's places instead of message; empty for a template without any.",
        },
        "language": text("The template's language.", LONGEST_LANGUAGE, &["en_US"]),
    })
}

impl Name {
    /// The names of its arguments.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Name::SendWhatsapp => &["to", "message", "template", "values", "language"],
            Name::ListMessages => &["person", "unread", "limit"],
            Name::MarkRead => &["person"],
        }
    }
}
