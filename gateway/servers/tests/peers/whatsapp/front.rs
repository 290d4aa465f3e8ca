//! What Meta does and MockPost does not: it signs notices, takes receipts, and loses an answer when it is told to. Everything
//! else goes through to MockPost.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// It is served while the tasks are.
#[derive(Clone)]
pub(super) struct Front {
    pub(super) url: String,
    mockpost: String,
    webhook: String,
    http: reqwest::Client,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    secret: String,
    loses: bool,
    marked: Vec<Value>,
    callback_data: String,
}

impl Front {
    pub(super) async fn start(
        tasks: &mut JoinSet<()>,
        mockpost: String,
        webhook: String,
        secret: &str,
    ) -> Front {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let front = Front { url, mockpost, webhook, http, seen: Arc::default() };
        front.sign_with(secret);
        let routes =
            Router::new().route("/signed", post(signed)).fallback(passed_on).with_state(front.clone());
        tasks.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        front
    }

    /// Signs notices with this from now on; with nothing, not at all.
    pub(super) fn sign_with(&self, secret: &str) {
        self.seen.lock().unwrap().secret = secret.to_owned();
    }

    /// The next message is taken, and its answer lost on the way back.
    pub(super) fn lose_next_answer(&self) {
        self.seen.lock().unwrap().loses = true;
    }

    /// The receipts that were sent.
    pub(super) fn marked(&self) -> Vec<Value> {
        self.seen.lock().unwrap().marked.clone()
    }

    /// The sender's own id in the last message.
    pub(super) fn callback_data(&self) -> String {
        self.seen.lock().unwrap().callback_data.clone()
    }
}

/// Signs a notice over its bytes and hands it on.
async fn signed(State(front): State<Front>, body: Bytes) -> StatusCode {
    let secret = front.seen.lock().unwrap().secret.clone();
    let request = front.http.post(&front.webhook).header("content-type", "application/json");
    let request = if secret.is_empty() {
        request
    } else {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(&body);
        request.header("x-hub-signature-256", format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
    };
    request.body(body).send().await.unwrap().status()
}

async fn passed_on(
    State(front): State<Front>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Bytes) {
    let asked: Value = serde_json::from_slice(&body).unwrap();
    if asked["status"] == "read" {
        front.seen.lock().unwrap().marked.push(asked);
        return (StatusCode::OK, json!({"success": true}).to_string().into());
    }
    let loses = {
        let mut seen = front.seen.lock().unwrap();
        seen.callback_data = asked["biz_opaque_callback_data"].as_str().unwrap().to_owned();
        std::mem::take(&mut seen.loses)
    };
    let request = front.http.post(format!("{}{}", front.mockpost, uri.path()));
    let request = request.header("content-type", "application/json");
    // MockPost takes the bare word before a token for one.
    let token = headers.get("authorization").filter(|value| value.len() > "Bearer ".len());
    let request = match token {
        Some(token) => request.header("authorization", token),
        None => request,
    };
    let answer = request.body(body).send().await.unwrap();
    let status = answer.status();
    let answered = answer.bytes().await.unwrap();
    if loses { (StatusCode::BAD_GATEWAY, Bytes::from_static(b"lost")) } else { (status, answered) }
}
