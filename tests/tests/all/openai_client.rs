//! PyPI `openai`, unchanged but for its address, holds a whole spoken conversation.

use homepilot_tests::{
    peers::{peer, python, repository, run},
    server::Server,
};
use serde_json::Value;

/// One run of the client: recordings played in turn, and what it saw.
async fn converse(server: &Server, mode: &str, recordings: &[(&str, &str)]) -> Value {
    let mut command = python().unwrap();
    command.arg(peer("openai_realtime.py")).arg(mode).arg(server.at.runtime.to_string());
    command.arg(server.home.path().join("heard.wav"));
    for (name, text) in recordings {
        command.arg(server.recording(name, text).await.unwrap());
    }
    let printed = run(command).await.unwrap();
    serde_json::from_str(printed.trim().lines().last().unwrap()).unwrap()
}

const REMINDERS: &str = "select count(*) from reminders";
const QUESTION: (&str, &str) = ("question", "Remind me to water the garden tomorrow at five.");

#[tokio::test]
async fn every_golden_event_has_the_shape_that_the_package_knows() {
    let mut command = python().unwrap();
    command.arg(peer("golden_events.py"));
    for entry in std::fs::read_dir(repository().join("runtime/src/realtime/golden")).unwrap() {
        command.arg(entry.unwrap().path());
    }
    let compared: usize = run(command).await.unwrap().trim().parse().unwrap();
    assert!(compared > 50, "{compared}");
}

#[tokio::test(flavor = "multi_thread")]
async fn push_to_talk_with_a_spoken_yes() {
    let server = Server::start().await.unwrap();
    let seen = converse(&server, "push", &[QUESTION, ("yes", "Yes, please.")]).await;
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 1, "{seen}");
    let said = seen["said"].to_string();
    assert!(said.contains("Shall I?"), "{seen}");
    assert!(seen["heard"][0].as_str().unwrap().to_lowercase().contains("water the garden"), "{seen}");
    let heard = server.heard_in(&server.home.path().join("heard.wav")).await.unwrap();
    assert!(heard.contains("garden") && heard.contains("tomorrow"), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hands_free_with_a_spoken_no() {
    let server = Server::start().await.unwrap();
    let seen = converse(&server, "vad", &[QUESTION, ("no", "No, thank you.")]).await;
    assert!(seen["said"].to_string().contains("Shall I?"), "{seen}");
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 0, "{seen}");
    let events = seen["events"].to_string();
    for event in ["speech_started", "speech_stopped", "input_audio_buffer.committed", "response.done"] {
        assert!(events.contains(event), "{event} in {events}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_item_is_answered_by_a_click() {
    let server = Server::start().await.unwrap();
    let seen = converse(&server, "approve", &[QUESTION]).await;
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 1, "{seen}");
    assert!(seen["events"].to_string().contains("response.mcp_call.completed"), "{seen}");
    let audit = server.get("/v1/agentic/audit").await.unwrap();
    assert_eq!(audit["entries"][0]["decided_by"], "screen", "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_while_it_is_asked_has_said_no() {
    let server = Server::start().await.unwrap();
    let seen = converse(&server, "leave", &[QUESTION]).await;
    assert!(seen["said"].to_string().contains("Shall I?"), "{seen}");
    let denied = async {
        while !server.app.gateway.approvals().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), denied).await.unwrap();
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 0);
    let audit = server.get("/v1/agentic/audit").await.unwrap();
    assert_eq!(audit["entries"][0]["state"], "denied", "{audit}");
}
