//! The conformance suite's scenarios of the protocol itself before every built-in server, in both revisions. The other
//! scenarios need fixtures by name (tools that answer with a picture, prompts, resources) that no server of ours has.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use crate::installed::installed;
use crate::servers::ROWS;

const PATIENCE: Duration = Duration::from_secs(120);

/// Scenarios by revision, each with how many checks succeed. Our servers keep no sessions, which is all that the session
/// scenario finds out.
const SCENARIOS: &[(&str, &[(&str, usize)])] = &[
    (
        "2025-11-25",
        &[
            ("server-initialize", 2),
            ("server-session-lifecycle", 0),
            ("ping", 2),
            ("tools-list", 3),
            ("dns-rebinding-protection", 2),
        ],
    ),
    (
        "2026-07-28",
        &[
            ("server-stateless", 21),
            ("caching", 4),
            ("http-header-validation", 14),
            ("tools-list", 4),
            ("dns-rebinding-protection", 2),
        ],
    ),
];

/// Checks of these scenarios that want what a server without fixtures does not offer: diagnostic tools by name, prompts and
/// resources.
const FIXTURES: [&str; 7] = [
    "sep-2575-server-rejects-undeclared-capability",
    "sep-2575-missing-capability-http-400",
    "sep-2575-http-server-no-independent-requests-on-stream",
    "sep-2575-server-no-log-without-loglevel",
    "sep-2549-prompts-list-caching-hints",
    "sep-2549-resources-list-caching-hints",
    "sep-2549-resources-templates-list-caching-hints",
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
            for (scenario, wanted) in *scenarios {
                let output = folder.path().join(revision).join(scenario);
                let checks = run(&server.url, revision, scenario, &output).await;
                let place = format!("{} {revision} {scenario}", row.name);
                let went = |check: &Check, status| check.status == status;
                let passed = checks.iter().filter(|check| went(check, "SUCCESS")).count();
                if passed < *wanted || checks.is_empty() {
                    wrong.push(format!("{place}: {passed} of {wanted} checks"));
                }
                let failed = checks.iter().filter(|check| {
                    !["SUCCESS", "INFO", "SKIPPED"].iter().any(|status| went(check, status))
                        && !FIXTURES.contains(&check.id.as_str())
                });
                wrong.extend(failed.map(|check| format!("{place}: {} {:?}", check.id, check.error)));
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
