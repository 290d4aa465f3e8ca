//! Other people's voice clients, unchanged but for their address, hold a whole conversation: a spoken request, the question,
//! the answer by voice or by the client's own approval callback, and what came of it.

use homepilot_tests::{
    peers::{node, peer, python, run},
    server::Server,
};
use serde_json::Value;
use tokio::process::Command;

const REMINDERS: &str = "select count(*) from reminders";
const QUESTION: &str = "Remind me to water the garden tomorrow at five.";

/// What a client printed.
async fn seen(command: Command) -> Value {
    let printed = run(command).await.unwrap();
    serde_json::from_str(printed.trim().lines().last().unwrap()).unwrap()
}

/// The spoken question and the spoken yes, after the server's address.
async fn with_both(server: &Server, mut command: Command, client: &str) -> Command {
    command.arg(peer(client)).arg(format!("localhost:{}", server.at.runtime.port()));
    command.arg(server.recording("question", QUESTION).await.unwrap());
    command.arg(server.recording("yes", "Yes, please.").await.unwrap());
    command
}

/// That the exact question was said, and then that it was done, which it was once.
async fn asked_and_done(server: &Server, seen: &Value) {
    let said: Vec<&str> = seen["said"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let at = |words: &str| said.iter().position(|said| said.contains(words));
    let (asked, done) = (at("to water the garden, tomorrow at five p.m. Shall I?"), at("Done."));
    assert!(asked.is_some() && asked < done, "{seen}");
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 1, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openai_package_of_npm_over_tls() {
    let server = Server::start().await.unwrap();
    let mut command = with_both(&server, node().unwrap(), "openai_realtime.mjs").await;
    command.env("NODE_EXTRA_CA_CERTS", server.home.paths().tls().join("certificate.pem"));
    let seen = seen(command).await;
    asked_and_done(&server, &seen).await;
    assert_eq!(seen["heard"].as_array().unwrap().len(), 2, "{seen}");
    assert!(seen["sound"].as_u64().unwrap() > 100_000, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agents_package_of_npm_answers_by_its_approval_callback() {
    let server = Server::start().await.unwrap();
    let recording = server.recording("question", QUESTION).await.unwrap();
    for (answer, reminders) in [("reject", 0), ("approve", 1)] {
        let mut command = node().unwrap();
        command.arg(peer("agents_realtime.mjs")).arg(answer);
        command.arg(server.at.runtime.to_string()).arg(&recording);
        let seen = seen(command).await;
        let approvals = seen["approvals"].as_array().unwrap();
        assert_eq!(approvals.len(), 1, "{seen}");
        assert_eq!(approvals[0]["name"], "assistant__set_reminder", "{seen}");
        assert_eq!(approvals[0]["arguments"]["text"], "water the garden", "{seen}");
        assert_eq!(seen["calls"].as_array().unwrap().len() as i64, reminders, "{seen}");
        assert_eq!(server.home.count(REMINDERS).await.unwrap(), reminders, "{seen}");
        assert!(
            seen["said"].to_string().contains(if reminders == 0 { "Nothing was done" } else { "Done." }),
            "{seen}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_realtime_model_of_livekit() {
    let server = Server::start().await.unwrap();
    let seen = seen(with_both(&server, python().unwrap(), "livekit_realtime.py").await).await;
    asked_and_done(&server, &seen).await;
    assert_eq!(seen["heard"].as_array().unwrap().len(), 2, "{seen}");
    assert!(seen["seconds"].as_f64().unwrap() > 5.0, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_of_pipecat_hands_free() {
    let server = Server::start().await.unwrap();
    let seen = seen(with_both(&server, python().unwrap(), "pipecat_realtime.py").await).await;
    asked_and_done(&server, &seen).await;
    assert_eq!(seen["errors"].as_array().unwrap().len(), 0, "{seen}");
}
