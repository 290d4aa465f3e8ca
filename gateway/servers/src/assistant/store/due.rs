//! Reminders on their way to the user: claimed, told, written off. See [`super::super::scheduler`].

use jiff::Timestamp;

use super::Store;
use super::reminders::{ReminderRow, reminder};
use crate::database::StoreError;
use crate::dates::Occurrence;

/// A reminder that was told.
#[derive(Debug, Clone)]
pub(in crate::assistant) struct Settled {
    pub id: String,
    /// The time it was stored with.
    pub due_at: Timestamp,
    /// When it was told.
    pub at: Timestamp,
    /// Its next time; none if it does not come again.
    pub next: Option<Occurrence>,
}

/// The right to tell a reminder, and nobody else meanwhile. Instants in whole seconds.
#[derive(Debug, Clone, Copy)]
pub(in crate::assistant) struct Lease<'a> {
    /// Who has it.
    pub holder: &'a str,
    /// The present moment.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

impl Store {
    /// At most `limit` reminders that are due and nobody is telling, the oldest first. A row that cannot be read does not
    /// hold up the others.
    pub async fn due(&self, lease: &Lease<'_>, limit: u32) -> Result<Vec<ReminderRow>, StoreError> {
        // A claim that ends later than any lease can was made before the clock was set back.
        let query = "select * from reminders where fired_at is null and due_at <= ?1 \
                     and (claimed_until is null or claimed_until <= ?1 or claimed_until > ?2) \
                     order by due_at, id limit ?3";
        let query = sqlx::query(query).bind(lease.from.to_string()).bind(lease.until.to_string()).bind(limit);
        let rows = query.fetch_all(self.reader().await?).await.map_err(|cause| self.database.error(cause))?;
        let read = |row| {
            reminder(row).inspect_err(|problem| tracing::warn!(%problem, "a reminder can't be read")).ok()
        };
        Ok(rows.iter().filter_map(read).collect())
    }

    /// The next moment after `now` at which a reminder falls due or a claim on a due one ends.
    pub async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let query = "select min(at) from (\
                     select min(due_at) as at from reminders where fired_at is null and due_at > ?1 union all \
                     select min(claimed_until) from reminders where fired_at is null and claimed_until > ?1)";
        let next = sqlx::query_scalar::<_, Option<String>>(query).bind(now.to_string());
        let next = next.fetch_one(self.reader().await?).await.map_err(|cause| self.database.error(cause))?;
        Ok(next.and_then(|next| next.parse().ok()))
    }

    /// Takes the lease on telling `row`; false if another has it or the reminder has changed.
    pub async fn claim(&self, row: &ReminderRow, lease: &Lease<'_>) -> Result<bool, StoreError> {
        let query = "update reminders set claimed_by = ?1, claimed_until = ?2 where id = ?3 and due_at = ?4 \
                     and fired_at is null \
                     and (claimed_until is null or claimed_until <= ?5 or claimed_until > ?2)";
        let update = sqlx::query(query).bind(lease.holder).bind(lease.until.to_string()).bind(&row.id);
        let update = update.bind(row.due_at.to_string()).bind(lease.from.to_string());
        let done = update.execute(self.writer().await?).await.map_err(|cause| self.database.error(cause))?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives the lease back: nobody was told.
    pub async fn release(&self, row: &ReminderRow, holder: &str) -> Result<(), StoreError> {
        let query =
            "update reminders set claimed_by = null, claimed_until = null where id = ? and claimed_by = ?";
        let update = sqlx::query(query).bind(&row.id).bind(holder);
        update.execute(self.writer().await?).await.map_err(|cause| self.database.error(cause))?;
        Ok(())
    }

    /// Writes down that a claimed reminder was told. A row that was changed, removed or claimed by another meanwhile is
    /// left as it is.
    pub async fn settle(&self, told: &Settled, holder: &str) -> Result<(), StoreError> {
        let writer = self.writer().await?;
        let update = match &told.next {
            None => sqlx::query(
                "update reminders set fired_at = ?, claimed_by = null, claimed_until = null \
                 where id = ? and due_at = ? and claimed_by = ? and fired_at is null",
            )
            .bind(told.at.to_string()),
            Some(next) => sqlx::query(
                "update reminders set due_at = ?, starts_local = ?, claimed_by = null, claimed_until = null \
                 where id = ? and due_at = ? and claimed_by = ? and fired_at is null",
            )
            .bind(next.at.timestamp().to_string())
            .bind(next.wall.to_string()),
        };
        let update = update.bind(&told.id).bind(told.due_at.to_string()).bind(holder);
        update.execute(writer).await.map_err(|cause| self.database.error(cause))?;
        Ok(())
    }
}
