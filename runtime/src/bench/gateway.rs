//! `homepilot bench gateway`: what a call costs on its way through the gateway, against the same call made directly.
//!
//! The tool server is a process of its own that answers at once, so that what is measured is the way there. Three ways are
//! compared: directly; through the gateway in this process (check, policy, journal, call, journal), which is the way a
//! spoken request takes; and through the gateway's `/mcp`, which is the way of other MCP clients. `--beside` measures any
//! other MCP gateway in front of the same server with the same client.

use std::{
    net::SocketAddr,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use homepilot_gateway::{
    Done, Gateway, GatewayConfig, Grounds, Level, Passing, Proposal, Registration, RulePatch, Status,
    Verdict, mcp_profile,
};
use rmcp::{
    RoleClient, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::{RequestContext, RoleServer, RunningService},
    transport::{
        StreamableHttpServerConfig, StreamableHttpService,
        streamable_http_server::session::never::NeverSessionManager,
    },
};
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    task::JoinSet,
};

use super::{connect, machine, memory_mb};
use crate::eval::percentiles;

/// The tool of the server that is measured against, and what it is called with.
const TOOL: &str = "echo";
/// Calls before the first that counts.
const WARM_UP: usize = 100;
/// The name the server is registered under.
const SERVER: &str = "bench";

/// `homepilot bench gateway`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Calls of each measurement
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    calls: u32,
    /// Calls at a time in the concurrent measurement
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=64))]
    concurrent: u16,
    /// Port of the measured server, so that another gateway can be put in front of it
    #[arg(long, default_value_t = 0)]
    server_port: u16,
    /// Measure another MCP gateway in front of the same server, by its address
    #[arg(long, value_name = "URL")]
    beside: Option<String>,
    /// Bearer token for --beside
    #[arg(long, value_name = "TOKEN", requires = "beside")]
    token: Option<String>,
    /// The tool's name there
    #[arg(long, value_name = "NAME", default_value = TOOL, requires = "beside")]
    beside_tool: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What was found.
struct Found {
    /// Resident memory with one server registered, before the first call, in MB.
    idle_mb: u64,
    ways: Vec<Measured>,
}

/// One way, measured.
struct Measured {
    way: &'static str,
    p50: f64,
    p95: f64,
    per_second: f64,
}

/// Runs the benchmark.
///
/// # Errors
/// When the server can't be started or a call fails.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let mut child = tokio::process::Command::new(std::env::current_exe()?)
        .args(["bench", "server", "--port", &options.server_port.to_string()])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("the measured server can't be started")?;
    let stdout = child.stdout.take().context("the measured server has no output")?;
    let url = BufReader::new(stdout).lines().next_line().await?.context("the measured server ended")?;
    let folder = std::env::temp_dir().join(format!("homepilot-bench-{}", std::process::id()));
    let measured = measure(&options, &url, &folder).await;
    std::fs::remove_dir_all(&folder).with_context(|| format!("{} can't be removed", folder.display()))?;
    child.kill().await?;
    report(&options, &measured?);
    Ok(())
}

async fn measure(options: &Options, url: &str, folder: &std::path::Path) -> anyhow::Result<Found> {
    let gateway = Gateway::open(GatewayConfig::new(folder.join("homepilot.db"))).await?;
    let view = gateway.register(Registration::new(SERVER, url)).await?.view;
    anyhow::ensure!(
        view.status == Status::Healthy,
        "the measured server can't be reached: {:?}",
        view.reason
    );
    gateway
        .set_rule(RulePatch {
            tool: SERVER.to_owned(),
            level: Level::Autonomous,
            actions: Some(vec![TOOL.to_owned()]),
            persona: None,
            boundaries: None,
            approve: None,
        })
        .await?;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let federation = format!("http://{}/mcp", listener.local_addr()?);
    let router = homepilot_gateway::http::router(gateway.clone());
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await });

    let idle_mb = memory_mb();
    let mut measured = Vec::new();
    let direct = Caller::connect(url, None, TOOL).await?;
    measured.push(one_way("direct", options, direct).await?);
    measured.push(one_way("in process", options, Caller::InProcess(gateway.clone())).await?);
    let through = Caller::connect(&federation, None, &format!("{SERVER}__{TOOL}")).await?;
    measured.push(one_way("through /mcp", options, through).await?);
    if let Some(beside) = &options.beside {
        let other = Caller::connect(beside, options.token.as_deref(), &options.beside_tool).await?;
        measured.push(one_way("beside", options, other).await?);
    }
    serving.shutdown().await;
    gateway.shutdown().await;
    Ok(Found { idle_mb, ways: measured })
}

/// Whoever makes the calls.
enum Caller {
    InProcess(Gateway),
    Client { client: RunningService<RoleClient, ()>, tool: String },
}

