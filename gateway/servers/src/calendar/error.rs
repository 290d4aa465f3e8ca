//! What can go wrong with the calendar's server, in words for the person and the planner.

use http::StatusCode;
use libdav::dav::{RequestError, WebDavError};

use super::http::CarryError;

/// Why the calendar's server has not done or said what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum RemoteError {
    #[error(
        "the calendar's server can't be reached, nothing was changed: check CALDAV_URL and the network, and try again ({0})"
    )]
    Away(String),
    #[error("the calendar's server did not answer in time: try again in a moment")]
    Slow,
    #[error("the connection to the calendar's server ended before it answered: try again in a moment ({0})")]
    Cut(String),
    #[error(
        "the calendar's server refuses the name or the password: check CALDAV_USER and CALDAV_PASS (many providers want a password made for apps)"
    )]
    Password,
    #[error("the calendar's server does not allow that with this account: check its rights on the calendar")]
    Forbidden,
    #[error("the calendar's server does not know that address any more: try again")]
    Gone,
    #[error("somebody changed it meanwhile")]
    Changed,
    #[error("the calendar's server refused it ({0}): nothing was changed")]
    Refused(StatusCode),
    #[error("the calendar's server has trouble of its own ({0}): try again later")]
    Trouble(StatusCode),
    #[error("the calendar's server answered what is no CalDAV ({0}): check CALDAV_URL")]
    Odd(String),
    #[error(
        "no calendars were found at CALDAV_URL: give the address of the provider's CalDAV, or that of the calendar itself"
    )]
    NoCalendars,
    #[error(
        "the calendar's server named {host}, which the password must not be sent to: give its own address as CALDAV_URL, with https"
    )]
    Elsewhere { host: String },
}

impl RemoteError {
    /// Whether a request that was to change something may have been carried out all the same.
    pub fn unsure(&self) -> bool {
        match self {
            RemoteError::Slow | RemoteError::Cut(_) | RemoteError::Trouble(_) | RemoteError::Odd(_) => true,
            RemoteError::Away(_)
            | RemoteError::Password
            | RemoteError::Forbidden
            | RemoteError::Gone
            | RemoteError::Changed
            | RemoteError::Refused(_)
            | RemoteError::NoCalendars
            | RemoteError::Elsewhere { .. } => false,
        }
    }

    /// What a status that is no success means.
    pub fn status(status: StatusCode) -> RemoteError {
        match status.as_u16() {
            401 => RemoteError::Password,
            403 => RemoteError::Forbidden,
            404 | 410 => RemoteError::Gone,
            412 => RemoteError::Changed,
            300..=399 => RemoteError::Odd(format!("it answered {status}")),
            500..=599 => RemoteError::Trouble(status),
            _ => RemoteError::Refused(status),
        }
    }
}

impl From<RequestError<CarryError>> for RemoteError {
    fn from(error: RequestError<CarryError>) -> RemoteError {
        match error {
            RequestError::Client(CarryError::Elsewhere { host }) => RemoteError::Elsewhere { host },
            RequestError::Client(error) if error.not_sent() => RemoteError::Away(cause(&error)),
            RequestError::Client(error) if error.slow() => RemoteError::Slow,
            RequestError::Client(error) => RemoteError::Cut(cause(&error)),
            RequestError::Http(error) => RemoteError::Cut(cause(error.as_ref())),
        }
    }
}

impl From<WebDavError<CarryError>> for RemoteError {
    fn from(error: WebDavError<CarryError>) -> RemoteError {
        match error {
            WebDavError::Request(error) => error.into(),
            WebDavError::BadStatusCode(status) => RemoteError::status(status),
            WebDavError::PreconditionFailed(_) => RemoteError::Refused(StatusCode::FORBIDDEN),
            WebDavError::Xml(error) => RemoteError::Odd(shortened(&error.to_string())),
            WebDavError::InvalidResponse(error) => RemoteError::Odd(shortened(&error.to_string())),
            WebDavError::InvalidInput(error) => RemoteError::Odd(shortened(&error.to_string())),
        }
    }
}

/// The last cause of an error: what the system or the certificate's check says. It holds no address.
fn cause(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    shortened(&last.to_string())
}

fn shortened(text: &str) -> String {
    text.chars().take(120).collect()
}
