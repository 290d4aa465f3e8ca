//! What was asked for under an idempotency key, and what came of it.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rmcp::model::JsonObject;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use crate::answered::{Answer, canonical, oldest};
use crate::database::{Database, StoreError};

/// How long a call waits for another writer.
const BUSY: Duration = Duration::from_secs(5);

/// The calls of this server.
#[derive(Debug)]
pub(super) struct Journal(Database);

/// A call that changes something.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub tool: &'static str,
    /// The caller's, or one of our own that never comes again.
    pub key: String,
    arguments_sha256: String,
    at: Timestamp,
}

/// How far a call had come before.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Before {
    /// It never began.
    Nothing,
    /// It was under way: it may or may not have happened. The message it is about.
    Going(String),
    /// It was carried out.
    Done(Answer),
}

impl Asked {
    pub fn new(
        tool: &'static str,
        key: Option<String>,
        arguments: Option<&JsonObject>,
        at: Timestamp,
    ) -> Result<Asked, serde_json::Error> {
        let hash = Sha256::digest(canonical(arguments)?);
        let arguments_sha256 = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let key = key.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        Ok(Asked { tool, key, arguments_sha256, at })
    }
}

impl Journal {
    pub fn new(database: &Path) -> Journal {
        Journal(Database::new(database, BUSY))
    }

    pub async fn close(&self) {
        self.0.close().await;
    }

    /// What is known of a call.
    pub async fn before(&self, asked: &Asked) -> Result<Before, StoreError> {
        let query = "select arguments_sha256, state, message_id, text, structured from email_calls where tool = ? and key = ?";
        let found = sqlx::query(query).bind(asked.tool).bind(&asked.key);
        let found = found.fetch_optional(self.0.reader().await?).await;
        let Some(row) = found.map_err(|cause| self.0.error(cause))? else { return Ok(Before::Nothing) };
        let read = || {
            let column = |name: &str| row.try_get::<String, _>(name);
            if column("arguments_sha256")? != asked.arguments_sha256 {
                return Ok(Err(StoreError::KeyReused));
            }
            if column("state")? == "going" {
                let id = row.try_get::<Option<String>, _>("message_id")?;
                return Ok(Ok(Before::Going(id.unwrap_or_default())));
            }
            Ok(Ok(Before::Done(Answer::stored(&row)?)))
        };
        read().map_err(|cause| self.0.error(cause))?
    }

    /// From here on it may have happened.
    pub async fn going(&self, asked: &Asked, message_id: &str) -> Result<(), StoreError> {
        let query = "insert into email_calls (tool, key, arguments_sha256, state, message_id, at) \
                     values (?, ?, ?, 'going', ?, ?)";
        let insert = sqlx::query(query).bind(asked.tool).bind(&asked.key).bind(&asked.arguments_sha256);
        self.run(insert.bind(message_id).bind(asked.at.to_string())).await
    }

    /// It did not happen.
    pub async fn not_gone(&self, asked: &Asked) -> Result<(), StoreError> {
        let query = "delete from email_calls where tool = ? and key = ? and state = 'going'";
        self.run(sqlx::query(query).bind(asked.tool).bind(&asked.key)).await
    }

    /// It was carried out, and this was answered.
    pub async fn done(&self, asked: &Asked, answer: &Answer) -> Result<(), StoreError> {
        self.run(sqlx::query("delete from email_calls where at < ?").bind(oldest(asked.at))).await?;
        let query = "insert into email_calls (tool, key, arguments_sha256, state, text, structured, at) \
                     values (?, ?, ?, 'done', ?, ?, ?) \
                     on conflict (tool, key) do update set state = 'done', text = excluded.text, \
                     structured = excluded.structured";
        let insert = sqlx::query(query).bind(asked.tool).bind(&asked.key).bind(&asked.arguments_sha256);
        let insert = insert.bind(&answer.text).bind(answer.structured.to_string());
        self.run(insert.bind(asked.at.to_string())).await
    }

    async fn run(
        &self,
        query: sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<(), StoreError> {
        let done = query.execute(self.0.writer().await?).await;
        done.map(drop).map_err(|cause| self.0.error(cause))
    }
}
