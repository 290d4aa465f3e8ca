//! Somebody who calls the healthy servers in turn without a pause, and how long each call took.

use std::fmt;
use std::time::{Duration, Instant};

use homepilot_gateway::{Done, Gateway, Verdict};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::rig::proposal;

pub(super) struct Caller {
    made: watch::Receiver<usize>,
    stop: CancellationToken,
    task: JoinHandle<Vec<Duration>>,
}

impl Caller {
    /// Calls `healthy-0` to `healthy-{servers - 1}`; a call that doesn't succeed is a panic.
    pub(super) fn start(gateway: &Gateway, servers: usize) -> Self {
        let (count, made) = watch::channel(0);
        let (gateway, stop) = (gateway.clone(), CancellationToken::new());
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let mut took = Vec::new();
            while !stopped.is_cancelled() {
                took.push(call(&gateway, &format!("healthy-{}__look", took.len() % servers)).await);
                count.send_replace(took.len());
            }
            took
        });
        Self { made, stop, task }
    }

    /// Waits until it has made so many calls.
    pub(super) async fn has_made(&self, calls: usize) {
        let waiting = async { self.made.clone().wait_for(|made| *made >= calls).await.is_ok() };
        let made = timeout(Duration::from_secs(60), waiting).await;
        assert_eq!(made, Ok(true), "{} of {calls} calls were made", *self.made.borrow());
    }

    /// Waits until it has made so many calls more.
    pub(super) async fn makes(&self, more: usize) {
        let made = *self.made.borrow();
        self.has_made(made + more).await;
    }

    pub(super) async fn stop(self) -> Times {
        self.stop.cancel();
        let mut took = self.task.await.unwrap();
        took.sort_unstable();
        Times(took)
    }
}

/// How long calls took, sorted.
pub(super) struct Times(Vec<Duration>);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |part: usize| self.0[(self.0.len() - 1) * part / 100];
        write!(f, "p50 {:?}, p95 {:?} of {} calls", at(50), at(95), self.0.len())
    }
}

/// From the proposal to the answer, journal and all.
async fn call(gateway: &Gateway, capability: &str) -> Duration {
    let started = Instant::now();
    let authorized = match gateway.propose(proposal(capability, json!({}))).await.unwrap() {
        Verdict::Allowed(authorized) => authorized,
        other => panic!("{capability} does not run unasked: {other:?}"),
    };
    let done = gateway.execute(authorized, CancellationToken::new()).await.state;
    assert!(matches!(done, Done::Succeeded { .. }), "{capability}: {done:?}");
    started.elapsed()
}
