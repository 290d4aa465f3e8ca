//! The writer by itself.

use std::time::Instant;

use futures::future::join_all;
use futures::stream::{self, StreamExt};
use tempfile::TempDir;

use super::*;
use crate::store::Store;

async fn journal() -> (TempDir, Store, SqliteJournal) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("homepilot.db")).await.unwrap();
    let journal = SqliteJournal::start(&store).await.unwrap();
    (folder, store, journal)
}

fn call() -> Arc<CallRecord> {
    Arc::new(CallRecord {
        entry: EntryId::fresh(),
        persona: "assistant".into(),
        session: "s1".into(),
        capability: "desk__remind".parse().unwrap(),
        class: Class::Write,
        level: Level::Autonomous,
        rule: "desk x remind = 2".into(),
        arguments_sha256: Digest::of(&["a"]),
        tool_hash: Digest::of(&["b"]),
        key: None,
    })
}

async fn run(journal: &SqliteJournal) {
    let call = call();
    journal.dispatch(&call, Allowed::ByPolicy).await.unwrap();
    let done = Done::Succeeded { text: "ok".into(), structured: None };
    journal.finish(&call, DecidedBy::Policy, &done, Duration::from_millis(1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_not_allowed_fails_alone() {
    let (_folder, store, journal) = journal().await;
    let done = Done::Succeeded { text: "ok".into(), structured: None };
    let steps = (0..200).map(|number| {
        let (journal, done) = (&journal, &done);
        async move {
            let call = call();
            if number % 10 == 0 {
                // It was never dispatched.
                let refused = journal.finish(&call, DecidedBy::Policy, done, Duration::ZERO).await;
                assert!(
                    matches!(&refused, Err(StoreError::State { entry, wanted: "dispatching" }) if entry == call.entry.as_str()),
                    "{refused:?}"
                );
            } else {
                journal.dispatch(&call, Allowed::ByPolicy).await.unwrap();
                journal.finish(&call, DecidedBy::Policy, done, Duration::ZERO).await.unwrap();
                let twice = journal.finish(&call, DecidedBy::Policy, done, Duration::ZERO).await;
                assert!(matches!(twice, Err(StoreError::State { .. })), "{twice:?}");
            }
        }
    });
    join_all(steps).await;
    let (rows, ended): (i64, i64) =
        sqlx::query_as("SELECT count(*), count(*) FILTER (WHERE state = 'succeeded') FROM gateway_ledger")
            .fetch_one(store.reader())
            .await
            .unwrap();
    assert_eq!((rows, ended), (180, 180));
    journal.close().await;
    let late = journal.dispatch(&call(), Allowed::ByPolicy).await;
    assert!(matches!(late, Err(StoreError::Closed)), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_was_queued_is_taken_whoever_goes_away() {
    let (_folder, store, journal) = journal().await;
    let calls: Vec<_> = (0..50).map(|_| call()).collect();
    for call in &calls {
        let mut step = Box::pin(journal.dispatch(call, Allowed::ByPolicy));
        assert!(futures::poll!(&mut step).is_pending());
    }
    journal.close().await;
    let (rows,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM gateway_ledger").fetch_one(store.reader()).await.unwrap();
    assert_eq!(rows, 50);
}

/// Prints how many steps a second the writer takes: `cargo test --release -p homepilot-gateway -- --ignored throughput --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn throughput() {
    let (_folder, _store, journal) = journal().await;
    for (calls, at_once) in [(2_000, 1_u16), (5_000, 8), (20_000, 64), (20_000, 256)] {
        let started = Instant::now();
        stream::iter(0..calls).for_each_concurrent(usize::from(at_once), |_| run(&journal)).await;
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "{at_once:>4} at once: {:>7.0} steps/s, {:.3} ms a step",
            f64::from(calls) * 2.0 / seconds,
            seconds * 1000.0 / f64::from(calls * 2) * f64::from(at_once)
        );
    }
}
