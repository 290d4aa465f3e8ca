//! Knowledge: the user's own documents, searched by words and by meaning, as an MCP server over streamable HTTP at `/mcp`.
//!
//! Documents are cut into passages, kept in SQLite with a full-text index, and embedded in the background by a small
//! model that is loaded when first needed. Answers are extracts with their source; nothing is made up.
//!
//! Invariants:
//! - A document is there whole, as it was or as it is now: it is replaced in one transaction.
//! - Only regular files below the user's own folders are read, nothing hidden, nothing of HomePilot's own.
//! - What documents say is data: it is cited and never acted upon, and characters that can't be seen are taken out.
//! - Without the model everything works by words alone, and the structured output says so.

use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::serving::{self, Effect, ServeError, ToolName as _};

mod access;
mod answering;
mod embedding;
mod indexing;
mod library;
mod naming;
mod output;
mod passage;
mod ranking;
mod reading;
mod sentence;
mod server;
mod spoken;
mod store;
mod tools;
mod watching;

#[cfg(test)]
mod tests;

use server::Knowledge;

/// The name under which the gateway registers this server.
pub const NAME: &str = "knowledge";

/// What the server needs to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// The SQLite file; made, with its folder, when first needed.
    pub database: PathBuf,
    /// The model store; searches go by words alone while it has no embedding model.
    pub models: PathBuf,
    /// Folders below which files may be read, the user's home folder first: a relative path begins there.
    pub roots: Vec<PathBuf>,
    /// Folders of which nothing may be read, whatever they are below: settings, data, tokens.
    pub private: Vec<PathBuf>,
    /// Where the time comes from.
    pub clock: Clock,
    /// How long a call waits for another writer.
    pub busy_timeout: Duration,
}

impl Options {
    /// The system's clock, five seconds of patience, files below `home` and on drives under `/media`, `/mnt` and
    /// `/run/media`, and the folders of the database and the models private.
    pub fn new(
        database: impl Into<PathBuf>,
        models: impl Into<PathBuf>,
        home: impl Into<PathBuf>,
    ) -> Options {
        let (database, models) = (database.into(), models.into());
        let private =
            [database.parent().map(PathBuf::from), Some(models.clone())].into_iter().flatten().collect();
        Options {
            database,
            models,
            roots: vec![home.into(), "/media".into(), "/mnt".into(), "/run/media".into()],
            private,
            clock: Clock::default(),
            busy_timeout: Duration::from_secs(5),
        }
    }
}

/// Every tool with what it does, for the gateway's built-in catalogue.
pub fn classes() -> Vec<(&'static str, Effect)> {
    tools::Name::effects()
}

/// Serves until `cancel`; calls under way are finished first, and what is being read or embedded then is begun again at
/// the next start.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    cancel: CancellationToken,
) -> Result<(), ServeError> {
    // What is stopped here is this server, also when its socket failed.
    let cancel = cancel.child_token();
    let knowledge = Knowledge::new(options);
    let background = TaskTracker::new();
    knowledge.work(&background, &cancel);
    let served = serving::serve(listener, knowledge.clone(), cancel.clone()).await;
    cancel.cancel();
    background.close();
    background.wait().await;
    knowledge.close().await;
    served
}
