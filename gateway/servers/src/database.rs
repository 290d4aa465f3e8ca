//! The SQLite file that the servers keep their promises in.
//!
//! It is shared with the gateway, which opens it with a pool of its own: WAL, a busy timeout, migrations 2001 and up with
//! foreign ones ignored. The database is opened when first needed and again after a failure, so a mended file works
//! without a restart.
//!
//! Writes of one owner go over one connection and wait for each other in the order they came. SQLite's own lock is polled, in no
//! order and for as long as the busy timeout: two connections of one owner could fail each other with it, since a
//! transaction lasts as long as the machine takes to come back to it between its statements. The busy timeout is for
//! the writes of others.

use std::fs::{File, TryLockError};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, Sqlite, Transaction};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// The numbers of the servers' migrations.
const OURS: Range<i64> = 2000..3000;
/// Connections that read at a time.
const READERS: u32 = 3;
/// How much longer than for other owners a call waits for those of its own, and for a connection to read.
const OWN_WRITES: Duration = Duration::from_secs(5);

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
    /// A newer version of the program has changed it in a way that this one does not know.
    #[error(
        "the database {path} was written by a newer version of HomePilot (it has migration {version}) and nothing was changed: \
         install that version again, or put back a copy of the file from before it"
    )]
    Newer {
        /// Which file.
        path: String,
        /// The migration that is not known here.
        version: i64,
    },
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
    pools: OnceCell<Pools>,
}

#[derive(Debug)]
struct Pools {
    /// One connection.
    writer: SqlitePool,
    /// Connections that can't write.
    reader: SqlitePool,
}

impl Database {
    pub fn new(path: &Path, busy_timeout: Duration) -> Database {
        Database { path: path.to_owned(), busy_timeout, pools: OnceCell::new() }
    }

    /// The open database, for reading; opens and migrates it if it is not.
    pub async fn reader(&self) -> Result<&SqlitePool, StoreError> {
        Ok(&self.pools().await?.reader)
    }

    /// For single statements that write, each a transaction of its own.
    pub async fn writer(&self) -> Result<&SqlitePool, StoreError> {
        Ok(&self.pools().await?.writer)
    }

