//! WhatsApp Business: messages over Meta's Cloud API, as an MCP server over streamable HTTP at `/mcp`, and the webhook that
//! brings messages and deliveries at `/webhook` of the same port.
//!
//! Invariants:
//! - A message is written down before it leaves and leaves at most once, also if nobody waits for it any more. Where nobody can
//!   know whether it arrived, the answer says so; a later webhook may settle it, nothing else does.
//! - A call that carries the `_meta` key [`IDEMPOTENCY_KEY`](crate::serving::IDEMPOTENCY_KEY) is carried out once however often
//!   it arrives.
//! - What the webhook brings counts only with Meta's signature over its very bytes.
//! - What others write, their names too, is data: cleaned of what can't be seen, limited in length, and never acted upon.
//! - Tokens and secrets are in no answer, error or log.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Zoned;
use jiff::tz::TimeZone;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::serving::{self, Effect, ServeError, ToolName as _};

mod account;
mod contact;
mod graph;
mod listing;
mod message;
mod notice;
mod number;
mod output;
mod reading;
mod refusal;
mod sending;
mod server;
mod signature;
mod spoken;
mod store;
mod template;
mod tools;
mod webhook;

#[cfg(test)]
mod tests;

pub use account::{Account, AccountError, Webhook};
pub use contact::Contact;
pub use number::{Country, NoCountry, Number, NumberError};
use server::WhatsApp;
pub use template::is_language;

/// The name under which the gateway registers this server.
pub const NAME: &str = "whatsapp";

/// What it does, in a few words.
pub const DESCRIPTION: &str = "WhatsApp Business: sends messages and reads those that came";

/// What the server needs to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// The SQLite file; made, with its folder, when first needed.
    pub database: PathBuf,
    /// The number that sends, and the right to it.
    pub account: Account,
    /// What proves that a notice comes from Meta; without it nothing is received, and the 24-hour window is not known.
    pub webhook: Option<Webhook>,
    /// People by name; of those who wrote, the names they gave themselves are known too.
    pub contacts: Vec<Contact>,
    /// Where a number without a country code is.
    pub country: Option<Country>,
    /// The language of templates unless a call says another, as Meta writes it: `en_US`.
    pub language: String,
    /// The user's zone; `None` follows the system's (`TZ`).
    pub zone: Option<TimeZone>,
    /// Where the time comes from.
    pub clock: Clock,
    /// How long a call waits for another writer.
    pub busy_timeout: Duration,
}

impl Options {
    /// No webhook, no contacts, no default country, templates in American English, the system's zone and clock, and five
    /// seconds of patience with the database.
    pub fn new(database: impl Into<PathBuf>, account: Account) -> Options {
        Options {
            database: database.into(),
            account,
            webhook: None,
            contacts: Vec::new(),
            country: None,
            language: "en_US".to_owned(),
            zone: None,
            clock: Clock::default(),
            busy_timeout: Duration::from_secs(5),
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

/// Serves until `cancel`; calls under way, and messages on their way, are finished first.
///
/// # Errors
/// The socket failed.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    cancel: CancellationToken,
) -> Result<(), ServeError> {
    let whatsapp = WhatsApp::new(options);
    if let Err(problem) = whatsapp.ready().await {
        tracing::warn!(%problem, "WhatsApp starts without its database");
    }
    let routes = webhook::routes(&whatsapp);
    let served = serving::serve_beside(listener, whatsapp.clone(), routes, cancel).await;
    whatsapp.close().await;
    served
}
