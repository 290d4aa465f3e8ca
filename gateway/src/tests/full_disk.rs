//! A disk without room: SQLite is given a quota, and what takes up its room until somebody makes some.

use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use super::peer::Peer;
use super::*;
use crate::store::Store;

const BALLAST: [&str; 2] =
    ["CREATE TABLE ballast (bytes BLOB)", "INSERT INTO ballast VALUES (zeroblob(1000000))"];

async fn apart(database: &Path, statements: &[&'static str]) {
    let options = SqliteConnectOptions::new().filename(database);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    for statement in statements {
        sqlx::query(*statement).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

async fn remind(rig: &Rig) -> Done {
    match rig.propose("desk__remind", json!({"text": "x"})).await.unwrap() {
        Verdict::Allowed(authorized) => rig.run(authorized).await,
        other => panic!("not allowed: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_noted_is_not_done_until_there_is_room_again() {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    rig.level("desk", Level::Autonomous, &["remind"]).await;
    rig.gateway.shutdown().await;
    let database = rig.folder.path().join("homepilot.db");
    apart(&database, &BALLAST).await;

    // From here on the file can't grow: a lower number stands for the size that it has.
    let store = Store::open_with(&database, |options| options.pragma("max_page_count", "1")).await.unwrap();
    let gateway = Gateway::open_on(store, config(rig.folder.path()), |journal| journal).await.unwrap();
    let rig = Rig { gateway, folder: rig.folder };
    rig.until(|gateway| gateway.capabilities().iter().any(|one| one.id.to_string() == "desk__remind")).await;
    let mut done = 0;
    let reason = loop {
        assert!(done < 1_000, "the disk is never full");
        match remind(&rig).await {
            Done::Succeeded { .. } => done += 1,
            Done::NotSent { reason } => break reason,
            other => panic!("{other:?}"),
        }
    };
    assert!(reason.contains("disk is full") && reason.contains("make room"), "{reason}");
    assert_eq!(peer.done(), done, "what was not noted was not sent");

    apart(&database, &["DELETE FROM ballast"]).await;
    assert!(matches!(remind(&rig).await, Done::Succeeded { .. }), "it goes on by itself");
    assert_eq!(peer.done(), done + 1);
    rig.gateway.verify_audit().await.unwrap();
    let begun = "SELECT count(*) FROM gateway_ledger WHERE state IN ('succeeded', 'dispatching')";
    let begun: i64 = sqlx::query_scalar(begun).fetch_one(rig.gateway.shared().store.reader()).await.unwrap();
    assert_eq!(usize::try_from(begun).unwrap(), done + 1, "every call that left is in the ledger");
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_go_on_too_when_there_is_room_again() {
    let rig = Rig::open().await;
    rig.gateway.shutdown().await;
    let database = rig.folder.path().join("homepilot.db");
    apart(&database, &BALLAST).await;
    let store = Store::open_with(&database, |options| options.pragma("max_page_count", "1")).await.unwrap();
    let write = async || {
        let mut tx = store.begin().await?;
        let large = "INSERT INTO gateway_rules VALUES ('p', 's', hex(zeroblob(50000)), 1, 'at', NULL, NULL)";
        sqlx::query(large).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok::<(), StoreError>(())
    };
    for _ in 0..2 {
        let error = write().await.unwrap_err();
        assert!(error.is_full(), "{error}");
    }
    apart(&database, &["DELETE FROM ballast"]).await;
    write().await.unwrap();
}
