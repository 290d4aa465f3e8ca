//! `homepilot ask` with recordings: what a person hears and what is in the database afterwards.

use std::path::Path;

use homepilot_tests::{
    program::{Ended, homepilot},
    server::{Home, PLANNER, Server},
};

/// One `ask` against `server`, with `arguments` after the program's own.
async fn ask(server: &Server, arguments: &[&str]) -> Ended {
    let port = server.at.runtime.port().to_string();
    let arguments = [&["--model", PLANNER, "ask"], arguments].concat();
    homepilot(&server.home, &[("HOMEPILOT_PORTS_RUNTIME", &port)], &arguments).await.unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const REMINDERS: &str = "select count(*) from reminders";

#[tokio::test(flavor = "multi_thread")]
async fn yes_sets_one_reminder_and_it_is_said() {
    let server = Server::start().await.unwrap();
    let question =
        server.recording("question", "Remind me to water the garden tomorrow at five.").await.unwrap();
    let yes = server.recording("yes", "Yes, please.").await.unwrap();
    let reply = server.home.path().join("reply.wav");
    let asked =
        ask(&server, &["--audio", text(&question), "--then", text(&yes), "--out", text(&reply)]).await;
    assert_eq!(asked.code, 0, "{}", asked.said);
    assert!(asked.said.contains("Shall I?"), "{}", asked.said);
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 1, "{}", asked.said);
    let heard = server.heard_in(&reply).await.unwrap();
    // Once in the question and once in the result.
    assert!(heard.matches("garden").count() >= 2 && heard.contains("tomorrow"), "{heard:?}");
    let audit = server.get("/v1/agentic/audit").await.unwrap();
    let entry = &audit["entries"][0];
    assert_eq!(
        (entry["state"].as_str(), entry["decided_by"].as_str()),
        (Some("succeeded"), Some("voice")),
        "{audit}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_and_silence_set_nothing() {
    let server = Server::start().await.unwrap();
    let question =
        server.recording("question", "Remind me to water the garden tomorrow at five.").await.unwrap();
    let no = server.recording("no", "No, don't.").await.unwrap();
    let denied = ask(&server, &["--audio", text(&question), "--then", text(&no)]).await;
    assert!(denied.said.contains("Shall I?"), "{}", denied.said);
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 0, "{}", denied.said);
    let silent = ask(&server, &["--audio", text(&question)]).await;
    assert!(silent.said.contains("Shall I?"), "{}", silent.said);
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 0, "{}", silent.said);
    assert!(server.app.gateway.approvals().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_asked_again_and_runs_as_edited() {
    let server = Server::start().await.unwrap();
    let question =
        server.recording("question", "Remind me to water the garden tomorrow at five.").await.unwrap();
    let edit = server.recording("edit", "No, make it six.").await.unwrap();
    let yes = server.recording("yes", "Yes, please.").await.unwrap();
    let asked =
        ask(&server, &["--audio", text(&question), "--then", text(&edit), "--then", text(&yes)]).await;
    assert_eq!(asked.code, 0, "{}", asked.said);
    assert_eq!(asked.said.matches("Shall I?").count(), 2, "{}", asked.said);
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 1, "{}", asked.said);
    let (status, answer) = server
        .post(
            "/v1/agentic/invoke",
            &serde_json::json!({"persona": "assistant", "text": "which reminders do I have"}),
        )
        .await
        .unwrap();
    assert_eq!(status, 200, "{answer}");
    assert!(asked.said.contains("six p.m."), "{}", asked.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_one_is_started_for_the_turn() {
    let home = Home::new().unwrap();
    let arguments = ["--model", PLANNER, "ask", "put buy bread on my to do list", "--then", "yes"];
    let ended = homepilot(&home, &[("HOMEPILOT_PORTS_RUNTIME", "0")], &arguments).await.unwrap();
    assert_eq!(ended.code, 0, "{}", ended.said);
    assert_eq!(home.count("select count(*) from tasks").await.unwrap(), 1, "{}", ended.said);
}
