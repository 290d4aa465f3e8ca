//! Finding out how a server is spoken to: the place, the transport and the era. Every failure is read here into words for
//! people; an address, a header or a body from the other side never gets into them unscrubbed.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use rmcp::model::ProtocolVersion;
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, RoleClient, RunningService, serve_client_with_lifecycle,
};
use rmcp::transport::streamable_http_client::{StreamableHttpClientTransport, StreamableHttpError};
use secrecy::{ExposeSecret, SecretString};
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::Url;

use super::http::{brief, client, config, headers, http_error, innermost, tidy};
use super::sse::{self, SseError};
use super::stdio::{self, StdioError};
use super::{ConnectError, Connected, Listener, Target, Wish};
use crate::address::scrub;
use crate::endpoint::{Endpoint, Program};
use crate::gateway::Limits;
use crate::oauth::{OAuthHttpClient, Refusal, in_our_words};
use crate::registry::TransportChoice;

/// How long what a program said before it ended may take to arrive.
const LAST_WORDS: Duration = Duration::from_millis(500);

type Running = RunningService<RoleClient, Listener>;

pub(super) async fn connect(
    target: &Target,
    limits: &Limits,
    listener: Listener,
) -> Result<Connected, ConnectError> {
    match &target.endpoint {
        Endpoint::Program(program) => start(program, target.wish, limits, listener).await,
        Endpoint::Url(address) => {
            let url = address.resolve()?;
            let client = client(&url, limits)?;
            let headers = headers(&target.headers)?;
            let mcp = OAuthHttpClient::new(client.clone(), target.account.clone());
            Search { client, mcp, headers, wish: target.wish, limits, listener }
                .search(&url, target.transport)
                .await
        }
    }
}

/// Discovery first, and the handshake of 2025-11-25 and earlier for a server that knows no discovery.
fn auto() -> ClientLifecycleMode {
    ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
    }
}

/// Some servers answer discovery in a way that leaves nothing to go on with, so the handshake is tried afresh.
fn modes(wish: Wish) -> [ClientLifecycleMode; 2] {
    match wish {
        Wish::Newest => [auto(), ClientLifecycleMode::Initialize],
        Wish::Sessions => [ClientLifecycleMode::Initialize, auto()],
    }
}

async fn start(
    program: &Program,
    wish: Wish,
    limits: &Limits,
    listener: Listener,
) -> Result<Connected, ConnectError> {
    let mut problem = ConnectError::NotMcp("it does not answer".to_owned());
    for mode in modes(wish) {
        let (transport, words, drain) = stdio::start(program)?;
        let mut tasks = JoinSet::new();
        tasks.spawn(drain);
        let attempt = serve_client_with_lifecycle(listener.clone(), transport, mode);
        problem = match timeout(limits.start, attempt).await {
            Ok(Ok(running)) => {
                let connected = Connected::new(running, None, TransportChoice::Stdio);
                return Ok(connected.of_program(tasks, words));
            }
            Ok(Err(error)) => {
                // Nothing more to wait for is no failure: the words are then those that came.
                let _ = timeout(LAST_WORDS, tasks.join_next()).await;
                match error {
                    ClientInitializeError::ConnectionClosed(_)
                    | ClientInitializeError::TransportError { .. } => ConnectError::Ended(words.reason()),
                    other => read_error(&other, None),
                }
            }
            Err(_) => return Err(ConnectError::TimedOut(limits.start)),
        };
    }
    Err(problem)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speech {
    Streamable,
    LegacySse,
}

/// What to try, in this order. A bare host may mean `/mcp` or `/sse`.
fn candidates(url: &Url, choice: TransportChoice) -> Vec<(Speech, Url)> {
    let at = |path: &str| {
        let mut url = url.clone();
        url.set_path(path);
        url
    };
    let bare = matches!(url.path(), "" | "/");
    let mut streamable = vec![(Speech::Streamable, url.clone())];
    let mut legacy = vec![(Speech::LegacySse, url.clone())];
    if bare {
        streamable.push((Speech::Streamable, at("/mcp")));
        legacy.insert(0, (Speech::LegacySse, at("/sse")));
    }
    match choice {
        TransportChoice::StreamableHttp => streamable,
        TransportChoice::Sse => legacy,
        TransportChoice::Auto | TransportChoice::Stdio | TransportChoice::A2a
            if url.path().ends_with("/sse") =>
        {
            legacy.into_iter().chain(streamable).collect()
        }
        TransportChoice::Auto | TransportChoice::Stdio | TransportChoice::A2a => {
            streamable.into_iter().chain(legacy).collect()
        }
    }
}

struct Search<'a> {
    client: reqwest::Client,
    /// The same, signed in.
    mcp: OAuthHttpClient,
    headers: HashMap<HeaderName, HeaderValue>,
    wish: Wish,
    limits: &'a Limits,
    listener: Listener,
}

