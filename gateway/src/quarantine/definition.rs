//! A tool exactly as its server defines it: what is remembered, hashed and compared.

use serde_json::{Map, Value};

use crate::canonical::{Digest, canonical_object};

/// Name, title, description, schemas and annotations, before any cleaning, so that a change that can't be seen is a change all
/// the same. Icons and metadata are left out: no person and no model decides by them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Definition(Map<String, Value>);

impl Definition {
    pub(crate) fn of(tool: &rmcp::model::Tool) -> Self {
        let mut fields = Map::new();
        fields.insert("name".to_owned(), Value::from(tool.name.as_ref()));
        fields.insert("inputSchema".to_owned(), Value::Object((*tool.input_schema).clone()));
        let optional = [
            ("title", tool.title.as_deref().map(Value::from)),
            ("description", tool.description.as_deref().map(Value::from)),
            ("outputSchema", tool.output_schema.as_ref().map(|schema| Value::Object((**schema).clone()))),
            // Strings and booleans, which always serialize.
            ("annotations", tool.annotations.as_ref().and_then(|said| serde_json::to_value(said).ok())),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        }
        Self(fields)
    }

    /// The hash that approvals, pins and remembered definitions are bound to: the plain SHA-256 of the canonical text.
    pub(crate) fn hash(&self) -> Digest {
        Digest::of_object(&self.0)
    }

    /// The canonical text.
    pub(crate) fn text(&self) -> String {
        canonical_object(&self.0)
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// What pins were bound to while hashes covered name, description and input schema only.
    pub(crate) fn narrow_hash(&self) -> Digest {
        let schema = self.object("inputSchema").map(canonical_object).unwrap_or_default();
        Digest::of(&[self.string("name"), self.string("description"), &schema])
    }

    /// A text of the definition; one that is not there is empty.
    pub(crate) fn string(&self, field: &str) -> &str {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn object(&self, field: &str) -> Option<&Map<String, Value>> {
        self.0.get(field).and_then(Value::as_object)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition(value: Value) -> Definition {
        let tool = serde_json::from_value(value).unwrap();
        Definition::of(&tool)
    }

    #[test]
    fn the_hash_sees_every_field_and_what_the_eye_does_not() {
        let plain = json!({"name": "t", "description": "reads", "inputSchema": {"type": "object"}});
        let before = definition(plain.clone());
        for (field, value) in [
            ("description", json!("reads\u{200b}")),
            ("title", json!("T")),
            ("inputSchema", json!({"type": "object", "properties": {"to": {}}})),
            ("outputSchema", json!({"type": "object"})),
            ("annotations", json!({"readOnlyHint": true})),
        ] {
            let mut changed = plain.clone();
            changed[field] = value;
            assert_ne!(before.hash(), definition(changed).hash(), "{field}");
        }
        let mut other_key_order = plain.clone();
        other_key_order["icons"] = json!([{"src": "https://example.org/a.png"}]);
        assert_eq!(before.hash(), definition(other_key_order).hash());
    }

    #[test]
    fn it_reads_back_as_it_was() {
        let before = definition(
            json!({"name": "t", "inputSchema": {"type": "object"}, "annotations": {"title": "x"}}),
        );
        assert_eq!(Definition::from_text(&before.text()), Some(before));
    }
}
