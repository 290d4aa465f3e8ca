//! Commands that speak to the running program over its own HTTP API.

use clap::Subcommand;
use serde_json::{Value, json};

use crate::config::Settings;

#[derive(Debug, Subcommand)]
pub(super) enum Servers {
    /// All registered servers
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Register a server
    Add {
        /// Short name, like gmail
        name: String,
        /// Its address
        url: String,
        /// What it does
        #[arg(default_value = "")]
        description: String,
    },
    /// Deregister a server
    Remove {
        /// Its name
        name: String,
    },
    /// Connect again and list its tools
    Test {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    /// All rules, and which decides for each capability
    List {
        /// For this persona
        #[arg(long, default_value = "assistant")]
        persona: String,
    },
    /// Set the level of a server or some of its actions: 0 read-only, 1 confirm, 2 autonomous
    Set {
        /// Server's name
        tool: String,
        /// 0, 1 or 2
        #[arg(value_parser = clap::value_parser!(u8).range(0..=2))]
        level: u8,
        /// Only this action; may be repeated
        #[arg(long = "action")]
        actions: Vec<String>,
        /// Only for this persona
        #[arg(long)]
        persona: Option<String>,
    },
    /// Which rule decides, and why
    Explain {
        /// Like assistant__set_reminder
        capability: String,
        /// For this persona
        #[arg(long, default_value = "assistant")]
        persona: String,
    },
}

/// The running program.
struct Remote {
    http: reqwest::Client,
    base: String,
}

impl Remote {
    fn new(settings: &Settings, port: u16) -> Self {
        let host =
            if settings.bind.is_unspecified() { "127.0.0.1".to_owned() } else { settings.bind.to_string() };
        Self { http: reqwest::Client::new(), base: format!("http://{host}:{port}") }
    }

    async fn call(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.map_err(|error| {
            if error.is_connect() {
                anyhow::anyhow!("nothing runs at {}: start it with `homepilot serve`", self.base)
            } else {
                error.into()
            }
        })?;
        let status = response.status();
        let text = response.text().await?;
        let value: Value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? };
        if status.is_success() {
            return Ok(value);
        }
        let message = value.pointer("/error/message").and_then(Value::as_str).unwrap_or(&text).to_owned();
        anyhow::bail!("{message}")
    }
}

/// Text of a field, empty when it is not there.
fn field<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn show_server(server: &Value) {
    let tools = server["tools"].as_array().map_or(0, Vec::len);
    println!(
        "{:<20} {:<12} {:>3} tools  {}",
        field(server, "name"),
        field(server, "status"),
        tools,
        field(server, "url")
    );
    if let Some(reason) = server.get("reason").and_then(Value::as_str) {
        println!("{:<20} {reason}", "");
    }
}

impl Servers {
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let remote = Remote::new(settings, settings.ports.gateway);
        match self {
            Servers::List { json: as_json } => {
                let answer = remote.call(reqwest::Method::GET, "/api/servers", None).await?;
                if as_json {
                    println!("{answer}");
                } else {
                    let rows =
                        answer.get("servers").unwrap_or(&answer).as_array().cloned().unwrap_or_default();
                    rows.iter().for_each(show_server);
                }
            }
            Servers::Add { name, url, description } => {
                let body = json!({"name": name, "url": url, "description": description});
                show_server(&remote.call(reqwest::Method::POST, "/api/servers", Some(body)).await?);
            }
            Servers::Remove { name } => {
                remote.call(reqwest::Method::DELETE, &format!("/api/servers/{name}"), None).await?;
                println!("{name} is deregistered");
            }
            Servers::Test { name } => {
                let server =
                    remote.call(reqwest::Method::POST, &format!("/api/servers/{name}/refresh"), None).await?;
                show_server(&server);
                for tool in server["tools"].as_array().into_iter().flatten() {
                    println!(
                        "  {:<28} {:<12} {}",
                        field(tool, "name"),
                        field(tool, "class"),
                        field(tool, "description")
                    );
                }
                anyhow::ensure!(server["status"] == "healthy", "{name} can't be used");
            }
        }
        Ok(())
    }
}

impl Policy {
    pub(super) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let remote = Remote::new(settings, settings.ports.runtime);
        match self {
            Policy::List { persona } => {
                let path = format!("/v1/agentic/policy?persona={persona}");
                let answer = remote.call(reqwest::Method::GET, &path, None).await?;
                for row in answer["decides"].as_array().into_iter().flatten() {
                    println!(
                        "{:<40} level {}  {:<8} {}",
                        field(row, "capability"),
                        row["level"],
                        field(row, "effect"),
                        field(row, "rule")
                    );
                }
            }
            Policy::Set { tool, level, actions, persona } => {
                let mut body = json!({"tool": tool, "level": level});
                if !actions.is_empty() {
                    body["actions"] = json!(actions);
                }
                if let Some(persona) = persona {
                    body["persona"] = json!(persona);
                }
                println!("{}", remote.call(reqwest::Method::PATCH, "/v1/agentic/policy", Some(body)).await?);
            }
            Policy::Explain { capability, persona } => {
                let path = format!("/v1/agentic/policy/explain?persona={persona}&capability={capability}");
                println!("{}", remote.call(reqwest::Method::GET, &path, None).await?);
            }
        }
        Ok(())
    }
}
