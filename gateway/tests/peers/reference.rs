//! The reference servers for files, memory, time and git, each as a child process: one read and one write.

use std::path::Path;
use std::process::Command;

use homepilot_gateway::Done;
use serde_json::{Value, json};

use crate::installed::{node_server, python_server, text};
use crate::rig::{Rig, child};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_written_and_read_and_one_outside_is_refused() {
    let (rig, folder) = (Rig::open().await, tempfile::tempdir().unwrap());
    rig.register(child("files", node_server("filesystem").with([text(folder.path())]))).await;
    let file = folder.path().join("list.txt");
    let wrote = rig.answer("files__write_file", json!({"path": file, "content": "bread and milk\n"})).await;
    assert!(wrote.starts_with("Successfully wrote"), "{wrote}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "bread and milk\n");
    assert_eq!(rig.answer("files__read_text_file", json!({"path": file})).await, "bread and milk\n");

    let outside = rig.folder.path().join("outside.txt");
    match rig.call("files__write_file", json!({"path": outside, "content": "no"})).await {
        Done::ToolFailed { text } => assert!(text.starts_with("Access denied"), "{text}"),
        other => panic!("{other:?}"),
    }
    assert!(!outside.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_is_found_again_by_the_next_run() {
    let (rig, folder) = (Rig::open().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("SECRET-place.jsonl");
    let mut registration = child("memory", node_server("memory"));
    registration.env.insert("MEMORY_FILE_PATH".to_owned(), text(&file));
    let view = rig.register(registration).await;
    let shown = format!("{view:?} {}", serde_json::to_string(&view).unwrap());
    assert!(!shown.contains("SECRET"), "the child's environment is shown: {shown}");
    let aunt = json!({"name": "Ada", "entityType": "aunt", "observations": ["likes tulips"]});
    rig.answer("memory__create_entities", json!({"entities": [aunt]})).await;
    assert!(std::fs::read_to_string(&file).unwrap().contains("likes tulips"));
    let graph: Value = serde_json::from_str(&rig.answer("memory__read_graph", json!({})).await).unwrap();
    assert_eq!(graph["entities"], json!([aunt]));

    // Another process with the same file.
    let mut again = child("again", node_server("memory"));
    again.env.insert("MEMORY_FILE_PATH".to_owned(), text(&file));
    rig.register(again).await;
    let graph: Value = serde_json::from_str(&rig.answer("again__read_graph", json!({})).await).unwrap();
    assert_eq!(graph["entities"][0]["name"], "Ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_elsewhere() {
    let rig = Rig::open().await;
    rig.register(child("clock", python_server("time"))).await;
    let arguments =
        json!({"source_timezone": "Europe/Berlin", "time": "16:30", "target_timezone": "Asia/Tokyo"});
    let text = rig.answer("clock__convert_time", arguments).await;
    let converted: Value = serde_json::from_str(&text).unwrap();
    // Tokyo is 7 hours ahead in summer and 8 in winter.
    let there = converted["target"]["datetime"].as_str().unwrap();
    assert!(there.contains("T23:30") || there.contains("T00:30"), "{text}");
    let wrong = rig.call("clock__get_current_time", json!({"timezone": "Moon/Tranquility"})).await;
    assert!(matches!(&wrong, Done::ToolFailed { text } if text.contains("Moon/Tranquility")), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_made_and_seen() {
    let (rig, folder) = (Rig::open().await, tempfile::tempdir().unwrap());
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["config", "user.name", "Tester"]);
    git(folder.path(), &["config", "user.email", "tester@localhost"]);
    std::fs::write(folder.path().join("notes.md"), "hello\n").unwrap();
    let repository = text(folder.path());
    rig.register(child("history", python_server("git").with(["--repository", &repository]))).await;
    let status = rig.answer("history__git_status", json!({"repo_path": repository})).await;
    assert!(status.contains("notes.md"), "{status}");
    rig.answer("history__git_add", json!({"repo_path": repository, "files": ["notes.md"]})).await;
    rig.answer("history__git_commit", json!({"repo_path": repository, "message": "First note"})).await;
    assert_eq!(git(folder.path(), &["log", "--format=%s"]), "First note\n");
    let log = rig.answer("history__git_log", json!({"repo_path": repository})).await;
    assert!(log.contains("First note"), "{log}");
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
