//! What the tools say of themselves, written for a small planner.

use rmcp::model::Tool;
use serde_json::{Value, json};

use super::output::{Draft, Filed, Inbox, Letter, Sent};
use crate::definition::{Definition, flag, integer, text, when};
use crate::serving::{Effect, ToolName};

/// The longest subject, in characters.
pub(super) const LONGEST_SUBJECT: usize = 250;
/// The longest text of a message that is written, in characters.
pub(super) const LONGEST_BODY: usize = 20_000;
/// The most addresses in one field.
pub(super) const MOST_RECIPIENTS: usize = 50;
/// The longest list of addresses given as one text, and the longest address, in characters.
pub(super) const LONGEST_ADDRESS: usize = 320;
/// The longest words that a message is looked for by, in characters.
pub(super) const LONGEST_WORDS: usize = 200;
/// The longest name of a label, in characters.
pub(super) const LONGEST_LABEL: usize = 100;
/// The most messages of one list.
pub(super) const MOST_LISTED: i64 = 50;
/// How many messages are listed if nothing is said.
pub(super) const USUALLY_LISTED: i64 = 10;

/// A tool of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    SendEmail,
    ReplyEmail,
    DraftEmail,
    ReadInbox,
    SearchEmail,
    GetEmail,
    ArchiveEmail,
    LabelEmail,
}

impl ToolName for Name {
    const ALL: &'static [Name] = &[
        Name::SendEmail,
        Name::ReplyEmail,
        Name::DraftEmail,
        Name::ReadInbox,
        Name::SearchEmail,
        Name::GetEmail,
        Name::ArchiveEmail,
        Name::LabelEmail,
    ];

    fn name(self) -> &'static str {
        match self {
            Name::SendEmail => "send_email",
            Name::ReplyEmail => "reply_email",
            Name::DraftEmail => "draft_email",
            Name::ReadInbox => "read_inbox",
            Name::SearchEmail => "search_email",
            Name::GetEmail => "get_email",
            Name::ArchiveEmail => "archive_email",
            Name::LabelEmail => "label_email",
        }
    }

    fn effect(self) -> Effect {
        match self {
            Name::ReadInbox | Name::SearchEmail | Name::GetEmail => Effect::Read,
            Name::SendEmail | Name::ReplyEmail | Name::DraftEmail | Name::ArchiveEmail | Name::LabelEmail => {
                Effect::Write
            }
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
            idempotent: matches!(self, Name::ArchiveEmail | Name::LabelEmail),
            open_world: true,
        };
        match self {
            Name::SendEmail | Name::ReplyEmail => definition.tool::<Sent>(),
            Name::DraftEmail => definition.tool::<Draft>(),
            Name::ReadInbox | Name::SearchEmail => definition.tool::<Inbox>(),
            Name::GetEmail => definition.tool::<Letter>(),
            Name::ArchiveEmail | Name::LabelEmail => definition.tool::<Filed>(),
        }
    }
}

