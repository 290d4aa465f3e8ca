//! One connection, to a tool server or to an agent, as the rest of the gateway sees it: it lists, it lives, it calls.

use std::sync::Arc;

use rmcp::model::ServerCapabilities;
use rmcp::service::{Peer, RoleClient, Subscription};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::listener::RunningCalls;
use super::{Called, ConnectError, Connected, Leg, Line, Listener, Listing, Target, handshake, unsure};
use crate::a2a::{self, AgentLine};
use crate::capability::Tool;
use crate::gateway::Limits;
use crate::registry::{Kind, Origin, TransportChoice};

/// A live connection that calls can go through. Cheap to clone; closed when its [`Connected`] is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    party: Party,
    /// Who registered whoever this was opened to.
    origin: Origin,
    calls: Arc<RunningCalls>,
}

/// Who is at the other end.
#[derive(Clone, Debug)]
enum Party {
    Server(Line),
    Agent(AgentLine),
}

impl Connection {
    /// Connects, finding out what is not said: the path that a bare host means, the transport, and the era.
    pub(crate) async fn open(
        target: &Target,
        limits: &Limits,
        listener: Listener,
    ) -> Result<Connected, ConnectError> {
        match target.kind {
            Kind::Server | Kind::Gateway => {
                let mut connected = handshake::connect(target, limits, listener).await?;
                connected.connection.origin = target.origin;
                Ok(connected)
            }
            Kind::Agent => {
                let agent = a2a::connect(target, limits).await?;
                let party = Party::Agent(agent);
                let calls = listener.calls().clone();
                Ok(Connected::of_agent(Self { party, origin: target.origin, calls }))
            }
        }
    }

    /// To a server that has been greeted.
    pub(super) fn to_server(line: Line) -> Self {
        let calls = line.calls.clone();
        Self { party: Party::Server(line), origin: Origin::User, calls }
    }

    /// Who registered the server. It is the connection's own, so a server that takes another's name never passes for it.
    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    /// How the server is spoken to.
    pub(crate) fn transport(&self) -> TransportChoice {
        match &self.party {
            Party::Server(line) => line.transport,
            Party::Agent(_) => TransportChoice::A2a,
        }
    }

    /// The client's side of MCP, for what is not a tool call. An agent has none of it.
    pub(crate) fn peer(&self) -> Option<&Peer<RoleClient>> {
        self.line().map(|line| &line.peer)
    }

    fn line(&self) -> Option<&Line> {
        match &self.party {
            Party::Server(line) => Some(line),
            Party::Agent(_) => None,
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.line().is_some_and(Line::is_closed)
    }

    /// Whether the server would say by itself that its tool list has changed, on a way that it certainly has.
    pub(crate) fn announces_changes(&self) -> bool {
        self.line().is_some_and(Line::announces_changes)
    }

    /// What the server says that it can do.
    pub(crate) fn capabilities(&self) -> Option<ServerCapabilities> {
        self.line()?.capabilities()
    }

    /// Whether the server says that it announces changes of its tool list.
    pub(crate) fn says_it_announces(&self) -> bool {
        self.line().is_some_and(Line::says_it_announces)
    }

    /// Whether the server is of an era that has the handshake, sessions and pings.
    pub(crate) fn has_initialize(&self) -> bool {
        self.line().is_some_and(Line::has_initialize)
    }

    /// A subscription to changes of the lists, where the server is of the era that has one.
    pub(crate) async fn subscribe(&self, limits: &Limits) -> Option<Subscription> {
        self.line()?.subscribe(limits).await
    }

    /// What is on offer at this moment.
    pub(crate) async fn list(&self, limits: &Limits) -> Result<Listing, ConnectError> {
        match &self.party {
            Party::Server(line) => line.list(limits).await,
            Party::Agent(agent) => agent.list().await,
        }
    }

    /// Asks for a sign of life, which costs less than a list. An error is one too.
    pub(crate) async fn alive(&self, limits: &Limits) -> Result<(), ConnectError> {
        match &self.party {
            Party::Server(line) => line.alive(limits).await,
            Party::Agent(agent) => agent.alive().await,
        }
    }

    /// Sends the call once and waits for its answer. Dropping this future tells a server that nobody waits any more; an agent
    /// is told by the call's own token, and has until [`Connection::given_up`] to answer that.
    pub(crate) async fn call(
        &self,
        tool: &Tool,
        arguments: Map<String, Value>,
        leg: Leg,
        limits: &Limits,
    ) -> Called {
        let called = match &self.party {
            Party::Server(line) => line.call(tool, arguments, leg, limits).await,
            Party::Agent(agent) => agent.call(tool, &arguments, leg).await,
        };
        self.calls.ended(&called);
        unsure::read(called, self.origin)
    }

    /// Returns when a cancelled call is not to be waited for any longer.
    pub(crate) async fn given_up(&self, cancel: &CancellationToken) {
        match &self.party {
            Party::Server(_) => cancel.cancelled().await,
            Party::Agent(agent) => agent.given_up(cancel).await,
        }
    }
}
