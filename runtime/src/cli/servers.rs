//! `homepilot servers`: what is registered, and what it offers.

use std::collections::BTreeMap;

use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::remote::{Remote, field};
use crate::{
    builtins::{self, Bound, Parts},
    config::Settings,
    connectors::{self, Connectors, Status},
    paths::Paths,
};

#[derive(Debug, Subcommand)]
pub(super) enum Servers {
    /// All registered servers
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Register a server or an agent
    #[command(
        after_help = "Examples:\n  homepilot servers add gmail https://example.com/mcp/KEY \"Gmail: read and send\"\n  homepilot servers add notes https://example.com/mcp --bearer env:NOTES_TOKEN\n  homepilot servers add travel https://example.com --agent\n  homepilot servers add files --description \"My documents\" -- npx -y @modelcontextprotocol/server-filesystem ~/Documents"
    )]
    Add(Add),
    /// Deregister a server
    Remove {
        /// Its name
        name: String,
    },
    /// Connect again and list its tools
    Test {
        /// Its name
        name: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show how a tool has changed since it was approved, and approve it as it is now
    #[command(
        after_help = "Examples:\n  homepilot servers approve gmail send_email\n  homepilot servers approve gmail send_email --yes"
    )]
    Approve {
        /// The server's name
        name: String,
        /// The tool's name
        tool: String,
        /// Approve it; without this the change is only shown
        #[arg(long)]
        yes: bool,
    },
    /// Start the built-in tool servers and the connectors alone, for other MCP clients: no models, no gateway, no page
    #[command(after_help = "Example:\n  homepilot servers serve")]
    Serve,
}

/// The built-in tool servers by themselves, until it is told to stop. Prints each with its address.
async fn serve(settings: &Settings, paths: &Paths) -> anyhow::Result<()> {
    let bound = Bound::bind(settings).await?;
    let addresses = bound.addresses()?;
    let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
    let parts = Parts::alone(settings, paths.clone());
    builtins::serve(bound, &parts, &tasks, &stopping);
    for (server, url) in addresses.urls() {
        println!("{} {url}", server.name());
    }
    let connectors = Connectors::start(connectors::Parts {
        settings: settings.clone(),
        paths: paths.clone(),
        gateway: None,
        tasks: tasks.clone(),
        stopping: stopping.clone(),
    })
    .await;
    for (connector, status) in connectors.states() {
        match status {
            Status::Running { address, .. } => println!("{} {}", connector.name(), builtins::url(address)),
            Status::Failed(reason) => eprintln!("{} does not run: {reason}", connector.name()),
            Status::NotSetUp | Status::Incomplete(_) => {}
        }
    }
    super::serve::stop_signal().await?;
    stopping.cancel();
    tasks.close();
    tasks.wait().await;
    Ok(())
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Transport {
    Auto,
    StreamableHttp,
    Sse,
    Stdio,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// Short name, like gmail
    name: String,
    /// Its address; env:NAME stands for a secret
    #[arg(required_unless_present = "command")]
    url: Option<String>,
    /// What it does
    #[arg(value_name = "DESCRIPTION", conflicts_with = "description")]
    about: Option<String>,
    /// What it does
    #[arg(long)]
    description: Option<String>,
    /// What kind of thing it is
    #[arg(long)]
    category: Option<String>,
    /// It is an A2A agent: its skills become tools
    #[arg(long, conflicts_with_all = ["command", "transport"])]
    agent: bool,
    /// How to speak to it
    #[arg(long, value_enum, default_value_t = Transport::Auto)]
    transport: Transport,
    /// A header to send, NAME=VALUE; may be repeated
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair)]
    headers: Vec<(String, String)>,
    /// A bearer token; env:NAME stands for one
    #[arg(long, value_name = "TOKEN")]
    bearer: Option<String>,
    /// Sign in with OAuth when it asks
    #[arg(long, conflicts_with = "bearer")]
    oauth: bool,
    /// For a command: a variable of its environment, NAME=VALUE; may be repeated
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = pair, requires = "command")]
    env: Vec<(String, String)>,
    /// Believe what it says about its tools
    #[arg(long)]
    trusted: bool,
    /// Allow link-local addresses
    #[arg(long)]
    allow_private: bool,
    /// A program to start as the server, with its arguments
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "url")]
    command: Vec<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

