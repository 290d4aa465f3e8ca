//! The one task that writes the journal.
//!
//! It commits what waits as one batch. A batch that can't be taken whole leaves no trace, and its steps are then taken one by
//! one: a step that isn't allowed, or that the database refuses, fails alone.

use std::collections::HashSet;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::batch::{Failure, Step, apply};
use super::{Recovered, keys, recovery};
use crate::audit::Chain;
use crate::store::{OwnConnection, StoreError};

/// The most steps of one commit.
const BATCH: usize = 256;

/// What the writer is asked to do.
pub(super) enum Command {
    Write(Box<Step>, oneshot::Sender<Result<(), Failure>>),
    Recover(oneshot::Sender<Result<Vec<Recovered>, StoreError>>),
    ForgetKeys(oneshot::Sender<Result<u64, StoreError>>),
}

/// Steps that are committed together.
#[derive(Default)]
struct Batch {
    steps: Vec<Step>,
    replies: Vec<oneshot::Sender<Result<(), Failure>>>,
}

pub(super) struct Writer {
    database: OwnConnection,
    commands: mpsc::Receiver<Command>,
    stop: CancellationToken,
    /// The end of the audit as this writer left it.
    chain: Chain,
}

impl Writer {
    pub(super) async fn open(
        mut database: OwnConnection,
        commands: mpsc::Receiver<Command>,
        stop: CancellationToken,
    ) -> Result<Self, StoreError> {
        let chain = Chain::open(database.connection()).await?;
        Ok(Self { database, commands, stop, chain })
    }

    pub(super) async fn run(mut self) {
        let mut left = None;
        while let Some(command) = self.next(left.take()).await {
            match command {
                Command::Write(step, reply) => {
                    let (batch, odd) = self.gather(*step, reply);
                    left = odd;
                    self.commit(batch).await;
                }
                // Whoever asked may have gone away; the work is done all the same.
                Command::Recover(reply) => drop(reply.send(self.recover().await)),
                Command::ForgetKeys(reply) => drop(reply.send(self.forget_keys().await)),
            }
        }
        if let Err(error) = self.database.close().await {
            tracing::warn!(%error, "the journal's connection could not be closed");
        }
    }

    async fn next(&mut self, left: Option<Command>) -> Option<Command> {
        if left.is_some() {
            return left;
        }
        tokio::select! {
            biased;
            command = self.commands.recv() => command,
            () = self.stop.cancelled() => {
                self.commands.close();
                self.commands.recv().await
            }
        }
    }

    /// A batch of the steps that wait, and the command that has no place in it. Steps of one call are never in one batch, for
    /// the later one starts from where the earlier one leads.
    fn gather(
        &mut self,
        step: Step,
        reply: oneshot::Sender<Result<(), Failure>>,
    ) -> (Batch, Option<Command>) {
        let mut entries = HashSet::from([step.entry().clone()]);
        let mut batch = Batch { steps: vec![step], replies: vec![reply] };
        while batch.steps.len() < BATCH {
            match self.commands.try_recv() {
                Ok(Command::Write(step, reply)) if entries.insert(step.entry().clone()) => {
                    batch.steps.push(*step);
                    batch.replies.push(reply);
                }
                Ok(odd) => return (batch, Some(odd)),
                // Empty, or closed: `next` finds out which.
                Err(_) => break,
            }
        }
        (batch, None)
    }

    async fn commit(&mut self, batch: Batch) {
        let Batch { steps, replies } = batch;
        match self.try_commit(&steps).await {
            Ok(()) => replies.into_iter().for_each(|reply| drop(reply.send(Ok(())))),
            // Taking them one by one would only wait as long again for each.
            Err(Failure::NotBegun(cause)) => {
                replies.into_iter().for_each(|reply| drop(reply.send(Err(Failure::NotBegun(cause.clone())))));
            }
            Err(failure) if steps.len() == 1 => {
                replies
                    .into_iter()
                    .take(1)
                    .zip([failure])
                    .for_each(|(reply, failure)| drop(reply.send(Err(failure))));
            }
            Err(Failure::NotPending { .. } | Failure::Store(_)) => {
                for (step, reply) in steps.iter().zip(replies) {
                    drop(reply.send(self.try_commit(std::slice::from_ref(step)).await));
                }
            }
        }
    }

    async fn try_commit(&mut self, steps: &[Step]) -> Result<(), Failure> {
        let begun = self.database.begin().await;
        let mut tx = begun.map_err(|error| Failure::NotBegun(error.to_string()))?;
        let chain = apply(&mut tx, steps, &self.chain).await?;
        // A commit that fails is rolled back, and the chain ends where it ended.
        tx.commit().await.map_err(StoreError::from)?;
        self.chain = chain;
        Ok(())
    }

    async fn recover(&mut self) -> Result<Vec<Recovered>, StoreError> {
        let mut tx = self.database.begin().await?;
        let (chain, recovered) = recovery::recover(&mut tx, &self.chain).await?;
        tx.commit().await?;
        self.chain = chain;
        Ok(recovered)
    }

    async fn forget_keys(&mut self) -> Result<u64, StoreError> {
        let mut tx = self.database.begin().await?;
        let forgotten = keys::forget(&mut tx).await?;
        tx.commit().await?;
        Ok(forgotten)
    }
}
