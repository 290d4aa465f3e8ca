//! Idempotency keys: asking twice runs once.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::peer::Peer;
use super::*;

async fn desk() -> (Rig, Peer) {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    (rig, peer)
}

fn keyed(capability: &str, arguments: Value) -> Proposal {
    let key = Some("order-7".parse().unwrap());
    Proposal { idempotency_key: key, ..proposal(capability, arguments, Duration::from_secs(60)) }
}

impl Rig {
    async fn keyed(&self, capability: &str, arguments: Value) -> Result<Verdict, ProposeError> {
        self.gateway.propose(keyed(capability, arguments)).await
    }

    async fn keyed_ask(&self, capability: &str, arguments: Value) -> Pending {
        match self.keyed(capability, arguments).await.unwrap() {
            Verdict::Ask(pending) => pending,
            other => panic!("not asked: {other:?}"),
        }
    }

    async fn replay(&self, capability: &str, arguments: Value) -> Outcome {
        match self.keyed(capability, arguments).await.unwrap() {
            Verdict::Replayed(outcome) => outcome,
            other => panic!("not replayed: {other:?}"),
        }
    }

    /// Has every key be from years ago.
    async fn age_keys(&self) {
        let mut tx = self.gateway.shared().store.begin().await.unwrap();
        sqlx::query("UPDATE gateway_keys SET created_at = '2020-01-01T00:00:00.000000Z'")
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn yes(&self, mut pending: Pending) -> Authorized {
        self.gateway.answer(&pending.approval.id, Decision::Approve, DecidedBy::Api).await.unwrap();
        match pending.resolution.wait().await {
            Resolution::Granted(authorized) => authorized,
            other => panic!("not granted: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_try_gets_the_first_outcome_also_after_a_restart() {
    let (rig, peer) = desk().await;
    let milk = json!({"text": "milk", "when": "now"});
    let authorized = rig.yes(rig.keyed_ask("desk__remind", milk.clone()).await).await;
    let outcome = rig.gateway.execute(authorized, CancellationToken::new()).await;
    assert!(matches!(outcome.state, Done::Succeeded { .. }), "{outcome:?}");
    // Member order is no difference.
    let again = rig.replay("desk__remind", json!({"when": "now", "text": "milk"})).await;
    assert_eq!((&again.entry, &again.state), (&outcome.entry, &outcome.state));
    let rig = rig.reopen().await;
    assert_eq!(rig.replay("desk__remind", milk).await.state, outcome.state);
    assert_eq!((peer.done(), rig.states().await), (1, vec![AuditState::Succeeded]));
    // A tool that failed has answered too.
    rig.until(|gateway| gateway.servers().iter().all(|server| server.status == Status::Healthy)).await;
    let failed = Proposal {
        idempotency_key: Some("order-8".parse().unwrap()),
        ..proposal("desk__fail", json!({}), Duration::from_secs(60))
    };
    let Verdict::Ask(pending) = rig.gateway.propose(failed.clone()).await.unwrap() else {
        panic!("not asked")
    };
    let done = rig.run(rig.yes(pending).await).await;
    assert_eq!(done, Done::ToolFailed { text: "the calendar is full".into() });
    let Verdict::Replayed(again) = rig.gateway.propose(failed).await.unwrap() else { panic!("not replayed") };
    assert_eq!(again.state, done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_stands_for_one_call_only() {
    let (rig, _peer) = desk().await;
    let open = rig.keyed_ask("desk__remind", json!({"text": "milk"})).await;
    let other_arguments = || rig.keyed("desk__remind", json!({"text": "bread"}));
    let other_tool = || rig.keyed("desk__look", json!({}));
    for run in [false, true] {
        let error = other_arguments().await.unwrap_err();
        assert!(matches!(error, ProposeError::KeyConflict(KeyUse::OtherArguments)), "{error:?}");
        assert!(!error.to_string().contains("milk"), "{error}");
        let error = other_tool().await.unwrap_err();
        assert!(matches!(error, ProposeError::KeyConflict(KeyUse::OtherCapability)), "{error:?}");
        if !run {
            let error = rig.keyed("desk__remind", json!({"text": "milk"})).await.unwrap_err();
            assert!(matches!(error, ProposeError::KeyInUse), "{error:?}");
            assert_eq!(crate::api_error::ApiError::from(error).status.as_u16(), 409);
        }
        if !run {
            rig.gateway.answer(&open.approval.id, Decision::Approve, DecidedBy::Api).await.unwrap();
        }
    }
    let _still_waiting = open;
    // Another persona's key is another key.
    let mut kids = keyed("desk__remind", json!({"text": "bread"}));
    kids.persona.id = "kids".into();
    assert!(matches!(rig.gateway.propose(kids).await.unwrap(), Verdict::Ask(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_certainly_did_not_happen_frees_the_key() {
    let (rig, peer) = desk().await;
    let mut denied = rig.keyed_ask("desk__remind", json!({"text": "milk"})).await;
    rig.gateway.answer(&denied.approval.id, Decision::Deny, DecidedBy::Voice).await.unwrap();
    assert!(matches!(denied.resolution.wait().await, Resolution::Denied { .. }));

    let short =
        Proposal { ttl: Duration::from_millis(20), ..keyed("desk__remind", json!({"text": "bread"})) };
    let Verdict::Ask(mut expired) = rig.gateway.propose(short).await.unwrap() else { panic!("not asked") };
    assert!(matches!(expired.resolution.wait().await, Resolution::Expired));

    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let authorized = rig.yes(rig.keyed_ask("desk__remind", json!({"text": "tea"})).await).await;
    let outcome = rig.gateway.execute(authorized, cancelled).await;
    assert!(matches!(outcome.state, Done::NotSent { .. }), "{outcome:?}");

    let authorized = rig.yes(rig.keyed_ask("desk__remind", json!({"text": "salt"})).await).await;
    rig.run(authorized).await;
    assert_eq!(peer.done(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_stays_unknown_under_its_key() {
    let (rig, mut peer) = desk().await;
    let authorized = rig.yes(rig.keyed_ask("desk__hang", json!({})).await).await;
    let gateway = rig.gateway.clone();
    let running = tokio::spawn(async move { gateway.execute(authorized, CancellationToken::new()).await });
    peer.arrived().await;
    assert!(matches!(rig.keyed("desk__hang", json!({})).await, Err(ProposeError::KeyInUse)));
    peer.kill();
    let outcome = running.await.unwrap();
    assert!(matches!(outcome.state, Done::Unknown { .. }), "{outcome:?}");
    for _ in 0..2 {
        let again = rig.replay("desk__hang", json!({})).await;
        assert_eq!((&again.entry, &again.state), (&outcome.entry, &outcome.state));
    }
    let rig = rig.reopen().await;
    assert_eq!(rig.replay("desk__hang", json!({})).await.state, outcome.state);
    assert_eq!(peer.done(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_runs() {
    let (rig, peer) = desk().await;
    rig.level("desk", Level::Autonomous, &["remind"]).await;
    let tries = (0..32).map(|_| async {
        match rig.keyed("desk__remind", json!({"text": "milk"})).await {
            Ok(Verdict::Allowed(authorized)) => rig.run(authorized).await,
            Ok(Verdict::Replayed(outcome)) => outcome.state,
            Err(ProposeError::KeyInUse) => Done::NotSent { reason: "in use".into() },
            other => panic!("{other:?}"),
        }
    });
    let ends = futures::future::join_all(tries).await;
    assert!(ends.iter().any(|end| matches!(end, Done::Succeeded { .. })), "{ends:?}");
    assert_eq!((peer.done(), rig.states().await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_call_is_the_same_intent() {
    let (rig, peer) = desk().await;
    let mut first = rig.keyed_ask("desk__remind", json!({"text": "milk"})).await;
    let bread = object(json!({"text": "bread"}));
    rig.gateway.answer_edited(&first.approval.id, bread, DecidedBy::Screen).await.unwrap();
    let Resolution::Edited(second) = first.resolution.wait().await else { panic!("not asked anew") };
    drop(first);
    assert!(matches!(rig.keyed("desk__remind", json!({"text": "milk"})).await, Err(ProposeError::KeyInUse)));
    let done = rig.run(rig.yes(second).await).await;
    assert_eq!(done, Done::Succeeded { text: "reminder set: {\"text\":\"bread\"}".into(), structured: None });
    assert_eq!(rig.replay("desk__remind", json!({"text": "milk"})).await.state, done);
    assert_eq!(peer.done(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_and_its_result_are_forgotten_after_a_day() {
    let (rig, _peer) = desk().await;
    let authorized = rig.yes(rig.keyed_ask("desk__remind", json!({"text": "milk"})).await).await;
    rig.run(authorized).await;
    let shared = rig.gateway.shared();
    let kept = || async {
        let row: (i64,) = sqlx::query_as("SELECT count(*) FROM gateway_keys")
            .fetch_one(shared.store.reader())
            .await
            .unwrap();
        row.0
    };
    assert_eq!((shared.journal.forget_keys().await.unwrap(), kept().await), (0, 1));
    rig.age_keys().await;
    // Too old already, swept or not.
    let again = rig.keyed_ask("desk__remind", json!({"text": "bread"})).await;
    drop(again);
    rig.age_keys().await;
    let swept = loop {
        // The withdrawal of the question, which is under way, ends what holds the row.
        match shared.journal.forget_keys().await.unwrap() {
            0 => tokio::task::yield_now().await,
            swept => break swept,
        }
    };
    assert_eq!((swept, kept().await), (1, 0));
}
