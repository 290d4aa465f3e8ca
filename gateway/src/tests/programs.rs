//! Servers that are child processes: real ones, of Python.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::*;

pub(super) fn program(rig: &Rig, name: &str) -> Registration {
    let script = rig.folder.path().join("program.py");
    std::fs::write(&script, include_str!("program.py")).unwrap();
    Registration {
        name: name.to_owned(),
        command: Some("python3".to_owned()),
        args: vec![script.display().to_string()],
        env: BTreeMap::from([("KEY".to_owned(), "TOPSECRET".to_owned())]),
        ..Registration::default()
    }
}

/// Registers the program, which has to start.
async fn started(rig: &Rig) -> ServerView {
    let view = rig.gateway.register(program(rig, "child")).await.unwrap().view;
    assert_eq!(view.status, Status::Healthy, "python3 is needed: {view:?}");
    view
}

async fn said(rig: &Rig, tool: &str) -> Done {
    let authorized = rig.granted(&format!("child__{tool}"), json!({})).await;
    rig.run(authorized).await
}

async fn pid_of(rig: &Rig, tool: &str) -> u32 {
    match said(rig, tool).await {
        Done::Succeeded { text, .. } => text.parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Whether the process runs; one that has ended and waits to be reaped does not.
fn runs(pid: u32) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    status.is_ok_and(|status| !status.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_started_used_and_shown_without_its_secrets() {
    let rig = Rig::open().await;
    let view = started(&rig).await;
    assert_eq!((view.transport, view.url.as_str()), (TransportChoice::Stdio, "stdio:python3"));
    assert!(runs(pid_of(&rig, "pid").await));
    let Done::Succeeded { text, .. } = said(&rig, "env").await else { panic!("no answer") };
    let env: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
    assert_eq!(env["KEY"], "TOPSECRET");
    // Cargo gives us this one; what is ours is none of the program's business.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some() && !env.contains_key("CARGO_MANIFEST_DIR"));
    let shown = format!("{view:?} {:?}", rig.gateway);
    assert!(!shown.contains("TOPSECRET"), "{shown}");
    let again = rig.gateway.register(program(&rig, "child")).await.unwrap();
    assert!(!again.created);
    let mut other = program(&rig, "child");
    other.args.push("--other".to_owned());
    assert!(matches!(rig.gateway.register(other).await, Err(RegisterError::Conflict { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_dies_is_unknown_and_started_again() {
    let rig = Rig::open().await;
    started(&rig).await;
    let first = pid_of(&rig, "pid").await;
    let died = said(&rig, "die").await;
    assert!(matches!(died, Done::Unknown { .. }), "{died:?}");
    let back = |gateway: &Gateway| gateway.capabilities().len() == 6;
    // It may be back before anybody has looked that it was gone.
    rig.gateway.refresh("child").await;
    rig.until(back).await;
    assert_ne!(pid_of(&rig, "pid").await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_killed_with_its_children() {
    let rig = Rig::open().await;
    for end in ["deregistered", "disabled", "shut down"] {
        started(&rig).await;
        let (leader, child) = (pid_of(&rig, "pid").await, pid_of(&rig, "spawn").await);
        assert!(runs(leader) && runs(child));
        let switch = |enabled| ServerPatch { enabled: Some(enabled), ..ServerPatch::default() };
        match end {
            "deregistered" => assert!(rig.gateway.deregister("child").await.unwrap()),
            "disabled" => {
                rig.gateway.patch("child", switch(false)).await.unwrap();
            }
            _ => {
                rig.gateway.patch("child", switch(true)).await.unwrap();
            }
        }
        if end == "shut down" {
            rig.gateway.shutdown().await;
            assert!(!runs(leader) && !runs(child), "{end}");
            continue;
        }
        let gone = async {
            while runs(leader) || runs(child) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), gone).await.expect(end);
        rig.gateway.deregister("child").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_never_ends_its_line_is_cut_off() {
    let rig = Rig::open().await;
    started(&rig).await;
    let ended = said(&rig, "huge").await;
    assert!(matches!(ended, Done::Unknown { .. }), "{ended:?}");
    rig.until(|gateway| gateway.capabilities().len() == 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_does_not_start_says_why() {
    let rig = Rig::open().await;
    let mut broken = program(&rig, "broken");
    broken.args.push("--broken".to_owned());
    let view = rig.gateway.register(broken).await.unwrap().view;
    let reason = view.reason.unwrap();
    assert!(reason.starts_with("its program ended: "), "{reason}");
    assert!(reason.ends_with("no module named nothing"), "{reason}");
    let mut missing = program(&rig, "missing");
    missing.command = Some("no-such-program-anywhere".to_owned());
    let reason = rig.gateway.register(missing).await.unwrap().view.reason.unwrap();
    assert_eq!(
        reason,
        "its program no-such-program-anywhere can't be started: No such file or directory (os error 2)"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_survives_a_restart_of_the_gateway() {
    let rig = Rig::open().await;
    started(&rig).await;
    let rig = rig.reopen().await;
    rig.until(|gateway| gateway.capabilities().len() == 6).await;
    assert_eq!(rig.gateway.server("child").unwrap().transport, TransportChoice::Stdio);
}
