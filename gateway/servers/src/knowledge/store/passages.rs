//! Passages: found by their words, by id, or in the order of their document; and their embeddings.

use homepilot_models::embed::Packed;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{DocumentId, Store};
use crate::database::StoreError;

/// A passage with its document.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::knowledge) struct PassageRow {
    pub id: i64,
    pub document: DocumentId,
    pub title: String,
    pub path: Option<String>,
    /// Its place in the document, from 0.
    pub place: i64,
    pub heading: String,
    pub page: Option<u32>,
    pub overlap: usize,
    pub text: String,
}

impl PassageRow {
    /// What its embedding is of: the passage with its title and headings, which often name what it is about.
    pub fn told(&self) -> String {
        told(&self.title, &self.heading, &self.text)
    }
}

pub(in crate::knowledge) fn told(title: &str, heading: &str, text: &str) -> String {
    [title, heading, text].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

const ROWS: &str = "select p.id, p.document, d.title, d.path, p.place, p.heading, p.page, p.overlap, p.text \
    from knowledge_passages p join knowledge_documents d on d.id = p.document ";

impl Store {
    /// The best `most` passages by the words of an FTS5 query, the best first, scores falling.
    pub async fn by_words(
        &self,
        query: &str,
        document: Option<&DocumentId>,
        most: usize,
    ) -> Result<Vec<(i64, f32)>, StoreError> {
        // bm25 is the smaller the better; a title's or heading's word counts more than one of the text.
        let found = sqlx::query(
            "select w.rowid, -bm25(knowledge_words, 2.0, 1.5, 1.0) as score from knowledge_words w \
             where knowledge_words match ?1 and (?2 is null or w.rowid in (select id from knowledge_passages where document = ?2)) \
             order by score desc, w.rowid limit ?3",
        );
        let found = found.bind(query).bind(document.map(|id| id.0.as_str()));
        let found = found.bind(i64::try_from(most).unwrap_or(i64::MAX));
        let rows = found.fetch_all(self.reader().await?).await.map_err(|cause| self.error(cause))?;
        // Scores have no use for more precision.
        Ok(rows.iter().map(|row| (row.get(0), row.get::<f64, _>(1) as f32)).collect())
    }

    /// Passages by id, in the order asked for; those that are gone are left out.
    pub async fn passages(&self, ids: &[i64]) -> Result<Vec<PassageRow>, StoreError> {
        let query = format!("{ROWS} where p.id in (select value from json_each(?))");
        let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(serde_json::json!(ids).to_string());
        let rows = query.fetch_all(self.reader().await?).await.map_err(|cause| self.error(cause))?;
        let rows: Vec<PassageRow> = rows.iter().map(passage).collect();
        Ok(ids.iter().filter_map(|id| rows.iter().find(|row| row.id == *id).cloned()).collect())
    }

    /// A document's passages from a place on.
    pub async fn passages_of(
        &self,
        document: &DocumentId,
        from: i64,
        most: i64,
    ) -> Result<Vec<PassageRow>, StoreError> {
        let query = format!("{ROWS} where p.document = ? and p.place >= ? order by p.place limit ?");
        let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(&document.0).bind(from).bind(most);
        let rows = query.fetch_all(self.reader().await?).await.map_err(|cause| self.error(cause))?;
        Ok(rows.iter().map(passage).collect())
    }

    /// Ids of a document's passages.
    pub async fn ids_of(&self, document: &DocumentId) -> Result<Vec<i64>, StoreError> {
        let query =
            sqlx::query_scalar("select id from knowledge_passages where document = ?").bind(&document.0);
        query.fetch_all(self.reader().await?).await.map_err(|cause| self.error(cause))
    }

    /// Passages that wait for their embedding, the oldest first.
    pub async fn waiting(&self, most: i64) -> Result<Vec<PassageRow>, StoreError> {
        let query = format!("{ROWS} where p.embedding is null order by p.id limit ?");
        let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(most);
        let rows = query.fetch_all(self.reader().await?).await.map_err(|cause| self.error(cause))?;
        Ok(rows.iter().map(passage).collect())
    }

    /// How many passages there are, and how many of them have embeddings.
    pub async fn counted(&self) -> Result<(i64, i64), StoreError> {
        // Two counts over indices; counting embeddings would read every row.
        let query = sqlx::query(
            "select p.all_of_them, p.all_of_them - w.waiting from (select count(*) as all_of_them from knowledge_passages) p, \
             (select count(*) as waiting from knowledge_passages where embedding is null) w",
        );
        let row = query.fetch_one(self.reader().await?).await.map_err(|cause| self.error(cause))?;
        Ok((row.get(0), row.get(1)))
    }

    /// Keeps embeddings; a passage that is gone is passed over.
    pub async fn embedded(&self, embeddings: &[(i64, Packed)]) -> Result<(), StoreError> {
        let error = |cause| self.error(cause);
        let mut work = self.write().await?;
        for (id, embedding) in embeddings {
            let query = sqlx::query("update knowledge_passages set embedding = ? where id = ?");
            query.bind(&embedding.to_bytes()[..]).bind(id).execute(&mut *work).await.map_err(error)?;
        }
        work.commit().await.map_err(error)
    }

    /// Every embedding after an id, at most `most`, by id.
    pub async fn embeddings(&self, after: i64, most: i64) -> Result<Vec<(i64, Packed)>, StoreError> {
        let query = sqlx::query(
            "select id, embedding from knowledge_passages where id > ? and embedding is not null order by id limit ?",
        );
        let rows = query.bind(after).bind(most).fetch_all(self.reader().await?).await;
        let rows = rows.map_err(|cause| self.error(cause))?;
        let kept = |row: &SqliteRow| Some((row.get(0), Packed::from_bytes(row.get(1))?));
        Ok(rows.iter().filter_map(kept).collect())
    }
}

fn passage(row: &SqliteRow) -> PassageRow {
    PassageRow {
        id: row.get("id"),
        document: DocumentId(row.get("document")),
        title: row.get("title"),
        path: row.get("path"),
        place: row.get("place"),
        heading: row.get("heading"),
        page: row.get("page"),
        overlap: usize::try_from(row.get::<i64, _>("overlap")).unwrap_or(0),
        text: row.get("text"),
    }
}
