//! A real MCP server that can be killed like a process: it has a runtime of its own, and with it go every task and socket.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub(super) struct Peer {
    address: SocketAddr,
    path: &'static str,
    shop: Shop,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

/// What survives a kill, as a file would: the tools on offer and the calls that were done.
#[derive(Clone)]
pub(super) struct Shop {
    tools: Arc<Mutex<Vec<Tool>>>,
    done: Arc<AtomicUsize>,
    /// A permit for each call of `hang` that has arrived.
    arrived: Arc<Semaphore>,
    /// The next call's connection breaks off before its answer.
    breaks: Arc<AtomicBool>,
    /// What came with each call besides its arguments.
    metas: Arc<Mutex<Vec<Value>>>,
}

impl Peer {
    /// A server at `/mcp` with the tools `remind`, `look`, `fail`, `hang` and `big`.
    pub(super) async fn start() -> Self {
        Self::start_at("/mcp").await
    }

    pub(super) async fn start_at(path: &'static str) -> Self {
        let shop = Shop::new();
        let mut peer = Self {
            address: ([127, 0, 0, 1], 0).into(),
            path,
            shop,
            stop: CancellationToken::new(),
            thread: None,
        };
        peer.revive().await;
        peer
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    pub(super) fn bare_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Calls of `remind` and `hang` that took effect.
    pub(super) fn done(&self) -> usize {
        self.shop.done.load(Ordering::SeqCst)
    }

    /// Returns when a call of `hang` has taken effect and waits for its answer.
    pub(super) async fn arrived(&self) {
        self.shop.arrived.acquire().await.unwrap().forget();
    }

    /// What came with each call besides its arguments, oldest first.
    pub(super) fn metas(&self) -> Vec<Value> {
        self.shop.metas.lock().unwrap().clone()
    }

    /// Has the next call's connection break off before its answer.
    pub(super) fn break_next_call(&self) {
        self.shop.breaks.store(true, Ordering::SeqCst);
    }

    /// Changes what a tool says it does.
    pub(super) fn redescribe(&self, name: &str, description: &str) {
        self.redefine(name, &json!({"description": description}));
    }

    /// Changes fields of a tool's definition.
    pub(super) fn redefine(&self, name: &str, fields: &Value) {
        for tool in self.shop.tools.lock().unwrap().iter_mut().filter(|tool| tool.name == name) {
            let mut definition = serde_json::to_value(&*tool).unwrap();
            for (field, value) in fields.as_object().unwrap() {
                definition[field] = value.clone();
            }
            *tool = serde_json::from_value(definition).unwrap();
        }
    }

    /// Offers these tools instead. Those it had stay as they are, the others answer with their names.
    pub(super) fn offer(&self, names: &[&str]) {
        let mut tools = self.shop.tools.lock().unwrap();
        let simple = |name: &&str| tool(name, "Answers with its name.", json!({}), json!([]));
        let known = |name: &&str| tools.iter().find(|tool| tool.name == *name).cloned();
        *tools = names.iter().map(|name| known(name).unwrap_or_else(|| simple(name))).collect();
    }

    /// Takes a tool off the list and hands it over, or puts it back.
    pub(super) fn withhold(&self, name: &str) -> Tool {
        let mut tools = self.shop.tools.lock().unwrap();
        let index = tools.iter().position(|tool| tool.name == name).unwrap();
        tools.remove(index)
    }

    pub(super) fn put_back(&self, tool: Tool) {
        self.shop.tools.lock().unwrap().push(tool);
    }

    /// Ends the server with every connection; returns when its port is free.
    pub(super) fn kill(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    /// Starts it again on the same port.
    pub(super) async fn revive(&mut self) {
        self.stop = CancellationToken::new();
        let (stop, shop, path, address) = (self.stop.clone(), self.shop.clone(), self.path, self.address);
        let (bound, listening) = tokio::sync::oneshot::channel();
        self.thread = Some(std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind(address).await.unwrap();
                bound.send(listener.local_addr().unwrap()).unwrap();
                let breaks = shop.breaks.clone();
                let service = StreamableHttpService::new(
                    move || Ok(shop.clone()),
                    Arc::new(LocalSessionManager::default()),
                    StreamableHttpServerConfig::default(),
                );
                let router = match path {
                    "/" => axum::Router::new().fallback_service(service),
                    path => axum::Router::new().nest_service(path, service),
                };
                let router = router.layer(middleware::from_fn(move |request, next| {
                    break_off(breaks.clone(), request, next)
                }));
                tokio::select! {
                    () = stop.cancelled() => {}
                    served = axum::serve(listener, router) => served.unwrap(),
                }
            });
            runtime.shutdown_timeout(std::time::Duration::ZERO);
        }));
        self.address = listening.await.unwrap();
    }
}

impl Shop {
    pub(super) fn new() -> Self {
        Self {
            tools: Arc::new(Mutex::new(tools())),
            done: Arc::default(),
            arrived: Arc::new(Semaphore::new(0)),
            breaks: Arc::default(),
            metas: Arc::default(),
        }
    }
}

async fn break_off(breaks: Arc<AtomicBool>, request: Request, next: Next) -> Response {
    let calls = request.headers().get("mcp-method").is_some_and(|method| method == "tools/call");
    if calls && breaks.swap(false, Ordering::SeqCst) {
        let broken = futures::stream::iter([Err::<&str, _>(std::io::Error::other("broken off"))]);
        return ([("content-type", "application/json")], Body::from_stream(broken)).into_response();
    }
    next.run(request).await
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.kill();
    }
}

impl rmcp::ServerHandler for Shop {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.lock().unwrap().clone()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.metas.lock().unwrap().push(serde_json::to_value(&context.meta).unwrap());
        let text = |text: String| Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into());
        match request.name.as_ref() {
            "remind" => {
                self.done.fetch_add(1, Ordering::SeqCst);
                text(format!("reminder set: {}", Value::Object(request.arguments.unwrap_or_default())))
            }
            "look" => text("nothing due".into()),
            "fail" => Ok(CallToolResult::error(vec![ContentBlock::text("the calendar is full")]).into()),
            // Not on the list until it is offered.
            "unsure" => {
                let mut result = CallToolResult::error(vec![ContentBlock::text("the line was cut.")]);
                result.meta = Some(serde_json::from_value(json!({"homepilot/outcome": "unknown"})).unwrap());
                Ok(result.into())
            }
            "big" => text("x".repeat(300_000)),
            "hang" => {
                self.done.fetch_add(1, Ordering::SeqCst);
                self.arrived.add_permits(1);
                std::future::pending().await
            }
            other if self.tools.lock().unwrap().iter().any(|tool| tool.name == other) => {
                text(other.to_owned())
            }
            other => Err(ErrorData::invalid_params(format!("no tool {other}"), None)),
        }
    }
}

fn tool(name: &str, description: &str, properties: Value, required: Value) -> Tool {
    serde_json::from_value(json!({
        "name": name,
        "description": description,
        "inputSchema": {"type": "object", "properties": properties, "required": required},
    }))
    .unwrap()
}

fn tools() -> Vec<Tool> {
    vec![
        tool(
            "remind",
            "Sets a reminder.",
            json!({"text": {"type": "string"}, "when": {"type": "string"}}),
            json!(["text"]),
        ),
        tool("look", "Looks what is due.", json!({}), json!([])),
        tool("fail", "Always fails.", json!({}), json!([])),
        tool("hang", "Acts and never answers.", json!({}), json!([])),
        tool("big", "Says a lot.", json!({}), json!([])),
    ]
}
