//! The two A2A agents: the everyday assistant and the chief of staff, each on a port of its own, for other agents and
//! programs of this machine.
//!
//! A message is one request of a conversation (`contextId`), and its task says what came of it. What must be asked before it
//! is done makes the task wait for input, with the exact question; only a message to that very task answers it. Tasks are
//! kept in the database. Both agents stand on the protocol's official library (`a2a-server-lf`); what is here is what it
//! leaves open: the conversations, the kept tasks, what is refused, and requests in the shapes of 0.3.

mod card;
mod chief;
mod conversation;
mod conversations;
mod desk;
mod everyday;
mod executor;
mod front;
mod mind;
mod older;
mod report;
mod request;
#[cfg(test)]
mod scripted;
mod tasks;
#[cfg(test)]
mod tests;

use std::{net::SocketAddr, path::Path, sync::Arc};

use homepilot_servers::port::{self, Limits};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{app::App, builtins, config::Settings, database, session::text::TextSession, turn::DecidedBy};
use chief::Chief;
use conversations::{Begin, Conversations};
use desk::Desk;
use everyday::Everyday;
use mind::Mind;

pub use crate::database::OpenError;
pub use tasks::Tasks;

/// One of the agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    /// Everyday requests, one after the other.
    Everyday,
    /// Requests with several parts, given to others.
    ChiefOfStaff,
}

impl Agent {
    /// Both.
    pub const ALL: [Agent; 2] = [Agent::Everyday, Agent::ChiefOfStaff];

    /// Its name in the settings, the catalogue and the database.
    pub fn name(self) -> &'static str {
        match self {
            Agent::Everyday => "everyday",
            Agent::ChiefOfStaff => "chief",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Agent::Everyday => "Everyday assistant",
            Agent::ChiefOfStaff => "Chief of staff",
        }
    }

    /// What it is for.
    pub fn description(self) -> &'static str {
        match self {
            Agent::Everyday => {
                "Does everyday work with the tools that are registered here, and asks before it changes anything."
            }
            Agent::ChiefOfStaff => {
                "Puts the parts of a request in order, gives each to the agent that it fits, and brings the answers \
                 together."
            }
        }
    }

    /// The setting of its port.
    pub fn port_key(self) -> &'static str {
        match self {
            Agent::Everyday => "ports.everyday",
            Agent::ChiefOfStaff => "ports.chief",
        }
    }
}

/// Who the everyday assistant is.
const PERSONA: &str = "assistant";

/// The agents' sockets.
pub struct Bound([(Agent, TcpListener); 2]);

/// Where each of them listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses([(Agent, SocketAddr); 2]);

impl Bound {
    /// Binds both.
    ///
    /// # Errors
    /// Names the port that is taken, its owner if known, and the setting.
    pub async fn bind(settings: &Settings) -> anyhow::Result<Self> {
        let bound = async |agent: Agent| -> anyhow::Result<_> {
            let port = settings.ports.agents[agent as usize];
            Ok((agent, builtins::bind(settings.inward(), port, agent.port_key()).await?))
        };
        Ok(Self([bound(Agent::Everyday).await?, bound(Agent::ChiefOfStaff).await?]))
    }

    /// What was bound.
    ///
    /// # Errors
    /// The system's, which does not happen for a bound socket.
    pub fn addresses(&self) -> std::io::Result<Addresses> {
        let [(everyday, at), (chief, of)] = &self.0;
        Ok(Addresses([(*everyday, at.local_addr()?), (*chief, of.local_addr()?)]))
    }
}

impl Addresses {
    /// Where one of them listens.
    pub fn of(&self, agent: Agent) -> SocketAddr {
        self.0[agent as usize].1
    }

    /// Each with where other agents reach it.
    pub fn urls(&self) -> [(Agent, String); 2] {
        self.0.map(|(agent, address)| (agent, card::url(address)))
    }
}

/// What the program knows of its agents.
#[derive(Clone, Debug)]
pub struct Agents {
    addresses: Addresses,
    tasks: [Tasks; 2],
}

impl Agents {
    /// Opens their part of the database, and ends the tasks that a former run left open.
    ///
    /// # Errors
    /// When the database can't be opened, brought up to date or written.
    pub async fn open(database: &Path, addresses: Addresses) -> anyhow::Result<Self> {
        let pool = database::open(database).await?;
        let tasks = Agent::ALL.map(|agent| Tasks::new(pool.clone(), agent.name()));
        for tasks in &tasks {
            tasks.recover().await?;
        }
        Ok(Self { addresses, tasks })
    }

    /// The tasks of one of them.
    pub fn tasks(&self, agent: Agent) -> &Tasks {
        &self.tasks[agent as usize]
    }

    /// Each with its address, for the catalogue.
    pub fn listed(&self) -> Vec<Value> {
        let row = |(agent, url): (Agent, String)| {
            json!({
                "name": agent.name(), "title": agent.title(), "url": url, "description": agent.description(),
                "origin": "builtin", "status": "healthy"
            })
        };
        self.addresses.urls().map(row).to_vec()
    }

    /// What they are busy with, for the status.
    pub async fn status(&self) -> Value {
        let mut status = serde_json::Map::new();
        for (agent, url) in self.addresses.urls() {
            let open = self.tasks(agent).open_tasks().await;
            status.insert(agent.name().to_owned(), json!({"url": url, "open_tasks": open.ok()}));
        }
        Value::Object(status)
    }
}

/// Starts both; they end with the program.
pub fn serve(app: &Arc<App>, bound: Bound) {
    for (agent, listener) in bound.0 {
        let tasks = app.agents.tasks(agent).clone();
        let conversations = Conversations::new(begin(app.clone(), agent), tasks.clone(), app.tasks.clone());
        let desk = Desk::new(conversations, tasks, app.tasks.clone(), app.stopping.clone());
        let router = front::router(desk, &card::card(agent, app.agents.addresses.of(agent)));
        let serving = port::serve(listener, router, |_, from| *from, Limits::default(), app.stopping.clone());
        app.tasks.spawn(serving);
    }
}

/// How an agent's conversations begin.
fn begin(app: Arc<App>, agent: Agent) -> Begin {
    match agent {
        Agent::Everyday => Box::new(move |_| {
            let id = format!("a2a_{}", uuid::Uuid::now_v7().simple());
            let session = TextSession::open(app.clone(), app.persona(PERSONA)?, id, DecidedBy::Api, true);
            Ok(Box::new(Everyday::new(session)) as Box<dyn Mind>)
        }),
        Agent::ChiefOfStaff => {
            let url = card::url(app.agents.addresses.of(Agent::Everyday));
            let everyday = chief::Everyday::new(Agent::Everyday.title(), url);
            let others: Arc<dyn chief::Others> = Arc::new(chief::Registered(app));
            Box::new(move |_| Ok(Box::new(Chief::new(everyday.clone(), others.clone())) as Box<dyn Mind>))
        }
    }
}
