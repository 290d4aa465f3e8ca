//! Idempotency keys on disk: which call a key stands for, and how that ended.
//!
//! A key is taken with the first step of its call, in the same transaction, and is free again once that call certainly did not
//! happen: it was denied, expired, or never sent.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqlitePool;
use sqlx::{Row, SqliteConnection};

use super::batch::all;
use super::{CallRecord, KeyedCall};
use crate::canonical::Digest;
use crate::execution::{Done, Outcome};
use crate::id::EntryId;
use crate::idempotency::IdempotencyKey;
use crate::name::CapabilityId;
use crate::store::{StoreError, now, read_back, stored_time};

/// How long a key is known.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// The most of a result's text, and of its structured part, that is kept.
const MAX_KEPT: usize = 256 * 1024;

/// A key that a call takes.
#[derive(Debug, Serialize)]
pub(super) struct KeyRow {
    persona: String,
    key: IdempotencyKey,
    server: String,
    tool: String,
    arguments: String,
    entry: EntryId,
    at: String,
    oldest: String,
}

impl KeyRow {
    pub(super) fn new(call: &CallRecord, at: &str) -> Option<Self> {
        let record = call.key.as_ref()?;
        Some(Self {
            persona: call.persona.clone(),
            key: record.key.clone(),
            server: call.capability.server().to_string(),
            tool: call.capability.tool().to_string(),
            arguments: record.arguments_sha256.to_string(),
            entry: call.entry.clone(),
            at: at.to_owned(),
            oldest: stored_time(oldest()),
        })
    }
}

/// How a call with a key ended, as it will be told to whoever uses the key again.
#[derive(Debug)]
pub(super) struct Kept {
    entry: EntryId,
    outcome: String,
}

#[derive(Serialize, Deserialize)]
struct StoredOutcome {
    #[serde(flatten)]
    state: Done,
    took_us: u64,
}

impl Kept {
    /// What certainly didn't happen frees the key, and what nobody knows is told by the ledger.
    pub(super) fn new(call: &Arc<CallRecord>, done: &Done, took: Duration) -> Option<Self> {
        call.key.as_ref()?;
        let state = match done {
            Done::Succeeded { text, structured } => Done::Succeeded {
                text: capped(text),
                structured: structured.clone().filter(|value| value.to_string().len() <= MAX_KEPT),
            },
            Done::Asks { question } => Done::Asks { question: capped(question) },
            Done::ToolFailed { text } => Done::ToolFailed { text: capped(text) },
            Done::NotSent { .. } | Done::Unknown { .. } => return None,
        };
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // Texts, numbers and JSON always serialize; without an outcome the ledger's state is what is told.
        let outcome = serde_json::to_string(&StoredOutcome { state, took_us }).ok()?;
        Some(Self { entry: call.entry.clone(), outcome })
    }

    pub(super) async fn write(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        sqlx::query("UPDATE gateway_keys SET outcome = ? WHERE entry = ?")
            .bind(&self.outcome)
            .bind(self.entry.as_str())
            .execute(tx)
            .await?;
        Ok(())
    }
}

fn capped(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_KEPT)].to_owned()
}

fn oldest() -> Timestamp {
    now().saturating_sub(KEPT_FOR).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Takes keys that are free, all or none.
pub(super) async fn take(tx: &mut SqliteConnection, rows: &[&KeyRow]) -> Result<(), StoreError> {
    if all(tx, TAKE, rows).await? {
        return Ok(());
    }
    let entry = rows.first().map(|row| row.entry.to_string()).unwrap_or_default();
    Err(StoreError::KeyTaken { entry })
}

const TAKE: &str = "
    INSERT INTO gateway_keys (persona, key, server, tool, arguments_sha256, entry, created_at)
    SELECT value ->> 'persona', value ->> 'key', value ->> 'server', value ->> 'tool', value ->> 'arguments',
           value ->> 'entry', value ->> 'at'
    FROM json_each(?1) WHERE true
    ON CONFLICT (persona, key) DO UPDATE
    SET server = excluded.server, tool = excluded.tool, arguments_sha256 = excluded.arguments_sha256,
        entry = excluded.entry, outcome = NULL, created_at = excluded.created_at
    WHERE gateway_keys.created_at < (SELECT min(value ->> 'oldest') FROM json_each(?1))
       OR NOT EXISTS (SELECT 1 FROM gateway_ledger AS call WHERE call.id = gateway_keys.entry
                      AND (call.state IN ('dispatching', 'succeeded', 'unknown') OR gateway_keys.outcome IS NOT NULL))";

/// The call that a key stands for, if it is not too long ago.
pub(super) async fn find(
    reader: &SqlitePool,
    persona: &str,
    key: &IdempotencyKey,
) -> Result<Option<KeyedCall>, StoreError> {
    let row = sqlx::query(
        "SELECT key.server, key.tool, key.arguments_sha256, key.entry, key.outcome, call.state, call.reason
         FROM gateway_keys AS key LEFT JOIN gateway_ledger AS call ON call.id = key.entry
         WHERE key.persona = ? AND key.key = ? AND key.created_at >= ?",
    )
    .bind(persona)
    .bind(key.as_str())
    .bind(stored_time(oldest()))
    .fetch_optional(reader)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (server, tool) = (read_back(row.try_get("server")?)?, read_back(row.try_get("tool")?)?);
    let entry: EntryId = read_back(row.try_get("entry")?)?;
    let state: Option<String> = row.try_get("state")?;
    let outcome: Option<String> = row.try_get("outcome")?;
    let unknown = |reason: String| {
        let state = Done::Unknown { reason };
        Some(Outcome { entry: entry.clone(), state, took: Duration::ZERO })
    };
    let outcome = match (state.as_deref(), outcome) {
        (_, Some(text)) => {
            let StoredOutcome { state, took_us } = serde_json::from_str(&text)
                .map_err(|error| StoreError::Sql(sqlx::Error::Decode(Box::new(error))))?;
            Some(Outcome { entry, state, took: Duration::from_micros(took_us) })
        }
        (Some("unknown"), None) => {
            let reason = row.try_get::<Option<String>, _>("reason")?;
            unknown(reason.unwrap_or_else(|| "its end was not noted".to_owned()))
        }
        // Nobody of this run holds it, or the caller would have been told that it is under way.
        (Some("dispatching"), None) => unknown("its end could not be noted".to_owned()),
        (Some("succeeded"), None) => unknown("it was done, and its result was not kept".to_owned()),
        // Denied, expired, never answered or never sent.
        (Some(_) | None, None) => None,
    };
    Ok(Some(KeyedCall {
        capability: CapabilityId::new(server, tool),
        arguments_sha256: Digest::stored(row.try_get("arguments_sha256")?),
        outcome,
    }))
}

/// Forgets what is too old, except what is under way.
pub(super) async fn forget(tx: &mut SqliteConnection) -> Result<u64, StoreError> {
    let forgotten = sqlx::query(
        "DELETE FROM gateway_keys WHERE created_at < ? AND NOT EXISTS (SELECT 1 FROM gateway_ledger AS call
         WHERE call.id = gateway_keys.entry AND call.state IN ('proposed', 'approved', 'dispatching'))",
    )
    .bind(stored_time(oldest()))
    .execute(tx)
    .await?;
    Ok(forgotten.rows_affected())
}
