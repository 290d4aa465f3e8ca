//! Pairing devices, and seeing and removing those that are.

use std::{sync::Arc, time::Instant};

use axum::{
    Extension, Json,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use homepilot_gateway::{
    api_error::ApiError,
    http::{check_admin_token, read_json},
};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::LARGEST_JSON;
use crate::{
    access::{CODE_HOLDS, COOKIE, Caller, PairError, Scope, Scopes},
    app::App,
};

/// `GET /v1/access`: what the caller may do, so that a page knows whether to ask for a code.
pub(super) async fn seen(Extension(caller): Extension<Caller>) -> Json<Value> {
    let scopes: Vec<&str> =
        Scope::ALL.into_iter().filter(|scope| caller.may(*scope)).map(Scope::name).collect();
    let device = match &caller {
        Caller::Here | Caller::Stranger(_) => None,
        Caller::Paired(_, device) => Some(&device.name),
    };
    Json(json!({"here": matches!(caller, Caller::Here), "device": device, "scopes": scopes}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pairing {
    code: String,
    name: String,
}

/// `POST /v1/access/pair`: a code for a token, which a browser gets as a cookie as well.
pub(super) async fn pair(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    let Pairing { code, name } = read_json(request, LARGEST_JSON).await?;
    let (device, token) =
        app.access.pair(&code, &name, Instant::now()).await.map_err(|error| match error {
            PairError::Code => {
                app.access.refused(&caller);
                ApiError::new(StatusCode::FORBIDDEN, "code_refused", error.to_string())
            }
            PairError::Name => ApiError::unusable("invalid_name", error.to_string()),
            PairError::Database(cause) => ApiError::internal(&cause),
        })?;
    let token = token.expose_secret();
    // A year; the device is forgotten sooner by removing it.
    let cookie = format!("{COOKIE}={token}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Strict");
    let body = json!({"token": token, "id": device.id, "name": device.name, "scopes": device.scopes.names()});
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invitation {
    scopes: Option<Vec<String>>,
}

/// `POST /v1/access/codes`: a new code, shown to who is to pair a device.
pub(super) async fn invite(State(app): State<Arc<App>>, request: Request) -> Result<Json<Value>, ApiError> {
    let Invitation { scopes } = read_json(request, LARGEST_JSON).await?;
    let scopes: Scopes = match scopes {
        None => Scopes::default(),
        Some(words) => words.join(",").parse().map_err(|error: crate::access::devices::NoScope| {
            ApiError::unusable("unknown_scope", error.to_string()).with("known", Scopes::all().names())
        })?,
    };
    let names = scopes.names();
    let code = app.access.invite(scopes, Instant::now());
    Ok(Json(json!({"code": code, "scopes": names, "expires_in_s": CODE_HOLDS.as_secs()})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPin {
    pin: Option<String>,
}

/// `PUT /v1/access/pin`: the PIN that rules may ask for, or with null none. Only with the admin token, from this machine
/// too: whoever could set it could give it.
pub(super) async fn set_pin(State(app): State<Arc<App>>, request: Request) -> Result<StatusCode, ApiError> {
    check_admin_token(&app.gateway, request.headers())?;
    let NewPin { pin } = read_json(request, LARGEST_JSON).await?;
    app.gateway.set_pin(pin.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/access/devices`.
pub(super) async fn list(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    let devices = app.access.devices().await.map_err(|error| ApiError::internal(&error))?;
    let rows = devices.iter().map(|device| {
        json!({
            "id": device.id, "name": device.name, "scopes": device.scopes.names(),
            "paired_at": device.paired_at, "last_seen_at": device.last_seen_at
        })
    });
    Ok(Json(json!({"devices": rows.collect::<Vec<_>>()})))
}

/// `DELETE /v1/access/devices/{id}`: its token is no good any more, and its conversations end.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    match app.access.remove(&id).await {
        Ok(true) => Ok(StatusCode::NO_CONTENT),
        Ok(false) => Err(ApiError::not_found("unknown_device", "no paired device has this id")),
        Err(error) => Err(ApiError::internal(&error)),
    }
}
