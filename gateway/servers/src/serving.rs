//! The frame that every server of this crate stands in: one set of tools, served as MCP over streamable HTTP at `/mcp`.
//!
//! Invariants:
//! - Both MCP eras are answered without a session (2026-07-28, and `initialize` for the revisions before it), so a client
//!   never notices a restart.
//! - Requests with a foreign `Host` or `Origin` are refused, so a web page cannot reach a server by DNS rebinding.
//! - Whatever goes wrong with a call is a tool error (`isError`) that says what to do, so that a planner can mend it; only
//!   an unknown tool is a protocol error.

use std::fmt::{Debug, Display};
use std::future::Future;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, Implementation,
    JsonObject, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{RoleServer, ServerHandler};
use serde::Serialize;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::answered::Answer;
use crate::port::{self, Limits};

/// The `_meta` key of a call that must not be carried out twice.
pub const IDEMPOTENCY_KEY: &str = "homepilot/idempotency-key";

/// The `_meta` key of a tool error that says what is known of the call's outcome.
pub const OUTCOME_KEY: &str = "homepilot/outcome";

/// The longest idempotency key, in characters.
const LONGEST_KEY: usize = 200;

/// What a tool does to the world; the gateway's catalogue of built-in classes is made from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing is changed.
    Read,
    /// Something is added or changed.
    Write,
    /// Something is lost.
    Destructive,
}

/// Why a server stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The socket failed.
    #[error("the server cannot go on listening: {0}")]
    Listen(#[from] std::io::Error),
}

/// The tools of one server, by name.
pub(crate) trait ToolName: Copy + Eq + Debug + Send + Sync + 'static {
    /// All of them, in the order they are listed.
    const ALL: &'static [Self];

    /// The name on the wire.
    fn name(self) -> &'static str;

    /// What it does to the world.
    fn effect(self) -> Effect;

    /// The tool as clients see it.
    fn describe(self) -> Tool;

    /// The tool with this name on the wire.
    fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|tool| tool.name() == name)
    }

    /// Every tool with its effect.
    fn effects() -> Vec<(&'static str, Effect)> {
        Self::ALL.iter().map(|tool| (tool.name(), tool.effect())).collect()
    }
}

/// A call that arrived. It has no `Debug`: its `_meta` may hold a secret of the gateway's.
pub(crate) struct Call {
    /// Its arguments, unchecked.
    pub arguments: Option<JsonObject>,
    /// The key under which it must not be carried out twice.
    pub key: Option<String>,
    /// Its `_meta`.
    pub meta: JsonObject,
    /// Cancelled when the caller no longer waits.
    pub cancel: CancellationToken,
}

/// What a server does.
pub(crate) trait Toolset: Clone + Send + Sync + 'static {
    /// Its tools.
    type Name: ToolName;
    /// Why a call was not carried out, in words for the person and the planner.
    type Error: Display + Debug + Send;

    /// The name it gives itself: `homepilot-assistant`.
    const IMPLEMENTATION: &'static str;
    /// What it is for, told to clients.
    const INSTRUCTIONS: &'static str;
    /// The largest request body, in bytes.
    const LARGEST_BODY: usize = 256 * 1024;

    /// Carries out one call.
    fn call(
        &self,
        tool: Self::Name,
        call: Call,
    ) -> impl Future<Output = Result<CallToolResult, Self::Error>> + Send;
}

/// A result: `text` is spoken, `structured` is for programs.
pub(crate) fn answer<E: From<serde_json::Error>>(
    text: String,
    structured: &impl Serialize,
) -> Result<CallToolResult, E> {
    Ok(Answer::new(text, structured)?.into())
}

/// A tool error of a call of which nobody can know whether it happened. `message` names no arguments, for it is kept.
pub(crate) fn unknown(message: String) -> CallToolResult {
    let mut result = refused(message);
    result.meta.get_or_insert_default().0.insert(OUTCOME_KEY.to_owned(), Value::from("unknown"));
    result
}

