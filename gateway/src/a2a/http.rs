//! HTTP with one agent: the same client, limits and redirects as tool servers have, and secrets for the registered origin alone.

use std::collections::{BTreeMap, HashMap};

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use futures::StreamExt;
use reqwest::{Method, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use thiserror::Error;
use url::Url;

use crate::address::scrub;
use crate::gateway::Limits;
use crate::oauth::{Account, OAuthHttpClient, in_our_words};
use crate::upstream::{ConnectError, http};

/// Who is spoken to, and what goes with each request.
#[derive(Clone)]
pub(super) struct Http {
    client: reqwest::Client,
    headers: HashMap<HeaderName, HeaderValue>,
    sign_in: OAuthHttpClient,
}

/// Why there is no answer. Holds no address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum HttpError {
    #[error("no connection: {0}")]
    NoConnection(String),
    #[error("it wants authorisation")]
    Unauthorized,
    #[error("{0}")]
    SignIn(String),
    #[error("{0}")]
    Broken(String),
    #[error("its answer exceeds {0} bytes")]
    TooLarge(usize),
}

impl Http {
    /// With what was registered for this origin.
    pub(super) fn new(
        url: &Url,
        headers: &BTreeMap<String, SecretString>,
        account: Option<std::sync::Arc<Account>>,
        limits: &Limits,
    ) -> Result<Self, ConnectError> {
        let client = http::client(url, limits)?;
        Ok(Self {
            headers: http::headers(headers)?,
            sign_in: OAuthHttpClient::new(client.clone(), account),
            client,
        })
    }

    /// For an origin that somebody else named: nothing goes with the requests.
    pub(super) fn bare(client: reqwest::Client) -> Self {
        Self { headers: HashMap::new(), sign_in: OAuthHttpClient::new(client.clone(), None), client }
    }

    /// Whether anything that is a secret goes with the requests.
    pub(super) fn carries_secrets(&self) -> bool {
        !self.headers.is_empty()
    }

    /// Sends one request, once, and gives the answer's head. Only a request that was turned away for its token is told to the
    /// account; it is not sent again.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &Url,
        more: &[(HeaderName, &'static str)],
        body: Option<&Value>,
    ) -> Result<Response, HttpError> {
        let mut request = self.client.request(method, url.clone());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        for (name, value) in more {
            request = request.header(name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let token = self.sign_in.token(url.as_str()).await;
        let token = token.map_err(|error| HttpError::SignIn(in_our_words(&error)))?;
        if let Some(token) = &token {
            let bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
            let mut bearer = bearer.map_err(|_| HttpError::SignIn("its token can't be sent".to_owned()))?;
            bearer.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, bearer);
        }
        let response = request.send().await.map_err(|error| {
            let cause = scrub(&http::innermost(&error), url);
            if error.is_connect() { HttpError::NoConnection(cause) } else { HttpError::Broken(cause) }
        })?;
        if matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            self.sign_in.turned_away(url.as_str(), token).await;
            return Err(HttpError::Unauthorized);
        }
        Ok(response)
    }
}

/// The whole body, up to a size.
pub(super) async fn body(response: Response, url: &Url, most: usize) -> Result<Vec<u8>, HttpError> {
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| HttpError::Broken(scrub(&http::innermost(&error), url)))?;
        if body.len() + chunk.len() > most {
            return Err(HttpError::TooLarge(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A status that is not success, in few words.
pub(super) fn status(status: StatusCode) -> String {
    let advice = if status.is_redirection() { ", register the address it redirects to" } else { "" };
    format!("HTTP {}{advice}", status.as_u16())
}
