//! What tools say of themselves: a name, a description written for a small planner, a schema with bounds and examples,
//! and annotations that are true.

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde_json::{Value, json};

use crate::dates;
use crate::serving::Effect;

/// A tool to be described.
pub(crate) struct Definition {
    /// The name on the wire.
    pub name: &'static str,
    /// The name in words.
    pub title: &'static str,
    /// What it does and when to use it.
    pub description: &'static str,
    /// Its arguments, by name.
    pub properties: Value,
    /// Which of them must be given.
    pub required: &'static [&'static str],
    /// What it does to the world.
    pub effect: Effect,
    /// Whether the same call again changes nothing more.
    pub idempotent: bool,
    /// Whether it reaches beyond this machine.
    pub open_world: bool,
}

impl Definition {
    /// The tool as clients see it; `O` is its structured output.
    pub fn tool<O: JsonSchema + std::any::Any>(self) -> Tool {
        let schema = json!({
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": false,
        });
        let annotations = ToolAnnotations::from_raw(
            Some(self.title.to_owned()),
            Some(self.effect == Effect::Read),
            Some(self.effect == Effect::Destructive),
            Some(self.effect == Effect::Read || self.idempotent),
            Some(self.open_world),
        );
        Tool::new(self.name, self.description, object(schema))
            .with_title(self.title)
            .with_output_schema::<O>()
            .with_annotations(annotations)
    }
}

/// A text of 1 to `longest` characters.
pub(crate) fn text(description: &str, longest: usize, examples: &[&str]) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": longest, "description": description, "examples": examples })
}

/// A list of `least` to `most` texts.
pub(crate) fn texts(
    description: &str,
    (least, most): (usize, usize),
    longest: usize,
    examples: &[&[&str]],
) -> Value {
    json!({
        "type": "array",
        "items": { "type": "string", "minLength": 1, "maxLength": longest },
        "minItems": least,
        "maxItems": most,
        "description": description,
        "examples": examples,
    })
}

/// One of some words; the first is taken when it is left out.
pub(crate) fn choice(description: &str, known: &[&str]) -> Value {
    json!({ "type": "string", "enum": known, "default": known.first(), "description": description })
}

/// A whole number.
pub(crate) fn integer(description: &str, (least, most): (i64, i64), default: i64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most, "default": default, "description": description })
}

/// True or false; false is taken when it is left out.
pub(crate) fn flag(description: &str) -> Value {
    json!({ "type": "boolean", "default": false, "description": description })
}

/// A date or time as it was spoken: `"x-homepilot": "when"` says that RFC 3339, RFC 9557, an ISO date or interval, and
/// the words of [`crate::dates`] are all accepted.
pub(crate) fn when(description: &str, examples: &[&str]) -> Value {
    json!({
        "type": "string",
        "format": "date-time",
        "x-homepilot": "when",
        "minLength": 1,
        "maxLength": dates::LONGEST,
        "description": description,
        "examples": examples,
    })
}

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            JsonObject::new()
        }
    }
}
