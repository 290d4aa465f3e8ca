//! Tasks, reminders and the schedule in SQLite.
//!
//! A tool reads and changes within one transaction, so that what it decided on is what it changes, and a failed call
//! leaves nothing behind. The scheduler's steps are one statement each.

use std::path::Path;
use std::time::Duration;

use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row, Sqlite, Transaction};
use tokio::sync::Notify;

use crate::database::{Database, StoreError};

mod change;
mod due;
mod entries;
mod reminders;
mod tasks;

pub(super) use change::{Asked, Begun};
pub(super) use due::{Lease, Settled};
pub(super) use entries::EntryRow;
pub(super) use reminders::{ReminderRow, Repeat};
pub(super) use tasks::{Due, Status, TaskRow};

/// The most rows that one list returns.
pub(super) const PAGE: u32 = 100;

/// The database of this server.
#[derive(Debug)]
pub(super) struct Store {
    database: Database,
    changed: Notify,
}

/// What the tables hold at one moment.
#[derive(Debug)]
pub(super) struct Tables<'a> {
    database: &'a Database,
    transaction: Transaction<'static, Sqlite>,
}

impl Store {
    pub fn new(path: &Path, busy_timeout: Duration) -> Store {
        Store { database: Database::new(path, busy_timeout), changed: Notify::new() }
    }

    async fn reader(&self) -> Result<&SqlitePool, StoreError> {
        self.database.reader().await
    }

    pub async fn writer(&self) -> Result<&SqlitePool, StoreError> {
        self.database.writer().await
    }

    pub async fn close(&self) {
        self.database.close().await;
    }

    /// Resolves when a tool has changed something since the last time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// For reading.
    pub async fn tables(&self) -> Result<Tables<'_>, StoreError> {
        let transaction = self.reader().await?.begin().await.map_err(|cause| self.database.error(cause))?;
        Ok(Tables { database: &self.database, transaction })
    }
}

/// Every row read, or the first failure.
fn rows<T>(
    found: &[SqliteRow],
    row: fn(&SqliteRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, sqlx::Error> {
    found.iter().map(row).collect()
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

fn needed<T: std::str::FromStr>(row: &SqliteRow, column: &str) -> Result<T, sqlx::Error>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    read(row, column)?.ok_or(sqlx::Error::ColumnNotFound(column.to_owned()))
}

/// Instants are kept in whole seconds, so that their text sorts by time.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// The zone's name, or its offset where it has none.
pub(super) fn zone_name(now: &Zoned) -> String {
    now.time_zone().iana_name().map_or_else(|| now.offset().to_string(), str::to_owned)
}

/// The zone that [`zone_name`] wrote down; the system's if that is gone.
fn zone(name: &str) -> TimeZone {
    DateTimeParser::new().parse_time_zone(name).unwrap_or_else(|_| TimeZone::system())
}
