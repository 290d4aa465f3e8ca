//! The conformance suite's scenarios of the protocol itself before every built-in server, in both revisions. The other
//! scenarios need fixtures by name (tools that answer with a picture, prompts, resources) that no server of ours has.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use crate::installed::installed;
use crate::servers::ROWS;

const PATIENCE: Duration = Duration::from_secs(120);

/// Scenarios by revision, each with the least number of checks that it makes.
const SCENARIOS: &[(&str, &[(&str, usize)])] = &[
    (
        "2025-11-25",
        &[
            ("server-initialize", 1),
            ("server-session-lifecycle", 1),
            ("ping", 1),
            ("tools-list", 1),
            ("dns-rebinding-protection", 2),
        ],
    ),
    (
        "2026-07-28",
        &[
            ("server-stateless", 10),
            ("caching", 2),
            ("http-header-validation", 4),
            ("tools-list", 1),
            ("dns-rebinding-protection", 2),
        ],
    ),
];

#[derive(Debug, Deserialize)]
struct Check {
    id: String,
    status: String,
    #[serde(rename = "errorMessage")]
    error: Option<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_keeps_the_protocol_in_both_revisions() {
    let mut wrong = Vec::new();
    for row in ROWS {
        let folder = tempfile::tempdir().unwrap();
        let server = row.start(folder.path()).await;
        for (revision, scenarios) in SCENARIOS {
            for (scenario, least) in *scenarios {
                let output = folder.path().join(revision).join(scenario);
                let checks = run(&server.url, revision, scenario, &output).await;
                let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
                for check in &checks {
                    *counted.entry(&check.status).or_default() += 1;
                }
                let place = format!("{} {revision} {scenario}", row.name);
                println!("{place}: {counted:?}");
                if counted.get("SUCCESS").is_none_or(|passed| passed < least) {
                    wrong.push(format!("{place}: only {counted:?}"));
                }
                let failed = checks
                    .iter()
                    .filter(|check| !matches!(check.status.as_str(), "SUCCESS" | "INFO" | "SKIPPED"));
                wrong.extend(failed.map(|check| format!("{place}: {check:?}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs a scenario and reads the checks that it wrote.
async fn run(url: &str, revision: &str, scenario: &str, output: &Path) -> Vec<Check> {
    let mut command = Command::new(installed("node_modules/node/bin/node"));
    command.arg(installed("node_modules/@modelcontextprotocol/conformance/dist/index.js"));
    command
        .args(["server", "--url", url, "--scenario", scenario, "--spec-version", revision, "-o"])
        .arg(output);
    let ran = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let said = tokio::time::timeout(PATIENCE, ran).await.expect("the suite ends").unwrap();
    let folder = std::fs::read_dir(output).ok().and_then(|mut folders| folders.next());
    let folder = folder.unwrap_or_else(|| panic!("{scenario} wrote nothing: {said:?}")).unwrap();
    let checks = std::fs::read_to_string(folder.path().join("checks.json")).unwrap();
    serde_json::from_str(&checks).unwrap()
}
