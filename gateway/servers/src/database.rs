//! The SQLite file that the servers keep their promises in.
//!
//! It is shared with the gateway, which opens it with a pool of its own: WAL, a busy timeout, migrations 2001 and up with
//! foreign ones ignored. The database is opened when first needed and again after a failure, so a mended file works
//! without a restart.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

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
        let _alone = self.alone().await?;
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

    async fn alone(&self) -> Result<File, StoreError> {
        let locked = timeout(self.busy_timeout, migration_lock(&self.path)).await;
        let locked = locked.map_err(|_| StoreError::Busy(sqlx::Error::PoolTimedOut))?;
        locked.map_err(|cause| self.closed(cause))
    }

    /// Makes the file before SQLite does, readable by its owner alone; SQLite gives its side files the same mode. One that
    /// is there is not opened: closing it would end the locks that SQLite holds on it in this process.
    #[cfg(unix)]
    fn protect(&self) -> std::io::Result<()> {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        match File::options().write(true).create_new(true).mode(0o600).open(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                let mode = std::fs::metadata(&self.path)?.permissions().mode();
                let own = PermissionsExt::from_mode(0o600);
                if mode & 0o077 != 0 { std::fs::set_permissions(&self.path, own) } else { Ok(()) }
            }
            made => made.map(drop),
        }
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

/// Several owners of tables, of several programs too, open the same file at the same time, and only one may migrate it:
/// whoever has this lock, on a file beside the database. It ends with the value, and with the process.
///
/// # Errors
/// The system's.
pub async fn migration_lock(database: &Path) -> std::io::Result<File> {
    let mut beside = database.to_path_buf().into_os_string();
    beside.push(".lock");
    let lock = move || {
        let file = File::options().write(true).create(true).truncate(false).open(beside)?;
        file.lock().map(|()| file)
    };
    spawn_blocking(lock).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn many_open_one_file_at_once() {
        for _ in 0..5 {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("data").join("homepilot.db");
            let mut opening = tokio::task::JoinSet::new();
            for _ in 0..6 {
                let database = Database::new(&file, Duration::from_secs(30));
                opening.spawn(async move {
                    let query = sqlx::query_scalar::<_, i64>("select count(*) from tasks");
                    query.fetch_one(database.pool().await.unwrap()).await.unwrap()
                });
            }
            assert_eq!(opening.join_all().await, [0; 6]);
        }
    }
}
