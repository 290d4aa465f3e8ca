//! Finding the endpoint and the era. Every failure is read here into words for people; an address, a header or a body from
//! the other side never gets into them unscrubbed.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use reqwest::redirect::{Attempt, Policy};
use rmcp::model::ProtocolVersion;
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, RoleClient, RunningService, serve_client_with_lifecycle,
};
use rmcp::transport::DynamicTransportError;
use rmcp::transport::common::client_side_sse::ExponentialBackoff;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransport, StreamableHttpClientTransportConfig, StreamableHttpError,
};
use secrecy::ExposeSecret;
use tokio::time::timeout;
use url::{Host, Url};

use super::{ConnectError, Listener, Target};
use crate::address::{resolve_secret, scrub};
use crate::gateway::Limits;
use crate::oauth::{OAuthHttpClient, Refusal, in_our_words};
use crate::plain_text;
use crate::registry::TransportChoice;

const REDIRECTS: usize = 5;
/// Calls that may wait for one server at a time.
const CONCURRENT: usize = 64;
/// A broken answer stream is picked up again (never the request) at most so often, in under two seconds.
const RESUME_ATTEMPTS: usize = 3;

type Running = RunningService<RoleClient, Listener>;

pub(super) async fn connect(
    target: &Target,
    url: Url,
    limits: &Limits,
    handler: Listener,
) -> Result<(Running, Url), ConnectError> {
    let client = client(&url, limits)?;
    let mcp = OAuthHttpClient::new(client.clone(), target.account.clone());
    let headers = headers(target)?;
    let mut first_problem = None;
    for endpoint in candidates(&url) {
        for mode in [auto(), ClientLifecycleMode::Initialize] {
            let config = config(&endpoint, headers.clone());
            let transport = StreamableHttpClientTransport::with_client(mcp.clone(), config);
            let attempt = serve_client_with_lifecycle(handler.clone(), transport, mode);
            let problem = match timeout(limits.connect, attempt).await {
                Ok(Ok(running)) => return Ok((running, endpoint)),
                Ok(Err(error)) => read_error(&error, &endpoint),
                Err(_) => ConnectError::TimedOut(limits.connect),
            };
            match problem {
                // No other path or handshake can help.
                ConnectError::NoConnection(_) | ConnectError::Unauthorized | ConnectError::SignIn(_) => {
                    return Err(problem);
                }
                ConnectError::TimedOut(_)
                | ConnectError::NotMcp(_)
                | ConnectError::Address(_)
                | ConnectError::Header(_)
                | ConnectError::LegacySse
                | ConnectError::Listing(_) => {
                    first_problem.get_or_insert(problem);
                }
            }
        }
        if matches!(first_problem, Some(ConnectError::TimedOut(_))) {
            break;
        }
    }
    if target.transport == TransportChoice::Auto
        && speaks_legacy_sse(&client, &url, &headers, limits.connect).await
    {
        return Err(ConnectError::LegacySse);
    }
    Err(first_problem.unwrap_or_else(|| ConnectError::NotMcp("no endpoint found".to_owned())))
}

fn auto() -> ClientLifecycleMode {
    ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
    }
}

/// A bare host is tried as it is and then with `/mcp`.
fn candidates(url: &Url) -> Vec<Url> {
    let mut candidates = vec![url.clone()];
    if matches!(url.path(), "" | "/") {
        let mut endpoint = url.clone();
        endpoint.set_path("/mcp");
        candidates.push(endpoint);
    }
    candidates
}

