//! What can be used at this moment: the table of servers and their tools, kept true by one task for each server.
//!
//! A server that can't be reached is not in [`Gateway::capabilities`]: there is no stale tool to plan with. Readers take a
//! short lock and never wait for a server.

mod keeper;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::capability::{Capability, CapabilityKind, Tool};
use crate::gateway::Gateway;
use crate::name::{CapabilityId, ServerName, ToolName};
use crate::registry::{Kind, Origin};
use crate::rulebook::Rules;
use crate::store::{ServerRecord, now};
use crate::upstream::{Connection, FAILURES, Listing};

pub(crate) use keeper::Keeper;

/// Whether a server can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The first attempt is under way.
    Connecting,
    /// Its tools are in discovery.
    Healthy,
    /// It is being tried again in the background.
    Unreachable,
    /// Switched off by the operator.
    Disabled,
}

/// A server whose tools can't be used right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unavailable {
    /// The server.
    pub server: ServerName,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: String,
}

/// The capability can't be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnknownCapability {
    /// Its server isn't registered.
    #[error("no server named {server} is registered")]
    NotRegistered {
        /// The server.
        server: ServerName,
    },
    /// Its server can't be reached.
    #[error("{server} can't be used right now: {reason}")]
    Unavailable {
        /// The server.
        server: ServerName,
        /// Why.
        reason: String,
    },
    /// Its server has no such tool.
    #[error("{server} has no tool named {tool}")]
    NoSuchTool {
        /// The server.
        server: ServerName,
        /// The tool.
        tool: ToolName,
    },
    /// Its definition changed, and nobody has approved the change.
    #[error("{tool} of {server} changed since it was approved; look at the change and approve it again")]
    Quarantined {
        /// The server.
        server: ServerName,
        /// The tool.
        tool: ToolName,
    },
}

/// What is known of one server at this moment.
#[derive(Clone, Debug)]
pub(crate) enum Live {
    Connecting {
        since: Timestamp,
    },
    Healthy {
        connection: Connection,
        listing: Arc<Listing>,
    },
    Unreachable {
        since: Timestamp,
        reason: String,
    },
    /// Its calls failed one after the other; it is left alone until then.
    Resting {
        since: Timestamp,
        until: Instant,
    },
    Disabled {
        since: Timestamp,
    },
}

impl Live {
    pub(crate) fn status(&self) -> Status {
        match self {
            Live::Connecting { .. } => Status::Connecting,
            Live::Healthy { .. } => Status::Healthy,
            Live::Unreachable { .. } | Live::Resting { .. } => Status::Unreachable,
            Live::Disabled { .. } => Status::Disabled,
        }
    }

    pub(crate) fn listing(&self) -> Option<&Arc<Listing>> {
        match self {
            Live::Healthy { listing, .. } => Some(listing),
            Live::Connecting { .. }
            | Live::Unreachable { .. }
            | Live::Resting { .. }
            | Live::Disabled { .. } => None,
        }
    }

    pub(crate) fn connection(&self) -> Option<&Connection> {
        match self {
            Live::Healthy { connection, .. } => Some(connection),
            Live::Connecting { .. }
            | Live::Unreachable { .. }
            | Live::Resting { .. }
            | Live::Disabled { .. } => None,
        }
    }

    /// Since when and why it can't be used.
    pub(crate) fn absence(&self) -> Option<(Timestamp, String)> {
        match self {
            Live::Healthy { .. } => None,
            Live::Connecting { since } => Some((*since, "it is being connected to".to_owned())),
            Live::Unreachable { since, reason } => Some((*since, reason.clone())),
            Live::Resting { since, until } => {
                let seconds = until.saturating_duration_since(Instant::now()).as_secs() + 1;
                Some((*since, format!("it has failed {FAILURES} times in a row, tried again in {seconds} s")))
            }
            Live::Disabled { since } => Some((*since, "it is switched off".to_owned())),
        }
    }
}

/// A registered server in the table.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) record: ServerRecord,
    pub(crate) live: Live,
    /// Sets this registration apart from an earlier one of the same name, whose task may still be ending.
    generation: u64,
    /// Asks its task to look at once.
    poke: Arc<Notify>,
    /// Counts the looks that were finished.
    looks: watch::Receiver<u64>,
    stop: CancellationToken,
}

