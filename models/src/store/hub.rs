//! Fetching a file from a model hub over HTTPS, going on where an earlier pull stopped.
//!
//! A hub that can't be reached is given up after five seconds, and one that goes silent after thirty.

use std::io::Read;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_RANGE, RANGE};

use super::failure::SourceError;
use super::part::Part;
use super::pull::Stop;

const CONNECT: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(30);

/// Starts the download of what `part` lacks. If the hub insists on the whole file, the part is started again.
pub(super) fn open(url: &str, part: &mut Part) -> Result<impl Read + use<>, Stop> {
    let unreachable = |error: reqwest::Error| {
        // The deepest cause names what failed (a name, a certificate, a port); the outermost only says "error".
        let mut cause: &dyn std::error::Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Stop::Source(SourceError::Unreachable { reason: cause.to_string() })
    };
    let client = Client::builder()
        .connect_timeout(CONNECT)
        .timeout(SILENCE)
        .user_agent(concat!("homepilot/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(unreachable)?;
    let mut request = client.get(url).header(ACCEPT_ENCODING, "identity");
    if part.len() > 0 {
        request = request.header(RANGE, format!("bytes={}-", part.len()));
    }
    let response = request.send().map_err(unreachable)?;
    match response.status() {
        StatusCode::PARTIAL_CONTENT if starts_at(&response, part.len()) => Ok(response),
        StatusCode::OK => {
            if part.len() > 0 {
                part.restart().map_err(Stop::write)?;
            }
            Ok(response)
        }
        status => Err(Stop::Source(SourceError::Status { status: status.as_u16() })),
    }
}

fn starts_at(response: &Response, at: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {at}-")))
}
