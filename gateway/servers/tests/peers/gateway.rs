//! A gateway's `/mcp` with one source behind it: the to-do list of a server called desk.

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ErrorData, JsonObject, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{RoleServer, ServerHandler};
use serde_json::json;

/// Its routes.
pub(crate) fn router() -> axum::Router {
    let config =
        StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service =
        StreamableHttpService::new(|| Ok(Gateway), Arc::new(NeverSessionManager::default()), config);
    axum::Router::new().nest_service("/mcp", service)
}

struct Gateway;

impl ServerHandler for Gateway {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema: JsonObject = serde_json::from_value(json!({"type": "object", "properties": {}})).unwrap();
        let tool = Tool::new("desk__list_tasks", "Read the to-do list.", schema)
            .with_annotations(ToolAnnotations::from_raw(None, Some(true), None, None, None));
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let today = jiff::Zoned::now().date();
        Ok(CallToolResult::structured(json!({"tasks": [{"text": "paint the fence", "due": today}]})).into())
    }
}
