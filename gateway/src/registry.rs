//! Registering tool servers and agents: what may be registered, what is answered, and that the same request twice changes nothing.

mod registration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::time::timeout;
use uuid::Uuid;

pub use registration::{Auth, Registration, TransportChoice};

use crate::address::{Address, AddressError};
use crate::capability::Class;
use crate::discovery::{Entry, Live, Status};
use crate::endpoint::{Endpoint, ProgramError};
use crate::gateway::Gateway;
use crate::name::{NameError, ServerName, ToolName};
use crate::oauth::Accounts;
use crate::plain_text;
use crate::quarantine::ChangedTool;
use crate::rulebook::Rules;
use crate::store::{ServerRecord, StoreError, now};
use crate::upstream::Connection;

const MAX_SERVERS: usize = 500;

/// Who registered a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// HomePilot itself, anew at each start.
    Builtin,
    /// HomePilot itself, while the settings of one of its connectors are complete.
    Connector,
    /// Somebody, through the API.
    User,
}

impl Origin {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Origin::Builtin => "builtin",
            Origin::Connector => "connector",
            Origin::User => "user",
        }
    }

    pub(crate) fn from_stored(text: &str) -> Self {
        match text {
            "builtin" => Origin::Builtin,
            "connector" => Origin::Connector,
            _ => Origin::User,
        }
    }
}

/// What a registered server is to the person who registered it. An agent is spoken to over A2A, the others over MCP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A tool server.
    #[default]
    Server,
    /// Another gateway, with many servers behind it.
    Gateway,
    /// An A2A agent, whose skills are its tools.
    Agent,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Server => "server",
            Kind::Gateway => "gateway",
            Kind::Agent => "agent",
        }
    }

    pub(crate) fn from_stored(text: &str) -> Self {
        match text {
            "gateway" => Kind::Gateway,
            "agent" => Kind::Agent,
            _ => Kind::Server,
        }
    }
}

/// A built-in server or a connector, as the program registers it when it starts it.
#[derive(Clone, Debug)]
pub struct Builtin {
    /// Its name.
    pub name: ServerName,
    /// Where it listens this time.
    pub url: String,
    /// What it does.
    pub description: String,
    /// What kind of thing it is.
    pub category: Option<String>,
}

/// What may be changed about a registered server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerPatch {
    /// Switches it on or off.
    #[serde(rename = "enable", alias = "enabled")]
    pub enabled: Option<bool>,
    /// What it does.
    pub description: Option<String>,
    /// Whether its annotations are believed.
    pub trusted: Option<bool>,
}

/// A registered server as it is shown: no secret is in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: ServerName,
    /// Scheme, host and `/…` only; of a child process `stdio:` and the command.
    pub url: String,
    /// What it does.
    pub description: String,
    /// What kind of thing it is.
    pub category: Option<String>,
    /// Whether it can be used.
    pub status: Status,
    /// Why not, if it can't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where a person signs in to it, if that would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<String>,
    /// How the last sign-in came to nothing, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_problem: Option<String>,
    /// Since when not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// How it is spoken to, while it is; else what was registered.
    pub transport: TransportChoice,
    /// What it offers.
    pub tools: Vec<ToolView>,
    /// Tools that are out of use because their definition changed since it was approved.
    pub quarantined: Vec<ChangedTool>,
    /// What had to be left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// Who registered it.
    pub origin: Origin,
    /// A tool server, a gateway, or an agent.
    pub kind: Kind,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether its annotations are believed.
    pub trusted: bool,
    /// The headers sent to it, by name only.
    #[serde(rename = "headers", skip_serializing_if = "Vec::is_empty")]
    pub header_names: Vec<String>,
}

/// One tool of a registered server.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToolView {
    /// Its name.
    pub name: ToolName,
    /// What it does.
    pub description: String,
    /// What it is taken to do.
    pub class: Class,
}

/// A registration that was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct RegisterOutcome {
    /// False when the same server was registered already.
    pub created: bool,
    /// The server.
    pub view: ServerView,
}