impl Search<'_> {
    async fn search(&self, url: &Url, choice: TransportChoice) -> Result<Connected, ConnectError> {
        let mut first_problem = None;
        for (speech, endpoint) in candidates(url, choice) {
            let (attempt, transport) = match speech {
                Speech::Streamable => (self.streamable(&endpoint).await, TransportChoice::StreamableHttp),
                Speech::LegacySse => (self.legacy_sse(&endpoint).await, TransportChoice::Sse),
            };
            match attempt {
                Ok(running) => return Ok(Connected::new(running, Some(endpoint), transport)),
                // No other place can help.
                Err(
                    problem @ (ConnectError::NoConnection(_)
                    | ConnectError::Unauthorized
                    | ConnectError::SignIn(_)
                    | ConnectError::TimedOut(_)),
                ) => {
                    return Err(problem);
                }
                Err(problem) => {
                    first_problem.get_or_insert(problem);
                }
            }
        }
        Err(first_problem.unwrap_or_else(|| ConnectError::NotMcp("no endpoint found".to_owned())))
    }

    async fn streamable(&self, endpoint: &Url) -> Result<Running, ConnectError> {
        let mut problem = ConnectError::TimedOut(self.limits.connect);
        for mode in modes(self.wish) {
            let config = config(endpoint, self.headers.clone());
            let transport = StreamableHttpClientTransport::with_client(self.mcp.clone(), config);
            let attempt = serve_client_with_lifecycle(self.listener.clone(), transport, mode);
            problem = match timeout(self.limits.connect, attempt).await {
                Ok(Ok(running)) => return Ok(running),
                Ok(Err(error)) => read_error(&error, Some(endpoint)),
                Err(_) => ConnectError::TimedOut(self.limits.connect),
            };
            if matches!(
                problem,
                ConnectError::NoConnection(_) | ConnectError::Unauthorized | ConnectError::SignIn(_)
            ) {
                break;
            }
        }
        Err(problem)
    }

    async fn legacy_sse(&self, endpoint: &Url) -> Result<Running, ConnectError> {
        let token = self.mcp.token(endpoint.as_str()).await;
        let token = token.map_err(|error| Refusal::Renewal(in_our_words(&error)))?;
        let mut headers = self.headers.clone();
        headers.extend(token.as_ref().and_then(bearer).map(|value| (header::AUTHORIZATION, value)));
        let opened = sse::open(&self.client, endpoint, &headers, self.limits).await;
        if matches!(opened, Err(ConnectError::Unauthorized)) {
            self.mcp.turned_away(endpoint.as_str(), token).await;
        }
        let transport = opened?;
        let mode = ClientLifecycleMode::Initialize;
        let attempt = serve_client_with_lifecycle(self.listener.clone(), transport, mode);
        match timeout(self.limits.connect, attempt).await {
            Ok(attempt) => attempt.map_err(|error| read_error(&error, Some(endpoint))),
            Err(_) => Err(ConnectError::TimedOut(self.limits.connect)),
        }
    }
}

