//! `/mcp` as its clients see it: real clients of both revisions, before real servers of both.

mod asker;
mod asking;
mod delegating;
mod offering;
mod relaying;
mod skills;

use std::sync::{Arc, Mutex};

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, ElicitRequestParams,
    ElicitResult, ElicitationAction, ErrorData, Implementation, ProgressNotificationParam, ProtocolVersion,
    Tool,
};
use rmcp::service::{
    ClientLifecycleMode, NotificationContext, RequestContext, RoleClient, RunningService,
    serve_client_with_lifecycle,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientHandler, ServiceError};
use serde_json::json;
use tokio::sync::{Notify, watch};

use super::*;

/// What a client's person does with a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Yes,
    AcceptsAndTicksNothing,
    No,
    Nothing,
}

/// The revision a client speaks.
#[derive(Clone, Copy, Debug)]
enum Speaks {
    Sessions,
    Stateless,
}

const BOTH: [Speaks; 2] = [Speaks::Sessions, Speaks::Stateless];

/// A client with a person before it, or without one.
#[derive(Clone)]
struct Person {
    says: Option<Says>,
    seen: Arc<Mutex<Vec<String>>>,
    asked: Arc<Notify>,
    taken_back: Arc<Notify>,
    tools_changed: Arc<Notify>,
    progress: watch::Sender<Vec<f64>>,
}

type Client = RunningService<RoleClient, Person>;

impl Person {
    fn new(says: Option<Says>) -> Self {
        Self {
            says,
            seen: Arc::default(),
            asked: Arc::default(),
            taken_back: Arc::default(),
            tools_changed: Arc::default(),
            progress: watch::Sender::default(),
        }
    }

    async fn connect(&self, url: &str, speaks: Speaks) -> Client {
        let mode = match speaks {
            Speaks::Sessions => ClientLifecycleMode::Initialize,
            Speaks::Stateless => {
                ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
            }
        };
        let transport = StreamableHttpClientTransport::from_uri(url.to_owned());
        serve_client_with_lifecycle(self.clone(), transport, mode).await.unwrap()
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let mut can = ClientCapabilities::default();
        can.elicitation = self.says.map(|_| Default::default());
        ClientConfig::new(can, Implementation::new("tester", "1"))
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::FormElicitationParams { message, requested_schema, .. } = params else {
            panic!("not a form")
        };
        let field = requested_schema.properties.keys().next().unwrap().clone();
        self.seen.lock().unwrap().push(message);
        self.asked.notify_one();
        let accept = ElicitResult::new(ElicitationAction::Accept);
        Ok(match self.says.unwrap() {
            Says::Yes if field == "approve" => accept.with_content(json!({"approve": true})),
            Says::Yes => accept.with_content(json!({field: "blue"})),
            Says::AcceptsAndTicksNothing => accept.with_content(json!({field: false})),
            Says::No => ElicitResult::new(ElicitationAction::Decline),
            Says::Nothing => {
                context.ct.cancelled().await;
                self.taken_back.notify_one();
                ElicitResult::new(ElicitationAction::Cancel)
            }
        })
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.tools_changed.notify_one();
    }

    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.progress.send_modify(|seen| seen.push(params.progress));
    }
}

impl Rig {
    /// Serves the gateway on a port of its own; returns the address of `/mcp`.
    async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = crate::http::router(self.gateway.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/mcp")
    }
}

fn tool(name: &str, arguments: Value) -> CallToolRequestParams {
    CallToolRequestParams::new(name.to_owned()).with_arguments(object(arguments))
}

async fn call(client: &Client, name: &str, arguments: Value) -> Result<CallToolResult, ServiceError> {
    client.call_tool(tool(name, arguments)).await
}

fn text(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.clone()).collect()
}

async fn tools(client: &Client) -> Vec<Tool> {
    client.list_all_tools().await.unwrap()
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("what was waited for never came")
}
