//! The audit's chain against somebody who can write the file.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::peer::Peer;
use super::*;

async fn six_rows() -> (Rig, Peer) {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    for text in ["one", "two"] {
        let authorized = rig.granted("desk__remind", json!({"text": text})).await;
        rig.run(authorized).await;
    }
    assert_eq!(rig.gateway.verify_audit().await.unwrap().rows, 6);
    (rig, peer)
}

impl Rig {
    async fn tamper(&self, statements: &[&'static str]) {
        let mut tx = self.gateway.shared().store.begin().await.unwrap();
        for statement in ["DROP TRIGGER gateway_audit_no_update", "DROP TRIGGER gateway_audit_no_delete"]
            .iter()
            .chain(statements)
        {
            sqlx::query(*statement).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_cannot_be_changed_by_accident() {
    let (rig, _peer) = six_rows().await;
    let mut tx = rig.gateway.shared().store.begin().await.unwrap();
    for statement in ["UPDATE gateway_audit SET decided_by = 'voice'", "DELETE FROM gateway_audit"] {
        let refused = sqlx::query(statement).execute(&mut *tx).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_is_named() {
    const COLUMNS: [&str; 13] = [
        "UPDATE gateway_audit SET entry = 'x' WHERE seq = 3",
        "UPDATE gateway_audit SET at = 'x' WHERE seq = 3",
        "UPDATE gateway_audit SET session = 'x' WHERE seq = 3",
        "UPDATE gateway_audit SET persona = 'x' WHERE seq = 3",
        "UPDATE gateway_audit SET server = 'x' WHERE seq = 3",
        "UPDATE gateway_audit SET tool = 'x' WHERE seq = 3",
        "UPDATE gateway_audit SET class = 'x' WHERE seq = 3",
        "UPDATE gateway_audit SET level = 7 WHERE seq = 3",
        "UPDATE gateway_audit SET rule = 'x' WHERE seq = 3",
        "UPDATE gateway_audit SET decision = 'x', decided_by = 'x' WHERE seq = 3",
        "UPDATE gateway_audit SET arguments_sha256 = 'x' WHERE seq = 3",
        "UPDATE gateway_audit SET state = 'x', summary = 'x' WHERE seq = 3",
        "UPDATE gateway_audit SET hash = 'x' WHERE seq = 3",
    ];
    const SWAP: [&str; 3] = [
        "UPDATE gateway_audit SET seq = -1 WHERE seq = 2",
        "UPDATE gateway_audit SET seq = 2 WHERE seq = 4",
        "UPDATE gateway_audit SET seq = 4 WHERE seq = -1",
    ];
    let (rig, _peer) = six_rows().await;
    let original = rig.folder.path().join("original.db");
    rig.gateway.shutdown().await;
    let database = rig.folder.path().join("homepilot.db");
    std::fs::copy(&database, &original).unwrap();
    let deleted = ["DELETE FROM gateway_audit WHERE seq = 5"];
    let cases = COLUMNS
        .iter()
        .map(|statement| (std::slice::from_ref(statement), "audit row 3 does not fit"))
        .chain([(&SWAP[..], "audit row 2 does not fit"), (&deleted[..], "audit row 5 is missing")]);
    for (statements, wanted) in cases {
        std::fs::copy(&original, &database).unwrap();
        let gateway = open(rig.folder.path()).await;
        let rig = Rig { gateway, folder: tempfile::tempdir().unwrap() };
        rig.tamper(statements).await;
        let running = rig.gateway.verify_audit().await.unwrap_err().to_string();
        assert!(running.starts_with(wanted), "{statements:?}: {running}");
        let beside = verify_audit(&database).await.unwrap_err().to_string();
        assert_eq!(beside, running);
        rig.gateway.shutdown().await;
        assert_eq!(verify_audit(&database).await.unwrap_err().to_string(), running);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_chain_is_verified_while_the_program_runs_and_after() {
    let (rig, _peer) = six_rows().await;
    let database = rig.folder.path().join("homepilot.db");
    let running = rig.gateway.verify_audit().await.unwrap();
    assert_eq!(verify_audit(&database).await.unwrap(), running);
    rig.gateway.shutdown().await;
    assert_eq!(verify_audit(&database).await.unwrap(), running);
    let missing = verify_audit(&rig.folder.path().join("none.db")).await.unwrap_err();
    assert!(matches!(missing, AuditProblem::NoDatabase { .. }), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_once_the_end_was_cut_off() {
    let (rig, peer) = six_rows().await;
    let authorized = rig.granted("desk__remind", json!({"text": "three"})).await;
    rig.tamper(&["DELETE FROM gateway_audit WHERE seq > 5"]).await;
    // The chain that is left is whole: only whoever wrote the rest can tell.
    assert_eq!(rig.gateway.verify_audit().await.unwrap().rows, 5);
    let done = rig.gateway.execute(authorized, CancellationToken::new()).await.state;
    assert_eq!(done, Done::NotSent { reason: "the journal could not be written".into() });
    assert_eq!(peer.done(), 2);
    // A new start takes the file as it is.
    let rig = rig.reopen().await;
    let error = rig.propose("desk__remind", json!({"text": "four"})).await;
    drop(error);
    assert!(rig.gateway.verify_audit().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn any_text_goes_into_the_chain_and_comes_back() {
    let (rig, _peer) = six_rows().await;
    let odd = "a\u{0}b\"\\\n\u{7f}\u{2028}\u{1f600}'; DROP TABLE x; --";
    let wanted = Proposal {
        session: odd.to_owned(),
        persona: PersonaProfile { linked: false, ..persona() },
        ..proposal("desk__remind", json!({"text": "x"}), Duration::from_secs(60))
    };
    assert!(matches!(rig.gateway.propose(wanted).await.unwrap(), Verdict::Denied(_)));
    assert_eq!(rig.gateway.verify_audit().await.unwrap().rows, 7);
    let rows = rig.gateway.audit(AuditQuery::default()).await.unwrap();
    assert_eq!(rows[0].session, odd);
}
