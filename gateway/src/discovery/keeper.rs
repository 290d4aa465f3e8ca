//! The task that keeps one server connected: connect, list, look again every few seconds, and try again with backoff.
//!
//! A server that went away is noticed by the end of its connection, by the regular look, or by a failed call, which asks for
//! a look at once. Everything a server can delay is bounded, and only this server's own task waits for it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rmcp::service::Subscription;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::{Live, Seat};
use crate::gateway::Shared;
use crate::store::now;
use crate::upstream::{ConnectError, Connected, Connection, Listener, Listing, Target};

pub(crate) struct Keeper {
    shared: Arc<Shared>,
    seat: Seat,
    target: Target,
    tools_changed: Arc<Notify>,
}

enum End {
    Stopped,
    Lost(ConnectError),
}

impl Keeper {
    pub(crate) fn new(shared: Arc<Shared>, seat: Seat, target: Target) -> Self {
        Self { shared, seat, target, tools_changed: Arc::new(Notify::new()) }
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
                () = sleep(backoff) => {}
            }
            backoff = next_backoff(backoff, limits.backoff_last);
        }
    }

    async fn attempt(&self) -> Result<(Connected, Listing), ConnectError> {
        let limits = &self.shared.config.limits;
        let connected =
            Connection::open(&self.target, limits, Listener::new(self.tools_changed.clone())).await?;
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
    async fn stay(&self, connected: Connected, listing: Listing) -> End {
        let Connected { running, connection } = connected;
        let limits = &self.shared.config.limits;
        tracing::info!(server = %self.seat.name, tools = listing.tools.len(), "server connected");
        self.publish(Live::Healthy { connection: connection.clone(), listing: Arc::new(listing) });
        let mut changes = connection.subscribe(limits).await;
        let goodbye = running.cancellation_token();
        let mut ended = pin!(running.waiting());
        let end = loop {
            tokio::select! {
                () = self.seat.stop.cancelled() => break End::Stopped,
                _ = &mut ended => break End::Lost(ConnectError::NoConnection("the connection ended".to_owned())),
                () = next_change(&mut changes) => {}
                () = self.tools_changed.notified() => {}
                () = self.seat.poke.notified() => {}
                () = sleep(limits.idle_check) => {}
            }
            let look = tokio::select! {
                () = self.seat.stop.cancelled() => break End::Stopped,
                look = connection.list(limits) => look,
            };
            match look {
                Ok(listing) => {
                    let listing = Arc::new(self.vetted(listing).await);
                    self.publish(Live::Healthy { connection: connection.clone(), listing })
                }
                Err(problem) => break End::Lost(problem),
            }
        };
        goodbye.cancel();
        end
    }
}

/// Waits for word of a changed tool list; for ever when there is no subscription or it has ended.
async fn next_change(changes: &mut Option<Subscription>) {
    if let Some(subscription) = changes {
        if let Ok(Some(_)) = subscription.next().await {
            return;
        }
        *changes = None;
    }
    std::future::pending().await
}

fn next_backoff(now: Duration, last: Duration) -> Duration {
    now.saturating_mul(2).min(last)
}

#[cfg(test)]
mod tests {
    use super::*;

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
