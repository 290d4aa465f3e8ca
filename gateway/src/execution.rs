//! Running what was authorized: once, journalled before it leaves, and with an honest end.
//!
//! [`Authorized`] is the only way in. It can't be made, copied or used twice:
//!
//! ```compile_fail
//! // Its parts are private: nobody outside can make one.
//! let forged = homepilot_gateway::Authorized { call: todo!(), approval: None, decided_by: todo!() };
//! ```
//! ```compile_fail
//! fn copy(token: &homepilot_gateway::Authorized) -> homepilot_gateway::Authorized {
//!     token.clone()
//! }
//! ```
//! ```compile_fail
//! async fn twice(gateway: homepilot_gateway::Gateway, token: homepilot_gateway::Authorized) {
//!     gateway.execute(token, Default::default()).await;
//!     gateway.execute(token, Default::default()).await;
//! }
//! ```
//! Used once, it compiles:
//! ```
//! async fn once(gateway: homepilot_gateway::Gateway, token: homepilot_gateway::Authorized) {
//!     gateway.execute(token, Default::default()).await;
//! }
//! ```

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::audit::{AuditState, DecidedBy};
use crate::canonical::Digest;
use crate::capability::{Class, Tool};
use crate::gateway::{Gateway, Shared};
use crate::id::{ApprovalId, EntryId};
use crate::name::{CapabilityId, ServerName, ToolName};
use crate::policy::Level;
use crate::upstream::{Called, Connection, Leg, shown};

/// One exact call: everything a decision was bound to.
pub(crate) struct Call {
    pub(crate) entry: EntryId,
    pub(crate) persona: String,
    pub(crate) session: String,
    pub(crate) capability: CapabilityId,
    pub(crate) class: Class,
    pub(crate) level: Level,
    pub(crate) rule: String,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) arguments_sha256: Digest,
    pub(crate) tool_hash: Digest,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("entry", &self.entry)
            .field("capability", &self.capability)
            .finish_non_exhaustive()
    }
}

/// The right to run one exact call, once. Comes only from the policy or from an approval.
///
/// Dropping it runs nothing; an approved call that was dropped is closed as failed at the next start.
#[derive(Debug)]
#[must_use = "nothing runs until it is executed"]
pub struct Authorized {
    call: Arc<Call>,
    approval: Option<ApprovalId>,
    decided_by: DecidedBy,
}

impl Authorized {
    /// To be called by the policy's and the desk's code alone.
    pub(crate) fn grant(call: Arc<Call>, approval: Option<ApprovalId>, decided_by: DecidedBy) -> Self {
        Self { call, approval, decided_by }
    }

    pub(crate) fn into_parts(self) -> (Arc<Call>, Option<ApprovalId>, DecidedBy) {
        (self.call, self.approval, self.decided_by)
    }

    /// The call in ledger and audit.
    #[must_use]
    pub fn entry(&self) -> &EntryId {
        &self.call.entry
    }

    /// The approval it came from, if somebody was asked.
    #[must_use]
    pub fn approval(&self) -> Option<&ApprovalId> {
        self.approval.as_ref()
    }

    /// Who allowed it.
    #[must_use]
    pub fn decided_by(&self) -> DecidedBy {
        self.decided_by
    }

    /// The persona it was granted to.
    #[must_use]
    pub fn persona(&self) -> &str {
        &self.call.persona
    }

    /// The session it was granted to.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.call.session
    }

    /// What it runs.
    #[must_use]
    pub fn capability(&self) -> &CapabilityId {
        &self.call.capability
    }

    /// The server.
    #[must_use]
    pub fn server(&self) -> &ServerName {
        self.call.capability.server()
    }

    /// The tool.
    #[must_use]
    pub fn tool(&self) -> &ToolName {
        self.call.capability.tool()
    }

    /// The class it was granted for.
    #[must_use]
    pub fn class(&self) -> Class {
        self.call.class
    }

    /// The exact arguments.
    #[must_use]
    pub fn arguments(&self) -> &Map<String, Value> {
        &self.call.arguments
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The call in ledger and audit.
    pub entry: EntryId,
    /// What is known.
    pub state: Done,
    /// From `execute` to the end.
    pub took: Duration,
}

/// What is known about a call that has ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    /// The tool did it and answered. Text is cut at 256 KiB.
    Succeeded {
        /// The answer for people.
        text: String,
        /// The answer for programs.
        structured: Option<Value>,
    },
    /// The tool, or its server, answered that it failed.
    ToolFailed {
        /// What it said.
        text: String,
    },
    /// It certainly did not happen: nothing was sent, or it was turned away before anything ran.
    NotSent {
        /// Why.
        reason: String,
    },
    /// It may or may not have happened. It is not repeated by itself.
    Unknown {
        /// Why nobody can know.
        reason: String,
    },
}

impl Done {
    fn audit(&self) -> AuditState {
        match self {
            Done::Succeeded { .. } => AuditState::Succeeded,
            Done::ToolFailed { .. } | Done::NotSent { .. } => AuditState::Failed,
            Done::Unknown { .. } => AuditState::Unknown,
        }
    }