impl Entry {
    /// One of its tools, as it can be called.
    fn capability(&self, tool: &Tool, rules: &Rules) -> Capability {
        let Entry { record, .. } = self;
        Capability {
            id: CapabilityId::new(record.name.clone(), tool.name.clone()),
            server: record.name.clone(),
            tool: tool.name.clone(),
            kind: match record.kind {
                Kind::Server | Kind::Gateway => CapabilityKind::Tool,
                Kind::Agent => CapabilityKind::Skill,
            },
            title: tool.title.clone(),
            description: tool.description.clone(),
            input_schema: serde_json::Value::Object((*tool.schema).clone()),
            class: rules.class(record, tool),
            category: record.category.clone(),
            tool_hash: tool.hash.clone(),
        }
    }
}

/// Every registered server.
#[derive(Debug)]
pub(crate) struct Table {
    entries: RwLock<BTreeMap<ServerName, Entry>>,
    generations: std::sync::atomic::AtomicU64,
    changes: watch::Sender<u64>,
}

/// What a task needs to keep one entry true.
pub(crate) struct Seat {
    pub(crate) name: ServerName,
    origin: Origin,
    generation: u64,
    poke: Arc<Notify>,
    looks: watch::Sender<u64>,
    stop: CancellationToken,
}

impl Table {
    pub(crate) fn new() -> Self {
        Self { entries: RwLock::default(), generations: Default::default(), changes: watch::Sender::new(0) }
    }

    /// A panic while the lock was held can't leave the map half-changed, so a poisoned lock is as good as any.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, BTreeMap<ServerName, Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<ServerName, Entry>> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a server in, in place of an earlier one of that name, whose task is told to stop.
    pub(crate) fn seat(&self, record: ServerRecord, stop: &CancellationToken) -> Seat {
        let generation = self.generations.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let (looks, finished) = watch::channel(0);
        let (poke, stop) = (Arc::new(Notify::new()), stop.child_token());
        let seat = Seat {
            name: record.name.clone(),
            origin: record.origin,
            generation,
            poke: poke.clone(),
            looks,
            stop: stop.clone(),
        };
        let since = now();
        let live = if record.enabled { Live::Connecting { since } } else { Live::Disabled { since } };
        let entry = Entry { live, generation, poke, looks: finished, stop, record };
        let before = self.write().insert(entry.record.name.clone(), entry);
        if let Some(before) = before {
            before.stop.cancel();
            if before.live.listing().is_some() {
                self.changed();
            }
        }
        seat
    }

    /// Changes what is recorded of a server without touching its connection.
    pub(crate) fn amend(&self, record: ServerRecord) {
        if let Some(entry) = self.write().get_mut(&record.name) {
            entry.record = record;
        }
        self.changed();
    }

    /// Takes a server out; its tools are gone when this returns.
    pub(crate) fn remove(&self, name: &ServerName) -> bool {
        let Some(entry) = self.write().remove(name) else { return false };
        entry.stop.cancel();
        self.changed();
        true
    }

    /// What a task found, unless its seat is somebody else's by now.
    fn publish(&self, seat: &Seat, live: Live) {
        let mut entries = self.write();
        let Some(entry) = entries.get_mut(&seat.name).filter(|entry| entry.generation == seat.generation)
        else {
            return;
        };
        let live = match (&entry.live, live) {
            // "Since" is when it went away, not when the latest attempt failed.
            (Live::Unreachable { since, .. }, Live::Unreachable { reason, .. }) => {
                Live::Unreachable { since: *since, reason }
            }
            (_, live) => live,
        };
        let same = entry.live.listing() == live.listing() && entry.live.status() == live.status();
        entry.live = live;
        drop(entries);
        if !same {
            self.changed();
        }
    }

    /// Puts a tool that was held back into use, as its server offers it.
    pub(crate) fn release(&self, server: &ServerName, tool: &Tool) {
        if let Some(Entry { live: Live::Healthy { listing, .. }, .. }) = self.write().get_mut(server) {
            let listing = Arc::make_mut(listing);
            let before = listing.quarantined.len();
            listing.quarantined.retain(|held| held.tool != *tool);
            if listing.quarantined.len() < before {
                listing.tools.push(tool.clone());
            }
        }
        self.changed();
    }

