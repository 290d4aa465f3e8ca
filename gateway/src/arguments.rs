//! Arguments against a tool's input schema, before anything is asked or sent.
//!
//! A person is asked about exactly these arguments, so a name the schema doesn't know is refused even where JSON schema
//! would let it pass. Checked: type, enum, const, required, unknown names, nested objects and arrays, ranges, lengths,
//! `anyOf`/`oneOf`/`allOf` and local `$ref`. Not checked: `pattern` (an untrusted expression could stall us) and `format`
//! (temporal arguments may be spoken words). The server checks again.

mod absent;

use serde_json::{Map, Value};
use thiserror::Error;

pub(crate) use absent::leave_out_nulls;

/// Nesting beyond this is refused rather than followed; it also ends circular references.
const DEPTH: usize = 32;

/// One argument that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("argument {argument:?} {message}")]
pub struct ArgumentProblem {
    /// The argument's name, with a path for nested ones (`to.0.name`).
    pub argument: String,
    /// What is wrong with it.
    pub message: String,
}

/// Checks an arguments object against an input schema.
pub(crate) fn check(
    schema: &Map<String, Value>,
    arguments: &Map<String, Value>,
) -> Result<(), ArgumentProblem> {
    Checker { root: schema }.object(schema, arguments, "", 0)
}

struct Checker<'a> {
    root: &'a Map<String, Value>,
}