/// A server can't be registered; nothing was.
#[derive(Debug, Error)]
pub enum RegisterError {
    /// Its name can't be used.
    #[error("name: {0}")]
    Name(#[from] NameError),
    /// Its address can't be used.
    #[error("{0}")]
    Address(#[from] AddressError),
    /// Its program can't be used.
    #[error("{0}")]
    Program(#[from] ProgramError),
    /// A header can't be sent.
    #[error("header {name:?} {problem}")]
    Header {
        /// Its name.
        name: String,
        /// What is wrong about it.
        problem: &'static str,
    },
    /// Something that is never done.
    #[error("{0}")]
    Refused(&'static str),
    /// Another server has that name.
    #[error(
        "a server named {name} is registered with another url, program or kind, delete it first or choose another name"
    )]
    Conflict {
        /// The name.
        name: ServerName,
    },
    /// There are too many.
    #[error("{MAX_SERVERS} servers are registered, which is the limit; delete one first")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A registered server can't be changed; nothing was.
#[derive(Debug, Error)]
pub enum PatchError {
    /// No such server.
    #[error("no server named {0:?} is registered")]
    NotFound(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gateway {
    /// Registers a server and waits for the first attempt to reach it. The same name and address again changes nothing.
    ///
    /// # Errors
    /// Says what can't be used. A server that can't be reached is not an error: the view says so, and it is tried again.
    pub async fn register(&self, registration: Registration) -> Result<RegisterOutcome, RegisterError> {
        let record = registration.checked()?;
        let name = record.name.clone();
        let shared = self.shared();
        {
            let _order = shared.amending.lock().await;
            let is_agent = |record: &ServerRecord| record.kind == Kind::Agent;
            let known = shared.table.read().get(&name).map(|entry| entry.record.clone());
            match known {
                Some(known) if known.endpoint != record.endpoint || is_agent(&known) != is_agent(&record) => {
                    return Err(RegisterError::Conflict { name });
                }
                Some(_) => return self.registered(&name, false),
                None if shared.table.read().len() >= MAX_SERVERS => return Err(RegisterError::TooMany),
                None => {}
            }
            shared.store.put_server(&record).await?;
            shared.keep(record);
        }
        self.first_look(&name).await;
        self.registered(&name, true)
    }

    /// Registers a built-in server where it listens this time, and waits for the first attempt to reach it.
    ///
    /// # Errors
    /// As [`Gateway::register`]; a server of the user's with that name stays, and is a conflict.
    pub async fn ensure_builtin(&self, builtin: Builtin) -> Result<ServerView, RegisterError> {
        self.ensure(builtin, Origin::Builtin).await
    }

    /// Registers a connector that has been started, as [`Gateway::ensure_builtin`]. Nobody removes it over HTTP.
    ///
    /// # Errors
    /// As [`Gateway::ensure_builtin`].
    pub async fn ensure_connector(&self, connector: Builtin) -> Result<ServerView, RegisterError> {
        self.ensure(connector, Origin::Connector).await
    }

    /// Takes a connector out of use because it is no longer set up. Its tools are out of discovery when this returns;
    /// the rules about it stay for when it comes back. A server of the user's with that name stays.
    ///
    /// # Errors
    /// The database failed; the connector is still registered then.
    pub async fn retire_connector(&self, name: &ServerName) -> Result<(), StoreError> {
        let shared = self.shared();
        let _order = shared.amending.lock().await;
        let is_connector = |entry: &Entry| entry.record.origin == Origin::Connector;
        if shared.table.read().get(name).is_some_and(is_connector) {
            shared.store.forget_server(name).await?;
            shared.table.remove(name);
        }
        Ok(())
    }

    async fn ensure(&self, builtin: Builtin, origin: Origin) -> Result<ServerView, RegisterError> {
        let shared = self.shared();
        let name = builtin.name.clone();
        {
            let _order = shared.amending.lock().await;
            let before = shared.table.read().get(&name).map(|entry| entry.record.clone());
            // The name was free when the user took it; theirs stays.
            if before.as_ref().is_some_and(|record| record.origin == Origin::User) {
                return Err(RegisterError::Conflict { name });
            }
            let record = ServerRecord {
                id: before.as_ref().map_or_else(fresh_id, |record| record.id.clone()),
                name: builtin.name,
                endpoint: Endpoint::Url(Address::parse(&builtin.url, true)?),
                description: plain_text::description(&builtin.description),
                category: builtin.category,
                headers: Default::default(),
                transport: TransportChoice::Auto,
                origin,
                kind: Kind::Server,
                trusted: true,
                allow_private: true,
                enabled: before.as_ref().is_none_or(|record| record.enabled),
                registered_at: before.map_or_else(now, |record| record.registered_at),
                oauth: None,
            };
            shared.store.put_server(&record).await?;
            shared.keep(record);
        }
        self.first_look(&name).await;
        self.registered(&name, true).map(|outcome| outcome.view)
    }

    /// Every registered server, sorted by name.
    #[must_use]
    pub fn servers(&self) -> Vec<ServerView> {
        let rules = self.shared().rulebook.snapshot();
        let accounts = &self.shared().accounts;
        self.shared().table.read().values().map(|entry| view(entry, &rules, accounts)).collect()
    }

    /// One registered server.
    #[must_use]
    pub fn server(&self, name: &str) -> Option<ServerView> {
        let rules = self.shared().rulebook.snapshot();
        let name: ServerName = name.parse().ok()?;
        let accounts = &self.shared().accounts;
        self.shared().table.read().get(&name).map(|entry| view(entry, &rules, accounts))
    }

    /// Changes a registered server.
    ///
    /// # Errors
    /// No such server, or the database failed.
    pub async fn patch(&self, name: &str, patch: ServerPatch) -> Result<ServerView, PatchError> {
        let not_found = || PatchError::NotFound(name.to_owned());
        let key: ServerName = name.parse().map_err(|_| not_found())?;
        let shared = self.shared();
        let switched = {
            let _order = shared.amending.lock().await;
            let before =
                shared.table.read().get(&key).map(|entry| entry.record.clone()).ok_or_else(not_found)?;
            let mut record = before.clone();
            record.enabled = patch.enabled.unwrap_or(record.enabled);
            record.trusted = patch.trusted.unwrap_or(record.trusted);
            if let Some(description) = &patch.description {
                record.description = plain_text::description(description);
            }
            shared.store.put_server(&record).await?;
            let switched = record.enabled != before.enabled;
            if switched {
                shared.keep(record);
            } else {
                shared.table.amend(record);
            }
            switched && patch.enabled == Some(true)
        };
        if switched {
            self.first_look(&key).await;
        }
        self.server(name).ok_or_else(not_found)
    }

    /// Looks at a server now, and waits for what is found. One that is left alone because its calls failed stays so.
    pub async fn refresh(&self, name: &str) -> Option<ServerView> {
        let key: ServerName = name.parse().ok()?;
        let mut looks = self.shared().table.looks(&key)?;
        looks.mark_unchanged();
        let resting = |entry: &Entry| matches!(entry.live, Live::Resting { .. });
        let rests = self.shared().table.read().get(&key).is_some_and(resting);
        if self.server(name)?.enabled && !rests {
            self.shared().table.poke(&key);
            // The view tells what is known, whether or not the look ended in time; a closed channel means it was deleted.
            let _ = timeout(self.longest_look(&key), looks.changed()).await;
        }
        self.server(name)
    }

    /// Forgets a server, its rules and its pins. Its tools are out of discovery when this returns. Tells whether there was one.
    ///
    /// # Errors
    /// The database failed; the server is still registered then.
    pub async fn deregister(&self, name: &str) -> Result<bool, StoreError> {
        let Ok(key) = name.parse::<ServerName>() else { return Ok(false) };
        let shared = self.shared();
        let _order = shared.amending.lock().await;
        if !shared.table.read().contains_key(&key) {
            return Ok(false);
        }
        shared.store.delete_server(&key).await?;
        let removed = shared.table.remove(&key);
        shared.accounts.close(&key);
        shared.rulebook.reload(&shared.store).await?;
        Ok(removed)
    }

    fn registered(&self, name: &ServerName, created: bool) -> Result<RegisterOutcome, RegisterError> {
        let gone = RegisterError::Refused("the server was deleted while it was being registered");
        self.server(name.as_str()).map(|view| RegisterOutcome { created, view }).ok_or(gone)
    }

    /// Waits until the first attempt to reach a server has ended one way or the other.
    async fn first_look(&self, name: &ServerName) {
        let Some(mut looks) = self.shared().table.looks(name) else { return };
        if self.server(name.as_str()).is_some_and(|view| view.enabled) {
            // As in `refresh`.
            let _ = timeout(self.longest_look(name), looks.wait_for(|count| *count > 0)).await;
        }
    }

    fn longest_look(&self, name: &ServerName) -> std::time::Duration {
        let limits = &self.shared().config.limits;
        let entries = self.shared().table.read();
        match entries.get(name).map(|entry| &entry.record.endpoint) {
            Some(Endpoint::Program(_)) => limits.start + limits.list,
            // Two handshakes on one endpoint, and the list.
            Some(Endpoint::Url(_)) | None => limits.connect * 2 + limits.list,
        }
    }
}

pub(crate) fn fresh_id() -> String {
    Uuid::now_v7().to_string()
}

fn view(entry: &Entry, rules: &Rules, accounts: &Accounts) -> ServerView {
    let record = &entry.record;
    let listing = entry.live.listing();
    let (since, reason) = entry.live.absence().unzip();
    ServerView {
        id: record.id.clone(),
        name: record.name.clone(),
        url: record.endpoint.to_string(),
        description: record.description.clone(),
        category: record.category.clone(),
        status: entry.live.status(),
        reason,
        sign_in: record.enabled.then(|| accounts.sign_in(&record.name)).flatten(),
        sign_in_problem: record.enabled.then(|| accounts.sign_in_problem(&record.name)).flatten(),
        since,
        transport: entry.live.connection().map_or(record.transport, Connection::transport),
        tools: listing
            .into_iter()
            .flat_map(|listing| &listing.tools)
            .map(|tool| ToolView {
                name: tool.name.clone(),
                description: tool.description.clone(),
                class: rules.class(record, tool),
            })
            .collect(),
        quarantined: listing
            .into_iter()
            .flat_map(|listing| &listing.quarantined)
            .map(|held| held.change.clone())
            .collect(),
        notes: listing.map(|listing| listing.notes.clone()).unwrap_or_default(),
        registered_at: record.registered_at,
        origin: record.origin,
        kind: record.kind,
        enabled: record.enabled,
        trusted: record.trusted,
        header_names: record.headers.keys().cloned().collect(),
    }
}
