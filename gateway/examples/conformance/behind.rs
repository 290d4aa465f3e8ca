//! Serving the fixture, and a gateway before it that lets callers at `/mcp` do everything unasked.

use std::path::Path;
use std::sync::Arc;

use homepilot_gateway::{Gateway, GatewayConfig, Level, MCP_CALLER, Registration, RulePatch, Status, http};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;

use super::fixture::Fixture;

const SERVER: &str = "fixture";

async fn serve(router: axum::Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("the port's address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/mcp")
}

/// Serves the fixture by itself; returns its address.
pub async fn serve_fixture() -> String {
    let fixture = Fixture::new();
    let service = StreamableHttpService::new(
        move || Ok(fixture.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default().with_allowed_origins([
            "http://localhost:*",
            "http://127.0.0.1:*",
            "http://[::1]:*",
        ]),
    );
    serve(axum::Router::new().route_service("/mcp", service)).await
}

/// Serves a gateway with the server at an address registered; returns the address of its `/mcp`.
pub async fn serve_gateway(folder: &Path, server: &str) -> String {
    let gateway = Gateway::open(GatewayConfig::new(folder.join("gateway.db"))).await.expect("a database");
    let mut registration = Registration::new(SERVER, server.to_owned());
    registration.trusted = true;
    let registered = gateway.register(registration).await.expect("the server can be registered").view;
    assert_eq!(registered.status, Status::Healthy, "{registered:?}");
    let actions = registered.tools.iter().map(|tool| tool.name.to_string());
    // One that comes and goes.
    let actions = actions.filter(|name| name != "test_added_tool").collect();
    let patch = RulePatch {
        tool: SERVER.to_owned(),
        level: Level::Autonomous,
        actions: Some(actions),
        persona: Some(MCP_CALLER.to_owned()),
        boundaries: None,
        approve: None,
    };
    gateway.set_rule(patch).await.expect("the rule is about known tools");
    serve(http::router(gateway)).await
}
