//! Names that are shown to people, put into prompts and matched against policy.
//!
//! Two servers that look the same on screen would let one borrow the other's rules, so names are plain ASCII with one
//! spelling each: no upper case in server names, no invisible or look-alike characters anywhere. `server__tool` splits at
//! the first `__`, which is unambiguous because a server name holds no `__` and does not end in `_`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

const SERVER_MAX: usize = 40;
const TOOL_MAX: usize = 128;

/// A registered server's name: `[a-z0-9][a-z0-9_-]{0,39}`, without `__` and without `_` at the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerName(String);

/// A tool's name as its server spells it: 1 to 128 of `A-Z a-z 0-9 _ - . /`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ToolName(String);

/// One tool of one server, written `server__tool`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CapabilityId {
    server: ServerName,
    tool: ToolName,
}

/// Why a name can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("{what} is empty")]
    Empty {
        /// What was being named.
        what: &'static str,
    },
    /// Longer than allowed.
    #[error("{what} is longer than {max} characters")]
    TooLong {
        /// What was being named.
        what: &'static str,
        /// The most characters allowed.
        max: usize,
    },
    /// A character outside the allowed set, which includes every look-alike and invisible one.
    #[error("{what} holds the character {shown}, use only {allowed}")]
    Character {
        /// What was being named.
        what: &'static str,
        /// The character, or its code point when it can't be seen.
        shown: String,
        /// The allowed set in words.
        allowed: &'static str,
    },
    /// Right characters in a wrong place.
    #[error("server name {name:?} {problem}")]
    Shape {
        /// The name as given.
        name: String,
        /// What is wrong about it.
        problem: &'static str,
    },
    /// Not of the form `server__tool`.
    #[error("capability {given:?} is not of the form server__tool")]
    Capability {
        /// What was given.
        given: String,
    },
}

impl ServerName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ToolName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl CapabilityId {
    /// Joins a server and one of its tools.
    #[must_use]
    pub fn new(server: ServerName, tool: ToolName) -> Self {
        Self { server, tool }
    }

    /// The server that offers the tool.
    #[must_use]
    pub fn server(&self) -> &ServerName {
        &self.server
    }

    /// The tool's name at its server.
    #[must_use]
    pub fn tool(&self) -> &ToolName {
        &self.tool
    }
}

impl FromStr for ServerName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let what = "server name";
        check(text, what, SERVER_MAX, "a-z, 0-9, _ and -", |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-'
        })?;
        let shape = |problem| NameError::Shape { name: text.to_owned(), problem };
        if text.starts_with(['_', '-']) {
            return Err(shape("must start with a letter or a digit"));
        }
        if text.contains("__") {
            return Err(shape("must not contain __, which separates server and tool"));
        }
        if text.ends_with('_') {
            return Err(shape("must not end with _"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for ToolName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check(text, "tool name", TOOL_MAX, "A-Z, a-z, 0-9, _, -, . and /", |c| {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')
        })?;
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for CapabilityId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (server, tool) =
            text.split_once("__").ok_or_else(|| NameError::Capability { given: text.to_owned() })?;
        Ok(Self { server: server.parse()?, tool: tool.parse()? })
    }
}

fn check(
    text: &str,
    what: &'static str,
    max: usize,
    allowed: &'static str,
    fits: impl Fn(char) -> bool,
) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty { what });
    }
    if let Some(bad) = text.chars().find(|c| !fits(*c)) {
        let shown =
            if bad.is_ascii_graphic() { bad.to_string() } else { format!("U+{:04X}", u32::from(bad)) };
        return Err(NameError::Character { what, shown, allowed });
    }
    if text.len() > max {
        return Err(NameError::TooLong { what, max });
    }
    Ok(())
}

macro_rules! text_like {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.to_string()
            }
        }
    )*};
}
text_like!(ServerName, ToolName, CapabilityId);

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ToolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for CapabilityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}__{}", self.server, self.tool)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn server_names() {
        for good in ["email", "klavis-gmail", "my-custom-tool", "a", "9lives", "a_b-c"] {
            assert_eq!(good.parse::<ServerName>().unwrap().as_str(), good);
        }
        let long = "a".repeat(41);
        // Cyrillic a, zero-width space, right-to-left override, combining accent.
        let bad = [
            "",
            "Gmail",
            "gm\u{0430}il",
            "a\u{200b}b",
            "a\u{202e}b",
            "cafe\u{301}",
            "a b",
            "a__b",
            "a_",
            "_a",
            "-a",
            "a/b",
            &long,
        ];
        for name in bad {
            assert!(name.parse::<ServerName>().is_err(), "{name:?} was accepted");
        }
    }

    #[test]
    fn an_unseen_character_is_named_by_its_code_point() {
        let error = "a\u{200b}b".parse::<ServerName>().unwrap_err().to_string();
        assert_eq!(error, "server name holds the character U+200B, use only a-z, 0-9, _ and -");
    }

    #[test]
    fn tool_names() {
        for good in ["send_email", "issues.list", "a/b", "X-1", "_hidden"] {
            assert!(good.parse::<ToolName>().is_ok(), "{good:?}");
        }
        for bad in ["", "s\u{0435}nd", "a b", "a\u{feff}", "a:b", &"t".repeat(129)] {
            assert!(bad.parse::<ToolName>().is_err(), "{bad:?} was accepted");
        }
    }

    proptest! {
        #[test]
        fn a_capability_reads_back_as_written(server in "[a-z0-9]([a-z0-9-]{0,5}_?[a-z0-9-])?", tool in "[A-Za-z0-9_./-]{1,20}") {
            let id = CapabilityId::new(server.parse().unwrap(), tool.parse().unwrap());
            prop_assert_eq!(id.to_string().parse::<CapabilityId>().unwrap(), id);
        }
    }
}
