//! Web search: finds pages and reads them, as an MCP server over streamable HTTP at `/mcp`.
//!
//! Searching is done by a SearXNG of one's own or by Tavily, whichever is set; reading needs neither.
//!
//! Invariants:
//! - Pages are read only from addresses that the whole internet can reach, at every redirect anew (the `guard` module).
//!   The search provider is the operator's choice and may be a private address.
//! - What a page may cost is limited: time, size on the way and unpacked, redirects, tags.
//! - What comes from the web is data: invisible and steering characters are taken out of it, and its length is limited.
//! - A key or a password is in no answer, error or log.

use std::fmt;
use std::sync::Arc;

use reqwest::dns::Resolve;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::serving::{self, Effect, ServeError, ToolName};

mod article;
mod fetch;
mod guard;
mod markup;
mod output;
pub(crate) mod plain;
mod published;
mod search;
mod spoken;
mod tools;
mod toolset;

#[cfg(test)]
mod tests;

pub use search::{NoAddress, SafeSearch, Search, TAVILY};

/// The name under which the gateway registers this server.
pub const NAME: &str = "web";

/// What the server needs to know.
#[derive(Clone)]
pub struct Options {
    /// Who searches; without it only `read_page` works.
    pub search: Option<Search>,
    /// How strictly unsuitable finds are left out.
    pub safe_search: SafeSearch,
    /// The language of finds and pages that is preferred, like `en` or `de-CH`; Tavily ignores it.
    pub language: Option<String>,
    /// Whether `read_page` may read from this machine and from private networks: for an intranet of one's own.
    pub allow_private: bool,
    /// Who resolves the names of pages: the system. Whatever it answers is judged before it is connected to.
    pub names: Arc<dyn Resolve>,
}

impl Options {
    /// Moderate safe search, any language, the public internet only.
    pub fn new(search: Option<Search>) -> Options {
        Options {
            search,
            safe_search: SafeSearch::default(),
            language: None,
            allow_private: false,
            names: Arc::new(guard::SystemNames),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("search", &self.search)
            .field("safe_search", &self.safe_search)
            .field("language", &self.language)
            .field("allow_private", &self.allow_private)
            .finish_non_exhaustive()
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
    serving::serve(listener, toolset::Web::new(options, fetch::Limits::default()), cancel).await
}
