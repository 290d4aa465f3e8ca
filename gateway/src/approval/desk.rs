//! The open questions: who waits for each, and the one place where they end.
//!
//! A question ends where its row leaves `pending`, which one writer achieves. That writer alone takes the waiting proposer
//! off the desk, so there is one [`Authorized`] or none. Ending runs as a task of its own: a caller that goes away half-way
//! can't leave a question settled on disk and open here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::term::Term;
use super::{AnswerError, ApprovalView, Pending, PendingResolution, Resolution};
use crate::audit::DecidedBy;
use crate::discovery::UnknownCapability;
use crate::execution::{Authorized, Call};
use crate::gateway::Shared;
use crate::id::ApprovalId;
use crate::ledger::{Allowed, Settled, Settlement};
use crate::store::now;

#[derive(Debug, Default)]
pub(crate) struct Desk {
    waiting: Mutex<HashMap<ApprovalId, Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    open: Open,
    answer: oneshot::Sender<Resolution>,
    /// Ends the task that waits for the expiry.
    closed: CancellationToken,
}

/// What an open question is about.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) call: Arc<Call>,
    pub(super) view: ApprovalView,
    pub(super) ttl: Duration,
    pub(super) term: Term,
}

impl Desk {
    /// Nothing that can panic runs under this lock with the map half-changed.
    fn lock(&self) -> MutexGuard<'_, HashMap<ApprovalId, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(crate) fn views(&self) -> Vec<ApprovalView> {
        let mut views: Vec<_> = self.lock().values().map(|waiting| waiting.open.view.clone()).collect();
        // Ids are time-ordered.
        views.sort_by(|a, b| a.id.cmp(&b.id));
        views
    }

    pub(crate) fn view(&self, id: &ApprovalId) -> Option<ApprovalView> {
        self.lock().get(id).map(|waiting| waiting.open.view.clone())
    }

    pub(super) fn open(&self, id: &ApprovalId) -> Option<Open> {
        self.lock().get(id).map(|waiting| waiting.open.clone())
    }

    /// Takes a question off the desk and tells its proposer how it ended. Hands the end back if nobody waits for it.
    pub(super) fn close(&self, id: &ApprovalId, resolution: Resolution) -> Option<Resolution> {
        let Waiting { open, answer, closed } = self.lock().remove(id)?;
        closed.cancel();
        // The key of a call that ends here is free by the time its proposer hears of it.
        drop(open);
        answer.send(resolution).err()
    }

    pub(crate) fn set_question(&self, id: &ApprovalId, question: String) -> bool {
        match self.lock().get_mut(id) {
            Some(waiting) => {
                waiting.open.view.question = Some(question);
                true
            }
            None => false,
        }
    }
}

