//! Port 4444: registering servers over HTTP, everything registered as one MCP server, health and metrics.
//!
//! The port trusts whoever can reach loopback, so it makes sure that this is not a web page: `Host` and `Origin` must be
//! loopback names (DNS rebinding, cross-site requests), and a body must say that it is JSON, which a page can't send
//! elsewhere without asking.

mod body;
mod guard;
mod metrics;
mod oauth;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

pub use body::{query, read_json};
pub use guard::{check_local_caller, local_callers_only};
pub use metrics::metrics;

use crate::api_error::ApiError;
use crate::discovery::Status;
use crate::federation;
use crate::gateway::Gateway;
use crate::registry::{Origin, Registration, ServerPatch, ServerView};

/// The largest request body, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// Everything the gateway answers over HTTP, to callers of this machine. It holds the gateway open.
pub fn router(gateway: Gateway) -> Router {
    routes(gateway).layer(middleware::from_fn(local_callers_only))
}

/// The same for whoever asks: who may is up to what is put before it.
pub fn routes(gateway: Gateway) -> Router {
    Router::new()
        .nest("/api/servers", servers())
        .route("/oauth/start/{name}", get(oauth::start))
        .route("/oauth/callback", get(oauth::callback))
        .route("/oauth/ended", get(oauth::ended_somehow))
        .route("/oauth/ended/{name}", get(oauth::ended))
        .route("/health", get(health))
        .route("/metrics", get(show_metrics))
        .route_service("/mcp", federation::service(&gateway))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .with_state(gateway)
}

/// What is registered: to see, add, change, look at again, approve and remove. A page may call only the port it came
/// from, so the runtime has these routes under its own address too.
pub fn servers() -> Router<Gateway> {
    Router::new()
        .route("/", get(list).post(register))
        .route("/{name}", get(show).patch(change).delete(remove))
        .route("/{name}/refresh", post(refresh))
        .route("/{name}/tools/{tool}/approve", post(approve))
}

async fn list(State(gateway): State<Gateway>) -> Json<Value> {
    Json(json!({"servers": gateway.servers()}))
}

/// Whether a request shows the admin token, which proves that it comes from this installation's own user.
///
/// # Errors
/// 403 if it doesn't.
pub fn check_admin_token(gateway: &Gateway, headers: &HeaderMap) -> Result<(), ApiError> {
    if guard::is_admin(headers, gateway.shared().config.admin_token.as_ref()) {
        return Ok(());
    }
    let message = "this is done only with the admin token, send it as the header authorization: Bearer TOKEN";
    Err(ApiError::new(StatusCode::FORBIDDEN, "admin_token_needed", message))
}

async fn register(State(gateway): State<Gateway>, request: Request) -> Result<Response, ApiError> {
    let admin = check_admin_token(&gateway, request.headers());
    let registration: Registration = read_json(request, MAX_BODY).await?;
    if registration.is_program() {
        admin?;
    }
    let outcome = gateway.register(registration).await?;
    let status = if outcome.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(outcome.view)).into_response())
}

async fn show(
    State(gateway): State<Gateway>,
    Path(name): Path<String>,
) -> Result<Json<ServerView>, ApiError> {
    gateway.server(&name).map(Json).ok_or_else(|| unknown(&name))
}

async fn change(
    State(gateway): State<Gateway>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Json<ServerView>, ApiError> {
    let patch: ServerPatch = read_json(request, MAX_BODY).await?;
    Ok(Json(gateway.patch(&name, patch).await?))
}

async fn remove(State(gateway): State<Gateway>, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    keep_connectors(&gateway, &name)?;
    if gateway.deregister(&name).await? { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(&name)) }
}

/// A connector comes and goes with its settings, so nobody removes it by its name.
///
/// # Errors
/// 409 for a connector.
pub fn keep_connectors(gateway: &Gateway, name: &str) -> Result<(), ApiError> {
    match gateway.server(name) {
        Some(view) if view.origin == Origin::Connector => {
            let message = format!(
                "{name} is a connector: it is there while its settings are; take them away, or switch it off"
            );
            Err(ApiError::conflict("connector", message))
        }
        Some(_) | None => Ok(()),
    }
}

async fn refresh(
    State(gateway): State<Gateway>,
    Path(name): Path<String>,
) -> Result<Json<ServerView>, ApiError> {
    gateway.refresh(&name).await.map(Json).ok_or_else(|| unknown(&name))
}

/// The definition to approve, by the hash that was shown with its change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    tool_hash: String,
}

async fn approve(
    State(gateway): State<Gateway>,
    Path((name, tool)): Path<(String, String)>,
    request: Request,
) -> Result<Json<ServerView>, ApiError> {
    let Approval { tool_hash } = read_json(request, MAX_BODY).await?;
    Ok(Json(gateway.approve_definition(&name, &tool, &tool_hash).await?))
}

async fn health(State(gateway): State<Gateway>) -> Json<Value> {
    let servers = gateway.servers();
    let count = |status| servers.iter().filter(|server| server.status == status).count();
    Json(json!({
        "status": "ok",
        "servers": {"healthy": count(Status::Healthy), "unreachable": count(Status::Unreachable), "registered": servers.len()},
    }))
}

async fn show_metrics(State(gateway): State<Gateway>) -> impl IntoResponse {
    ([("content-type", "text/plain; version=0.0.4; charset=utf-8")], metrics(&gateway))
}

async fn no_such_path(request: Request) -> ApiError {
    ApiError::not_found("unknown_path", format!("there is nothing at {}", request.uri().path()))
}

async fn no_such_method(request: Request) -> ApiError {
    let message = format!("{} is not answered at {}", request.method(), request.uri().path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "unknown_method", message)
}

fn unknown(name: &str) -> ApiError {
    ApiError::not_found("unknown_server", format!("no server named {name:?} is registered"))
}
