//! Port 8000: the page, the HTTP API and the WebSocket. Handlers translate and nothing else.

mod access;
mod agentic;
mod audio;
mod catalog;
mod invoke;
mod page;
mod personas;
mod status;

pub use invoke::Conversations;

use std::sync::{Arc, atomic::Ordering};

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Query, State, WebSocketUpgrade},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, patch, post, put},
};
use homepilot_gateway::api_error::ApiError;
use serde::Deserialize;

use crate::{
    access::Caller,
    app::{App, MOST_SESSIONS},
    realtime::{self, Reminders},
};

/// Bytes of a JSON body.
const LARGEST_JSON: usize = 1024 * 1024;

/// All routes of the runtime's port; who may use which is up to [`crate::access::guard`], which is put before them.
pub fn router(app: Arc<App>) -> Router {
    let servers = homepilot_gateway::http::servers().with_state(app.gateway.clone());
    let transcriptions = post(audio::transcriptions).layer(DefaultBodyLimit::max(audio::LARGEST_UPLOAD));
    Router::new()
        .merge(page::routes())
        .nest("/v1/agentic/servers", servers)
        .route("/v1/realtime", get(realtime_socket))
        .route("/v1/models", get(status::models))
        .route("/v1/models/{id}", get(status::model))
        .route("/v1/audio/transcriptions", transcriptions)
        .route("/v1/audio/speech", post(audio::speech))
        .route("/v1/personas", get(personas::list))
        .route("/v1/personas/{id}", get(personas::one))
        .route("/v1/agentic/capabilities", get(agentic::capabilities))
        .route("/v1/agentic/catalog", get(catalog::catalog))
        .route("/v1/agentic/status", get(status::status))
        .route("/v1/agentic/models/fetch", post(status::try_now))
        .route("/v1/agentic/register/{kind}", post(agentic::register))
        .route("/v1/agentic/register/{kind}/{name}", delete(agentic::deregister))
        .route(
            "/v1/agentic/policy",
            patch(agentic::set_policy).get(agentic::policy).delete(agentic::remove_policy),
        )
        .route("/v1/agentic/policy/explain", get(agentic::explain))
        .route("/v1/agentic/approvals", get(agentic::approvals))
        .route("/v1/agentic/approvals/{id}", post(agentic::answer))
        .route("/v1/agentic/audit", get(agentic::audit))
        .route("/v1/agentic/invoke", post(invoke::invoke))
        .route("/v1/access", get(access::seen))
        .route("/v1/access/pair", post(access::pair))
        .route("/v1/access/codes", post(access::invite))
        .route("/v1/access/pin", put(access::set_pin))
        .route("/v1/access/devices", get(access::list))
        .route("/v1/access/devices/{id}", delete(access::remove))
        .route("/health", get(status::health))
        .route("/metrics", get(status::metrics))
        .fallback(async || {
            ApiError::not_found(
                "not_found",
                "there is nothing at this address; the page is at / and the API under /v1",
            )
        })
        .with_state(app)
}

#[derive(Deserialize)]
struct RealtimeQuery {
    model: Option<String>,
    reminders: Option<String>,
}

/// Upgrades to the realtime protocol; `model` is the persona's id, `reminders=off` keeps reminders away.
async fn realtime_socket(
    State(app): State<Arc<App>>,
    Query(query): Query<RealtimeQuery>,
    Extension(caller): Extension<Caller>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let persona = match app.persona(query.model.as_deref().unwrap_or("assistant")) {
        Ok(persona) => persona,
        Err(message) => return ApiError::not_found("unknown_persona", message).into_response(),
    };
    let reminders = match query.reminders.as_deref() {
        None | Some("on") => Reminders::Told,
        Some("off") => Reminders::Withheld,
        Some(other) => {
            let message = format!("reminders is on or off, not {other:?}");
            return ApiError::unusable("invalid_value", message).into_response();
        }
    };
    if app.sessions.fetch_add(1, Ordering::SeqCst) >= MOST_SESSIONS {
        app.sessions.fetch_sub(1, Ordering::SeqCst);
        let message = format!("{MOST_SESSIONS} sessions are open already: close one and connect again");
        return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).into_response();
    }
    let place = Place(app.clone());
    upgrade
        .protocols(["realtime"])
        .max_message_size(realtime::LARGEST_MESSAGE)
        .max_frame_size(realtime::LARGEST_MESSAGE)
        .on_upgrade(async move |socket| {
            let place = place;
            realtime::serve(socket, place.0.clone(), persona, caller, reminders).await;
        })
}

/// One open session; gives its place back however the connection ends.
struct Place(Arc<App>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::SeqCst);
    }
}
