//! What the journal says when things go wrong.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::peer::Peer;
use super::*;

async fn desk() -> (Rig, Peer) {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    (rig, peer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_between_question_and_yes_gets_nothing() {
    let (rig, mut peer) = desk().await;
    let mut pending = rig.ask("desk__remind", json!({"text": "x"})).await;
    peer.kill();
    rig.gateway.answer(&pending.approval.id, Decision::Approve, DecidedBy::Voice).await.unwrap();
    let Resolution::Granted(authorized) = pending.resolution.wait().await else { panic!("not granted") };
    let done = rig.run(authorized).await;
    let Done::NotSent { reason } = done else { panic!("{done:?}") };
    assert!(reason.contains("no connection"), "{reason}");
    assert_eq!((rig.states().await, peer.done()), (vec![AuditState::Failed], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_started_anew_turns_the_call_away() {
    let (rig, mut peer) = desk().await;
    let authorized = rig.granted("desk__remind", json!({"text": "x"})).await;
    peer.kill();
    peer.revive().await;
    // Either the old connection still stands and is refused or works, or the regular look has found out; it never runs twice.
    let done = rig.run(authorized).await;
    match done {
        Done::NotSent { .. } => assert_eq!(peer.done(), 0),
        Done::Succeeded { .. } => assert_eq!(peer.done(), 1),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_is_sent_a_second_time_and_that_is_noted() {
    let (rig, peer) = desk().await;
    rig.level("desk", Level::ReadOnly, &["look"]).await;
    peer.break_next_call();
    let Ok(Verdict::Allowed(authorized)) = rig.propose("desk__look", json!({})).await else {
        panic!("a read at level 0 runs")
    };
    assert_eq!(rig.run(authorized).await, Done::Succeeded { text: "nothing due".into(), structured: None });
    assert_eq!(
        rig.steps().await,
        [
            "assistant: look of desk is being sent",
            "assistant: look of desk is being sent again, for the connection broke",
            "assistant: look of desk was done",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_connection_broke_is_unknown_and_stays_so() {
    let (rig, peer) = desk().await;
    let authorized = rig.granted("desk__remind", json!({"text": "x"})).await;
    peer.break_next_call();
    assert!(matches!(rig.run(authorized).await, Done::Unknown { .. }));
    assert_eq!(peer.done(), 0, "it was not sent a second time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_while_running_leaves_it_unknown() {
    let (rig, mut peer) = desk().await;
    let authorized = rig.granted("desk__hang", json!({})).await;
    let gateway = rig.gateway.clone();
    let running = tokio::spawn(async move { gateway.execute(authorized, CancellationToken::new()).await });
    peer.arrived().await;
    peer.kill();
    let done = running.await.unwrap().state;
    assert!(matches!(done, Done::Unknown { .. }), "{done:?}");
    assert_eq!((rig.states().await, peer.done()), (vec![AuditState::Unknown], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_says_what_is_known() {
    let (rig, peer) = desk().await;
    let before = rig.granted("desk__remind", json!({"text": "x"})).await;
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let done = rig.gateway.execute(before, cancelled).await.state;
    assert_eq!(done, Done::NotSent { reason: "it was cancelled before it was sent".into() });

    let during = rig.granted("desk__hang", json!({})).await;
    let (gateway, cancel) = (rig.gateway.clone(), CancellationToken::new());
    let token = cancel.clone();
    let running = tokio::spawn(async move { gateway.execute(during, token).await });
    peer.arrived().await;
    cancel.cancel();
    let done = running.await.unwrap().state;
    assert_eq!(done, Done::Unknown { reason: "it was cancelled while it was running".into() });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_goes_on_when_its_caller_goes_away() {
    let (rig, peer) = desk().await;
    let authorized = rig.granted("desk__hang", json!({})).await;
    let mut execution = Box::pin(rig.gateway.execute(authorized, CancellationToken::new()));
    tokio::select! {
        outcome = &mut execution => panic!("{outcome:?}"),
        () = peer.arrived() => {}
    }
    drop(execution);
    assert_eq!(rig.states().await, [AuditState::Dispatching]);
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_told_apart() {
    let (rig, _peer) = desk().await;
    let failed = rig.granted("desk__fail", json!({})).await;
    assert_eq!(rig.run(failed).await, Done::ToolFailed { text: "the calendar is full".into() });
    let big = rig.granted("desk__big", json!({})).await;
    let Done::Succeeded { text, .. } = rig.run(big).await else { panic!("failed") };
    assert!(text.ends_with("[cut here: the whole result is 300000 bytes, the limit is 262144]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_is_unknown_after_a_crash() {
    let (rig, peer) = desk().await;
    let (asked, approved) = (
        rig.ask("desk__remind", json!({"text": "a"})).await,
        rig.granted("desk__remind", json!({"text": "b"})).await,
    );
    let hanging = rig.granted("desk__hang", json!({})).await;
    let entry = hanging.entry().clone();
    let gateway = rig.gateway.clone();
    let running = tokio::spawn(async move { gateway.execute(hanging, CancellationToken::new()).await });
    peer.arrived().await;
    // A second program on the same file sees what a restart after SIGKILL would see.
    let after = open(rig.folder.path()).await;
    let recovered: Vec<_> =
        after.recovered().iter().map(|call| (call.entry.clone(), call.tool.as_str())).collect();
    assert_eq!(recovered, [(entry, "hang")]);
    let states: Vec<_> = after
        .audit(AuditQuery::default())
        .await
        .unwrap()
        .iter()
        .map(|entry| (entry.tool.clone(), entry.state))
        .collect();
    assert!(states.contains(&("hang".into(), AuditState::Unknown)), "{states:?}");
    assert!(
        !states.iter().any(|(_, state)| matches!(state, AuditState::Approved | AuditState::Dispatching)),
        "{states:?}"
    );
    // The first program can't run what is closed.
    let done = rig.run(approved).await;
    assert_eq!(done, Done::NotSent { reason: "the journal could not be written".into() });
    let answer = rig.gateway.answer(&asked.approval.id, Decision::Approve, DecidedBy::Api).await;
    assert!(matches!(answer, Err(AnswerError::AlreadyAnswered(_))), "{answer:?}");
    assert_eq!(peer.done(), 1);
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_has_every_step_and_no_arguments() {
    let (rig, _peer) = desk().await;
    for text in ["swordfish one", "swordfish two"] {
        let authorized = rig.granted("desk__remind", json!({"text": text})).await;
        rig.run(authorized).await;
    }
    let steps = rig.gateway.audit(AuditQuery { every_step: true, ..AuditQuery::default() }).await.unwrap();
    let states: Vec<_> = steps.iter().map(|step| step.state).collect();
    let one_call = [AuditState::Succeeded, AuditState::Dispatching, AuditState::Approved];
    assert_eq!(states, [one_call, one_call].concat());
    assert_eq!(steps[0].summary, "assistant: remind of desk was done");
    assert_eq!(steps[0].arguments_sha256.len(), 64);
    assert!(!serde_json::to_string(&steps).unwrap().contains("swordfish"));
    assert_eq!(
        rig.gateway.audit(AuditQuery { limit: Some(1), ..AuditQuery::default() }).await.unwrap(),
        steps[..1]
    );
    assert_eq!(
        rig.gateway
            .audit(AuditQuery { persona: Some("nobody".into()), ..AuditQuery::default() })
            .await
            .unwrap(),
        []
    );
    assert_eq!(rig.gateway.verify_audit().await.unwrap().rows, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_arguments_is_on_disk_and_the_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let (rig, _peer) = desk().await;
    let authorized = rig.granted("desk__remind", json!({"text": "swordfish"})).await;
    rig.run(authorized).await;
    for file in std::fs::read_dir(rig.folder.path()).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"swordfish"), "{path:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_server_may_say_that_it_does_not_know() {
    let peer = Peer::start().await;
    peer.offer(&["unsure"]);
    let unknown = Done::Unknown { reason: "the line was cut".into() };
    let failed = Done::ToolFailed { text: "the line was cut.".into() };
    let (ours, theirs) = (Rig::open().await, Rig::open().await);
    let name = "desk".parse().unwrap();
    let builtin = Builtin { name, url: peer.url(), description: "The desk".into(), category: None };
    ours.gateway.ensure_builtin(builtin).await.unwrap();
    theirs.register("desk", peer.url()).await;
    for (rig, wanted, state) in [(ours, unknown, AuditState::Unknown), (theirs, failed, AuditState::Failed)] {
        let authorized = rig.granted("desk__unsure", json!({})).await;
        assert_eq!(rig.run(authorized).await, wanted);
        assert_eq!(rig.states().await, [state]);
    }
}
