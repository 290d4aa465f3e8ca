//! The database: what is registered, what was decided, what was done. SQLite in WAL mode, readable by its owner only.
//!
//! Every write is a `BEGIN IMMEDIATE` transaction with `synchronous = FULL`: what was committed is on disk before anybody is
//! told so. The journal has a connection of its own, registrations and rules share another. The ledger and the audit change in
//! the same transaction.

mod calls;
mod definitions;
mod oauth;
mod pin_code;
mod rules;
mod servers;
#[cfg(test)]
mod tests;

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, Sqlite, SqliteConnection, Transaction};
use thiserror::Error;

pub(crate) use definitions::{ApprovedBy, Step};
pub(crate) use oauth::{RegisteredClient, SignIns};
pub(crate) use pin_code::PinCode;
pub(crate) use rules::Pin;
pub(crate) use servers::ServerRecord;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");
/// The gateway's migrations are numbered below this; the built-in servers and the runtime have those above.
const NOT_OURS: i64 = 2000;
/// SQLite's primary result code for a disk, or a quota, without room (`SQLITE_FULL`).
const FULL: u32 = 13;

/// How long a write waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);

/// The database could not be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A statement failed.
    #[error("the database could not be read or written ({0}); check that its disk has room and is writable")]
    Sql(#[from] sqlx::Error),
    /// No step could be written at all.
    #[error("the journal could not be written ({0}); check that its disk has room and is writable")]
    Unwritten(String),
    /// The end of the audit is not what this program wrote.
    #[error(
        "audit row {row}, the last this program wrote, was changed or removed, so nothing more is done; see what \
             happened to the database, then start the program again"
    )]
    AuditCut {
        /// The row.
        row: i64,
    },
    /// The idempotency key stands for another call.
    #[error("the idempotency key of journal entry {entry} was taken by another call, nothing was done")]
    KeyTaken {
        /// The entry.
        entry: String,
    },
    /// The journal is closed.
    #[error("the gateway is shutting down")]
    Closed,
    /// A row was not in the state the step needs, so the step was not taken.
    #[error("journal entry {entry} is not {wanted}, nothing was done")]
    State {
        /// The entry.
        entry: String,
        /// The state it should have been in.
        wanted: &'static str,
    },
}

impl StoreError {
    /// Whether the disk has no room.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Sql(error) => {
                let code = error.as_database_error().and_then(|database| database.code());
                code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == FULL)
            }
            Self::Unwritten(_)
            | Self::AuditCut { .. }
            | Self::KeyTaken { .. }
            | Self::Closed
            | Self::State { .. } => false,
        }
    }

    /// Why a call was not sent, for the person; what helps only us is in the log.
    pub(crate) fn told(&self) -> &'static str {
        if self.is_full() {
            "the disk is full, and what can't be noted is not done; make room on it, then ask again"
        } else {
            "the journal could not be written"
        }
    }
}

/// The database could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file or its folder could not be made.
    #[error("database file {path} could not be opened: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another version of the program has changed it in a way that this one does not know.
    #[error(
        "database {path} was written by a newer version of HomePilot (it has migration {version}) and was not touched: install \
         that version again, or put back a copy of the file from before it"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The migration that is not known here.
        version: i64,
    },
    /// The schema could not be brought up to date.
    #[error("database {path} could not be brought up to date: {source}")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: sqlx::migrate::MigrateError,
    },
    /// It could not be read.
    #[error("database {path} could not be read: {source}")]
    Store {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: StoreError,
    },
}

#[derive(Debug)]
pub(crate) struct Store {
    options: SqliteConnectOptions,
    writer: SqlitePool,
    reader: SqlitePool,
}

