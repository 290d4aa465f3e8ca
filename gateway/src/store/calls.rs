//! How many calls there were.

use jiff::{SignedDuration, Timestamp};
use sqlx::Row;

use super::{Store, StoreError, stored_time};
use crate::id::EntryId;
use crate::policy::Reach;

/// Counting stops here; no limit is higher.
const MOST: i64 = 20_000;

impl Store {
    /// The calls of the last hour in a rule's reach that were let through, whatever became of them, without some that were
    /// counted elsewhere.
    pub(crate) async fn calls_in_the_last_hour(
        &self,
        reach: &Reach,
        without: &[EntryId],
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        let since = now.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MIN);
        let row = sqlx::query(
            "SELECT count(*) AS calls FROM (SELECT 1 FROM gateway_ledger WHERE server = ?1 AND created_at > ?2
             AND state NOT IN ('proposed', 'denied', 'expired') AND (?3 IS NULL OR persona = ?3)
             AND (json_array_length(?4) = 0 OR tool IN (SELECT value FROM json_each(?4)))
             AND id NOT IN (SELECT value FROM json_each(?5)) LIMIT ?6)",
        )
        .bind(reach.server.as_str())
        .bind(stored_time(since))
        .bind(reach.persona.as_deref())
        .bind(sqlx::types::Json(&reach.actions))
        .bind(sqlx::types::Json(without))
        .bind(MOST)
        .fetch_one(self.reader())
        .await?;
        let calls: i64 = row.try_get("calls")?;
        Ok(u32::try_from(calls).unwrap_or(u32::MAX))
    }
}
