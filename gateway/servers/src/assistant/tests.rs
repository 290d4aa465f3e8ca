//! The server as its clients see it: over the network, with rmcp's client and with bare HTTP.

use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientConfig, JsonObject, ProtocolVersion, RequestMetaObject,
};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient, ServiceExt};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::tools::Name;
use super::{Options, classes, serve};
use crate::Clock;
use crate::dates;
use crate::serving::ToolName as _;
use crate::{Effect, IDEMPOTENCY_KEY, ServeError};

mod changes;
mod schedule;
mod trouble;

/// The write lock, held by somebody else until it is dropped.
pub(super) async fn locked(path: &Path) -> SqliteConnection {
    let other = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut lock = SqliteConnection::connect_with(&other).await.unwrap();
    sqlx::query("begin immediate").execute(&mut lock).await.unwrap();
    lock
}

/// Wednesday, ten in the morning.
const NOW: &str = "2026-03-04T10:00:00-05:00[America/New_York]";

struct Server {
    address: std::net::SocketAddr,
    cancel: CancellationToken,
    task: JoinHandle<Result<(), ServeError>>,
}

#[derive(Clone, Default)]
struct Modern;

impl ClientHandler for Modern {}

type Client = RunningService<RoleClient, ClientConfig>;

fn options(database: &Path) -> Options {
    let now: Zoned = NOW.parse().unwrap();
    let moment: Timestamp = now.timestamp();
    Options {
        zone: Some(TimeZone::get("America/New_York").unwrap()),
        clock: Clock::new(move || moment),
        busy_timeout: Duration::from_millis(50),
        ..Options::new(database)
    }
}

async fn start(options: Options) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let cancel = CancellationToken::new();
    let task = tokio::spawn(serve(listener, options, cancel.clone()));
    Server { address, cancel, task }
}

impl Server {
    fn transport(
        &self,
    ) -> StreamableHttpClientTransport<impl rmcp::transport::streamable_http_client::StreamableHttpClient>
    {
        let uri = format!("http://{}/mcp", self.address);
        StreamableHttpClientTransport::from_config(StreamableHttpClientTransportConfig::with_uri(uri))
    }

    async fn client(&self) -> Client {
        ClientConfig::default().serve(self.transport()).await.unwrap()
    }

    async fn stop(self) {
        self.cancel.cancel();
        self.task.await.unwrap().unwrap();
    }
}

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

async fn call(client: &Client, tool: &'static str, arguments: Value) -> CallToolResult {
    client.call_tool(CallToolRequestParams::new(tool).with_arguments(object(arguments))).await.unwrap()
}

async fn call_with_key(client: &Client, tool: &'static str, arguments: Value, key: Value) -> CallToolResult {
    let mut request = CallToolRequestParams::new(tool).with_arguments(object(arguments));
    request.meta = Some(RequestMetaObject::from(object(json!({ IDEMPOTENCY_KEY: key }))));
    client.call_tool(request).await.unwrap()
}

fn text(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.clone()).collect()
}

/// What was said, of a call that succeeded.
fn said(result: &CallToolResult) -> String {
    assert_ne!(result.is_error, Some(true), "{}", text(result));
    text(result)
}

/// What was said, of a call that failed.
fn refused(result: &CallToolResult) -> String {
    assert_eq!(result.is_error, Some(true), "{}", text(result));
    text(result)
}

async fn total(client: &Client, tool: &'static str) -> u64 {
    call(client, tool, json!({})).await.structured_content.unwrap()["total"].as_u64().unwrap()
}

