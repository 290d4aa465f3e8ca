//! Servers that answer oddly are found all the same, or the reason is one that a person understands.

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::*;

/// A server of 2025-11-25 that answers everything but the handshake and the tools in its own way.
async fn serve(odd: fn(&Method, &Value) -> Option<Response>) -> (String, tokio::task::JoinHandle<()>) {
    let answer = move |method: Method, body: String| async move {
        let request: Value = serde_json::from_str(&body).unwrap_or_default();
        if let Some(response) = odd(&method, &request) {
            return response;
        }
        let result = match request["method"].as_str() {
            Some("initialize") => {
                json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "odd", "version": "1"}})
            }
            Some("tools/list") => {
                json!({"tools": [{"name": "look", "inputSchema": {"type": "object"}}]})
            }
            Some("ping") => json!({}),
            Some(method) if method.starts_with("notifications/") => {
                return StatusCode::ACCEPTED.into_response();
            }
            _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
        };
        axum::Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).into_response()
    };
    let router = axum::Router::new().fallback(answer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    (url, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

fn discovers(request: &Value) -> bool {
    request["method"] == "server/discover"
}

fn html() -> Response {
    ([(header::CONTENT_TYPE, "text/html")], "<h1>Welcome</h1>").into_response()
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_answers_to_discovery_end_in_the_older_handshake() {
    type Odd = fn(&Method, &Value) -> Option<Response>;
    let rows: [(&str, Odd); 9] = [
        ("405", |_, request| discovers(request).then(|| StatusCode::METHOD_NOT_ALLOWED.into_response())),
        ("400", |_, request| discovers(request).then(|| StatusCode::BAD_REQUEST.into_response())),
        ("404", |_, request| discovers(request).then(|| StatusCode::NOT_FOUND.into_response())),
        ("500", |_, request| discovers(request).then(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())),
        ("a page", |_, request| discovers(request).then(html)),
        ("{}", |_, request| discovers(request).then(|| axum::Json(json!({})).into_response())),
        ("an empty result", |_, request| {
            let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": {}});
            discovers(request).then(|| axum::Json(answer).into_response())
        }),
        ("an error", |_, request| {
            let answer =
                json!({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32601, "message": "no"}});
            discovers(request).then(|| axum::Json(answer).into_response())
        }),
        ("an error of its own", |_, request| {
            let answer = json!({"jsonrpc": "2.0", "id": null, "error": {"code": -1, "message": "no"}});
            discovers(request).then(|| (StatusCode::BAD_REQUEST, axum::Json(answer)).into_response())
        }),
    ];
    for (name, odd) in rows {
        let (rig, (url, server)) = (Rig::open().await, serve(odd).await);
        let view = rig.register("odd", url).await;
        assert_eq!(
            (view.status, view.transport),
            (Status::Healthy, TransportChoice::StreamableHttp),
            "{name}: {:?}",
            view.reason
        );
        server.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_server_says_so_in_words() {
    type Odd = fn(&Method, &Value) -> Option<Response>;
    let not = "it does not answer as an MCP server: ";
    let rows: [(Odd, String); 7] = [
        (|_, _| Some(html()), format!("{not}it answers with text/html")),
        (|_, _| Some(StatusCode::NOT_FOUND.into_response()), format!("{not}HTTP 404 Not Found, check its address and the key in it")),
        (|_, _| Some(StatusCode::BAD_GATEWAY.into_response()), format!("{not}HTTP 502")),
        (
            |_, _| Some(Redirect::permanent("http://elsewhere.example/mcp").into_response()),
            format!("{not}HTTP 308 Permanent Redirect, register the address it redirects to"),
        ),
        (
            |_, _| Some(axum::Json(json!({})).into_response()),
            format!("{not}its answer is not a message of the protocol"),
        ),
        (
            |_, _| Some(StatusCode::UNAUTHORIZED.into_response()),
            "it wants authorisation, remove it and register it again with the right key in its address or a header".to_owned(),
        ),
        (
            |_, request| {
                let answer = json!({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -1, "message": "closed on Sundays"}});
                Some(axum::Json(answer).into_response())
            },
            format!("{not}it refuses the handshake: closed on Sundays"),
        ),
    ];
    for (odd, reason) in rows {
        let (rig, (url, server)) = (Rig::open().await, serve(odd).await);
        let view = rig.register("odd", url).await;
        assert_eq!(view.reason, Some(reason));
        server.abort();
    }
}
