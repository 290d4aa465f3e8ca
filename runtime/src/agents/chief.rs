//! The chief of staff: takes a request apart, puts its parts in order, gives each to the agent that it fits, and brings the
//! answers together. It does nothing itself and decides nothing for anybody: what a delegate asks is passed on word for word.

mod delegate;
mod order;
mod parts;
mod registered;
mod run;
mod summary;
mod taken;

use std::sync::Arc;

use a2a::TaskState;
use async_trait::async_trait;
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::mind::{End, Event, Mind, Said};
use crate::session::Ended;

pub(super) use delegate::Everyday;
pub(super) use registered::Registered;
pub(super) use taken::Others;
#[cfg(test)]
pub(super) use taken::Taken;

/// Events that may wait.
const EVENTS: usize = 16;

/// One conversation with the chief of staff.
pub(super) struct Chief {
    everyday: Everyday,
    others: Arc<dyn Others>,
    events: (mpsc::Sender<Event>, mpsc::Receiver<Event>),
    /// The request that is dealt with.
    work: JoinSet<()>,
    answers: mpsc::Sender<String>,
    cancel: CancellationToken,
}

impl Chief {
    pub fn new(everyday: Everyday, others: Arc<dyn Others>) -> Self {
        let (answers, _) = mpsc::channel(1);
        let cancel = CancellationToken::new();
        Self { everyday, others, events: mpsc::channel(EVENTS), work: JoinSet::new(), answers, cancel }
    }
}

#[async_trait]
impl Mind for Chief {
    async fn say(&mut self, said: Said) -> Result<(), Ended> {
        let said = match self.answers.send(said.text).await {
            Ok(()) => return Ok(()),
            Err(unheard) => Said { text: unheard.0, depth: said.depth },
        };
        let (answers, heard) = mpsc::channel(1);
        self.answers = answers;
        self.cancel = CancellationToken::new();
        let run = run::Run {
            everyday: self.everyday.clone(),
            others: self.others.clone(),
            events: self.events.0.clone(),
            answers: heard,
            cancel: self.cancel.clone(),
        };
        self.work.spawn(run.deal_with(said));
        Ok(())
    }

    async fn stop(&mut self) -> Result<Option<End>, Ended> {
        if self.answers.is_closed() {
            return Ok(Some(End::said(TaskState::Canceled, "")));
        }
        self.cancel.cancel();
        Ok(None)
    }

    async fn next(&mut self) -> Result<Event, Ended> {
        loop {
            tokio::select! {
                biased;
                event = self.events.1.recv() => return event.ok_or(Ended),
                Some(ended) = self.work.join_next(), if !self.work.is_empty() => if let Err(error) = ended {
                    tracing::error!(%error, "the chief of staff's work broke");
                    let words = "Something inside me broke. Whether something was sent is in the audit.";
                    return Ok(Event::Over(End::said(TaskState::Failed, words)));
                },
            }
        }
    }
}
