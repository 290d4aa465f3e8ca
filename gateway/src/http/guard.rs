//! Who may talk to a port that listens on loopback: programs of this machine, and pages served from it.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api_error::ApiError;

/// Middleware: refuses a request whose `Host` or `Origin` is not a loopback name.
pub async fn local_callers_only(request: Request, next: Next) -> Response {
    match check(&request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn check(request: &Request) -> Result<(), ApiError> {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    // HTTP/2 carries the host in the request's address.
    let host =
        header(header::HOST).or_else(|| request.uri().authority().map(Authority::as_str)).unwrap_or_default();
    if !host.parse::<Authority>().is_ok_and(|host| is_local(host.host())) {
        let message =
            "this port answers only to localhost, use http://localhost or http://127.0.0.1 in the address";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "foreign_host", message));
    }
    let foreign = header(header::ORIGIN).is_some_and(|origin| {
        let host = origin.split_once("://").and_then(|(_, rest)| rest.parse::<Authority>().ok());
        !host.is_some_and(|host| is_local(host.host()))
    });
    if foreign {
        let message = "this port answers no requests from other web pages";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "foreign_origin", message));
    }
    Ok(())
}

fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn hosts_and_origins() {
        for (host, origin, wanted) in [
            ("localhost:4444", None, true),
            ("127.0.0.1:4444", None, true),
            ("[::1]:4444", None, true),
            ("LOCALHOST", Some("http://localhost:8000"), true),
            ("evil.example", None, false),
            ("localhost.evil.example", None, false),
            ("127.0.0.1.evil.example", None, false),
            ("192.168.1.5:4444", None, false),
            ("", None, false),
            ("localhost", Some("https://evil.example"), false),
            ("localhost", Some("null"), false),
        ] {
            let mut request = Request::builder().header(header::HOST, host);
            if let Some(origin) = origin {
                request = request.header(header::ORIGIN, origin);
            }
            let request = request.body(Body::empty()).unwrap();
            assert_eq!(check(&request).is_ok(), wanted, "{host:?} {origin:?}");
        }
    }
}
