//! A server of one revision alone, whose tools ask the client something back.

use std::borrow::Cow;
use std::sync::Arc;

use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, InputRequiredResult,
    ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion, ServerCapabilities,
    ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::Speaks;

#[derive(Clone)]
struct Asker(&'static [ProtocolVersion], Arc<Notify>);

/// Serves one with the tools `ask`, which asks for a colour and repeats it, and `steps`, which reports three and
/// waits at the gate.
pub(super) async fn asker(speaks: Speaks, gate: Arc<Notify>) -> String {
    let versions: &'static [ProtocolVersion] = match speaks {
        Speaks::Sessions => &[ProtocolVersion::V_2025_11_25],
        Speaks::Stateless => &[ProtocolVersion::V_2026_07_28],
    };
    let service = StreamableHttpService::new(
        move || Ok(Asker(versions, gate.clone())),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().route_service("/mcp", service);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/mcp")
}

fn form() -> Value {
    json!({"mode": "form", "message": "Which colour?",
           "requestedSchema": {"type": "object", "properties": {"colour": {"type": "string"}}}})
}

impl ServerHandler for Asker {
    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(self.0)
    }

    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_protocol_version(self.0[0].clone())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool =
            |name: &str| json!({"name": name, "description": "Asks.", "inputSchema": {"type": "object"}});
        Ok(serde_json::from_value(json!({"tools": [tool("ask"), tool("steps")]})).unwrap())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let said = |text: String| Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into());
        if request.name == "steps" {
            for step in 1..=3 {
                if let Some(token) = context.meta.get_progress_token() {
                    let progress = ProgressNotificationParam::new(token, f64::from(step));
                    context.peer.notify_progress(progress).await.unwrap();
                }
            }
            self.1.notified().await;
            return said("three steps".to_owned());
        }
        let can = context.client_capabilities().is_some_and(|can| can.elicitation.is_some());
        if !can {
            return said("there is nobody to ask".to_owned());
        }
        if self.0[0].has_initialize() {
            let answer = context.peer.create_elicitation(serde_json::from_value(form()).unwrap()).await;
            let answer = answer.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
            return said(format!("{:?}", answer.content.unwrap_or_default()["colour"]));
        }
        match (request.input_responses, request.request_state.as_deref()) {
            (Some(answers), Some("asked")) => said(format!("{:?}", answers["colour"]["content"]["colour"])),
            (_, _) => {
                let asked = json!({"colour": {"method": "elicitation/create", "params": form()}});
                let requests = serde_json::from_value(asked).unwrap();
                Ok(InputRequiredResult::new(Some(requests), Some("asked".to_owned())).into())
            }
        }
    }
}
