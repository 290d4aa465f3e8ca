//! Recomputing the chain.

use std::path::{Path, PathBuf};

use serde::Serialize;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use sqlx::{Connection as _, SqliteConnection};
use thiserror::Error;

use super::chain::{Chain, Columns};
use crate::store::StoreError;

/// The chain is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditVerified {
    /// Rows checked.
    pub rows: u64,
    /// Hash of the last row.
    pub head: String,
}

/// The chain is broken, or could not be read.
#[derive(Debug, Error)]
pub enum AuditProblem {
    /// A row is not what was written, or not where it was.
    #[error("audit row {row} does not fit the row before it: it or its predecessor was changed or moved")]
    Broken {
        /// Number of the first row that does not fit.
        row: i64,
    },
    /// A row is not there, though later ones are.
    #[error("audit row {row} is missing")]
    Missing {
        /// Number of the first row that is missing.
        row: i64,
    },
    /// There is no such file.
    #[error("there is no database {path}")]
    NoDatabase {
        /// The file.
        path: PathBuf,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Recomputes the whole chain of a database, whether or not a program has it open. Writes nothing.
///
/// # Errors
/// Names the first row that does not fit.
pub async fn verify_audit(database: &Path) -> Result<AuditVerified, AuditProblem> {
    if !database.is_file() {
        return Err(AuditProblem::NoDatabase { path: database.to_owned() });
    }
    let options = SqliteConnectOptions::new().filename(database).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(StoreError::from)?;
    let end = verify_from(&mut connection, Chain::default()).await;
    // Nothing was written, so nothing can be lost by a failing close.
    drop(connection.close().await);
    end.map(AuditVerified::from)
}

pub(super) async fn verify(reader: &SqlitePool) -> Result<AuditVerified, AuditProblem> {
    let mut connection = reader.acquire().await.map_err(StoreError::from)?;
    verify_from(&mut connection, Chain::default()).await.map(AuditVerified::from)
}

impl From<Chain> for AuditVerified {
    fn from(end: Chain) -> Self {
        Self { rows: end.seq.unsigned_abs(), head: end.hash }
    }
}

/// Recomputes the chain behind a row. Returns its end.
pub(super) async fn verify_from(
    database: &mut SqliteConnection,
    mut end: Chain,
) -> Result<Chain, AuditProblem> {
    const PAGE: i64 = 1000;
    loop {
        let page = sqlx::query("SELECT * FROM gateway_audit WHERE seq > ? ORDER BY seq LIMIT ?")
            .bind(end.seq)
            .bind(PAGE)
            .fetch_all(&mut *database)
            .await
            .map_err(StoreError::from)?;
        if page.is_empty() {
            return Ok(end);
        }
        for row in &page {
            let (columns, hash) = Columns::read(row)?;
            if columns.seq != end.seq + 1 {
                return Err(AuditProblem::Missing { row: end.seq + 1 });
            }
            if columns.previous != end.hash || columns.hash().as_str() != hash {
                return Err(AuditProblem::Broken { row: columns.seq });
            }
            end = Chain { seq: columns.seq, hash };
        }
    }
}
