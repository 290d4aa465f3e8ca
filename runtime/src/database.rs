//! The runtime's tables, of agents and of devices, in the database that the gateway and the servers use too: migrations
//! from 3001 on, foreign ones ignored, run under the lock that all owners of tables take.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    Connection as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};

/// The numbers of the runtime's migrations; whatever comes after the others' is its.
const OURS: Range<i64> = 3000..i64::MAX;
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
    /// A newer version of the program has changed it in a way that this one does not know.
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
        // SQLite rolls back by itself when the disk is full, of which sqlx never learns: such a connection can begin no
        // transaction any more. The pool has pinged it, so what was under way has ended.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect_with(options)
        .await
        .map_err(|source| OpenError::Open { path: at(), source })?;
    let mut migrations = sqlx::migrate!("./migrations");
    let unknown = homepilot_servers::unknown_migration(&pool, &migrations, OURS).await;
    if let Some(version) = unknown.map_err(|source| OpenError::Open { path: at(), source })? {
        return Err(OpenError::Newer { path: at(), version });
    }
    migrations.set_ignore_missing(true);
    migrations.run(&pool).await.map_err(|source| OpenError::Migrate { path: at(), source })?;
    Ok(pool)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_of_a_newer_version_is_named_and_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("homepilot.db");
        let pool = open(&file).await.unwrap();
        let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                     VALUES (3999, 'later', 1, x'00', 0)";
        sqlx::query(later).execute(&pool).await.unwrap();
        pool.close().await;
        let error = open(&file).await.unwrap_err();
        assert!(matches!(error, OpenError::Newer { version: 3999, .. }), "{error}");
        assert!(error.to_string().contains(&*file.to_string_lossy()), "{error}");
    }
}
