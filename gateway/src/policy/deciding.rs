//! The rule that decides: the most specific one, whatever the others say.

use super::Facts;
use super::boundary::Boundaries;
use super::rule::{Level, RuleRow};
use super::yes_by::YesBy;
use crate::name::{CapabilityId, ServerName, ToolName};

/// What the deciding rule says.
pub(super) struct Decided<'a> {
    pub(super) level: Level,
    /// The rule in words.
    pub(super) rule: String,
    /// It names this very action.
    pub(super) names_action: bool,
    /// Its boundaries. A stored rule is unique, so this is one or none; of several all would hold.
    pub(super) boundaries: Vec<&'a Boundaries>,
    /// The calls that count towards its limit.
    pub(super) reach: Option<Reach>,
}

/// The calls a rule decides: those that count towards its `calls_per_hour`. Actions with the same persona, level, boundaries
/// and way of a yes are shown as one rule, and count as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// None means every persona.
    pub(crate) persona: Option<String>,
    pub(crate) server: ServerName,
    /// Empty means every action.
    pub(crate) actions: Vec<ToolName>,
}

impl Reach {
    pub(super) fn holds(&self, persona: &str, capability: &CapabilityId) -> bool {
        self.persona.as_deref().is_none_or(|mine| mine == persona)
            && self.server == *capability.server()
            && (self.actions.is_empty() || self.actions.contains(capability.tool()))
    }
}

pub(super) fn deciding_rule<'a>(facts: &Facts<'a>) -> Decided<'a> {
    let Facts { persona, capability, .. } = *facts;
    let server = capability.server().as_str();
    let me = format!("persona {}", persona.id);
    let both = format!("{server} x {}", capability.tool());

    for (action, what) in [(true, both.as_str()), (false, server)] {
        if let Some(decided) = stored(facts, true, action, &format!("{me} x {what}")) {
            return decided;
        }
        if let Some(level) = filed(facts, action) {
            let rule = format!("{me} x {what} = {} (persona file)", level.number());
            return Decided { level, rule, names_action: action, boundaries: Vec::new(), reach: None };
        }
    }
    for (action, what) in [(true, both.as_str()), (false, server)] {
        if let Some(decided) = stored(facts, false, action, what) {
            return decided;
        }
    }
    Decided {
        level: persona.default,
        rule: format!("default of {me} = {}", persona.default.number()),
        names_action: false,
        boundaries: Vec::new(),
        reach: None,
    }
}

/// How a yes has to be given: as the most specific stored rule has it that says so, whichever rule decides the level.
pub(super) fn yes_by(facts: &Facts<'_>) -> YesBy {
    let Facts { persona, capability, rules, .. } = *facts;
    let tool = Some(capability.tool());
    let said = |mine: Option<&str>, action| {
        rules
            .iter()
            .filter(|row| {
                row.server == *capability.server()
                    && row.persona.as_deref() == mine
                    && row.action.as_ref() == action
            })
            .find_map(|row| row.approve)
    };
    let me = Some(persona.id.as_str());
    [(me, tool), (me, None), (None, tool), (None, None)]
        .into_iter()
        .find_map(|(mine, action)| said(mine, action))
        .unwrap_or_default()
}

fn stored<'a>(facts: &Facts<'a>, mine: bool, action: bool, words: &str) -> Option<Decided<'a>> {
    let Facts { persona, capability, rules, .. } = *facts;
    let wanted = mine.then_some(persona.id.as_str());
    let matching = rules.iter().filter(|row| {
        row.server == *capability.server()
            && row.persona.as_deref() == wanted
            && row.action.as_ref() == action.then(|| capability.tool())
    });
    let level = matching.clone().map(|row| row.level).min()?;
    let approve = matching.clone().find_map(|row| row.approve);
    let boundaries: Vec<&Boundaries> =
        matching.filter(|row| row.level == level).filter_map(|row| row.boundaries.as_ref()).collect();
    Some(Decided {
        level,
        rule: format!("{words} = {}", level.number()),
        names_action: action,
        reach: boundaries
            .first()
            .map(|boundaries| reach(rules, wanted, capability, action, (level, boundaries, approve))),
        boundaries,
    })
}

fn reach(
    rules: &[RuleRow],
    persona: Option<&str>,
    capability: &CapabilityId,
    action: bool,
    same: (Level, &Boundaries, Option<YesBy>),
) -> Reach {
    let (level, boundaries, approve) = same;
    let together = rules.iter().filter(|row| {
        row.server == *capability.server()
            && row.persona.as_deref() == persona
            && row.level == level
            && row.boundaries.as_ref() == Some(boundaries)
            && row.approve == approve
    });
    Reach {
        persona: persona.map(str::to_owned),
        server: capability.server().clone(),
        actions: if action { together.filter_map(|row| row.action.clone()).collect() } else { Vec::new() },
    }
}

fn filed(facts: &Facts<'_>, action: bool) -> Option<Level> {
    let Facts { persona, capability, .. } = *facts;
    let (server, tool) = (capability.server().as_str(), capability.tool().as_str());
    let says = |actions: &[String]| {
        if action { actions.iter().any(|name| name == tool) } else { actions.is_empty() }
    };
    persona
        .rules
        .iter()
        .filter(|rule| rule.server == server && says(&rule.actions))
        .map(|rule| rule.level)
        .min()
}
