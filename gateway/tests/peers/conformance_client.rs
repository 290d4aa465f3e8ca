//! The MCP conformance suite against the gateway as a client: what both revisions require, frozen at their release.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use crate::installed::installed;

const SUITE: &str = "node_modules/@modelcontextprotocol/conformance";
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::test]
async fn required_of_2025_11_25() {
    run("2025-11-25").await;
}

#[tokio::test]
async fn required_of_2026_07_28() {
    run("2026-07-28").await;
}

async fn run(revision: &str) {
    let out = tempfile::tempdir().unwrap();
    let suite = Command::new(installed("node_modules/node/bin/node"))
        .arg(installed(SUITE).join("dist/index.js"))
        .args(["client", "--requirements", revision, "--command"])
        .arg(client())
        .arg("-o")
        .arg(out.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    // It fails for what is not scored too, so its end says nothing; what it wrote does.
    let said = timeout(PATIENCE, suite).await.expect("the suite hangs").unwrap();
    let checks = checks(out.path());
    let wanted = scored(revision);
    assert!(wanted.len() > 10, "no requirements were read: {wanted:?}");
    let mut problems = Vec::new();
    let mut passed = 0;
    for scenario in &wanted {
        let Some(checks) = checks.get(scenario) else {
            problems.push(format!("{scenario} was not run"));
            continue;
        };
        passed += checks.iter().filter(|check| check["status"] == "SUCCESS").count();
        let bad = checks
            .iter()
            .filter(|check| !["SUCCESS", "INFO", "SKIPPED"].iter().any(|status| check["status"] == *status));
        problems.extend(bad.map(|check| format!("{scenario}: {check}")));
    }
    assert!(
        problems.is_empty() && passed >= wanted.len(),
        "{passed} checks passed, not these:\n{}\n{}",
        problems.join("\n"),
        String::from_utf8_lossy(&said.stderr)
    );
}

/// The example program beside this test.
fn client() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let client = test.parent().and_then(Path::parent).unwrap().join("examples/conformance_client");
    assert!(client.exists(), "{} is missing: `cargo test -p homepilot-gateway` builds it", client.display());
    client
}

/// The scenarios that count, from the suite's own list.
fn scored(revision: &str) -> Vec<String> {
    let list =
        std::fs::read_to_string(installed(SUITE).join(format!("requirements/{revision}.yaml"))).unwrap();
    let lines = list.lines().skip_while(|line| *line != "client:").skip(1);
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    lines.filter_map(|line| line.trim().strip_prefix("- ")).map(str::to_owned).collect()
}

/// What the suite wrote: the checks of each scenario. Its folders are named `scenario-TIME`.
fn checks(out: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![out.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with("checks.json") {
                let name = folder.strip_prefix(out).unwrap().to_str().unwrap();
                // `-2026-11-22T21-24-50-051Z`
                let name = name[..name.len() - 25].to_owned();
                found.insert(name, serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap());
            }
        }
    }
    found
}
