//! Which arguments of a call are recipients: by their names, by what the schema says of them, and by their own shape.

use serde_json::{Map, Value};

use super::names::{holds, says_recipient, sends};
use super::{is_address, is_phone};
use crate::capability::words;
use crate::schema::referred;

/// Nesting beyond this is not followed; the arguments are checked against the schema to the same depth.
const DEPTH: usize = 32;

/// Members of a recipient that describe it.
const DESCRIBES: &str = "name displayname label type kind role status responsestatus comment note title firstname lastname givenname \
    familyname timezone locale optional";

/// The text of one recipient argument.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// As it was given.
    pub(crate) whole: String,
    /// The single recipients in it, without their display names.
    pub(crate) parts: Vec<String>,
}

/// Every recipient that can be found.
pub(crate) fn in_arguments(schema: &Map<String, Value>, arguments: &Map<String, Value>) -> Vec<Found> {
    let mut search = Search { root: schema, found: Vec::new() };
    search.members(&Shape(vec![schema]), arguments, 0);
    search.found
}

struct Search<'a> {
    root: &'a Map<String, Value>,
    found: Vec<Found>,
}

/// What is known of a value: every schema that may apply to it.
struct Shape<'a>(Vec<&'a Map<String, Value>>);

impl<'a> Search<'a> {
    fn members(&mut self, shape: &Shape<'a>, object: &Map<String, Value>, depth: usize) {
        for (name, value) in object {
            let inner = self.member(shape, name);
            let sends = sends(name);
            let named = !sends && (says_recipient(name) || inner.is_address());
            self.value(&inner, value, named, sends, depth + 1);
        }
    }

    fn value(&mut self, shape: &Shape<'a>, value: &Value, named: bool, sends: bool, depth: usize) {
        if depth > DEPTH {
            return;
        }
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) if named => self.text(&number.to_string()),
            Value::String(text) if named || (!sends && (shape.is_address() || is_address(text.trim()))) => {
                self.text(text);
            }
            Value::Number(_) | Value::String(_) => {}
            Value::Array(items) => {
                let inner = self.item(shape);
                for item in items {
                    self.value(&inner, item, named, sends, depth + 1);
                }
            }
            Value::Object(object) if named => self.recipient(shape, object, depth),
            Value::Object(object) => self.members(shape, object, depth),
        }
    }

    /// A recipient with members: whatever doesn't merely describe it says who it is.
    fn recipient(&mut self, shape: &Shape<'a>, object: &Map<String, Value>, depth: usize) {
        let before = self.found.len();
        for (name, value) in object {
            if is_address(name.trim()) || is_phone(name.trim()) {
                self.text(name);
            }
            if !holds(DESCRIBES, &words(name).concat()) {
                let inner = self.member(shape, name);
                self.value(&inner, value, true, false, depth + 1);
            }
        }
        if self.found.len() == before {
            for value in object.values() {
                self.value(&Shape(Vec::new()), value, true, false, depth + 1);
            }
        }
    }

    fn text(&mut self, text: &str) {
        let parts = split(text);
        if !parts.is_empty() {
            self.found.push(Found { whole: text.to_owned(), parts });
        }
    }

    fn member(&self, shape: &Shape<'a>, name: &str) -> Shape<'a> {
        self.shape(shape.0.iter().filter_map(|schema| schema.get("properties")?.get(name)))
    }

    fn item(&self, shape: &Shape<'a>) -> Shape<'a> {
        self.shape(shape.0.iter().filter_map(|schema| schema.get("items")))
    }

    fn shape(&self, schemas: impl Iterator<Item = &'a Value>) -> Shape<'a> {
        let mut parts = Vec::new();
        for schema in schemas {
            self.expand(schema, 0, &mut parts);
        }
        Shape(parts)
    }

    /// A schema with those it refers to and those it combines.
    fn expand(&self, schema: &'a Value, depth: usize, parts: &mut Vec<&'a Map<String, Value>>) {
        const MOST: usize = 64;
        let Value::Object(object) = schema else { return };
        if depth > 8 || parts.len() >= MOST {
            return;
        }
        parts.push(object);
        let reference = object.get("$ref").and_then(Value::as_str);
        if let Some(target) = reference.and_then(|reference| referred(self.root, reference)) {
            self.expand(target, depth + 1, parts);
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            for part in object.get(key).and_then(Value::as_array).into_iter().flatten() {
                self.expand(part, depth + 1, parts);
            }
        }
    }
}

impl Shape<'_> {
    fn is_address(&self) -> bool {
        self.0.iter().any(|schema| {
            let format = schema.get("format").and_then(Value::as_str);
            matches!(format, Some("email" | "idn-email" | "phone" | "tel"))
        })
    }
}

/// A list as people write it into one text. Quotes or brackets that don't close leave it in one piece.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut quoted, mut bracketed) = (false, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            ',' | ';' | '\n' | '\r' if !quoted && !bracketed => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    if quoted || bracketed {
        parts = vec![text.to_owned()];
    }
    parts.iter().map(|part| unwrapped(part.trim())).filter(|part| !part.is_empty()).collect()
}

