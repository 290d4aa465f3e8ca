//! Operations on one interface of an agent: written, sent once, and what comes back unwrapped. What a failure proves about the
//! request is in its kind.

use std::pin::Pin;

use axum::http::{HeaderName, header};
use futures::{Stream, StreamExt};
use serde_json::Value;
use thiserror::Error;

use super::http::{Http, HttpError, body, status};
use super::place::Place;
use super::tongue::{Operation, Written};
use crate::upstream::events;
use crate::upstream::http::{MAX_ANSWER, tidy};

/// How much of an answer that is no success is read for its reason.
const MAX_ERROR: usize = 64 * 1024;
pub(super) const A2A_VERSION: HeaderName = HeaderName::from_static("a2a-version");

/// Why an operation brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum WireError {
    /// No byte of it left, or it was turned away at the door.
    #[error("{0}")]
    NotSent(String),
    /// It may have arrived.
    #[error("{0}")]
    Broken(String),
    /// It was answered with an error.
    #[error("{message}")]
    Refused { code: i32, message: String },
}

impl WireError {
    pub(super) fn odd() -> Self {
        Self::Broken("its answer is not a message of the protocol".to_owned())
    }
}

impl From<HttpError> for WireError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::NoConnection(_) | HttpError::SignIn(_) => WireError::NotSent(error.to_string()),
            HttpError::Unauthorized => {
                WireError::NotSent("the agent wants authorisation and turned the call away".to_owned())
            }
            HttpError::Broken(_) | HttpError::TooLarge(_) => {
                WireError::Broken(format!("the connection broke while waiting: {error}"))
            }
        }
    }
}

/// What an agent tells, one after the other.
pub(super) type Updates = Pin<Box<dyn Stream<Item = Result<Value, WireError>> + Send>>;

/// One interface of one agent.
pub(super) struct Wire {
    pub(super) http: Http,
    pub(super) place: Place,
}

impl Wire {
    /// Does something and waits for its one answer.
    pub(super) async fn ask(&self, operation: Operation<'_>) -> Result<Value, WireError> {
        let response = self.send(operation, "application/json").await?;
        self.read(response).await
    }

    /// Does something and hears what comes of it. An agent that answers once tells one thing.
    pub(super) async fn hear(&self, operation: Operation<'_>) -> Result<Updates, WireError> {
        let response = self.send(operation, "text/event-stream").await?;
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !response.status().is_success() || !kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
        {
            let answer = self.read(response).await?;
            return Ok(futures::stream::iter([Ok(answer)]).boxed());
        }
        let (tongue, url) = (self.place.tongue, self.place.url.clone());
        let heard = events(response.bytes_stream(), url.clone()).filter_map(move |event| {
            let read = match event {
                Ok(event) => event.data.map(|data| match serde_json::from_str(&data) {
                    Ok(answer) => tongue.unwrap(200, answer).map_err(|error| scrubbed(error, &url)),
                    Err(_) => Err(WireError::odd()),
                }),
                Err(error) => Some(Err(WireError::Broken(error.to_string()))),
            };
            std::future::ready(read)
        });
        Ok(heard.boxed())
    }

    async fn send(
        &self,
        operation: Operation<'_>,
        accept: &'static str,
    ) -> Result<reqwest::Response, WireError> {
        let Place { url, tongue, tenant, .. } = &self.place;
        let written = tongue.write(url, tenant.as_deref(), operation);
        let Written { method, url, body } =
            written.ok_or_else(|| WireError::NotSent("the request can't be written".to_owned()))?;
        let more = [(header::ACCEPT, accept), (A2A_VERSION, tongue.version())];
        Ok(self.http.send(method, &url, &more, body.as_ref()).await?)
    }

    async fn read(&self, response: reqwest::Response) -> Result<Value, WireError> {
        let Place { url, tongue, .. } = &self.place;
        let code = response.status();
        if code.is_success() {
            let body = body(response, url, MAX_ANSWER).await?;
            let answer = serde_json::from_slice(&body).map_err(|_| WireError::odd())?;
            return tongue.unwrap(code.as_u16(), answer).map_err(|error| scrubbed(error, url));
        }
        let body = body(response, url, MAX_ERROR).await.unwrap_or_default();
        let error =
            serde_json::from_slice(&body).ok().and_then(|answer| tongue.unwrap(code.as_u16(), answer).err());
        match error {
            Some(refused @ WireError::Refused { .. }) => Err(scrubbed(refused, url)),
            Some(_) | None => Err(WireError::Broken(status(code))),
        }
    }
}

/// The agent's own words, without what is secret about its address.
fn scrubbed(error: WireError, url: &url::Url) -> WireError {
    match error {
        WireError::Refused { code, message } => {
            WireError::Refused { code, message: tidy(&message, Some(url)) }
        }
        other @ (WireError::NotSent(_) | WireError::Broken(_)) => other,
    }
}
