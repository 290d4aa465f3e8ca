//! The server, a client before it, and a peer behind it that stands where the gateway does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Zoned;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientConfig, ContentBlock, ErrorData,
    JsonObject, ListToolsResult, MetaObject, PaginatedRequestParams, RequestMetaObject, ServerCapabilities,
    ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{RoleClient, ServerHandler, ServiceExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::Clock;
use crate::briefing::{Options, serve};

/// Wednesday, ten in the morning.
const NOW: &str = "2026-03-04T10:00:00-05:00[America/New_York]";
const DELEGATION: &str = "homepilot/delegation";

/// What a tool answers.
#[derive(Clone)]
pub(super) enum Says {
    Structured(Value),
    Text(String),
    Fails(&'static str),
    Breaks(&'static str),
    Refuses(&'static str),
    Hangs,
}

/// A tool that says of itself that it only reads.
pub(super) fn reads(name: &str, properties: Value, required: Value) -> Tool {
    let mut reads = serde_json::to_value(tool(name, properties, required)).unwrap();
    reads["annotations"] = json!({"readOnlyHint": true});
    serde_json::from_value(reads).unwrap()
}

pub(super) fn tool(name: &str, properties: Value, required: Value) -> Tool {
    let schema = json!({"type": "object", "properties": properties, "required": required});
    serde_json::from_value(json!({"name": name, "inputSchema": schema})).unwrap()
}

/// What the peer offers, and what it was asked.
#[derive(Clone, Default)]
struct Behind {
    tools: Arc<Vec<(Tool, Says)>>,
    away: Arc<Mutex<Vec<Value>>>,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
    tokens: Arc<Mutex<Vec<String>>>,
}

impl Behind {
    fn note(&self, context: &RequestContext<RoleServer>) {
        let token = context.meta.get(DELEGATION).and_then(Value::as_str).unwrap_or("none").to_owned();
        self.tokens.lock().unwrap().push(token);
    }
}

impl ServerHandler for Behind {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.note(&context);
        let mut list =
            ListToolsResult::with_all_items(self.tools.iter().map(|(tool, _)| tool.clone()).collect());
        let mut meta = MetaObject::default();
        meta.insert("homepilot/unavailable".to_owned(), Value::from(self.away.lock().unwrap().clone()));
        list.meta = Some(meta);
        Ok(list)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.note(&context);
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        self.asked.lock().unwrap().push((request.name.to_string(), arguments));
        let says =
            self.tools.iter().find(|(tool, _)| tool.name == request.name).map(|(_, says)| says.clone());
        let error = |text: &str| CallToolResult::error(vec![ContentBlock::text(text)]);
        match says.unwrap() {
            Says::Structured(value) => Ok(CallToolResult::structured(value).into()),
            Says::Text(text) => Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into()),
            Says::Fails(text) => Ok(error(text).into()),
            Says::Breaks(text) => Err(ErrorData::internal_error(text, None)),
            Says::Refuses(code) => {
                Ok(CallToolResult::structured_error(json!({"error": {"code": code, "message": "no"}})).into())
            }
            Says::Hangs => std::future::pending().await,
        }
    }
}

pub(super) struct House {
    behind: Behind,
    gateway: Mutex<Option<DropGuard>>,
    client: RunningService<RoleClient, ClientConfig>,
    _server: DropGuard,
}

impl House {
    pub(super) async fn open<const N: usize>(tools: [(Tool, Says); N]) -> Self {
        let behind = Behind { tools: Arc::new(tools.into()), ..Behind::default() };
        let offered = behind.clone();
        let config =
            StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
        let service = StreamableHttpService::new(
            move || Ok(offered.clone()),
            Arc::new(NeverSessionManager::default()),
            config,
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let router = axum::Router::new().nest_service("/mcp", service);
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                served = axum::serve(listener, router) => served.unwrap(),
            }
        });
        let now: Zoned = NOW.parse().unwrap();
        let (zone, moment) = (now.time_zone().clone(), now.timestamp());
        let options = Options {
            zone: Some(zone),
            clock: Clock::new(move || moment),
            deadline: Duration::from_secs(3),
            ..Options::new(url)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/mcp", listener.local_addr().unwrap());
        let cancel = CancellationToken::new();
        tokio::spawn(serve(listener, options, cancel.clone()));
        let client =
            ClientConfig::default().serve(StreamableHttpClientTransport::from_uri(uri)).await.unwrap();
        let gateway = Mutex::new(Some(stop.drop_guard()));
        Self { behind, gateway, client, _server: cancel.drop_guard() }
    }

    pub(super) async fn report(&self, name: &'static str, arguments: Value) -> Value {
        self.report_for(name, arguments, None).await
    }

    pub(super) async fn report_for(
        &self,
        name: &'static str,
        arguments: Value,
        token: Option<&str>,
    ) -> Value {
        let result = self.call(name, arguments, token).await;
        assert_ne!(result.is_error, Some(true), "{result:?}");
        let report = result.structured_content.unwrap();
        let text = result.content[0].as_text().unwrap().text.clone();
        assert_eq!(report["spoken"], text);
        report
    }

    pub(super) async fn refused(&self, name: &'static str, arguments: Value) -> String {
        let result = self.call(name, arguments, None).await;
        assert_eq!(result.is_error, Some(true), "{result:?}");
        result.content[0].as_text().unwrap().text.clone()
    }

    async fn call(&self, name: &'static str, arguments: Value, token: Option<&str>) -> CallToolResult {
        let arguments: JsonObject = arguments.as_object().unwrap().clone();
        let mut request = CallToolRequestParams::new(name).with_arguments(arguments);
        if let Some(token) = token {
            let mut meta = RequestMetaObject::new();
            meta.insert(DELEGATION.to_owned(), Value::from(token));
            request.meta = Some(meta);
        }
        self.client.call_tool(request).await.unwrap()
    }

    pub(super) async fn tools(&self) -> Vec<Tool> {
        self.client.list_all_tools().await.unwrap()
    }

    /// Has a server be away.
    pub(super) fn away(&self, server: &str, reason: &str) {
        self.behind.away.lock().unwrap().push(json!({"server": server, "reason": reason}));
    }

    /// The calls that came, with their arguments.
    pub(super) fn asked(&self) -> Vec<(String, Value)> {
        self.behind.asked.lock().unwrap().clone()
    }

    /// The tokens of lists and calls that came.
    pub(super) fn tokens(&self) -> Vec<String> {
        self.behind.tokens.lock().unwrap().clone()
    }

    pub(super) fn forget(&self) {
        self.behind.tokens.lock().unwrap().clear();
    }

    /// Ends what stands where the gateway does.
    pub(super) fn no_gateway(&self) {
        self.gateway.lock().unwrap().take();
    }
}
