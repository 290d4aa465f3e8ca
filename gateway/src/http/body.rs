//! Request bodies and queries, read with errors of the contract's shape.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use crate::api_error::ApiError;

/// Reads a JSON body of at most `limit` bytes.
///
/// # Errors
/// 415 if it doesn't say it is JSON, 413 if it is larger, 400 if it isn't JSON, 422 if it is not what is expected; an unknown
/// field is named in `details.field`.
pub async fn read_json<T: DeserializeOwned>(request: Request, limit: usize) -> Result<T, ApiError> {
    let content_type =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media_type != "application/json" && !media_type.ends_with("+json") {
        let message = "the body must be JSON, send the header content-type: application/json";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
    }
    let bytes = to_bytes(request.into_body(), limit).await.map_err(|_| {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("the body is larger than {limit} bytes"),
        )
    })?;
    // Read twice, so that what isn't JSON and what can't be used are told apart.
    let value: serde_json::Value = serde_json::from_slice(&bytes)
        .map_err(|error| ApiError::bad_request(format!("the body is not JSON: {error}")))?;
    // serde would take a list for the fields in their order.
    if !value.is_object() {
        return Err(ApiError::unusable("invalid_request", "the body must be a JSON object"));
    }
    serde_json::from_value(value).map_err(|error| unusable(&error.to_string()))
}

/// Reads a query string.
///
/// # Errors
/// 422, naming an unknown field in `details.field`.
pub fn query<T: DeserializeOwned>(request: &Request) -> Result<T, ApiError> {
    axum::extract::Query::try_from_uri(request.uri()).map(|query| query.0).map_err(|error| {
        let text = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        unusable(&text)
    })
}

fn unusable(problem: &str) -> ApiError {
    // serde: "unknown field `x`, expected …", "missing field `x`".
    let field =
        problem.split_once("field `").and_then(|(_, rest)| rest.split_once('`')).map(|(field, _)| field);
    let code = if problem.starts_with("unknown field") { "unknown_field" } else { "invalid_request" };
    let error = ApiError::unusable(code, problem);
    match field {
        Some(field) => error.with("field", field),
        None => error,
    }
}
