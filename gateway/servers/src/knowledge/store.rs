//! Documents, passages and folders on disk. A document is replaced whole, in one transaction, or not at all.

mod folders;
mod passages;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, SqliteConnection, SqlitePool, Transaction};
use uuid::Uuid;

use super::access::Stamp;
use super::passage::Passage;
use super::reading::Format;
use crate::database::{Database, StoreError};

pub(super) use folders::FolderRow;
pub(super) use passages::PassageRow;

/// The most documents.
pub(super) const MOST_DOCUMENTS: i64 = 20_000;
/// The most passages of all documents: their embeddings take 80 MB of memory.
pub(super) const MOST_PASSAGES: i64 = 200_000;

/// A document's id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct DocumentId(pub String);

/// A folder's id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FolderId(pub String);

/// Why documents could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("there are 20,000 documents, and more are not kept: remove some first")]
    Documents,
    #[error("there are 200,000 passages of documents, and more are not kept: remove some documents first")]
    Passages,
}

/// A document as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DocumentRow {
    pub id: DocumentId,
    pub title: String,
    pub format: String,
    pub path: Option<String>,
    pub folder: Option<FolderId>,
    pub bytes: i64,
    pub indexed_at: Timestamp,
    /// How many passages it has, and how many of them have embeddings.
    pub passages: i64,
    pub embedded: i64,
}

/// A document to be kept.
#[derive(Debug)]
pub(super) struct NewDocument {
    pub title: String,
    pub format: Format,
    /// Where it was read; [`None`] for a text, which takes the place of the one with its title.
    pub file: Option<FileSource>,
    pub bytes: u64,
    pub sha256: [u8; 32],
    pub passages: Vec<Passage>,
}

/// The file of a document.
#[derive(Debug, Clone)]
pub(super) struct FileSource {
    pub path: String,
    pub folder: Option<FolderId>,
    pub modified: Option<Timestamp>,
}

/// What became of a document that was put.
#[derive(Debug)]
pub(super) struct Put {
    pub id: DocumentId,
    /// Whether it took the place of another.
    pub replaced: bool,
    /// Ids of passages that are gone.
    pub gone: Vec<i64>,
}

/// A call with an idempotency key.
#[derive(Debug, Clone)]
pub(super) struct Once {
    pub key: String,
    /// SHA-256 of the tool's name and its arguments.
    pub arguments: [u8; 32],
}

/// What a call was answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answered {
    pub text: String,
    pub structured: serde_json::Value,
}

/// The documents, in the file shared with the rest of HomePilot.
#[derive(Debug)]
pub(super) struct Store {
    database: Database,
}

impl Store {
    pub fn new(database: Database) -> Store {
        Store { database }
    }

    pub async fn close(&self) {
        self.database.close().await;
    }

    async fn reader(&self) -> Result<&SqlitePool, StoreError> {
        self.database.reader().await
    }

    async fn writer(&self) -> Result<&SqlitePool, StoreError> {
        self.database.writer().await
    }

    /// A transaction that holds the write lock.
    pub async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.database.write().await
    }

    /// Runs `work` on the database and sorts its failure.
    fn error(&self, cause: sqlx::Error) -> StoreError {
        self.database.error(cause)
    }

    /// What the call with this key was answered before.
    pub async fn answered(&self, once: &Once) -> Result<Option<Answered>, StoreError> {
        let query = sqlx::query("select arguments, text, structured from knowledge_calls where key = ?")
            .bind(&once.key);
        let row = query.fetch_optional(self.reader().await?).await.map_err(|cause| self.error(cause))?;
        let Some(row) = row else { return Ok(None) };
        if row.get::<Vec<u8>, _>(0) != once.arguments {
            return Err(StoreError::KeyReused);
        }
        let structured = serde_json::from_str(row.get(2)).unwrap_or_default();
        Ok(Some(Answered { text: row.get(1), structured }))
    }

    /// Notes what a call was answered. A call that broke off before is carried out again, which changes nothing more:
    /// every write here leads to the same state however often it is done.
    pub async fn note(&self, once: &Once, answered: &Answered, now: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query(
            "insert into knowledge_calls (key, arguments, text, structured, at) values (?, ?, ?, ?, ?) on conflict do nothing",
        );
        let query = query.bind(&once.key).bind(&once.arguments[..]).bind(&answered.text);
        let query = query.bind(answered.structured.to_string()).bind(now.to_string());
        query.execute(self.writer().await?).await.map(|_| ()).map_err(|cause| self.error(cause))
    }

    /// Keeps a document, in the place of the one with its path or, for a text, its title.
    pub async fn put(&self, new: &NewDocument, now: Timestamp) -> Result<Put, KeepError> {
        let error = |cause| self.error(cause);
        let mut work = self.write().await?;
        let put = put(&mut work, new, now).await.map_err(error)?;
        let [documents, passages] = counts(&mut work).await.map_err(error)?;
        if documents > MOST_DOCUMENTS {
            return Err(KeepError::Documents);
        }
        if passages > MOST_PASSAGES {
            return Err(KeepError::Passages);
        }
        work.commit().await.map_err(error)?;
        Ok(put)
    }

    /// Forgets a document; the ids of its passages. One of a watched folder is left out from then on.
    pub async fn remove(&self, document: &DocumentRow) -> Result<Vec<i64>, StoreError> {
        let error = |cause| self.error(cause);
        let mut work = self.write().await?;
        let gone = passage_ids(&mut work, &document.id).await.map_err(error)?;
        let query = sqlx::query("delete from knowledge_documents where id = ?").bind(&document.id.0);
        query.execute(&mut *work).await.map_err(error)?;
        if let (Some(path), Some(folder)) = (&document.path, &document.folder) {
            let query = sqlx::query("insert or ignore into knowledge_left_out (path, folder) values (?, ?)");
            query.bind(path).bind(&folder.0).execute(&mut *work).await.map_err(error)?;
        }
        work.commit().await.map_err(error)?;
        Ok(gone)
    }

    /// Every document, by title.
    pub async fn documents(&self) -> Result<Vec<DocumentRow>, StoreError> {
        let query = sqlx::query(
            // By the indices alone: a passage's text and embedding are not read to count it.
            "select d.*, p.passages, p.passages - coalesce(w.waiting, 0) as embedded from knowledge_documents d \
             join (select document, count(*) as passages from knowledge_passages group by document) p on p.document = d.id \
             left join (select document, count(*) as waiting from knowledge_passages \
             indexed by knowledge_passages_waiting where embedding is null group by document) w \
             on w.document = d.id order by d.title collate nocase, d.id",
        );
        let rows = query.fetch_all(self.reader().await?).await.map_err(|cause| self.error(cause))?;
        rows.iter().map(document).collect::<Result<_, _>>().map_err(|cause| self.error(cause))
    }
}

