//! The calls that change the calendar, each made once however often it arrives.
//!
//! What is changed is far away, so no transaction holds it together with what is written down here. A call is therefore
//! written down before it is sent, and whoever finds it without an end looks at the calendar itself.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::writing::{Change, Write};
use crate::answered::{Answer, oldest};
use crate::database::{Database, StoreError};

/// The database of the calls.
#[derive(Debug)]
pub(super) struct Calls {
    database: Database,
}

/// A call with a key.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub tool: &'static str,
    pub key: String,
    /// In the order of their names.
    pub arguments: String,
}

/// A call that arrived before.
#[derive(Debug)]
pub(super) struct Before {
    /// Without its data.
    pub write: Write,
    pub answer: Answer,
    /// Whether it is known to have been carried out.
    pub done: bool,
}

impl Calls {
    pub fn new(database: Database) -> Calls {
        Calls { database }
    }

    /// The same call, if it arrived before.
    pub async fn before(&self, asked: &Asked, mark: &str) -> Result<Option<Before>, StoreError> {
        let query = "select * from calendar_calls where tool = ? and key = ?";
        let query = sqlx::query(query).bind(asked.tool).bind(&asked.key);
        let found = query.fetch_optional(self.database.reader().await?).await;
        let read = found.and_then(|row| row.map(|row| before(&row, mark)).transpose());
        match read.map_err(|cause| self.database.error(cause))? {
            Some((arguments, _)) if arguments != asked.arguments => Err(StoreError::KeyReused),
            found => Ok(found.map(|(_, before)| before)),
        }
    }

    /// Writes down that a call is about to be sent, and how it will be answered.
    pub async fn begin(
        &self,
        asked: &Asked,
        write: &Write,
        answer: &Answer,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let forget = sqlx::query("delete from calendar_calls where began_at < ?").bind(oldest(at));
        let change = match write.change {
            Change::Create => "create",
            Change::Replace => "replace",
            Change::Delete => "delete",
        };
        let query = "insert or replace into calendar_calls \
                     (tool, key, arguments, href, change, etag, text, structured, done, began_at) \
                     values (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)";
        let insert = sqlx::query(query).bind(asked.tool).bind(&asked.key).bind(&asked.arguments);
        let insert = insert.bind(&write.href).bind(change).bind(&write.etag).bind(&answer.text);
        let insert = insert.bind(answer.structured.to_string()).bind(at.to_string());
        let mut work = self.database.write().await?;
        let written = async {
            forget.execute(&mut *work).await?;
            insert.execute(&mut *work).await?;
            work.commit().await
        };
        written.await.map_err(|cause| self.database.error(cause))
    }

    /// Writes down that a call was carried out.
    pub async fn done(&self, asked: &Asked) -> Result<(), StoreError> {
        let query = sqlx::query("update calendar_calls set done = 1 where tool = ? and key = ?");
        let query = query.bind(asked.tool).bind(&asked.key);
        let updated = query.execute(self.database.writer().await?).await;
        updated.map(|_| ()).map_err(|cause| self.database.error(cause))
    }

    /// Forgets a call that surely was not carried out.
    pub async fn undone(&self, asked: &Asked) -> Result<(), StoreError> {
        let query = sqlx::query("delete from calendar_calls where tool = ? and key = ? and done = 0");
        let query = query.bind(asked.tool).bind(&asked.key);
        let deleted = query.execute(self.database.writer().await?).await;
        deleted.map(|_| ()).map_err(|cause| self.database.error(cause))
    }

    /// Closes it; calls after this fail.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

fn before(row: &SqliteRow, mark: &str) -> Result<(String, Before), sqlx::Error> {
    let change: String = row.try_get("change")?;
    let change = match change.as_str() {
        "create" => Change::Create,
        "replace" => Change::Replace,
        "delete" => Change::Delete,
        other => {
            return Err(sqlx::Error::ColumnDecode { index: "change".to_owned(), source: other.into() });
        }
    };
    let write = Write {
        href: row.try_get("href")?,
        change,
        etag: row.try_get("etag")?,
        data: String::new(),
        mark: mark.to_owned(),
    };
    let done: i64 = row.try_get("done")?;
    Ok((row.try_get("arguments")?, Before { write, answer: Answer::stored(row)?, done: done != 0 }))
}