/// The address of `Bob <bob@x.org>`. A display name that could be taken for an address, or anything after the bracket, leaves
/// it as it is.
pub(super) fn unwrapped(part: &str) -> String {
    let inner = part.strip_suffix('>').and_then(|rest| rest.split_once('<'));
    match inner {
        Some((name, address)) if !name.contains(['@', '>']) && !address.contains(['<', '>']) => {
            address.trim().to_owned()
        }
        Some(_) | None => part.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(schema: &Value, arguments: &Value) -> Vec<String> {
        in_arguments(schema.as_object().unwrap(), arguments.as_object().unwrap())
            .into_iter()
            .flat_map(|found| found.parts)
            .collect()
    }

    #[test]
    fn places() {
        let schema = json!({
            "properties": {
                "owner": {"type": "string", "format": "email"},
                "copy": {"anyOf": [{"$ref": "#/$defs/Mail"}, {"type": "null"}]},
                "others": {"type": "array", "items": {"$ref": "#/$defs/Mail"}},
                "event": {"type": "object", "properties": {"host": {"$ref": "#/$defs/Mail"}}},
            },
            "$defs": {"Mail": {"type": "string", "format": "email"}},
        });
        for (arguments, wanted) in [
            (json!({"text": "hi to all"}), vec![]),
            (json!({"to": ""}), vec![]),
            (json!({"to": null, "users": true}), vec![]),
            (json!({"to": "a", "cc": ["b", 5]}), vec!["a", "b", "5"]),
            (
                json!({"owner": "x", "copy": "y", "others": ["z"], "event": {"host": "h"}}),
                vec!["y", "h", "z", "x"],
            ),
            (
                json!({"message": {"toRecipients": [{"emailAddress": {"address": "a@x", "name": "A"}}]}}),
                vec!["a@x"],
            ),
            (json!({"attendees": [{"displayName": "Ann"}]}), vec!["Ann"]),
            (json!({"attendees": [{"email": "a@x", "displayName": "Ann", "optional": true}]}), vec!["a@x"]),
            (json!({"recipients": {"bob@x.org": {"role": "reader"}}}), vec!["bob@x.org", "reader"]),
            // An address is one wherever it stands alone, unless it is the sender's.
            (
                json!({"target": "eve@evil.net", "from": "me@x.org", "text": "mail eve@evil.net"}),
                vec!["eve@evil.net"],
            ),
        ] {
            let mut got = found(&schema, &arguments);
            let mut wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
            got.sort();
            wanted.sort();
            assert_eq!(got, wanted, "{arguments}");
        }
    }

    #[test]
    fn circular_schemas_end() {
        let schema =
            json!({"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"$ref": "#/$defs/A"}}});
        assert!(found(&schema, &json!({"a": "x"})).is_empty());
    }
}
