//! The task that keeps one server connected: connect, list, look again every few seconds, and try again with backoff.
//!
//! A server that went away is noticed by the end of its connection, by the regular look, or by a failed call, which asks for
//! a look at once. A look asks for the list when it may have changed: when the server says so, when the time that it gave for
//! it is over, or, of a server that says nothing, each time; else it asks for a sign of life. Everything a server can delay
//! is bounded, and only this server's own task waits for it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::ServerNotification;
use rmcp::service::Subscription;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Live, Seat};
use crate::federation::SharedEar;
use crate::gateway::{Limits, Shared};
use crate::store::now;
use crate::upstream::{ChangedList, ConnectError, Connected, Connection, Listener, Listing, Target};

const SHORTEST_TTL: Duration = Duration::from_secs(5);
const LONGEST_TTL: Duration = Duration::from_secs(600);
const SHORTEST_PAUSE: Duration = Duration::from_millis(200);
/// A list whose changes are announced is asked for at every so many looks all the same.
const ANNOUNCED: u32 = 12;

pub(crate) struct Keeper {
    shared: Arc<Shared>,
    seat: Seat,
    target: Target,
    tools_changed: Arc<Notify>,
    /// The same through all connections, for it counts the calls that failed.
    listener: Listener,
}

enum End {
    Stopped,
    Lost(ConnectError),
}

impl Keeper {
    pub(crate) fn new(shared: Arc<Shared>, seat: Seat, target: Target) -> Self {
        let tools_changed = Arc::new(Notify::new());
        let ear = SharedEar::new(Arc::downgrade(&shared));
        let listener = Listener::new(tools_changed.clone()).with_upcalls(Arc::new(ear));
        Self { shared, seat, target, tools_changed, listener }
    }

    pub(crate) async fn run(self) {
        let limits = self.shared.config.limits.clone();
        let mut backoff = limits.backoff_first;
        loop {
            let attempt = tokio::select! {
                () = self.seat.stop.cancelled() => return,
                attempt = self.attempt() => attempt,
            };
            let problem = match attempt {
                Ok((connected, listing)) => {
                    backoff = limits.backoff_first;
                    match self.stay(connected, listing).await {
                        End::Stopped => return,
                        End::Lost(problem) => problem,
                    }
                }
                Err(problem) => problem,
            };
            let problem = self.refusal(problem);
            tracing::info!(server = %self.seat.name, reason = %problem, "server unreachable");
            self.publish(Live::Unreachable { since: now(), reason: problem.to_string() });
            tokio::select! {
                () = self.seat.stop.cancelled() => return,
                () = self.seat.poke.notified() => {}
                () = sleep(jittered(backoff, roll())) => {}
            }
            backoff = next_backoff(backoff, limits.backoff_last);
        }
    }

    async fn attempt(&self) -> Result<(Connected, Listing), ConnectError> {
        let limits = &self.shared.config.limits;
        let connected = Connection::open(&self.target, limits, self.listener.clone()).await?;
        let listing = self.vetted(connected.connection.list(limits).await?).await;
        Ok((connected, listing))
    }

    /// What would help where the server turned us away.
    fn refusal(&self, problem: ConnectError) -> ConnectError {
        if problem != ConnectError::Unauthorized {
            return problem;
        }
        let refusal = self.target.account.as_ref().and_then(|account| account.refusal());
        refusal.map_or(problem, ConnectError::from)
    }

    async fn vetted(&self, listing: Listing) -> Listing {
        self.shared.vet(&self.seat.name, self.seat.origin, listing).await
    }

    fn publish(&self, live: Live) {
        self.shared.table.publish(&self.seat, live);
        self.seat.looks.send_modify(|count| *count += 1);
    }

