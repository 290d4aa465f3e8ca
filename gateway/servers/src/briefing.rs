//! Executive briefing: what is due, what was done and what is new, gathered from whatever is registered.
//!
//! The server keeps nothing. It is a client of the gateway's `/mcp`, where it reads by tools of class read, on behalf of the
//! call that it is running: the gateway judges every read as the persona of that call. What comes back is data from strangers:
//! it is cleaned, cut to size and counted, and never followed.
//!
//! Invariants:
//! - A source that is away, fails, is refused or does not answer in time is named in the answer, with what to do.
//! - What is spoken has at most [`LONGEST_SPOKEN`] words, however much was found: under a minute at 150 words a minute.
//! - The token that the gateway lends for a call stands in no log, error or answer.

use std::time::Duration;

use jiff::Zoned;
use jiff::tz::TimeZone;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::serving::{self, Effect, ServeError, ToolName as _};

mod brief;
mod finding;
mod gathering;
mod item;
mod plain;
mod report;
mod server;
mod source;
mod spoken;
mod tools;

#[cfg(test)]
mod tests;

pub use source::{Kind, Offered, SOURCES, Source, sources};
pub use spoken::LONGEST_SPOKEN;

/// The name under which the gateway registers this server.
pub const NAME: &str = "briefing";

/// The argument that names the sources; its schema says so with `"x-homepilot": "capabilities"`.
pub const SOURCES_ARGUMENT: &str = "sources";

/// What the server needs to know.
#[derive(Clone)]
pub struct Options {
    /// Where the gateway's `/mcp` is: `http://127.0.0.1:4444/mcp`.
    pub gateway: String,
    /// The user's zone; `None` follows the system's (`TZ`).
    pub zone: Option<TimeZone>,
    /// Where the time comes from.
    pub clock: Clock,
    /// How long the list of tools, and then each source, is waited for.
    pub deadline: Duration,
}

impl Options {
    /// The system's zone and clock, and ten seconds of patience.
    pub fn new(gateway: impl Into<String>) -> Options {
        Options {
            gateway: gateway.into(),
            zone: None,
            clock: Clock::default(),
            deadline: Duration::from_secs(10),
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
    serving::serve(listener, server::Briefing::new(options), cancel).await
}
