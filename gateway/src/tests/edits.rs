//! Answers with other arguments.

use serde_json::json;

use super::peer::Peer;
use super::*;

async fn desk() -> (Rig, Peer) {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    (rig, peer)
}

impl Rig {
    async fn edit(&self, id: &ApprovalId, arguments: Value) -> Result<ApprovalView, AnswerError> {
        self.gateway.answer_edited(id, object(arguments), DecidedBy::Screen).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_arguments_are_a_new_question_for_the_same_proposer() {
    let (rig, peer) = desk().await;
    let mut first = rig.ask("desk__remind", json!({"text": "milk"})).await;
    let asked = rig.edit(&first.approval.id, json!({"text": "bread"})).await.unwrap();
    let Resolution::Edited(mut second) = first.resolution.wait().await else { panic!("not asked anew") };
    assert_eq!(second.approval, asked);
    assert_eq!((&asked.session, asked.by_voice), (&first.approval.session, first.approval.by_voice));
    assert_ne!((&asked.id, &asked.entry), (&first.approval.id, &first.approval.entry));
    assert_eq!(rig.gateway.approvals().as_slice(), std::slice::from_ref(&asked));
    // The old question is closed for good.
    let late = rig.gateway.answer(&first.approval.id, Decision::Approve, DecidedBy::Voice).await;
    assert!(matches!(late, Err(AnswerError::AlreadyAnswered(_))), "{late:?}");
    assert_eq!(peer.done(), 0);

    rig.gateway.answer(&asked.id, Decision::Approve, DecidedBy::Screen).await.unwrap();
    let Resolution::Granted(authorized) = second.resolution.wait().await else { panic!("not granted") };
    let Done::Succeeded { text, .. } = rig.run(authorized).await else { panic!("failed") };
    assert_eq!(text, "reminder set: {\"text\":\"bread\"}");
    let rows = rig.gateway.audit(AuditQuery::default()).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.state, row.decided_by, row.summary.as_str())).collect();
    assert_eq!(
        told,
        [
            (AuditState::Succeeded, DecidedBy::Screen, "assistant: remind of desk was done"),
            (
                AuditState::Denied,
                DecidedBy::Screen,
                "assistant: remind of desk was changed before it was answered"
            ),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_be_used_leaves_the_question_open() {
    let (rig, _peer) = desk().await;
    let pending = rig.ask("desk__remind", json!({"text": "milk"})).await;
    let id = &pending.approval.id;
    for (arguments, wanted) in [
        (json!({"text": 7}), "argument \"text\" must be string, not number".to_owned()),
        (json!({}), "argument \"text\" is missing".to_owned()),
        (
            json!({"text": "milk"}),
            format!("the arguments of approval {id} are not changed, approve or deny it"),
        ),
        (
            json!({"text": "x".repeat(300_000)}),
            "the arguments are 300011 bytes, the limit is 262144".to_owned(),
        ),
    ] {
        assert_eq!(rig.edit(id, arguments).await.unwrap_err().to_string(), wanted);
    }
    assert_eq!(rig.gateway.approvals(), [pending.approval]);
    assert!(rig.states().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_change_and_a_yes_one_counts() {
    let (rig, _peer) = desk().await;
    for _ in 0..8 {
        let mut pending = rig.ask("desk__remind", json!({"text": "milk"})).await;
        let id = pending.approval.id.clone();
        let (edited, approved) = tokio::join!(
            rig.edit(&id, json!({"text": "bread"})),
            rig.gateway.answer(&id, Decision::Approve, DecidedBy::Voice)
        );
        match (edited, approved, pending.resolution.wait().await) {
            (Ok(_), Err(AnswerError::AlreadyAnswered(_)), Resolution::Edited(_))
            | (Err(AnswerError::AlreadyAnswered(_)), Ok(()), Resolution::Granted(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_question_that_nobody_waits_for_is_withdrawn() {
    let (rig, _peer) = desk().await;
    let first = rig.ask("desk__remind", json!({"text": "milk"})).await;
    let second = rig.edit(&first.approval.id, json!({"text": "bread"})).await.unwrap();
    drop(first);
    let late = rig.gateway.answer(&second.id, Decision::Deny, DecidedBy::Api).await;
    assert!(matches!(late, Ok(()) | Err(AnswerError::AlreadyAnswered(_))), "{late:?}");
    assert_eq!(rig.states().await, [AuditState::Denied, AuditState::Denied]);
}