#[tokio::test]
async fn reminders_and_tasks_are_kept_said_and_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("data").join("homepilot.db");
    let server = start(options(&database)).await;
    let client = server.client().await;

    assert_eq!(said(&call(&client, "list_tasks", json!({})).await), "You have no open tasks.");
    assert_eq!(
        said(&call(&client, "list_reminders", json!({"when": "today"})).await),
        "You have no reminders today."
    );

    let set =
        call(&client, "set_reminder", json!({"text": "Call my mom.", "when": "tomorrow at five"})).await;
    assert_eq!(said(&set), "Done. I'll remind you to call your mom tomorrow at five p.m.");
    let structured = set.structured_content.unwrap();
    assert_eq!(structured["due"], "2026-03-05T17:00:00-05:00[America/New_York]");
    assert_eq!(structured["text"], "Call my mom.");

    let set =
        call(&client, "set_reminder", json!({"text": "the dentist", "when": "every monday at nine"})).await;
    assert_eq!(
        said(&set),
        "Done. I'll remind you about the dentist every Monday at nine a.m., first on Monday at nine a.m."
    );
    let created = call(&client, "create_task", json!({"text": "buy milk", "due": "friday"})).await;
    assert_eq!(said(&created), "Done. I added buy milk to your tasks, due on Friday.");
    assert_eq!(created.structured_content.unwrap()["due"], "2026-03-06");
    said(&call(&client, "create_task", json!({"text": "buy bread"})).await);
    drop(client);
    server.stop().await;

    let server = start(options(&database)).await;
    let client = server.client().await;
    assert_eq!(
        said(&call(&client, "list_reminders", json!({})).await),
        "You have two reminders: Call your mom, tomorrow at five p.m.; and the dentist, every Monday at nine a.m., next on \
         Monday at nine a.m."
    );
    assert_eq!(
        said(&call(&client, "list_reminders", json!({"when": "tomorrow"})).await),
        "You have one reminder tomorrow: Call your mom, tomorrow at five p.m."
    );
    assert_eq!(
        said(&call(&client, "list_tasks", json!({})).await),
        "You have two open tasks: buy milk, due on Friday; and buy bread."
    );
    let which = refused(&call(&client, "complete_task", json!({"task": "buy"})).await);
    assert_eq!(which, "several tasks fit: buy milk, due on Friday; and buy bread: say which one");
    assert_eq!(
        said(&call(&client, "complete_task", json!({"task": "the milk"})).await),
        "Done. I checked off buy milk."
    );
    assert_eq!(
        said(&call(&client, "complete_task", json!({"task": "milk"})).await),
        "buy milk was already done."
    );
    assert_eq!(said(&call(&client, "list_tasks", json!({})).await), "You have one open task: buy bread.");
    assert_eq!(total(&client, "list_reminders").await, 2);
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn long_lists_are_cut_when_spoken_only() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(options(&folder.path().join("h.db"))).await;
    let client = server.client().await;
    for number in 1..=7 {
        said(&call(&client, "create_task", json!({"text": format!("task {number}")})).await);
    }
    let listed = call(&client, "list_tasks", json!({})).await;
    assert_eq!(
        said(&listed),
        "You have seven open tasks: task 1; task 2; task 3; task 4; task 5; and two more."
    );
    assert_eq!(listed.structured_content.unwrap()["tasks"].as_array().unwrap().len(), 7);
    server.stop().await;
}

#[tokio::test]
async fn wrong_arguments_are_refused_with_what_to_do_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(options(&folder.path().join("h.db"))).await;
    let client = server.client().await;
    let long = "x".repeat(501);
    for (tool, arguments, expected) in [
        ("create_task", json!({}), "text is missing"),
        ("create_task", json!({"text": 5}), "text must be a string, not a number"),
        ("create_task", json!({"text": " \n\t"}), "text is empty"),
        ("create_task", json!({"text": long}), "text has 501 characters"),
        ("create_task", json!({"text": "a", "priority": "high"}), "no argument priority"),
        ("create_task", json!({"text": "a", "due": "soon"}), "no date or time that i know in \"soon\""),
        ("create_task", json!({"text": "a", "due": "every monday"}), "set a reminder that repeats"),
        ("list_tasks", json!({"status": "late"}), "one of open, done, all"),
        ("complete_task", json!({"task": "fly to the moon"}), "no task fits"),
        ("set_reminder", json!({"text": "a"}), "when is missing"),
        ("set_reminder", json!({"text": "a", "when": "yesterday"}), "in the past"),
        ("set_reminder", json!({"text": "a", "when": "friday"}), "needs an hour"),
        (
            "set_reminder",
            json!({"text": "a", "when": "next friday at ten"}),
            "Friday, March sixth at ten a.m., or Friday, March thirteenth",
        ),
        ("set_reminder", json!({"text": "a", "when": "this month"}), "has begun"),
        ("list_reminders", json!({"when": "every day"}), "say a day"),
    ] {
        let message = refused(&call(&client, tool, arguments.clone()).await);
        assert!(message.contains(expected), "{tool} {arguments}: {message}");
    }
    assert!(client.call_tool(CallToolRequestParams::new("delete_everything")).await.is_err());
    assert_eq!((total(&client, "list_tasks").await, total(&client, "list_reminders").await), (0, 0));
    server.stop().await;
}

