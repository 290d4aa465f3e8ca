//! The WebSocket underneath: the Autobahn cases (PyPI `kosoku`) against an echo on the stack that `/v1/realtime` stands on,
//! with its limits and its closing handshake. Compression (12, 13) is not offered.

use std::path::PathBuf;

use axum::{
    Router,
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    routing::any,
};
use homepilot::realtime::{LARGEST_MESSAGE, farewell};
use homepilot_tests::peers::{python, run};
use serde_json::Value;

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let back = match message {
            Message::Text(_) | Message::Binary(_) => message,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => break,
        };
        if socket.send(back).await.is_err() {
            break;
        }
    }
    farewell(socket).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cases_of_autobahn() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let route = any(async |upgrade: WebSocketUpgrade| {
        upgrade.max_message_size(LARGEST_MESSAGE).max_frame_size(LARGEST_MESSAGE).on_upgrade(echo)
    });
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(async move { axum::serve(listener, Router::new().route("/", route)).await.unwrap() });
    let folder = tempfile::tempdir().unwrap();
    let mut command = python().unwrap();
    command.args(["-c", "from kosoku._cli import main; raise SystemExit(main())"]);
    command.args(["-x", "12.*", "-x", "13.*", "-p", "2", "-o"]).arg(folder.path()).arg(format!("ws://{at}/"));
    let printed = run(command).await.unwrap();
    let index: PathBuf = folder.path().join("index.json");
    let report: Value = serde_json::from_slice(&std::fs::read(&index).expect(&printed)).unwrap();
    let cases = report.as_object().unwrap().values().next().unwrap().as_object().unwrap();
    assert!(cases.len() >= 240, "{}", cases.len());
    let failed: Vec<_> = cases
        .iter()
        .filter(|(_, case)| {
            let good =
                |key: &str, words: &[&str]| case[key].as_str().is_some_and(|word| words.contains(&word));
            let held = good("behavior", &["OK", "NON-STRICT", "INFORMATIONAL"]);
            !(held && good("behaviorClose", &["OK", "INFORMATIONAL"]))
        })
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}
