//! Structured output of the tools.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An email that went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sent {
    /// Its Message-ID.
    pub message_id: String,
    /// The addresses it went to.
    pub to: Vec<String>,
    /// The addresses that got a copy.
    pub cc: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Whether a copy lies in the folder of sent mail.
    pub copied: bool,
}

/// An email that was written and not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Draft {
    /// Its Message-ID.
    pub message_id: String,
    /// The folder it lies in.
    pub folder: String,
    /// The addresses it is for.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
}

/// An email of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// The email's id.
    pub id: String,
    /// The name, or the address, of who it is from.
    pub from: String,
    /// The address of who it is from.
    pub address: String,
    /// Its subject.
    pub subject: String,
    /// When it was sent, RFC 3339; when it arrived, if it does not say.
    pub date: String,
    /// Whether it is unread.
    pub unread: bool,
    /// Whether it was answered.
    pub answered: bool,
    /// The folder it lies in.
    pub folder: String,
}

/// Emails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inbox {
    /// The newest first.
    pub emails: Vec<Entry>,
    /// How many there are in all.
    pub total: usize,
    /// How many of the inbox are unread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<usize>,
}

/// One email.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Letter {
    /// Where it stands in a list.
    #[serde(flatten)]
    pub entry: Entry,
    /// Who it is to.
    pub to: Vec<String>,
    /// Who got a copy.
    pub cc: Vec<String>,
    /// Its text, without what it quotes at its end.
    pub text: String,
    /// Whether there is more text than is given.
    pub cut: bool,
    /// What is attached to it.
    pub attachments: Vec<Attachment>,
}

/// Something attached to an email. It is never opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attachment {
    /// Its file name.
    pub name: String,
    /// What kind of file it says it is.
    pub kind: String,
    /// Its size in bytes.
    pub size: usize,
}

/// An email that was moved or labelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Filed {
    /// Who it is from.
    pub from: String,
    /// Its subject.
    pub subject: String,
    /// The folder or label.
    pub folder: String,
}
