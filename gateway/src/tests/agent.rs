//! An agent that does what no SDK's does: it hangs, breaks off, lies and floods, on demand. It holds every request to the protocol.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::watch;

/// What is answered to one request.
pub(super) enum Reply {
    /// A result, at once.
    Result(Value),
    /// An error of the protocol.
    Error(i32, &'static str),
    /// Events, and then the end of the stream.
    Events(Vec<Value>),
    /// Events, and then nothing more, without an end.
    EventsThenSilence(Vec<Value>),
    /// Nothing, without an end.
    Silence,
    /// A body that breaks off.
    Break,
    /// Zeroes without end.
    Flood,
    /// Something else than the protocol.
    Odd(StatusCode, &'static str),
}

type Play = Box<dyn Fn(&str, &Value) -> Reply + Send + Sync>;

/// What is served where the card should be.
#[derive(Clone)]
pub(super) enum CardReply {
    Card(Value),
    Silence,
    Flood,
    Odd(StatusCode, &'static str),
}

struct Shop {
    card: Mutex<CardReply>,
    play: Mutex<Play>,
    heard: watch::Sender<Vec<(String, Value)>>,
    headers: Mutex<Vec<HeaderMap>>,
}

pub(super) struct Agent {
    pub(super) url: String,
    shop: Arc<Shop>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Agent {
    pub(super) async fn start(play: impl Fn(&str, &Value) -> Reply + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shop = Arc::new(Shop {
            card: Mutex::new(CardReply::Card(card(&format!("{url}/rpc")))),
            play: Mutex::new(Box::new(play)),
            heard: watch::Sender::default(),
            headers: Mutex::default(),
        });
        let router = axum::Router::new().fallback(answer).with_state(shop.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shop, server }
    }

    pub(super) fn show(&self, card: CardReply) {
        *self.shop.card.lock().unwrap() = card;
    }

    pub(super) fn card(&self) -> Value {
        card(&format!("{}/rpc", self.url))
    }

    /// The requests so far, by method and parameters; those for the card are not counted.
    pub(super) fn heard(&self) -> Vec<(String, Value)> {
        self.shop.heard.borrow().clone()
    }

    pub(super) fn methods(&self) -> Vec<String> {
        self.heard().into_iter().map(|(method, _)| method).collect()
    }

    /// Returns when so many requests were heard.
    pub(super) async fn has_heard(&self, count: usize) {
        let mut heard = self.shop.heard.subscribe();
        let all = heard.wait_for(|heard| heard.len() >= count);
        tokio::time::timeout(Duration::from_secs(60), all).await.expect("it never heard that").unwrap();
    }

    /// The headers of every request, for the card too.
    pub(super) fn headers(&self) -> Vec<HeaderMap> {
        self.shop.headers.lock().unwrap().clone()
    }
}

/// A card with one skill, asked at one place.
pub(super) fn card(place: &str) -> Value {
    json!({
        "name": "Travel agent", "description": "Plans trips", "version": "1.0.0", "capabilities": {"streaming": true},
        "supportedInterfaces": [{"url": place, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
        "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"],
        "skills": [{"id": "trip.plan", "name": "Plan a trip", "description": "Plans and books trips.", "tags": [],
                    "examples": ["A weekend in Rome"]}],
    })
}

async fn answer(State(shop): State<Arc<Shop>>, request: Request) -> Response {
    shop.headers.lock().unwrap().push(request.headers().clone());
    if request.method() == "GET" {
        return match shop.card.lock().unwrap().clone() {
            CardReply::Card(card) if request.uri().path() == "/.well-known/agent-card.json" => {
                axum::Json(card).into_response()
            }
            CardReply::Card(_) => StatusCode::NOT_FOUND.into_response(),
            CardReply::Silence => silence(Vec::new()),
            CardReply::Flood => flood(),
            CardReply::Odd(status, body) => (status, body).into_response(),
        };
    }
    assert_eq!(request.headers()["a2a-version"], "1.0");
    assert_eq!(request.headers()[header::CONTENT_TYPE], "application/json");
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["jsonrpc"], "2.0");
    assert!(body["id"].is_string());
    let (method, params) = (body["method"].as_str().unwrap().to_owned(), body["params"].clone());
    let reply = shop.play.lock().unwrap()(&method, &params);
    shop.heard.send_modify(|heard| heard.push((method, params)));
    let envelope = |result: Value| json!({"jsonrpc": "2.0", "id": body["id"], "result": result});
    let event = |result: Value| Bytes::from(format!("data: {}\n\n", envelope(result)));
    match reply {
        Reply::Result(result) => axum::Json(envelope(result)).into_response(),
        Reply::Error(code, message) => {
            let error =
                json!({"jsonrpc": "2.0", "id": body["id"], "error": {"code": code, "message": message}});
            axum::Json(error).into_response()
        }
        Reply::Events(events) => {
            let events: Vec<_> = events.into_iter().map(|e| Ok::<_, Infallible>(event(e))).collect();
            events_of(Body::from_stream(stream::iter(events)))
        }
        Reply::EventsThenSilence(events) => events_of(silent(events.into_iter().map(event).collect())),
        Reply::Silence => silence(Vec::new()),
        Reply::Break => {
            let halves = [Ok(Bytes::from("data: {")), Err(std::io::Error::other("gone"))];
            events_of(Body::from_stream(stream::iter(halves)))
        }
        Reply::Flood => flood(),
        Reply::Odd(status, body) => (status, body).into_response(),
    }
}

fn events_of(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

fn silent(first: Vec<Bytes>) -> Body {
    let first: Vec<_> = first.into_iter().map(Ok::<_, Infallible>).collect();
    Body::from_stream(stream::iter(first).chain(stream::pending()))
}

fn silence(first: Vec<Bytes>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], silent(first)).into_response()
}

fn flood() -> Response {
    let zeroes = stream::repeat(Ok::<_, Infallible>(Bytes::from(vec![b'0'; 65_536])));
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(zeroes)).into_response()
}
