//! The connector under test, and a client of it.

use std::path::Path;

use homepilot_servers::{Clock, IDEMPOTENCY_KEY, ServeError, calendar};
use jiff::Zoned;
use jiff::tz::TimeZone;
use rmcp::model::{CallToolRequestParams, CallToolResult, ClientConfig, JsonObject, RequestMetaObject};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{RoleClient, ServiceExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::peer::{PASSWORD, USER};

/// Wednesday, ten in the morning; the clocks go forward on Sunday the 8th.
const NOW: &str = "2026-03-04T10:00:00-05:00[America/New_York]";

/// For a calendar at this address, at a fixed moment.
pub(crate) fn options(url: &str, folder: &Path) -> calendar::Options {
    let now: Zoned = NOW.parse().unwrap();
    let moment = now.timestamp();
    let url = url.parse().unwrap();
    calendar::Options {
        zone: Some(TimeZone::get("America/New_York").unwrap()),
        clock: Clock::new(move || moment),
        ..calendar::Options::new(url, USER, PASSWORD.into(), folder.join("homepilot.db"))
    }
}

/// The connector under way, with a client; it ends with the value.
pub(crate) struct Connector {
    client: RunningService<RoleClient, ClientConfig>,
    _served: JoinSet<Result<(), ServeError>>,
    _folder: Option<TempDir>,
}

impl Connector {
    /// For the calendar at this address.
    pub(crate) async fn start(url: &str) -> Connector {
        let folder = tempfile::tempdir().unwrap();
        let connector = Connector::start_with(options(url, folder.path())).await;
        Connector { _folder: Some(folder), ..connector }
    }

    pub(crate) async fn start_with(options: calendar::Options) -> Connector {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/mcp", listener.local_addr().unwrap());
        let mut served = JoinSet::new();
        served.spawn(calendar::serve(listener, options, CancellationToken::new()));
        let config = StreamableHttpClientTransportConfig::with_uri(uri);
        let client = ClientConfig::default().serve(StreamableHttpClientTransport::from_config(config)).await;
        Connector { client: client.unwrap(), _served: served, _folder: None }
    }

    pub(crate) async fn call(&self, tool: &'static str, arguments: Value) -> CallToolResult {
        self.client
            .call_tool(CallToolRequestParams::new(tool).with_arguments(object(arguments)))
            .await
            .unwrap()
    }

    pub(crate) async fn call_with_key(
        &self,
        tool: &'static str,
        arguments: Value,
        key: &str,
    ) -> CallToolResult {
        let mut request = CallToolRequestParams::new(tool).with_arguments(object(arguments));
        request.meta = Some(RequestMetaObject::from(object(json!({ IDEMPOTENCY_KEY: key }))));
        self.client.call_tool(request).await.unwrap()
    }

    /// What is said to a call that succeeds.
    pub(crate) async fn said(&self, tool: &'static str, arguments: Value) -> String {
        let shown = format!("{tool} {arguments}");
        let result = self.call(tool, arguments).await;
        assert_ne!(result.is_error, Some(true), "{shown}: {}", text(&result));
        text(&result)
    }

    /// What is said to a call that fails.
    pub(crate) async fn refused(&self, tool: &'static str, arguments: Value) -> String {
        let shown = format!("{tool} {arguments}");
        let result = self.call(tool, arguments).await;
        assert_eq!(result.is_error, Some(true), "{shown}: {}", text(&result));
        text(&result)
    }
}

pub(crate) fn text(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.clone()).collect()
}

/// Whether a tool error says that nothing is known of the outcome.
pub(crate) fn unknown(result: &CallToolResult) -> bool {
    let meta = result.meta.as_ref().and_then(|meta| meta.get("homepilot/outcome"));
    result.is_error == Some(true) && meta.and_then(Value::as_str) == Some("unknown")
}

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}
