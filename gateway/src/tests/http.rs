//! Port 4444 as a client sees it.

use serde_json::json;

use super::peer::Peer;
use super::*;

struct Port {
    rig: Rig,
    url: String,
    client: reqwest::Client,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Drop for Port {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Port {
    async fn open() -> Self {
        let rig = Rig::open().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = crate::http::router(rig.gateway.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { rig, url, client, server }
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.client.request(method.parse().unwrap(), format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_registration() {
    let (port, peer) = (Port::open().await, Peer::start().await);
    let body =
        json!({"name": "my-custom-tool", "url": peer.bare_url(), "description": "My custom integration"});
    let (status, view) = port.send("POST", "/api/servers", Some(body.clone())).await;
    assert_eq!(
        (status, &view["status"], &view["transport"]),
        (201, &json!("healthy"), &json!("streamable_http")),
        "{view}"
    );
    assert_eq!(
        view["tools"][1],
        json!({"name": "look", "description": "Looks what is due.", "class": "unknown"})
    );
    for field in ["id", "name", "url", "description", "registered_at"] {
        assert!(view[field].is_string(), "{field} in {view}");
    }
    assert_eq!(port.send("POST", "/api/servers", Some(body)).await, (200, view.clone()));
    let other = json!({"name": "my-custom-tool", "url": "http://localhost:1", "description": ""});
    let (status, error) = port.send("POST", "/api/servers", Some(other)).await;
    assert_eq!((status, &error["error"]["code"]), (409, &json!("name_taken")));
    assert_eq!(port.send("GET", "/api/servers", None).await, (200, json!({"servers": [view]})));
    assert_eq!(port.send("GET", "/api/servers/my-custom-tool", None).await, (200, view.clone()));
    let (status, changed) =
        port.send("PATCH", "/api/servers/my-custom-tool", Some(json!({"enable": false}))).await;
    assert_eq!((status, &changed["status"]), (200, &json!("disabled")));
    let (status, changed) =
        port.send("PATCH", "/api/servers/my-custom-tool", Some(json!({"enable": true}))).await;
    assert_eq!((status, &changed["status"]), (200, &json!("healthy")));
    assert_eq!(port.send("POST", "/api/servers/my-custom-tool/refresh", None).await, (200, view));
    let (_, health) = port.send("GET", "/health", None).await;
    assert_eq!(health["servers"], json!({"healthy": 1, "unreachable": 0, "registered": 1}));
    assert_eq!(port.send("DELETE", "/api/servers/my-custom-tool", None).await, (204, Value::Null));
    assert!(port.rig.gateway.capabilities().is_empty());
    assert_eq!(port.send("DELETE", "/api/servers/my-custom-tool", None).await.0, 404);
    assert_eq!(port.send("GET", "/api/servers/my-custom-tool", None).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_tool_is_shown_and_approved() {
    let (port, peer) = (Port::open().await, Peer::start().await);
    port.rig.register("desk", peer.url()).await;
    peer.redescribe("remind", "Sets a reminder and mails it.");
    let change = port.rig.quarantined("remind").await;
    let (_, view) = port.send("GET", "/api/servers/desk", None).await;
    assert_eq!(view["quarantined"], json!([change]));
    let mut fields: Vec<&String> = view["quarantined"][0].as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(fields, ["diff", "name", "since", "tool_hash"]);
    let approve = |body: Value| port.send("POST", "/api/servers/desk/tools/remind/approve", Some(body));
    let (status, error) = approve(json!({"tool_hash": "0".repeat(64)})).await;
    assert_eq!((status, &error["error"]["code"]), (409, &json!("definition_changed")), "{error}");
    assert_eq!(error["error"]["details"]["tool_hash"], json!(change.tool_hash));
    assert_eq!(approve(json!({"hash": "x"})).await.0, 422);
    let (status, view) = approve(json!({"tool_hash": change.tool_hash})).await;
    assert_eq!((status, &view["quarantined"]), (200, &json!([])), "{view}");
    let other = json!({"tool_hash": change.tool_hash});
    assert_eq!(
        port.send("POST", "/api/servers/desk/tools/nothing/approve", Some(other.clone())).await.0,
        404
    );
    assert_eq!(port.send("POST", "/api/servers/nobody/tools/remind/approve", Some(other)).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_answered_in_the_contracts_shape() {
    let port = Port::open().await;
    for (body, status, code, field) in [
        (
            json!({"name": "x", "url": "http://localhost:1", "colour": "red"}),
            422,
            "unknown_field",
            json!("colour"),
        ),
        (json!({"url": "http://localhost:1"}), 422, "invalid_request", json!("name")),
        (json!({"name": "Gm\u{0430}il", "url": "http://localhost:1"}), 422, "invalid_name", json!("name")),
        (json!({"name": "x"}), 422, "invalid_url", json!("url")),
        (json!({"name": "x", "url": "ftp://h"}), 422, "invalid_url", json!("url")),
        (json!({"name": "x", "transport": "stdio", "command": "sh"}), 403, "admin_token_needed", Value::Null),
        (json!({"name": "x", "command": "sh"}), 403, "admin_token_needed", Value::Null),
        (
            json!({"name": "x", "url": "http://localhost:1", "command": "sh"}),
            422,
            "invalid_request",
            Value::Null,
        ),
        (
            json!({"name": "x", "url": "http://localhost:1", "headers": {"Host": "evil"}}),
            422,
            "invalid_header",
            json!("headers"),
        ),
        (json!(["x"]), 422, "invalid_request", Value::Null),
    ] {
        let shown = body.to_string();
        let (got, answer) = port.send("POST", "/api/servers", Some(body)).await;
        assert_eq!(
            (got, &answer["error"]["code"], &answer["error"]["details"]["field"]),
            (status, &json!(code), &field),
            "{shown}: {answer}"
        );
        assert!(answer["error"]["message"].is_string());
    }
    let post = |body: &'static str, kind: &'static str| {
        port.client.post(format!("{}/api/servers", port.url)).header("content-type", kind).body(body).send()
    };
    assert_eq!(post("{nonsense", "application/json").await.unwrap().status(), 400);
    assert_eq!(post("{}", "text/plain").await.unwrap().status(), 415);
    let large = json!({"name": "x", "url": "http://localhost:1", "description": "x".repeat(1024 * 1024)});
    assert_eq!(port.send("POST", "/api/servers", Some(large)).await.0, 413);
    assert_eq!(port.send("GET", "/nothing", None).await.0, 404);
    assert_eq!(port.send("PUT", "/api/servers", None).await.0, 405);
    assert!(port.rig.gateway.servers().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_is_turned_away() {
    let port = Port::open().await;
    let get = |name: &'static str, value: &'static str| {
        port.client.get(format!("{}/api/servers", port.url)).header(name, value).send()
    };
    assert_eq!(get("host", "evil.example").await.unwrap().status(), 403);
    assert_eq!(get("origin", "https://evil.example").await.unwrap().status(), 403);
    assert_eq!(get("origin", "http://localhost:8000").await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_shows_a_secret() {
    let (port, peer) = (Port::open().await, Peer::start_at("/mcp/gmail/TOPSECRET").await);
    let body = json!({"name": "mail", "url": peer.url(), "headers": {"X-Key": "TOPSECRET"}, "auth": {"type": "bearer", "token": "TOPSECRET"}});
    let (status, view) = port.send("POST", "/api/servers", Some(body)).await;
    assert_eq!((status, &view["status"]), (201, &json!("healthy")), "{view}");
    assert_eq!(view["headers"], json!(["authorization", "x-key"]));
    let everything = [
        view,
        port.send("GET", "/api/servers", None).await.1,
        port.send("POST", "/api/servers/mail/refresh", None).await.1,
        port.send("GET", "/health", None).await.1,
    ];
    let metrics =
        port.client.get(format!("{}/metrics", port.url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("homepilot_gateway_servers{status=\"healthy\"} 1\n"), "{metrics}");
    let debug = format!("{:?}", port.rig.gateway);
    for shown in everything.iter().map(Value::to_string).chain([metrics, debug]) {
        assert!(!shown.contains("TOPSECRET"), "{shown}");
    }
}
