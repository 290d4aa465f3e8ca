//! The server as its clients and Meta see it, over the network. The Graph API here is a stand-in for what no real one does on
//! demand: refuse with a code, break off, mark as read. The real one's simulator is in `tests/peers`.

use std::sync::{Arc, Mutex};

use axum::extract::{Json, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use hmac::{Hmac, KeyInit, Mac};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rmcp::model::{CallToolRequestParams, CallToolResult, ClientConfig, JsonObject, RequestMetaObject};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{RoleClient, ServiceExt};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Account, Contact, Options, Webhook, serve};
use crate::{Clock, IDEMPOTENCY_KEY, OUTCOME_KEY, ServeError};

mod receiving;
mod sending;
mod trouble;

/// Wednesday, ten in the morning.
const NOW: &str = "2026-03-04T10:00:00-05:00[America/New_York]";
const NUMBER: &str = "106540352242922";
const TOKEN: &str = "EAAtopsecret";
const APP_SECRET: &str = "app secret";
const JOHN: &str = "447911123456";

/// How the stand-in treats the next request.
#[derive(Debug, Clone)]
enum Next {
    Take,
    Refuse(u16, Value),
}

#[derive(Clone, Default)]
struct Graph {
    next: Arc<Mutex<Vec<Next>>>,
    seen: Arc<Mutex<Vec<(String, String, Value)>>>,
}

impl Graph {
    fn then(&self, next: Next) {
        self.next.lock().unwrap().push(next);
    }

    fn refuse(&self, status: u16, code: i64) {
        self.then(Next::Refuse(status, json!({"error": {"message": format!("(#{code}) no"), "code": code}})));
    }

    /// The bodies of all requests.
    fn bodies(&self) -> Vec<Value> {
        self.seen.lock().unwrap().iter().map(|(.., body)| body.clone()).collect()
    }
}

async fn messages(
    State(graph): State<Graph>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let number = {
        let mut seen = graph.seen.lock().unwrap();
        seen.push((uri.path().to_owned(), bearer.to_owned(), body.clone()));
        seen.len()
    };
    let next = graph.next.lock().unwrap().pop().unwrap_or(Next::Take);
    let (status, answer) = match next {
        Next::Take if body["status"] == "read" => (StatusCode::OK, json!({"success": true})),
        Next::Take => {
            let to = body["to"].as_str().or(body["recipient"].as_str()).expect("a recipient");
            let contacts = json!([{"input": to, "wa_id": to}]);
            let taken = json!({"messaging_product": "whatsapp", "contacts": contacts,
                "messages": [{"id": format!("wamid.out{number}"), "message_status": "accepted"}]});
            (StatusCode::OK, taken)
        }
        Next::Refuse(status, answer) => (StatusCode::from_u16(status).unwrap(), answer),
    };
    (status, Json(answer))
}

/// A peer that reads each request to its end and hangs up; how many it has read.
async fn hangs_up(tasks: &mut JoinSet<()>) -> (String, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let read = Arc::new(Mutex::new(0));
    let count = Arc::clone(&read);
    tasks.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            // The body is one JSON object, which ends with the last of its braces.
            while !(request.ends_with(b"}") && braces(&request) == 0) {
                let mut part = [0; 4096];
                let length = stream.read(&mut part).await.unwrap();
                assert!(length > 0, "the request ended early");
                request.extend_from_slice(&part[..length]);
            }
            *count.lock().unwrap() += 1;
        }
    });
    (url, read)
}

fn braces(text: &[u8]) -> i32 {
    text.iter().map(|byte| i32::from(*byte == b'{') - i32::from(*byte == b'}')).sum()
}

/// The server with the stand-in behind it. What is served ends with the value.
struct Rig {
    graph: Graph,
    folder: TempDir,
    address: std::net::SocketAddr,
    base: String,
    tasks: JoinSet<()>,
}

impl Rig {
    async fn start() -> Rig {
        Rig::with(|options| options).await
    }

    async fn with(change: impl FnOnce(Options) -> Options) -> Rig {
        let mut tasks = JoinSet::new();
        let graph = Graph::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let routes = axum::Router::new().route("/{version}/{number}/messages", axum::routing::post(messages));
        let routes = routes.with_state(graph.clone());
        tasks.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let folder = tempfile::tempdir().unwrap();
        let address = ([127, 0, 0, 1], 0).into();
        let mut rig = Rig { graph, folder, address, base, tasks };
        let options = change(rig.options());
        rig.serve(options).await;
        rig
    }

