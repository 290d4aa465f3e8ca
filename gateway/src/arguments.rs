//! Arguments against a tool's input schema, before anything is asked or sent.
//!
//! A person is asked about exactly these arguments, so a name the schema doesn't know is refused even where JSON schema
//! would let it pass. `format` is not checked (temporal arguments may be spoken words). The server checks again.

mod absent;

use serde_json::{Map, Value};
use thiserror::Error;

pub(crate) use absent::leave_out_nulls;

use crate::capability::Tool;
use crate::schema::referred;

/// Nesting beyond this is not followed; it also ends circular references.
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

/// Checks an arguments object against the tool's input schema.
pub(crate) fn check(tool: &Tool, arguments: &Map<String, Value>) -> Result<(), ArgumentProblem> {
    let schema = &tool.raw.input_schema;
    Names { root: schema }.object(schema, arguments, "", 0)?;
    tool.input.check(schema, &Value::Object(arguments.clone())).map_err(|mismatch| {
        // What concerns the whole is said of the first, for want of a better one.
        let first = || arguments.keys().next().cloned().unwrap_or_default();
        let argument = if mismatch.place.is_empty() { first() } else { mismatch.place };
        ArgumentProblem { argument, message: mismatch.problem }
    })
}

/// Looks for names that nobody could be asked about because the schema doesn't know them.
struct Names<'a> {
    root: &'a Map<String, Value>,
}

impl<'a> Names<'a> {
    fn value(
        &self,
        schema: &'a Value,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<(), ArgumentProblem> {
        let Value::Object(schema) = schema else { return Ok(()) };
        if depth > DEPTH {
            return Ok(());
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return referred(self.root, reference)
                .map_or(Ok(()), |target| self.value(target, value, path, depth + 1));
        }
        match value {
            Value::Object(object) => self.object(schema, object, path, depth),
            Value::Array(items) => {
                let Some(each) = schema.get("items") else { return Ok(()) };
                items.iter().enumerate().try_for_each(|(index, item)| {
                    self.value(each, item, &format!("{path}.{index}"), depth + 1)
                })
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    fn object(
        &self,
        schema: &'a Map<String, Value>,
        object: &Map<String, Value>,
        path: &str,
        depth: usize,
    ) -> Result<(), ArgumentProblem> {
        const OTHERS: [&str; 9] = [
            "patternProperties",
            "anyOf",
            "oneOf",
            "allOf",
            "if",
            "$ref",
            "dependentSchemas",
            "unevaluatedProperties",
            "$dynamicRef",
        ];
        let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let properties = schema.get("properties").and_then(Value::as_object);
        let additional =
            matches!(schema.get("additionalProperties"), Some(Value::Object(_) | Value::Bool(true)));
        // Names may be known to a part of the schema that is not looked into here.
        let open = additional || OTHERS.iter().any(|key| schema.contains_key(*key));
        // An object that describes no members at all (a free-form map) takes any, except at the top.
        let free = properties.is_none() && !path.is_empty() && !schema.contains_key("additionalProperties");
        for (name, value) in object {
            if let Some(known) = properties.and_then(|known| known.get(name)) {
                self.value(known, value, &at(name), depth + 1)?;
            } else if !open && !free {
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
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(schema: &Value, arguments: Value) -> String {
        let Value::Object(arguments) = arguments else { unreachable!() };
        let raw = serde_json::from_value(json!({"name": "t", "inputSchema": schema})).unwrap();
        check(&Tool::read("t".parse().unwrap(), raw), &arguments)
            .map_or_else(|problem| problem.to_string(), |()| "ok".to_owned())
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
        assert_eq!(
            outcome(&schema, json!({"a": 1})),
            "argument \"a\" can't be checked, the tool's schema goes in circles"
        );
    }

    #[test]
    fn patterns_run_in_linear_time_or_not_at_all() {
        let schema = |pattern: &str| json!({"properties": {"a": {"type": "string", "pattern": pattern}}});
        let evil = format!("{}!", "a".repeat(50_000));
        assert_ne!(outcome(&schema("^(a+)+$"), json!({"a": evil})), "ok");
        assert_eq!(
            outcome(&schema("^[a-z]+$"), json!({"a": "x1"})),
            "argument \"a\" must have the form ^[a-z]+$"
        );
        // What needs backtracking is left to the server.
        assert_eq!(outcome(&schema("^(?!x)\\1"), json!({"a": "x"})), "ok");
    }

    #[test]
    fn what_is_no_schema_checks_names_alone() {
        let schema = json!({"properties": {"a": {"type": "any"}}});
        assert_eq!(outcome(&schema, json!({"a": 1})), "ok");
        assert_ne!(outcome(&schema, json!({"b": 1})), "ok");
    }

    #[test]
    fn nothing_is_fetched() {
        let schema = json!({"properties": {"a": {"$ref": "http://127.0.0.1:1/schema.json"}}});
        assert_eq!(
            outcome(&schema, json!({"a": 1})),
            "argument \"a\" can't be checked, the tool's schema refers to http://127.0.0.1:1/schema.json"
        );
    }
}
