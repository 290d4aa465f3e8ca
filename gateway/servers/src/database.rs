//! The SQLite file that the servers keep their promises in.
//!
//! It is shared with the gateway, which opens it with a pool of its own: WAL, a busy timeout, migrations 2001 and up with
//! foreign ones ignored. The database is opened when first needed and again after a failure, so a mended file works
//! without a restart.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use tokio::sync::OnceCell;

/// Why the database could not be used. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another program holds the write lock.
    #[error("the database is busy and nothing was changed: try again in a moment")]
    Busy(#[source] sqlx::Error),
    /// The file is no database or is damaged.
    #[error("the database file is damaged and nothing was changed: put back a good copy of {path}")]
    Damaged {
        /// Which file.
        path: String,
        /// What SQLite says.
        #[source]
        cause: sqlx::Error,
    },
    /// The disk is full.
    #[error("the disk is full and nothing was changed: make room and try again")]
    Full(#[source] sqlx::Error),
    /// The file cannot be opened or written.
    #[error(
        "the database {path} cannot be opened or written and nothing was changed: check that the folder exists and is yours"
    )]
    Closed {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Anything else.
    #[error("the database failed and nothing was changed: {0}")]
    Other(#[source] sqlx::Error),
    /// The same idempotency key with another content.
    #[error("this idempotency key was used for something else: make a new key for a new call")]
    KeyReused,
}

/// The file, opened when first needed.
#[derive(Debug)]
pub(crate) struct Database {
    path: PathBuf,
    busy_timeout: Duration,
    pool: OnceCell<SqlitePool>,
}

impl Database {
    pub fn new(path: &Path, busy_timeout: Duration) -> Database {
        Database { path: path.to_owned(), busy_timeout, pool: OnceCell::new() }
    }

    /// The open database; opens and migrates it if it is not.
    pub async fn pool(&self) -> Result<&SqlitePool, StoreError> {
        self.pool.get_or_try_init(|| self.open()).await
    }

    /// Closes it; calls after this fail.
    pub async fn close(&self) {
        if let Some(pool) = self.pool.get() {
            pool.close().await;
        }
    }

    async fn open(&self) -> Result<SqlitePool, StoreError> {
        self.protect().map_err(|cause| self.closed(cause))?;
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A spoken "done" must survive a power cut, not only a crash.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(self.busy_timeout)
            .foreign_keys(true);
        let limits = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(self.busy_timeout + Duration::from_secs(5));
        let pool = limits.connect_with(options).await.map_err(|cause| self.error(cause))?;
        let mut migrations = sqlx::migrate!("./migrations");
        migrations.set_ignore_missing(true);
        match migrations.run(&pool).await {
            Ok(()) => Ok(pool),
            Err(problem) => {
                pool.close().await;
                Err(match problem {
                    sqlx::migrate::MigrateError::Execute(cause)
                    | sqlx::migrate::MigrateError::ExecuteMigration(cause, _) => self.error(cause),
                    other => self.closed(other),
                })
            }
        }
    }

    /// Makes the file before SQLite does, readable by its owner alone; SQLite gives its side files the same mode.
    #[cfg(unix)]
    fn protect(&self) -> std::io::Result<()> {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        let mode = file.metadata()?.permissions().mode();
        if mode & 0o077 != 0 { file.set_permissions(PermissionsExt::from_mode(0o600)) } else { Ok(()) }
    }

    #[cfg(not(unix))]
    fn protect(&self) -> std::io::Result<()> {
        self.path.parent().map_or(Ok(()), std::fs::create_dir_all)
    }

    fn closed(&self, cause: impl std::error::Error + Send + Sync + 'static) -> StoreError {
        StoreError::Closed { path: self.path.display().to_string(), cause: Box::new(cause) }
    }

    /// Sorts a failure by SQLite's primary result code.
    pub fn error(&self, cause: sqlx::Error) -> StoreError {
        let code = cause.as_database_error().and_then(|database| database.code());
        let primary = code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
        let path = self.path.display().to_string();
        match primary {
            Some(5 | 6) => StoreError::Busy(cause),
            Some(11 | 26) => StoreError::Damaged { path, cause },
            Some(13) => StoreError::Full(cause),
            Some(8 | 10 | 14) => StoreError::Closed { path, cause: Box::new(cause) },
            Some(_) | None if matches!(cause, sqlx::Error::ColumnDecode { .. }) => {
                StoreError::Damaged { path, cause }
            }
            Some(_) | None if matches!(cause, sqlx::Error::PoolTimedOut) => StoreError::Busy(cause),
            Some(_) | None => StoreError::Other(cause),
        }
    }
}