    fn options(&self) -> Options {
        let now: Zoned = NOW.parse().unwrap();
        let moment: Timestamp = now.timestamp();
        let contact = |name: &str, number: &str| Contact::read(name, number, None).unwrap();
        Options {
            webhook: Some(Webhook { app_secret: APP_SECRET.into(), verify_token: "between us".into() }),
            contacts: vec![contact("John", "+44 7911 123456"), contact("Sara", "+49 151 23456789")],
            country: "GB".parse().ok(),
            zone: Some(TimeZone::get("America/New_York").unwrap()),
            clock: Clock::new(move || moment),
            ..Options::new(self.database(), self.account(&self.base))
        }
    }

    fn account(&self, base: &str) -> Account {
        Account::new(NUMBER, TOKEN.into()).unwrap().at(base).unwrap()
    }

    fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("homepilot.db")
    }

    /// Starts a server over the same database; the one before goes on.
    async fn serve(&mut self, options: Options) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.address = listener.local_addr().unwrap();
        self.tasks.spawn(async move {
            let served: Result<(), ServeError> = serve(listener, options, CancellationToken::new()).await;
            served.unwrap();
        });
    }

    async fn client(&self) -> RunningService<RoleClient, ClientConfig> {
        let uri = format!("http://{}/mcp", self.address);
        ClientConfig::default().serve(StreamableHttpClientTransport::from_uri(uri)).await.unwrap()
    }

    async fn call(&self, tool: &'static str, arguments: Value) -> CallToolResult {
        let request = CallToolRequestParams::new(tool).with_arguments(object(arguments));
        self.client().await.call_tool(request).await.unwrap()
    }

    async fn keyed(&self, key: &str, tool: &'static str, arguments: Value) -> CallToolResult {
        let mut request = CallToolRequestParams::new(tool).with_arguments(object(arguments));
        request.meta = Some(RequestMetaObject::from(object(json!({ IDEMPOTENCY_KEY: key }))));
        self.client().await.call_tool(request).await.unwrap()
    }

    fn webhook(&self) -> String {
        format!("http://{}/webhook", self.address)
    }

    /// Sends a notice as Meta does; the status it is answered with.
    async fn notice(&self, body: String, signature: Option<String>) -> u16 {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.post(self.webhook()).header("content-type", "application/json").body(body);
        let request = match signature {
            Some(signature) => request.header("x-hub-signature-256", signature),
            None => request,
        };
        request.send().await.unwrap().status().as_u16()
    }

    async fn signed(&self, payload: &Value) -> u16 {
        let body = payload.to_string();
        let signature = signature(body.as_bytes());
        self.notice(body, Some(signature)).await
    }

    /// Somebody writes, so many minutes ago.
    async fn hears(&self, (number, name): (&str, &str), text: &str, ago: i64) {
        let at = NOW.parse::<Zoned>().unwrap().timestamp().as_second() - ago * 60;
        let id = format!("wamid.in-{number}-{ago}");
        let payload = payload(json!({
            "contacts": [{"profile": {"name": name}, "wa_id": number}],
            "messages": [{"from": number, "id": id, "timestamp": at.to_string(), "type": "text", "text": {"body": text}}],
        }));
        assert_eq!(self.signed(&payload).await, 200);
    }

    /// What became of a message.
    async fn becomes(&self, status: Value) {
        assert_eq!(self.signed(&payload(json!({"statuses": [status]}))).await, 200);
    }
}

fn payload(mut value: Value) -> Value {
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({"display_phone_number": "15550783881", "phone_number_id": NUMBER});
    json!({"object": "whatsapp_business_account", "entry": [
        {"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}
    ]})
}

fn signature(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

fn text(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.clone()).collect()
}

/// What was done, in words.
fn done(result: &CallToolResult) -> String {
    assert_ne!(result.is_error, Some(true), "{result:?}");
    text(result)
}

/// Why it was not done.
fn refused(result: &CallToolResult) -> String {
    assert!(result.is_error == Some(true) && !is_unknown(result), "{result:?}");
    text(result)
}

fn is_unknown(result: &CallToolResult) -> bool {
    let said = result.meta.as_ref().and_then(|meta| meta.get(OUTCOME_KEY));
    result.is_error == Some(true) && said == Some(&json!("unknown"))
}
