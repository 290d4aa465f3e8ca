//! The HTTP transport of MCP 2024-11-05: a GET opens an event stream, whose first event `endpoint` says where to POST, and
//! the answers come on the stream.
//!
//! The place to POST must be of the stream's own origin: headers with secrets go there. A POST that was answered 2xx was
//! delivered. When the stream ends the connection has ended, for the answers that were to come on it can't come any more.

use std::collections::HashMap;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use futures::{Stream, StreamExt};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::service::RoleClient;
use rmcp::transport::worker::{Worker, WorkerContext, WorkerQuitReason, WorkerSendRequest};
use sse_stream::{Sse, SseStream};
use thiserror::Error;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use url::Url;

use super::ConnectError;
use super::http::{CONCURRENT, MAX_ANSWER, advice, innermost};
use crate::address::scrub;
use crate::gateway::Limits;

type Headers = HashMap<HeaderName, HeaderValue>;
pub(crate) type Events = Pin<Box<dyn Stream<Item = Result<Sse, SseError>> + Send>>;

/// Why a message was not delivered, or the stream ended. Holds no address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum SseError {
    #[error("no connection: {0}")]
    NoConnection(String),
    #[error("it wants authorisation")]
    Unauthorized,
    #[error("the server knows no such session")]
    SessionGone,
    #[error("HTTP {0}")]
    Status(StatusCode),
    #[error("{0}")]
    Broken(String),
    #[error("the event stream has ended")]
    Closed,
}

/// An open event stream and the place to POST to.
pub(super) struct SseConnection {
    client: reqwest::Client,
    headers: Headers,
    events: Events,
    post: Url,
    /// Some servers answer a POST only when the call has ended.
    longest_post: Duration,
}

/// Opens the stream and waits for its `endpoint`.
pub(super) async fn open(
    client: &reqwest::Client,
    url: &Url,
    headers: &Headers,
    limits: &Limits,
) -> Result<SseConnection, ConnectError> {
    timeout(limits.connect, open_stream(client, url, headers, limits))
        .await
        .unwrap_or(Err(ConnectError::TimedOut(limits.connect)))
}

async fn open_stream(
    client: &reqwest::Client,
    url: &Url,
    headers: &Headers,
    limits: &Limits,
) -> Result<SseConnection, ConnectError> {
    let mut request = client.get(url.clone()).header(header::ACCEPT, "text/event-stream");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let response = request.send().await.map_err(|error| {
        let cause = scrub(&innermost(&error), url);
        if error.is_connect() { ConnectError::NoConnection(cause) } else { ConnectError::NotMcp(cause) }
    })?;
    if matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Err(ConnectError::Unauthorized);
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !response.status().is_success() || !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
        let status = format!("HTTP {}", response.status());
        return Err(ConnectError::NotMcp(format!(
            "a GET opens no event stream ({status}){}",
            advice(&status)
        )));
    }
    let mut events = events(response.bytes_stream(), url.clone());
    while let Some(event) = events.next().await {
        let event = event.map_err(|error| ConnectError::NotMcp(error.to_string()))?;
        if event.event.as_deref() != Some("endpoint") {
            continue;
        }
        let post = endpoint(url, event.data.as_deref().unwrap_or_default())?;
        let (client, headers) = (client.clone(), headers.clone());
        return Ok(SseConnection { client, headers, events, post, longest_post: limits.call_total });
    }
    Err(ConnectError::NotMcp("its event stream ended without an endpoint".to_owned()))
}

fn endpoint(url: &Url, given: &str) -> Result<Url, ConnectError> {
    let endpoint = url
        .join(given.trim())
        .map_err(|_| ConnectError::NotMcp("its endpoint is not an address".to_owned()))?;
    if endpoint.origin() == url.origin() {
        Ok(endpoint)
    } else {
        Err(ConnectError::NotMcp(
            "its endpoint is on another host, where your secrets don't belong".to_owned(),
        ))
    }
}

/// The events of a response, each within the limit.
pub(crate) fn events(
    bytes: impl Stream<Item = Result<Bytes, reqwest::Error>> + Send + 'static,
    url: Url,
) -> Events {
    let mut size = EventSize::default();
    let bounded = bytes.map(move |chunk| {
        let chunk = chunk.map_err(|error| std::io::Error::other(scrub(&innermost(&error), &url)))?;
        if size.add(&chunk) > MAX_ANSWER {
            return Err(std::io::Error::other(format!("an event exceeds {MAX_ANSWER} bytes")));
        }
        Ok(chunk)
    });
    Box::pin(SseStream::from_bytes_stream(bounded).map(|event| {
        event.map_err(|error| match error {
            sse_stream::Error::Body(error) => SseError::Broken(error.to_string()),
            other => SseError::Broken(other.to_string()),
        })
    }))
}

