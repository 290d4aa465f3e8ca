//! An agent's port: its card, and JSON-RPC in both revisions of the protocol.

use std::sync::Arc;

use a2a::{A2AError, JsonRpcId, JsonRpcRequest, JsonRpcResponse, SVC_PARAM_VERSION, methods};
use a2a_server::jsonrpc::jsonrpc_router;
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::get,
};
use homepilot_gateway::{api_error::ApiError, http::local_callers_only};
use serde_json::Value;

use super::{card, desk::Desk, older};

/// Bytes of a request.
const LARGEST: usize = 1024 * 1024;

/// All routes of an agent's port.
pub(super) fn router(desk: Arc<Desk>, card: &a2a::AgentCard) -> Router {
    let (newest, oldest) = (card::for_everyone(card), card::for_older(card));
    let serve = |card: Value| get(async move || Json(card.clone()));
    Router::new()
        .merge(jsonrpc_router(desk.clone()))
        .route("/.well-known/agent-card.json", serve(newest))
        .route("/.well-known/agent.json", serve(oldest))
        .fallback(async || {
            ApiError::not_found(
                "not_found",
                "there is nothing at this address; the card is at /.well-known/agent-card.json and JSON-RPC at /",
            )
        })
        .layer(from_fn_with_state(desk, both_revisions))
        .layer(from_fn(local_callers_only))
}

/// Answers requests of 0.3 and hands the others to the library of 1.0, which wants the revision named: a method that only
/// 1.0 has names it too.
async fn both_revisions(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else {
        let message =
            format!("the request can't be read, or has more than {LARGEST} bytes: send a shorter one");
        return (StatusCode::PAYLOAD_TOO_LARGE, refusal(A2AError::invalid_request(message))).into_response();
    };
    if let Some(call) = call(&body) {
        if older::is_method(&call.method) {
            return older::answer(desk.as_ref(), call).await;
        }
        if methods::is_valid(&call.method) && !parts.headers.contains_key(SVC_PARAM_VERSION) {
            parts.headers.insert("a2a-version", HeaderValue::from_static(card::NEWEST));
        }
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// A request that can be read; what can't be is for the library to refuse.
fn call(body: &Bytes) -> Option<JsonRpcRequest> {
    serde_json::from_slice(body).ok().filter(|call: &JsonRpcRequest| call.jsonrpc == "2.0")
}

fn refusal(error: A2AError) -> Json<JsonRpcResponse> {
    Json(JsonRpcResponse::error(JsonRpcId::Null, error.to_jsonrpc_error()))
}
