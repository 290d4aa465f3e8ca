//! The HTTP client that MCP goes over: with the server's token where there is one, and with an ear for being turned away.
//!
//! A request is sent a second time only after a 401: it was turned away at the door, so nothing was run.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};
use futures::stream::BoxStream;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage};
use rmcp::transport::auth::AuthError;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse, StreamableHttpResponseLimits,
};
use secrecy::{ExposeSecret, SecretString};
use sse_stream::{Error as SseError, Sse};

use super::Account;

type Headers = HashMap<HeaderName, HeaderValue>;
type HttpError = StreamableHttpError<reqwest::Error>;

/// A client for one server.
#[derive(Clone)]
pub(crate) struct OAuthHttpClient {
    http: reqwest::Client,
    account: Option<Arc<Account>>,
}

impl OAuthHttpClient {
    pub(crate) fn new(http: reqwest::Client, account: Option<Arc<Account>>) -> Self {
        Self { http, account }
    }

    /// The token for requests that do not go through here.
    pub(crate) async fn token(&self, uri: &str) -> Result<Option<SecretString>, AuthError> {
        match &self.account {
            Some(account) => account.token(uri).await,
            None => Ok(None),
        }
    }

    /// Notes a 401 to such a request. The next one has another token, or a person is asked to sign in.
    pub(crate) async fn turned_away(&self, uri: &str, token: Option<SecretString>) {
        let Some(account) = &self.account else { return };
        if token.is_some() && matches!(account.renew(uri, token).await, Ok(Some(_))) {
            return;
        }
        account.not_let_in(uri, "").await;
    }

    /// Sends with the token, and again with another one if this one was turned away.
    async fn send<T, F, Sent>(&self, uri: &str, is_call: bool, send: F) -> Result<T, HttpError>
    where
        F: Fn(Option<String>) -> Sent,
        Sent: Future<Output = Result<T, HttpError>>,
    {
        let Some(account) = &self.account else { return send(None).await };
        let plain = |token: &SecretString| token.expose_secret().to_owned();
        let mut token = account.token(uri).await?;
        let mut result = send(token.as_ref().map(plain)).await;
        let refused = result.as_ref().err().and_then(challenge).is_some();
        if let Some(turned_away) = token.take_if(|_| refused) {
            token = account.renew(uri, Some(turned_away)).await?;
            if let Some(token) = &token {
                result = send(Some(plain(token))).await;
            }
        }
        let error = match result {
            Ok(answer) => {
                account.let_in(token.is_some(), is_call);
                return Ok(answer);
            }
            Err(error) => error,
        };
        if let Some(challenge) = challenge(&error) {
            account.not_let_in(uri, &challenge).await;
        } else if let StreamableHttpError::InsufficientScope(lacking) = &error {
            account.lacks_rights(uri, &lacking.www_authenticate_header);
        }
        Err(error)
    }
}

/// What a 401 says about signing in; some say nothing.
fn challenge(error: &HttpError) -> Option<String> {
    match error {
        StreamableHttpError::AuthRequired(error) => Some(error.www_authenticate_header.clone()),
        StreamableHttpError::UnexpectedServerResponse(text) if text.starts_with("HTTP 401") => {
            Some(String::new())
        }
        // Whatever it was, it was not about who we are.
        _ => None,
    }
}

fn is_call(message: &ClientJsonRpcMessage) -> bool {
    matches!(message, JsonRpcMessage::Request(request) if matches!(request.request, ClientRequest::CallToolRequest(_)))
}

impl StreamableHttpClient for OAuthHttpClient {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: Headers,
    ) -> Result<StreamableHttpPostResponse, HttpError> {
        let limits = StreamableHttpResponseLimits::default();
        self.post_message_with_response_limits(uri, message, session_id, auth_header, custom_headers, limits)
            .await
    }

    async fn post_message_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: Headers,
        max_sse_event_size: usize,
    ) -> Result<StreamableHttpPostResponse, HttpError> {
        let mut limits = StreamableHttpResponseLimits::default();
        limits.max_sse_event_size = max_sse_event_size;
        self.post_message_with_response_limits(uri, message, session_id, auth_header, custom_headers, limits)
            .await
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _auth_header: Option<String>,
        custom_headers: Headers,
        limits: StreamableHttpResponseLimits,
    ) -> Result<StreamableHttpPostResponse, HttpError> {
        self.send(&uri, is_call(&message), |token| {
            self.http.post_message_with_response_limits(
                uri.clone(),
                message.clone(),
                session_id.clone(),
                token,
                custom_headers.clone(),
                limits,
            )
        })
        .await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        _auth_header: Option<String>,
        custom_headers: Headers,
    ) -> Result<(), HttpError> {
        self.send(&uri, false, |token| {
            self.http.delete_session(uri.clone(), session_id.clone(), token, custom_headers.clone())
        })
        .await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        custom_headers: Headers,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, HttpError> {
        let size = StreamableHttpResponseLimits::default().max_sse_event_size;
        self.get_stream_with_max_sse_event_size(
            uri,
            session_id,
            last_event_id,
            auth_header,
            custom_headers,
            size,
        )
        .await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        _auth_header: Option<String>,
        custom_headers: Headers,
        max_sse_event_size: usize,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, HttpError> {
        self.send(&uri, false, |token| {
            self.http.get_stream_with_max_sse_event_size(
                uri.clone(),
                session_id.clone(),
                last_event_id.clone(),
                token,
                custom_headers.clone(),
                max_sse_event_size,
            )
        })
        .await
    }
}
