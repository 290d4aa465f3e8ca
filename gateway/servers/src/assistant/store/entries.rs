//! The schedule.

use jiff::Timestamp;
use jiff::civil::DateTime;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::reminders::repeat;
use super::{Repeat, Tables, needed, rows, whole_seconds};
use crate::database::StoreError;
use crate::placing::Length;

/// The most entries that are looked through for one answer, of each kind: once only, and repeated.
const MOST: u32 = 1000;

/// A row of `schedule_entries`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::assistant) struct EntryRow {
    pub id: String,
    pub title: String,
    pub location: Option<String>,
    /// The wall time of its first time; midnight for whole days.
    pub wall: DateTime,
    pub zone: String,
    /// Its first time.
    pub starts_at: Timestamp,
    /// Its first end, itself not included.
    pub ends_at: Timestamp,
    pub length: Length,
    pub repeat: Option<Repeat>,
    pub created_at: Timestamp,
}

impl Tables<'_> {
    pub async fn add_entry(&mut self, row: &EntryRow) -> Result<(), StoreError> {
        let query = "insert into schedule_entries (id, title, location, starts_local, zone, starts_at, ends_at, \
                     minutes, days, rrule, repeat, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let (minutes, days) = match row.length {
            Length::Minutes(minutes) => (Some(minutes), None),
            Length::Days(days) => (None, Some(days)),
        };
        let insert = sqlx::query(query).bind(&row.id).bind(&row.title).bind(&row.location);
        let insert = insert.bind(row.wall.to_string()).bind(&row.zone).bind(row.starts_at.to_string());
        let insert = insert.bind(row.ends_at.to_string()).bind(minutes).bind(days);
        let insert = insert.bind(row.repeat.as_ref().and_then(|repeat| repeat.rule.clone()));
        let insert = insert.bind(row.repeat.as_ref().map(|repeat| repeat.words.clone()));
        let insert = insert.bind(row.created_at.to_string()).execute(&mut *self.transaction).await;
        insert.map(|_| ()).map_err(|cause| self.database.error(cause))
    }

    /// Every entry that may fall into `[from, to)`: those of that time, and the repeated ones that have begun by then.
    pub async fn entries(&mut self, from: Timestamp, to: Timestamp) -> Result<Vec<EntryRow>, StoreError> {
        let once = "select * from schedule_entries where rrule is null and starts_at < ?2 and ends_at > ?1 \
                    order by starts_at, id limit ?3";
        let again = "select * from schedule_entries where rrule is not null and starts_at < ?2 \
                     order by created_at desc, id limit ?3";
        let (from, to) = (whole_seconds(from), whole_seconds(to));
        let found = async {
            let mut all = Vec::new();
            for query in [once, again] {
                let query = sqlx::query(query).bind(from.to_string()).bind(to.to_string()).bind(MOST);
                all.extend(rows(&query.fetch_all(&mut *self.transaction).await?, entry)?);
            }
            Ok(all)
        };
        found.await.map_err(|cause| self.database.error(cause))
    }
}

fn entry(row: &SqliteRow) -> Result<EntryRow, sqlx::Error> {
    let days: Option<u32> = row.try_get("days")?;
    Ok(EntryRow {
        id: row.try_get("id")?,
        title: row.try_get("title")?,
        location: row.try_get("location")?,
        wall: needed(row, "starts_local")?,
        zone: row.try_get("zone")?,
        starts_at: needed(row, "starts_at")?,
        ends_at: needed(row, "ends_at")?,
        length: match days {
            Some(days) => Length::Days(days),
            None => Length::Minutes(row.try_get("minutes")?),
        },
        repeat: repeat(row)?,
        created_at: needed(row, "created_at")?,
    })
}
