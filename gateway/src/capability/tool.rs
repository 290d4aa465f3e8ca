//! A tool as its server defines it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Hints;
use crate::canonical::Digest;
use crate::name::ToolName;
use crate::plain_text;
use crate::quarantine::Definition;
use crate::schema::Schema;

/// A tool as its server defines it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tool {
    pub(crate) name: ToolName,
    pub(crate) title: Option<String>,
    pub(crate) description: String,
    pub(crate) schema: Arc<Map<String, Value>>,
    pub(crate) hints: Hints,
    /// What approvals and pins are bound to: everything its server says about it, before any cleaning.
    pub(crate) hash: Digest,
    /// The definition as the server sent it, for whoever is offered the tool as it is.
    pub(crate) raw: Arc<rmcp::model::Tool>,
    /// The raw definition's input schema, compiled.
    pub(crate) input: Schema,
    /// The raw definition's output schema, compiled.
    pub(crate) output: Schema,
}

impl Tool {
    /// Reads a definition. Texts for people and prompts are cleaned.
    pub(crate) fn read(name: ToolName, tool: rmcp::model::Tool) -> Self {
        let raw = tool.description.as_deref().unwrap_or_default();
        let annotations = tool.annotations.as_ref();
        Self {
            hash: Definition::of(&tool).hash(),
            title: tool
                .title
                .as_deref()
                .or_else(|| annotations.and_then(|a| a.title.as_deref()))
                .map(plain_text::description)
                .filter(|title| !title.is_empty()),
            description: plain_text::description(raw),
            schema: Arc::new(cleaned(&tool.input_schema)),
            hints: Hints {
                read_only: annotations.and_then(|a| a.read_only_hint),
                destructive: annotations.and_then(|a| a.destructive_hint),
            },
            name,
            raw: Arc::new(tool),
            input: Schema::default(),
            output: Schema::default(),
        }
    }
}

/// The schema with the texts that are shown or put into prompts cleaned; names and values stay as they are.
fn cleaned(schema: &Map<String, Value>) -> Map<String, Value> {
    schema
        .iter()
        .map(|(key, value)| {
            let value = match value {
                Value::String(text) if matches!(key.as_str(), "description" | "title") => {
                    plain_text::description(text).into()
                }
                Value::Object(inner) => Value::Object(cleaned(inner)),
                Value::Array(items) => Value::Array(items.iter().map(cleaned_item).collect()),
                other => other.clone(),
            };
            (key.clone(), value)
        })
        .collect()
}

fn cleaned_item(item: &Value) -> Value {
    match item {
        Value::Object(inner) => Value::Object(cleaned(inner)),
        other => other.clone(),
    }
}
