//! Voice Mode: files embedded in the binary, served with a policy that lets nothing in from elsewhere.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::app::App;

/// Only our own files, our own socket, and audio made in the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

pub(super) fn routes() -> Router<Arc<App>> {
    let mut routes = Router::new();
    for (path, kind, bytes) in FILES {
        let path = if *path == "index.html" { "/".to_owned() } else { format!("/assets/{path}") };
        routes = routes.route(&path, get(async move || file(kind, bytes)));
    }
    routes
}

fn file(kind: &'static str, bytes: &'static [u8]) -> Response {
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, bytes).into_response()
}
