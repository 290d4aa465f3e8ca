//! The Python SDK's client at every built-in server, in both revisions: it lists, calls, checks what it gets against the
//! tools' own schemas, and is refused in words.

use std::process::Stdio;
use std::time::Duration;

use homepilot_servers::Effect;
use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use crate::installed::{installed, repository};
use crate::servers::{ROWS, Row};

/// Starting Python and its SDK takes seconds on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What `mcp_calls.py` prints.
#[derive(Debug, Deserialize)]
struct Saw {
    server: String,
    protocol: String,
    tools: Vec<Listed>,
    calls: Vec<Called>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    name: String,
    title: Option<String>,
    description: Option<String>,
    read_only: Option<bool>,
    output_schema: bool,
}

#[derive(Debug, Deserialize)]
struct Called {
    error: bool,
    text: String,
    structured: Option<Value>,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_uses_every_server_in_both_revisions() {
    for row in ROWS {
        for (mode, protocol) in [("legacy", "2025-11-25"), ("auto", "2026-07-28")] {
            let folder = tempfile::tempdir().unwrap();
            let server = row.start(folder.path()).await;
            let saw = client(&server.url, mode, row).await;
            let place = format!("{} {mode}", row.name);
            assert_eq!(saw.server, format!("homepilot-{}", row.name), "{place}");
            assert_eq!(saw.protocol, protocol, "{place}");
            let told: Vec<_> = saw.tools.iter().map(|tool| (tool.name.as_str(), tool.read_only)).collect();
            let known: Vec<_> = (row.effects)()
                .into_iter()
                .map(|(tool, effect)| (tool, Some(effect == Effect::Read)))
                .collect();
            assert_eq!(told, known, "{place}");
            for tool in &saw.tools {
                let told = tool.title.is_some() && tool.description.is_some();
                assert!(told && tool.output_schema, "{place}: {tool:?}");
            }
            let [right, wrong, unknown] = saw.calls.as_slice() else { panic!("{place}: {:?}", saw.calls) };
            assert!(!right.error && right.text.contains(row.right.2), "{place}: {right:?}");
            assert!(right.structured.as_ref().is_some_and(Value::is_object), "{place}: {right:?}");
            assert!(wrong.error && wrong.text.contains(row.wrong.2), "{place}: {wrong:?}");
            assert!(
                unknown.error && unknown.text.contains("there is no tool no_such_tool"),
                "{place}: {unknown:?}"
            );
        }
    }
}

async fn client(url: &str, mode: &str, row: &Row) -> Saw {
    let mut command = Command::new(installed("python/bin/python"));
    command.arg(repository().join("tests/peers/mcp_calls.py")).args([url, mode]);
    for (tool, arguments, _) in [row.right, row.wrong, ("no_such_tool", "{}", "")] {
        command.args([tool, arguments]);
    }
    let ran = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let ran = tokio::time::timeout(PATIENCE, ran).await.expect("the client ends").unwrap();
    assert!(ran.status.success(), "{} {mode}: {}", row.name, String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}
