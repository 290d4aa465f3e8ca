//! Listing a server's tools, within bounds: a server that offers too much is used as far as it is reasonable, and says so.

use std::collections::BTreeSet;
use std::time::Duration;

use rmcp::model::{
    ClientRequest, DiscoverRequest, DiscoverRequestParams, ListToolsRequest, PaginatedRequestParams,
    PingRequest, ServerResult,
};
use rmcp::service::{PeerRequestOptions, ServiceError};
use rmcp::transport::streamable_http_client::StreamableHttpError;
use tokio::time::{Instant, timeout_at};

use super::http::{http_error, tidy};
use super::{ConnectError, Line};
use crate::capability::Tool;
use crate::gateway::Limits;
use crate::name::ToolName;
use crate::oauth::{Refusal, in_our_words};
use crate::quarantine::{Definition, Held};

const MAX_TOOLS: usize = 1000;
const MAX_DEFINITION: usize = 64 * 1024;
const MAX_DEFINITIONS: usize = 1024 * 1024;
const MAX_NOTES: usize = 20;
const MAX_PAGES: usize = 100;
const MAX_CURSOR: usize = 4096;
/// The largest definition with its icons and metadata, which are left out beyond it.
const MAX_RAW: usize = 256 * 1024;

/// A server's tools, and what had to be left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Listing {
    pub(crate) tools: Vec<Tool>,
    /// Tools that are out of use until their change is approved.
    pub(crate) quarantined: Vec<Held>,
    pub(crate) notes: Vec<String>,
    /// How long it may be taken for true, by the server's own word.
    pub(crate) ttl: Option<Duration>,
}

impl Listing {
    /// Of tools that are known all at once.
    pub(crate) fn of(tools: impl IntoIterator<Item = rmcp::model::Tool>, notes: Vec<String>) -> Self {
        let mut builder = Builder { listing: Self { notes, ..Self::default() }, ..Builder::default() };
        tools.into_iter().for_each(|tool| builder.add(tool));
        builder.finish()
    }
}

impl Line {
    /// Every page of the tool list. The client library's cache is passed by: it would answer for a dead server.
    pub(super) async fn list(&self, limits: &Limits) -> Result<Listing, ConnectError> {
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
            builder.fresh_for(page.ttl_ms);
            cursor = page.next_cursor.filter(|cursor| cursor.len() <= MAX_CURSOR);
            if cursor.is_some() && seen.len() + 1 >= MAX_PAGES {
                builder.note(format!("its list has more than {MAX_PAGES} pages, the rest was left out"));
                return Ok(builder.finish());
            }
            // A cursor that comes back would go round for ever.
            let go_on = cursor.as_ref().is_some_and(|cursor| seen.insert(cursor.clone()));
            if !go_on || builder.full() {
                return Ok(builder.finish());
            }
        }
    }

    /// Asks for a sign of life, which costs less than a list. An error is one too.
    pub(super) async fn alive(&self, limits: &Limits) -> Result<(), ConnectError> {
        let request = if self.has_initialize() {
            ClientRequest::PingRequest(PingRequest::default())
        } else {
            ClientRequest::DiscoverRequest(DiscoverRequest::new(DiscoverRequestParams {}))
        };
        let options = PeerRequestOptions::with_timeout(limits.connect);
        let answer =
            async { self.peer.send_cancellable_request(request, options).await?.await_response().await };
        match answer.await {
            Ok(_) | Err(ServiceError::McpError(_)) => Ok(()),
            Err(error) => Err(self.listing_error(error)),
        }
    }

    fn listing_error(&self, error: ServiceError) -> ConnectError {
        match &error {
            ServiceError::TransportSend(transport) => match http_error(transport) {
                Some(StreamableHttpError::AuthRequired(_) | StreamableHttpError::InsufficientScope(_)) => {
                    ConnectError::Unauthorized
                }
                Some(StreamableHttpError::Auth(error)) => Refusal::Renewal(in_our_words(error)).into(),
                Some(error) => ConnectError::NoConnection(self.brief(error)),
                None => ConnectError::NoConnection(tidy(&transport.error.to_string(), self.url.as_ref())),
            },
            ServiceError::TransportClosed => ConnectError::NoConnection("the connection ended".to_owned()),
            ServiceError::Timeout { timeout } => ConnectError::TimedOut(*timeout),
            other => ConnectError::Listing(tidy(&other.to_string(), self.url.as_ref())),
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

    /// The shortest of all pages counts.
    fn fresh_for(&mut self, ttl: Option<u64>) {
        let ttl = ttl.map(Duration::from_millis);
        self.listing.ttl = [self.listing.ttl, ttl].into_iter().flatten().min();
    }

    fn add(&mut self, mut tool: rmcp::model::Tool) {
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
        if serde_json::to_string(&tool).map_or(usize::MAX, |text| text.len()) > MAX_RAW {
            (tool.icons, tool.meta) = (None, None);
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
        self.listing.tools.push(Tool::read(name, tool));
    }

    fn finish(mut self) -> Listing {
        if self.full() {
            self.note(format!("it offers more than {MAX_TOOLS} tools, the first {MAX_TOOLS} are used"));
        }
        self.listing
    }
}

#[cfg(test)]
mod odd;
#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn tool(name: &str, description: &str, schema: Value) -> rmcp::model::Tool {
        serde_json::from_value(json!({"name": name, "description": description, "inputSchema": schema}))
            .unwrap()
    }

    fn listing(tools: impl IntoIterator<Item = rmcp::model::Tool>) -> Listing {
        Listing::of(tools, Vec::new())
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
