//! Asking the sources, all at once, through the gateway's `/mcp`.
//!
//! Each briefing has a connection of its own and reads on behalf of the call that it is made for. Whatever goes wrong with one
//! source is its own outcome; only when there is nothing to ask is there no briefing.

use std::time::Duration;

use jiff::Zoned;
use rmcp::ServiceExt;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientConfig, JsonObject, PaginatedRequestParams,
    RequestMetaObject, Tool,
};
use rmcp::service::{Peer, RoleClient, ServiceError};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::finding::{Found, found};
use super::plain;
use super::source::{Offered, Period, Source, sources};

/// Where the metadata of a call holds the token that the gateway lends for it.
const DELEGATION: &str = "homepilot/delegation";
/// Where the metadata of a list names the servers that are away.
const UNAVAILABLE: &str = "homepilot/unavailable";
/// Pages of the list of tools that are read, a hundred tools each.
const PAGES: usize = 20;
/// Bytes of one answer of the gateway.
const ANSWER: usize = 8 * 1024 * 1024;
/// Characters of a reason.
const REASON: usize = 160;
/// Servers that are away and named.
const AWAY: usize = 8;

/// How it stands with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It was read.
    Read,
    /// A person has to say yes to it first.
    NeedsApproval,
    /// It may not be read here.
    Denied,
    /// It answered with a failure.
    Failed,
    /// It did not answer in time.
    TimedOut,
    /// It is not there.
    Missing,
}

/// What came of one source.
#[derive(Debug)]
pub(super) struct Gathered {
    pub source: Source,
    pub state: State,
    /// What went wrong and what to do, to be said after the source's name.
    pub reason: Option<String>,
    pub found: Found,
}

/// No source could be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum GatherError {
    #[error("the gateway could not be reached, so nothing was read: see that HomePilot runs, then ask again")]
    NoGateway,
    #[error("the gateway did not say what there is to read: {0}")]
    Refused(String),
    #[error(
        "there is nothing to make a briefing from: register a server with tasks, mail or a calendar, in the page or with \
         homepilot servers add, then ask again"
    )]
    NoSources,
}

/// Who asks, and how long an answer is waited for.
pub(super) struct Gatherer<'a> {
    pub gateway: &'a str,
    pub deadline: Duration,
    /// The token of the call; empty if it came with none. It is in no error and no log.
    pub delegation: String,
}