impl Caller {
    async fn connect(url: &str, token: Option<&str>, tool: &str) -> anyhow::Result<Self> {
        let client = connect(url, token).await?;
        Ok(Self::Client { client, tool: tool.to_owned() })
    }

    async fn call(&self) -> anyhow::Result<()> {
        match self {
            Self::InProcess(gateway) => {
                let proposal = Proposal {
                    persona: mcp_profile(),
                    session: SERVER.to_owned(),
                    capability: format!("{SERVER}__{TOOL}").parse()?,
                    arguments: arguments(),
                    grounds: Grounds::Caller,
                    by_voice: false,
                    ttl: Duration::from_secs(60),
                    idempotency_key: None,
                    passing: Passing::default(),
                };
                let Verdict::Allowed(authorized) = gateway.propose(proposal).await? else {
                    anyhow::bail!("the call was not allowed")
                };
                match gateway.execute(authorized, Default::default()).await.state {
                    Done::Succeeded { .. } => Ok(()),
                    other => anyhow::bail!("a call ended as {other:?}"),
                }
            }
            Self::Client { client, tool } => {
                let params = CallToolRequestParams::new(tool.clone()).with_arguments(arguments());
                match client.call_tool_once(params).await? {
                    CallToolResponse::Complete(result) if result.is_error != Some(true) => Ok(()),
                    other => anyhow::bail!("a call ended as {other:?}"),
                }
            }
        }
    }
}

fn arguments() -> Map<String, Value> {
    Map::from_iter([("text".to_owned(), json!("the quick brown fox"))])
}

/// One call after the other, then many at a time.
async fn one_way(way: &'static str, options: &Options, caller: Caller) -> anyhow::Result<Measured> {
    eprintln!(
        "{way}: {} calls one by one, {} at {} a time",
        options.calls, options.calls, options.concurrent
    );
    let caller = Arc::new(caller);
    for _ in 0..WARM_UP {
        caller.call().await?;
    }
    let mut times = Vec::with_capacity(options.calls as usize);
    for _ in 0..options.calls {
        let started = Instant::now();
        caller.call().await?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let (p50, p95) = percentiles(&mut times);

    let left = Arc::new(AtomicUsize::new(options.calls as usize));
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..options.concurrent {
        let (caller, left) = (caller.clone(), left.clone());
        callers.spawn(async move {
            let one = |left: usize| left.checked_sub(1);
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one).is_ok() {
                caller.call().await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended??;
    }
    let per_second = f64::from(options.calls) / started.elapsed().as_secs_f64();
    Ok(Measured { way, p50, p95, per_second })
}

fn report(options: &Options, found: &Found) {
    let measured = &found.ways;
    let direct = measured.first().map_or(0.0, |direct| direct.p50);
    if options.json {
        let ways: Map<String, Value> = measured
            .iter()
            .map(|m| {
                let row = json!({"p50_ms": m.p50, "p95_ms": m.p95, "overhead_p50_ms": m.p50 - direct, "calls_per_second": m.per_second.round()});
                (m.way.replace([' ', '/'], "_"), row)
            })
            .collect();
        let (calls, concurrent) = (options.calls, options.concurrent);
        println!(
            "{}",
            json!({"machine": machine(), "calls": calls, "concurrent": concurrent, "memory_mb": {"idle": found.idle_mb, "after": memory_mb()}, "ways": ways})
        );
        return;
    }
    let (machine, after) = (machine(), memory_mb());
    let machine = machine.as_str().unwrap_or_default();
    println!("{machine}; resident {} MB before the calls, {after} MB after", found.idle_mb);
    println!(
        "{:<14} {:>9} {:>9} {:>13} {:>20}",
        "",
        "p50 ms",
        "p95 ms",
        "overhead ms",
        format!("calls/s at {}", options.concurrent)
    );
    for m in measured {
        let overhead = m.p50 - direct;
        println!("{:<14} {:>9.3} {:>9.3} {:>13.3} {:>20.0}", m.way, m.p50, m.p95, overhead, m.per_second);
    }
}

/// `homepilot bench server`: the server that is measured against. It prints its address and serves until it is killed.
///
/// # Errors
/// When the port can't be bound.
pub async fn serve(port: u16) -> anyhow::Result<()> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    println!("http://{}/mcp", listener.local_addr()?);
    let config =
        StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service = StreamableHttpService::new(|| Ok(Echo), Arc::new(NeverSessionManager::default()), config);
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await?;
    Ok(())
}

/// Says back what it is told.
#[derive(Clone)]
struct Echo;

impl ServerHandler for Echo {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = Map::from_iter([
            ("type".to_owned(), json!("object")),
            ("properties".to_owned(), json!({"text": {"type": "string"}})),
            ("required".to_owned(), json!(["text"])),
        ]);
        Ok(ListToolsResult::with_all_items(vec![Tool::new(TOOL, "Says the text back.", schema)]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let text = arguments.get("text").and_then(Value::as_str).unwrap_or_default();
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}
