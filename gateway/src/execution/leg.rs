//! The legs of one call: most have one, and a tool that asks back gets its answers on a further leg of the same call.
//!
//! All legs of a call are one entry of the ledger. It is `dispatching` from the first byte of the first leg to the end of the
//! last one; a call whose next leg never comes ends as unknown.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rmcp::model::{CallToolResult, ContentBlock, InputRequiredResult};
use tokio_util::sync::CancellationToken;

use super::outcome::Done;
use super::{Authorized, Call, finish, ready, repeat, send};
use crate::gateway::{Gateway, Shared};
use crate::id::EntryId;
use crate::ledger::Allowed;
use crate::upstream::{Called, Connection, Leg};

/// Over which connection a leg goes, and what it carries besides the approved arguments.
#[derive(Debug, Default)]
pub(crate) struct Route {
    /// A connection of the caller's own to the same server; without one, the server's shared one.
    pub(crate) connection: Option<Connection>,
    /// The request's metadata, such as its progress token, and the answers to what the tool asked on the leg before.
    pub(crate) leg: Leg,
}

/// How a leg ended, with the tool's own result.
#[derive(Debug)]
pub(crate) enum RawOutcome {
    /// So did the call.
    Ended { entry: EntryId, called: Called, took: Duration },
    /// The tool asks something before it goes on.
    InputRequired { open: OpenCall, wanted: InputRequiredResult },
}

/// A call between two legs: the right to send the next one. Dropping it ends the call as unknown.
pub(crate) struct OpenCall {
    /// Taken when the call goes on or ends.
    part: Option<Part>,
    entry: EntryId,
    started: Instant,
}

pub(super) struct Part {
    pub(super) shared: Arc<Shared>,
    pub(super) call: Arc<Call>,
    pub(super) allowed: Allowed,
}

impl fmt::Debug for OpenCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenCall").field("entry", &self.entry).finish_non_exhaustive()
    }
}

impl OpenCall {
    pub(crate) fn entry(&self) -> &EntryId {
        &self.entry
    }

    /// Since when it is under way.
    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Ends the call without a further leg.
    pub(crate) async fn close(mut self, done: Done) {
        if let Some(Part { shared, call, allowed }) = self.part.take() {
            finish(&shared, &call, allowed.decided_by(), &done, self.started.elapsed()).await;
        }
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        let Some(Part { shared, call, allowed }) = self.part.take() else { return };
        let (tracker, took) = (shared.clone(), self.started.elapsed());
        let close = async move {
            let reason = "the tool asked something back and got no answer".to_owned();
            finish(&shared, &call, allowed.decided_by(), &Done::Unknown { reason }, took).await;
        };
        tracker.tasks.spawn_on(close, &tracker.runtime);
    }
}

impl Gateway {
    /// Runs an authorized call and gives its result as the tool gave it. It goes on to its end even if this future is dropped.
    pub(crate) async fn execute_raw(
        &self,
        authorized: Authorized,
        cancel: CancellationToken,
        route: Route,
    ) -> RawOutcome {
        let started = Instant::now();
        let entry = authorized.entry().clone();
        let first = first(self.shared().clone(), authorized, cancel, route, started);
        self.run(entry, started, first).await
    }

    /// Sends a further leg of a call whose tool asked something back.
    pub(crate) async fn resume_raw(
        &self,
        mut open: OpenCall,
        cancel: CancellationToken,
        route: Route,
    ) -> RawOutcome {
        let (entry, started) = (open.entry.clone(), open.started);
        let Some(part) = open.part.take() else {
            // Only `close` and `drop` take it, and both end the value.
            let called = Called::NotSent { reason: "the call has ended".to_owned() };
            return RawOutcome::Ended { entry, called, took: started.elapsed() };
        };
        self.run(entry, started, further(part, cancel, route, started)).await
    }

