//! Personal assistant: tasks, reminders and a schedule, as an MCP server over streamable HTTP at `/mcp`.
//!
//! The tools take date words as they were spoken and answer with a sentence fit to be spoken, beside structured output
//! for programs. They keep what they promise in SQLite, in the file shared with the rest of HomePilot.
//!
//! Invariants:
//! - A tool says "done" only after the row is on disk.
//! - A call that carries the `_meta` key [`IDEMPOTENCY_KEY`](crate::serving::IDEMPOTENCY_KEY) is carried out once however
//!   often it arrives, and is answered the same within a week.
//! - A reminder that falls due is told once, see [`scheduler`].
//! - A database that is locked, damaged or full is an error of that call; the server stays up, changes nothing and
//!   works again as soon as the file does.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;
use jiff::tz::TimeZone;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::serving::{self, Effect, ServeError, ToolName as _};

mod alert;
mod held;
mod output;
mod reminders;
mod schedule;
mod scheduler;
mod server;
mod spoken;
mod store;
mod tasks;
mod tools;

#[cfg(test)]
mod tests;

pub use alert::{Alert, Alerts, Timeliness, Told};
use scheduler::Scheduler;
use server::Assistant;
pub use spoken::about;

/// The name under which the gateway registers this server.
pub const NAME: &str = "assistant";

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
    /// The hours in which free time is looked for, the last not included.
    pub hours: Range<i8>,
}

impl Options {
    /// The system's zone and clock, five seconds of patience, nobody to tell, and free time from eight to eight.
    pub fn new(database: impl Into<PathBuf>) -> Options {
        Options {
            database: database.into(),
            zone: None,
            clock: Clock::default(),
            busy_timeout: Duration::from_secs(5),
            alerts: None,
            hours: 8..20,
        }
    }

    /// The present moment in the user's zone.
    fn now(&self) -> Zoned {
        self.clock.zoned(self.zone.as_ref())
    }
}

/// Every tool with what it does, for the gateway's built-in catalogue.
pub fn classes() -> Vec<(&'static str, Effect)> {
    tools::Name::effects()
}

/// Serves until `cancel`; calls under way are finished first.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    cancel: CancellationToken,
) -> Result<(), ServeError> {
    let (alerts, scheduled) = (options.alerts.clone(), options.clone());
    let assistant = Assistant::new(options);
    if let Err(problem) = assistant.ready().await {
        tracing::warn!(%problem, "the personal assistant starts without its database");
    }
    // The scheduler ends with the server, whichever way that ends.
    let stopping = cancel.child_token();
    let due = async {
        if let Some(alerts) = alerts {
            Scheduler::new(assistant.store(), scheduled, alerts, stopping.clone()).run().await;
        }
    };
    let served = async {
        let served = serving::serve(listener, assistant.clone(), cancel).await;
        stopping.cancel();
        served
    };
    let (served, ()) = tokio::join!(served, due);
    assistant.close().await;
    served
}
