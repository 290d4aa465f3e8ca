//! The HTTP client that servers are reached with: its limits, its headers, and its failures in words that hold no secret.
//!
//! Connections stay idle for a second at most, so that calls in quick succession share one. "The connection could not be
//! made" still proves that no byte of a request left: the client sends a request again by itself only when an idle connection
//! turned out to be closed before any of it was written (hyper hands the request back then; what was begun is never handed
//! back), and only HTTP/1.1 is spoken, where no server can ask for a repetition. Whatever fails later than connecting may have
//! arrived.

use std::collections::{BTreeMap, HashMap};
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use reqwest::redirect::{Attempt, Policy};
use rmcp::transport::DynamicTransportError;
use rmcp::transport::common::client_side_sse::ExponentialBackoff;
use rmcp::transport::streamable_http_client::{StreamableHttpClientTransportConfig, StreamableHttpError};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::ConnectError;
use crate::address::{resolve_secret, scrub};
use crate::gateway::Limits;
use crate::plain_text;

/// The largest answer, or event of an answer, in bytes on the wire. Compressed ones are not asked for and not unpacked.
pub(crate) const MAX_ANSWER: usize = 8 * 1024 * 1024;
/// Calls that may be on their way to one server at a time.
pub(super) const CONCURRENT: usize = 64;
/// How much of a page that is no answer is read for its reason.
const MAX_ERROR_PAGE: usize = 4096;
const REDIRECTS: usize = 5;
const IDLE: Duration = Duration::from_secs(1);
const IDLE_CONNECTIONS: usize = 8;
/// A broken answer stream is picked up again (never the request) at most so often, in under two seconds.
const RESUME_ATTEMPTS: usize = 3;

pub(crate) fn client(url: &Url, limits: &Limits) -> Result<reqwest::Client, ConnectError> {
    builder(url, limits).build().map_err(|error| ConnectError::NoConnection(innermost(&error)))
}

/// The client before it is made.
pub(crate) fn builder(url: &Url, limits: &Limits) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .connect_timeout(limits.connect)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .http1_only()
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .retry(reqwest::retry::never())
        .redirect(Policy::custom(same_origin));
    // A proxy has no business between two programs of one machine.
    if is_loopback(url) { builder.no_proxy() } else { builder }
}

/// Follows only redirects that keep method and body and stay with the server that was registered.
fn same_origin(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let keeps_body = matches!(attempt.status().as_u16(), 307 | 308);
    let same = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
    if keeps_body && same && attempt.previous().len() <= REDIRECTS {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

pub(crate) fn headers(
    written: &BTreeMap<String, SecretString>,
) -> Result<HashMap<HeaderName, HeaderValue>, ConnectError> {
    let mut headers = HashMap::new();
    for (name, value) in written {
        let unusable = || ConnectError::Header(name.clone());
        let secret = resolve_secret(value.expose_secret())?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        let mut value = HeaderValue::from_str(secret.expose_secret()).map_err(|_| unusable())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

pub(super) fn config(
    endpoint: &Url,
    headers: HashMap<HeaderName, HeaderValue>,
) -> StreamableHttpClientTransportConfig {
    let mut resume = ExponentialBackoff::default();
    resume.max_times = Some(RESUME_ATTEMPTS);
    resume.base_duration = Duration::from_millis(200);
    let mut config = StreamableHttpClientTransportConfig::with_uri(endpoint.as_str())
        .custom_headers(headers)
        .max_concurrent_requests(CONCURRENT)
        .max_sse_event_size(MAX_ANSWER)
        .max_json_response_size(MAX_ANSWER)
        .max_error_response_size(MAX_ERROR_PAGE)
        // Starting a session again would send an interrupted call a second time.
        .reinit_on_expired_session(false);
    config.retry_config = Arc::new(resume);
    config
}

/// The HTTP layer's own error inside the transport's.
pub(super) fn http_error(error: &DynamicTransportError) -> Option<&StreamableHttpError<reqwest::Error>> {
    error.error.downcast_ref()
}

/// One HTTP-layer failure in few words.
pub(super) fn brief(error: &StreamableHttpError<reqwest::Error>, url: &Url) -> String {
    match error {
        StreamableHttpError::Client(error) => scrub(&innermost(error), url),
        StreamableHttpError::UnexpectedContentType(Some(kind)) => {
            let kind: String = tidy(kind, Some(url)).chars().take(60).collect();
            format!("it answers with {kind}")
        }
        StreamableHttpError::UnexpectedContentType(None) => "its answer doesn't say what it is".to_owned(),
        StreamableHttpError::ResponseBodyTooLarge { max_size } => {
            format!("its answer exceeds {max_size} bytes")
        }
        // The body of a page that isn't ours says nothing to the person; its status line does.
        StreamableHttpError::UnexpectedServerResponse(text) if text.starts_with("HTTP ") => {
            let status = text.split_once(": ").map_or(text.as_ref(), |(status, _)| status);
            format!("{}{}", tidy(status, Some(url)), advice(status))
        }
        StreamableHttpError::UnexpectedServerResponse(_) => {
            "its answer is not a message of the protocol".to_owned()
        }
        other => tidy(&other.to_string(), Some(url)),
    }
}

/// What may help where a server answers with this status, `HTTP 404 …`.
pub(super) fn advice(status: &str) -> &'static str {
    match status {
        status if status.starts_with("HTTP 30") => ", register the address it redirects to",
        // Providers whose key is in the path know no other path.
        status if status.starts_with("HTTP 404") => ", check its address and the key in it",
        _ => "",
    }
}

/// Foreign text, scrubbed, cleaned and short.
pub(crate) fn tidy(text: &str, url: Option<&Url>) -> String {
    let scrubbed = url.map(|url| scrub(text, url));
    plain_text::description(scrubbed.as_deref().unwrap_or(text)).chars().take(200).collect()
}

/// The cause at the bottom, which names no address: "Connection refused (os error 111)".
pub(crate) fn innermost(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "timed out".to_owned() } else { "the request failed".to_owned() };
    let mut source = error.source();
    while let Some(error) = source {
        text = error.to_string();
        source = error.source();
    }
    text
}
