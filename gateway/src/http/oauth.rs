//! The two pages of a sign-in: off to the provider, and what came of it.

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::discovery::Status;
use crate::gateway::Gateway;
use crate::oauth::{SignInAnswer, SignInError};

/// `GET /oauth/start/{name}`.
pub(super) async fn start(State(gateway): State<Gateway>, Path(name): Path<String>) -> Response {
    match gateway.begin_sign_in(&name).await {
        Ok(page) => {
            let headers = [
                (header::LOCATION, page.as_str()),
                (header::CACHE_CONTROL, "no-store"),
                (header::REFERRER_POLICY, "no-referrer"),
            ];
            (StatusCode::FOUND, headers).into_response()
        }
        Err(error) => problem(&error),
    }
}

/// `GET /oauth/callback`.
pub(super) async fn callback(State(gateway): State<Gateway>, Query(answer): Query<SignInAnswer>) -> Response {
    match gateway.finish_sign_in(answer).await {
        Ok(view) if view.status == Status::Healthy => page(
            StatusCode::OK,
            "Connected",
            &format!("{} is connected, you can close this page.", view.name),
        ),
        Ok(view) => {
            let reason = view.reason.unwrap_or_else(|| "it has not answered yet".to_owned());
            let text = format!("You are signed in, but {} can't be used yet: {reason}.", view.name);
            page(StatusCode::OK, "Signed in", &text)
        }
        Err(error) => problem(&error),
    }
}

fn problem(error: &SignInError) -> Response {
    let status = match error {
        SignInError::UnknownServer(_) => StatusCode::NOT_FOUND,
        SignInError::NotWanted(_) => StatusCode::CONFLICT,
        SignInError::UnknownState | SignInError::Refused { .. } => StatusCode::BAD_REQUEST,
        SignInError::Failed { .. } => StatusCode::BAD_GATEWAY,
    };
    page(status, "Not connected", &format!("{error}."))
}

fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>HomePilot: {title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <style>body{{font:1.1rem system-ui;max-width:36rem;margin:15vh auto;padding:0 1rem}}</style>\
         <h1>{title}</h1><p>{}</p></html>",
        escaped(text)
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
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
    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        assert_eq!(escaped("<b a=\"1\">&"), "&lt;b a=&quot;1&quot;&gt;&amp;");
    }
}
