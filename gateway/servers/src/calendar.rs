//! Calendar: the user's own over CalDAV, as an MCP server over streamable HTTP at `/mcp`.
//!
//! Invariants:
//! - An event is made, changed or taken out once for a call with a key, however often the call arrives and wherever it was
//!   interrupted; when it can't be found out whether that happened, that is said (the `writing` module).
//! - Nothing that somebody else wrote meanwhile is overwritten, and nothing that this server doesn't understand is lost (the
//!   `document` module).
//! - What can't be read is counted and said, never left out in silence: "free" means that every event was looked at.
//! - The password is in no answer, error or log, and goes to the origin that was set only (the `http` module).

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use ::http::Uri;
use jiff::Zoned;
use jiff::tz::TimeZone;
use reqwest::Certificate;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::clock::Clock;
use crate::database::Database;
use crate::serving::{self, Effect, ServeError, ToolName as _};

mod account;
mod agenda;
mod calls;
mod changing;
mod document;
mod edit;
mod error;
mod event;
mod expansion;
mod finding;
mod http;
mod output;
mod reading;
mod spoken;
mod stamp;
mod tools;
mod toolset;
mod writing;
mod zones;

#[cfg(test)]
mod odd;
#[cfg(test)]
mod tests;

/// The name under which the gateway registers this server.
pub const NAME: &str = "calendar";

/// What it does, in a few words.
pub const DESCRIPTION: &str = "Your own calendar over CalDAV";

/// What the server needs to know.
#[derive(Clone)]
pub struct Options {
    /// The provider's CalDAV, or a calendar itself.
    pub url: Url,
    /// The account's name.
    pub user: String,
    /// Its password.
    pub password: SecretString,
    /// The name of the only calendar that is used; without it all are read, and new events go into the first.
    pub calendar: Option<String>,
    /// Certificates in PEM that are trusted beside the system's.
    pub authorities: Option<String>,
    /// The SQLite file in which calls are written down; made, with its folder, when first needed.
    pub database: PathBuf,
    /// The user's zone; `None` follows the system's (`TZ`).
    pub zone: Option<TimeZone>,
    /// Where the time comes from.
    pub clock: Clock,
    /// How long a call waits for another writer.
    pub busy_timeout: Duration,
    /// The hours in which free time is looked for on a whole day, the last not included.
    pub hours: Range<i8>,
}

/// What about the options cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// Not a web address.
    #[error("the address of the calendar must begin with https:// or http://")]
    Address,
    /// Not certificates.
    #[error("the file of trusted certificates cannot be read as PEM: {0}")]
    Authorities(reqwest::Error),
    /// No certificates at all.
    #[error("the file of trusted certificates holds none: give it as PEM, with -----BEGIN CERTIFICATE-----")]
    NoAuthority,
    /// TLS could not be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(reqwest::Error),
}

impl Options {
    /// All calendars, the system's zone, clock and certificates, and free time from eight to eight.
    pub fn new(
        url: Url,
        user: impl Into<String>,
        password: SecretString,
        database: impl Into<PathBuf>,
    ) -> Options {
        Options {
            url,
            user: user.into(),
            password,
            calendar: None,
            authorities: None,
            database: database.into(),
            zone: None,
            clock: Clock::default(),
            busy_timeout: Duration::from_secs(5),
            hours: 8..20,
        }
    }

    /// Whether a server can be started with them, as far as that can be said without asking anybody.
    ///
    /// # Errors
    /// What can't be used.
    pub fn check(&self) -> Result<(), OptionsError> {
        self.account().map(|_| ())
    }

    /// Looks for the calendars, and says which there are.
    ///
    /// # Errors
    /// A sentence that says what to change.
    pub async fn try_out(&self) -> Result<String, String> {
        let account = self.account().map_err(|problem| problem.to_string())?;
        let found = account.found().await.map_err(|problem| problem.to_string())?;
        let names: Vec<&str> = found.calendars.iter().map(|calendar| calendar.name.as_str()).collect();
        if let Some(wanted) = &self.calendar
            && reading::by_name(&found, wanted).is_err()
        {
            return Err(format!("there is no calendar \"{wanted}\": there are {}", names.join(", ")));
        }
        Ok(format!("signed in at {}: {}", self.url.host_str().unwrap_or_default(), names.join(", ")))
    }

    /// The present moment in the user's zone.
    fn now(&self) -> Zoned {
        self.clock.zoned(self.zone.as_ref())
    }

    fn account(&self) -> Result<account::Account, OptionsError> {
        if !["http", "https"].contains(&self.url.scheme()) {
            return Err(OptionsError::Address);
        }
        let mut url = self.url.clone();
        // The name and the password go in a header, and nowhere else.
        if url.set_username("").is_err() || url.set_password(None).is_err() {
            return Err(OptionsError::Address);
        }
        url.set_fragment(None);
        let pem = self.authorities.as_deref().unwrap_or_default();
        let authorities = Certificate::from_pem_bundle(pem.as_bytes()).map_err(OptionsError::Authorities)?;
        if self.authorities.is_some() && authorities.is_empty() {
            return Err(OptionsError::NoAuthority);
        }
        let url: Uri = url.as_str().parse().map_err(|_| OptionsError::Address)?;
        let carrier = http::Carrier::new(url.clone(), &self.user, self.password.clone(), authorities);
        let carrier = carrier.map_err(OptionsError::Tls)?;
        Ok(account::Account::new(url, self.user.clone(), carrier))
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("host", &self.url.host_str())
            .field("calendar", &self.calendar)
            .field("database", &self.database)
            .field("zone", &self.zone)
            .field("hours", &self.hours)
            .finish_non_exhaustive()
    }
}

/// Every tool with what it does, for the gateway's built-in catalogue.
pub fn classes() -> Vec<(&'static str, Effect)> {
    tools::Name::effects()
}

/// Serves until `cancel`; calls under way are finished first.
///
/// # Errors
/// If the options can't be used ([`Options::check`] says why), or the socket fails.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    cancel: CancellationToken,
) -> Result<(), ServeError> {
    let unusable = |problem| ServeError::Listen(std::io::Error::other(problem));
    let account = options.account().map_err(unusable)?;
    let calls = calls::Calls::new(Database::new(&options.database, options.busy_timeout));
    let server = toolset::Server::new(options, account, calls);
    let served = serving::serve(listener, server.clone(), cancel).await;
    server.close().await;
    served
}
