//! Connections to tool servers, as an MCP client in both eras of the protocol: over streamable HTTP, over the older HTTP+SSE,
//! and over the standard input and output of a child process. An A2A agent stands behind the same [`Connection`].
//!
//! A call leaves at most once: nothing here repeats a request (`http` says why the client under it doesn't either).

mod breaker;
mod call;
mod connection;
mod handshake;
pub(crate) mod http;
mod listener;
mod listing;
mod result;
mod sse;
mod stdio;
mod unsure;
mod upcalls;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Fuse, FusedFuture};
use rmcp::model::{ServerCapabilities, SubscriptionFilter};
use rmcp::service::{Peer, RoleClient, RunningService, RunningServiceCancellationToken, Subscription};
use secrecy::SecretString;
use thiserror::Error;
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::Url;

use crate::a2a::{CardProblem, Talks};
use crate::address::AddressError;
use crate::endpoint::Endpoint;
use crate::gateway::Limits;
use crate::oauth::{Account, Refusal};
use crate::registry::{Kind, Origin, TransportChoice};
use crate::store::ServerRecord;

pub(crate) use breaker::FAILURES;
pub(crate) use call::{Called, Intent, Leg, Patience};
pub(crate) use connection::Connection;
pub(crate) use listener::Listener;
pub(crate) use listing::Listing;
pub(crate) use result::shown;
pub(crate) use sse::events;
pub(crate) use upcalls::{ChangedList, Upcalls};

use listener::RunningCalls;
use stdio::LastWords;

/// How long ending a connection may take. A child process is asked twice, a second each, before it is killed.
const FAREWELL: Duration = Duration::from_secs(4);

/// Which revision a server that speaks several is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// The newest.
    Newest,
    /// One with sessions, as the client behind the connection has one.
    Sessions,
}

/// Where and how to connect.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) wish: Wish,
    pub(crate) endpoint: Endpoint,
    pub(crate) headers: BTreeMap<String, SecretString>,
    pub(crate) transport: TransportChoice,
    pub(crate) origin: Origin,
    /// How it is signed in to; none where that can't be.
    pub(crate) account: Option<Arc<Account>>,
    pub(crate) kind: Kind,
    pub(crate) allow_private: bool,
    /// Of an agent: where the conversations with it stand, through all connections.
    pub(crate) talks: Arc<Talks>,
}

impl Target {
    /// Where a registered server is, and how it is signed in to.
    pub(crate) fn of(server: &ServerRecord, account: Option<Arc<Account>>) -> Self {
        Self {
            wish: Wish::Newest,
            endpoint: server.endpoint.clone(),
            headers: server.headers.clone(),
            transport: server.transport,
            origin: server.origin,
            account,
            kind: server.kind,
            allow_private: server.allow_private,
            talks: Arc::default(),
        }
    }
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
    #[error(
        "it wants authorisation, remove it and register it again with the right key in its address or a header"
    )]
    Unauthorized,
    #[error("{0}")]
    SignIn(#[from] Refusal),
    #[error("its program {command} can't be started: {cause}")]
    Start { command: String, cause: String },
    #[error("its program ended: {0}")]
    Ended(String),
    #[error("it does not answer as an MCP server: {0}")]
    NotMcp(String),
    #[error("its tools can't be listed: {0}")]
    Listing(String),
    #[error("it does not answer as an A2A agent: {0}")]
    NotAgent(String),
    #[error("its agent card can't be used: {0}")]
    Card(#[from] CardProblem),
}

/// A live connection to a tool server. Cheap to clone; closed when its [`Connected`] is dropped.
#[derive(Clone)]
pub(crate) struct Line {
    peer: Peer<RoleClient>,
    /// None of a child process.
    url: Option<Url>,
    transport: TransportChoice,
    calls: Arc<RunningCalls>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may be a secret.
        f.debug_struct("Line").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// A live connection and what keeps it alive: dropping it ends the connection.
pub(crate) struct Connected {
    pub(crate) connection: Connection,
    running: Fuse<BoxFuture<'static, ()>>,
    goodbye: Option<RunningServiceCancellationToken>,
    /// Reads what a child process says beside its answers.
    tasks: JoinSet<()>,
    words: Option<LastWords>,
}

impl Connected {
    fn new(
        running: RunningService<RoleClient, Listener>,
        url: Option<Url>,
        transport: TransportChoice,
    ) -> Self {
        let (peer, calls) = (running.peer().clone(), running.service().calls().clone());
        let goodbye = Some(running.cancellation_token());
        // How the connection's task ended says nothing that its end doesn't.
        let running = async move { drop(running.waiting().await) }.boxed().fuse();
        let connection = Connection::to_server(Line { peer, url, transport, calls });
        Self { connection, running, goodbye, tasks: JoinSet::new(), words: None }
    }

    /// An agent: there is nothing to keep alive between its calls.
    fn of_agent(connection: Connection) -> Self {
        let running = std::future::pending().boxed().fuse();
        Self { connection, running, goodbye: None, tasks: JoinSet::new(), words: None }
    }

    fn of_program(mut self, tasks: JoinSet<()>, words: LastWords) -> Self {
        self.tasks = tasks;
        self.words = Some(words);
        self
    }

    /// Returns when the connection has ended by itself, and says why. Can be dropped and called again.
    pub(crate) async fn ended(&mut self) -> ConnectError {
        if !self.running.is_terminated() {
            (&mut self.running).await;
        }
        match &self.words {
            Some(words) => ConnectError::Ended(words.reason()),
            None => ConnectError::NoConnection("the connection ended".to_owned()),
        }
    }

    /// Ends the connection, and a child process with all that it started. Returns when that is done.
    pub(crate) async fn close(mut self) {
        let Some(goodbye) = self.goodbye.take() else { return };
        goodbye.cancel();
        if !self.running.is_terminated() && timeout(FAREWELL, &mut self.running).await.is_err() {
            // Dropping what is left kills a child process too.
            tracing::debug!("a connection took too long to end");
        }
        self.tasks.shutdown().await;
    }
}

impl Line {
    fn is_closed(&self) -> bool {
        self.peer.is_transport_closed()
    }

    /// Whether the server would say by itself that its tool list has changed, on a way that it certainly has.
    fn announces_changes(&self) -> bool {
        // Over streamable HTTP it depends on a second stream, which many servers don't offer.
        self.says_it_announces() && self.transport != TransportChoice::StreamableHttp
    }

    /// What the server says that it can do.
    fn capabilities(&self) -> Option<ServerCapabilities> {
        self.peer.peer_info().map(|about| about.capabilities.clone())
    }

    /// Whether the server says that it announces changes of its tool list.
    fn says_it_announces(&self) -> bool {
        let about = self.peer.peer_info();
        about.is_some_and(|about| {
            about.capabilities.tools.as_ref().and_then(|tools| tools.list_changed) == Some(true)
        })
    }

    /// Whether the server is of an era that has the handshake, sessions and pings.
    fn has_initialize(&self) -> bool {
        self.peer.peer_info().is_none_or(|about| about.protocol_version.has_initialize())
    }

    /// A subscription to changes of the lists, where the server is of the era that has one.
    async fn subscribe(&self, limits: &Limits) -> Option<Subscription> {
        let all = SubscriptionFilter::builder()
            .tools_list_changed()
            .prompts_list_changed()
            .resources_list_changed();
        let filter = all.build().supported_by(&self.capabilities()?);
        if self.has_initialize() || filter == SubscriptionFilter::new() {
            return None;
        }
        // Without one, the regular listing still finds every change, only later.
        timeout(limits.connect, self.peer.listen(filter)).await.ok()?.ok()
    }
}
