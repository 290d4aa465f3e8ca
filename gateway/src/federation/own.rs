//! Connections with one client behind them: a session's own to each server it uses, or one for a single request.
//!
//! The shared connection of a server has nobody behind it, so a server can't ask there. A client that can be asked, or wants
//! logs, gets a connection of its own, as if it had connected itself. There are at most so many; beyond that the shared one
//! has to do.
#![expect(deprecated, reason = "servers of 2025-11-25 are told a log level")]

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::{LoggingLevel, SetLevelRequestParams};
use tokio::sync::{Notify, OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::Hub;
use super::upcalls::Behind;
use crate::name::ServerName;
use crate::registry::Kind;
use crate::store::ServerRecord;
use crate::upstream::{ConnectError, Connected, Connection, Listener, Target, Wish};

const MAX: usize = 256;

/// How many more connections may be opened.
#[derive(Debug)]
pub(super) struct Allowance(Arc<Semaphore>);

impl Default for Allowance {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX)))
    }
}

/// A connection with one client behind it. Closed when it is dropped.
pub(super) struct Own {
    pub(super) connection: Connection,
    pub(super) behind: Arc<Behind>,
    /// The registration it was opened for.
    registration: String,
    /// The log level the server was told.
    level: Mutex<Option<LoggingLevel>>,
    /// What ends the watching of each resource.
    watched: Mutex<HashMap<String, CancellationToken>>,
    /// What keeps it alive; the lock makes it shareable and is never taken.
    _alive: Mutex<Connected>,
    _permit: OwnedSemaphorePermit,
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").field("connection", &self.connection).finish_non_exhaustive()
    }
}

impl Hub {
    /// Opens a connection to a server with one client behind it. `None` when there are too many, or the server takes no other;
    /// an agent asks by its answer, over any connection.
    pub(super) async fn open(
        &self,
        server: &ServerName,
        behind: Arc<Behind>,
        wish: Wish,
    ) -> Option<Arc<Own>> {
        let shared = self.gateway.shared();
        let record = shared.table.read().get(server).map(|entry| entry.record.clone())?;
        match record.kind {
            Kind::Server | Kind::Gateway => {}
            Kind::Agent => return None,
        }
        let permit = self.own.0.clone().try_acquire_owned().ok()?;
        let listener = Listener::new(Arc::new(Notify::new())).with_upcalls(behind.clone());
        let opened: Result<Connected, ConnectError> = Connection::open(
            &Target { wish, ..Target::of(&record, shared.accounts.account(server)) },
            &shared.config.limits,
            listener,
        )
        .await;
        match opened {
            Ok(connected) => Some(Arc::new(Own {
                connection: connected.connection.clone(),
                behind,
                registration: registration(&record),
                level: Mutex::default(),
                watched: Mutex::default(),
                _alive: Mutex::new(connected),
                _permit: permit,
            })),
            Err(reason) => {
                tracing::info!(%server, %reason, "no connection of its own, the shared one has to do");
                None
            }
        }
    }
}

impl Own {
    /// Has the server log from this level on, if it logs at all.
    pub(super) async fn log_from(&self, level: LoggingLevel) {
        let told = self.level.lock().unwrap_or_else(PoisonError::into_inner).replace(level);
        let logs = self.connection.capabilities().is_some_and(|can| can.logging.is_some());
        if told != Some(level)
            && logs
            && self.connection.has_initialize()
            && let Some(peer) = self.connection.peer()
        {
            // A server that does not take it logs as it likes.
            let _ = peer.set_level(SetLevelRequestParams::new(level)).await;
        }
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<String, CancellationToken>> {
        // Single inserts and removals can't leave the map half-changed.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes resources as watched; the token ends when they, or the connection, are let go.
    pub(super) fn watching(&self, uris: Vec<String>) -> CancellationToken {
        let end = CancellationToken::new();
        self.watched().extend(uris.into_iter().map(|uri| (uri, end.clone())));
        end
    }

    pub(super) fn forget(&self, uri: &str) -> Option<CancellationToken> {
        self.watched().remove(uri)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        for end in self.watched().values() {
            end.cancel();
        }
    }
}

fn registration(record: &ServerRecord) -> String {
    record.id.clone()
}

/// A session's connections.
#[derive(Debug, Default)]
pub(super) struct OwnByServer {
    cells: Mutex<HashMap<ServerName, Arc<OnceCell<Arc<Own>>>>>,
}

impl OwnByServer {
    fn cells(&self) -> MutexGuard<'_, HashMap<ServerName, Arc<OnceCell<Arc<Own>>>>> {
        // Single inserts can't leave the map half-changed.
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session's connection to a server, opened at first use and again after it ended.
    pub(super) async fn get(
        &self,
        hub: &Hub,
        server: &ServerName,
        behind: impl Fn() -> Arc<Behind>,
    ) -> Option<Arc<Own>> {
        let current =
            hub.gateway.shared().table.read().get(server).map(|entry| registration(&entry.record))?;
        let cell = {
            let mut cells = self.cells();
            let cell = cells.entry(server.clone()).or_default();
            let over = |own: &Arc<Own>| own.connection.is_closed() || own.registration != current;
            if cell.get().is_some_and(over) {
                *cell = Arc::default();
            }
            cell.clone()
        };
        let opened = cell
            .get_or_try_init(|| async { hub.open(server, behind(), Wish::Sessions).await.ok_or(()) })
            .await;
        opened.ok().cloned()
    }

    /// Those that are open.
    pub(super) fn all(&self) -> Vec<Arc<Own>> {
        self.cells().values().filter_map(|cell| cell.get().cloned()).collect()
    }
}
