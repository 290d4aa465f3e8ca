//! A database that is locked or damaged: every tool says so, nothing is lost, and all is well when it is.

use serde_json::{Value, json};
use sqlx::Connection;

use super::{Client, call, locked, options, refused, said, start};

/// Every tool with a call that can be made after [`fill`], over and over where the call before it was refused.
fn calls() -> [(&'static str, Value); 11] {
    [
        ("create_task", json!({"text": "new"})),
        ("list_tasks", json!({})),
        ("update_task", json!({"task": "kept", "due": "friday"})),
        ("complete_task", json!({"task": "kept"})),
        ("delete_task", json!({"task": "kept"})),
        ("set_reminder", json!({"text": "new", "when": "at six"})),
        ("list_reminders", json!({})),
        ("cancel_reminder", json!({"reminder": "kept"})),
        ("add_schedule_entry", json!({"title": "new", "when": "at six"})),
        ("list_schedule", json!({})),
        ("find_free_time", json!({})),
    ]
}

async fn fill(client: &Client) {
    said(&call(client, "create_task", json!({"text": "kept"})).await);
    said(&call(client, "set_reminder", json!({"text": "kept", "when": "tomorrow at five"})).await);
    said(&call(client, "add_schedule_entry", json!({"title": "kept", "when": "tomorrow at five"})).await);
}

async fn all(client: &Client) -> String {
    let mut found = String::new();
    for tool in ["list_tasks", "list_reminders", "list_schedule"] {
        found.push_str(&said(&call(client, tool, json!({})).await));
    }
    found
}

#[tokio::test]
async fn a_locked_database_is_a_tool_error_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.db");
    let server = start(options(&path)).await;
    let client = server.client().await;
    fill(&client).await;
    let before = all(&client).await;
    let mut lock = locked(&path).await;
    for (tool, arguments) in calls() {
        let result = call(&client, tool, arguments).await;
        if tool.starts_with("list") || tool.starts_with("find") {
            said(&result);
        } else {
            let busy = refused(&result);
            assert!(busy.contains("busy") && busy.contains("try again"), "{tool}: {busy}");
        }
    }
    assert_eq!(all(&client).await, before);
    sqlx::query("rollback").execute(&mut lock).await.unwrap();
    lock.close().await.unwrap();
    for (tool, arguments) in calls() {
        said(&call(&client, tool, arguments).await);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_damaged_database_is_a_tool_error_and_works_again_when_mended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.db");
    let server = start(options(&path)).await;
    let client = server.client().await;
    fill(&client).await;
    let before = all(&client).await;
    drop(client);
    server.stop().await;

    let good = std::fs::read(&path).unwrap();
    let garbage = b"this is not a database, it is somebody's letter ".repeat(100);
    std::fs::write(&path, &garbage).unwrap();
    let server = start(options(&path)).await;
    let client = server.client().await;
    for (tool, arguments) in calls() {
        let damaged = refused(&call(&client, tool, arguments).await);
        assert!(damaged.contains("damaged") && damaged.contains("h.db"), "{tool}: {damaged}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), garbage);
    // Mended while the server runs.
    std::fs::write(&path, good).unwrap();
    assert_eq!(all(&client).await, before);
    for (tool, arguments) in calls() {
        said(&call(&client, tool, arguments).await);
    }
    server.stop().await;
}