#[tokio::test]
async fn the_tools_say_honestly_what_they_do() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(options(&folder.path().join("h.db"))).await;
    let uri = server.transport();
    let mode = ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] };
    let client = Modern.serve_with_lifecycle(uri, mode).await.unwrap();
    let tools = client.list_all_tools().await.unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(
        names,
        [
            "create_task",
            "list_tasks",
            "update_task",
            "complete_task",
            "delete_task",
            "set_reminder",
            "list_reminders",
            "cancel_reminder",
            "add_schedule_entry",
            "list_schedule",
            "find_free_time",
        ]
    );
    for (tool, (name, class)) in tools.iter().zip(classes()) {
        assert_eq!(tool.name, name);
        let hints = tool.annotations.clone().unwrap();
        assert_eq!(hints.read_only_hint, Some(class == Effect::Read), "{name}");
        assert_eq!(hints.destructive_hint, Some(class == Effect::Destructive), "{name}");
        assert_eq!(
            class == Effect::Destructive,
            ["delete_task", "cancel_reminder"].contains(&name),
            "{name}"
        );
        let properties = tool.input_schema["properties"].as_object().unwrap();
        let mut known = Name::find(name).unwrap().arguments().to_vec();
        known.sort_unstable();
        let mut described: Vec<&str> = properties.keys().map(String::as_str).collect();
        described.sort_unstable();
        assert_eq!(described, known, "{name}");
        for (property, schema) in properties {
            let examples = schema["examples"].as_array().cloned().unwrap_or_default();
            assert!(
                !examples.is_empty() || schema["type"] == "boolean" || schema["enum"].is_array(),
                "{name} {property}"
            );
            for example in examples.iter().map(|example| example.as_str().unwrap()) {
                let read = match property.as_str() {
                    "when" | "due" => dates::parse(example, &NOW.parse().unwrap()).is_ok(),
                    "duration" => dates::length(example).is_ok(),
                    _ => true,
                };
                assert!(read, "{name} {property} {example}");
            }
        }
        assert_eq!(tool.input_schema["additionalProperties"], false, "{name}");
        assert!(tool.output_schema.is_some(), "{name}");
    }
    let when = &tools[5].input_schema["properties"]["when"];
    assert_eq!((&when["format"], &when["x-homepilot"]), (&json!("date-time"), &json!("when")));
    assert_eq!(tools[5].input_schema["required"], json!(["text", "when"]));

    let modern = client.call_tool(CallToolRequestParams::new("list_tasks")).await.unwrap();
    assert_eq!(text(&modern), "You have no open tasks.");
    server.stop().await;
}

/// The status line of a bare request.
async fn status(server: &Server, headers: &str) -> String {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!(
        "POST /mcp HTTP/1.1\r\n{headers}Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_whitespace().nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(options(&folder.path().join("h.db"))).await;
    for (headers, expected) in [
        ("Host: localhost:9101\r\n", "200"),
        ("Host: 127.0.0.1\r\n", "200"),
        ("Host: [::1]:9101\r\n", "200"),
        ("Host: localhost:9101\r\nOrigin: http://localhost:8000\r\n", "200"),
        ("Host: localhost:9101\r\nOrigin: http://[::1]:8000\r\n", "200"),
        ("Host: evil.example\r\n", "403"),
        ("Host: localhost.evil.example:9101\r\n", "403"),
        ("Host: localhost:9101\r\nOrigin: http://evil.example\r\n", "403"),
        ("Host: localhost:9101\r\nOrigin: null\r\n", "403"),
    ] {
        assert_eq!(status(&server, headers).await, expected, "{headers:?}");
    }
    server.stop().await;
}
