//! Calls that were answered, so that the same key is answered the same.

use jiff::Timestamp;
use rmcp::model::JsonObject;
use sqlx::{Row, SqliteConnection};

use super::{Store, whole_seconds};
use crate::answered::{Answer, canonical, oldest};
use crate::database::StoreError;

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
        Ok(Asked { tool, key, arguments: canonical(arguments)?, at: whole_seconds(at) })
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
            let same = row.try_get::<&str, _>("tool")? == asked.tool
                && row.try_get::<&str, _>("arguments")? == asked.arguments;
            Ok(if same { Some(Answer::stored(&row)?) } else { None })
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
    let delete = sqlx::query("delete from whatsapp_calls where answered_at < ?").bind(oldest(asked.at));
    delete.execute(&mut *connection).await?;
    let query = "insert into whatsapp_calls (key, tool, arguments, text, structured, answered_at) \
                 values (?, ?, ?, ?, ?, ?) on conflict (key) do nothing";
    let insert = sqlx::query(query).bind(key).bind(asked.tool).bind(&asked.arguments).bind(&answer.text);
    let insert = insert.bind(answer.structured.to_string()).bind(asked.at.to_string());
    insert.execute(connection).await.map(|_| ())
}
