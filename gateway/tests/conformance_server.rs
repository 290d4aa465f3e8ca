//! The conformance suite's frozen requirements, both revisions: a server behind `/mcp` scores as it does by itself.
//! `make peers` installs the suite and its Node.

// A test fails by panicking, in the functions it calls too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../examples/conformance/behind.rs"]
mod behind;
#[path = "../examples/conformance/fixture.rs"]
mod fixture;
#[path = "../examples/conformance/tools.rs"]
mod tools;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(300);

/// Checks by scenario and id, with how each went.
type Score = BTreeMap<(String, String), BTreeSet<String>>;

#[derive(Deserialize)]
struct Check {
    id: String,
    status: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_2025_11_25_scores_as_well_through_the_gateway() {
    compare("2025-11-25", 70).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_2026_07_28_scores_as_well_through_the_gateway() {
    compare("2026-07-28", 121).await;
}

/// `checks` is what the frozen requirements score; fewer would mean that something was not exercised.
async fn compare(revision: &str, checks: usize) {
    let folder = tempfile::tempdir().unwrap();
    let direct = behind::serve_fixture().await;
    let through = behind::serve_gateway(folder.path(), &direct).await;
    let by_itself = run(revision, &direct, &folder.path().join("direct")).await;
    let behind_us = run(revision, &through, &folder.path().join("through")).await;
    let wrong: Vec<_> =
        behind_us.iter().filter(|(_, went)| went.iter().any(|went| went != "SUCCESS")).collect();
    assert!(wrong.is_empty(), "through the gateway: {wrong:?}");
    assert_eq!(behind_us, by_itself);
    assert!(behind_us.len() >= checks - REPEATED, "{} of {checks} checks ran", behind_us.len());
}

/// Some checks are made more than once under one id.
const REPEATED: usize = 10;

/// Runs the suite against a server and reads what it wrote of the scored scenarios.
async fn run(revision: &str, url: &str, output: &Path) -> Score {
    let suite = "node_modules/@modelcontextprotocol/conformance";
    let scored = scored(&installed(&format!("{suite}/requirements/{revision}.yaml")));
    let mut command = Command::new(installed("node_modules/node/bin/node"));
    command.arg(installed(&format!("{suite}/dist/index.js")));
    command.args(["server", "--url", url, "--requirements", revision, "-o"]).arg(output);
    let ran = command.stdin(Stdio::null()).kill_on_drop(true).output();
    // Its exit code counts what is not scored too.
    let said = tokio::time::timeout(PATIENCE, ran).await.expect("the suite ends").unwrap();
    let mut score = Score::new();
    for folder in std::fs::read_dir(output).unwrap_or_else(|_| panic!("the suite wrote nothing: {said:?}")) {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        let Some(scenario) = scored.iter().find(|scenario| names(&name, scenario)) else { continue };
        let checks = std::fs::read_to_string(folder.path().join("checks.json")).unwrap();
        for check in serde_json::from_str::<Vec<Check>>(&checks).unwrap() {
            if check.status != "INFO" {
                score.entry((scenario.clone(), check.id)).or_default().insert(check.status);
            }
        }
    }
    let ran: BTreeSet<_> = score.keys().map(|(scenario, _)| scenario).collect();
    assert_eq!(ran.len(), scored.len(), "scenarios that were run: {ran:?}");
    score
}

/// A scenario's folder is `server-SCENARIO-` and the time.
fn names(folder: &str, scenario: &str) -> bool {
    let rest = folder.strip_prefix("server-").and_then(|rest| rest.strip_prefix(scenario));
    rest.and_then(|rest| rest.strip_prefix('-'))
        .is_some_and(|time| time.starts_with(|c: char| c.is_ascii_digit()))
}

/// The scenarios that the frozen requirements score for servers: the list under `server:`.
fn scored(requirements: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(requirements).unwrap();
    let list = text.lines().skip_while(|line| *line != "server:").skip(1);
    let list: Vec<_> = list.map_while(|line| line.strip_prefix("  - ")).map(ToOwned::to_owned).collect();
    assert!(list.len() > 20, "the requirements can't be read: {list:?}");
    list
}

/// Something that `make peers` installs.
fn installed(path: &str) -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder =
        std::env::var_os("HOMEPILOT_PEERS").map_or_else(|| repository.join("target/peers"), PathBuf::from);
    let file = folder.join(path);
    assert!(file.exists(), "{} is missing: run `make peers`", file.display());
    file
}
