//! Personal assistant: tasks and reminders, as an MCP server over streamable HTTP at `/mcp`.
//!
//! The tools take date words as they were spoken and answer with a sentence fit to be spoken, beside structured output
//! for programs. They keep what they promise in SQLite, in the file shared with the rest of HomePilot.
//!
//! Invariants:
//! - A tool says "done" only after the row is on disk.
//! - A call that carries the `_meta` key [`IDEMPOTENCY_KEY`] leaves one row however often it arrives.
//! - A database that is locked, damaged or full is an error of that call; the server stays up, changes nothing and
//!   works again as soon as the file does.
//! - Requests with a foreign `Host` or `Origin` are refused, so a web page cannot reach the server by DNS rebinding.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

mod alert;
mod arguments;
mod matching;
mod output;
mod server;
mod spoken;
mod store;
mod tools;

#[cfg(test)]
mod tests;

pub use alert::{Alert, Alerts, Timeliness, Told};
pub use server::Assistant;
pub use store::StoreError;

/// The name under which the gateway registers this server.
pub const NAME: &str = "assistant";

/// The `_meta` key of a call that must not be carried out twice.
pub const IDEMPOTENCY_KEY: &str = "homepilot/idempotency-key";

/// The largest request body, in bytes.
const LARGEST_BODY: usize = 256 * 1024;

/// The present moment; a fixed one in tests.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What the server needs to know.
#[derive(Clone)]
pub struct Options {
    /// The SQLite file; made, with its folder, when first needed.
    pub database: PathBuf,
    /// The user's zone; `None` follows the system's (`TZ`).
    pub zone: Option<TimeZone>,
    /// Where the time comes from.
    pub clock: Clock,
    /// How long a call waits for another writer.
    pub busy_timeout: Duration,
    /// Who is told of reminders that fall due; `None` leaves them due.
    pub alerts: Option<Arc<dyn Alerts>>,
}

impl Options {
    /// The system's zone and clock, and five seconds of patience.
    pub fn new(database: impl Into<PathBuf>) -> Options {
        Options {
            database: database.into(),
            zone: None,
            clock: Arc::new(Timestamp::now),
            busy_timeout: Duration::from_secs(5),
            alerts: None,
        }
    }

    /// The present moment in the user's zone.
    fn now(&self) -> Zoned {
        (self.clock)().to_zoned(self.zone.clone().unwrap_or_else(TimeZone::system))
    }
}

/// Why the server stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The socket failed.
    #[error("the personal assistant server cannot go on listening: {0}")]
    Listen(#[from] std::io::Error),
}

/// Every tool with its class, for the gateway's built-in catalogue.
pub fn classes() -> Vec<(&'static str, &'static str)> {
    tools::ALL.iter().map(|tool| (tool.name(), tool.class())).collect()
}

/// Serves until `cancel`; calls under way are finished first.
///
/// Both MCP eras are answered without a session (2026-07-28, and `initialize` for the revisions before it), so a
/// client never notices a restart.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    cancel: CancellationToken,
) -> Result<(), ServeError> {
    let assistant = Assistant::new(options);
    if let Err(problem) = assistant.ready().await {
        tracing::warn!(%problem, "the personal assistant starts without its database");
    }
    let closing = assistant.clone();
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(["localhost", "127.0.0.1", "[::1]"])
        .with_allowed_origins([
            "http://localhost:*",
            "http://127.0.0.1:*",
            "http://[::1]:*",
            "https://localhost:*",
            "https://127.0.0.1:*",
            "https://[::1]:*",
        ])
        .enforce_origin_validation()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(LARGEST_BODY)
        .with_cancellation_token(cancel.child_token());
    let service = StreamableHttpService::new(
        move || Ok(assistant.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    let router = axum::Router::new().nest_service("/mcp", service);
    let served = axum::serve(listener, router).with_graceful_shutdown(cancel.cancelled_owned()).await;
    closing.close().await;
    Ok(served?)
}
