//! The pages of a sign-in: off to the provider, back with a code, and what came of it. The last has an address of its own,
//! so that neither code nor state stays in the browser's bar or history.

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::discovery::Status;
use crate::gateway::Gateway;
use crate::oauth::{SignInAnswer, SignInError};
use crate::registry::ServerView;

/// How the last page looks; the policy allows exactly this.
const STYLE: &str = "body{color-scheme:light dark;font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;\
                     padding:0 1.5rem}h1{font-size:1.6rem}";
const POLICY: &str = "default-src 'none'; style-src 'sha256-AbdDcbQkob0AxLw/81chdV0oVNyiZKT+tjuPcWuYFj0='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /oauth/start/{name}`.
pub(super) async fn start(State(gateway): State<Gateway>, Path(name): Path<String>) -> Response {
    match gateway.begin_sign_in(&name).await {
        Ok(page) => elsewhere(StatusCode::FOUND, page.as_str()),
        Err(error) => problem(&gateway, &error),
    }
}

/// `GET /oauth/callback`: on to the page that tells what came of it.
pub(super) async fn callback(State(gateway): State<Gateway>, Query(answer): Query<SignInAnswer>) -> Response {
    let server = match gateway.finish_sign_in(answer).await {
        Ok(view) => Some(view.name),
        Err(error) => error.server().cloned(),
    };
    let told = server.map_or_else(|| "/oauth/ended".to_owned(), |server| format!("/oauth/ended/{server}"));
    elsewhere(StatusCode::SEE_OTHER, &told)
}

/// `GET /oauth/ended`: of a sign-in that nobody knows.
pub(super) async fn ended_somehow(State(gateway): State<Gateway>) -> Response {
    problem(&gateway, &SignInError::UnknownState)
}

/// `GET /oauth/ended/{name}`.
pub(super) async fn ended(State(gateway): State<Gateway>, Path(name): Path<String>) -> Response {
    let Some(view) = gateway.server(&name) else {
        return problem(&gateway, &SignInError::UnknownServer(name));
    };
    match gateway.failed_sign_in(&view.name) {
        Some(error) => problem(&gateway, &error),
        None => signed_in(&gateway, view),
    }
}

fn signed_in(gateway: &Gateway, view: ServerView) -> Response {
    let name = view.name;
    if view.status == Status::Healthy {
        let text = format!("{name} is connected, you can close this page.");
        return page(gateway, StatusCode::OK, "Connected", &text);
    }
    let reason = view.reason.unwrap_or_else(|| "it has not answered yet".to_owned());
    let text = format!("You are signed in, but {name} can't be used yet: {reason}.");
    page(gateway, StatusCode::OK, "Signed in", &text)
}

fn problem(gateway: &Gateway, error: &SignInError) -> Response {
    let status = match error {
        SignInError::UnknownServer(_) => StatusCode::NOT_FOUND,
        SignInError::NotWanted(_) => StatusCode::CONFLICT,
        SignInError::UnknownState | SignInError::TooLate(_) | SignInError::Refused { .. } => {
            StatusCode::BAD_REQUEST
        }
        SignInError::Failed { .. } => StatusCode::BAD_GATEWAY,
    };
    page(gateway, status, "Not connected", &format!("{error}."))
}

fn elsewhere(status: StatusCode, address: &str) -> Response {
    let headers = [
        (header::LOCATION, address),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers).into_response()
}

fn page(gateway: &Gateway, status: StatusCode, title: &str, text: &str) -> Response {
    let back = gateway.shared().config.page_url.as_deref().map(escaped);
    let back = back.map(|url| format!("<p><a href=\"{url}\">Back to HomePilot</a></p>")).unwrap_or_default();
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>HomePilot: {title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style>\
         <main><h1>{title}</h1><p>{}</p>{back}</main></html>",
        escaped(text)
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (status, headers, Html(body)).into_response()
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        assert_eq!(escaped("<b a=\"1\">&"), "&lt;b a=&quot;1&quot;&gt;&amp;");
    }

    #[test]
    fn the_policy_allows_the_style_of_the_page() {
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        assert!(POLICY.contains(&format!("'sha256-{hash}'")), "{hash}");
    }
}
