//! What a persona is once its file has been checked.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Names a persona: one to forty of `a-z`, `0-9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonaId(String);

impl PersonaId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that can't name a persona.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 40 characters of a-z, 0-9 and -, not {0:?}")]
pub struct InvalidPersonaId(String);

impl FromStr for PersonaId {
    type Err = InvalidPersonaId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if (1..=40).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPersonaId(text.to_owned()))
        }
    }
}

impl TryFrom<String> for PersonaId {
    type Error = InvalidPersonaId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PersonaId> for String {
    fn from(id: PersonaId) -> Self {
        id.0
    }
}

impl fmt::Display for PersonaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a persona reaches tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Discovers every registered capability by itself.
    Linked,
    /// Conversation only.
    Unlinked,
}

/// How far a persona goes without being asked. In files and JSON it is the number 0, 1 or 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Level {
    /// Reads run unasked; everything else is refused.
    ReadOnly = 0,
    /// The exact call is described and waits for a yes.
    Confirm = 1,
    /// Runs unasked within the rule's boundaries.
    Autonomous = 2,
}

/// A number that is no level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 0 (read-only), 1 (confirm) or 2 (autonomous), not {0}")]
pub struct UnknownLevel(u8);

impl TryFrom<u8> for Level {
    type Error = UnknownLevel;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            0 => Ok(Self::ReadOnly),
            1 => Ok(Self::Confirm),
            2 => Ok(Self::Autonomous),
            other => Err(UnknownLevel(other)),
        }
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level as Self
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadOnly => "0 (read-only)",
            Self::Confirm => "1 (confirm)",
            Self::Autonomous => "2 (autonomous)",
        })
    }
}

/// A level for one server, or for some of its actions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The registered server's name.
    pub server: String,
    /// Tools of that server; empty means all of them.
    pub actions: Vec<String>,
    /// The level that holds there.
    pub level: Level,
}

/// A persona's levels. `default` and every rule's level are at most `ceiling`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Autonomy {
    /// Where no rule says otherwise.
    pub default: Level,
    /// Never exceeded, whichever rule decides.
    pub ceiling: Level,
    /// Exceptions, in the file's order.
    pub rules: Vec<Rule>,
}

/// The voice a persona speaks with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VoiceChoice {
    /// A voice of the model catalogue.
    pub id: String,
    /// 1.0 is the voice's own pace; 0.5 to 2.0.
    pub speed: f32,
}

/// Which tools a persona sees. Entries are `server` or `server__tool`; deny wins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ToolFilter {
    /// Empty means every tool.
    pub allow: Vec<String>,
    /// Never visible.
    pub deny: Vec<String>,
}

/// Where a persona was defined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Shipped with the program.
    BuiltIn,
    /// A user's file.
    File(PathBuf),
}

/// A checked persona. Only [`crate::parse`] makes one out of text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Persona {
    /// Its id, unique in a catalogue.
    pub id: PersonaId,
    /// What people call it.
    pub name: String,
    /// One line for the picker; may be empty.
    pub description: String,
    /// Whether it has tools.
    pub mode: Mode,
    /// Its character, for the language model.
    pub instructions: String,
    /// What it says first; may be empty.
    pub greeting: String,
    /// A BCP 47 tag such as `en` or `en-GB`.
    pub language: String,
    /// Its voice.
    pub voice: VoiceChoice,
    /// Its levels.
    pub autonomy: Autonomy,
    /// The tools it sees.
    pub tools: ToolFilter,
    /// Whether it remembers earlier conversations.
    pub memory: bool,
    /// Where it was defined.
    pub origin: Origin,
}

#[cfg(test)]
mod tests {
    use super::{Level, PersonaId};

    #[test]
    fn ids_are_short_lower_case_names() {
        for good in ["a", "chief-of-staff", "r2-d2", &"x".repeat(40)] {
            assert_eq!(good.parse::<PersonaId>().unwrap().as_str(), good);
        }
        for bad in ["", "Assistant", "a b", "ä", "../etc", "a_b", &"x".repeat(41)] {
            assert!(bad.parse::<PersonaId>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn levels_are_ordered_numbers() {
        for number in 0..=2_u8 {
            assert_eq!(u8::from(Level::try_from(number).unwrap()), number);
        }
        assert!(Level::try_from(3).is_err());
        assert!(Level::ReadOnly < Level::Confirm && Level::Confirm < Level::Autonomous);
    }
}
