//! `homepilot bench servers`: how soon the built-in tool servers answer and what they need, in a process of their own,
//! without models.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use homepilot_servers::BuiltIn;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use super::{connect, machine, resident_mb};
use crate::{
    config::{Ports, variable},
    eval::percentiles,
};

/// How long the servers may take before that is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// `homepilot bench servers`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How often they are started
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=100))]
    rounds: u8,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What was found.
pub(super) struct Found {
    /// From the start of the process until every server has listed its tools.
    start_up: Vec<f64>,
    /// Resident memory after that, in MB; the most of all rounds.
    memory_mb: u64,
    tools: usize,
}

impl Found {
    pub(super) fn json(&mut self) -> Value {
        let (p50, p95) = percentiles(&mut self.start_up);
        json!({
            "servers": BuiltIn::COUNT, "tools": self.tools, "memory_mb": self.memory_mb,
            "start_up_ms": {"p50": p50.round(), "p95": p95.round(), "n": self.start_up.len()}
        })
    }

    pub(super) fn line(&mut self) -> String {
        let (p50, p95) = percentiles(&mut self.start_up);
        format!(
            "{} built-in servers with {} tools: all answer after {p50:.0} ms (p95 {p95:.0}, n {}), {} MB",
            BuiltIn::COUNT,
            self.tools,
            self.start_up.len(),
            self.memory_mb
        )
    }
}

/// Runs the benchmark.
///
/// # Errors
/// When a server can't be started or does not answer.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let mut found = measure(options.rounds).await?;
    if options.json {
        let mut result = found.json();
        result["machine"] = machine();
        println!("{result}");
    } else {
        println!("{}", machine().as_str().unwrap_or_default());
        println!("{}", found.line());
    }
    Ok(())
}

/// Starts them `rounds` times, each on an empty database.
pub(super) async fn measure(rounds: u8) -> anyhow::Result<Found> {
    let mut found = Found { start_up: Vec::new(), memory_mb: 0, tools: 0 };
    for round in 0..rounds {
        let folder = std::env::temp_dir().join(format!("homepilot-bench-{}-{round}", std::process::id()));
        let measured = tokio::time::timeout(PATIENCE, one_start(&folder, &mut found)).await;
        std::fs::remove_dir_all(&folder).with_context(|| format!("{} can't be removed", folder.display()))?;
        measured.with_context(|| format!("the servers took longer than {} s", PATIENCE.as_secs()))??;
    }
    Ok(found)
}

async fn one_start(folder: &Path, found: &mut Found) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let started = Instant::now();
    let mut child: Child = Command::new(std::env::current_exe()?)
        .args(["servers", "serve"])
        .env("XDG_DATA_HOME", folder)
        .envs(Ports::ANY.named().map(|(key, port)| (variable(key), port.to_string())))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("the servers can't be started")?;
    let mut lines = BufReader::new(child.stdout.take().context("they have no output")?).lines();
    let mut tools = 0;
    for _ in BuiltIn::ALL {
        let line = lines.next_line().await?.context("the servers ended")?;
        let url = line.split(' ').nth(1).context("a server has no address")?;
        let client = connect(url, None).await?;
        tools += client.list_all_tools().await?.len();
        client.cancel().await?;
    }
    found.start_up.push(started.elapsed().as_secs_f64() * 1e3);
    let process = child.id().context("the servers ended")?;
    found.memory_mb = found.memory_mb.max(resident_mb(&process.to_string()));
    found.tools = tools;
    child.kill().await?;
    Ok(())
}