    pub(crate) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Asks a server's task to look at once.
    pub(crate) fn poke(&self, name: &ServerName) {
        if let Some(entry) = self.read().get(name) {
            entry.poke.notify_one();
        }
    }

    /// A receiver that moves on when the server's task has finished another look.
    pub(crate) fn looks(&self, name: &ServerName) -> Option<watch::Receiver<u64>> {
        self.read().get(name).map(|entry| entry.looks.clone())
    }

    /// Calls back with every tool that can be called at this moment, sorted by server, in its server's order. Nothing that
    /// waits belongs in the callback: the table is locked meanwhile.
    pub(crate) fn each_tool(&self, mut callback: impl FnMut(CapabilityId, &Tool)) {
        for entry in self.read().values() {
            for tool in entry.live.listing().iter().flat_map(|listing| &listing.tools) {
                callback(CapabilityId::new(entry.record.name.clone(), tool.name.clone()), tool);
            }
        }
    }

    /// The servers that can be reached at this moment, by name.
    pub(crate) fn connections(&self) -> Vec<(ServerName, Connection)> {
        let entries = self.read();
        let reached =
            entries.iter().filter_map(|(name, entry)| Some((name.clone(), entry.live.connection()?.clone())));
        reached.collect()
    }

    /// The live connection of a server.
    pub(crate) fn connection(&self, server: &ServerName) -> Option<Connection> {
        self.read().get(server)?.live.connection().cloned()
    }

    /// The live connection and the definition of a tool.
    pub(crate) fn find(&self, id: &CapabilityId) -> Result<(Connection, Tool), UnknownCapability> {
        let entries = self.read();
        let server = id.server().clone();
        let entry = entries
            .get(&server)
            .ok_or_else(|| UnknownCapability::NotRegistered { server: server.clone() })?;
        match &entry.live {
            Live::Healthy { connection, listing } => {
                let tool = id.tool().clone();
                if listing.quarantined.iter().any(|held| held.tool.name == tool) {
                    return Err(UnknownCapability::Quarantined { server, tool });
                }
                match listing.tools.iter().find(|known| known.name == tool) {
                    Some(tool) => Ok((connection.clone(), tool.clone())),
                    None => Err(UnknownCapability::NoSuchTool { server, tool }),
                }
            }
            other => {
                let reason = other.absence().map(|(_, reason)| reason).unwrap_or_default();
                Err(UnknownCapability::Unavailable { server, reason })
            }
        }
    }
}

impl Gateway {
    /// Every tool that can be called at this moment, sorted by server, in its server's order.
    #[must_use]
    pub fn capabilities(&self) -> Vec<Capability> {
        let shared = self.shared();
        let rules = shared.rulebook.snapshot();
        let entries = shared.table.read();
        entries
            .values()
            .filter_map(|entry| Some((entry, entry.live.listing()?)))
            .flat_map(|(entry, listing)| listing.tools.iter().map(move |tool| (entry, tool)))
            .map(|(entry, tool)| entry.capability(tool, &rules))
            .collect()
    }

    /// One tool, if it can be called at this moment.
    #[must_use]
    pub fn capability(&self, id: &CapabilityId) -> Option<Capability> {
        let shared = self.shared();
        let rules = shared.rulebook.snapshot();
        let entries = shared.table.read();
        let entry = entries.get(id.server())?;
        let tool = entry.live.listing()?.tools.iter().find(|tool| tool.name == *id.tool())?;
        Some(entry.capability(tool, &rules))
    }

    /// The registered servers whose tools can't be used, since when and why.
    #[must_use]
    pub fn unavailable(&self) -> Vec<Unavailable> {
        self.shared()
            .table
            .read()
            .values()
            .filter_map(|entry| {
                let (since, reason) = entry.live.absence()?;
                Some(Unavailable { server: entry.record.name.clone(), since, reason })
            })
            .collect()
    }

    /// Moves on whenever the capabilities, their classes or the set of servers have changed.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared().table.changes()
    }
}
