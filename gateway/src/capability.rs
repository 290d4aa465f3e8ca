//! What a server offers: tools, how dangerous each is taken to be, and the hash that pins its definition.

mod tool;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use tool::Tool;

use crate::canonical::Digest;
use crate::name::{CapabilityId, ServerName, ToolName};

/// What calling a tool does, as far as is known. Ordered by how careful it makes us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Changes nothing.
    Read,
    /// Changes or sends something.
    Write,
    /// Nobody trusted has said; handled as a write that always asks.
    Unknown,
    /// Removes or overwrites something.
    Destructive,
}

impl Class {
    /// The word used in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Read => "read",
            Class::Write => "write",
            Class::Unknown => "unknown",
            Class::Destructive => "destructive",
        }
    }

    /// What a tool of this class is said to be, after "is".
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Class::Read => "a read",
            Class::Write => "a write",
            Class::Unknown => "not known to be a read",
            Class::Destructive => "destructive",
        }
    }

    pub(crate) fn from_stored(text: &str) -> Class {
        match text {
            "read" => Class::Read,
            "write" => Class::Write,
            "destructive" => Class::Destructive,
            _ => Class::Unknown,
        }
    }
}

/// Where a class comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassSource {
    /// The operator said so, for the definition the tool has.
    OperatorPin,
    /// The program knows its own servers.
    BuiltinCatalogue,
    /// A trusted server says so.
    TrustedAnnotations,
    /// Nobody trusted has said; names and annotations only make it more careful.
    Guessed,
}

/// What a capability is at the party that offers it. It is called in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CapabilityKind {
    /// A tool of a server.
    Tool,
    /// A skill of an agent, which takes a message in words.
    Skill,
}

/// One callable tool of one reachable server.
#[derive(Clone, Debug, PartialEq)]
pub struct Capability {
    /// `server__tool`.
    pub id: CapabilityId,
    /// The server that offers it.
    pub server: ServerName,
    /// Its name there.
    pub tool: ToolName,
    /// Whether it is a tool or a skill.
    pub kind: CapabilityKind,
    /// The server's human name for it, cleaned.
    pub title: Option<String>,
    /// The server's description, cleaned of hidden characters.
    pub description: String,
    /// JSON schema of the arguments object.
    pub input_schema: Value,
    /// What calling it does.
    pub class: Class,
    /// The category its server was registered under.
    pub category: Option<String>,
    /// Hash over name, title, description, schemas and annotations as the server sent them.
    pub tool_hash: Digest,
}

/// What a server's own annotations say. Hints, never proof.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    pub(crate) read_only: Option<bool>,
    pub(crate) destructive: Option<bool>,
}

/// The class that follows from a server's annotations and the tool's name, when neither the operator nor the built-in
/// catalogue has spoken, and which of both it is. A trusted server's word counts; an untrusted one's can only make us more
/// careful, and so can a name.
pub(crate) fn inferred_class(name: &ToolName, hints: Hints, trusted: bool) -> (Class, ClassSource) {
    let said = if trusted {
        match (hints.read_only, hints.destructive) {
            (Some(true), Some(true)) => Class::Destructive,
            (Some(true), _) => Class::Read,
            (Some(false), Some(false)) => Class::Write,
            // MCP: a tool that is not read-only is destructive unless it says otherwise.
            (Some(false), _) => Class::Destructive,
            (None, Some(true)) => Class::Destructive,
            (None, _) => Class::Unknown,
        }
    } else if hints.destructive == Some(true) && hints.read_only != Some(true) {
        Class::Destructive
    } else {
        Class::Unknown
    };
    let class = said.max(named_class(name));
    let told = trusted && class == said && (hints.read_only.is_some() || hints.destructive.is_some());
    (
        class,
        if told && said != Class::Unknown { ClassSource::TrustedAnnotations } else { ClassSource::Guessed },
    )
}

fn named_class(name: &ToolName) -> Class {
    const DESTRUCTIVE: &[&str] = &[
        "delete",
        "remove",
        "drop",
        "erase",
        "purge",
        "wipe",
        "destroy",
        "truncate",
        "revoke",
        "uninstall",
        "format",
    ];
    const WRITE: &[&str] = &[
        "send", "create", "update", "write", "set", "post", "add", "insert", "edit", "book", "pay", "buy",
        "order", "move", "rename", "upload", "execute", "run", "invite", "publish", "cancel",
    ];
    let mut class = Class::Read;
    for word in words(name.as_str()) {
        if DESTRUCTIVE.contains(&word.as_str()) {
            return Class::Destructive;
        }
        if WRITE.contains(&word.as_str()) {
            class = Class::Write;
        }
    }
    class
}

/// `sendEmail`, `send_email` and `mail/send-email` all hold the word `send`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous_lower = false;
    for c in name.chars() {
        let boundary = !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && previous_lower);
        if boundary {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
        previous_lower = c.is_ascii_lowercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str, read_only: Option<bool>, destructive: Option<bool>, trusted: bool) -> Class {
        inferred_class(&name.parse().unwrap(), Hints { read_only, destructive }, trusted).0
    }

    #[test]
    fn where_a_class_comes_from() {
        let source = |name: &str, read_only, trusted| {
            inferred_class(&name.parse().unwrap(), Hints { read_only, destructive: None }, trusted).1
        };
        assert_eq!(source("list", Some(true), true), ClassSource::TrustedAnnotations);
        assert_eq!(source("list", Some(true), false), ClassSource::Guessed);
        assert_eq!(source("list", None, true), ClassSource::Guessed);
        assert_eq!(source("send", Some(true), true), ClassSource::Guessed);
    }

    #[test]
    fn inference() {
        let rows = [
            // An untrusted server can't make its tool look harmless, only more dangerous.
            ("list_things", Some(true), None, false, Class::Unknown),
            ("list_things", Some(false), Some(true), false, Class::Destructive),
            ("list_things", None, None, false, Class::Unknown),
            ("delete_all", Some(true), None, false, Class::Destructive),
            ("list_things", Some(true), None, true, Class::Read),
            ("list_things", Some(true), Some(true), true, Class::Destructive),
            ("note_down", Some(false), Some(false), true, Class::Write),
            ("note_down", Some(false), None, true, Class::Destructive),
            ("note_down", None, None, true, Class::Unknown),
            // A name raises what even a trusted server says.
            ("sendEmail", Some(true), None, true, Class::Write),
            ("files/remove-all", Some(true), None, true, Class::Destructive),
            ("list_settings", Some(true), None, true, Class::Read),
        ];
        for (name, read_only, destructive, trusted, wanted) in rows {
            assert_eq!(
                class(name, read_only, destructive, trusted),
                wanted,
                "{name} {read_only:?} {destructive:?} {trusted}"
            );
        }
    }
}
