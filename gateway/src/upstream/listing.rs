//! Listing a server's tools, within bounds: a server that offers too much is used as far as it is reasonable, and says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use rmcp::model::{ClientRequest, ListToolsRequest, PaginatedRequestParams, ServerResult};
use rmcp::service::{PeerRequestOptions, ServiceError};
use rmcp::transport::streamable_http_client::StreamableHttpError;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use super::handshake::{brief, http_error, tidy};
use super::{ConnectError, Connection};
use crate::capability::{Hints, Tool};
use crate::gateway::Limits;
use crate::name::ToolName;
use crate::oauth::{Refusal, in_our_words};
use crate::plain_text;
use crate::quarantine::{Definition, Held};

const MAX_TOOLS: usize = 1000;
const MAX_DEFINITION: usize = 64 * 1024;
const MAX_DEFINITIONS: usize = 1024 * 1024;
const MAX_NOTES: usize = 20;

/// A server's tools, and what had to be left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Listing {
    pub(crate) tools: Vec<Tool>,
    /// Tools that are out of use until their change is approved.
    pub(crate) quarantined: Vec<Held>,
    pub(crate) notes: Vec<String>,
}

impl Connection {
    /// Every page of the tool list. The client library's cache is passed by: it would answer for a dead server.
    pub(crate) async fn list(&self, limits: &Limits) -> Result<Listing, ConnectError> {
        let deadline = Instant::now() + limits.list;
        let mut builder = Builder::default();
        let (mut cursor, mut seen) = (None, BTreeSet::new());
        loop {
            let params = PaginatedRequestParams::default().with_cursor(cursor.take());
            let request = ListToolsRequest::with_param(params);
            let answer = async {
                let options = PeerRequestOptions::with_timeout(limits.list);
                let request = ClientRequest::ListToolsRequest(request);
                self.peer.send_cancellable_request(request, options).await?.await_response().await
            };
            let page = match timeout_at(deadline, answer).await {
                Err(_) => return Err(ConnectError::TimedOut(limits.list)),
                Ok(Err(error)) => return Err(self.listing_error(error)),
                Ok(Ok(ServerResult::ListToolsResult(page))) => page,
                Ok(Ok(_)) => return Err(ConnectError::Listing("the answer is not a tool list".to_owned())),
            };
            for tool in page.tools {
                builder.add(tool);
            }
            cursor = page.next_cursor;
            // A cursor that comes back would go round for ever.
            let go_on = cursor.as_ref().is_some_and(|cursor| seen.insert(cursor.clone()));
            if !go_on || builder.full() {
                return Ok(builder.finish());
            }
        }
    }

    fn listing_error(&self, error: ServiceError) -> ConnectError {
        match &error {
            ServiceError::TransportSend(transport) => match http_error(transport) {
                Some(StreamableHttpError::AuthRequired(_) | StreamableHttpError::InsufficientScope(_)) => {
                    ConnectError::Unauthorized
                }
                Some(StreamableHttpError::Auth(error)) => Refusal::Renewal(in_our_words(error)).into(),
                Some(error) => ConnectError::NoConnection(brief(error, &self.url)),
                None => ConnectError::NoConnection(tidy(&error.to_string(), &self.url)),
            },
            ServiceError::TransportClosed => ConnectError::NoConnection("the connection ended".to_owned()),
            ServiceError::Timeout { timeout } => ConnectError::TimedOut(*timeout),
            other => ConnectError::Listing(tidy(&other.to_string(), &self.url)),
        }
    }
}

#[derive(Default)]
struct Builder {
    listing: Listing,
    names: BTreeSet<ToolName>,
    definition_bytes: usize,
    offered: usize,
}

impl Builder {
    fn full(&self) -> bool {
        self.offered > MAX_TOOLS
    }

    fn note(&mut self, note: String) {
        if self.listing.notes.len() < MAX_NOTES {
            self.listing.notes.push(note);
        }
    }

    fn add(&mut self, tool: rmcp::model::Tool) {
        self.offered += 1;
        if self.full() {
            return;
        }
        let name = match tool.name.parse::<ToolName>() {
            Ok(name) => name,
            Err(error) => return self.note(format!("a tool was left out: {error}")),
        };
        let size = Definition::of(&tool).text().len();
        if size > MAX_DEFINITION {
            return self.note(format!(
                "{name} was left out: its definition is {size} bytes, the limit is {MAX_DEFINITION}"
            ));
        }
        if self.definition_bytes + size > MAX_DEFINITIONS {
            return self.note(format!(
                "{name} was left out: the definitions together exceed {MAX_DEFINITIONS} bytes"
            ));
        }
        if !self.names.insert(name.clone()) {
            return self.note(format!("a second tool named {name} was left out"));
        }
        self.definition_bytes += size;
        self.listing.tools.push(read(name, tool));
    }

    fn finish(mut self) -> Listing {
        if self.full() {
            self.note(format!("it offers more than {MAX_TOOLS} tools, the first {MAX_TOOLS} are used"));
        }
        self.listing
    }
}

fn read(name: ToolName, tool: rmcp::model::Tool) -> Tool {
    let raw = tool.description.as_deref().unwrap_or_default();
    let annotations = tool.annotations.as_ref();
    Tool {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(name: &str, description: &str, schema: Value) -> rmcp::model::Tool {
        serde_json::from_value(json!({"name": name, "description": description, "inputSchema": schema}))
            .unwrap()
    }

    fn listing(tools: impl IntoIterator<Item = rmcp::model::Tool>) -> Listing {
        let mut builder = Builder::default();
        tools.into_iter().for_each(|tool| builder.add(tool));
        builder.finish()
    }

    #[test]
    fn odd_tools_are_left_out_with_a_word() {
        let huge = json!({"type": "object", "description": "x".repeat(70_000)});
        let found = listing([
            tool("good", "Does good\u{200b}.", json!({"type": "object"})),
            tool("s\u{0435}nd", "looks like send", json!({"type": "object"})),
            tool("good", "again", json!({"type": "object"})),
            tool("huge", "", huge),
        ]);
        assert_eq!(found.tools.len(), 1);
        assert_eq!(found.tools[0].description, "Does good.");
        assert_eq!(found.notes.len(), 3, "{:?}", found.notes);
    }

    #[test]
    fn too_many_are_cut() {
        let found = listing((0..1200).map(|n| tool(&format!("t{n}"), "", json!({"type": "object"}))));
        assert_eq!(found.tools.len(), 1000);
        assert_eq!(found.notes, ["it offers more than 1000 tools, the first 1000 are used"]);
    }

    #[test]
    fn schema_texts_are_cleaned_and_values_kept() {
        let found = listing([tool(
            "t",
            "",
            json!({"type": "object", "properties": {"a": {"description": "in\u{202e}side", "enum": ["x\u{200b}"]}}}),
        )]);
        let schema = Value::Object((*found.tools[0].schema).clone());
        assert_eq!(schema["properties"]["a"], json!({"description": "inside", "enum": ["x\u{200b}"]}));
    }
}