impl Shared {
    /// Puts a question on the desk and starts its clock.
    pub(super) fn open_question(self: &Arc<Self>, call: Call, view: ApprovalView, ttl: Duration) -> Pending {
        let (answer, answered) = oneshot::channel();
        let closed = CancellationToken::new();
        let id = view.id.clone();
        let term = Term::new(Instant::now(), ttl, view.expires_at);
        let open = Open { call: Arc::new(call), view: view.clone(), ttl, term };
        self.desk.lock().insert(id.clone(), Waiting { open, answer, closed: closed.clone() });
        let (shared, asked) = (self.clone(), id.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = closed.cancelled() => {}
                // The row is closed at the next start; the proposer hears at once.
                () = shared.stop.cancelled() => drop(shared.desk.lock().remove(&asked)),
                () = sleep(ttl) => shared.expire(&asked).await,
            }
        });
        Pending { approval: view, resolution: PendingResolution::new(id, answered, self.clone()) }
    }

    pub(crate) async fn answer(
        self: &Arc<Self>,
        id: &ApprovalId,
        settlement: Settlement,
    ) -> Result<(), AnswerError> {
        let (shared, asked) = (self.clone(), id.clone());
        let ended = self.tasks.spawn(async move { shared.end(&asked, settlement).await }).await;
        // A task of ours ends early only when the program does.
        ended.unwrap_or_else(|_| Err(AnswerError::NotFound(id.clone())))
    }

    /// Ends a question as denied because nobody waits for its answer any more.
    pub(crate) async fn withdraw(self: &Arc<Self>, id: &ApprovalId) {
        match self.end(id, Settlement::Denied(DecidedBy::Disconnect)).await {
            Ok(())
            | Err(
                AnswerError::NotFound(_)
                | AnswerError::AlreadyAnswered(_)
                | AnswerError::Expired(_)
                | AnswerError::ToolChanged(_),
            ) => {}
            // What only a changed answer meets can't happen to a withdrawal.
            Err(
                error @ (AnswerError::Store(_)
                | AnswerError::Unchanged(_)
                | AnswerError::Argument(_)
                | AnswerError::TooLarge(_)
                | AnswerError::Refused(_)
                | AnswerError::Otherwise { .. }
                | AnswerError::Pin(_)
                | AnswerError::UnknownCapability(_)),
            ) => {
                tracing::error!(%id, %error, "a withdrawn question could not be closed")
            }
        }
    }

    /// Closes an approved call that nobody will run.
    pub(crate) async fn abandon(&self, authorized: Authorized) {
        let (call, allowed) = authorized.into_parts();
        let reason = "nobody waited for the approval any more";
        if let Err(error) = self.journal.abandon(&call.record, allowed, reason).await {
            tracing::error!(entry = %call.record.entry, %error, "an abandoned call could not be closed");
        }
    }

    async fn expire(self: &Arc<Self>, id: &ApprovalId) {
        if let Err(AnswerError::Store(error)) = self.end(id, Settlement::Expired).await {
            tracing::error!(%id, %error, "an expired question could not be closed");
            // Whoever waits hears it all the same; the row is closed at the next start.
            drop(self.desk.close(id, Resolution::Expired));
        }
    }

    pub(super) async fn end(
        self: &Arc<Self>,
        id: &ApprovalId,
        settlement: Settlement,
    ) -> Result<(), AnswerError> {
        let Some(Open { call, term, .. }) = self.desk.open(id) else {
            return Err(self.why_not_open(id).await?);
        };
        // The clock task may be late; the time that was promised is what counts.
        let late = term.is_over(Instant::now(), now());
        // A server that is away can't show another definition; it is compared again before anything is sent.
        let changed = || match self.table.find(&call.record.capability) {
            Ok((_, tool)) => tool.hash != call.record.tool_hash,
            Err(UnknownCapability::Quarantined { .. }) => true,
            Err(
                UnknownCapability::NotRegistered { .. }
                | UnknownCapability::Unavailable { .. }
                | UnknownCapability::NoSuchTool { .. },
            ) => false,
        };
        let (settlement, verdict) = match settlement {
            Settlement::Approved(_) if late => (Settlement::Expired, Verdict::Late),
            Settlement::Approved(by) if changed() => (Settlement::Denied(by), Verdict::Changed),
            Settlement::Approved(_) | Settlement::Denied(_) | Settlement::Expired => {
                (settlement, Verdict::AsAsked)
            }
        };
        match self.journal.settle(id, &call.record, settlement).await? {
            Settled::Won => {}
            Settled::TooLate => return Err(AnswerError::AlreadyAnswered(id.clone())),
            Settled::Expired => return Err(AnswerError::Expired(id.clone())),
            Settled::NotFound => return Err(AnswerError::NotFound(id.clone())),
        }
        let resolution = match (settlement, verdict) {
            (_, Verdict::Changed) => Resolution::ToolChanged,
            (Settlement::Approved(by), _) => {
                Resolution::Granted(Authorized::grant(call.clone(), Some(id.clone()), Allowed::ByAnswer(by)))
            }
            (Settlement::Denied(by), _) => Resolution::Denied { by },
            (Settlement::Expired, _) => Resolution::Expired,
        };
        // As in `close`: what is told is true when it is heard.
        drop(call);
        if let Some(Resolution::Granted(unwanted)) = self.desk.close(id, resolution) {
            self.abandon(unwanted).await;
        }
        match verdict {
            Verdict::AsAsked => Ok(()),
            Verdict::Late => Err(AnswerError::Expired(id.clone())),
            Verdict::Changed => Err(AnswerError::ToolChanged(id.clone())),
        }
    }

    pub(super) async fn why_not_open(&self, id: &ApprovalId) -> Result<AnswerError, AnswerError> {
        Ok(match self.journal.settled(id).await? {
            Settled::NotFound => AnswerError::NotFound(id.clone()),
            Settled::Expired => AnswerError::Expired(id.clone()),
            Settled::TooLate | Settled::Won => AnswerError::AlreadyAnswered(id.clone()),
        })
    }
}

#[derive(Clone, Copy)]
enum Verdict {
    AsAsked,
    Late,
    Changed,
}
