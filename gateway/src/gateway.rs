//! The handle that everything else is reached through, what it is opened with, and how it is shut down.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::approval::{Asked, Desk, Tries};
use crate::capability::Class;
use crate::delegation::Delegations;
use crate::discovery::{Keeper, Table};
use crate::execution::Counters;
use crate::federation::ListEpochs;
use crate::idempotency::Claims;
use crate::ledger::{Journal, Recovered, SqliteJournal};
use crate::name::{ServerName, ToolName};
use crate::oauth::{Accounts, Surroundings};
use crate::policy::Tally;
use crate::quarantine::Definitions;
use crate::rulebook::Rulebook;
use crate::store::{OpenError, ServerRecord, Store};
use crate::upstream::Target;

const DEFAULT_PUBLIC_URL: &str = "http://localhost:4444";
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);

/// What a gateway is opened with.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// The SQLite file; made if there is none.
    pub database: PathBuf,
    /// Whether level 1 asks before reads too.
    pub ask_reads: bool,
    /// What the tools of the built-in servers do. Holds only for servers registered by [`Gateway::ensure_builtin`].
    pub builtin_classes: Vec<(ServerName, ToolName, Class)>,
    /// Where a browser of this machine reaches the gateway, without a path. `http://localhost:4444`.
    pub public_url: Option<String>,
    /// The page that signing in was begun from, linked to when it is over.
    pub page_url: Option<String>,
    /// Who shows it as a bearer token may register programs to start. Without one nobody may, over HTTP.
    pub admin_token: Option<SecretString>,
    /// Times.
    pub limits: Limits,
}

impl GatewayConfig {
    /// The defaults: reads are asked about too, nothing is known of any tool.
    #[must_use]
    pub fn new(database: impl Into<PathBuf>) -> Self {
        Self {
            database: database.into(),
            ask_reads: true,
            builtin_classes: Vec::new(),
            public_url: None,
            page_url: None,
            admin_token: None,
            limits: Limits::default(),
        }
    }
}

/// How long things may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Making a connection, and each handshake on it. 5 s.
    pub connect: Duration,
    /// Starting a child process and the handshake with it: some fetch themselves first. 30 s.
    pub start: Duration,
    /// Listing all tools. 10 s.
    pub list: Duration,
    /// One call, since its last sign of life. 60 s.
    pub call: Duration,
    /// One call in all, however lively. 10 min.
    pub call_total: Duration,
    /// Between two looks at an idle server. 5 s.
    pub idle_check: Duration,
    /// The first wait before trying again. 1 s.
    pub backoff_first: Duration,
    /// The longest wait before trying again. 60 s.
    pub backoff_last: Duration,
    /// How long running calls may go on at shutdown. 5 s.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            start: Duration::from_secs(30),
            list: Duration::from_secs(10),
            call: Duration::from_secs(60),
            call_total: Duration::from_secs(600),
            idle_check: Duration::from_secs(5),
            backoff_first: Duration::from_secs(1),
            backoff_last: Duration::from_secs(60),
            grace: Duration::from_secs(5),
        }
    }
}

/// Registered servers, what they can do, who may do it, and what was done. Cheap to clone; when the last clone is dropped
/// every background task ends.
#[derive(Clone, Debug)]
pub struct Gateway {
    shared: Arc<Shared>,
    _owner: Arc<Owner>,
}

/// What the background tasks share. It does not hold the [`Owner`], so tasks don't keep the gateway open.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: GatewayConfig,
    pub(crate) store: Store,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) claims: Arc<Claims>,
    pub(crate) table: Table,
    pub(crate) rulebook: Rulebook,
    pub(crate) definitions: Definitions,
    pub(crate) tally: Arc<Tally>,
    pub(crate) desk: Desk,
    pub(crate) asked: Asked,
    pub(crate) pin_tries: Tries,
    pub(crate) counters: Counters,
    pub(crate) list_epochs: ListEpochs,
    pub(crate) delegations: Arc<Delegations>,
    pub(crate) accounts: Accounts,
    /// Puts changes to registrations and rules in one order, each from its check to its publication. Nothing under it waits
    /// for a server.
    pub(crate) amending: Mutex<()>,
    /// Owns every task.
    pub(crate) tasks: TaskTracker,
    /// Ends keepers and open questions.
    pub(crate) stop: CancellationToken,
    /// Ends running calls, as unknown.
    pub(crate) abort: CancellationToken,
    /// Where a dropped question is withdrawn.
    pub(crate) runtime: Handle,
    recovered: Vec<Recovered>,
}

