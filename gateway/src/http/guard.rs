//! Who may talk to a port that listens on loopback: programs of this machine, and pages served from it.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::api_error::ApiError;

/// Middleware: refuses a request whose `Host` or `Origin` is not a loopback name.
pub async fn local_callers_only(request: Request, next: Next) -> Response {
    match check_local_caller(request.headers(), request.uri(), None) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Whether a request of this machine is one of its own pages or programs; `at` is the address that was connected to, which
/// is as good a host as a loopback name: a page elsewhere can't make an address its own, only a name.
///
/// # Errors
/// Says which address to use, or that other pages are not answered.
pub fn check_local_caller(headers: &HeaderMap, uri: &Uri, at: Option<IpAddr>) -> Result<(), ApiError> {
    let is_local = |host: &str| is_local(host, at);
    let header = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    // HTTP/2 carries the host in the request's address.
    let host = header(header::HOST).or_else(|| uri.authority().map(Authority::as_str)).unwrap_or_default();
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

/// Whether the request shows the admin token. The comparison takes the same time wherever they differ: hashes are compared,
/// whose bytes a caller can't choose one by one.
pub(super) fn is_admin(headers: &HeaderMap, token: Option<&SecretString>) -> bool {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let (Some((_, shown)), Some(token)) = (shown, token) else { return false };
    if token.expose_secret().is_empty() {
        return false;
    }
    let (shown, token) = (Sha256::digest(shown.trim()), Sha256::digest(token.expose_secret()));
    shown.iter().zip(&token).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

fn is_local(host: &str, at: Option<IpAddr>) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let ours = |ip: IpAddr| ip.is_loopback() || Some(ip) == at;
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(ours)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn the_admin_token() {
        let shows = |value: &'static str, token: Option<&str>| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            is_admin(&headers, token.map(SecretString::from).as_ref())
        };
        assert!(shows("Bearer s3cret", Some("s3cret")) && shows("bearer s3cret", Some("s3cret")));
        assert!(!shows("Bearer s3cre", Some("s3cret")) && !shows("Basic s3cret", Some("s3cret")));
        assert!(!shows("Bearer ", Some("")) && !shows("Bearer s3cret", None));
        assert!(!is_admin(&HeaderMap::new(), Some(&SecretString::from("s3cret"))));
    }

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
            assert_eq!(
                check_local_caller(request.headers(), request.uri(), None).is_ok(),
                wanted,
                "{host:?} {origin:?}"
            );
        }
        let own = |host: &str| {
            let request = Request::builder().header(header::HOST, host).body(Body::empty()).unwrap();
            check_local_caller(request.headers(), request.uri(), Some("192.168.1.5".parse().unwrap())).is_ok()
        };
        assert!(own("192.168.1.5:4444") && own("localhost"));
        assert!(!own("192.168.1.6:4444") && !own("192.168.1.5.evil.example"));
    }
}
