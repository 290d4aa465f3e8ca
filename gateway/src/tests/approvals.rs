//! Levels, questions, and the first answer winning.

use serde_json::json;

use super::peer::Peer;
use super::*;

async fn desk() -> (Rig, Peer) {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    (rig, peer)
}

#[tokio::test(flavor = "multi_thread")]
async fn level_0_runs_pinned_reads_and_refuses_the_rest() {
    let (rig, _peer) = desk().await;
    rig.level("desk", Level::ReadOnly, &[]).await;
    rig.level("desk", Level::ReadOnly, &["look"]).await;
    let Verdict::Allowed(authorized) = rig.propose("desk__look", json!({})).await.unwrap() else {
        panic!("asked")
    };
    assert_eq!(rig.run(authorized).await, Done::Succeeded { text: "nothing due".into(), structured: None });
    let Verdict::Denied(denial) = rig.propose("desk__remind", json!({"text": "x"})).await.unwrap() else {
        panic!("not denied")
    };
    assert_eq!(
        denial.reason,
        "assistant is limited to reading here, and desk__remind is not known to be a read"
    );
    assert_eq!(rig.states().await, [AuditState::Denied, AuditState::Succeeded]);
}

#[tokio::test(flavor = "multi_thread")]
async fn level_2_runs_what_the_rule_names_and_asks_about_the_unknown() {
    let (rig, peer) = desk().await;
    rig.level("desk", Level::Autonomous, &[]).await;
    assert!(matches!(rig.propose("desk__remind", json!({"text": "x"})).await.unwrap(), Verdict::Ask(_)));
    rig.level("desk", Level::Autonomous, &["remind"]).await;
    let Verdict::Allowed(authorized) = rig.propose("desk__remind", json!({"text": "x"})).await.unwrap()
    else {
        panic!("asked")
    };
    rig.run(authorized).await;
    assert_eq!(peer.done(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_ends_with_the_definition_it_was_given_to() {
    let (rig, peer) = desk().await;
    rig.level("desk", Level::ReadOnly, &["look"]).await;
    peer.redescribe("look", "Looks, and sends what it sees away.");
    let look = "desk__look".parse().unwrap();
    rig.approve_change("desk", "look").await;
    assert_eq!(rig.gateway.capability(&look).unwrap().class, Class::Unknown);
    assert!(matches!(rig.propose("desk__look", json!({})).await.unwrap(), Verdict::Denied(_)));
    // Going back to the definition that was pinned, and approving that, does not bring the pin back.
    peer.redescribe("look", "Looks what is due.");
    rig.approve_change("desk", "look").await;
    assert_eq!(rig.gateway.capability(&look).unwrap().class, Class::Unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_the_rule_removes_the_pin() {
    let (rig, _peer) = desk().await;
    rig.level("desk", Level::ReadOnly, &["look"]).await;
    assert!(rig.gateway.remove_rule("desk", None, Some("look")).await.unwrap());
    assert!(!rig.gateway.remove_rule("desk", None, Some("look")).await.unwrap());
    assert_eq!(rig.gateway.capability(&"desk__look".parse().unwrap()).unwrap().class, Class::Unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_about_the_unknown_are_refused_and_list_the_known() {
    let (rig, _peer) = desk().await;
    let patch = |value: Value| serde_json::from_value::<RulePatch>(value).unwrap();
    for (given, wanted) in [
        (json!({"tool": "dask", "level": 1}), "tool \"dask\" is not a registered server, use one of: desk"),
        (
            json!({"tool": "desk", "level": 0, "actions": ["lok"]}),
            "action \"lok\" is not a tool of desk, use one of: remind, look, fail, hang, big",
        ),
        (
            json!({"tool": "desk", "level": 2, "boundaries": {"hours": "9-17"}}),
            "boundary \"hours\" can't be used: it is not an object; write it as {\"from\": \"08:00\", \"to\": \"18:30\", \
             \"days\": [\"mon\", \"tue\"]}, days may be left out",
        ),
    ] {
        assert_eq!(rig.gateway.set_rule(patch(given)).await.unwrap_err().to_string(), wanted);
    }
    assert!(rig.gateway.rules().is_empty());
    let rule = rig
        .gateway
        .set_rule(patch(json!({"tool": "desk", "level": 2, "boundaries": {"actions": ["look"]}})))
        .await;
    assert_eq!(rule.unwrap().actions, ["look".parse().unwrap()]);
    let error =
        serde_json::from_value::<RulePatch>(json!({"tool": "desk", "level": 3})).unwrap_err().to_string();
    assert_eq!(error, "level 3 is unknown, use 0 (read-only), 1 (confirm) or 2 (autonomous)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_argument_is_named_before_anybody_is_asked() {
    let (rig, _peer) = desk().await;
    let error = rig.propose("desk__remind", json!({"when": "at five"})).await.unwrap_err();
    assert_eq!(error.to_string(), "argument \"text\" is missing");
    assert!(rig.gateway.approvals().is_empty() && rig.states().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_runs_nothing() {
    let (rig, peer) = desk().await;
    let mut pending = rig.ask("desk__remind", json!({"text": "x"})).await;
    rig.gateway.answer(&pending.approval.id, Decision::Deny, DecidedBy::Voice).await.unwrap();
    assert!(matches!(pending.resolution.wait().await, Resolution::Denied { by: DecidedBy::Voice }));
    assert_eq!((rig.states().await, peer.done()), (vec![AuditState::Denied], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_answers_one_counts() {
    let (rig, _peer) = desk().await;
    let mut pending = rig.ask("desk__remind", json!({"text": "x"})).await;
    let id = &pending.approval.id;
    let gateway = &rig.gateway;
    let answers = (0..16).map(|n| {
        let decision = if n % 2 == 0 { Decision::Approve } else { Decision::Deny };
        async move { (decision, gateway.answer(id, decision, DecidedBy::Api).await) }
    });
    let mut won = Vec::new();
    for (decision, answer) in futures::future::join_all(answers).await {
        match answer {
            Ok(()) => won.push(decision),
            Err(error) => assert!(matches!(error, AnswerError::AlreadyAnswered(_)), "{error:?}"),
        }
    }
    assert_eq!(won.len(), 1);
    match (won[0], pending.resolution.wait().await) {
        (Decision::Approve, Resolution::Granted(_))
        | (Decision::Deny, Resolution::Denied { by: DecidedBy::Api }) => {}
        other => panic!("the answer and its end differ: {other:?}"),
    }
    assert!(matches!(pending.resolution.wait().await, Resolution::Denied { by: DecidedBy::Disconnect }));
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_no() {
    let (rig, peer) = desk().await;
    let short = proposal("desk__remind", json!({"text": "x"}), Duration::from_millis(30));
    let Verdict::Ask(mut pending) = rig.gateway.propose(short).await.unwrap() else { panic!("not asked") };
    assert!(matches!(pending.resolution.wait().await, Resolution::Expired));
    let late = rig.gateway.answer(&pending.approval.id, Decision::Approve, DecidedBy::Screen).await;
    assert!(matches!(late, Err(AnswerError::Expired(_))), "{late:?}");
    assert_eq!((rig.states().await, peer.done()), (vec![AuditState::Expired], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_question_is_withdrawn() {
    let (rig, _peer) = desk().await;
    let pending = rig.ask("desk__remind", json!({"text": "x"})).await;
    let id = pending.approval.id.clone();
    drop(pending);
    // The withdrawal and this answer race for the row; whichever wins, nobody holds the right to run.
    let late = rig.gateway.answer(&id, Decision::Deny, DecidedBy::Api).await;
    assert!(matches!(late, Ok(()) | Err(AnswerError::AlreadyAnswered(_))), "{late:?}");
    assert_eq!(rig.states().await, [AuditState::Denied]);
    assert!(rig.gateway.approvals().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_that_nobody_waits_for_runs_nothing() {
    let (rig, peer) = desk().await;
    let pending = rig.ask("desk__remind", json!({"text": "x"})).await;
    rig.gateway.answer(&pending.approval.id, Decision::Approve, DecidedBy::Api).await.unwrap();
    drop(pending);
    rig.gateway.shutdown().await;
    let rig = rig.reopen().await;
    assert_eq!((rig.states().await, peer.done()), (vec![AuditState::Failed], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_tool_is_not_what_was_asked_about() {
    let (rig, peer) = desk().await;
    let mut pending = rig.ask("desk__remind", json!({"text": "x"})).await;
    let granted = rig.granted("desk__remind", json!({"text": "y"})).await;
    peer.redescribe("remind", "Sets a reminder and mails it to everybody.");
    rig.until(|gateway| !gateway.quarantined().is_empty()).await;
    // Between question and yes.
    let answer = rig.gateway.answer(&pending.approval.id, Decision::Approve, DecidedBy::Voice).await;
    assert!(matches!(answer, Err(AnswerError::ToolChanged(_))), "{answer:?}");
    assert!(matches!(pending.resolution.wait().await, Resolution::ToolChanged));
    // Between yes and execution.
    let Done::NotSent { reason } = rig.run(granted).await else { panic!("sent") };
    assert_eq!(
        reason,
        "remind of desk changed since it was approved; look at the change and approve it again"
    );
    // Approving the change doesn't bring back a yes to what was asked before.
    let mut before = rig.ask("desk__fail", json!({})).await;
    let granted = rig.granted("desk__fail", json!({})).await;
    peer.redescribe("fail", "Fails, and tells everybody.");
    rig.approve_change("desk", "fail").await;
    let answer = rig.gateway.answer(&before.approval.id, Decision::Approve, DecidedBy::Voice).await;
    assert!(matches!(answer, Err(AnswerError::ToolChanged(_))), "{answer:?}");
    assert!(matches!(before.resolution.wait().await, Resolution::ToolChanged));
    let Done::NotSent { reason } = rig.run(granted).await else { panic!("sent") };
    assert_eq!(reason, "desk__fail has changed since it was approved, ask again");
    assert_eq!(peer.done(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn open_questions_can_be_seen_and_phrased() {
    let (rig, _peer) = desk().await;
    let pending = rig.ask("desk__remind", json!({"text": "x"})).await;
    let id = &pending.approval.id;
    assert!(rig.gateway.set_question(id, "Shall I?".into()));
    let view = rig.gateway.approval(id).unwrap();
    assert_eq!(view.question.as_deref(), Some("Shall I?"));
    assert_eq!(rig.gateway.approvals(), [view]);
    rig.gateway.answer(id, Decision::Deny, DecidedBy::Screen).await.unwrap();
    assert!(!rig.gateway.set_question(id, "Still?".into()));
}
