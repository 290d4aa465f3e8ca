//! Where Meta says what happened: `GET /webhook` answers its challenge when the webhook is set up, `POST /webhook` takes
//! notices. It is the one place of HomePilot that is meant to be reached from the internet, so nothing but Meta's signature
//! counts, and nothing is answered that an honest caller doesn't know.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::notice;
use super::server::WhatsApp;
use super::signature::{is_secret, is_signed};

/// The largest body of a notice, in bytes; Meta sends up to three megabytes.
pub(super) const LARGEST: usize = 4 * 1024 * 1024;
/// The longest challenge, in bytes.
const LONGEST_CHALLENGE: usize = 200;
/// The header with Meta's signature.
const SIGNATURE: &str = "x-hub-signature-256";

/// The routes.
pub(super) fn routes(whatsapp: &WhatsApp) -> Router {
    Router::new()
        .route("/webhook", get(challenge).post(notices))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(whatsapp.clone())
}

#[derive(Deserialize)]
struct Challenge {
    #[serde(rename = "hub.mode", default)]
    mode: String,
    #[serde(rename = "hub.verify_token", default)]
    token: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
}

async fn challenge(State(whatsapp): State<WhatsApp>, Query(asked): Query<Challenge>) -> Response {
    let Some(webhook) = &whatsapp.parts.options.webhook else { return not_set_up() };
    let plain = asked.challenge.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'));
    let fit = (1..=LONGEST_CHALLENGE).contains(&asked.challenge.len()) && plain;
    if asked.mode != "subscribe" || !fit || !is_secret(&asked.token, &webhook.verify_token) {
        tracing::warn!(
            "a challenge at WhatsApp's webhook was not Meta's, or the verify token differs from Meta's"
        );
        return (StatusCode::FORBIDDEN, "the verify token is not the one in the settings\n").into_response();
    }
    tracing::info!("WhatsApp's webhook was verified");
    ([(header::CONTENT_TYPE, "text/plain")], asked.challenge).into_response()
}

async fn notices(
    State(whatsapp): State<WhatsApp>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let options = &whatsapp.parts.options;
    let Some(webhook) = &options.webhook else { return not_set_up() };
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return rejection.into_response(),
    };
    let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok());
    if !is_signed(signature, &body, &webhook.app_secret) {
        tracing::warn!("a notice at WhatsApp's webhook was not signed with the app secret of the settings");
        return (StatusCode::UNAUTHORIZED, "this is not signed by the app\n").into_response();
    }
    // Whatever is signed and can't be read is taken: Meta would send it again and again.
    let payload = serde_json::from_slice(&body).unwrap_or_default();
    let now = options.clock.now();
    let token = options.account.token.expose_secret();
    let notices = notice::read(&payload, options.account.number_id(), now, token);
    match whatsapp.parts.store.take(&notices, now).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(problem) => {
            tracing::error!(%problem, "a notice of WhatsApp's could not be kept; it is sent again");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn not_set_up() -> Response {
    (StatusCode::NOT_FOUND, "the webhook is not set up\n").into_response()
}
