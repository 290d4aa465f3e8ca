//! Connections to tool servers, as an MCP client over streamable HTTP, in both eras of the protocol.
//!
//! A call leaves at most once: nothing here repeats a request. Every call makes its own TCP connection (idle ones are not
//! kept), so "the connection could not be made" proves that no byte left, which a broken reused connection could not.

mod call;
mod handshake;
mod listener;
mod listing;
mod result;
mod upcalls;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::SubscriptionFilter;
use rmcp::service::{Peer, RoleClient, RunningService, Subscription};
use secrecy::SecretString;
use thiserror::Error;
use tokio::time::timeout;
use url::Url;

use crate::address::{Address, AddressError};
use crate::gateway::Limits;
use crate::oauth::{Account, Refusal};
use crate::registry::TransportChoice;

pub(crate) use call::{Called, Leg};
pub(crate) use listener::Listener;
pub(crate) use listing::Listing;
pub(crate) use result::shown;
#[allow(unused_imports, reason = "named by whoever stands behind a connection of its own")]
pub(crate) use upcalls::{ChangedList, Upcalls};

use listener::RunningCalls;

/// Where and how to connect.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: Address,
    pub(crate) headers: BTreeMap<String, SecretString>,
    pub(crate) transport: TransportChoice,
    /// How it is signed in to; none where that can't be.
    pub(crate) account: Option<Arc<Account>>,
}

/// Why a server can't be used, in words that hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ConnectError {
    #[error("{0}")]
    Address(#[from] AddressError),
    #[error("header {0} can't be sent")]
    Header(String),
    #[error("no connection: {0}")]
    NoConnection(String),
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    #[error("it wants authorisation, register it with a header or a key")]
    Unauthorized,
    #[error("{0}")]
    SignIn(#[from] Refusal),
    #[error("not yet supported: legacy sse (the server speaks only the old HTTP+SSE transport)")]
    LegacySse,
    #[error("it does not answer as an MCP server: {0}")]
    NotMcp(String),
    #[error("its tools can't be listed: {0}")]
    Listing(String),
}

/// A live connection that calls can go through. Cheap to clone; closed when its [`Connected`] is dropped.
#[derive(Clone)]
pub(crate) struct Connection {
    peer: Peer<RoleClient>,
    url: Url,
    calls: Arc<RunningCalls>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may be a secret.
        f.debug_struct("Connection").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// A live connection and the task behind it.
pub(crate) struct Connected {
    pub(crate) running: RunningService<RoleClient, Listener>,
    pub(crate) connection: Connection,
}

impl Connection {
    /// Connects, trying the paths a bare host may mean, and both eras of the protocol on each.
    pub(crate) async fn open(
        target: &Target,
        limits: &Limits,
        listener: Listener,
    ) -> Result<Connected, ConnectError> {
        let calls = listener.calls().clone();
        let url = target.address.resolve()?;
        let (running, url) = handshake::connect(target, url, limits, listener).await?;
        Ok(Connected { connection: Connection { peer: running.peer().clone(), url, calls }, running })
    }

    /// The client's side of the protocol, for what is not a tool call.
    #[allow(dead_code, reason = "for whoever stands behind a connection of its own")]
    pub(crate) fn peer(&self) -> &Peer<RoleClient> {
        &self.peer
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.peer.is_transport_closed()
    }

    /// A subscription to changes of the tool list, where the server is of the era that has one.
    pub(crate) async fn subscribe(&self, limits: &Limits) -> Option<Subscription> {
        let about = self.peer.peer_info()?;
        let announces = about.capabilities.tools.as_ref().and_then(|tools| tools.list_changed) == Some(true);
        if about.protocol_version.has_initialize() || !announces {
            return None;
        }
        let filter = SubscriptionFilter::builder().tools_list_changed().build();
        // Without one, the regular listing still finds every change, only later.
        timeout(limits.connect, self.peer.listen(filter)).await.ok()?.ok()
    }
}
