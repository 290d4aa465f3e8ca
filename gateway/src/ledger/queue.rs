//! The journal on SQLite: steps queue up, and one task commits all that wait in one transaction.
//!
//! A commit waits for the disk. While it does, the steps of other calls gather, and the next commit takes them all, so that
//! many calls share one wait. Each step is answered after the commit that holds it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::sqlite::SqlitePool;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::batch::{Failure, Step};
use super::writer::{Command, Writer};
use super::{Allowed, CallRecord, Edit, Journal, KeyedCall, Question, Recovered, Settled, Settlement, keys};
use crate::audit::DecidedBy;
use crate::execution::Done;
use crate::id::ApprovalId;
use crate::idempotency::IdempotencyKey;
use crate::store::{Store, StoreError};

/// Steps that may wait for the writer; whoever comes then waits for a place.
const QUEUE: usize = 1024;

/// The journal in the gateway's SQLite file. When it is dropped, its writer writes what is queued and ends.
#[derive(Debug)]
pub(crate) struct SqliteJournal {
    queue: mpsc::Sender<Command>,
    reader: SqlitePool,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl SqliteJournal {
    /// Starts the writer on a connection of its own.
    pub(crate) async fn start(store: &Store) -> Result<Self, StoreError> {
        let (queue, steps) = mpsc::channel(QUEUE);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let writer = Writer::open(store.connect().await?, steps, stop.clone()).await?;
        tasks.spawn(writer.run());
        tasks.close();
        Ok(Self { queue, reader: store.reader().clone(), tasks, stop })
    }

    async fn write(&self, step: Step) -> Result<(), StoreError> {
        match self.attempt(step).await {
            Ok(()) => Ok(()),
            Err(Failure::NotPending { entry }) => Err(StoreError::State { entry, wanted: "proposed" }),
            Err(Failure::NotBegun(cause)) => Err(StoreError::Unwritten(cause)),
            Err(Failure::Store(error)) => Err(error),
        }
    }

    async fn attempt(&self, step: Step) -> Result<(), Failure> {
        self.send(|reply| Command::Write(Box::new(step), reply)).await?
    }

    async fn send<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, StoreError> {
        let (reply, written) = oneshot::channel();
        self.queue.send(command(reply)).await.map_err(|_| StoreError::Closed)?;
        written.await.map_err(|_| StoreError::Closed)
    }

    /// One answer among those that race for a question.
    async fn race(&self, id: &ApprovalId, step: Step) -> Result<Settled, StoreError> {
        match self.attempt(step).await {
            Ok(()) => Ok(Settled::Won),
            Err(Failure::NotPending { .. }) => self.settled(id).await,
            Err(Failure::NotBegun(cause)) => Err(StoreError::Unwritten(cause)),
            Err(Failure::Store(error)) => Err(error),
        }
    }
}

impl Drop for SqliteJournal {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn refuse(&self, call: &Arc<CallRecord>) -> Result<(), StoreError> {
        self.write(Step::refuse(call)).await
    }

    async fn ask(&self, call: &Arc<CallRecord>, question: &Question) -> Result<(), StoreError> {
        self.write(Step::ask(call, question.clone())).await
    }

    async fn settle(
        &self,
        id: &ApprovalId,
        call: &Arc<CallRecord>,
        settlement: Settlement,
    ) -> Result<Settled, StoreError> {
        self.race(id, Step::settle(id.clone(), call, settlement)).await
    }

    async fn edit(&self, edit: Edit) -> Result<Settled, StoreError> {
        let id = edit.id.clone();
        self.race(&id, Step::edit(edit)).await
    }

    async fn settled(&self, id: &ApprovalId) -> Result<Settled, StoreError> {
        let row = sqlx::query("SELECT state FROM gateway_approvals WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.reader)
            .await?;
        Ok(match row.map(|row| row.try_get::<String, _>("state")).transpose()?.as_deref() {
            None => Settled::NotFound,
            Some("expired") => Settled::Expired,
            Some(_) => Settled::TooLate,
        })
    }

    async fn dispatch(&self, call: &Arc<CallRecord>, allowed: Allowed) -> Result<(), StoreError> {
        self.write(Step::dispatch(call, allowed)).await
    }

    async fn dispatch_again(&self, call: &Arc<CallRecord>, by: DecidedBy) -> Result<(), StoreError> {
        self.write(Step::again(call, by)).await
    }

    async fn finish(
        &self,
        call: &Arc<CallRecord>,
        by: DecidedBy,
        done: &Done,
        took: Duration,
    ) -> Result<(), StoreError> {
        self.write(Step::finish(call, by, done, took)).await
    }

    async fn abandon(
        &self,
        call: &Arc<CallRecord>,
        allowed: Allowed,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.write(Step::abandon(call, allowed, reason.to_owned())).await
    }

    async fn recover(&self) -> Result<Vec<Recovered>, StoreError> {
        self.send(Command::Recover).await?
    }

    async fn keyed(&self, persona: &str, key: &IdempotencyKey) -> Result<Option<KeyedCall>, StoreError> {
        keys::find(&self.reader, persona, key).await
    }

    async fn forget_keys(&self) -> Result<u64, StoreError> {
        self.send(Command::ForgetKeys).await?
    }

    async fn close(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}
