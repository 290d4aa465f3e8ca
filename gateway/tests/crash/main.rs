//! 200 rounds of processes that are killed: a peer after it has acted and before it has answered, ours at every step of the
//! journal, both, and at any time. After each round the same database is opened again, and must hold:
//!
//! - the peer's file has no row twice, and none that nobody approved;
//! - every approved call ends as succeeded, failed or unknown, and what was being sent is reported;
//! - every row has a call in the ledger that is succeeded or unknown;
//! - the audit's chain is whole;
//! - a second try with the same idempotency key makes no second row.
//!
//! The program starts itself as the peer and as the gateway's process; `CRASH_ROLE` says which it is.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test, though not of the usual harness")]

mod aftermath;
mod deadly;
mod peer;
mod plan;
mod round;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plan::Plan;

const ROUNDS: u32 = 200;

/// Where the processes meet.
struct Site {
    database: PathBuf,
    /// A row for each effect, written by the peer.
    rows: PathBuf,
    /// A line for each approval, written before it is given.
    approvals: PathBuf,
    /// The process that the peer may kill.
    caller: PathBuf,
}

impl Site {
    fn at(folder: &Path) -> Self {
        let [database, rows, approvals, caller] =
            ["homepilot.db", "rows", "approvals", "caller"].map(|name| folder.join(name));
        Self { database, rows, approvals, caller }
    }

    fn from_environment() -> Self {
        Self::at(Path::new(&variable("CRASH_FOLDER")))
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn kill(process: rustix::process::Pid) {
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn main() {
    match std::env::var("CRASH_ROLE").as_deref() {
        Ok("peer") => return runtime().block_on(peer::serve(Site::from_environment())),
        Ok("round") => return runtime().block_on(round::run(Site::from_environment())),
        Ok(other) => panic!("{other} is not a role"),
        Err(_) => {}
    }
    // As the test harness does: a filter that doesn't match leaves it out.
    let filters: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let name = "killed_processes_do_nothing_twice_and_lose_nothing";
    if std::env::args().any(|argument| argument == "--list") {
        return println!("{name}: test");
    }
    if !filters.is_empty() && !filters.iter().any(|filter| name.contains(filter.as_str())) {
        return;
    }
    runtime().block_on(all_rounds());
}

async fn all_rounds() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::at(folder.path());
    let mut peer = peer::Process::start(folder.path());
    let started = Instant::now();
    let (mut killed, mut unknown, mut replayed) = (0, 0, 0);
    for number in 0..ROUNDS {
        let plan = Plan::of(number);
        let died = || plan.peer_dies && aftermath::rows(&site).contains(&format!("{number}-0"));
        let ended = round::Process::start(folder.path(), peer.url(), number).wait(Duration::from_secs(30));
        if plan.kills_us() {
            assert!(ended.was_killed(), "round {number} {plan:?} ended by itself: {ended:?}");
        } else if plan.spares_us() {
            assert!(ended.was_fine(), "round {number} {plan:?}: {ended:?}");
        }
        killed += u32::from(ended.was_killed());
        // Nobody may be killed after this round.
        drop(std::fs::remove_file(&site.caller));
        let in_round = died();
        if in_round {
            peer.await_death_and_revive();
        }
        let found = aftermath::check(&site, number, &plan).await;
        // The call that kills it may have come through on the second try only.
        if !in_round && died() {
            peer.await_death_and_revive();
        }
        unknown += found.unknown;
        replayed += found.replayed;
    }
    let rows = aftermath::rows(&site).len();
    let approvals = aftermath::approvals(&site).len();
    assert!(rows <= approvals);
    assert!(unknown > 0 && replayed > 0 && killed > 100, "the rounds did not do what they are for");
    println!(
        "{ROUNDS} rounds in {:.0} s: {killed} of ours and {} peers killed, {approvals} approvals, {rows} rows, \
         {unknown} reported as unknown, {replayed} second tries answered from the journal",
        started.elapsed().as_secs_f64(),
        peer.deaths(),
    );
}
