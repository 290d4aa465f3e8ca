//! `web_search` before a real searx (Debian's package), whose only engine asks a page of this test. Searx answers in the
//! same JSON as SearXNG, which came from it.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::routing::get;
use axum::{Json, Router};
use homepilot_servers::web::{self, Options, Search};
use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, CallToolResult, ClientConfig};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const SEARX: &str = "/usr/bin/searx-run";

/// Searx loads for seconds, for more on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A page for an engine to ask: what it was asked, in the order it was.
type Asked = Arc<Mutex<Vec<String>>>;

#[tokio::test(flavor = "multi_thread")]
async fn searx_is_searched() {
    let mut tasks = JoinSet::new();
    let asked = Asked::default();
    let engine = serve_engine(&mut tasks, Arc::clone(&asked)).await;
    let folder = tempfile::tempdir().unwrap();
    let (_searx, place) = start_searx(&mut tasks, folder.path(), &engine).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/mcp", listener.local_addr().unwrap());
    let options =
        Options { language: Some("en".to_owned()), ..Options::new(Some(Search::searxng(&place).unwrap())) };
    tasks.spawn(async move { web::serve(listener, options, CancellationToken::new()).await.unwrap() });
    let config = StreamableHttpClientTransportConfig::with_uri(uri);
    let client =
        ClientConfig::default().serve(StreamableHttpClientTransport::from_config(config)).await.unwrap();
    let search = async |arguments: Value| {
        let arguments = arguments.as_object().unwrap().clone();
        client.call_tool(CallToolRequestParams::new("web_search").with_arguments(arguments)).await.unwrap()
    };

    let found = search(json!({"query": "rust & crabs", "freshness": "month", "count": 2})).await;
    assert_eq!(
        said(&found),
        "From Wikipedia: Rust is a general-purpose language & more. From Crabs: Crabs walk sideways."
    );
    assert_eq!(
        found.structured_content.unwrap(),
        json!({
            "query": "rust & crabs",
            "provider": "searxng",
            "results": [
                {
                    "title": "Rust (programming language) - Wikipedia",
                    "url": "https://en.wikipedia.org/wiki/Rust_(programming_language)",
                    "snippet": "Rust is a general-purpose language & more. It has 1 < 2.",
                },
                { "title": "Crabs", "url": "https://crabs.example/", "snippet": "Crabs walk sideways." },
            ],
        })
    );
    assert_eq!(*asked.lock().unwrap(), ["q=rust+%26+crabs"]);

    let nothing = search(json!({"query": "nothing"})).await;
    assert_eq!(said(&nothing), "I found nothing on the web about nothing. Try other words.");
    let broken = search(json!({"query": "broken"})).await;
    assert_eq!(broken.is_error, Some(true));
    assert!(said(&broken).starts_with("none of SearXNG's engines answered (page: "), "{}", said(&broken));
}

fn said(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.clone()).collect()
}

/// A page in the shape that the settings below tell searx's JSON engine of.
async fn serve_engine(tasks: &mut JoinSet<()>, asked: Asked) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = format!("http://{}", listener.local_addr().unwrap());
    let find = async |State(asked): State<Asked>, RawQuery(query): RawQuery| {
        let query = query.unwrap();
        let found = match query.as_str() {
            "q=nothing" => json!([]),
            "q=broken" => return Err(axum::http::StatusCode::INTERNAL_SERVER_ERROR),
            _ => json!([
                {
                    "address": "https://en.wikipedia.org/wiki/Rust_(programming_language)",
                    "title": "Rust (programming language) - Wikipedia",
                    "text": "<b>Rust</b> is a general-purpose language &amp; more. It has 1 &lt; 2.",
                },
                { "address": "https://crabs.example/", "title": "Crabs", "text": "Crabs walk sideways." },
                { "address": "https://third.example/", "title": "A third", "text": "Left out." },
            ]),
        };
        asked.lock().unwrap().push(query);
        Ok(Json(json!({ "found": found })))
    };
    let routes = Router::new().route("/find", get(find)).with_state(asked);
    tasks.spawn(async move { axum::serve(listener, routes).await.unwrap() });
    place
}

/// Starts searx with settings of its own, and waits until it listens.
async fn start_searx(tasks: &mut JoinSet<()>, folder: &Path, engine: &str) -> (Child, String) {
    assert!(
        Path::new(SEARX).exists(),
        "{SEARX} is missing: run `runtime/prerequisites.sh test`, or `apt-get install searx`"
    );
    let settings = folder.join("settings.yml");
    std::fs::write(&settings, include_str!("searx.yml").replace("ENGINE", engine)).unwrap();
    let mut command = Command::new(SEARX);
    command.env("SEARX_SETTINGS_PATH", &settings).current_dir(folder);
    let mut searx = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(searx.stderr.take().unwrap()).lines();
    let listening = async {
        let mut said = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, place)) = line.split_once("Running on ") {
                return place.trim().to_owned();
            }
            said.push(line);
        }
        panic!("searx ended: {}", said.join("\n"));
    };
    let place = tokio::time::timeout(PATIENCE, listening).await.expect("searx listens");
    // Its log is read on, so that it never waits for room.
    tasks.spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (searx, place)
}
