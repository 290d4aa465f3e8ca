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
        make_private(path).map_err(|source| OpenError::File { path: path.to_owned(), source })?;
        let store_error =
            |source| OpenError::Store { path: path.to_owned(), source: StoreError::Sql(source) };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await
            .map_err(store_error)?;
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
    pub(crate) async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        Ok(SqliteConnection::connect_with(&self.options).await?)
    }

    pub(crate) fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
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
