//! The grammar of a plan: `{"name": <tool>, "arguments": {…}}`, one alternative a tool. A server's schema is rebuilt
//! from the few keywords that a spoken call needs; everything else in it (references, patterns, deep nesting) is left
//! out, so that a hostile or huge schema can neither break the grammar nor slow it. The server still checks the whole.

use serde_json::{Map, Value, json};

use super::{
    Tool,
    prompt::{ASK, RESPOND},
};

/// Characters of one spoken string argument.
const STRING_CHARS: u64 = 400;
/// Objects within objects.
const DEPTH: usize = 3;
/// Properties of one object; more can't be said in one sentence.
const PROPERTIES: usize = 40;
/// Items of a list argument.
const ITEMS: u64 = 12;
/// Values of an enumeration.
const CHOICES: usize = 100;

pub(super) fn grammar(tools: &[(String, Tool)]) -> Value {
    let call = |name: &str, arguments: Value| {
        json!({
            "type": "object",
            "properties": {"name": {"const": name}, "arguments": arguments},
            "required": ["name", "arguments"],
            "additionalProperties": false
        })
    };
    let mut alternatives: Vec<Value> =
        tools.iter().map(|(shown, t)| call(shown, object(&t.schema, DEPTH))).collect();
    alternatives
        .push(call(RESPOND, json!({"type": "object", "properties": {}, "additionalProperties": false})));
    alternatives.push(call(
        ASK,
        json!({
            "type": "object",
            "properties": {"question": {"type": "string", "maxLength": 120}},
            "required": ["question"],
            "additionalProperties": false
        }),
    ));
    json!({
        "x-guidance": {"whitespace_flexible": false, "item_separator": ", ", "key_separator": ": "},
        "anyOf": alternatives
    })
}

fn object(schema: &Value, depth: usize) -> Value {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut properties = Map::new();
    let known = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    for (name, property) in known.take(PROPERTIES) {
        properties.insert(name.clone(), value(property, depth.saturating_sub(1)));
    }
    let required: Vec<&str> = required.into_iter().filter(|r| properties.contains_key(*r)).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn value(schema: &Value, depth: usize) -> Value {
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        let plain: Vec<&Value> =
            choices.iter().filter(|c| !c.is_array() && !c.is_object()).take(CHOICES).collect();
        if !plain.is_empty() {
            return json!({"enum": plain});
        }
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        // ["string", "null"]: a spoken argument is the thing itself or left out.
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|k| *k != "null").unwrap_or("string")
        }
        _ => any_of(schema).unwrap_or("string"),
    };
    match kind {
        "integer" => bounded(schema, "integer"),
        "number" => bounded(schema, "number"),
        "boolean" => json!({"type": "boolean"}),
        "array" => {
            let items = schema.get("items").map_or_else(
                || json!({"type": "string", "maxLength": STRING_CHARS}),
                |i| value(i, depth.saturating_sub(1)),
            );
            json!({"type": "array", "items": items, "maxItems": ITEMS})
        }
        "object" if depth > 0 => object(schema, depth),
        "object" => json!({"type": "object", "properties": {}, "additionalProperties": false}),
        _ => json!({"type": "string", "minLength": 1, "maxLength": STRING_CHARS}),
    }
}

/// The first kind that an `anyOf` or `oneOf` offers besides null.
fn any_of(schema: &Value) -> Option<&str> {
    let options = schema.get("anyOf").or_else(|| schema.get("oneOf"))?.as_array()?;
    options.iter().filter_map(|o| o.get("type")?.as_str()).find(|k| *k != "null")
}

fn bounded(schema: &Value, kind: &str) -> Value {
    let mut rule = Map::from_iter([("type".to_owned(), Value::from(kind))]);
    for bound in ["minimum", "maximum"] {
        if let Some(number) = schema.get(bound).filter(|n| n.is_number()) {
            rule.insert(bound.to_owned(), number.clone());
        }
    }
    Value::Object(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_schema_is_reduced_to_what_can_be_said() {
        let mut deep = json!({"type": "string"});
        for _ in 0..50 {
            deep = json!({"type": "object", "properties": {"x": deep}});
        }
        let schema = json!({"properties": {
            "deep": deep,
            "regex": {"type": "string", "pattern": "(a+)+$"},
            "reference": {"$ref": "#/properties/reference"},
            "maybe": {"anyOf": [{"type": "null"}, {"type": "integer"}]},
            "level": {"enum": ["low", "high", {"no": 1}]}
        }, "required": ["regex", "absent"]});
        let reduced = object(&schema, DEPTH);
        let text = reduced.to_string();
        assert!(!text.contains("pattern") && !text.contains("$ref"), "{text}");
        assert_eq!(reduced["properties"]["maybe"]["type"], "integer");
        assert_eq!(reduced["properties"]["level"]["enum"], json!(["low", "high"]));
        assert_eq!(reduced["required"], json!(["regex"]));
        assert!(text.len() < 1_000, "{}", text.len());
    }
}