impl Store {
    pub(crate) async fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_with(path, |options| options).await
    }

    /// As [`Store::open`], with further options for every connection.
    pub(crate) async fn open_with(
        path: &Path,
        further: impl FnOnce(SqliteConnectOptions) -> SqliteConnectOptions,
    ) -> Result<Self, OpenError> {
        make_private(path).map_err(|source| OpenError::File { path: path.to_owned(), source })?;
        let store_error =
            |source| OpenError::Store { path: path.to_owned(), source: StoreError::Sql(source) };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let options = further(options);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            // See `OwnConnection::begin`; the pool has pinged it, so what was under way has ended.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await
            .map_err(store_error)?;
        if let Some(version) = unknown_migration(&writer).await.map_err(store_error)? {
            return Err(OpenError::Newer { path: path.to_owned(), version });
        }
        let mut migrations = Migrator { migrations: MIGRATIONS.migrations.clone(), ..Migrator::DEFAULT };
        // The built-in servers keep their tables, and their own migrations, in the same file.
        migrations.set_ignore_missing(true);
        migrations
            .run(&writer)
            .await
            .map_err(|source| OpenError::Migrate { path: path.to_owned(), source })?;
        let reader = SqlitePoolOptions::new()
            .max_connections(3)
            .connect_with(options.clone().read_only(true))
            .await
            .map_err(store_error)?;
        Ok(Self { options, writer, reader })
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// A further connection for writing. Writers of different connections wait for each other.
    pub(crate) async fn connect(&self) -> Result<OwnConnection, StoreError> {
        let connection = SqliteConnection::connect_with(&self.options).await?;
        Ok(OwnConnection { connection, options: self.options.clone() })
    }

    pub(crate) fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// A connection that one task writes on.
#[derive(Debug)]
pub(crate) struct OwnConnection {
    connection: SqliteConnection,
    options: SqliteConnectOptions,
}

impl OwnConnection {
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Begins a transaction that holds the write lock.
    ///
    /// SQLite rolls a transaction back by itself when the disk is full. sqlx never learns of it: its own rollback fails, and no
    /// transaction can be begun on that connection any more, so another one takes its place.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>, StoreError> {
        if self.connection.is_in_transaction() {
            // The rollback of the one before may still be on its way.
            self.connection.ping().await?;
            if self.connection.is_in_transaction() {
                self.connection = SqliteConnection::connect_with(&self.options).await?;
            }
        }
        Ok(self.connection.begin_with("BEGIN IMMEDIATE").await?)
    }

    pub(crate) async fn close(self) -> Result<(), StoreError> {
        Ok(self.connection.close().await?)
    }
}

/// A migration of the gateway's that was run and is not known here: a newer program did that.
async fn unknown_migration(database: &SqlitePool) -> Result<Option<i64>, sqlx::Error> {
    let any = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";
    if sqlx::query_scalar::<_, i64>(any).fetch_one(database).await? == 0 {
        return Ok(None);
    }
    let ours = "SELECT version FROM _sqlx_migrations WHERE version < ? ORDER BY version DESC";
    let run = sqlx::query_scalar::<_, i64>(ours).bind(NOT_OURS).fetch_all(database).await?;
    Ok(run.into_iter().find(|version| !MIGRATIONS.version_exists(*version)))
}

/// Makes the file if there is none, and takes everybody else's access away. SQLite gives its side files the same mode.
fn make_private(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// The time, in the microseconds that are stored, so that a time reads back as it was.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A time as it is stored: UTC, always six digits after the second, so that text order is time order.
pub(crate) fn stored_time(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// A time read back; rows are only ever written by [`stored_time`], so anything else is a damaged row.
pub(crate) fn read_time(text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|error| StoreError::Sql(sqlx::Error::Decode(Box::new(error))))
}

/// A name, id or other parsed value read back.
pub(crate) fn read_back<T>(text: String) -> Result<T, StoreError>
where
    T: TryFrom<String>,
    T::Error: std::error::Error + Send + Sync + 'static,
{
    T::try_from(text).map_err(|error| StoreError::Sql(sqlx::Error::Decode(Box::new(error))))
}
