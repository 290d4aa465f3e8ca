//! A tool server as `homepilot new-server` writes it: its own tests pass, and a persona uses it by voice after the line of
//! its README.

use std::path::PathBuf;

use homepilot_tests::{
    peers::{self, Listening},
    program::homepilot,
    server::Server,
};
use tokio::process::Command;

async fn program(server: &Server, arguments: &[&str]) -> String {
    let (runtime, gateway) = (server.at.runtime.port().to_string(), server.at.gateway.port().to_string());
    let variables =
        [("HOMEPILOT_PORTS_RUNTIME", runtime.as_str()), ("HOMEPILOT_PORTS_GATEWAY", gateway.as_str())];
    let ended = homepilot(&server.home, &variables, arguments).await.unwrap();
    assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.said);
    ended.said
}

async fn written(server: &Server, language: &str) -> PathBuf {
    let home = server.home.path();
    program(server, &["new-server", "--lang", language, "pantry", "--into", home.to_str().unwrap()]).await;
    home.join("pantry")
}

/// Registered, spoken to, and asked what it has kept.
async fn used(server: &Server, at: &[&str]) {
    program(server, &[&["servers", "add", "pantry"], at].concat()).await;
    server.capabilities_until(|ids| ids.iter().any(|id| id == "pantry__add_item")).await.unwrap();
    let wish = server.recording("wish", "Put rice on the pantry list.").await.unwrap();
    let yes = server.recording("yes", "Yes, please.").await.unwrap();
    let spoken = ["ask", "--audio", wish.to_str().unwrap(), "--then", yes.to_str().unwrap()];
    let said = program(server, &spoken).await;
    assert!(said.contains("Shall I?") && said.contains("is on the list"), "{said}");
    let said = program(server, &["ask", "what is on the pantry list", "--then", "yes"]).await;
    let answer = said.lines().last().unwrap_or_default();
    assert!(answer.to_lowercase().contains("rice"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_one_is_used_over_http() {
    let server = Server::start().await.unwrap();
    let project = written(&server, "python").await;
    let mut tests = peers::python().unwrap();
    tests.args(["-m", "unittest"]).current_dir(&project);
    peers::run(tests).await.unwrap();
    let mut python = peers::python().unwrap();
    python.args(["server.py", "--port", "0"]).current_dir(&project);
    let pantry = Listening::start(python, "Uvicorn running on ").await.unwrap();
    used(&server, &[&pantry.url]).await;
    pantry.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_one_is_used_over_stdio() {
    let server = Server::start().await.unwrap();
    let project = written(&server, "rust").await;
    // The versions this repository is tested with, and a place that outlives the test.
    std::fs::copy(peers::repository().join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let target = peers::repository().join("target/new-server");
    for subcommand in ["test", "build"] {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.arg(subcommand).current_dir(&project).env("CARGO_TARGET_DIR", &target);
        let output = command.kill_on_drop(true).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let built = target.join("debug/pantry");
    used(&server, &["--", built.to_str().unwrap()]).await;
}