fn client(url: &Url, limits: &Limits) -> Result<reqwest::Client, ConnectError> {
    let builder = reqwest::Client::builder()
        .connect_timeout(limits.connect)
        .pool_max_idle_per_host(0)
        .retry(reqwest::retry::never())
        .redirect(Policy::custom(same_origin));
    // A proxy has no business between two programs of one machine.
    let builder = if is_loopback(url) { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| ConnectError::NoConnection(innermost(&error)))
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

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn headers(target: &Target) -> Result<HashMap<HeaderName, HeaderValue>, ConnectError> {
    let mut headers = HashMap::new();
    for (name, value) in &target.headers {
        let unusable = || ConnectError::Header(name.clone());
        let secret = resolve_secret(value.expose_secret())?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        let mut value = HeaderValue::from_str(secret.expose_secret()).map_err(|_| unusable())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

fn config(endpoint: &Url, headers: HashMap<HeaderName, HeaderValue>) -> StreamableHttpClientTransportConfig {
    let mut resume = ExponentialBackoff::default();
    resume.max_times = Some(RESUME_ATTEMPTS);
    resume.base_duration = Duration::from_millis(200);
    let mut config = StreamableHttpClientTransportConfig::with_uri(endpoint.as_str())
        .custom_headers(headers)
        .max_concurrent_requests(CONCURRENT)
        // Starting a session again would send an interrupted call a second time.
        .reinit_on_expired_session(false);
    config.retry_config = Arc::new(resume);
    config
}

/// Whether `GET /sse` (or the address itself) opens an event stream, as servers of the first HTTP transport do.
async fn speaks_legacy_sse(
    client: &reqwest::Client,
    url: &Url,
    headers: &HashMap<HeaderName, HeaderValue>,
    limit: Duration,
) -> bool {
    let mut endpoint = url.clone();
    if matches!(url.path(), "" | "/") {
        endpoint.set_path("/sse");
    }
    let mut request = client.get(endpoint).header(header::ACCEPT, "text/event-stream");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let Ok(Ok(response)) = timeout(limit, request.send()).await else { return false };
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    response.status().is_success() && content_type.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

fn read_error(error: &ClientInitializeError, url: &Url) -> ConnectError {
    if error.is_authorization_required() {
        return ConnectError::Unauthorized;
    }
    match error {
        ClientInitializeError::TransportError { error, .. } => match http_error(error) {
            Some(StreamableHttpError::Client(error)) if error.is_connect() => {
                ConnectError::NoConnection(scrub(&innermost(error), url))
            }
            Some(StreamableHttpError::AuthRequired(_) | StreamableHttpError::InsufficientScope(_)) => {
                ConnectError::Unauthorized
            }
            Some(StreamableHttpError::UnexpectedServerResponse(text))
                if text.starts_with("HTTP 401") || text.starts_with("HTTP 403") =>
            {
                ConnectError::Unauthorized
            }
            Some(StreamableHttpError::Auth(error)) => Refusal::Renewal(in_our_words(error)).into(),
            Some(error) => ConnectError::NotMcp(brief(error, url)),
            None => ConnectError::NotMcp(tidy(&error.error.to_string(), url)),
        },
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => read_error(fallback, url),
        other => ConnectError::NotMcp(tidy(&other.to_string(), url)),
    }
}

/// The HTTP layer's own error inside the transport's.
pub(super) fn http_error(error: &DynamicTransportError) -> Option<&StreamableHttpError<reqwest::Error>> {
    error.error.downcast_ref()
}

/// One HTTP-layer failure in few words.
pub(super) fn brief(error: &StreamableHttpError<reqwest::Error>, url: &Url) -> String {
    match error {
        StreamableHttpError::Client(error) => scrub(&innermost(error), url),
        // The body of a page that isn't ours says nothing to the person; its status line does.
        StreamableHttpError::UnexpectedServerResponse(text) => {
            tidy(text.split_once(": ").map_or(text.as_ref(), |(status, _)| status), url)
        }
        other => tidy(&other.to_string(), url),
    }
}

/// Foreign text, scrubbed, cleaned and short.
pub(super) fn tidy(text: &str, url: &Url) -> String {
    plain_text::description(&scrub(text, url)).chars().take(200).collect()
}

/// The cause at the bottom, which names no address: "Connection refused (os error 111)".
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "timed out".to_owned() } else { "the request failed".to_owned() };
    let mut source = error.source();
    while let Some(error) = source {
        text = error.to_string();
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_host_means_two_endpoints() {
        let paths = |url: &str| -> Vec<String> {
            candidates(&Url::parse(url).unwrap()).iter().map(|url| url.path().to_owned()).collect()
        };
        assert_eq!(paths("http://h:1"), ["/", "/mcp"]);
        assert_eq!(paths("http://h:1/api/mcp"), ["/api/mcp"]);
    }
}
