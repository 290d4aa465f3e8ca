//! Arguments that are there and say nothing. Models and programs write `null` for what they leave out; where a schema has no
//! place for null, that is what they mean, and it is left out before anybody is asked about it.

use serde_json::{Map, Value};

/// Takes out top-level nulls that the schema neither requires nor allows.
pub(crate) fn leave_out_nulls(schema: &Map<String, Value>, arguments: &mut Map<String, Value>) {
    let required = |name: &str| {
        let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).any(|other| other == name)
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    arguments.retain(|name, value| {
        let wanted = properties.and_then(|properties| properties.get(name));
        !value.is_null() || required(name) || !wanted.is_some_and(has_no_place_for_null)
    });
}

/// A schema that names its types, and null is not among them. Anything else may allow null and is left alone.
fn has_no_place_for_null(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind != "null",
        Some(Value::Array(kinds)) => !kinds.iter().any(|kind| kind == "null"),
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_null_that_can_mean_nothing_else_is_left_out() {
        let schema = json!({
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": ["string", "null"]}, "c": {}, "d": {"type": "integer"}},
            "required": ["d"],
        });
        let mut arguments = json!({"a": null, "b": null, "c": null, "d": null, "e": null});
        leave_out_nulls(schema.as_object().unwrap(), arguments.as_object_mut().unwrap());
        assert_eq!(arguments, json!({"b": null, "c": null, "d": null, "e": null}));
    }
}
