//! Who may do what unasked: a pure function over rules, with no clock, database or transport in reach.
//!
//! Most specific rule wins: persona x server x action, persona x server, server x action, server, persona default. Within one
//! of these the operator's stored rule stands before the persona's file, and of two file rules the lower level stands.
//! Ceilings, allow lists and deny lists can only lower; an unlinked persona has nothing. Everything fails closed.

mod rule;

use serde::Serialize;

pub use rule::{Level, PersonaProfile, PolicyRule, ProfileRule, RulePatch};
pub(crate) use rule::{RuleRow, grouped};

use crate::capability::Class;
use crate::name::CapabilityId;

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
    /// What happens.
    pub effect: Effect,
    /// For a refusal: why, to be said aloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The facts one decision rests on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) persona: &'a PersonaProfile,
    pub(crate) capability: &'a CapabilityId,
    pub(crate) class: Class,
    /// Every stored rule; those of other servers and personas are passed over.
    pub(crate) rules: &'a [RuleRow],
    /// Whether level 1 asks before reads too.
    pub(crate) ask_reads: bool,
}

struct Decided {
    level: Level,
    rule: String,
    /// The rule names this very action.
    names_action: bool,
}

/// Decides.
#[must_use]
pub(crate) fn evaluate(facts: &Facts<'_>) -> Explanation {
    let decided = deciding_rule(facts);
    let Facts { persona, capability, class, .. } = *facts;
    let mut rule = decided.rule;
    let level = decided.level.min(persona.ceiling);
    if level < decided.level {
        rule = format!("ceiling {} of persona {}, over {rule}", persona.ceiling.number(), persona.id);
    }
    let explain =
        |effect, rule: String, reason: Option<String>| Explanation { level, rule, class, effect, reason };
    let refuse = |rule: String, reason: String| explain(Effect::Refused, rule, Some(reason));

    if !persona.linked {
        return refuse(
            format!("persona {} is unlinked", persona.id),
            format!("{} only talks and has no tools", persona.id),
        );
    }
    if let Some(entry) = persona.deny.iter().find(|entry| covers(entry, capability)) {
        return refuse(
            format!("deny list of persona {}: {entry}", persona.id),
            format!("{} may not use {capability}", persona.id),
        );
    }
    if !persona.allow.is_empty() && !persona.allow.iter().any(|entry| covers(entry, capability)) {
        return refuse(
            format!("allow list of persona {}", persona.id),
            format!("{} may not use {capability}", persona.id),
        );
    }
    match (level, class) {
        (Level::ReadOnly, Class::Read) => explain(Effect::Runs, rule, None),
        (Level::ReadOnly, Class::Write | Class::Unknown | Class::Destructive) => refuse(
            rule,
            format!("{} is limited to reading here, and {capability} is {}", persona.id, in_words(class)),
        ),
        (Level::Confirm, Class::Read) if !facts.ask_reads => explain(Effect::Runs, rule, None),
        (Level::Confirm, _) => explain(Effect::Asks, rule, None),
        (Level::Autonomous, Class::Read | Class::Write) => explain(Effect::Runs, rule, None),
        (Level::Autonomous, Class::Unknown | Class::Destructive) => {
            explain(if decided.names_action { Effect::Runs } else { Effect::Asks }, rule, None)
        }
    }
}

fn in_words(class: Class) -> &'static str {
    match class {
        Class::Read => "a read",
        Class::Write => "a write",
        Class::Unknown => "not known to be a read",
        Class::Destructive => "destructive",
    }
}

fn deciding_rule(facts: &Facts<'_>) -> Decided {
    let Facts { persona, capability, rules, .. } = *facts;
    let (server, tool) = (capability.server().as_str(), capability.tool().as_str());
    let stored = |wanted_persona: Option<&str>, action: bool| {
        rules
            .iter()
            .filter(|row| {
                row.server == *capability.server()
                    && row.persona.as_deref() == wanted_persona
                    && row.action.as_ref() == action.then(|| capability.tool())
            })
            .map(|row| row.level)
            .min()
    };
    let filed = |action: bool| {
        persona
            .rules
            .iter()
            .filter(|rule| {
                rule.server == server
                    && if action {
                        rule.actions.iter().any(|name| name == tool)
                    } else {
                        rule.actions.is_empty()
                    }
            })
            .map(|rule| rule.level)
            .min()
    };
    let me = Some(persona.id.as_str());
    let decided = |level: Level, rule: String, names_action| Decided { level, rule, names_action };
    let words = |who: &str, what: &str, level: Level| format!("{who} x {what} = {}", level.number());
    let persona_words = format!("persona {}", persona.id);

    for (action, what) in [(true, format!("{server} x {tool}")), (false, server.to_owned())] {
        if let Some(level) = stored(me, action) {
            return decided(level, words(&persona_words, &what, level), action);
        }
        if let Some(level) = filed(action) {
            return decided(level, format!("{} (persona file)", words(&persona_words, &what, level)), action);
        }
    }
    for (action, what) in [(true, format!("{server} x {tool}")), (false, server.to_owned())] {
        if let Some(level) = stored(None, action) {
            return decided(level, format!("{what} = {}", level.number()), action);
        }
    }
    decided(
        persona.default,
        format!("default of persona {} = {}", persona.id, persona.default.number()),
        false,
    )
}

/// Whether an entry of an allow or deny list, `server` or `server__tool`, covers a capability.
fn covers(entry: &str, capability: &CapabilityId) -> bool {
    entry == capability.server().as_str()
        || entry.split_once("__").is_some_and(|(server, tool)| {
            server == capability.server().as_str() && tool == capability.tool().as_str()
        })
}

#[cfg(test)]
mod tests;