impl Add {
    fn body(self) -> Value {
        let mut body = json!({
            "name": self.name,
            "description": self.description.or(self.about).unwrap_or_default(),
        });
        let mut set = |name: &str, value: Value| body[name] = value;
        if self.agent {
            set("kind", json!("agent"));
        }
        if let Some(url) = self.url {
            set("url", json!(url));
        }
        if let Some(category) = self.category {
            set("category", json!(category));
        }
        match (self.transport, self.command.split_first()) {
            (_, Some((program, arguments))) => {
                set("transport", json!("stdio"));
                set("command", json!(program));
                set("args", json!(arguments));
                set("env", json!(BTreeMap::from_iter(self.env)));
            }
            (Transport::Auto, None) => {}
            (Transport::StreamableHttp, None) => set("transport", json!("streamable_http")),
            (Transport::Sse, None) => set("transport", json!("sse")),
            (Transport::Stdio, None) => set("transport", json!("stdio")),
        }
        if !self.headers.is_empty() {
            set("headers", json!(BTreeMap::from_iter(self.headers)));
        }
        if let Some(token) = self.bearer {
            set("auth", json!({"type": "bearer", "token": token}));
        }
        if self.oauth {
            set("auth", json!({"type": "oauth"}));
        }
        if self.trusted {
            set("trusted", json!(true));
        }
        if self.allow_private {
            set("allow_private", json!(true));
        }
        body
    }
}

fn show_server(server: &Value) {
    let tools = server["tools"].as_array().map_or(0, Vec::len);
    println!(
        "{:<20} {:<12} {:>3} {}  {}",
        field(server, "name"),
        field(server, "status"),
        tools,
        if server["kind"] == "agent" { "skills" } else { "tools" },
        field(server, "url")
    );
    for (name, what) in [("reason", ""), ("sign_in", "sign in at ")] {
        if let Some(text) = server.get(name).and_then(Value::as_str) {
            println!("{:<20} {what}{text}", "");
        }
    }
    for note in server["notes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        println!("{:<20} {note}", "");
    }
    for tool in server["quarantined"].as_array().into_iter().flatten() {
        let name = field(tool, "name");
        println!(
            "{:<20} {name} has changed and is not used: homepilot servers approve {} {name}",
            "",
            field(server, "name")
        );
    }
}

impl Servers {
    pub(super) async fn run(self, settings: &Settings, paths: &Paths) -> anyhow::Result<()> {
        let remote = Remote::new(settings, settings.ports.gateway);
        match self {
            Servers::List { json: as_json } => {
                let answer = remote.call(Method::GET, "/api/servers", None).await?;
                if as_json {
                    println!("{answer}");
                } else {
                    answer["servers"].as_array().into_iter().flatten().for_each(show_server);
                }
            }
            Servers::Add(add) => {
                let remote = if add.command.is_empty() { remote } else { remote.with_admin_token(paths)? };
                show_server(&remote.call(Method::POST, "/api/servers", Some(add.body())).await?);
            }
            Servers::Remove { name } => {
                remote.call(Method::DELETE, &format!("/api/servers/{name}"), None).await?;
                println!("{name} is deregistered");
            }
            Servers::Test { name, json: as_json } => {
                let server = remote.call(Method::POST, &format!("/api/servers/{name}/refresh"), None).await?;
                if as_json {
                    println!("{server}");
                } else {
                    show_server(&server);
                    for tool in server["tools"].as_array().into_iter().flatten() {
                        let text = |name| field(tool, name);
                        println!("  {:<28} {:<12} {}", text("name"), text("class"), text("description"));
                    }
                }
                anyhow::ensure!(server["status"] == "healthy", "{name} can't be used");
            }
            Servers::Approve { name, tool, yes } => {
                let server = remote.call(Method::GET, &format!("/api/servers/{name}"), None).await?;
                let changed = server["quarantined"].as_array().into_iter().flatten();
                let Some(changed) = changed.into_iter().find(|changed| field(changed, "name") == tool) else {
                    println!("{tool} of {name} has not changed since it was approved");
                    return Ok(());
                };
                println!("{}", field(changed, "diff"));
                if !yes {
                    println!("to approve this: homepilot servers approve {name} {tool} --yes");
                    return Ok(());
                }
                let body = json!({"tool_hash": changed["tool_hash"]});
                let path = format!("/api/servers/{name}/tools/{tool}/approve");
                remote.call(Method::POST, &path, Some(body)).await?;
                println!("{tool} of {name} is approved as it is now");
            }
            Servers::Serve => return serve(settings, paths).await,
        }
        Ok(())
    }
}
