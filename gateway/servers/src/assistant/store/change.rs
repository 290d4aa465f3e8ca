//! A change to the tables, made once however often its call arrives.

use jiff::Timestamp;
use rmcp::model::JsonObject;
use sqlx::Row;

use super::{Store, Tables, whole_seconds};
use crate::answered::{Answer, canonical, oldest};
use crate::database::StoreError;

/// A call that changes something.
#[derive(Debug)]
pub(in crate::assistant) struct Asked<'a> {
    pub tool: &'static str,
    /// The key under which it must not be carried out twice.
    pub key: Option<&'a str>,
    /// In the order of their names.
    pub arguments: String,
    pub at: Timestamp,
}

impl<'a> Asked<'a> {
    pub fn new(
        tool: &'static str,
        key: Option<&'a str>,
        arguments: Option<&JsonObject>,
        at: Timestamp,
    ) -> Result<Asked<'a>, serde_json::Error> {
        Ok(Asked { tool, key, arguments: canonical(arguments)?, at: whole_seconds(at) })
    }
}

/// How a change begins.
#[derive(Debug)]
pub(in crate::assistant) enum Begun<'a> {
    /// It was made before, under the same key.
    Answered(Answer),
    /// It is to be made.
    Fresh(Change<'a>),
}

/// A change under way; without [`Change::commit`] nothing has happened. It holds the write lock.
#[derive(Debug)]
pub(in crate::assistant) struct Change<'a> {
    pub tables: Tables<'a>,
    store: &'a Store,
    asked: Asked<'a>,
}

impl Store {
    /// Takes the write lock, and looks whether the call was answered before.
    pub async fn begin<'a>(&'a self, asked: Asked<'a>) -> Result<Begun<'a>, StoreError> {
        let transaction = self.database.write().await?;
        let mut tables = Tables { database: &self.database, transaction };
        let Some(key) = asked.key else {
            return Ok(Begun::Fresh(Change { tables, store: self, asked }));
        };
        let query = "select arguments, text, structured from answered_calls where tool = ? and key = ?";
        let found = sqlx::query(query).bind(asked.tool).bind(key).fetch_optional(&mut *tables.transaction);
        let Some(row) = found.await.map_err(|cause| self.database.error(cause))? else {
            return Ok(Begun::Fresh(Change { tables, store: self, asked }));
        };
        let answered = || Ok((row.try_get::<String, _>("arguments")?, Answer::stored(&row)?));
        let (arguments, answer) = answered().map_err(|cause| self.database.error(cause))?;
        if arguments == asked.arguments { Ok(Begun::Answered(answer)) } else { Err(StoreError::KeyReused) }
    }
}

impl Change<'_> {
    /// Makes the change and keeps its answer, both or neither.
    pub async fn commit(self, answer: &Answer) -> Result<(), StoreError> {
        let Change { mut tables, store, asked } = self;
        let committed = async {
            if let Some(key) = asked.key {
                sqlx::query("delete from answered_calls where answered_at < ?")
                    .bind(oldest(asked.at))
                    .execute(&mut *tables.transaction)
                    .await?;
                let query = "insert into answered_calls (tool, key, arguments, text, structured, answered_at) \
                             values (?, ?, ?, ?, ?, ?)";
                let insert = sqlx::query(query).bind(asked.tool).bind(key).bind(&asked.arguments);
                let insert = insert.bind(&answer.text).bind(answer.structured.to_string());
                insert.bind(asked.at.to_string()).execute(&mut *tables.transaction).await?;
            }
            tables.transaction.commit().await
        };
        committed.await.map_err(|cause| store.database.error(cause))?;
        store.changed.notify_one();
        Ok(())
    }
}
