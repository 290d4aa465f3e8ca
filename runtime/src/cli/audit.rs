//! `homepilot audit`: what was asked, decided and done, and whether the record of it is whole.

use clap::Subcommand;
use reqwest::Method;
use serde_json::json;

use super::remote::{Remote, field};
use crate::{config::Settings, paths::Paths};

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// The latest calls, newest first
    List {
        /// Only this persona's
        #[arg(long)]
        persona: Option<String>,
        /// Only this server's
        #[arg(long)]
        server: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Recompute the chain of hashes and name the first row that was changed; works while the program runs or not
    Verify {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

impl Audit {
    pub(super) async fn run(self, settings: &Settings, paths: &Paths) -> anyhow::Result<()> {
        match self {
            Audit::List { persona, server, limit, json: as_json } => {
                let limit = limit.to_string();
                let parameters = [
                    ("limit", Some(&*limit)),
                    ("persona", persona.as_deref()),
                    ("server", server.as_deref()),
                ];
                let remote = Remote::new(settings, settings.ports.runtime);
                let answer = remote.ask(Method::GET, "/v1/agentic/audit", &parameters).await?;
                if as_json {
                    println!("{answer}");
                    return Ok(());
                }
                for entry in answer["entries"].as_array().into_iter().flatten() {
                    println!(
                        "{}  {:<11} {}",
                        field(entry, "at"),
                        field(entry, "state"),
                        field(entry, "summary")
                    );
                }
            }
            Audit::Verify { json: as_json } => {
                let path = paths.database();
                anyhow::ensure!(path.exists(), "there is no audit yet: {} does not exist", path.display());
                let verified = homepilot_gateway::verify_audit(&path).await?;
                if as_json {
                    println!("{}", json!(verified));
                } else if verified.rows == 0 {
                    println!("the audit is whole: nothing was asked for yet");
                } else {
                    let head: String = verified.head.chars().take(16).collect();
                    println!("the audit is whole: {} rows, the last is {head}", verified.rows);
                }
            }
        }
        Ok(())
    }
}