#[derive(Debug)]
struct Owner {
    stop: CancellationToken,
    abort: CancellationToken,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.stop.cancel();
        self.abort.cancel();
    }
}

impl Gateway {
    /// Opens the database, closes what the last run left open, and starts connecting to every registered server.
    ///
    /// # Errors
    /// The database can't be used; the error names the file.
    pub async fn open(config: GatewayConfig) -> Result<Self, OpenError> {
        Self::open_with(config, |journal| journal).await
    }

    /// As [`Gateway::open`], with something between the gateway and its journal.
    ///
    /// # Errors
    /// The database can't be used; the error names the file.
    pub async fn open_with(
        config: GatewayConfig,
        wrap: impl FnOnce(Arc<dyn Journal>) -> Arc<dyn Journal> + Send,
    ) -> Result<Self, OpenError> {
        let store = Store::open(&config.database).await?;
        Self::open_on(store, config, wrap).await
    }

    /// As [`Gateway::open_with`], on a database that is open.
    pub(crate) async fn open_on(
        store: Store,
        config: GatewayConfig,
        wrap: impl FnOnce(Arc<dyn Journal>) -> Arc<dyn Journal> + Send,
    ) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Store { path: config.database.clone(), source };
        let journal = wrap(Arc::new(SqliteJournal::start(&store).await.map_err(failed)?));
        let recovered = journal.recover().await.map_err(failed)?;
        let rulebook = Rulebook::load(&store, &config.builtin_classes).await.map_err(failed)?;
        let definitions = Definitions::load(&store).await.map_err(failed)?;
        let servers = store.servers().await.map_err(failed)?;
        let (stop, abort) = (CancellationToken::new(), CancellationToken::new());
        let tasks = TaskTracker::new();
        let public_url = config.public_url.as_deref().unwrap_or(DEFAULT_PUBLIC_URL).trim_end_matches('/');
        let accounts = Accounts::new(public_url.to_owned(), |redirect_uri| Surroundings {
            rows: store.sign_ins(),
            redirect_uri,
            tasks: tasks.clone(),
            abort: abort.clone(),
        });
        let shared = Arc::new(Shared {
            config,
            store,
            journal,
            claims: Arc::default(),
            table: Table::new(),
            rulebook,
            definitions,
            tally: Arc::default(),
            desk: Desk::default(),
            asked: Asked::default(),
            pin_tries: Tries::default(),
            counters: Counters::default(),
            list_epochs: ListEpochs::default(),
            delegations: Arc::default(),
            accounts,
            amending: Mutex::new(()),
            tasks,
            stop: stop.clone(),
            abort: abort.clone(),
            runtime: Handle::current(),
            recovered,
        });
        for server in servers {
            shared.keep(server);
        }
        shared.tasks.spawn(forget_keys(shared.journal.clone(), stop.clone()));
        Ok(Self { shared, _owner: Arc::new(Owner { stop, abort }) })
    }

    /// Calls that the last run had under way when it ended. They may or may not have happened, and are not repeated.
    #[must_use]
    pub fn recovered(&self) -> &[Recovered] {
        &self.shared.recovered
    }

    /// Ends every background task, lets running calls go on for the grace time, and closes the database.
    pub async fn shutdown(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        if timeout(self.shared.config.limits.grace, self.shared.tasks.wait()).await.is_err() {
            self.shared.abort.cancel();
            self.shared.tasks.wait().await;
        }
        self.shared.journal.close().await;
        self.shared.store.close().await;
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Shared {
    /// Puts a server into the table and, if it is switched on, starts the task that keeps it connected.
    pub(crate) fn keep(self: &Arc<Self>, server: ServerRecord) {
        let target = Target::of(&server, self.accounts.open(&server));
        let enabled = server.enabled;
        let seat = self.table.seat(server, &self.stop);
        if enabled {
            self.tasks.spawn(Keeper::new(self.clone(), seat, target).run());
        }
    }
}

/// Forgets old idempotency keys and what was kept for them, until the gateway closes.
async fn forget_keys(journal: Arc<dyn Journal>, stop: CancellationToken) {
    let mut hours = interval(FORGET_EVERY);
    while stop.run_until_cancelled(hours.tick()).await.is_some() {
        if let Err(error) = journal.forget_keys().await {
            tracing::error!(%error, "old idempotency keys could not be forgotten");
        }
    }
}
