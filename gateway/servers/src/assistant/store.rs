//! Tasks and reminders in SQLite.
//!
//! The file is shared with the gateway, which opens it with a pool of its own: WAL, a busy timeout, migrations 2001 and
//! up with foreign ones ignored. Every write is one statement, so a failed call leaves nothing behind. The database is
//! opened when first needed and again after a failure, so a mended file works without a restart.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::Row;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use tokio::sync::OnceCell;

/// The most rows that one list returns.
pub(super) const PAGE: u32 = 100;

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

/// When a task is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Due {
    At(Timestamp),
    Day(Date),
}

/// A row of `tasks`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TaskRow {
    pub id: String,
    pub text: String,
    pub due: Option<Due>,
    pub zone: String,
    pub created_at: Timestamp,
    pub done_at: Option<Timestamp>,
}

/// A row of `reminders`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReminderRow {
    pub id: String,
    pub text: String,
    pub due_at: Timestamp,
    pub zone: String,
    pub repeat: Option<String>,
    pub created_at: Timestamp,
}

/// Which tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Open,
    Done,
    All,
}

/// The database.
#[derive(Debug)]
pub(super) struct Store {
    path: std::path::PathBuf,
    busy_timeout: Duration,
    pool: OnceCell<SqlitePool>,
}

impl Store {
    pub fn new(path: &Path, busy_timeout: Duration) -> Store {
        Store { path: path.to_owned(), busy_timeout, pool: OnceCell::new() }
    }

    /// The open database; opens and migrates it if it is not.
    pub async fn pool(&self) -> Result<&SqlitePool, StoreError> {
        self.pool.get_or_try_init(|| self.open()).await
    }

    pub async fn close(&self) {
        if let Some(pool) = self.pool.get() {
            pool.close().await;
        }
    }

    /// Adds a task, or finds the one that the same key added.
    pub async fn add_task(&self, row: &TaskRow, key: Option<&str>) -> Result<TaskRow, StoreError> {
        let (due_at, due_day) = match &row.due {
            Some(Due::At(at)) => (Some(at.to_string()), None),
            Some(Due::Day(day)) => (None, Some(day.to_string())),
            None => (None, None),
        };
        let pool = self.pool().await?;
        let query = "insert into tasks (id, text, due_at, due_day, zone, created_at, idempotency_key) \
                     values (?, ?, ?, ?, ?, ?, ?) on conflict (idempotency_key) do nothing";
        let insert =
            sqlx::query(query).bind(&row.id).bind(&row.text).bind(due_at).bind(due_day).bind(&row.zone);
        let insert = insert.bind(row.created_at.to_string()).bind(key);
        let added = insert.execute(pool).await.map_err(|cause| self.error(cause))?.rows_affected();
        if added == 1 {
            return Ok(row.clone());
        }
        let query = sqlx::query("select * from tasks where idempotency_key = ?").bind(key);
        let kept = task(&query.fetch_one(pool).await.map_err(|cause| self.error(cause))?)
            .map_err(|cause| self.error(cause))?;
        if kept.text == row.text { Ok(kept) } else { Err(StoreError::KeyReused) }
    }

    /// Adds a reminder, or finds the one that the same key added.
    pub async fn add_reminder(
        &self,
        row: &ReminderRow,
        key: Option<&str>,
    ) -> Result<ReminderRow, StoreError> {
        let pool = self.pool().await?;
        let query = "insert into reminders (id, text, due_at, zone, repeat, created_at, idempotency_key) \
                     values (?, ?, ?, ?, ?, ?, ?) on conflict (idempotency_key) do nothing";
        let insert =
            sqlx::query(query).bind(&row.id).bind(&row.text).bind(row.due_at.to_string()).bind(&row.zone);
        let insert = insert.bind(&row.repeat).bind(row.created_at.to_string()).bind(key);
        let added = insert.execute(pool).await.map_err(|cause| self.error(cause))?.rows_affected();
        if added == 1 {
            return Ok(row.clone());
        }
        let query = sqlx::query("select * from reminders where idempotency_key = ?").bind(key);
        let found = query.fetch_one(pool).await.map_err(|cause| self.error(cause))?;
        let kept = reminder(&found).map_err(|cause| self.error(cause))?;
        if kept.text == row.text { Ok(kept) } else { Err(StoreError::KeyReused) }
    }

