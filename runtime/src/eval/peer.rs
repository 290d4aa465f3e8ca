//! The tool server of a case: it lists the case's tools, answers the first call with the case's text, and remembers what it
//! was asked to do, and when.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use rmcp::{
    ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::{RequestContext, RoleServer},
    transport::{
        StreamableHttpServerConfig, StreamableHttpService,
        streamable_http_server::session::never::NeverSessionManager,
    },
};
use serde_json::{Map, Value};
use tokio::{net::TcpListener, task::JoinSet};

/// What every call but the first is answered.
const ANSWER: &str = "Done.";

/// A call that arrived.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arrived {
    pub(crate) tool: String,
    pub(crate) arguments: Map<String, Value>,
}

#[derive(Default)]
struct Script {
    tools: Vec<Tool>,
    /// What the next call is answered.
    answer: Option<String>,
    arrived: Vec<(Instant, Arrived)>,
}

/// A tool server on a port of its own, until it is dropped.
pub(crate) struct Peer {
    script: Arc<Mutex<Script>>,
    url: String,
    _serving: JoinSet<()>,
}

impl Peer {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let script: Arc<Mutex<Script>> = Arc::default();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}/mcp", listener.local_addr()?);
        let config =
            StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
        let offered = Offered(script.clone());
        let service = StreamableHttpService::new(
            move || Ok(offered.clone()),
            Arc::new(NeverSessionManager::default()),
            config,
        );
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            if let Err(error) = axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await
            {
                tracing::error!(%error, "the tool server of the cases stopped");
            }
        });
        Ok(Self { script, url, _serving: serving })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The tools from here on.
    pub(crate) fn offer(&self, tools: Vec<Tool>) {
        locked(&self.script).tools = tools;
    }

    /// One tool in place of that of the same name.
    pub(crate) fn redefine(&self, tool: Tool) {
        for known in locked(&self.script).tools.iter_mut().filter(|known| known.name == tool.name) {
            *known = tool.clone();
        }
    }

    /// A new case, whose first call is answered with this text.
    pub(crate) fn expect(&self, answer: Option<String>) {
        let mut script = locked(&self.script);
        script.answer = answer;
        script.arrived.clear();
    }

    /// Every call of the case, in order.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        locked(&self.script).arrived.iter().map(|(_, call)| call.clone()).collect()
    }

    /// Every call since this was last asked, in order, and when it arrived.
    pub(crate) fn take(&self) -> Vec<(Instant, Arrived)> {
        std::mem::take(&mut locked(&self.script).arrived)
    }

    /// The next call is answered with this text.
    pub(crate) fn answer(&self, text: Option<String>) {
        locked(&self.script).answer = text;
    }
}

fn locked(script: &Mutex<Script>) -> std::sync::MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone)]
struct Offered(Arc<Mutex<Script>>);

impl ServerHandler for Offered {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(locked(&self.0).tools.clone()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut script = locked(&self.0);
        let arguments = request.arguments.unwrap_or_default();
        script.arrived.push((Instant::now(), Arrived { tool: request.name.to_string(), arguments }));
        let text = script.answer.take().unwrap_or_else(|| ANSWER.to_owned());
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}
