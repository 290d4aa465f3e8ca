//! The sources of a briefing: named by code before anything is asked, so that the question reads out what will be read and the
//! yes is bound to it. The planner neither sees nor writes them.

use homepilot_gateway::{Class, Effect, Gateway, PersonaProfile};
use homepilot_servers::briefing::{self, Offered, SOURCES_ARGUMENT};
use serde_json::{Map, Value};

use crate::turn::Call;

/// What a schema says of an argument that is a list of capabilities' ids.
const CAPABILITIES: &str = "capabilities";

/// A tool's schema without the arguments that are filled by code.
pub fn hidden(mut schema: Value) -> Value {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|_, property| property["x-homepilot"] != CAPABILITIES);
    }
    schema
}

/// The arguments of a call that were spoken.
pub fn spoken_only(call: &Call) -> Map<String, Value> {
    let mut arguments = call.arguments.clone();
    if call.server == briefing::NAME {
        arguments.remove(SOURCES_ARGUMENT);
    }
    arguments
}

/// Names the sources of a briefing that names none: those that the persona may read at this moment. None at all are left for
/// the server to speak of.
pub fn name(gateway: &Gateway, persona: &PersonaProfile, call: &mut Call) {
    if call.server != briefing::NAME || call.arguments.contains_key(SOURCES_ARGUMENT) {
        return;
    }
    let known = gateway.capabilities();
    let takes = |id: &str| {
        let tool = known.iter().find(|known| known.id.to_string() == id);
        tool.is_some_and(|tool| {
            tool.input_schema["properties"][SOURCES_ARGUMENT]["x-homepilot"] == CAPABILITIES
        })
    };
    if !takes(&call.capability) {
        return;
    }
    let readable = known.iter().filter(|known| {
        let may = |effect| match effect {
            Effect::Runs | Effect::Asks => true,
            Effect::Refused => false,
        };
        known.class == Class::Read && gateway.explain(persona, &known.id).is_ok_and(|said| may(said.effect))
    });
    let readable: Vec<(String, &Value)> =
        readable.map(|known| (known.id.to_string(), &known.input_schema)).collect();
    let sources = briefing::sources(readable.iter().map(|(id, schema)| Offered { id, schema }));
    if !sources.is_empty() {
        let ids = sources.into_iter().map(|source| Value::from(source.id)).collect();
        call.arguments.insert(SOURCES_ARGUMENT.to_owned(), Value::Array(ids));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_code_fills_is_not_shown_to_the_planner() {
        let schema = json!({"properties": {
            "since": {"type": "string"},
            "sources": {"type": "array", "x-homepilot": "capabilities"}
        }, "required": ["since"]});
        assert_eq!(
            hidden(schema),
            json!({"properties": {"since": {"type": "string"}}, "required": ["since"]})
        );
        for odd in [json!(null), json!({"properties": 5}), json!({"properties": {"x": 5}})] {
            assert_eq!(hidden(odd.clone()), odd);
        }
        let call = |server: &str| Call {
            capability: format!("{server}__daily_digest"),
            server: server.to_owned(),
            action: "daily_digest".to_owned(),
            arguments: json!({"sources": ["a__list_tasks"], "x": 1}).as_object().unwrap().clone(),
            about: None,
        };
        assert_eq!(Value::Object(spoken_only(&call("briefing"))), json!({"x": 1}));
        assert_eq!(spoken_only(&call("other")).len(), 2);
    }
}
