//! Mail of the user's own account: read and searched over IMAP, sent over SMTP, as an MCP server at `/mcp`.
//!
//! Invariants:
//! - Nothing but TLS carries a password, a word of mail or an address, and only to a server whose certificate holds.
//! - A message is handed over at most once for one idempotency key, however often its call arrives and whatever is cut
//!   off: before it goes out it is written down, and its Message-ID is made from the key, so that a copy of it can be
//!   recognised. Where nobody can tell whether it went out, that is said, and it is not sent again.
//! - Attachments are listed and never opened; who mail is from and what it says is data.
//! - What a call may cost is limited: bytes, messages, recipients, seconds.
//! - A password is in no answer, error or log.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Zoned;
use jiff::tz::TimeZone;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::serving::{self, Effect, ServeError, ToolName as _};

mod account;
mod addressing;
mod composing;
mod finding;
mod folders;
mod imap;
mod journal;
mod markup;
mod output;
mod parsing;
mod problem;
mod quoting;
mod sending;
mod spoken;
mod tools;
mod toolset;

#[cfg(test)]
mod tests;

pub use account::{Account, Security, Sender};
use toolset::Mail;

/// The name under which the gateway registers this server.
pub const NAME: &str = "email";

/// What the server needs to know.
#[derive(Clone, Debug)]
pub struct Options {
    /// The SQLite file in which calls that are done are kept; made when first needed.
    pub database: PathBuf,
    /// Who takes mail to be sent.
    pub smtp: Account,
    /// Who keeps mail.
    pub imap: Account,
    /// Who mail is from.
    pub sender: Sender,
    /// Certificates, as PEM, that are trusted beside the system's.
    pub authority: Option<String>,
    /// The user's zone; `None` follows the system's.
    pub zone: Option<TimeZone>,
    /// Where the time comes from.
    pub clock: Clock,
    /// How long a step of a conversation with a server may take.
    pub patience: Duration,
    /// How long the server's own copy of a message may take to appear among the sent mail, when nobody else can tell
    /// whether it went out.
    pub appearing: Duration,
}

impl Options {
    /// The system's certificates, zone and clock, twenty seconds for a step and six for a copy to appear.
    pub fn new(database: impl Into<PathBuf>, smtp: Account, imap: Account, sender: Sender) -> Options {
        Options {
            database: database.into(),
            smtp,
            imap,
            sender,
            authority: None,
            zone: None,
            clock: Clock::default(),
            patience: Duration::from_secs(20),
            appearing: Duration::from_secs(6),
        }
    }

    /// Whether it can be served with these.
    ///
    /// # Errors
    /// Says what is wrong with the certificates.
    pub fn check(&self) -> Result<(), String> {
        account::trusting(self.authority.as_deref()).map(drop)
    }

    /// Signs in at both servers, and says at which.
    ///
    /// # Errors
    /// A sentence that names the setting to change.
    pub async fn try_out(&self) -> Result<String, String> {
        Mail::new(self.clone()).try_out().await.map_err(|problem| problem.to_string())
    }

    fn now(&self) -> Zoned {
        self.clock.zoned(self.zone.as_ref())
    }
}

/// Every tool with what it does, for the gateway's catalogue of classes.
pub fn classes() -> Vec<(&'static str, Effect)> {
    tools::Name::effects()
}

/// Serves until `cancel`; calls under way are finished first.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    cancel: CancellationToken,
) -> Result<(), ServeError> {
    let mail = Mail::new(options);
    let served = serving::serve(listener, mail.clone(), cancel).await;
    mail.close().await;
    served
}
