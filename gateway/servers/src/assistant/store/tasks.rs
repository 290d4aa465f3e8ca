//! The to-do list.

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Tables, needed, read, rows};
use crate::database::StoreError;
use crate::matching::Item;

/// When a task is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::assistant) enum Due {
    At(Timestamp),
    Day(Date),
}

/// A row of `tasks`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::assistant) struct TaskRow {
    pub id: String,
    pub text: String,
    pub due: Option<Due>,
    pub zone: String,
    pub created_at: Timestamp,
    pub done_at: Option<Timestamp>,
}

/// Tasks of the same words are one and the same to the user.
impl Item for TaskRow {
    fn id(&self) -> &str {
        &self.id
    }

    fn words(&self) -> &str {
        &self.text
    }

    fn differs(&self, _: &TaskRow) -> bool {
        false
    }
}

/// Which tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::assistant) enum Status {
    Open,
    Done,
    All,
}

impl Tables<'_> {
    /// At most `limit` tasks, the oldest first, and how many there are.
    pub async fn tasks(&mut self, status: Status, limit: u32) -> Result<(Vec<TaskRow>, usize), StoreError> {
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
        let found = async {
            let found = sqlx::query(list).bind(limit).fetch_all(&mut *self.transaction).await?;
            let total: i64 = sqlx::query_scalar(count).fetch_one(&mut *self.transaction).await?;
            Ok((rows(&found, task)?, usize::try_from(total).unwrap_or(0)))
        };
        found.await.map_err(|cause| self.database.error(cause))
    }

    pub async fn add_task(&mut self, row: &TaskRow) -> Result<(), StoreError> {
        let (due_at, due_day) = columns(row.due.as_ref());
        let query =
            "insert into tasks (id, text, due_at, due_day, zone, created_at) values (?, ?, ?, ?, ?, ?)";
        let insert =
            sqlx::query(query).bind(&row.id).bind(&row.text).bind(due_at).bind(due_day).bind(&row.zone);
        let insert = insert.bind(row.created_at.to_string()).execute(&mut *self.transaction).await;
        insert.map(|_| ()).map_err(|cause| self.database.error(cause))
    }

    /// Writes a task's words, due date and end.
    pub async fn set_task(&mut self, row: &TaskRow) -> Result<(), StoreError> {
        let (due_at, due_day) = columns(row.due.as_ref());
        let query = "update tasks set text = ?, due_at = ?, due_day = ?, zone = ?, done_at = ? where id = ?";
        let update = sqlx::query(query).bind(&row.text).bind(due_at).bind(due_day).bind(&row.zone);
        let update = update.bind(row.done_at.map(|at| at.to_string())).bind(&row.id);
        let update = update.execute(&mut *self.transaction).await;
        update.map(|_| ()).map_err(|cause| self.database.error(cause))
    }

    pub async fn remove_task(&mut self, id: &str) -> Result<(), StoreError> {
        let delete = sqlx::query("delete from tasks where id = ?").bind(id).execute(&mut *self.transaction);
        delete.await.map(|_| ()).map_err(|cause| self.database.error(cause))
    }
}

fn columns(due: Option<&Due>) -> (Option<String>, Option<String>) {
    match due {
        Some(Due::At(at)) => (Some(at.to_string()), None),
        Some(Due::Day(day)) => (None, Some(day.to_string())),
        None => (None, None),
    }
}

fn task(row: &SqliteRow) -> Result<TaskRow, sqlx::Error> {
    let at = read(row, "due_at")?.map(Due::At);
    let day = read(row, "due_day")?.map(Due::Day);
    Ok(TaskRow {
        id: row.try_get("id")?,
        text: row.try_get("text")?,
        due: at.or(day),
        zone: row.try_get("zone")?,
        created_at: needed(row, "created_at")?,
        done_at: read(row, "done_at")?,
    })
}
