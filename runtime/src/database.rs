//! The runtime's tables, of agents and of devices, in the database that the gateway and the servers use too: migrations
//! from 3001 on, foreign ones ignored, run under the lock that all owners of tables take.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

/// How long a write waits for another owner's write.
const BUSY: Duration = Duration::from_secs(10);
/// How long the migration waits for another program's.
const MIGRATING: Duration = Duration::from_secs(30);

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another program migrates it and does not end.
    #[error(
        "database {path} is being brought up to date by another program for {} seconds: stop it, then try again",
        MIGRATING.as_secs()
    )]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The lock could not be taken.
    #[error("database {path} could not be locked: {source}")]
    Lock {
        /// The file.
        path: PathBuf,
        /// The system's.
        source: std::io::Error,
    },
    /// The file could not be opened.
    #[error("database {path} could not be opened: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// SQLite's.
        source: sqlx::Error,
    },
    /// The tables could not be brought up to date.
    #[error("database {path} could not be brought up to date: {source}")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: sqlx::migrate::MigrateError,
    },
}

/// Opens and migrates it.
pub(crate) async fn open(path: &Path) -> Result<SqlitePool, OpenError> {
    let at = || path.to_owned();
    let lock = tokio::time::timeout(MIGRATING, homepilot_servers::migration_lock(path)).await;
    let _alone = lock
        .map_err(|_| OpenError::Locked { path: at() })?
        .map_err(|source| OpenError::Lock { path: at(), source })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY);
    let pool = SqlitePoolOptions::new()
        .max_connections(2)
        .connect_with(options)
        .await
        .map_err(|source| OpenError::Open { path: at(), source })?;
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.set_ignore_missing(true);
    migrations.run(&pool).await.map_err(|source| OpenError::Migrate { path: at(), source })?;
    Ok(pool)
}