    async fn run(
        &self,
        entry: EntryId,
        started: Instant,
        leg: impl Future<Output = RawOutcome> + Send + 'static,
    ) -> RawOutcome {
        self.shared().tasks.spawn(leg).await.unwrap_or_else(|error| {
            tracing::error!(%entry, %error, "a call's task ended early");
            let called = Called::Unknown { reason: "the program failed while it was being sent".to_owned() };
            RawOutcome::Ended { entry, called, took: started.elapsed() }
        })
    }
}

async fn first(
    shared: Arc<Shared>,
    authorized: Authorized,
    cancel: CancellationToken,
    route: Route,
    started: Instant,
) -> RawOutcome {
    let (call, allowed) = authorized.into_parts();
    let not_sent = |reason: String| {
        shared.counters.count(&Done::NotSent { reason: reason.clone() });
        RawOutcome::Ended {
            entry: call.record.entry.clone(),
            called: Called::NotSent { reason },
            took: started.elapsed(),
        }
    };
    let ready = match ready(&shared, &call, route.connection.clone(), &cancel) {
        Ok(_) if !shared.asked.closes(&call) => Err("the agent waits for no answer any more".to_owned()),
        other => other,
    };
    let ready = match ready {
        Ok(ready) => ready,
        Err(reason) => {
            if let Err(error) = shared.journal.abandon(&call.record, allowed, &reason).await {
                tracing::error!(entry = %call.record.entry, %error, "the journal could not be written");
            }
            return not_sent(reason);
        }
    };
    if let Err(error) = shared.journal.dispatch(&call.record, allowed).await {
        tracing::error!(entry = %call.record.entry, %error, "not sent, because the journal could not be written");
        return not_sent(error.told().to_owned());
    }
    let part = Part { shared, call, allowed };
    let mut called = send(&part, ready, route.leg.clone(), &cancel).await;
    if repeat::may_be(&part.call, &called, &route)
        && let Some(second) = repeat::once(&part, route.leg, &cancel).await
    {
        called = second;
    }
    end_of_leg(part, called, started).await
}

async fn further(part: Part, cancel: CancellationToken, route: Route, started: Instant) -> RawOutcome {
    let called = match ready(&part.shared, &part.call, route.connection.clone(), &cancel) {
        Ok(ready) => send(&part, ready, route.leg, &cancel).await,
        Err(reason) => Called::NotSent { reason },
    };
    let called = match called {
        // The legs before were sent, and what they did can't be known.
        Called::NotSent { reason } => {
            Called::Unknown { reason: format!("it was under way and could not go on: {reason}") }
        }
        called @ (Called::Answered { .. }
        | Called::Asks { .. }
        | Called::InputRequired(_)
        | Called::Refused { .. }
        | Called::Broken { .. }
        | Called::Unknown { .. }) => called,
    };
    end_of_leg(part, called, started).await
}

async fn end_of_leg(part: Part, called: Called, started: Instant) -> RawOutcome {
    let Part { shared, call, allowed } = part;
    let entry = call.record.entry.clone();
    if let Called::InputRequired(wanted) = called {
        let open = OpenCall { part: Some(Part { shared, call, allowed }), entry, started };
        return RawOutcome::InputRequired { open, wanted };
    }
    let called = match called {
        Called::Asks { .. } => asked_back(&shared, &call, allowed, called),
        ended @ (Called::Answered { .. }
        | Called::InputRequired(_)
        | Called::Refused { .. }
        | Called::NotSent { .. }
        | Called::Broken { .. }
        | Called::Unknown { .. }) => ended,
    };
    let took = started.elapsed();
    finish(&shared, &call, allowed.decided_by(), &Done::from(&called), took).await;
    RawOutcome::Ended { entry, called, took }
}

/// What an agent asks back, if it may ask any more.
fn asked_back(shared: &Shared, call: &Call, allowed: Allowed, called: Called) -> Called {
    match shared.may_ask(call, allowed) {
        Ok(()) => called,
        Err(reason) => {
            Called::Answered { result: CallToolResult::error(vec![ContentBlock::text(reason)]), failed: true }
        }
    }
}
