//! A read that did not come through is sent a second time, once. Nothing else is ever repeated: a write that broke off may have
//! happened, and whoever wants it again asks again.

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::leg::{Part, Route};
use super::{Call, ready, send};
use crate::capability::Class;
use crate::upstream::{Called, Leg};

/// Whether a call that ended like this may be sent again. A caller's own connection is the caller's to renew.
pub(super) fn may_be(call: &Call, called: &Called, route: &Route) -> bool {
    let read = match call.record.class {
        Class::Read => true,
        Class::Write | Class::Destructive | Class::Unknown => false,
    };
    let broke = match called {
        Called::NotSent { .. } | Called::Broken { .. } => true,
        // A server that is slow once is slow twice.
        Called::Answered { .. }
        | Called::Asks { .. }
        | Called::InputRequired(_)
        | Called::Refused { .. }
        | Called::Unknown { .. } => false,
    };
    read && broke && route.connection.is_none()
}

/// Has the connection looked at, sends the call over what there is then, and notes that before. `None` if it was not sent.
pub(super) async fn once(part: &Part, leg: Leg, cancel: &CancellationToken) -> Option<Called> {
    let Part { shared, call, allowed } = part;
    let server = call.record.capability.server();
    let mut looks = shared.table.looks(server)?;
    looks.mark_unchanged();
    shared.table.poke(server);
    let looked = timeout(shared.config.limits.connect, looks.changed());
    cancel.run_until_cancelled(looked).await?.ok()?.ok()?;
    let ready = ready(shared, call, None, cancel).ok()?;
    if let Err(error) = shared.journal.dispatch_again(&call.record, allowed.decided_by()).await {
        tracing::error!(entry = %call.record.entry, %error, "not repeated, because the journal could not be written");
        return None;
    }
    Some(send(part, ready, leg, cancel).await)
}