async fn put(work: &mut SqliteConnection, new: &NewDocument, now: Timestamp) -> Result<Put, sqlx::Error> {
    let path = new.file.as_ref().map(|file| file.path.as_str());
    let query = sqlx::query_scalar::<_, String>(
        "select id from knowledge_documents where path = ?1 or (?1 is null and path is null and title = ?2 collate nocase)",
    );
    let before = query.bind(path).bind(&new.title).fetch_optional(&mut *work).await?.map(DocumentId);
    let mut gone = Vec::new();
    if let Some(before) = &before {
        gone = passage_ids(work, before).await?;
        let query = sqlx::query("delete from knowledge_passages where document = ?").bind(&before.0);
        query.execute(&mut *work).await?;
    }
    let replaced = before.is_some();
    let id = before.unwrap_or_else(|| DocumentId(Uuid::now_v7().to_string()));
    let query = sqlx::query(
        "insert into knowledge_documents (id, title, format, path, folder, bytes, modified, sha256, added_at, indexed_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9) on conflict (id) do update set title = ?2, format = ?3, \
         folder = coalesce(?5, folder), bytes = ?6, modified = ?7, sha256 = ?8, indexed_at = ?9",
    );
    let query = query.bind(&id.0).bind(&new.title).bind(new.format.name()).bind(path);
    let query = query.bind(new.file.as_ref().and_then(|file| file.folder.as_ref()).map(|folder| &folder.0));
    let query = query.bind(i64::try_from(new.bytes).unwrap_or(i64::MAX));
    let query = query.bind(new.file.as_ref().and_then(|file| file.modified).map(|at| at.to_string()));
    query.bind(&new.sha256[..]).bind(now.to_string()).execute(&mut *work).await?;
    for (place, passage) in (0_i64..).zip(&new.passages) {
        let query = sqlx::query(
            "insert into knowledge_passages (document, place, heading, page, overlap, text) values (?, ?, ?, ?, ?, ?)",
        );
        let overlap = i64::try_from(passage.overlap).unwrap_or(0);
        let query = query.bind(&id.0).bind(place).bind(&passage.heading).bind(passage.page).bind(overlap);
        query.bind(&passage.text).execute(&mut *work).await?;
    }
    for forget in
        ["delete from knowledge_unread where path = ?", "delete from knowledge_left_out where path = ?"]
    {
        sqlx::query(forget).bind(path).execute(&mut *work).await?;
    }
    Ok(Put { id, replaced, gone })
}

async fn counts(work: &mut SqliteConnection) -> Result<[i64; 2], sqlx::Error> {
    let count =
        "select (select count(*) from knowledge_documents), (select count(*) from knowledge_passages)";
    let row = sqlx::query(count).fetch_one(work).await?;
    Ok([row.try_get(0)?, row.try_get(1)?])
}

async fn passage_ids(work: &mut SqliteConnection, document: &DocumentId) -> Result<Vec<i64>, sqlx::Error> {
    let query = sqlx::query_scalar("select id from knowledge_passages where document = ?").bind(&document.0);
    query.fetch_all(work).await
}

/// A time that may be missing.
fn time(row: &SqliteRow, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
    let text: Option<String> = row.try_get(column)?;
    let failed = |source| sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(source) };
    text.map(|text| text.parse::<Timestamp>().map_err(failed)).transpose()
}

fn stamp(row: &SqliteRow) -> Result<Stamp, sqlx::Error> {
    let bytes = u64::try_from(row.try_get::<i64, _>("bytes")?).unwrap_or(0);
    Ok(Stamp { bytes, modified: time(row, "modified")? })
}

fn document(row: &SqliteRow) -> Result<DocumentRow, sqlx::Error> {
    Ok(DocumentRow {
        id: DocumentId(row.try_get("id")?),
        title: row.try_get("title")?,
        format: row.try_get("format")?,
        path: row.try_get("path")?,
        folder: row.try_get::<Option<String>, _>("folder")?.map(FolderId),
        bytes: row.try_get("bytes")?,
        indexed_at: time(row, "indexed_at")?
            .ok_or_else(|| sqlx::Error::ColumnNotFound("indexed_at".to_owned()))?,
        passages: row.try_get("passages")?,
        embedded: row.try_get("embedded")?,
    })
}