fn bearer(token: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn read_error(error: &ClientInitializeError, url: Option<&Url>) -> ConnectError {
    if error.is_authorization_required() {
        return ConnectError::Unauthorized;
    }
    let not_mcp = |why: &str| ConnectError::NotMcp(why.to_owned());
    match error {
        ClientInitializeError::TransportError { error, .. } => match (http_error(error), url) {
            (Some(StreamableHttpError::Client(error)), Some(url)) if error.is_connect() => {
                ConnectError::NoConnection(scrub(&innermost(error), url))
            }
            (Some(StreamableHttpError::AuthRequired(_) | StreamableHttpError::InsufficientScope(_)), _) => {
                ConnectError::Unauthorized
            }
            (Some(StreamableHttpError::UnexpectedServerResponse(text)), _)
                if text.starts_with("HTTP 401") || text.starts_with("HTTP 403") =>
            {
                ConnectError::Unauthorized
            }
            (Some(StreamableHttpError::Auth(error)), _) => Refusal::Renewal(in_our_words(error)).into(),
            (Some(error), Some(url)) => ConnectError::NotMcp(brief(error, url)),
            _ => match (error.error.downcast_ref::<SseError>(), error.error.downcast_ref::<StdioError>()) {
                (Some(SseError::Unauthorized), _) => ConnectError::Unauthorized,
                (Some(error), _) => ConnectError::NotMcp(error.to_string()),
                (_, Some(error)) => ConnectError::NotMcp(error.to_string()),
                (None, None) => ConnectError::NotMcp(tidy(&error.error.to_string(), url)),
            },
        },
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => read_error(fallback, url),
        ClientInitializeError::JsonRpcError(error) => {
            ConnectError::NotMcp(format!("it refuses the handshake: {}", tidy(&error.message, url)))
        }
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => {
            not_mcp("it speaks none of the protocol's versions that are spoken here")
        }
        ClientInitializeError::ConnectionClosed(_) => not_mcp("it ends the connection during the handshake"),
        ClientInitializeError::ExpectedInitResponse(_)
        | ClientInitializeError::ExpectedInitResult(_)
        | ClientInitializeError::ConflictInitResponseId(..)
        | ClientInitializeError::UncorrelatedErrorResponse { .. } => {
            not_mcp("its answer to the handshake is not one")
        }
        other => ConnectError::NotMcp(tidy(&other.to_string(), url)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_and_in_which_order() {
        use Speech::{LegacySse as E, Streamable as S};
        let tried = |url: &str, choice| -> Vec<(Speech, String)> {
            let url = Url::parse(url).unwrap();
            candidates(&url, choice)
                .into_iter()
                .map(|(speech, url)| (speech, url.path().to_owned()))
                .collect()
        };
        let wanted = |rows: &[(Speech, &str)]| -> Vec<(Speech, String)> {
            rows.iter().map(|(speech, path)| (*speech, (*path).to_owned())).collect()
        };
        let auto = TransportChoice::Auto;
        assert_eq!(tried("http://h:1", auto), wanted(&[(S, "/"), (S, "/mcp"), (E, "/sse"), (E, "/")]));
        assert_eq!(tried("http://h:1/api/mcp", auto), wanted(&[(S, "/api/mcp"), (E, "/api/mcp")]));
        assert_eq!(tried("http://h:1/x/sse", auto), wanted(&[(E, "/x/sse"), (S, "/x/sse")]));
        let streamable = TransportChoice::StreamableHttp;
        assert_eq!(tried("http://h:1/", streamable), wanted(&[(S, "/"), (S, "/mcp")]));
        assert_eq!(tried("http://h:1", TransportChoice::Sse), wanted(&[(E, "/sse"), (E, "/")]));
    }
}