    /// Keeps the tool list true until the server goes away or this task is told to stop.
    async fn stay(&self, mut connected: Connected, listing: Listing) -> End {
        let connection = connected.connection.clone();
        let limits = &self.shared.config.limits;
        tracing::info!(server = %self.seat.name, tools = listing.tools.len(), "server connected");
        let mut changes = connection.subscribe(limits).await;
        let announced = |changes: &Option<Subscription>| {
            connection.announces_changes() || changes.is_some() && connection.says_it_announces()
        };
        let mut listed = Instant::now();
        let mut next_list = listed + pause(&listing, announced(&changes), limits);
        let mut listing = Arc::new(listing);
        self.publish(Live::Healthy { connection: connection.clone(), listing: listing.clone() });
        let end = loop {
            let list = tokio::select! {
                () = self.seat.stop.cancelled() => break End::Stopped,
                problem = connected.ended() => break End::Lost(problem),
                rest = self.listener.too_many_failures() => {
                    tracing::warn!(server = %self.seat.name, ?rest, "its calls fail one after the other, it is left alone");
                    self.publish(Live::Resting { since: now(), until: Instant::now() + rest });
                    tokio::select! {
                        () = self.seat.stop.cancelled() => break End::Stopped,
                        problem = connected.ended() => break End::Lost(problem),
                        () = sleep(rest) => true,
                    }
                }
                list = next_change(&mut changes) => {
                    self.shared.list_changed(list);
                    list == ChangedList::Tools
                }
                () = self.tools_changed.notified() => true,
                () = self.seat.poke.notified() => true,
                () = sleep(limits.idle_check) => Instant::now() >= next_list,
            };
            let look = async {
                if !list {
                    return connection.alive(limits).await.map(|()| None);
                }
                // A server that says all the time that its list has changed is not asked all the time.
                sleep_until(listed + SHORTEST_PAUSE).await;
                connection.list(limits).await.map(Some)
            };
            let look = tokio::select! {
                () = self.seat.stop.cancelled() => break End::Stopped,
                look = look => look,
            };
            match look {
                Ok(Some(fresh)) => {
                    listed = Instant::now();
                    next_list = listed + pause(&fresh, announced(&changes), limits);
                    let fresh = self.vetted(fresh).await;
                    // The same tools stay the same object, with what is compiled of them.
                    if fresh != *listing {
                        listing = Arc::new(fresh);
                    }
                    self.publish(Live::Healthy { connection: connection.clone(), listing: listing.clone() });
                }
                Ok(None) => {}
                Err(problem) => break End::Lost(problem),
            }
        };
        connected.close().await;
        end
    }
}

/// How long a list is taken for true. In between the server is only asked for a sign of life.
fn pause(listing: &Listing, announced: bool, limits: &Limits) -> Duration {
    match listing.ttl {
        Some(ttl) => ttl.clamp(SHORTEST_TTL.min(limits.idle_check), LONGEST_TTL),
        None if announced => limits.idle_check * ANNOUNCED,
        None => Duration::ZERO,
    }
}

/// Waits for word of a changed list; for ever when there is no subscription or it has ended.
async fn next_change(changes: &mut Option<Subscription>) -> ChangedList {
    while let Some(subscription) = changes {
        match subscription.next().await {
            Ok(Some(ServerNotification::ToolListChangedNotification(_))) => return ChangedList::Tools,
            Ok(Some(ServerNotification::PromptListChangedNotification(_))) => return ChangedList::Prompts,
            Ok(Some(ServerNotification::ResourceListChangedNotification(_))) => {
                return ChangedList::Resources;
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => *changes = None,
        }
    }
    std::future::pending().await
}

fn next_backoff(now: Duration, last: Duration) -> Duration {
    now.saturating_mul(2).min(last)
}

/// Between four and six fifths, so that servers that went away together don't all come back to be asked together.
fn jittered(wait: Duration, roll: u64) -> Duration {
    wait.mul_f64(0.8 + 0.4 * (roll % 1000) as f64 / 1000.0)
}

fn roll() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_a_fifth() {
        let wait = Duration::from_secs(10);
        for roll in [0, 1, 499, 999, 1000, u64::MAX] {
            let jittered = jittered(wait, roll);
            assert!((8.0..=12.0).contains(&jittered.as_secs_f64()), "{jittered:?}");
        }
        assert_ne!(jittered(wait, 1), jittered(wait, 700));
    }

    #[test]
    fn how_long_a_list_holds() {
        let limits = Limits::default();
        let seconds = |ttl: Option<u64>, announced| {
            let listing = Listing { ttl: ttl.map(Duration::from_secs), ..Listing::default() };
            pause(&listing, announced, &limits).as_secs()
        };
        assert_eq!((seconds(None, false), seconds(None, true)), (0, 60));
        assert_eq!(
            (seconds(Some(0), true), seconds(Some(60), true), seconds(Some(86_400), false)),
            (5, 60, 600)
        );
    }

    #[test]
    fn backoff_doubles_up_to_its_last() {
        let last = Duration::from_secs(60);
        let mut waits = vec![Duration::from_secs(1)];
        while waits.len() < 8 {
            waits.push(next_backoff(waits[waits.len() - 1], last));
        }
        let seconds: Vec<u64> = waits.iter().map(Duration::as_secs).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
