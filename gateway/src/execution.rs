//! Running what was authorized: once, journalled before it leaves, and with an honest end.
//!
//! [`Authorized`] is the only way in. It can't be made, copied or used twice:
//!
//! ```compile_fail,E0451
//! // Its parts are private: nobody outside can make one.
//! let forged = homepilot_gateway::Authorized { call: todo!(), approval: None, allowed: todo!() };
//! ```
//! ```compile_fail,E0277
//! // A message can't hold one.
//! let read: homepilot_gateway::Authorized = serde_json::from_str("{}").unwrap();
//! ```
//! ```compile_fail,E0277
//! // What is shown of a question is not the answer to it.
//! fn seen(view: homepilot_gateway::ApprovalView) -> homepilot_gateway::Authorized {
//!     view.into()
//! }
//! ```
//! ```compile_fail,E0308
//! // It is not `Clone`: what comes out is another reference.
//! fn copy(token: &homepilot_gateway::Authorized) -> homepilot_gateway::Authorized {
//!     token.clone()
//! }
//! ```
//! ```compile_fail,E0308
//! async fn kept(gateway: homepilot_gateway::Gateway, token: &homepilot_gateway::Authorized) {
//!     gateway.execute(token, Default::default()).await;
//! }
//! ```
//! ```compile_fail,E0382
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

mod authorized;
mod leg;
mod outcome;
mod passing;
mod repeat;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::audit::DecidedBy;
use crate::canonical::Digest;
use crate::capability::Tool;
use crate::gateway::{Gateway, Shared};
use crate::upstream::{Called, Connection, Intent, Leg};

use leg::Part;

pub use authorized::Authorized;
pub(crate) use authorized::{Call, Maker, Wish};
pub(crate) use leg::{OpenCall, RawOutcome, Route};
pub(crate) use outcome::Counters;
pub use outcome::{Done, Outcome};
pub use passing::{Goes, Passing};

impl Gateway {
    /// Runs an authorized call. It goes on to its end even if this future is dropped; only the token stops it, and a call that
    /// was already sent is unknown then.
    pub async fn execute(&self, authorized: Authorized, cancel: CancellationToken) -> Outcome {
        match self.execute_raw(authorized, cancel, Route::default()).await {
            RawOutcome::Ended { entry, called, took } => Outcome { entry, state: Done::from(&called), took },
            RawOutcome::InputRequired { open, wanted } => {
                let (entry, took) = (open.entry().clone(), open.age());
                let done = Done::from(&Called::InputRequired(wanted));
                open.close(done.clone()).await;
                Outcome { entry, state: done, took }
            }
        }
    }
}

/// The last checks before the journal: still wanted, still there, still the same tool and arguments.
fn ready(
    shared: &Shared,
    call: &Call,
    own: Option<Connection>,
    cancel: &CancellationToken,
) -> Result<(Connection, Tool), String> {
    if cancel.is_cancelled() || shared.abort.is_cancelled() {
        return Err("it was cancelled before it was sent".to_owned());
    }
    let (connection, tool) = shared.table.find(&call.record.capability).map_err(|error| error.to_string())?;
    if tool.hash != call.record.tool_hash {
        return Err(format!("{} has changed since it was approved, ask again", call.record.capability));
    }
    if Digest::of_object(&call.arguments) != call.record.arguments_sha256 {
        return Err("the arguments are not those that were approved".to_owned());
    }
    let shares = own.is_none();
    let connection = own.unwrap_or(connection);
    if connection.is_closed() {
        if shares {
            shared.table.poke(call.record.capability.server());
        }
        return Err(format!("the connection to {} has ended", call.record.capability.server()));
    }
    Ok((connection, tool))
}

async fn send(
    Part { shared, call, allowed }: &Part,
    (connection, tool): (Connection, Tool),
    mut leg: Leg,
    cancel: &CancellationToken,
) -> Called {
    if cancel.is_cancelled() {
        return Called::NotSent { reason: "it was cancelled before it was sent".to_owned() };
    }
    let to = (connection.origin(), &tool);
    let _lent = shared.delegations.tell(call, *allowed, to, &mut leg.meta);
    leg.intent = Some(Intent {
        id: call.record.entry.to_string(),
        persona: call.record.persona.clone(),
        session: call.record.session.clone(),
        passing: call.passing,
        cancel: cancel.clone(),
    });
    tokio::select! {
        biased;
        called = connection.call(&tool, call.arguments.clone(), leg, &shared.config.limits) => called,
        () = connection.given_up(cancel) => Called::Unknown { reason: "it was cancelled while it was running".to_owned() },
        () = shared.abort.cancelled() => {
            Called::Unknown { reason: "the program was shut down while it was running".to_owned() }
        }
    }
}

/// Notes the end of a call that was dispatched.
async fn finish(shared: &Shared, call: &Call, by: DecidedBy, done: &Done, took: Duration) {
    match done {
        Done::Succeeded { .. } | Done::Asks { .. } | Done::ToolFailed { .. } => {}
        // Whatever went wrong, find out at once whether the server is still there.
        Done::NotSent { .. } | Done::Unknown { .. } => shared.table.poke(call.record.capability.server()),
    }
    shared.counters.count(done);
    if let Err(error) = shared.journal.finish(&call.record, by, done, took).await {
        // The row stays `dispatching` and is reported as unknown at the next start.
        tracing::error!(entry = %call.record.entry, %error, "the journal could not be written");
    }
}