impl Name {
    /// The names of its arguments.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Name::SendEmail => &["to", "subject", "body", "cc"],
            Name::DraftEmail => &["to", "subject", "body", "cc"],
            Name::ReplyEmail => &["email", "body", "all"],
            Name::ReadInbox => &["from", "unread", "since", "limit"],
            Name::SearchEmail => &["query", "from", "subject", "unread", "since", "limit"],
            Name::GetEmail | Name::ArchiveEmail => &["email"],
            Name::LabelEmail => &["email", "label"],
        }
    }

    fn required(self) -> &'static [&'static str] {
        match self {
            Name::SendEmail => &["to", "subject", "body"],
            Name::DraftEmail => &["body"],
            Name::ReplyEmail => &["email", "body"],
            Name::GetEmail | Name::ArchiveEmail => &["email"],
            Name::LabelEmail => &["email", "label"],
            Name::ReadInbox | Name::SearchEmail => &[],
        }
    }

    fn title(self) -> &'static str {
        match self {
            Name::SendEmail => "Send an email",
            Name::ReplyEmail => "Reply to an email",
            Name::DraftEmail => "Draft an email",
            Name::ReadInbox => "Read the inbox",
            Name::SearchEmail => "Search email",
            Name::GetEmail => "Read an email",
            Name::ArchiveEmail => "Archive an email",
            Name::LabelEmail => "Label an email",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Name::SendEmail => "Send a new email from the user's account. Use it for \"email … that …\".",
            Name::ReplyEmail => {
                "Answer an email that the user got. Use it for \"reply to …'s email that …\"."
            }
            Name::DraftEmail => {
                "Write an email into the drafts without sending it. Use it for \"draft an email …\"."
            }
            Name::ReadInbox => {
                "List the newest emails of the inbox. Use it for \"check my inbox\", \"any new mail\" and \
                 \"emails from …\"."
            }
            Name::SearchEmail => {
                "Find emails by words, sender or subject, in all folders. Use it for \"find the email about …\"."
            }
            Name::GetEmail => "Read one email with its text. Use it for \"read me the email from …\".",
            Name::ArchiveEmail => {
                "Move one email out of the inbox into the archive. Use it for \"archive …\"."
            }
            Name::LabelEmail => "Put one email under a label or folder. Use it for \"label … as …\".",
        }
    }

    fn properties(self) -> Value {
        let email =
            || text("Words of its sender or subject, or its id.", LONGEST_WORDS, &["Sara", "the invoice"]);
        let from = || {
            text("Only from this sender: a name or an address.", LONGEST_WORDS, &["the design team", "Sara"])
        };
        let since = || when("Only since then, as spoken.", &["yesterday", "monday"]);
        let limit = || integer("How many at most.", (1, MOST_LISTED), USUALLY_LISTED);
        let unread = || flag("True for unread emails only.");
        match self {
            Name::SendEmail => json!({
                "to": addresses("Email addresses of who gets it.", 1),
                "subject": text("Its subject.", LONGEST_SUBJECT, &["Lunch on Friday"]),
                "body": text("Its text.", LONGEST_BODY, &["I'll be ten minutes late."]),
                "cc": addresses("Email addresses of who gets a copy. Leave it out if nobody was named.", 1),
            }),
            Name::DraftEmail => json!({
                "to": addresses("Email addresses of who will get it. Leave it out if nobody was named.", 1),
                "subject": text("Its subject.", LONGEST_SUBJECT, &["Lunch on Friday"]),
                "body": text("Its text.", LONGEST_BODY, &["I'll be ten minutes late."]),
                "cc": addresses("Email addresses of who will get a copy. Leave it out if nobody was named.", 1),
            }),
            Name::ReplyEmail => json!({
                "email": email(),
                "body": text("The answer.", LONGEST_BODY, &["Friday suits me."]),
                "all": flag("True only to answer everybody who got it."),
            }),
            Name::ReadInbox => {
                json!({ "from": from(), "unread": unread(), "since": since(), "limit": limit() })
            }
            Name::SearchEmail => json!({
                "query": text("Words in the email.", LONGEST_WORDS, &["lease", "flight to Rome"]),
                "from": from(),
                "subject": text("Words in its subject.", LONGEST_WORDS, &["invoice"]),
                "unread": unread(),
                "since": since(),
                "limit": limit(),
            }),
            Name::GetEmail | Name::ArchiveEmail => json!({ "email": email() }),
            Name::LabelEmail => json!({
                "email": email(),
                "label": text("The label.", LONGEST_LABEL, &["travel", "to do"]),
            }),
        }
    }
}

fn addresses(description: &str, least: usize) -> Value {
    json!({
        "type": "array",
        "items": { "type": "string", "format": "email", "minLength": 3, "maxLength": LONGEST_ADDRESS },
        "minItems": least,
        "maxItems": MOST_RECIPIENTS,
        "description": description,
        "examples": [["ada@example.org"]],
    })
}
