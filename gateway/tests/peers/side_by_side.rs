//! Two servers of one service under two names: what happens to one is nothing to the other.

use std::path::Path;
use std::time::Duration;

use homepilot_gateway::{Done, Status};
use serde_json::json;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::installed::{node_server, text};
use crate::program::{kill, running};
use crate::rig::{Rig, child};

/// A file whose reader waits until somebody writes.
fn pipe(folder: &Path) -> std::path::PathBuf {
    let pipe = folder.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    pipe
}

#[tokio::test(flavor = "multi_thread")]
async fn one_killed_in_the_middle_of_a_call_leaves_the_other_alone() {
    let (rig, a, b) = (Rig::open().await, tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (name, folder) in [("files-a", &a), ("files-b", &b)] {
        std::fs::write(folder.path().join("name.txt"), name).unwrap();
        rig.register(child(name, node_server("filesystem").with([text(folder.path())]))).await;
    }
    let name_of = |folder: &tempfile::TempDir| json!({"path": folder.path().join("name.txt")});
    assert_eq!(rig.answer("files-a__read_text_file", name_of(&a)).await, "files-a");
    assert_eq!(rig.answer("files-b__read_text_file", name_of(&b)).await, "files-b");

    let pipe = pipe(a.path());
    let authorized = rig.granted("files-a__read_text_file", json!({"path": pipe})).await;
    let gateway = rig.gateway.clone();
    let call = tokio::spawn(async move { gateway.execute(authorized, CancellationToken::new()).await.state });
    // Opening it for writing returns when the server has it open for reading: the call is under way.
    let opened = tokio::task::spawn_blocking(move || std::fs::OpenOptions::new().write(true).open(pipe));
    let _writer = timeout(Duration::from_secs(60), opened).await.unwrap().unwrap().unwrap();
    let before = running(&text(a.path()));
    let untouched = running(&text(b.path()));
    assert_eq!((before.len(), untouched.len()), (1, 1));
    kill(before[0]);
    let done = call.await.unwrap();
    assert!(matches!(done, Done::Unknown { .. }), "{done:?}");

    // The other one never noticed.
    assert_eq!(rig.answer("files-b__read_text_file", name_of(&b)).await, "files-b");
    assert_eq!(rig.gateway.server("files-b").unwrap().status, Status::Healthy);
    assert_eq!(running(&text(b.path())), untouched);
    // This one is started again by itself, and the interrupted call is not.
    rig.until(|gateway| {
        let healthy = gateway.server("files-a").is_some_and(|view| view.status == Status::Healthy);
        healthy && running(&text(a.path())).iter().any(|id| *id != before[0])
    })
    .await;
    assert_eq!(rig.answer("files-a__read_text_file", name_of(&a)).await, "files-a");
}