/// Bytes since the last empty line, which ends an event. CR, LF and CR LF each end a line.
#[derive(Default)]
struct EventSize {
    bytes: usize,
    line_is_empty: bool,
    after_return: bool,
}

impl EventSize {
    fn add(&mut self, chunk: &[u8]) -> usize {
        let mut most = self.bytes;
        for byte in chunk {
            self.bytes += 1;
            most = most.max(self.bytes);
            match byte {
                b'\n' if self.after_return => {}
                b'\n' | b'\r' if self.line_is_empty => self.bytes = 0,
                b'\n' | b'\r' => self.line_is_empty = true,
                _ => self.line_is_empty = false,
            }
            self.after_return = *byte == b'\r';
        }
        most
    }
}

impl Worker for SseConnection {
    type Error = SseError;
    type Role = RoleClient;

    fn err_closed() -> SseError {
        SseError::Closed
    }

    fn err_join(_error: JoinError) -> SseError {
        SseError::Closed
    }

    /// The request of a call that nobody waits for any more stops being sent.
    fn supports_request_cancellation() -> bool {
        true
    }

    async fn run(mut self, mut context: WorkerContext<Self>) -> Result<(), WorkerQuitReason<SseError>> {
        let stop = context.cancellation_token.clone();
        let mut posts = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return Err(WorkerQuitReason::Cancelled),
                event = self.events.next() => match event {
                    Some(Ok(event)) => {
                        if let Some(message) = message(&event) {
                            context.send_to_handler(message).await?;
                        }
                    }
                    Some(Err(error)) => {
                        tracing::debug!(%error, "an event stream broke");
                        return Err(WorkerQuitReason::TransportClosed);
                    }
                    None => return Err(WorkerQuitReason::TransportClosed),
                },
                request = context.recv_from_handler(), if posts.len() < CONCURRENT => {
                    posts.spawn(deliver(self.post(), self.post.clone(), request?));
                }
                Some(_) = posts.join_next() => {}
            }
        }
    }
}

impl SseConnection {
    fn post(&self) -> reqwest::RequestBuilder {
        let mut post = self.client.post(self.post.clone()).timeout(self.longest_post);
        for (name, value) in &self.headers {
            post = post.header(name, value);
        }
        post
    }
}

async fn deliver(post: reqwest::RequestBuilder, url: Url, request: WorkerSendRequest<SseConnection>) {
    let taken_back = request.cancellation_token().unwrap_or_default();
    let delivered = tokio::select! {
        delivered = send(post, &url, &request.message) => delivered,
        () = taken_back.cancelled() => Err(SseError::Closed),
    };
    // Whoever wanted to know may have gone.
    let _ = request.responder.send(delivered);
}

async fn send(
    post: reqwest::RequestBuilder,
    url: &Url,
    message: &ClientJsonRpcMessage,
) -> Result<(), SseError> {
    let response = post.json(message).send().await.map_err(|error| {
        let cause = scrub(&innermost(&error), url);
        if error.is_connect() { SseError::NoConnection(cause) } else { SseError::Broken(cause) }
    })?;
    match response.status() {
        status if status.is_success() => Ok(()),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(SseError::Unauthorized),
        StatusCode::NOT_FOUND => Err(SseError::SessionGone),
        status => Err(SseError::Status(status)),
    }
}

fn message(event: &Sse) -> Option<ServerJsonRpcMessage> {
    if !matches!(event.event.as_deref(), None | Some("message")) {
        return None;
    }
    serde_json::from_str(event.data.as_deref()?)
        .inspect_err(|_| tracing::debug!("an event is not a message of the protocol"))
        .ok()
}

#[cfg(test)]
mod odd;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_to_post_stays_with_the_server() {
        let url = Url::parse("https://h.example/mcp/KEY/sse").unwrap();
        for (given, wanted) in [
            ("/messages?session=1", Some("https://h.example/messages?session=1")),
            ("messages", Some("https://h.example/mcp/KEY/messages")),
            ("https://h.example/x", Some("https://h.example/x")),
            ("https://evil.example/x", None),
            ("//evil.example/x", None),
            ("http://h.example/x", None),
        ] {
            assert_eq!(endpoint(&url, given).ok().as_ref().map(Url::as_str), wanted, "{given}");
        }
    }

    #[test]
    fn sizes_of_events() {
        let mut size = EventSize::default();
        assert_eq!(size.add(b"data: 1\n\ndata: 22"), 9);
        assert_eq!(size.add(b"2\r\n\r\n"), 12);
        assert_eq!(size.add(b"data\n"), 6);
    }
}
