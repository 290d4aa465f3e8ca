//! What is done in the rounds, and where: mail between two people of a house with Dovecot and Postfix, and events in
//! Radicale's calendar.

use std::path::Path;

use homepilot_servers::email::{Options, Sender};
use homepilot_servers::{IDEMPOTENCY_KEY, calendar, email};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::PATIENCE;
use crate::calendar::{Kind, Peer, options};
use crate::email::house::{ADA, COPIED, House};

pub(super) enum Work {
    Mail(House),
    Calendar(Peer),
}

/// What the connector says to a call that it was given before.
pub(super) enum Answered {
    /// It is done, then or now.
    Done,
    /// It can't know.
    Unknown,
}

impl Work {
    pub(super) async fn mail() -> Work {
        Work::Mail(House::open().await)
    }

    pub(super) async fn calendar() -> Work {
        Work::Calendar(Peer::start(Kind::Radicale).await)
    }

    /// As another process is told it.
    pub(super) fn place(&self) -> Value {
        match self {
            Work::Mail(house) => {
                let (smtps, imaps) = (house.ports.smtps, house.ports.imaps);
                json!({"work": email::NAME, "smtps": smtps, "imaps": imaps, "certificate": house.certificate})
            }
            Work::Calendar(peer) => json!({"work": calendar::NAME, "url": peer.url()}),
        }
    }

    /// Until what was told as done has arrived, and nothing more is under way.
    pub(super) async fn settle(&self, done: &[u32]) {
        let Work::Mail(house) = self else { return };
        house
            .until(|| async { done.iter().all(|number| house.count(COPIED, "", &marked(*number)) > 0) })
            .await;
        house.until(|| async { house.has_nothing_queued() }).await;
    }

    /// How often a round's effect is there: at whom it is for, and in each other place.
    pub(super) async fn counts(&self, number: u32) -> Vec<usize> {
        match self {
            Work::Mail(house) => {
                vec![house.count(COPIED, "", &marked(number)), house.count(ADA, ".Sent", &marked(number))]
            }
            Work::Calendar(peer) => vec![peer.count(&marked(number)).await],
        }
    }
}

pub(super) fn name(place: &Value) -> &str {
    place["work"].as_str().unwrap()
}

fn marked(number: u32) -> String {
    format!("Round {number:03}")
}

pub(super) fn capability(place: &Value) -> String {
    let tool = if name(place) == email::NAME { "send_email" } else { "create_event" };
    format!("{}__{tool}", name(place))
}

pub(super) fn arguments(place: &Value, number: u32) -> Map<String, Value> {
    let (title, day) = (marked(number), number % 28 + 1);
    let arguments = if name(place) == email::NAME {
        json!({"to": [COPIED], "subject": title, "body": "Once."})
    } else {
        json!({"title": title, "when": format!("2026-{:02}-{day:02}T10:00", number / 28 + 4)})
    };
    arguments.as_object().unwrap().clone()
}

/// Serves the connector; its address.
pub(super) async fn serve(place: &Value, database: &Path) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let mut served = JoinSet::new();
    let cancel = CancellationToken::new();
    if name(place) == email::NAME {
        let port = |name: &str| u16::try_from(place[name].as_u64().unwrap()).unwrap();
        let account = |name: &str| House::account(ADA, port(name));
        let certificate = place["certificate"].as_str().unwrap().to_owned();
        let options = Options {
            authority: Some(certificate),
            ..Options::new(database, account("smtps"), account("imaps"), Sender::parse(ADA).unwrap())
        };
        served.spawn(async move { email::serve(listener, options, cancel).await.unwrap() });
    } else {
        let url = place["url"].as_str().unwrap();
        let options = calendar::Options { database: database.to_owned(), ..options(url, Path::new("")) };
        served.spawn(async move { calendar::serve(listener, options, cancel).await.unwrap() });
    }
    (url, served)
}

/// Gives the connector a call that it was given before, under the same id.
pub(super) async fn once_more(url: &str, place: &Value, number: u32, id: &str) -> Answered {
    let tool = capability(place);
    let params = json!({
        "name": tool.split_once("__").unwrap().1, "arguments": arguments(place, number),
        "_meta": {IDEMPOTENCY_KEY: id},
    });
    let request = reqwest::Client::new()
        .post(url)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}));
    let answer: Value = request.timeout(PATIENCE).send().await.unwrap().json().await.unwrap();
    let result = &answer["result"];
    match (result["isError"].as_bool(), result["_meta"]["homepilot/outcome"].as_str()) {
        (Some(true), Some("unknown")) => Answered::Unknown,
        (Some(true), _) => panic!("round {number}: {answer}"),
        _ => Answered::Done,
    }
}
