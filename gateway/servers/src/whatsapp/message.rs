//! A message as it is kept, and what is known of it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The longest text that WhatsApp takes, in characters.
pub(super) const LONGEST_TEXT: usize = 4096;

/// Who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Somebody else.
    In,
    /// The user.
    Out,
}

/// What is known of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It came, and was not marked as read.
    Unread,
    /// It is on its way to WhatsApp.
    Sending,
    /// Nobody knows whether WhatsApp has it.
    Unknown,
    /// WhatsApp has it.
    Accepted,
    /// WhatsApp has sent it on.
    Sent,
    /// It is on their device.
    Delivered,
    /// It came and was marked as read; or it was sent and they have seen it.
    Read,
    /// It does not arrive.
    Failed,
}

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Unread => "unread",
            Standing::Sending => "sending",
            Standing::Unknown => "unknown",
            Standing::Accepted => "accepted",
            Standing::Sent => "sent",
            Standing::Delivered => "delivered",
            Standing::Read => "read",
            Standing::Failed => "failed",
        }
    }

    /// One that was written down.
    pub fn of_stored(text: &str) -> Option<Standing> {
        use Standing::{Accepted, Delivered, Failed, Read, Sending, Sent, Unknown, Unread};
        let all = [Unread, Sending, Unknown, Accepted, Sent, Delivered, Read, Failed];
        all.into_iter().find(|standing| standing.as_str() == text)
    }

    /// Notices come in any order: of two about one message that was sent, the one that stands is the one further on.
    pub fn is_after(self, other: Standing) -> bool {
        let rank = |standing| match standing {
            Standing::Unread | Standing::Sending | Standing::Unknown => 0,
            Standing::Accepted => 1,
            Standing::Sent => 2,
            Standing::Failed => 3,
            Standing::Delivered => 4,
            Standing::Read => 5,
        };
        rank(self) > rank(other)
    }
}

/// A message as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// Ours.
    pub id: String,
    /// WhatsApp's, once it has one.
    pub wamid: Option<String>,
    /// Whose it is or to whom it goes.
    pub person: String,
    pub direction: Direction,
    pub text: String,
    pub at: Timestamp,
    pub standing: Standing,
    /// Why it failed.
    pub trouble: Option<String>,
}
