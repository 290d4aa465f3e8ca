//! A hundred processes each for mail and for the calendar that are killed while a call is under way, at moments spread
//! over the time that it takes. After each, the same database is opened again, the caller tries a second time, and the
//! connector is given the same call once more; and yet:
//!
//! - no mail and no event is there twice, neither at its recipient's nor in the folder of sent mail;
//! - what is told as done is there;
//! - what was being sent when the process died is told as unknown, and not sent again by itself.
//!
//! The program starts itself as the process of a round; `KILLS_ROUND` says that it is one.

mod round;
mod work;

use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Row as _};

use round::{Process, Round};
use work::{Answered, Work};

const ROUNDS: u32 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_deaths_send_no_mail_twice() {
    all_rounds(Work::mail().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_deaths_make_no_event_twice() {
    all_rounds(Work::calendar().await).await;
}

#[derive(Debug, Default)]
struct Found {
    killed: u32,
    unknown: u32,
    /// Calls that the connector, given them once more, found done or did for the first time.
    settled: u32,
    /// The rounds that were told as done, by whomever.
    done: Vec<u32>,
}

async fn all_rounds(work: Work) {
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    // One that nobody kills says how long they take.
    let undisturbed = Process::start(&work.place(), folder.path(), Round { number: 0, after: None }).await;
    let took = undisturbed.took().expect("the first round goes well");
    let mut found = Found { done: vec![0], ..Found::default() };
    for number in 1..=ROUNDS {
        let round = Round { number, after: Some(took * number * 6 / (5 * ROUNDS)) };
        let ended = Process::start(&work.place(), folder.path(), round).await;
        found.killed += u32::from(ended.was_killed());
        aftermath(&work, folder.path(), round, &mut found).await;
    }
    work.settle(&found.done).await;
    for number in 0..=ROUNDS {
        let counts = work.counts(number).await;
        assert!(counts.iter().all(|count| *count <= 1), "round {number} is there {counts:?} times");
        if found.done.contains(&number) {
            assert_eq!(counts[0], 1, "round {number} was told as done");
        }
    }
    println!(
        "{ROUNDS} rounds in {:.0} s: {} killed within {took:?}, {} reported as unknown, {} of them settled by the connector, {} done",
        started.elapsed().as_secs_f64(),
        found.killed,
        found.unknown,
        found.settled,
        found.done.len(),
    );
    assert!(
        found.killed > ROUNDS / 2 && found.unknown > 0,
        "the rounds did not do what they are for: {found:?}"
    );
}

/// What must hold when the same database is opened again.
async fn aftermath(work: &Work, folder: &std::path::Path, round: Round, found: &mut Found) {
    let under_way = calls(folder, round, "dispatching").await;
    let again = round::again(&work.place(), folder, round).await;
    assert_eq!(again.recovered, under_way.len(), "{round:?}: what was being sent is what is reported");
    found.unknown += u32::from(!under_way.is_empty());
    let [unknown, done] = [calls(folder, round, "unknown").await, calls(folder, round, "succeeded").await];
    assert_eq!(unknown.len() + done.len(), 1, "{round:?}: {unknown:?} {done:?}");
    let mut told = !done.is_empty();
    for id in unknown.iter().chain(&done) {
        match work::once_more(&again.url, &work.place(), round.number, id).await {
            Answered::Done => {
                found.settled += u32::from(!told);
                told = true;
            }
            // Nobody can know: that is said, and nothing is done.
            Answered::Unknown => assert!(!told, "{round:?}: it had told that it was done"),
        }
    }
    if told {
        found.done.push(round.number);
    }
    again.end().await;
}

/// The ids of the round's calls in this state.
async fn calls(folder: &std::path::Path, round: Round, state: &str) -> Vec<String> {
    let options = SqliteConnectOptions::new().filename(round.database(folder));
    // Killed before it was made.
    let Ok(mut connection) = SqliteConnection::connect_with(&options).await else { return Vec::new() };
    let query = sqlx::query("SELECT id FROM gateway_ledger WHERE state = ?").bind(state);
    let rows = query.fetch_all(&mut connection).await.unwrap_or_default();
    connection.close().await.unwrap();
    rows.iter().map(|row| row.get("id")).collect()
}

/// As a round's process is told it.
fn variable(name: &str) -> Option<Value> {
    serde_json::from_str(&std::env::var(name).ok()?).ok()
}

/// However busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);