/// The token that a call came with; empty if it came from somebody else than the gateway.
pub(super) fn delegation(meta: &JsonObject) -> String {
    meta.get(DELEGATION).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Gatherer<'_> {
    /// Asks the named sources, or all that fit, about a period. Beside them, names servers that are away.
    pub async fn gather(
        &self,
        named: Option<Vec<String>>,
        period: &Period,
    ) -> Result<(Vec<Gathered>, Vec<(String, String)>), GatherError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.deadline)
            .build()
            .map_err(|_| GatherError::NoGateway)?;
        let config = StreamableHttpClientTransportConfig::with_uri(self.gateway.to_owned())
            .max_sse_event_size(ANSWER)
            .max_json_response_size(ANSWER);
        let transport = StreamableHttpClientTransport::with_client(http, config);
        let connecting = timeout(self.deadline, ClientConfig::default().serve(transport)).await;
        let Ok(Ok(client)) = connecting else { return Err(GatherError::NoGateway) };
        let listed = timeout(self.deadline, self.list(client.peer())).await;
        let (tools, away) = listed.map_err(|_| GatherError::NoGateway)??;
        let gathered = self.ask(client.peer(), &tools, &away, named, period).await;
        // The connection ends with the client; how it ends changes nothing.
        let _ = timeout(self.deadline, client.cancel()).await;
        let gathered = gathered?;
        let unnamed =
            away.into_iter().filter(|(server, _)| !gathered.iter().any(|one| one.source.server() == server));
        let unnamed = unnamed.take(AWAY).collect();
        Ok((gathered, unnamed))
    }

    /// The tools that only read, and the servers that are away with the reason.
    async fn list(&self, peer: &Peer<RoleClient>) -> Result<(Vec<Tool>, Vec<(String, String)>), GatherError> {
        let (mut tools, mut away, mut cursor) = (Vec::new(), Vec::new(), None);
        for _ in 0..PAGES {
            let mut request = PaginatedRequestParams::default().with_cursor(cursor.take());
            request.meta = Some(self.meta());
            let page = peer.list_tools(Some(request)).await.map_err(|error| match error {
                ServiceError::McpError(error) => GatherError::Refused(plain::line(&error.message, REASON)),
                _ => GatherError::NoGateway,
            })?;
            let reads = |tool: &Tool| {
                tool.annotations.as_ref().is_some_and(|said| {
                    said.read_only_hint == Some(true) && said.destructive_hint != Some(true)
                })
            };
            tools.extend(page.tools.into_iter().filter(reads));
            let unavailable =
                page.meta.as_ref().and_then(|meta| meta.get(UNAVAILABLE)).and_then(Value::as_array);
            let text = |one: &Value, name: &str| Some(plain::line(one.get(name)?.as_str()?, REASON));
            away = unavailable
                .into_iter()
                .flatten()
                .filter_map(|one| Some((text(one, "server")?, text(one, "reason")?)))
                .collect();
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        Ok((tools, away))
    }

    async fn ask(
        &self,
        peer: &Peer<RoleClient>,
        tools: &[Tool],
        away: &[(String, String)],
        named: Option<Vec<String>>,
        period: &Period,
    ) -> Result<Vec<Gathered>, GatherError> {
        let schemas: Vec<Value> =
            tools.iter().map(|tool| Value::Object((*tool.input_schema).clone())).collect();
        let offered = tools.iter().zip(&schemas).map(|(tool, schema)| Offered { id: &tool.name, schema });
        let wanted = match named {
            None => sources(offered.clone()),
            Some(ids) => {
                let mut once: Vec<Source> = Vec::with_capacity(ids.len());
                for id in &ids {
                    if !once.iter().any(|source| source.id == *id) {
                        once.push(Source::named(id).unwrap_or_else(|| Source::unknown(id)));
                    }
                }
                once
            }
        };
        if wanted.is_empty() {
            return Err(GatherError::NoSources);
        }
        let (mut asked, mut gathered) = (JoinSet::new(), Vec::new());
        for (place, source) in wanted.into_iter().enumerate() {
            let schema = offered.clone().find(|tool| tool.id == source.id).map(|tool| tool.schema);
            let Some(schema) = schema else {
                let reason = away.iter().find(|(server, _)| server == source.server());
                let reason = match reason {
                    Some((_, reason)) => format!("could not be reached, {reason}"),
                    None => {
                        "is not there, or may not be read here: see which servers are registered".to_owned()
                    }
                };
                gathered.push((place, Gathered::without(source, State::Missing, reason)));
                continue;
            };
            let Some(arguments) = period.arguments(&source, schema) else {
                let reason =
                    "wants to be told more than the time, so it can't be part of a briefing".to_owned();
                gathered.push((place, Gathered::without(source, State::Failed, reason)));
                continue;
            };
            let mut request = CallToolRequestParams::new(source.id.clone()).with_arguments(arguments);
            request.meta = Some(self.meta());
            let (peer, deadline, now) = (peer.clone(), self.deadline, period.now.clone());
            asked.spawn(async move { (place, one(&peer, deadline, source, request, &now).await) });
        }
        // A task of ours ends early only when the program does.
        while let Some(ended) = asked.join_next().await {
            gathered.extend(ended.ok());
        }
        gathered.sort_by_key(|(place, _)| *place);
        Ok(gathered.into_iter().map(|(_, one)| one).collect())
    }

    fn meta(&self) -> RequestMetaObject {
        let mut meta = RequestMetaObject::new();
        meta.insert(DELEGATION.to_owned(), Value::from(self.delegation.clone()));
        meta
    }
}

async fn one(
    peer: &Peer<RoleClient>,
    deadline: Duration,
    source: Source,
    request: CallToolRequestParams,
    now: &Zoned,
) -> Gathered {
    match timeout(deadline, peer.call_tool(request)).await {
        Err(_) => {
            Gathered::without(source, State::TimedOut, "did not answer in time, ask again later".to_owned())
        }
        Ok(Ok(result)) if result.is_error == Some(true) => refused(source, &result),
        Ok(Ok(result)) => {
            let found = found(&source, &result, now);
            Gathered { source, state: State::Read, reason: None, found }
        }
        Ok(Err(ServiceError::McpError(error))) => {
            let reason = format!("failed: {}", plain::line(&error.message, REASON));
            Gathered::without(source, State::Failed, reason)
        }
        Ok(Err(_)) => {
            Gathered::without(source, State::Failed, "could not be asked, ask again later".to_owned())
        }
    }
}

/// A refusal of the gateway by its code; else a failure of the tool, in its words.
fn refused(source: Source, result: &CallToolResult) -> Gathered {
    let code = result.structured_content.as_ref().and_then(|said| said.pointer("/error/code")?.as_str());
    match code {
        Some("needs_approval") => {
            let reason = "needs your approval: ask for it by itself, or let it be read unasked".to_owned();
            Gathered::without(source, State::NeedsApproval, reason)
        }
        Some("denied") => Gathered::without(source, State::Denied, "may not be read here".to_owned()),
        Some(_) | None => {
            let said = result.content.iter().find_map(|block| block.as_text()).map(|text| text.text.as_str());
            let reason = format!("failed: {}", plain::line(said.unwrap_or("it did not say why"), REASON));
            Gathered::without(source, State::Failed, reason)
        }
    }
}

impl Gathered {
    fn without(source: Source, state: State, reason: String) -> Self {
        Self { source, state, reason: Some(reason), found: Found::default() }
    }
}
