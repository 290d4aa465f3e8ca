//! The server as its clients see it, over the network, with real files, a real database and the real model.

mod documents;
mod failures;
mod folders;
mod retrieval;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rmcp::model::{CallToolRequestParams, CallToolResult, ClientConfig, JsonObject, RequestMetaObject};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{RoleClient, ServiceExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Options;
use super::server::Knowledge;
use crate::Clock;
use crate::IDEMPOTENCY_KEY;

/// A home folder, and HomePilot's own beside it.
struct Machine {
    folder: TempDir,
}

struct Server {
    knowledge: Knowledge,
    client: RunningService<RoleClient, ClientConfig>,
    done: watch::Receiver<u64>,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Machine {
    fn new() -> Machine {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("home")).unwrap();
        Machine { folder }
    }

    /// Writes a file below the home folder.
    fn write(&self, file: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("own").join("homepilot.db")
    }

    /// With the models of this machine.
    fn options(&self) -> Options {
        let models =
            homepilot_models::store::default_dir(|name| std::env::var_os(name)).expect("HOME is set");
        let moment: Timestamp = "2026-03-04T15:00:00Z".parse().unwrap();
        Options {
            clock: Clock::new(move || moment),
            busy_timeout: Duration::from_millis(50),
            ..Options::new(self.database(), models, self.home())
        }
    }

    async fn start(&self) -> Server {
        Server::start(self.options()).await
    }

    /// A server whose model store is empty.
    async fn start_without_model(&self) -> Server {
        Server::start(Options { models: self.folder.path().join("models"), ..self.options() }).await
    }
}

impl Server {
    async fn start(options: Options) -> Server {
        let knowledge = Knowledge::new(options);
        let done = knowledge.indexing.done();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/mcp", listener.local_addr().unwrap());
        let cancel = CancellationToken::new();
        let (served, stop) = (knowledge.clone(), cancel.clone());
        let task = tokio::spawn(async move {
            let background = TaskTracker::new();
            served.work(&background, &stop);
            crate::serving::serve(listener, served.clone(), stop).await.unwrap();
            background.close();
            background.wait().await;
            served.close().await;
        });
        let transport =
            StreamableHttpClientTransport::from_config(StreamableHttpClientTransportConfig::with_uri(uri));
        let client = ClientConfig::default().serve(transport).await.unwrap();
        Server { knowledge, client, done, cancel, task }
    }

    async fn call(&self, tool: &'static str, arguments: Value) -> CallToolResult {
        self.call_with(tool, arguments, None).await
    }

    async fn call_with(&self, tool: &'static str, arguments: Value, key: Option<&str>) -> CallToolResult {
        let mut request = CallToolRequestParams::new(tool).with_arguments(object(arguments));
        request.meta = key.map(|key| RequestMetaObject::from(object(json!({ IDEMPOTENCY_KEY: key }))));
        self.client.call_tool(request).await.unwrap()
    }

    /// What was said, and the structured output, of a call that succeeded.
    async fn ask(&self, tool: &'static str, arguments: Value) -> (String, Value) {
        let result = self.call(tool, arguments).await;
        assert_ne!(result.is_error, Some(true), "{}", text(&result));
        (text(&result), result.structured_content.unwrap())
    }

    /// What was said of a call that failed.
    async fn refused(&self, tool: &'static str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await;
        assert_eq!(result.is_error, Some(true), "{}", text(&result));
        text(&result)
    }

    /// Waits until `seen` is true of what `list_documents` says, which is asked again whenever something was done.
    async fn until(&mut self, what: &str, seen: impl Fn(&Value) -> bool) -> Value {
        let wait = async {
            loop {
                self.done.mark_unchanged();
                let (_, listed) = self.ask("list_documents", json!({})).await;
                if seen(&listed) {
                    return listed;
                }
                self.done.changed().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap_or_else(|_| panic!("never: {what}"))
    }

    /// Waits until every passage has its embedding.
    async fn embedded(&mut self) {
        self.until("all passages are embedded", |listed| {
            listed["documents"]
                .as_array()
                .unwrap()
                .iter()
                .all(|document| document["embedded"] == document["passages"])
        })
        .await;
    }

    async fn stop(self) {
        drop(self.client);
        self.cancel.cancel();
        self.task.await.unwrap();
    }
}

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

fn text(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.clone()).collect()
}

/// Titles of documents, in the order of a list.
fn titles(listed: &Value) -> Vec<&str> {
    listed["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|document| document["title"].as_str().unwrap())
        .collect()
}

/// A boiler's manual, of several passages.
fn manual() -> String {
    let filler = "Read all of this before the appliance is used for the first time. ".repeat(40);
    format!(
        "# Boiler manual\n\n{filler}\n\n## Pressure\n\nThe water pressure should stay between 1.2 and 1.8 bar. \
         When it falls below 1.0 bar, open the filling valve slowly.\n\n## Warranty\n\nThe guarantee ends five years after the purchase. \
         Keep the receipt.\n"
    )
}

fn sqlite(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3"))
}
