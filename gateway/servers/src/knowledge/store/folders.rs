//! Watched folders, what is known of their files, and files that could not be read.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use sqlx::Row;
use uuid::Uuid;

use super::{DocumentId, FolderId, Store, stamp};
use crate::database::StoreError;
use crate::knowledge::access::{Found, Stamp};

/// A watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::knowledge) struct FolderRow {
    pub id: FolderId,
    pub path: String,
}

/// What is known of a folder's files, by path.
#[derive(Debug, Default)]
pub(in crate::knowledge) struct Known {
    /// Those that are kept, with their SHA-256.
    pub read: HashMap<String, (DocumentId, Stamp, Vec<u8>)>,
    /// Those that could not be read.
    pub unread: HashMap<String, Stamp>,
    /// Those that were removed.
    pub left_out: HashSet<String>,
}

impl Store {
    /// Every watched folder, by path.
    pub async fn folders(&self) -> Result<Vec<FolderRow>, StoreError> {
        let query = sqlx::query("select id, path from knowledge_folders order by path");
        let rows = query.fetch_all(self.reader().await?).await.map_err(|cause| self.error(cause))?;
        Ok(rows.iter().map(|row| FolderRow { id: FolderId(row.get(0)), path: row.get(1) }).collect())
    }

    /// Adds a folder, or finds it.
    pub async fn add_folder(&self, path: &str, now: Timestamp) -> Result<FolderRow, StoreError> {
        let query = sqlx::query(
            "insert into knowledge_folders (id, path, added_at) values (?, ?, ?) on conflict (path) do update set path = path returning id",
        );
        let query = query.bind(Uuid::now_v7().to_string()).bind(path).bind(now.to_string());
        let row = query.fetch_one(self.writer().await?).await.map_err(|cause| self.error(cause))?;
        Ok(FolderRow { id: FolderId(row.get(0)), path: path.to_owned() })
    }

    /// Forgets a folder and its documents; the ids of their passages and how many documents there were.
    pub async fn remove_folder(&self, folder: &FolderId) -> Result<(Vec<i64>, usize), StoreError> {
        let error = |cause| self.error(cause);
        let mut work = self.write().await?;
        let query = sqlx::query_scalar(
            "select p.id from knowledge_passages p join knowledge_documents d on d.id = p.document where d.folder = ?",
        );
        let gone = query.bind(&folder.0).fetch_all(&mut *work).await.map_err(error)?;
        let query = sqlx::query("delete from knowledge_documents where folder = ?").bind(&folder.0);
        let documents = query.execute(&mut *work).await.map_err(error)?.rows_affected();
        let query = sqlx::query("delete from knowledge_folders where id = ?").bind(&folder.0);
        query.execute(&mut *work).await.map_err(error)?;
        work.commit().await.map_err(error)?;
        Ok((gone, usize::try_from(documents).unwrap_or(usize::MAX)))
    }

    /// What is known of a folder's files.
    pub async fn known(&self, folder: &FolderId) -> Result<Known, StoreError> {
        let error = |cause| self.error(cause);
        let pool = self.reader().await?;
        let mut known = Known::default();
        let query =
            sqlx::query("select id, path, bytes, modified, sha256 from knowledge_documents where folder = ?");
        for row in query.bind(&folder.0).fetch_all(pool).await.map_err(error)? {
            let kept = (DocumentId(row.get("id")), stamp(&row).map_err(error)?, row.get("sha256"));
            known.read.insert(row.get("path"), kept);
        }
        let query = sqlx::query("select path, bytes, modified from knowledge_unread where folder = ?");
        for row in query.bind(&folder.0).fetch_all(pool).await.map_err(error)? {
            known.unread.insert(row.get("path"), stamp(&row).map_err(error)?);
        }
        let query = sqlx::query_scalar("select path from knowledge_left_out where folder = ?");
        known.left_out.extend(query.bind(&folder.0).fetch_all(pool).await.map_err(error)?);
        Ok(known)
    }

    /// Notes that a file was touched without a change.
    pub async fn touch(&self, document: &DocumentId, stamp: Stamp) -> Result<(), StoreError> {
        let query = sqlx::query("update knowledge_documents set modified = ? where id = ?");
        let query = query.bind(stamp.modified.map(|at| at.to_string())).bind(&document.0);
        query.execute(self.writer().await?).await.map(|_| ()).map_err(|cause| self.error(cause))
    }

    /// Notes that a file could not be read; what was kept of it before stays.
    pub async fn unread(&self, folder: &FolderId, file: &Found, problem: &str) -> Result<(), StoreError> {
        let query = sqlx::query(
            "insert or replace into knowledge_unread (path, folder, problem, bytes, modified) values (?, ?, ?, ?, ?)",
        );
        let query = query.bind(file.path.to_string_lossy()).bind(&folder.0).bind(problem);
        let query = query.bind(i64::try_from(file.stamp.bytes).unwrap_or(i64::MAX));
        let query = query.bind(file.stamp.modified.map(|at| at.to_string()));
        query.execute(self.writer().await?).await.map(|_| ()).map_err(|cause| self.error(cause))
    }

    /// Forgets files that are no longer there; the ids of their passages.
    pub async fn vanished(&self, paths: &[String]) -> Result<Vec<i64>, StoreError> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let error = |cause| self.error(cause);
        let paths = serde_json::json!(paths).to_string();
        let mut work = self.write().await?;
        let query = sqlx::query_scalar(
            "select p.id from knowledge_passages p join knowledge_documents d on d.id = p.document \
             where d.path in (select value from json_each(?))",
        );
        let gone = query.bind(&paths).fetch_all(&mut *work).await.map_err(error)?;
        for forget in [
            "delete from knowledge_documents where path in (select value from json_each(?))",
            "delete from knowledge_unread where path in (select value from json_each(?))",
            "delete from knowledge_left_out where path in (select value from json_each(?))",
        ] {
            sqlx::query(forget).bind(&paths).execute(&mut *work).await.map_err(error)?;
        }
        work.commit().await.map_err(error)?;
        Ok(gone)
    }

    /// Files that could not be read, with the folder they are in and why, by path.
    pub async fn problems(&self) -> Result<Vec<(FolderId, String, String)>, StoreError> {
        let query = sqlx::query("select folder, path, problem from knowledge_unread order by path");
        let rows = query.fetch_all(self.reader().await?).await.map_err(|cause| self.error(cause))?;
        Ok(rows.iter().map(|row| (FolderId(row.get(0)), row.get(1), row.get(2))).collect())
    }
}
