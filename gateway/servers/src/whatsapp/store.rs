//! Messages, people and answered calls in SQLite. What was on its way when the program ended is unknown from then on.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::OnceCell;

use super::message::{Direction, Message, Standing};
use crate::database::{Database, StoreError};

mod calls;
mod outbox;
mod people;
mod webhook;

pub(super) use calls::Asked;
pub(super) use outbox::{Begun, Draft};

/// Messages that are kept; the oldest go first.
const MOST_MESSAGES: u32 = 10_000;
/// People who are kept; those who were not heard of for longest go first.
const MOST_PEOPLE: u32 = 10_000;

/// The database of this server.
#[derive(Debug)]
pub(super) struct Store {
    database: Database,
    recovered: OnceCell<()>,
}

/// Which messages.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// Of one person, both ways; of everybody only what came.
    pub person: Option<String>,
    pub unread: bool,
}

impl Store {
    pub fn new(path: &Path, busy_timeout: Duration) -> Store {
        Store { database: Database::new(path, busy_timeout), recovered: OnceCell::new() }
    }

    pub async fn close(&self) {
        self.database.close().await;
    }

    /// Opens the database, and notes what was cut off.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.recovered.get_or_try_init(|| self.recover()).await.map(|_| ())
    }

    async fn recover(&self) -> Result<(), StoreError> {
        let query = "update whatsapp_messages set standing = 'unknown' where standing = 'sending'";
        let pool = self.database.writer().await?;
        sqlx::query(query).execute(pool).await.map(|_| ()).map_err(|cause| self.database.error(cause))
    }

    async fn reader(&self) -> Result<&SqlitePool, StoreError> {
        self.ready().await?;
        self.database.reader().await
    }

    async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.ready().await?;
        self.database.write().await
    }

    /// The newest messages first, at most `limit`, and how many there are.
    pub async fn messages(&self, wanted: &Wanted, limit: i64) -> Result<(Vec<Message>, usize), StoreError> {
        const WHICH: &str = "from whatsapp_messages where (?1 is null or person = ?1) \
                             and (?1 is not null or direction = 'in') and (not ?2 or standing = 'unread')";
        let list = format!("select * {WHICH} order by at desc, id desc limit ?3");
        let count = format!("select count(*) {WHICH}");
        let pool = self.reader().await?;
        let found = async {
            let list =
                sqlx::query(sqlx::AssertSqlSafe(list)).bind(&wanted.person).bind(wanted.unread).bind(limit);
            let rows = list.fetch_all(pool).await?;
            let count =
                sqlx::query_scalar(sqlx::AssertSqlSafe(count)).bind(&wanted.person).bind(wanted.unread);
            let total: i64 = count.fetch_one(pool).await?;
            Ok((
                rows.iter().map(message).collect::<Result<Vec<_>, _>>()?,
                usize::try_from(total).unwrap_or(0),
            ))
        };
        found.await.map_err(|cause| self.database.error(cause))
    }

    /// What was sent since `since` and did not arrive, or of which nobody knows whether it did; the newest first.
    pub async fn missed(&self, since: Timestamp, limit: i64) -> Result<Vec<Message>, StoreError> {
        let query = "select * from whatsapp_messages where standing in ('failed', 'unknown') and at >= ? \
                     order by at desc, id desc limit ?";
        let pool = self.reader().await?;
        let found = async {
            let rows = sqlx::query(query).bind(since.to_string()).bind(limit).fetch_all(pool).await?;
            rows.iter().map(message).collect::<Result<Vec<_>, sqlx::Error>>()
        };
        found.await.map_err(|cause| self.database.error(cause))
    }

    /// The newest unread message of each person who has any, or of one person.
    pub async fn unread(&self, person: Option<&str>) -> Result<Vec<Message>, StoreError> {
        let query = "select *, max(at || id) from whatsapp_messages where standing = 'unread' and (?1 is null or person = ?1) \
                     group by person order by at desc, id desc";
        let pool = self.reader().await?;
        let found = async {
            let rows = sqlx::query(query).bind(person).fetch_all(pool).await?;
            rows.iter().map(message).collect::<Result<Vec<_>, sqlx::Error>>()
        };
        found.await.map_err(|cause| self.database.error(cause))
    }

    /// Notes that this message and those before it of its person were marked as read; how many there were.
    pub async fn marked(&self, newest: &Message) -> Result<usize, StoreError> {
        let query = "update whatsapp_messages set standing = 'read' where standing = 'unread' and person = ?1 \
                     and (at < ?2 or (at = ?2 and id <= ?3))";
        let mut work = self.write().await?;
        let marked = async {
            let update = sqlx::query(query).bind(&newest.person).bind(newest.at.to_string()).bind(&newest.id);
            let count = update.execute(&mut *work).await?.rows_affected();
            work.commit().await?;
            Ok(usize::try_from(count).unwrap_or(0))
        };
        marked.await.map_err(|cause| self.database.error(cause))
    }
}

/// Instants are kept in whole seconds, so that their text sorts by time.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Drops what is beyond the limits.
async fn tidy(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let messages = "delete from whatsapp_messages where id in \
                    (select id from whatsapp_messages order by at desc, id desc limit -1 offset ?)";
    sqlx::query(messages).bind(MOST_MESSAGES).execute(&mut *connection).await?;
    let people = "delete from whatsapp_people where person in \
                  (select person from whatsapp_people order by seen_at desc limit -1 offset ?)";
    sqlx::query(people).bind(MOST_PEOPLE).execute(&mut *connection).await?;
    Ok(())
}

fn message(row: &SqliteRow) -> Result<Message, sqlx::Error> {
    let direction: &str = row.try_get("direction")?;
    let standing: &str = row.try_get("standing")?;
    Ok(Message {
        id: row.try_get("id")?,
        wamid: row.try_get("wamid")?,
        person: row.try_get("person")?,
        direction: if direction == "in" { Direction::In } else { Direction::Out },
        text: row.try_get("text")?,
        at: moment(row, "at")?,
        standing: Standing::of_stored(standing).ok_or_else(|| odd("standing"))?,
        trouble: row.try_get("trouble")?,
    })
}

fn moment(row: &SqliteRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    row.try_get::<&str, _>(column)?.parse().map_err(|_| odd(column))
}

fn odd(column: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: "it holds something else".into() }
}