    /// At most `limit` tasks, the oldest first, and how many there are.
    pub async fn tasks(&self, status: Status, limit: u32) -> Result<(Vec<TaskRow>, usize), StoreError> {
        let pool = self.pool().await?;
        let (list, count) = match status {
            Status::Open => (
                "select * from tasks where done_at is null order by created_at, id limit ?",
                "select count(*) from tasks where done_at is null",
            ),
            Status::Done => (
                "select * from tasks where done_at is not null order by done_at desc, id limit ?",
                "select count(*) from tasks where done_at is not null",
            ),
            Status::All => {
                ("select * from tasks order by created_at, id limit ?", "select count(*) from tasks")
            }
        };
        let rows = sqlx::query(list).bind(limit).fetch_all(pool).await.map_err(|cause| self.error(cause))?;
        let total: i64 =
            sqlx::query_scalar(count).fetch_one(pool).await.map_err(|cause| self.error(cause))?;
        let rows = rows.iter().map(task).collect::<Result<_, _>>().map_err(|cause| self.error(cause))?;
        Ok((rows, usize::try_from(total).unwrap_or(0)))
    }

    /// Marks a task as done; whether it was open until now.
    pub async fn complete(&self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        let pool = self.pool().await?;
        let update = sqlx::query("update tasks set done_at = ? where id = ? and done_at is null")
            .bind(at.to_string())
            .bind(id);
        Ok(update.execute(pool).await.map_err(|cause| self.error(cause))?.rows_affected() == 1)
    }

    /// Reminders that have not been given yet, due in `[from, to)`, the soonest first, and how many there are.
    pub async fn reminders(
        &self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<(Vec<ReminderRow>, usize), StoreError> {
        let pool = self.pool().await?;
        let (from, to) = (from.map(|at| at.to_string()), to.map(|at| at.to_string()));
        let list = "select * from reminders where fired_at is null and (?1 is null or due_at >= ?1) \
                    and (?2 is null or due_at < ?2) order by due_at, id limit ?3";
        let count = "select count(*) from reminders where fired_at is null and (?1 is null or due_at >= ?1) \
                     and (?2 is null or due_at < ?2)";
        let rows = sqlx::query(list).bind(&from).bind(&to).bind(PAGE).fetch_all(pool);
        let rows = rows.await.map_err(|cause| self.error(cause))?;
        let total = sqlx::query_scalar::<_, i64>(count).bind(&from).bind(&to).fetch_one(pool);
        let total = total.await.map_err(|cause| self.error(cause))?;
        let rows = rows.iter().map(reminder).collect::<Result<_, _>>().map_err(|cause| self.error(cause))?;
        Ok((rows, usize::try_from(total).unwrap_or(0)))
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
    fn error(&self, cause: sqlx::Error) -> StoreError {
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

fn read<T: std::str::FromStr>(row: &SqliteRow, column: &str) -> Result<Option<T>, sqlx::Error>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: Option<String> = row.try_get(column)?;
    let failed =
        |source: T::Err| sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(source) };
    text.map(|text| text.parse().map_err(failed)).transpose()
}

fn instant(row: &SqliteRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    read(row, column)?.ok_or(sqlx::Error::ColumnNotFound(column.to_owned()))
}

fn task(row: &SqliteRow) -> Result<TaskRow, sqlx::Error> {
    let at = read(row, "due_at")?.map(Due::At);
    let day = read(row, "due_day")?.map(Due::Day);
    Ok(TaskRow {
        id: row.try_get("id")?,
        text: row.try_get("text")?,
        due: at.or(day),
        zone: row.try_get("zone")?,
        created_at: instant(row, "created_at")?,
        done_at: read(row, "done_at")?,
    })
}

fn reminder(row: &SqliteRow) -> Result<ReminderRow, sqlx::Error> {
    Ok(ReminderRow {
        id: row.try_get("id")?,
        text: row.try_get("text")?,
        due_at: instant(row, "due_at")?,
        zone: row.try_get("zone")?,
        repeat: row.try_get("repeat")?,
        created_at: instant(row, "created_at")?,
    })
}