    /// What the ledger notes; a tool's own words are not ours to keep.
    fn reason(&self) -> Option<&str> {
        match self {
            Done::Succeeded { .. } => None,
            Done::ToolFailed { .. } => Some("the tool reported a failure"),
            Done::NotSent { reason } | Done::Unknown { reason } => Some(reason),
        }
    }
}

impl From<Called> for Done {
    fn from(called: Called) -> Self {
        match called {
            Called::Answered { result, failed } => {
                let (text, structured) = shown(&result);
                if failed { Done::ToolFailed { text } } else { Done::Succeeded { text, structured } }
            }
            Called::InputRequired(_) => Done::ToolFailed {
                text: "the tool wants to ask something back, which can't be done here".to_owned(),
            },
            Called::Refused { error } => Done::ToolFailed { text: error.message.into_owned() },
            Called::NotSent { reason } => Done::NotSent { reason },
            Called::Unknown { reason } => Done::Unknown { reason },
        }
    }
}

/// Calls that have ended, by how, since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) succeeded: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) not_sent: AtomicU64,
    pub(crate) unknown: AtomicU64,
}

impl Counters {
    fn count(&self, done: &Done) {
        let counter = match done {
            Done::Succeeded { .. } => &self.succeeded,
            Done::ToolFailed { .. } => &self.failed,
            Done::NotSent { .. } => &self.not_sent,
            Done::Unknown { .. } => &self.unknown,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Gateway {
    /// Runs an authorized call. It goes on to its end even if this future is dropped; only the token stops it, and a call that
    /// was already sent is unknown then.
    pub async fn execute(&self, authorized: Authorized, cancel: CancellationToken) -> Outcome {
        let started = Instant::now();
        let entry = authorized.entry().clone();
        let run = run(self.shared().clone(), authorized, cancel);
        let state = self.shared().tasks.spawn(run).await.unwrap_or_else(|error| {
            tracing::error!(%entry, %error, "a call's task ended early");
            Done::Unknown { reason: "the program failed while it was being sent".to_owned() }
        });
        self.shared().counters.count(&state);
        Outcome { entry, state, took: started.elapsed() }
    }
}

async fn run(shared: Arc<Shared>, authorized: Authorized, cancel: CancellationToken) -> Done {
    let (call, approval, by) = authorized.into_parts();
    let asked = approval.is_some();
    let (connection, tool) = match ready(&shared, &call, &cancel) {
        Ok(ready) => ready,
        Err(reason) => {
            if let Err(error) = shared.store.abandon(&call, by, asked, &reason).await {
                tracing::error!(entry = %call.entry, %error, "the journal could not be written");
            }
            return Done::NotSent { reason };
        }
    };
    if let Err(error) = shared.store.dispatch(&call, by, asked).await {
        tracing::error!(entry = %call.entry, %error, "not sent, because the journal could not be written");
        return Done::NotSent { reason: "the journal could not be written".to_owned() };
    }
    let done = send(&shared, &call, &connection, &tool, &cancel).await;
    match &done {
        Done::Succeeded { .. } | Done::ToolFailed { .. } => {}
        // Whatever went wrong, find out at once whether the server is still there.
        Done::NotSent { .. } | Done::Unknown { .. } => shared.table.poke(call.capability.server()),
    }
    if let Err(error) = shared.store.finish(&call, by, done.audit(), done.reason()).await {
        // The row stays `dispatching` and is reported as unknown at the next start.
        tracing::error!(entry = %call.entry, %error, "the journal could not be written");
    }
    done
}

/// The last checks before the journal: still wanted, still there, still the same tool and arguments.
fn ready(shared: &Shared, call: &Call, cancel: &CancellationToken) -> Result<(Connection, Tool), String> {
    if cancel.is_cancelled() || shared.abort.is_cancelled() {
        return Err("it was cancelled before it was sent".to_owned());
    }
    let (connection, tool): (Connection, Tool) =
        shared.table.find(&call.capability).map_err(|error| error.to_string())?;
    if tool.hash != call.tool_hash {
        return Err(format!("{} has changed since it was approved, ask again", call.capability));
    }
    if Digest::of_object(&call.arguments) != call.arguments_sha256 {
        return Err("the arguments are not those that were approved".to_owned());
    }
    if connection.is_closed() {
        shared.table.poke(call.capability.server());
        return Err(format!("the connection to {} has ended", call.capability.server()));
    }
    Ok((connection, tool))
}

async fn send(
    shared: &Shared,
    call: &Call,
    connection: &Connection,
    tool: &Tool,
    cancel: &CancellationToken,
) -> Done {
    if cancel.is_cancelled() {
        return Done::NotSent { reason: "it was cancelled before it was sent".to_owned() };
    }
    let limits = &shared.config.limits;
    tokio::select! {
        biased;
        called = connection.call(tool, call.arguments.clone(), Leg::default(), limits) => called.into(),
        () = cancel.cancelled() => Done::Unknown { reason: "it was cancelled while it was running".to_owned() },
        () = shared.abort.cancelled() => Done::Unknown { reason: "the program was shut down while it was running".to_owned() },
    }
}
