//! Tasks and reminders in SQLite. Every write is one statement, so a failed call leaves nothing behind.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::Row;
use sqlx::sqlite::{SqlitePool, SqliteRow};

use crate::database::{Database, StoreError};

/// The most rows that one list returns.
pub(super) const PAGE: u32 = 100;

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

/// Tasks and reminders.
#[derive(Debug)]
pub(super) struct Store {
    database: Database,
}

impl Store {
    pub fn new(path: &Path, busy_timeout: Duration) -> Store {
        Store { database: Database::new(path, busy_timeout) }
    }

    /// The open database.
    pub async fn pool(&self) -> Result<&SqlitePool, StoreError> {
        self.database.pool().await
    }

    pub async fn close(&self) {
        self.database.close().await;
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
        let added = insert.execute(pool).await.map_err(|cause| self.database.error(cause))?.rows_affected();
        if added == 1 {
            return Ok(row.clone());
        }
        let query = sqlx::query("select * from tasks where idempotency_key = ?").bind(key);
        let kept = task(&query.fetch_one(pool).await.map_err(|cause| self.database.error(cause))?)
            .map_err(|cause| self.database.error(cause))?;
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
        let added = insert.execute(pool).await.map_err(|cause| self.database.error(cause))?.rows_affected();
        if added == 1 {
            return Ok(row.clone());
        }
        let query = sqlx::query("select * from reminders where idempotency_key = ?").bind(key);
        let found = query.fetch_one(pool).await.map_err(|cause| self.database.error(cause))?;
        let kept = reminder(&found).map_err(|cause| self.database.error(cause))?;
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
        let rows = sqlx::query(list)
            .bind(limit)
            .fetch_all(pool)
            .await
            .map_err(|cause| self.database.error(cause))?;
        let total: i64 =
            sqlx::query_scalar(count).fetch_one(pool).await.map_err(|cause| self.database.error(cause))?;
        let rows =
            rows.iter().map(task).collect::<Result<_, _>>().map_err(|cause| self.database.error(cause))?;
        Ok((rows, usize::try_from(total).unwrap_or(0)))
    }

    /// Marks a task as done; whether it was open until now.
    pub async fn complete(&self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        let pool = self.pool().await?;
        let update = sqlx::query("update tasks set done_at = ? where id = ? and done_at is null")
            .bind(at.to_string())
            .bind(id);
        Ok(update.execute(pool).await.map_err(|cause| self.database.error(cause))?.rows_affected() == 1)
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
        let rows = rows.await.map_err(|cause| self.database.error(cause))?;
        let total = sqlx::query_scalar::<_, i64>(count).bind(&from).bind(&to).fetch_one(pool);
        let total = total.await.map_err(|cause| self.database.error(cause))?;
        let rows = rows
            .iter()
            .map(reminder)
            .collect::<Result<_, _>>()
            .map_err(|cause| self.database.error(cause))?;
        Ok((rows, usize::try_from(total).unwrap_or(0)))
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
