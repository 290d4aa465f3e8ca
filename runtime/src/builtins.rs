//! The tool servers that come with HomePilot: their ports, their start and their registration. They are real MCP servers
//! on ports of their own, so any other client can use them too; the gateway knows them like every other server, but for
//! their classes, which come from here.

use std::{
    io::ErrorKind,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use homepilot_gateway::{Builtin, Class, Gateway, RegisterError, ServerName, ToolName};
use homepilot_servers::{
    BuiltIn, Connector, Effect, ServeError, assistant, briefing, decision, knowledge, web,
};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{config::Settings, paths::Paths};

/// The servers' sockets, in the order of [`BuiltIn::ALL`].
pub struct Bound([(BuiltIn, TcpListener); BuiltIn::COUNT]);

/// Where each of them listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses([(BuiltIn, SocketAddr); BuiltIn::COUNT]);

impl Addresses {
    /// Each with where other MCP clients reach it.
    pub fn urls(&self) -> [(BuiltIn, String); BuiltIn::COUNT] {
        self.0.map(|(server, address)| (server, url(address)))
    }

    /// Where one of them listens.
    pub fn of(&self, server: BuiltIn) -> SocketAddr {
        self.0[server as usize].1
    }
}

impl Bound {
    /// Binds all of them.
    ///
    /// # Errors
    /// Names the port that is taken, its owner if known, and the setting.
    pub async fn bind(settings: &Settings) -> anyhow::Result<Self> {
        let mut bound = Vec::with_capacity(BuiltIn::COUNT);
        for server in BuiltIn::ALL {
            bound.push((server, bind(settings.inward(), settings.ports.of(server), port_key(server)).await?));
        }
        bound.try_into().map(Self).map_err(|_| anyhow::anyhow!("every built-in server has one socket"))
    }

    /// What was bound.
    ///
    /// # Errors
    /// The system's, which does not happen for a bound socket.
    pub fn addresses(&self) -> std::io::Result<Addresses> {
        let mut addresses = BuiltIn::ALL.map(|server| (server, SocketAddr::from(([0, 0, 0, 0], 0))));
        for ((_, address), (_, listener)) in addresses.iter_mut().zip(&self.0) {
            *address = listener.local_addr()?;
        }
        Ok(Addresses(addresses))
    }
}

/// Binds a port of the settings.
///
/// # Errors
/// Names the port that is taken, its owner if known, and the setting.
pub async fn bind(address: IpAddr, port: u16, key: &str) -> anyhow::Result<TcpListener> {
    /// One that was just killed holds its ports until the system has taken it apart.
    const TRIES: u32 = 10;
    const PAUSE: Duration = Duration::from_millis(100);
    for _ in 1..TRIES {
        match TcpListener::bind((address, port)).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse => tokio::time::sleep(PAUSE).await,
            bound => return named(bound, address, port, key),
        }
    }
    named(TcpListener::bind((address, port)).await, address, port, key)
}

fn named(
    bound: std::io::Result<TcpListener>,
    address: IpAddr,
    port: u16,
    key: &str,
) -> anyhow::Result<TcpListener> {
    bound.map_err(|error| anyhow::anyhow!(crate::doctor::port_taken(address, port, key, &error)))
}

/// What their tools and those of the connectors do, for the gateway.
pub fn classes() -> Vec<(ServerName, ToolName, Class)> {
    let class = |effect| match effect {
        Effect::Read => Class::Read,
        Effect::Write => Class::Write,
        Effect::Destructive => Class::Destructive,
    };
    let servers = BuiltIn::ALL.into_iter().map(|server| (server.name(), server.effects()));
    let connectors = Connector::ALL.into_iter().map(|connector| (connector.name(), connector.effects()));
    let of = |(server, effects): (&'static str, Vec<(&'static str, Effect)>)| {
        effects
            .into_iter()
            .filter_map(move |(tool, effect)| Some((server.parse().ok()?, tool.parse().ok()?, class(effect))))
    };
    servers.chain(connectors).flat_map(of).collect()
}