/// Serves `toolset` until `cancel`; calls under way are finished first.
pub(crate) async fn serve<T: Toolset>(
    listener: TcpListener,
    toolset: T,
    cancel: CancellationToken,
) -> Result<(), ServeError> {
    listen(listener, tools(toolset, &cancel), cancel).await;
    Ok(())
}

/// As [`serve`], with routes beside `/mcp` that are meant to be reached from outside. A tunnel or proxy to them leads to the
/// whole port, so here `/mcp` is not served through one, whatever `Host` it makes of itself.
pub(crate) async fn serve_beside<T: Toolset>(
    listener: TcpListener,
    toolset: T,
    routes: axum::Router,
    cancel: CancellationToken,
) -> Result<(), ServeError> {
    let direct = tools(toolset, &cancel).layer(middleware::from_fn(direct));
    listen(listener, direct.merge(routes), cancel).await;
    Ok(())
}

/// `/mcp`.
fn tools<T: Toolset>(toolset: T, cancel: &CancellationToken) -> axum::Router {
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(["localhost", "127.0.0.1", "[::1]"])
        .with_allowed_origins([
            "http://localhost:*",
            "http://127.0.0.1:*",
            "http://[::1]:*",
            "https://localhost:*",
            "https://127.0.0.1:*",
            "https://[::1]:*",
        ])
        .enforce_origin_validation()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(T::LARGEST_BODY)
        .with_cancellation_token(cancel.child_token());
    let service = StreamableHttpService::new(
        move || Ok(Handler(toolset.clone())),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    axum::Router::new().nest_service("/mcp", service)
}

async fn listen(listener: TcpListener, router: axum::Router, cancel: CancellationToken) {
    port::serve(listener, router, |_, from| *from, Limits::default(), cancel).await;
}

/// What tunnels and proxies add to a request that they pass on.
const PASSED_ON: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "cf-connecting-ip", "via"];

/// Whether a tunnel or a proxy says that it passes a request on: whoever asks is then not who is connected.
pub fn is_passed_on(headers: &HeaderMap) -> bool {
    PASSED_ON.iter().any(|name| headers.contains_key(*name))
}

/// Refuses what somebody else has passed on.
async fn direct(request: Request, next: Next) -> Response {
    if is_passed_on(request.headers()) {
        let message = "tools are not served through a tunnel or a proxy: connect to this address directly\n";
        return (StatusCode::FORBIDDEN, message).into_response();
    }
    next.run(request).await
}

struct Handler<T>(T);

impl<T: Toolset> ServerHandler for Handler<T> {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new(T::IMPLEMENTATION, env!("CARGO_PKG_VERSION")))
            .with_instructions(T::INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(T::Name::ALL.iter().map(|tool| tool.describe()).collect()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        T::Name::find(name).map(ToolName::describe)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = T::Name::find(&request.name) else {
            let known: Vec<_> = T::Name::ALL.iter().map(|tool| tool.name()).collect();
            let message = format!("there is no tool {}: the tools are {}", request.name, known.join(", "));
            return Err(ErrorData::invalid_params(message, None));
        };
        let meta = context.meta.0.0.clone();
        let Ok(key) = key(&meta) else {
            let message = format!("the idempotency key must be a string of 1 to {LONGEST_KEY} characters");
            return Ok(CallToolResponse::Complete(refused(message)));
        };
        let call = Call { arguments: request.arguments, key, meta, cancel: context.ct.clone() };
        let called = self.0.call(tool, call).await;
        Ok(CallToolResponse::Complete(called.unwrap_or_else(|problem| {
            tracing::debug!(tool = tool.name(), ?problem, "call not carried out");
            refused(problem.to_string())
        })))
    }
}

fn refused(message: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(message)])
}

/// The call's idempotency key, if it has one.
fn key(meta: &JsonObject) -> Result<Option<String>, ()> {
    match meta.get(IDEMPOTENCY_KEY) {
        None => Ok(None),
        Some(Value::String(key)) if (1..=LONGEST_KEY).contains(&key.chars().count()) => Ok(Some(key.clone())),
        Some(_) => Err(()),
    }
}
