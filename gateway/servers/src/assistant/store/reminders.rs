//! Reminders that have not been told yet.

use jiff::Timestamp;
use jiff::civil::DateTime;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Tables, needed, read, rows, zone};
use crate::database::StoreError;
use crate::dates::{self, Every, Series, When};
use crate::matching::Item;

/// A row of `reminders`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::assistant) struct ReminderRow {
    pub id: String,
    pub text: String,
    pub due_at: Timestamp,
    pub zone: String,
    pub repeat: Option<Repeat>,
    pub created_at: Timestamp,
}

/// How something comes again.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::assistant) struct Repeat {
    /// "every Monday at nine a.m."
    pub words: String,
    /// The value of an `RRULE`; read from the words where it is missing.
    pub rule: Option<String>,
    /// The wall time from which the series goes on.
    pub wall: Option<DateTime>,
}

impl Repeat {
    pub fn of(every: &Every) -> Repeat {
        let wall = every.first.date().to_datetime(every.at.unwrap_or_default());
        let words = When::Every(every.clone()).wire();
        Repeat { words, rule: Some(every.rule.rfc5545()), wall: Some(wall) }
    }

    /// The series in the zone of this name; `at` is one of its times. `None` where the row holds no rule that can be
    /// read: then it does not come again.
    pub fn series(&self, at: Timestamp, zone_name: &str) -> Option<Series> {
        let at = at.to_zoned(zone(zone_name));
        let rule = match &self.rule {
            Some(rule) => rule.clone(),
            None => match dates::parse(&self.words, &at) {
                Ok(When::Every(every)) => every.rule.rfc5545(),
                Ok(When::At(_) | When::Day(_) | When::Span { .. }) | Err(_) => return None,
            },
        };
        let series = Series::read(&rule, self.wall.unwrap_or(at.datetime()), at.time_zone().clone());
        series.inspect_err(|problem| tracing::warn!(%problem, "a repetition can't be read")).ok()
    }
}

impl ReminderRow {
    /// Its times from `due_at` on, if it comes again.
    pub fn series(&self) -> Option<Series> {
        self.repeat.as_ref()?.series(self.due_at, &self.zone)
    }
}

impl Item for ReminderRow {
    fn id(&self) -> &str {
        &self.id
    }

    fn words(&self) -> &str {
        &self.text
    }

    fn differs(&self, other: &ReminderRow) -> bool {
        (self.due_at, &self.repeat) != (other.due_at, &other.repeat)
    }
}

impl Tables<'_> {
    /// At most `limit` reminders that have not been told yet, due in `[from, to)`, the soonest first, and how many there
    /// are.
    pub async fn reminders(
        &mut self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        limit: u32,
    ) -> Result<(Vec<ReminderRow>, usize), StoreError> {
        let (from, to) = (from.map(|at| at.to_string()), to.map(|at| at.to_string()));
        let list = "select * from reminders where fired_at is null and (?1 is null or due_at >= ?1) \
                    and (?2 is null or due_at < ?2) order by due_at, id limit ?3";
        let count = "select count(*) from reminders where fired_at is null and (?1 is null or due_at >= ?1) \
                     and (?2 is null or due_at < ?2)";
        let found = async {
            let found = sqlx::query(list).bind(&from).bind(&to).bind(limit);
            let found = found.fetch_all(&mut *self.transaction).await?;
            let total = sqlx::query_scalar::<_, i64>(count).bind(&from).bind(&to);
            let total = total.fetch_one(&mut *self.transaction).await?;
            Ok((rows(&found, reminder)?, usize::try_from(total).unwrap_or(0)))
        };
        found.await.map_err(|cause| self.database.error(cause))
    }

    pub async fn add_reminder(&mut self, row: &ReminderRow) -> Result<(), StoreError> {
        let query = "insert into reminders (id, text, due_at, zone, repeat, rrule, starts_local, created_at) \
                     values (?, ?, ?, ?, ?, ?, ?, ?)";
        let repeat = row.repeat.as_ref();
        let insert =
            sqlx::query(query).bind(&row.id).bind(&row.text).bind(row.due_at.to_string()).bind(&row.zone);
        let insert = insert.bind(repeat.map(|repeat| repeat.words.clone()));
        let insert = insert.bind(repeat.and_then(|repeat| repeat.rule.clone()));
        let insert = insert.bind(repeat.and_then(|repeat| repeat.wall).map(|wall| wall.to_string()));
        let insert = insert.bind(row.created_at.to_string()).execute(&mut *self.transaction).await;
        insert.map(|_| ()).map_err(|cause| self.database.error(cause))
    }

    pub async fn remove_reminder(&mut self, id: &str) -> Result<(), StoreError> {
        let delete = sqlx::query("delete from reminders where id = ?").bind(id);
        let delete = delete.execute(&mut *self.transaction).await;
        delete.map(|_| ()).map_err(|cause| self.database.error(cause))
    }
}

/// The repetition of a row.
pub(super) fn repeat(row: &SqliteRow) -> Result<Option<Repeat>, sqlx::Error> {
    let Some(words) = row.try_get("repeat")? else { return Ok(None) };
    Ok(Some(Repeat { words, rule: row.try_get("rrule")?, wall: read(row, "starts_local")? }))
}

pub(super) fn reminder(row: &SqliteRow) -> Result<ReminderRow, sqlx::Error> {
    Ok(ReminderRow {
        id: row.try_get("id")?,
        text: row.try_get("text")?,
        due_at: needed(row, "due_at")?,
        zone: row.try_get("zone")?,
        repeat: repeat(row)?,
        created_at: needed(row, "created_at")?,
    })
}
