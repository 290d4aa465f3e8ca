//! The server as its clients see it: over the network, with rmcp's client, before pages and providers that are served on
//! this machine.

use std::net::SocketAddr;

use axum::Router;
use rmcp::model::{CallToolRequestParams, CallToolResult, ClientConfig};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{RoleClient, ServiceExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::fetch::Limits;
use super::toolset::Web;
use super::{Options, classes};
use crate::serving::{self, Effect};

mod pages;
mod searching;

/// A server and whatever it reads from; all of it ends with the value.
struct Rig {
    client: RunningService<RoleClient, ClientConfig>,
    /// Where pages and providers are served.
    site: SocketAddr,
    _tasks: JoinSet<()>,
}

/// What is at the other end.
enum Site {
    Routes(Router),
    /// Answers every request with these bytes and then with the last of them again and again.
    Endless(Vec<u8>, &'static [u8]),
    /// Answers every request with these bytes, and then with nothing more.
    Stalled(Vec<u8>),
}

impl From<Router> for Site {
    fn from(routes: Router) -> Site {
        Site::Routes(routes)
    }
}

impl Site {
    async fn serve(self, listener: TcpListener) {
        match self {
            Site::Routes(routes) => axum::serve(listener, routes).await.unwrap(),
            Site::Endless(head, again) => loop {
                let mut stream = asked(&listener).await;
                stream.write_all(&head).await.unwrap();
                while stream.write_all(again).await.is_ok() {}
            },
            Site::Stalled(head) => loop {
                let mut stream = asked(&listener).await;
                stream.write_all(&head).await.unwrap();
                // Until the other side gives up.
                let _gone = stream.read_to_end(&mut Vec::new()).await;
            },
        }
    }
}

/// A connection whose request has come in whole.
async fn asked(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
    stream
}

/// Serves `site`, and a server whose options `options` makes from its address.
async fn rig(site: impl Into<Site>, limits: Limits, options: impl FnOnce(SocketAddr) -> Options) -> Rig {
    let mut tasks = JoinSet::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tasks.spawn(site.into().serve(listener));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/mcp", listener.local_addr().unwrap());
    let web = Web::new(options(address), limits);
    tasks.spawn(async move { serving::serve(listener, web, CancellationToken::new()).await.unwrap() });
    let config = StreamableHttpClientTransportConfig::with_uri(uri);
    let transport = StreamableHttpClientTransport::from_config(config);
    let client = ClientConfig::default().serve(transport).await.unwrap();
    Rig { client, site: address, _tasks: tasks }
}

impl Rig {
    async fn call(&self, tool: &'static str, arguments: Value) -> CallToolResult {
        let request = CallToolRequestParams::new(tool).with_arguments(arguments.as_object().unwrap().clone());
        self.client.call_tool(request).await.unwrap()
    }

    /// What is said and the structured output of a call that succeeds.
    async fn done(&self, tool: &'static str, arguments: Value) -> (String, Value) {
        let result = self.call(tool, arguments).await;
        assert_ne!(result.is_error, Some(true), "{}", text(&result));
        (text(&result), result.structured_content.unwrap())
    }

    /// What is said by a call that fails.
    async fn refused(&self, tool: &'static str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await;
        assert_eq!(result.is_error, Some(true), "{}", text(&result));
        text(&result)
    }
}

fn text(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.clone()).collect()
}

#[tokio::test]
async fn the_tools_say_what_they_take_and_do() {
    let rig = rig(Router::new(), Limits::default(), |_| Options::new(None)).await;
    let tools = rig.client.list_all_tools().await.unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(names, ["web_search", "read_page"]);
    assert_eq!(classes(), [("web_search", Effect::Read), ("read_page", Effect::Read)]);
    for tool in &tools {
        let annotations = tool.annotations.as_ref().unwrap();
        assert_eq!(annotations.read_only_hint, Some(true));
        assert_eq!(annotations.open_world_hint, Some(true));
        assert!(tool.output_schema.is_some());
        assert_eq!(tool.input_schema["additionalProperties"], json!(false));
    }
    assert_eq!(rig.refused("read_page", json!({"url": ""})).await, "url is empty: say what it is about");
    assert_eq!(
        rig.refused("web_search", json!({"query": "x", "count": 11})).await,
        "count cannot be 11: give a number from 1 to 10"
    );
}