impl<'a> Checker<'a> {
    fn value(
        &self,
        schema: &'a Value,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<(), ArgumentProblem> {
        let problem = |message: String| Err(ArgumentProblem { argument: path.to_owned(), message });
        if depth > DEPTH {
            return problem(format!("is nested deeper than {DEPTH} levels"));
        }
        let schema = match schema {
            Value::Bool(true) => return Ok(()),
            Value::Bool(false) => return problem("is not allowed".to_owned()),
            Value::Object(schema) => schema,
            Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => return Ok(()),
        };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix("#/").and_then(|pointer| self.resolve(pointer));
            return match target {
                Some(target) => self.value(target, value, path, depth + 1),
                None => problem(format!("has a schema we can't follow ({reference})")),
            };
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.contains(value)
        {
            let listed: Vec<String> = allowed.iter().take(20).map(Value::to_string).collect();
            return problem(format!("must be one of {}", listed.join(", ")));
        }
        if let Some(wanted) = schema.get("const")
            && wanted != value
        {
            return problem(format!("must be {wanted}"));
        }
        self.combined(schema, value, path, depth)?;
        if let Some(kinds) = schema.get("type")
            && !has_type(kinds, value)
        {
            return problem(format!("must be {}, not {}", type_words(kinds), kind(value)));
        }
        match value {
            Value::Object(object) => self.object(schema, object, path, depth),
            Value::Array(items) => self.array(schema, items, path, depth),
            Value::String(text) => {
                within(schema, "minLength", "maxLength", text.chars().count() as f64, "characters")
                    .or_else(problem)
            }
            Value::Number(number) => {
                within(schema, "minimum", "maximum", number.as_f64().unwrap_or(f64::NAN), "").or_else(problem)
            }
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    fn combined(
        &self,
        schema: &'a Map<String, Value>,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<(), ArgumentProblem> {
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.value(part, value, path, depth + 1)?;
        }
        for key in ["anyOf", "oneOf"] {
            let Some(parts) = schema.get(key).and_then(Value::as_array) else { continue };
            let mut first = None;
            let fits = parts.iter().any(|part| match self.value(part, value, path, depth + 1) {
                Ok(()) => true,
                Err(problem) => {
                    first.get_or_insert(problem);
                    false
                }
            });
            if !fits && let Some(problem) = first {
                return Err(problem);
            }
        }
        Ok(())
    }

    fn object(
        &self,
        schema: &'a Map<String, Value>,
        object: &Map<String, Value>,
        path: &str,
        depth: usize,
    ) -> Result<(), ArgumentProblem> {
        let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        for name in
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            if !object.contains_key(name) {
                return Err(ArgumentProblem { argument: at(name), message: "is missing".to_owned() });
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let additional = schema.get("additionalProperties");
        let open = schema.contains_key("patternProperties")
            || ["anyOf", "oneOf", "allOf"].iter().any(|key| schema.contains_key(*key));
        for (name, value) in object {
            match (properties.and_then(|known| known.get(name)), additional) {
                (Some(known), _) => self.value(known, value, &at(name), depth + 1)?,
                (None, Some(Value::Object(_) | Value::Bool(true))) => {
                    if let Some(additional) = additional {
                        self.value(additional, value, &at(name), depth + 1)?;
                    }
                }
                (None, _) if open => {}
                // An object that describes no members at all (a free-form map) takes any, except at the top.
                (None, None) if properties.is_none() && !path.is_empty() => {}
                (None, _) => {
                    let known: Vec<&str> =
                        properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
                    let known = if known.is_empty() {
                        "it takes none".to_owned()
                    } else {
                        format!("it takes {}", known.join(", "))
                    };
                    return Err(ArgumentProblem {
                        argument: at(name),
                        message: format!("is unknown to this tool, {known}"),
                    });
                }
            }
        }
        Ok(())
    }

    fn array(
        &self,
        schema: &'a Map<String, Value>,
        items: &[Value],
        path: &str,
        depth: usize,
    ) -> Result<(), ArgumentProblem> {
        within(schema, "minItems", "maxItems", items.len() as f64, "items")
            .map_err(|message| ArgumentProblem { argument: path.to_owned(), message })?;
        if let Some(each) = schema.get("items") {
            for (index, item) in items.iter().enumerate() {
                self.value(each, item, &format!("{path}.{index}"), depth + 1)?;
            }
        }
        Ok(())
    }

    fn resolve(&self, pointer: &str) -> Option<&'a Value> {
        let mut parts = pointer.split('/').map(|part| part.replace("~1", "/").replace("~0", "~"));
        let mut at = self.root.get(&parts.next()?)?;
        for part in parts {
            at = at.get(&part)?;
        }
        Some(at)
    }
}

fn within(
    schema: &Map<String, Value>,
    least: &str,
    most: &str,
    found: f64,
    unit: &str,
) -> Result<(), String> {
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    if let Some(least) = schema.get(least).and_then(Value::as_f64)
        && found < least
    {
        return Err(format!("must be at least {least}{unit}"));
    }
    if let Some(most) = schema.get(most).and_then(Value::as_f64)
        && found > most
    {
        return Err(format!("must be at most {most}{unit}"));
    }
    Ok(())
}

fn has_type(kinds: &Value, value: &Value) -> bool {
    let is = |kind: &str| match kind {
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        _ => true,
    };
    match kinds {
        Value::String(one) => is(one),
        Value::Array(several) => several.iter().filter_map(Value::as_str).any(is),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
    }
}

fn type_words(kinds: &Value) -> String {
    match kinds {
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        one => one.as_str().unwrap_or("something else").to_owned(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(schema: &Value, arguments: Value) -> String {
        let (Some(schema), Value::Object(arguments)) = (schema.as_object(), arguments) else {
            unreachable!()
        };
        check(schema, &arguments).map_or_else(|problem| problem.to_string(), |()| "ok".to_owned())
    }

    #[test]
    fn table() {
        let schema = json!({
            "type": "object",
            "properties": {
                "to": {"type": "string", "minLength": 1},
                "count": {"type": "integer", "minimum": 1, "maximum": 9},
                "how": {"enum": ["soon", "late"]},
                "when": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
                "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
                "who": {"$ref": "#/$defs/Person"},
                "extra": {"type": "object"},
            },
            "required": ["to"],
            "$defs": {"Person": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
        });
        for (arguments, wanted) in [
            (json!({"to": "mom"}), "ok"),
            (json!({}), "argument \"to\" is missing"),
            (json!({"to": 5}), "argument \"to\" must be string, not number"),
            (json!({"to": ""}), "argument \"to\" must be at least 1 characters"),
            (json!({"to": "a", "count": 3.0}), "ok"),
            (json!({"to": "a", "count": 3.5}), "argument \"count\" must be integer, not number"),
            (json!({"to": "a", "count": 10}), "argument \"count\" must be at most 9"),
            (json!({"to": "a", "how": "never"}), "argument \"how\" must be one of \"soon\", \"late\""),
            (json!({"to": "a", "when": "tomorrow at five"}), "ok"),
            (json!({"to": "a", "when": null}), "ok"),
            (json!({"to": "a", "when": 5}), "argument \"when\" must be string, not number"),
            (json!({"to": "a", "tags": ["x", 1]}), "argument \"tags.1\" must be string, not number"),
            (json!({"to": "a", "tags": ["x", "y", "z"]}), "argument \"tags\" must be at most 2 items"),
            (json!({"to": "a", "who": {"name": "Sara"}}), "ok"),
            (json!({"to": "a", "who": {}}), "argument \"who.name\" is missing"),
            (json!({"to": "a", "extra": {"anything": 1}}), "ok"),
            (
                json!({"to": "a", "bcc": "x"}),
                "argument \"bcc\" is unknown to this tool, it takes to, count, how, when, tags, who, extra",
            ),
        ] {
            let shown = arguments.to_string();
            assert_eq!(outcome(&schema, arguments), wanted, "{shown}");
        }
    }

    #[test]
    fn openness() {
        assert_eq!(
            outcome(&json!({"type": "object"}), json!({"a": 1})),
            "argument \"a\" is unknown to this tool, it takes none"
        );
        assert_eq!(outcome(&json!({"additionalProperties": {"type": "string"}}), json!({"a": "x"})), "ok");
        assert_ne!(outcome(&json!({"additionalProperties": {"type": "string"}}), json!({"a": 1})), "ok");
    }

    #[test]
    fn a_circular_schema_ends() {
        let schema =
            json!({"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"$ref": "#/$defs/A"}}});
        assert_eq!(outcome(&schema, json!({"a": 1})), "argument \"a\" is nested deeper than 32 levels");
    }
}
