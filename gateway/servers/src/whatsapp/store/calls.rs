//! Calls that were answered, so that the same key is answered the same.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};
use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde::Serialize;
use serde_json::Value;
use sqlx::{Row, SqliteConnection};

use super::{Store, whole_seconds};
use crate::database::StoreError;

/// How long an answer is kept, in hours: a week.
const KEPT: i64 = 7 * 24;

/// What a call is answered.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::whatsapp) struct Answer {
    /// To be spoken.
    pub text: String,
    /// For programs.
    pub structured: Value,
}

impl Answer {
    pub fn new(text: String, structured: &impl Serialize) -> Result<Answer, serde_json::Error> {
        Ok(Answer { text, structured: serde_json::to_value(structured)? })
    }
}

impl From<Answer> for CallToolResult {
    fn from(answer: Answer) -> CallToolResult {
        let mut result = CallToolResult::structured(answer.structured);
        result.content = vec![ContentBlock::text(answer.text)];
        result
    }
}

/// A call that changes something.
#[derive(Debug, Clone)]
pub(in crate::whatsapp) struct Asked {
    pub tool: &'static str,
    /// The key under which it must not be carried out twice.
    pub key: Option<String>,
    /// In the order of their names.
    pub arguments: String,
    pub at: Timestamp,
}

impl Asked {
    pub fn new(
        tool: &'static str,
        key: Option<String>,
        arguments: Option<&JsonObject>,
        at: Timestamp,
    ) -> Result<Asked, serde_json::Error> {
        let sorted: BTreeMap<&String, &Value> = arguments.into_iter().flatten().collect();
        Ok(Asked { tool, key, arguments: serde_json::to_string(&sorted)?, at: whole_seconds(at) })
    }
}

impl Store {
    /// The answer to a call with this key, if it was given.
    pub async fn answered(&self, asked: &Asked) -> Result<Option<Answer>, StoreError> {
        let Some(key) = &asked.key else { return Ok(None) };
        let query = "select tool, arguments, text, structured from whatsapp_calls where key = ?";
        let found = sqlx::query(query).bind(key).fetch_optional(self.reader().await?).await;
        let Some(row) = found.map_err(|cause| self.database.error(cause))? else { return Ok(None) };
        let answer = || {
            let structured = serde_json::from_str(row.try_get("structured")?).map_err(|problem| {
                sqlx::Error::ColumnDecode { index: "structured".into(), source: Box::new(problem) }
            })?;
            let same = row.try_get::<&str, _>("tool")? == asked.tool
                && row.try_get::<&str, _>("arguments")? == asked.arguments;
            Ok(same.then_some(Answer { text: row.try_get("text")?, structured }))
        };
        let answer = answer().map_err(|cause| self.database.error(cause))?;
        answer.map(Some).ok_or(StoreError::KeyReused)
    }

    /// Keeps an answer.
    pub async fn keep(&self, asked: &Asked, answer: &Answer) -> Result<(), StoreError> {
        let mut work = self.write().await?;
        let kept = async {
            keep(&mut work, asked, answer).await?;
            work.commit().await
        };
        kept.await.map_err(|cause| self.database.error(cause))
    }
}

pub(super) async fn keep(
    connection: &mut SqliteConnection,
    asked: &Asked,
    answer: &Answer,
) -> Result<(), sqlx::Error> {
    let Some(key) = &asked.key else { return Ok(()) };
    let oldest = asked.at.checked_sub(KEPT.hours()).unwrap_or(Timestamp::MIN);
    let delete = sqlx::query("delete from whatsapp_calls where answered_at < ?").bind(oldest.to_string());
    delete.execute(&mut *connection).await?;
    let query = "insert into whatsapp_calls (key, tool, arguments, text, structured, answered_at) \
                 values (?, ?, ?, ?, ?, ?) on conflict (key) do nothing";
    let insert = sqlx::query(query).bind(key).bind(asked.tool).bind(&asked.arguments).bind(&answer.text);
    let insert = insert.bind(answer.structured.to_string()).bind(asked.at.to_string());
    insert.execute(connection).await.map(|_| ())
}
