//! Reminders that fall due, told once.
//!
//! The scheduler sleeps until the next reminder is due. It wakes earlier when a tool changed something or somebody new
//! listens, and looks again after [`LOOK_AGAIN`] at the latest, which catches other programs' changes, a clock that was
//! set and a machine that slept.
//!
//! A reminder goes through three steps, each on disk before the next:
//! 1. It is claimed: a lease of [`LEASE`], given to one of several programs on the same database.
//! 2. It is told. It counts as told when somebody took it; if nobody listens, the claim is given back and it stays due.
//! 3. It is written off: fired, or moved to the next time of its repetition.
//!
//! Killed before the second step, it is told after the restart, as soon as the lease has run out. Killed between the
//! second and the third, it is told once more: the one gap that two systems without a common transaction leave. A failure
//! to write does not open that gap: the program remembers what it told and writes it as soon as it can.
//!
//! More than [`PUNCTUAL`] after its time a reminder is late, and its sentence says so. A repeated one is told for its
//! latest time; those before it that nobody heard are counted and said in the same breath.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Zoned};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::alert::{Alert, Alerts, Timeliness, Told};
use super::store::{Lease, ReminderRow, Settled, Store, whole_seconds};
use super::{Options, spoken};
use crate::database::StoreError;
use crate::dates::Occurrence;

/// The longest time without a look at the database.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How long a claim lasts: the longest a reminder waits after a crash in the midst of telling it.
const LEASE: SignedDuration = SignedDuration::from_secs(10);

/// How long telling may take; shorter than the lease, so that nobody else begins meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// Up to here a reminder is on time.
const PUNCTUAL: SignedDuration = SignedDuration::from_secs(60);

/// How many due reminders are read at once.
const BATCH: u32 = 50;

/// Tells the reminders of one database as they fall due.
pub(super) struct Scheduler {
    store: Arc<Store>,
    options: Options,
    alerts: Arc<dyn Alerts>,
    cancel: CancellationToken,
    /// Who we are among the programs on the same database.
    holder: String,
    /// Told and not yet written off, because the database failed.
    told: Option<Settled>,
    last: Look,
}

/// How the latest look went; a trouble is logged when it begins, not every half a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Well,
    Failed,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Batch {
    /// Some were told and there may be more.
    More,
    /// All that can be told now is told.
    Done,
}

impl Scheduler {
    pub fn new(
        store: Arc<Store>,
        options: Options,
        alerts: Arc<dyn Alerts>,
        cancel: CancellationToken,
    ) -> Scheduler {
        let holder = Uuid::now_v7().to_string();
        Scheduler { store, options, alerts, cancel, holder, told: None, last: Look::Well }
    }

    /// Runs until cancelled; a reminder that is being told is written off first.
    pub async fn run(mut self) {
        let (alerts, store) = (Arc::clone(&self.alerts), Arc::clone(&self.store));
        let cancel = self.cancel.clone();
        let mut arrival = alerts.listener();
        while !cancel.is_cancelled() {
            // Listened for before anybody is told, so that whoever comes in between is not missed.
            while begun(arrival.as_mut()).await.is_ready() {
                arrival = alerts.listener();
            }
            let wait = self.look().await;
            tokio::select! {
                () = cancel.cancelled() => return,
                () = store.changed() => {}
                () = &mut arrival => arrival = alerts.listener(),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Tells what is due; how long nothing else will be.
    async fn look(&mut self) -> Duration {
        let (wait, look) = match self.round().await {
            Ok(next) => (self.until(next), Look::Well),
            Err(problem) => {
                if self.last == Look::Well {
                    tracing::warn!(%problem, "due reminders can't be told for now");
                }
                (LOOK_AGAIN, Look::Failed)
            }
        };
        self.last = look;
        wait
    }

    fn until(&self, next: Option<Timestamp>) -> Duration {
        let ahead = next.map(|next| next.duration_since(self.options.clock.now()));
        // Negative when it fell due meanwhile.
        ahead.map_or(LOOK_AGAIN, |ahead| Duration::try_from(ahead).unwrap_or(Duration::ZERO).min(LOOK_AGAIN))
    }

    /// Tells what is due; when the next one will be.
    async fn round(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.write_off().await?;
        loop {
            let now = self.options.now();
            match self.batch(&now).await? {
                Batch::More => {}
                Batch::Done => return self.store.next_due(whole_seconds(now.timestamp())).await,
            }
        }
    }

    async fn batch(&mut self, now: &Zoned) -> Result<Batch, StoreError> {
        let due = self.store.due(&self.lease(now), BATCH).await?;
        let mut batch = Batch::Done;
        for row in &due {
            let now = self.options.now();
            if self.cancel.is_cancelled() {
                return Ok(Batch::Done);
            }
            if !self.store.claim(row, &self.lease(&now)).await? {
                continue;
            }
            let (alert, next) = occasion(row, &now);
            match tokio::time::timeout(PATIENCE, self.alerts.tell(alert)).await {
                Ok(Told::Somebody) => {
                    let at = whole_seconds(now.timestamp());
                    self.told = Some(Settled { id: row.id.clone(), due_at: row.due_at, at, next });
                    self.write_off().await?;
                    batch = Batch::More;
                }
                Ok(Told::Nobody) => {
                    self.store.release(row, &self.holder).await?;
                    return Ok(Batch::Done);
                }
                Err(_) => {
                    tracing::warn!("nobody took a reminder within {PATIENCE:?}; it stays due");
                    self.store.release(row, &self.holder).await?;
                    return Ok(Batch::Done);
                }
            }
        }
        Ok(batch)
    }

    fn lease(&self, now: &Zoned) -> Lease<'_> {
        let from = whole_seconds(now.timestamp());
        Lease { holder: &self.holder, from, until: from.saturating_add(LEASE).unwrap_or(from) }
    }

    /// Writes down what was told and could not be written before. Nothing else is told until this succeeds.
    async fn write_off(&mut self) -> Result<(), StoreError> {
        if let Some(told) = &self.told {
            self.store.settle(told, &self.holder).await?;
            self.told = None;
        }
        Ok(())
    }
}

/// Polls a future once: it is registered with whatever wakes it.
async fn begun(mut future: Pin<&mut (dyn Future<Output = ()> + Send + '_)>) -> Poll<()> {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

/// What to tell of a row that is due at `now`, and its next time.
fn occasion(row: &ReminderRow, now: &Zoned) -> (Alert, Option<Occurrence>) {
    let (mut due, mut missed, mut next) = (row.due_at, 0_u32, None);
    if let Some(series) = row.series() {
        for time in series.times().filter(|time| time.at.timestamp() > row.due_at) {
            if time.at.timestamp() > now.timestamp() {
                next = Some(time);
                break;
            }
            (due, missed) = (time.at.timestamp(), missed + 1);
        }
    }
    let due = due.to_zoned(now.time_zone().clone());
    let late = if now.duration_since(&due) > PUNCTUAL { Timeliness::Late } else { Timeliness::OnTime };
    let spoken = spoken::alert(&row.text, &due, late, missed, now);
    (Alert { id: row.id.clone(), text: row.text.clone(), due, spoken, late, missed }, next)
}

#[cfg(test)]
mod tests;
