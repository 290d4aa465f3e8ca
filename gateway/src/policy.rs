//! Who may do what unasked: a pure function over rules and facts, with no clock, database or transport in reach.
//!
//! Most specific rule wins: persona x server x action, persona x server, server x action, server, persona default. Within one
//! of these the operator's stored rule stands before the persona's file, and of two file rules the lower level stands.
//! Ceilings, boundaries, allow lists and deny lists can only lower; an unlinked persona has nothing. Everything fails closed.

mod boundary;
mod deciding;
mod grounds;
mod recipients;
mod rule;
mod tally;
mod yes_by;

use serde::Serialize;

pub use boundary::{Boundaries, BoundaryError};
pub(crate) use boundary::{Moment, Sent};
pub(crate) use deciding::Reach;
pub use grounds::{Grounds, Unspoken, ValueKind};
pub use rule::{Level, MCP_CALLER, PersonaProfile, PolicyRule, ProfileRule, RulePatch, mcp_profile};
pub(crate) use rule::{RuleRow, grouped};
pub(crate) use tally::{Slot, Tally};
pub use yes_by::YesBy;

use crate::capability::{Class, ClassSource};
use crate::name::{CapabilityId, ServerName};
use deciding::deciding_rule;

/// What happens when a persona wants to call a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It runs unasked.
    Runs,
    /// A person is asked first.
    Asks,
    /// It is refused.
    Refused,
}

/// What the policy says about one persona and one capability, and which rule says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The level after the ceiling.
    pub level: Level,
    /// The rule that decided, in words.
    pub rule: String,
    /// What the capability is taken to do.
    pub class: Class,
    /// Where that comes from.
    pub class_source: ClassSource,
    /// What happens.
    pub effect: Effect,
    /// Why it is refused, to be said aloud, or why it is asked about at level 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The ceilings, lists and boundaries that allow less than the rule does.
    pub lowered: Vec<String>,
    /// What the rule is bounded by, where level 2 holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundaries: Option<Boundaries>,
    /// The arguments whose value the person did not say, though it reaches, pays or points somewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unspoken: Vec<Unspoken>,
    /// How a yes has to be given, where it asks.
    #[serde(skip_serializing_if = "YesBy::is_any")]
    pub approve: YesBy,
}

/// The facts one decision rests on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) persona: &'a PersonaProfile,
    pub(crate) capability: &'a CapabilityId,
    pub(crate) class: Class,
    pub(crate) class_source: ClassSource,
    /// Every stored rule; those of other servers and personas are passed over.
    pub(crate) rules: &'a [RuleRow],
    /// Whether level 1 asks before reads too.
    pub(crate) ask_reads: bool,
    /// What the boundaries are compared with.
    pub(crate) moment: Moment<'a>,
}

/// The calls to be counted before a decision: those in the reach of a rule that limits them. None if nothing hangs on the number.
pub(crate) fn to_count(facts: &Facts<'_>) -> Option<Reach> {
    let decided = deciding_rule(facts);
    let limited = decided.boundaries.iter().any(|boundaries| boundaries.calls_per_hour.is_some());
    let autonomous = decided.level.min(facts.persona.ceiling) == Level::Autonomous;
    decided.reach.filter(|_| limited && autonomous)
}

/// Decides.
#[must_use]
pub(crate) fn evaluate(facts: &Facts<'_>) -> Explanation {
    let decided = deciding_rule(facts);
    let Facts { persona, capability, class, .. } = *facts;
    let level = decided.level.min(persona.ceiling);
    let mut said = Explanation {
        level,
        rule: decided.rule,
        class,
        class_source: facts.class_source,
        effect: Effect::Refused,
        reason: None,
        lowered: Vec::new(),
        boundaries: None,
        unspoken: Vec::new(),
        approve: deciding::yes_by(facts),
    };
    if level < decided.level {
        let ceiling = format!("ceiling {} of persona {}", persona.ceiling.number(), persona.id);
        said.rule = format!("{ceiling}, over {}", said.rule);
        said.lowered.push(ceiling);
    }
    if let Some((list, reason)) = barred(persona, capability) {
        said.rule.clone_from(&list);
        said.lowered.push(list);
        said.reason = Some(reason);
        return said;
    }
    said.effect = match (level, class) {
        (Level::ReadOnly, Class::Read) => Effect::Runs,
        (Level::ReadOnly, Class::Write | Class::Unknown | Class::Destructive) => {
            let is = class.in_words();
            said.reason =
                Some(format!("{} is limited to reading here, and {capability} is {is}", persona.id));
            Effect::Refused
        }
        (Level::Confirm, Class::Read) if !facts.ask_reads => Effect::Runs,
        (Level::Confirm, Class::Read | Class::Write | Class::Unknown | Class::Destructive) => Effect::Asks,
        (Level::Autonomous, Class::Unknown | Class::Destructive) if !decided.names_action => {
            said.reason = Some(format!("{capability} is {}, and the rule doesn't name it", class.in_words()));
            Effect::Asks
        }
        (Level::Autonomous, Class::Read | Class::Write | Class::Unknown | Class::Destructive) => Effect::Runs,
    };
    // What only reads reaches nobody and pays nothing.
    if let Some(sent) = facts.moment.sent.as_ref().filter(|_| class != Class::Read) {
        let known = if level == Level::Autonomous { decided.boundaries.as_slice() } else { &[] };
        said.unspoken = grounds::unspoken(sent, known);
    }
    if level == Level::Autonomous {
        said.boundaries = decided.boundaries.first().map(|boundaries| (*boundaries).clone());
        let outside: Vec<String> = decided
            .boundaries
            .iter()
            .flat_map(|boundaries| boundaries.outside(&facts.moment, class))
            .chain(grounds::in_words(&said.unspoken))
            .collect();
        if !outside.is_empty() {
            said.effect = Effect::Asks;
            said.reason.get_or_insert_with(|| outside.join("; "));
            said.lowered.extend(outside);
        }
    }
    said
}

/// What keeps a capability from a persona altogether, and how that is said.
fn barred(persona: &PersonaProfile, capability: &CapabilityId) -> Option<(String, String)> {
    let id = &persona.id;
    let may_not = format!("{id} may not use {capability}");
    if !persona.linked {
        return Some((format!("persona {id} is unlinked"), format!("{id} only talks and has no tools")));
    }
    if let Some(entry) = persona.deny.iter().find(|entry| covers(entry, capability)) {
        return Some((format!("deny list of persona {id}: {entry}"), may_not));
    }
    let allowed = persona.allow.is_empty() || persona.allow.iter().any(|entry| covers(entry, capability));
    (!allowed).then(|| (format!("allow list of persona {id}"), may_not))
}

/// Whether a persona's lists leave it anything of a server.
pub(crate) fn reaches(persona: &PersonaProfile, server: &ServerName) -> bool {
    let of_server = |entry: &String| entry.split("__").next() == Some(server.as_str());
    persona.linked
        && !persona.deny.iter().any(|entry| entry == server.as_str())
        && (persona.allow.is_empty() || persona.allow.iter().any(of_server))
}

/// Whether an entry of an allow or deny list, `server` or `server__tool`, covers a capability.
fn covers(entry: &str, capability: &CapabilityId) -> bool {
    entry == capability.server().as_str()
        || entry.split_once("__").is_some_and(|(server, tool)| {
            server == capability.server().as_str() && tool == capability.tool().as_str()
        })
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
