//! The parts a decision is made from: levels, stored rules, and what a persona's file says.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use super::boundary::Boundaries;
use super::yes_by::YesBy;
use crate::name::{ServerName, ToolName};

/// How much may be done unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 0: reads run, everything else is refused.
    ReadOnly,
    /// 1: the exact call is described and waits for a yes.
    Confirm,
    /// 2: runs unasked, except what is destructive or unknown and not named by the rule.
    Autonomous,
}

impl Level {
    /// 0, 1 or 2.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Level::ReadOnly => 0,
            Level::Confirm => 1,
            Level::Autonomous => 2,
        }
    }

    /// The level of a number, if there is one.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Level::ReadOnly),
            1 => Some(Level::Confirm),
            2 => Some(Level::Autonomous),
            _ => None,
        }
    }

    /// A level read back from storage; anything odd is the most careful one.
    pub(crate) fn from_stored(number: i64) -> Self {
        u64::try_from(number).ok().and_then(Self::from_number).unwrap_or(Level::ReadOnly)
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.number())
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        value.as_u64().and_then(Self::from_number).ok_or_else(|| {
            de::Error::custom(format!(
                "level {value} is unknown, use 0 (read-only), 1 (confirm) or 2 (autonomous)"
            ))
        })
    }
}

/// What a persona's own file says about tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonaProfile {
    /// The persona's id.
    pub id: String,
    /// Whether it has tools at all.
    pub linked: bool,
    /// The level where no rule says otherwise.
    pub default: Level,
    /// The level nothing rises above.
    pub ceiling: Level,
    /// The rules in its file.
    pub rules: Vec<ProfileRule>,
    /// `server` or `server__tool`; empty allows all.
    pub allow: Vec<String>,
    /// `server` or `server__tool`.
    pub deny: Vec<String>,
}

impl PersonaProfile {
    /// One that has every tool and no rules of its own: a question before each call, unless the operator's rules say otherwise.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            linked: true,
            default: Level::Confirm,
            ceiling: Level::Autonomous,
            rules: Vec::new(),
            allow: Vec::new(),
            deny: Vec::new(),
        }
    }
}

/// The persona that callers at `/mcp` are; rules may name it like any other.
pub const MCP_CALLER: &str = "mcp";

/// The profile that calls at `/mcp` are judged by.
#[must_use]
pub fn mcp_profile() -> PersonaProfile {
    PersonaProfile::new(MCP_CALLER)
}

/// One rule of a persona's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileRule {
    /// A server's name.
    pub server: String,
    /// Tools of that server; empty means all.
    pub actions: Vec<String>,
    /// The level.
    pub level: Level,
}

/// A change to the stored rules, as `PATCH /v1/agentic/policy` brings it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulePatch {
    /// A registered server's name.
    pub tool: String,
    /// The level it gets.
    pub level: Level,
    /// Tools of that server; none or empty means all.
    #[serde(default)]
    pub actions: Option<Vec<String>>,
    /// The persona it is for; none means every persona.
    #[serde(default)]
    pub persona: Option<String>,
    /// Boundaries of level 2: `recipients`, `hours`, `calls_per_hour`, and `actions`, which is as if it stood above.
    #[serde(default)]
    pub boundaries: Option<Map<String, Value>>,
    /// How a yes has to be given; without it as a wider rule has it, and if none says so in any way.
    #[serde(default)]
    pub approve: Option<YesBy>,
}

/// A stored rule as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyRule {
    /// The persona it is for; none means every persona.
    pub persona: Option<String>,
    /// The server.
    pub tool: ServerName,
    /// Its tools; empty means all.
    pub actions: Vec<ToolName>,
    /// The level.
    pub level: Level,
    /// What level 2 is bounded by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundaries: Option<Boundaries>,
    /// How a yes has to be given, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve: Option<YesBy>,
}

/// A stored rule as it is kept: one row for each action, so that the latest word on an action replaces the one before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RuleRow {
    pub(crate) persona: Option<String>,
    pub(crate) server: ServerName,
    pub(crate) action: Option<ToolName>,
    pub(crate) level: Level,
    pub(crate) boundaries: Option<Boundaries>,
    pub(crate) approve: Option<YesBy>,
}

/// Joins rows that differ only in their action.
pub(crate) fn grouped(rows: &[RuleRow]) -> Vec<PolicyRule> {
    type Key = (Option<String>, ServerName, bool, Level, Option<Boundaries>, Option<YesBy>);
    let mut groups: BTreeMap<Key, Vec<ToolName>> = BTreeMap::new();
    for row in rows {
        let boundaries = row.boundaries.clone();
        let (persona, server) = (row.persona.clone(), row.server.clone());
        let key = (persona, server, row.action.is_some(), row.level, boundaries, row.approve);
        groups.entry(key).or_default().extend(row.action.clone());
    }
    groups
        .into_iter()
        .map(|((persona, tool, _, level, boundaries, approve), mut actions)| {
            actions.sort();
            PolicyRule { persona, tool, actions, level, boundaries, approve }
        })
        .collect()
}
