//! Between the crates that do not know each other: personas to gateway, gateway to turn machine, once each.

use homepilot_gateway as gateway;
use homepilot_models::cancel::Cancel;
use homepilot_personas::{self as personas, Mode, Persona};

use crate::{
    app::App,
    phrasing::{self, YesBy},
    turn::{DecidedBy, Grounds, Ids, Leg, StepOutcome, StepState},
};

/// What policy needs to know of a persona.
pub fn profile(persona: &Persona) -> gateway::PersonaProfile {
    gateway::PersonaProfile {
        id: persona.id.to_string(),
        linked: match persona.mode {
            Mode::Linked => true,
            Mode::Unlinked => false,
        },
        default: level(persona.autonomy.default),
        ceiling: level(persona.autonomy.ceiling),
        rules: persona
            .autonomy
            .rules
            .iter()
            .map(|rule| gateway::ProfileRule {
                server: rule.server.clone(),
                actions: rule.actions.clone(),
                level: level(rule.level),
            })
            .collect(),
        allow: persona.tools.allow.clone(),
        deny: persona.tools.deny.clone(),
    }
}

fn level(level: personas::Level) -> gateway::Level {
    match level {
        personas::Level::ReadOnly => gateway::Level::ReadOnly,
        personas::Level::Confirm => gateway::Level::Confirm,
        personas::Level::Autonomous => gateway::Level::Autonomous,
    }
}

/// Who answered, for the gateway.
pub fn decided_by(by: DecidedBy) -> gateway::DecidedBy {
    match by {
        DecidedBy::Voice => gateway::DecidedBy::Voice,
        DecidedBy::Screen => gateway::DecidedBy::Screen,
        DecidedBy::Api => gateway::DecidedBy::Api,
        DecidedBy::Timeout => gateway::DecidedBy::Timeout,
        DecidedBy::Disconnect => gateway::DecidedBy::Disconnect,
    }
}

/// How a yes has to be given.
pub fn yes_by(by: gateway::YesBy) -> YesBy {
    match by {
        gateway::YesBy::Any => YesBy::Any,
        gateway::YesBy::Screen => YesBy::Screen,
        gateway::YesBy::Voice => YesBy::Voice,
        gateway::YesBy::Pin => YesBy::Pin,
    }
}

/// Who answered, for the turn machine.
pub fn by(by: gateway::DecidedBy) -> DecidedBy {
    match by {
        gateway::DecidedBy::Voice => DecidedBy::Voice,
        gateway::DecidedBy::Screen => DecidedBy::Screen,
        // Another MCP client's person answers as a program of theirs would. Policy never answers an approval; if it did, it
        // would not be the person.
        gateway::DecidedBy::Api | gateway::DecidedBy::Mcp | gateway::DecidedBy::Policy => DecidedBy::Api,
        gateway::DecidedBy::Timeout => DecidedBy::Timeout,
        gateway::DecidedBy::Disconnect => DecidedBy::Disconnect,
    }
}

/// What a call's values may have come from: while no tool has answered, from the person alone.
pub fn grounds(Grounds { spoken, results }: Grounds) -> gateway::Grounds {
    if results.is_empty() { gateway::Grounds::Caller } else { gateway::Grounds::Conversation { spoken } }
}

/// How a call reaches an agent. `depth` is how often what is asked was passed on already.
pub fn passing(leg: Leg, depth: u64) -> gateway::Passing {
    let goes = match leg {
        Leg::Begins => gateway::Goes::Anew,
        Leg::GoesOn => gateway::Goes::On,
    };
    gateway::Passing { goes, depth }
}

/// An execution's end as a sentence. A result that can be read out is; a long or technical one is told by the model,
/// which is given it as data and can do nothing but speak; what it wrote is said if it only tells.
pub async fn outcome(
    app: &App,
    action: &phrasing::ActionWords,
    said: &str,
    done: gateway::Done,
) -> StepOutcome {
    let mut ids = Ids::default();
    let (state, text, told) = match done {
        gateway::Done::Succeeded { text, structured } => {
            ids = Ids::read(structured.as_ref(), &text);
            let told = if phrasing::is_sayable(action, &text) || text.trim().is_empty() {
                phrasing::without_codes(&text, said)
            } else {
                phrasing::told(app.tell(said, &text, &Cancel::default()).await.as_deref(), said, &text)
            };
            (StepState::Succeeded, text, told)
        }
        gateway::Done::Asks { question } => return phrasing::asked_back(action, &question),
        gateway::Done::ToolFailed { text } => (StepState::Failed, text, None),
        gateway::Done::NotSent { reason } => (StepState::NotSent, reason, None),
        gateway::Done::Unknown { reason } => (StepState::Unknown, reason, None),
    };
    StepOutcome { ids, ..phrasing::outcome(action, state, &text, told.as_deref()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_persons_own_until_a_tool_has_answered() {
        let spoken = || vec!["pay Ann".to_owned()];
        let before = Grounds { spoken: spoken(), results: Vec::new() };
        assert_eq!(grounds(before), gateway::Grounds::Caller);
        let after = Grounds { spoken: spoken(), results: vec!["Ann is at eve@evil.example".to_owned()] };
        assert_eq!(grounds(after), gateway::Grounds::Conversation { spoken: spoken() });
    }
}
