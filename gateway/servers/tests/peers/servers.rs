//! The built-in servers and connectors, one a row: how each is started, a call that it carries out and one that it refuses.

use std::path::{Path, PathBuf};
use std::pin::Pin;

use axum::Json;
use axum::Router;
use axum::routing::get;
use homepilot_servers::web::{self, Search};
use homepilot_servers::{
    BuiltIn, Clock, Connector, Effect, ServeError, assistant, briefing, calendar, decision, email, knowledge,
    whatsapp,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::calendar::{Kind, Peer, options};
use crate::email::house::{ADA, House};
use crate::gateway;

type Served = Pin<Box<dyn Future<Output = Result<(), ServeError>> + Send>>;

/// A built-in server.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// Its catalogue.
    pub(crate) effects: fn() -> Vec<(&'static str, Effect)>,
    serve: fn(TcpListener, PathBuf, CancellationToken) -> Served,
    /// A tool, its arguments as JSON, and a part of what it says.
    pub(crate) right: (&'static str, &'static str, &'static str),
    /// The same for a call that is refused.
    pub(crate) wrong: (&'static str, &'static str, &'static str),
}

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: assistant::NAME,
        effects: assistant::classes,
        serve: |listener, folder, cancel| {
            let options = assistant::Options::new(folder.join("homepilot.db"));
            Box::pin(assistant::serve(listener, options, cancel))
        },
        right: ("create_task", r#"{"text": "buy milk"}"#, "I added buy milk to your tasks"),
        wrong: ("set_reminder", r#"{"text": "the dentist"}"#, "when is missing"),
    },
    Row {
        name: briefing::NAME,
        effects: briefing::classes,
        serve: |listener, _, cancel| Box::pin(serve_briefing(listener, cancel)),
        right: ("daily_digest", "{}", "paint the fence"),
        wrong: ("what_changed_since", r#"{"since": "the day of the dog"}"#, "since"),
    },
    Row {
        name: calendar::NAME,
        effects: calendar::classes,
        serve: |listener, folder, cancel| Box::pin(serve_calendar(listener, folder, cancel)),
        right: (
            "create_event",
            r#"{"title": "dentist", "when": "tomorrow at three"}"#,
            "I put dentist in your calendar",
        ),
        wrong: ("create_event", r#"{"title": "dentist"}"#, "when is missing"),
    },
    Row {
        name: decision::NAME,
        effects: decision::classes,
        serve: |listener, _, cancel| {
            Box::pin(decision::serve(listener, decision::Options::new(None), cancel))
        },
        right: (
            "decision_matrix",
            r#"{"options": ["tea", "coffee"], "criteria": ["taste: very important", "price"], "scores": [[8, 6], [6, 8]]}"#,
            "Tea wins with seven point one against six point nine for coffee.",
        ),
        wrong: ("compare_options", r#"{"options": ["tea"]}"#, "give me at least two options"),
    },
    Row {
        name: email::NAME,
        effects: email::classes,
        serve: |listener, _, cancel| Box::pin(serve_email(listener, cancel)),
        right: ("read_inbox", "{}", "There are no emails."),
        wrong: ("send_email", r#"{"to": ["Sara"], "subject": "x", "body": "y"}"#, "no email address"),
    },
    Row {
        name: knowledge::NAME,
        effects: knowledge::classes,
        serve: |listener, folder, cancel| {
            let options =
                knowledge::Options::new(folder.join("homepilot.db"), folder.join("models"), &folder);
            Box::pin(knowledge::serve(listener, options, cancel))
        },
        right: ("add_document", r#"{"title": "Boiler", "text": "Hold the red button."}"#, "Boiler"),
        wrong: ("get_document", r#"{"document": "the lease"}"#, "lease"),
    },
    Row {
        name: web::NAME,
        effects: web::classes,
        serve: |listener, _, cancel| Box::pin(serve_web(listener, cancel)),
        right: ("web_search", r#"{"query": "rust"}"#, "From Wikipedia: Rust is a language."),
        wrong: ("read_page", r#"{"url": "http://127.0.0.1/"}"#, "127.0.0.1 leads to this machine itself"),
    },
    Row {
        name: whatsapp::NAME,
        effects: whatsapp::classes,
        serve: |listener, folder, cancel| {
            let account = whatsapp::Account::new("106540352242922", "EAA".into()).expect("an id");
            let options = whatsapp::Options::new(folder.join("homepilot.db"), account);
            Box::pin(whatsapp::serve(listener, options, cancel))
        },
        right: ("list_messages", "{}", "You have no WhatsApp messages."),
        wrong: (
            "send_whatsapp",
            r#"{"to": "Nobody", "message": "hi"}"#,
            "nobody called Nobody is known on WhatsApp",
        ),
    },
];

/// The briefing server before a gateway with one source.
async fn serve_briefing(listener: TcpListener, cancel: CancellationToken) -> Result<(), ServeError> {
    let gateway = TcpListener::bind("127.0.0.1:0").await?;
    let options = briefing::Options::new(format!("http://{}/mcp", gateway.local_addr()?));
    tokio::select! {
        served = briefing::serve(listener, options, cancel) => served,
        served = async { axum::serve(gateway, gateway::router()).await } => Ok(served?),
    }
}

/// The calendar connector before Radicale.
async fn serve_calendar(
    listener: TcpListener,
    folder: PathBuf,
    cancel: CancellationToken,
) -> Result<(), ServeError> {
    let peer = Peer::start(Kind::Radicale).await;
    let options = calendar::Options { clock: Clock::default(), ..options(&peer.url(), &folder) };
    calendar::serve(listener, options, cancel).await
}

/// The mail connector before Dovecot and Postfix.
async fn serve_email(listener: TcpListener, cancel: CancellationToken) -> Result<(), ServeError> {
    let house = House::open().await;
    email::serve(listener, house.options(ADA), cancel).await
}

/// The web server before a provider that always finds the same.
async fn serve_web(listener: TcpListener, cancel: CancellationToken) -> Result<(), ServeError> {
    let found: Value = json!({"results": [{
        "url": "https://en.wikipedia.org/wiki/Rust", "title": "Rust - Wikipedia", "content": "Rust is a language.",
    }]});
    let provider = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", provider.local_addr()?);
    let routes = Router::new().route("/search", get(async move || Json(found)));
    let options = web::Options::new(Some(Search::searxng(&url).expect("an address")));
    tokio::select! {
        served = web::serve(listener, options, cancel) => served,
        served = async { axum::serve(provider, routes).await } => Ok(served?),
    }
}

/// A server under way; it ends with the value.
pub(crate) struct Running {
    pub(crate) url: String,
    _served: JoinSet<Result<(), ServeError>>,
}

impl Row {
    /// Starts it with its data in `folder`.
    pub(crate) async fn start(&self, folder: &Path) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let mut served = JoinSet::new();
        served.spawn((self.serve)(listener, folder.to_owned(), CancellationToken::new()));
        Running { url, _served: served }
    }
}

#[test]
fn every_server_has_a_row() {
    let rows: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    assert!(BuiltIn::ALL.iter().all(|server| rows.contains(&server.name())), "{rows:?}");
    assert!(Connector::ALL.iter().all(|server| rows.contains(&server.name())), "{rows:?}");
}
