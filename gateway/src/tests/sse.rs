//! A server of the first HTTP transport: the answers come on the stream that a GET opened.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use serde_json::json;
use tokio::sync::mpsc;

use super::*;

/// Sends on the stream that was opened last; `None` ends it.
#[derive(Clone, Default)]
struct Legacy {
    stream: Arc<Mutex<Option<mpsc::Sender<Value>>>>,
    endpoint: &'static str,
}

impl Legacy {
    async fn serve(endpoint: &'static str) -> (Self, String, tokio::task::JoinHandle<()>) {
        let legacy = Self { stream: Arc::default(), endpoint };
        let router = axum::Router::new()
            .route("/sse", get(open))
            .route("/messages", post(message))
            .with_state(legacy.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (legacy, url, server)
    }

    fn hang_up(&self) {
        self.stream.lock().unwrap().take();
    }
}

async fn open(State(legacy): State<Legacy>) -> Sse<impl futures::Stream<Item = Result<Event, Infallible>>> {
    let (sender, receiver) = mpsc::channel(16);
    *legacy.stream.lock().unwrap() = Some(sender);
    let first = Event::default().event("endpoint").data(legacy.endpoint);
    let rest = futures::stream::unfold(receiver, |mut receiver| async move {
        let message: Value = receiver.recv().await?;
        Some((Event::default().event("message").data(message.to_string()), receiver))
    });
    use futures::StreamExt;
    Sse::new(futures::stream::once(async move { first }).chain(rest).map(Ok))
}

async fn message(State(legacy): State<Legacy>, axum::Json(request): axum::Json<Value>) -> StatusCode {
    let stream = legacy.stream.lock().unwrap().clone();
    let Some(stream) = stream else { return StatusCode::NOT_FOUND };
    let Some(id) = request.get("id") else { return StatusCode::ACCEPTED };
    let result = match request["method"].as_str().unwrap() {
        "initialize" => {
            json!({"protocolVersion": "2024-11-05", "capabilities": {"tools": {}}, "serverInfo": {"name": "old", "version": "1"}})
        }
        "ping" => json!({}),
        "tools/list" => json!({"tools": [
            {"name": "look", "description": "Looks.", "inputSchema": {"type": "object"}},
            {"name": "hang_up", "inputSchema": {"type": "object"}},
        ]}),
        "tools/call" if request["params"]["name"] == "hang_up" => {
            legacy.hang_up();
            return StatusCode::ACCEPTED;
        }
        "tools/call" => json!({"content": [{"type": "text", "text": "nothing due"}]}),
        _ => return StatusCode::BAD_REQUEST,
    };
    stream.send(json!({"jsonrpc": "2.0", "id": id, "result": result})).await.unwrap();
    StatusCode::ACCEPTED
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_server_is_found_and_used() {
    for (path, transport) in
        [("", None), ("/sse", None), ("/sse", Some(TransportChoice::Sse)), ("", Some(TransportChoice::Sse))]
    {
        let (rig, (_legacy, url, server)) = (Rig::open().await, Legacy::serve("/messages?session=1").await);
        let mut registration = Registration::new("old", format!("{url}{path}"));
        registration.transport = transport;
        let view = rig.gateway.register(registration).await.unwrap().view;
        assert_eq!((view.status, view.transport), (Status::Healthy, TransportChoice::Sse), "{view:?}");
        let authorized = rig.granted("old__look", json!({})).await;
        let done = rig.run(authorized).await;
        assert_eq!(done, Done::Succeeded { text: "nothing due".into(), structured: None });
        server.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_ends_ends_the_connection_and_is_opened_again() {
    let (rig, (_legacy, url, server)) = (Rig::open().await, Legacy::serve("/messages").await);
    rig.register("old", url).await;
    let authorized = rig.granted("old__hang_up", json!({})).await;
    let done = rig.run(authorized).await;
    assert!(matches!(done, Done::Unknown { .. }), "{done:?}");
    rig.until(|gateway| gateway.capabilities().len() == 2).await;
    let authorized = rig.granted("old__look", json!({})).await;
    assert!(matches!(rig.run(authorized).await, Done::Succeeded { .. }));
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_elsewhere_is_refused() {
    let (rig, (_legacy, url, server)) =
        (Rig::open().await, Legacy::serve("http://evil.example/messages").await);
    let reason = rig.register("old", format!("{url}/sse")).await.reason.unwrap();
    assert!(reason.contains("its endpoint is on another host"), "{reason}");
    server.abort();
}
