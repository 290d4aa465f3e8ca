//! The Python SDK's client at `/mcp`, in both revisions: it lists, and what it calls waits for its person's yes.
//! `make peers` installs it.

// A test fails by panicking, in the functions it calls too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../examples/conformance/behind.rs"]
#[allow(dead_code, reason = "the server behind the gateway is its fixture; the gateway is this test's")]
mod behind;
#[path = "../examples/conformance/fixture.rs"]
mod fixture;
#[path = "../examples/conformance/tools.rs"]
mod tools;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use homepilot_gateway::{AuditQuery, AuditState, DecidedBy, Gateway, GatewayConfig, Registration, http};
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_lists_and_approves_what_it_calls() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(GatewayConfig::new(folder.path().join("gateway.db"))).await.unwrap();
    gateway.register(Registration::new("fixture", behind::serve_fixture().await)).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let router = http::router(gateway.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    for revision in ["legacy", "auto"] {
        for (answer, wanted) in [
            ("yes", "This is a simple text response for testing."),
            ("no", "It was not run: the answer was no."),
            ("unticked", "It was not run: the answer was no."),
        ] {
            let said = client(&[&url, revision, answer]).await;
            assert!(said.contains("fixture__test_simple_text"), "{revision} {answer}: {said}");
            assert!(said.contains("wants to run test_simple_text of fixture"), "{revision} {answer}: {said}");
            assert!(said.contains(wanted), "{revision} {answer}: {said}");
        }
    }
    let rows = gateway.audit(AuditQuery::default()).await.unwrap();
    assert!(rows.iter().all(|row| row.decided_by == DecidedBy::Mcp), "{rows:?}");
    let ran = rows.iter().filter(|row| row.state == AuditState::Succeeded).count();
    assert_eq!((ran, rows.len()), (2, 6));
}

async fn client(arguments: &[&str]) -> String {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let peers =
        std::env::var_os("HOMEPILOT_PEERS").map_or_else(|| repository.join("target/peers"), PathBuf::from);
    let python = peers.join("python/bin/python");
    assert!(python.exists(), "{} is missing: run `make peers`", python.display());
    let mut command = Command::new(python);
    command.arg(repository.join("tests/peers/mcp_client.py")).args(arguments);
    let ran = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let ran = tokio::time::timeout(Duration::from_secs(60), ran).await.expect("the client ends").unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}
