//! A real searx (Debian's package), whose only engine asks a page of the test. Searx answers in the same JSON as SearXNG,
//! which came from it.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::ensure;
use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::StatusCode,
    routing::get,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, process::Command, task::JoinSet};

use crate::peers::{Listening, peer};

const SEARX: &str = "/usr/bin/searx-run";

/// What the page was asked, in the order it was.
type Asked = Arc<Mutex<Vec<String>>>;

/// It ends when this is dropped.
pub struct Searx {
    searx: Listening,
    asked: Asked,
    _page: JoinSet<()>,
}

impl Searx {
    /// Starts it with settings of its own in `folder`, and waits until it listens.
    ///
    /// # Errors
    /// That it is not installed, or what it said.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        ensure!(Path::new(SEARX).exists(), "{SEARX} is missing: run `runtime/prerequisites.sh test`");
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let page = format!("http://{}", listener.local_addr()?);
        let asked = Asked::default();
        let routes = Router::new().route("/find", get(find)).with_state(asked.clone());
        let mut serving = JoinSet::new();
        serving.spawn(async move { drop(axum::serve(listener, routes).await) });
        let settings = folder.join("searx.yml");
        let written = std::fs::read_to_string(peer("searx.yml"))?.replace("ENGINE", &page);
        std::fs::write(&settings, written)?;
        let mut command = Command::new(SEARX);
        command.env("SEARX_SETTINGS_PATH", &settings).current_dir(folder);
        let searx = Listening::start(command, "Running on ").await?;
        Ok(Self { searx, asked, _page: serving })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        self.searx.url.trim_end_matches('/')
    }

    /// What its engine was asked, as query strings.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A page in the shape that the settings tell searx's JSON engine of.
async fn find(State(asked): State<Asked>, RawQuery(query): RawQuery) -> Result<Json<Value>, StatusCode> {
    let query = query.unwrap_or_default();
    let found = match query.as_str() {
        "q=nothing" => json!([]),
        "q=broken" => return Err(StatusCode::INTERNAL_SERVER_ERROR),
        _ => json!([
            {
                "address": "https://en.wikipedia.org/wiki/Rust_(programming_language)",
                "title": "Rust (programming language) - Wikipedia",
                "text": "<b>Rust</b> is a general-purpose language &amp; more. It has 1 &lt; 2.",
            },
            { "address": "https://crabs.example/", "title": "Crabs", "text": "Crabs walk sideways." },
            { "address": "https://third.example/", "title": "A third", "text": "Left out." },
        ]),
    };
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(query);
    Ok(Json(json!({ "found": found })))
}
