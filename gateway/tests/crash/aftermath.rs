//! What must hold after a round.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use homepilot_gateway::Gateway;
use sha2::{Digest as _, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Row as _};

use crate::Site;
use crate::plan::Plan;
use crate::round::{CALLS, config, go_on, has_key, healthy, proposal};

pub(crate) struct Found {
    /// Calls that were being sent when our process died.
    pub(crate) unknown: u32,
    /// Second tries that the journal answered.
    pub(crate) replayed: u32,
}

pub(crate) async fn check(site: &Site, round: u32, plan: &Plan) -> Found {
    let under_way = entries(&site.database, "state = 'dispatching'").await;
    let opened = tokio::time::timeout(Duration::from_secs(30), Gateway::open(config(&site.database)));
    let gateway = opened.await.expect("it opens").expect("it opens");
    let reported: BTreeSet<_> = gateway.recovered().iter().map(|call| call.entry.to_string()).collect();
    assert_eq!(reported, under_way, "round {round} {plan:?}: what was being sent is what is reported");
    consistent(site, &gateway, round, plan).await;
    let mut replayed = 0;
    let healthy = tokio::time::timeout(Duration::from_secs(30), healthy(&gateway));
    healthy.await.expect("the peer is reached");
    for number in (0..CALLS).filter(|number| has_key(*number)) {
        let again = proposal(round, number, plan);
        let verdict = gateway.propose(again.clone()).await;
        let verdict =
            verdict.unwrap_or_else(|error| panic!("round {round} {plan:?}, call {number}: {error}"));
        replayed += u32::from(go_on(&gateway, site, &again, verdict).await);
        if plan.peer_dies {
            // It may have died again.
            break;
        }
    }
    consistent(site, &gateway, round, plan).await;
    gateway.shutdown().await;
    Found { unknown: u32::try_from(under_way.len()).unwrap(), replayed }
}

async fn consistent(site: &Site, gateway: &Gateway, round: u32, plan: &Plan) {
    let told = format!("round {round} {plan:?}");
    let rows = rows(site);
    let distinct: BTreeSet<_> = rows.iter().cloned().collect();
    assert_eq!(rows.len(), distinct.len(), "{told}: a row was written twice: {rows:?}");
    let approved: BTreeSet<_> = approvals(site).into_iter().collect();
    assert!(distinct.is_subset(&approved), "{told}: a row was written that nobody approved");

    let open = entries(&site.database, "state IN ('proposed', 'approved', 'dispatching')").await;
    assert!(open.is_empty(), "{told}: {open:?} are still open");
    let lost = entries(
        &site.database,
        "id IN (SELECT entry FROM gateway_audit WHERE state = 'approved') AND state NOT IN ('succeeded', 'failed', 'unknown')",
    )
    .await;
    assert!(lost.is_empty(), "{told}: {lost:?} were approved and did not end");

    let ends = ends(&site.database).await;
    for row in &distinct {
        let (of_round, number) = row.split_once('-').unwrap();
        let (of_round, number) = (of_round.parse().unwrap(), number.parse().unwrap());
        let arguments = proposal(of_round, number, &Plan::of(of_round)).arguments;
        let text = serde_json::to_string(&arguments.into_iter().collect::<BTreeMap<_, _>>()).unwrap();
        let hash: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        let states = ends.get(&hash).cloned().unwrap_or_default();
        let honest = states.iter().filter(|state| matches!(state.as_str(), "succeeded" | "unknown")).count();
        assert_eq!(honest, 1, "{told}: row {row} stands for {states:?}");
    }
    let verified = gateway.verify_audit().await;
    assert!(verified.is_ok(), "{told}: {verified:?}");
}

pub(crate) fn rows(site: &Site) -> Vec<String> {
    lines(&site.rows)
}

pub(crate) fn approvals(site: &Site) -> Vec<String> {
    lines(&site.approvals)
}

fn lines(file: &Path) -> Vec<String> {
    std::fs::read_to_string(file).unwrap_or_default().lines().map(ToOwned::to_owned).collect()
}

async fn connect(database: &Path) -> Option<SqliteConnection> {
    // Killed before it was made.
    if !database.is_file() {
        return None;
    }
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(database)).await.ok()
}

async fn entries(database: &Path, filter: &'static str) -> BTreeSet<String> {
    let Some(mut connection) = connect(database).await else { return BTreeSet::new() };
    let query = format!("SELECT id FROM gateway_ledger WHERE {filter}");
    let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(&mut connection).await;
    connection.close().await.unwrap();
    // Killed before the tables were made.
    rows.unwrap_or_default().iter().map(|row| row.get("id")).collect()
}

/// How the calls with these arguments ended, by their hash.
async fn ends(database: &Path) -> BTreeMap<String, Vec<String>> {
    let mut connection = connect(database).await.unwrap();
    let rows =
        sqlx::query("SELECT arguments_sha256, state FROM gateway_ledger").fetch_all(&mut connection).await;
    connection.close().await.unwrap();
    let mut ends = BTreeMap::<String, Vec<String>>::new();
    for row in rows.unwrap() {
        ends.entry(row.get("arguments_sha256")).or_default().push(row.get("state"));
    }
    ends
}
