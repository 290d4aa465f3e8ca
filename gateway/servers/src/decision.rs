//! Decision copilot: pros and cons, weighted scores, risks, as an MCP server over streamable HTTP at `/mcp`.
//!
//! What is counted is counted in code, and every figure of the working is in the structured output. Words and figures
//! that are missing are drafted by a language model, if there is one.
//!
//! Invariants:
//! - What a person gave is used as it is: the model neither changes nor reads over it.
//! - What the model proposed is marked as drafted, and said to be a suggestion.
//! - Without a model every tool works out what can be worked out and says what it needs for the rest.
//! - Nothing is kept between calls and nothing in the world is changed.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::serving::{self, Effect, ServeError, ToolName as _};

mod asks;
mod copilot;
mod drafting;
mod figure;
mod grid;
mod input;
mod matrix;
mod names;
mod output;
mod report;
mod risk;
mod risks;
mod scales;
mod sensitivity;
mod spoken;
mod tools;
mod workshop;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use drafting::{Draft, DraftError, Drafter, write};

/// The name under which the gateway registers this server.
pub const NAME: &str = "decision";

/// How long all drafts of one call may take.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// What the server needs to know.
#[derive(Clone)]
pub struct Options {
    /// Who drafts what is missing; without one it is asked for.
    pub drafter: Option<Arc<dyn Drafter>>,
    /// How long all drafts of one call may take.
    pub patience: Duration,
}

impl Options {
    /// Drafts by `drafter`, for [`PATIENCE`].
    pub fn new(drafter: Option<Arc<dyn Drafter>>) -> Options {
        Options { drafter, patience: PATIENCE }
    }
}

/// Every tool with its effect, for the gateway's built-in catalogue.
pub fn classes() -> Vec<(&'static str, Effect)> {
    tools::Name::effects()
}

/// Serves until `cancel`; calls under way are finished first.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    cancel: CancellationToken,
) -> Result<(), ServeError> {
    let copilot = copilot::Copilot { drafter: options.drafter, patience: options.patience };
    serving::serve(listener, copilot, cancel).await
}