/// What the servers are given. By themselves, without the rest of HomePilot, nobody tells reminders and nobody drafts.
#[derive(Clone)]
pub struct Parts {
    /// Where the database, the models and the settings are.
    pub paths: Paths,
    /// Where the gateway's `/mcp` is.
    pub gateway: String,
    /// Who searches the web, and which pages may be read.
    pub web: web::Options,
    /// Who tells reminders that fall due.
    pub alerts: Option<Arc<dyn assistant::Alerts>>,
    /// Who drafts pros, cons and risks.
    pub drafter: Option<Arc<dyn decision::Drafter>>,
}

impl Parts {
    /// For the servers by themselves.
    pub fn alone(settings: &Settings, paths: Paths) -> Self {
        let gateway = format!("http://127.0.0.1:{}/mcp", settings.ports.gateway);
        Self { paths, gateway, web: settings.web.clone(), alerts: None, drafter: None }
    }

    fn assistant(self) -> assistant::Options {
        assistant::Options { alerts: self.alerts, ..assistant::Options::new(self.paths.database()) }
    }

    /// Nothing that HomePilot keeps is read as a document.
    fn knowledge(self) -> knowledge::Options {
        let (database, models) = (self.paths.database(), self.paths.models());
        let Paths { config, data, cache, home } = self.paths;
        let mut options = knowledge::Options::new(database, models, home.clone().unwrap_or_default());
        if home.is_none() {
            options.roots.remove(0);
        }
        options.private.extend([config, data, cache]);
        options
    }
}

/// Starts them all; they end with `stopping`.
pub fn serve(bound: Bound, parts: &Parts, tasks: &TaskTracker, stopping: &CancellationToken) {
    for (server, listener) in bound.0 {
        let (parts, stopping) = (parts.clone(), stopping.clone());
        tasks.spawn(async move {
            let served: Result<(), ServeError> = match server {
                BuiltIn::Assistant => assistant::serve(listener, parts.assistant(), stopping).await,
                BuiltIn::Knowledge => knowledge::serve(listener, parts.knowledge(), stopping).await,
                BuiltIn::Decision => {
                    decision::serve(listener, decision::Options::new(parts.drafter), stopping).await
                }
                BuiltIn::Briefing => {
                    briefing::serve(listener, briefing::Options::new(parts.gateway), stopping).await
                }
                BuiltIn::Web => web::serve(listener, parts.web, stopping).await,
            };
            if let Err(error) = served {
                tracing::error!(%error, server = server.name(), "a built-in server stopped");
            }
        });
    }
}

/// Makes them known to the gateway.
///
/// # Errors
/// The gateway's database failed.
pub async fn register(gateway: &Gateway, addresses: &Addresses) -> anyhow::Result<()> {
    let registered = addresses.urls().map(|(server, url)| async move {
        let name = server.name().parse::<ServerName>()?;
        let (description, category) = (server.description().to_owned(), Some(server.category().to_owned()));
        match gateway.ensure_builtin(Builtin { name, url, description, category }).await {
            Err(RegisterError::Conflict { name }) => {
                tracing::warn!(server = %name, "a server of yours has the name of a built-in one, which is left out");
                Ok(())
            }
            registered => registered.map(drop),
        }
    });
    Ok(futures::future::try_join_all(registered).await.map(drop)?)
}

/// Where MCP clients of this machine reach what listens there.
pub fn url(address: SocketAddr) -> String {
    format!("http://{}/mcp", reachable(address))
}

/// A wildcard bind is reached over loopback.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address }
}

/// The setting of a server's port.
pub fn port_key(server: BuiltIn) -> &'static str {
    match server {
        BuiltIn::Assistant => "ports.assistant",
        BuiltIn::Knowledge => "ports.knowledge",
        BuiltIn::Decision => "ports.decision",
        BuiltIn::Briefing => "ports.briefing",
        BuiltIn::Web => "ports.web",
    }
}
