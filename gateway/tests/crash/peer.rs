//! A tool server in a process of its own: it writes a row to a file, surely, and then answers, or dies, or kills its caller.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::json;

use crate::{Site, variable};

#[derive(Clone)]
struct Shelf(Arc<Site>);

pub(crate) async fn serve(site: Site) {
    // Ends with the test, however that ends.
    std::thread::spawn(|| {
        drop(std::io::stdin().read_to_end(&mut Vec::new()));
        std::process::exit(0);
    });
    let port: u16 = variable("CRASH_PORT").parse().unwrap();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let shelf = Shelf(Arc::new(site));
    let service = StreamableHttpService::new(
        move || Ok(shelf.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await.unwrap();
}

impl Shelf {
    fn append(&self, row: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(&self.0.rows).unwrap();
        file.write_all(format!("{row}\n").as_bytes()).unwrap();
        file.sync_all().unwrap();
    }
}

impl rmcp::ServerHandler for Shelf {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = serde_json::from_value(json!({
            "name": "append",
            "description": "Writes a row.",
            "inputSchema": {
                "type": "object",
                "properties": {"row": {"type": "string"}, "then": {"type": "string"}},
                "required": ["row", "then"],
            },
        }));
        Ok(ListToolsResult::with_all_items(vec![tool.unwrap()]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap();
        self.append(arguments["row"].as_str().unwrap());
        match arguments["then"].as_str().unwrap() {
            "answer" => {}
            "die" => crate::kill(rustix::process::getpid()),
            "kill_caller" => {
                if let Ok(caller) = std::fs::read_to_string(&self.0.caller) {
                    crate::kill(rustix::process::Pid::from_raw(caller.parse().unwrap()).unwrap());
                    std::future::pending::<()>().await;
                }
            }
            other => panic!("{other}"),
        }
        Ok(CallToolResult::success(vec![ContentBlock::text("written")]).into())
    }
}

pub(crate) struct Process {
    folder: PathBuf,
    port: u16,
    child: Child,
    deaths: u32,
}

impl Process {
    pub(crate) fn start(folder: &Path) -> Self {
        let (child, port) = spawn(folder, 0);
        Self { folder: folder.to_owned(), port, child, deaths: 0 }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port)
    }

    pub(crate) fn deaths(&self) -> u32 {
        self.deaths
    }

    /// Starts it anew on its port, once it has killed itself, which it is about to.
    pub(crate) fn await_death_and_revive(&mut self) {
        // Waiting closes the input, at the end of which it would leave by itself.
        let input = self.child.stdin.take();
        let ended = self.child.wait().unwrap();
        drop(input);
        assert_eq!(ended.signal(), Some(9), "{ended:?}");
        self.deaths += 1;
        (self.child, self.port) = spawn(&self.folder, self.port);
    }
}

fn spawn(folder: &Path, port: u16) -> (Child, u16) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env("CRASH_ROLE", "peer")
        .env("CRASH_FOLDER", folder)
        .env("CRASH_PORT", port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().parse().unwrap())
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its standard input closes, which ends it.
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}
