//! What an agent is told: the person's own words of the part that it is to do. The planner chooses the skill and writes nothing.

use homepilot_gateway::{Capability, CapabilityId, CapabilityKind, Gateway};
use serde_json::{Map, Value, json};

use crate::turn::{Asker, Call, PlanRequest};

/// The argument of every skill.
const MESSAGE: &str = "message";

/// What the planner sees of a skill's arguments: none.
pub fn hidden() -> Value {
    json!({"type": "object", "properties": {}})
}

/// Whether it is an agent's.
pub fn is_skill(capability: &Capability) -> bool {
    match capability.kind {
        CapabilityKind::Skill => true,
        CapabilityKind::Tool => false,
    }
}

/// The call of a skill with these words.
pub fn call(id: &CapabilityId, words: &str) -> Call {
    let mut call = Call {
        capability: id.to_string(),
        server: id.server().to_string(),
        action: id.tool().to_string(),
        arguments: Map::new(),
        about: None,
    };
    tell(&mut call, words);
    call
}

/// The call that a request is without any plan: the answer to what an agent asked goes to that agent, and what is changed
/// about words that wait for their yes is said after them.
pub fn goes_on(gateway: &Gateway, request: &PlanRequest) -> Option<Call> {
    if let Some(half) = request.answering.as_ref().filter(|half| half.asker == Asker::Agent) {
        let mut call = half.call.clone()?;
        tell(&mut call, &request.utterance);
        return Some(call);
    }
    let mut call = request.editing.clone().filter(|call| of_an_agent(gateway, call))?;
    let before = call.arguments.get(MESSAGE).and_then(Value::as_str).unwrap_or_default();
    let words = format!("{}. {}", before.trim_end_matches(['.', ' ']), request.utterance);
    tell(&mut call, &words);
    Some(call)
}

/// Puts the person's words into the call of a skill that has none yet.
pub fn fill(gateway: &Gateway, words: &str, call: &mut Call) {
    if !call.arguments.contains_key(MESSAGE) && of_an_agent(gateway, call) {
        tell(call, words);
    }
}

/// The words of a request that asks for something, with those that came before it was clear.
pub fn words(request: &PlanRequest) -> String {
    let before = request.answering.as_ref().map(|half| half.utterance.as_str()).unwrap_or_default();
    format!("{before} {}", request.utterance).trim().to_owned()
}

fn of_an_agent(gateway: &Gateway, call: &Call) -> bool {
    let known = call.capability.parse().ok().and_then(|id| gateway.capability(&id));
    known.is_some_and(|known| is_skill(&known))
}

fn tell(call: &mut Call, words: &str) {
    call.arguments.insert(MESSAGE.to_owned(), Value::from(words.trim()));
}