    /// A transaction that holds the write lock from its begin. Whoever has one must not ask for another before its end.
    pub async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        let begun = self.writer().await?.begin_with("begin immediate").await;
        begun.map_err(|cause| self.error(cause))
    }

    /// Closes it; calls after this fail.
    pub async fn close(&self) {
        if let Some(pools) = self.pools.get() {
            pools.reader.close().await;
            pools.writer.close().await;
        }
    }

    async fn pools(&self) -> Result<&Pools, StoreError> {
        self.pools.get_or_try_init(|| self.open()).await
    }

    async fn open(&self) -> Result<Pools, StoreError> {
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
        let limits = |connections| {
            let limits = SqlitePoolOptions::new().max_connections(connections);
            limits.acquire_timeout(self.busy_timeout + OWN_WRITES)
        };
        let writer = limits(1)
            .idle_timeout(None)
            .max_lifetime(None)
            // SQLite rolls back by itself when the disk is full, of which sqlx never learns: such a connection can begin no
            // transaction any more. The pool has pinged it, so what was under way has ended.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .connect_with(options.clone())
            .await;
        let writer = writer.map_err(|cause| self.error(cause))?;
        let opened = async {
            self.migrate(&writer).await?;
            let reader = limits(READERS).connect_with(options.read_only(true)).await;
            reader.map_err(|cause| self.error(cause))
        };
        match opened.await {
            Ok(reader) => Ok(Pools { writer, reader }),
            Err(problem) => {
                writer.close().await;
                Err(problem)
            }
        }
    }

    async fn migrate(&self, writer: &SqlitePool) -> Result<(), StoreError> {
        let mut migrations = sqlx::migrate!("./migrations");
        let unknown =
            unknown_migration(writer, &migrations, OURS).await.map_err(|cause| self.error(cause))?;
        if let Some(version) = unknown {
            return Err(StoreError::Newer { path: self.path.display().to_string(), version });
        }
        migrations.set_ignore_missing(true);
        migrations.run(writer).await.map_err(|problem| match problem {
            sqlx::migrate::MigrateError::Execute(cause)
            | sqlx::migrate::MigrateError::ExecuteMigration(cause, _) => self.error(cause),
            other => self.closed(other),
        })
    }

    async fn alone(&self) -> Result<File, StoreError> {
        let lock = Waiting::begin(&self.path).await.map_err(|cause| self.closed(cause))?;
        // A machine that is slow to come to it is not another owner: only waiting for one is limited.
        let locked = match lock {
            Waiting::Over(file) => Ok(file),
            Waiting::For(file) => timeout(self.busy_timeout, lock_blocking(file))
                .await
                .map_err(|_| StoreError::Busy(sqlx::Error::PoolTimedOut))?,
        };
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

/// A migration with one of these numbers that was run and is not known here: a newer version of its owner did that.
///
/// # Errors
/// SQLite's.
pub async fn unknown_migration(
    database: &SqlitePool,
    known: &Migrator,
    numbers: Range<i64>,
) -> Result<Option<i64>, sqlx::Error> {
    let any = "select count(*) from sqlite_master where type = 'table' and name = '_sqlx_migrations'";
    if sqlx::query_scalar::<_, i64>(any).fetch_one(database).await? == 0 {
        return Ok(None);
    }
    let run = "select version from _sqlx_migrations where version >= ? and version < ? order by version desc";
    let run =
        sqlx::query_scalar::<_, i64>(run).bind(numbers.start).bind(numbers.end).fetch_all(database).await?;
    Ok(run.into_iter().find(|version| !known.version_exists(*version)))
}

/// Several owners of tables, of several programs too, open the same file at the same time, and only one may migrate it:
/// whoever has this lock, on a file beside the database. It ends with the value, and with the process.
///
/// # Errors
/// The system's.
pub async fn migration_lock(database: &Path) -> std::io::Result<File> {
    match Waiting::begin(database).await? {
        Waiting::Over(file) => Ok(file),
        Waiting::For(file) => lock_blocking(file).await,
    }
}

/// The migration lock, whether it was free or not.
enum Waiting {
    Over(File),
    For(File),
}

impl Waiting {
    async fn begin(database: &Path) -> std::io::Result<Waiting> {
        let mut beside = database.to_path_buf().into_os_string();
        beside.push(".lock");
        let begin = move || {
            let file = File::options().write(true).create(true).truncate(false).open(beside)?;
            match file.try_lock() {
                Ok(()) => Ok(Waiting::Over(file)),
                Err(TryLockError::WouldBlock) => Ok(Waiting::For(file)),
                Err(TryLockError::Error(cause)) => Err(cause),
            }
        };
        spawn_blocking(begin).await?
    }
}

async fn lock_blocking(file: File) -> std::io::Result<File> {
    spawn_blocking(move || file.lock().map(|()| file)).await?
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
                    query.fetch_one(database.reader().await.unwrap()).await.unwrap()
                });
            }
            assert_eq!(opening.join_all().await, [0; 6]);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn writes_of_one_owner_wait_for_each_other_and_the_busy_timeout_is_for_others() {
        /// How long it is watched that none of them gives up.
        const WATCHED: Duration = Duration::from_millis(300);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("homepilot.db");
        let database = std::sync::Arc::new(Database::new(&file, Duration::from_millis(5)));
        let count = "select count(*) from knowledge_folders";
        let mut first = database.write().await.unwrap();
        let mut writing = tokio::task::JoinSet::new();
        for place in 0..6 {
            let database = database.clone();
            writing.spawn(async move {
                let query = "insert into knowledge_folders (id, path, added_at) values (?1, ?1, '')";
                let mut work = database.write().await?;
                let done = sqlx::query(query).bind(place.to_string()).execute(&mut *work).await;
                done.map_err(|cause| database.error(cause))?;
                work.commit().await.map_err(|cause| database.error(cause))
            });
        }
        assert!(timeout(WATCHED, writing.join_next()).await.is_err(), "nobody gives up or goes before");
        // Reading waits for no write.
        let read = |database: std::sync::Arc<Database>| async move {
            sqlx::query_scalar::<_, i64>(count).fetch_one(database.reader().await.unwrap()).await.unwrap()
        };
        assert_eq!(read(database.clone()).await, 0);
        sqlx::query("delete from knowledge_folders").execute(&mut *first).await.unwrap();
        first.commit().await.unwrap();
        while let Some(written) = writing.join_next().await {
            written.unwrap().unwrap();
        }
        assert_eq!(read(database.clone()).await, 6);

        let another = Database::new(&file, Duration::from_millis(5));
        let held = another.write().await.unwrap();
        assert!(matches!(database.write().await, Err(StoreError::Busy(_))));
        drop(held);
        assert!(
            sqlx::query("delete from knowledge_folders")
                .execute(database.reader().await.unwrap())
                .await
                .is_err()
        );
    }

    #[tokio::test]
    async fn an_older_file_keeps_its_rows_and_a_newer_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("homepilot.db");
        let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
        let mut old = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        let all = sqlx::migrate!("./migrations");
        let migrations = std::borrow::Cow::Owned(all.migrations[..1].to_vec());
        Migrator { migrations, ..Migrator::DEFAULT }.run(&mut old).await.unwrap();
        for row in [
            "insert into tasks (id, text, zone, created_at) values ('t', 'milk', 'UTC', '2026-01-02T03:04:05Z')",
            "insert into reminders (id, text, due_at, zone, created_at)
             values ('r', 'call', '2026-01-03T03:04:05Z', 'UTC', '2026-01-02T03:04:05Z')",
        ] {
            sqlx::query(row).execute(&mut old).await.unwrap();
        }
        old.close().await.unwrap();
        let database = Database::new(&file, Duration::from_secs(30));
        for (query, wanted) in [("select text from tasks", "milk"), ("select text from reminders", "call")] {
            let text: String =
                sqlx::query_scalar(query).fetch_one(database.reader().await.unwrap()).await.unwrap();
            assert_eq!(text, wanted);
        }
        let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                     values (2999, 'later', 1, x'00', 0)";
        sqlx::query(later).execute(database.writer().await.unwrap()).await.unwrap();
        database.close().await;
        let told = Database::new(&file, Duration::from_secs(30)).reader().await.unwrap_err().to_string();
        assert!(told.contains("newer version") && told.contains(&*file.to_string_lossy()), "{told}");
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_there_is_writing_again_when_it_has_room() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::new(&folder.path().join("homepilot.db"), Duration::from_secs(30));
        let run = async |statement: &'static str| {
            let mut work = database.write().await?;
            let done = sqlx::query(statement).execute(&mut *work).await;
            done.map_err(|cause| database.error(cause))?;
            work.commit().await.map_err(|cause| database.error(cause))
        };
        let large =
            "insert into knowledge_folders (id, path, added_at) values ('a', hex(zeroblob(50000)), '')";
        // A quota, for one connection: what follows fails as it does on a full disk.
        sqlx::query("pragma max_page_count = 1").execute(database.writer().await.unwrap()).await.unwrap();
        assert!(matches!(run(large).await, Err(StoreError::Full(_))));
        // On whichever connection there is: one that SQLite gave up is replaced.
        let room = "pragma max_page_count = 1000000";
        sqlx::query(room).execute(database.writer().await.unwrap()).await.unwrap();
        run(large).await.unwrap();
    }
}
