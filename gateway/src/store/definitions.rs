//! Rows of tool definitions as they were approved, and of the changes that keep some in quarantine.

use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, read_back, read_time, stored_time};
use crate::canonical::Digest;
use crate::name::{ServerName, ToolName};
use crate::quarantine::Definition;

/// What is remembered of a tool, without the definition's text.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    pub(crate) server: ServerName,
    pub(crate) tool: ToolName,
    pub(crate) approved: Digest,
    /// The definition that was offered instead, and since when.
    pub(crate) changed: Option<(Digest, Timestamp)>,
}

/// Who approved a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApprovedBy {
    /// Nobody had seen the tool before.
    FirstUse,
    /// A person looked at the change.
    Operator,
    /// A built-in server changes with the program itself.
    Builtin,
}

impl ApprovedBy {
    fn as_str(self) -> &'static str {
        match self {
            ApprovedBy::FirstUse => "first_use",
            ApprovedBy::Operator => "operator",
            ApprovedBy::Builtin => "builtin",
        }
    }
}

/// A change to what is remembered of one tool.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// From here on this definition holds, and pins for another one end.
    Approve { tool: ToolName, definition: Definition, hash: Digest, by: ApprovedBy },
    /// Another definition is offered.
    Hold { tool: ToolName, hash: Digest },
    /// The approved definition is offered again.
    Lift { tool: ToolName },
}

impl Store {
    pub(crate) async fn definitions(&self) -> Result<Vec<Remembered>, StoreError> {
        let rows = sqlx::query(
            "SELECT server, tool, approved_hash, changed_hash, changed_at FROM gateway_definitions",
        )
        .fetch_all(self.reader())
        .await?;
        rows.iter()
            .map(|row| {
                let hash: Option<String> = row.try_get("changed_hash")?;
                let at: Option<String> = row.try_get("changed_at")?;
                Ok(Remembered {
                    server: read_back(row.try_get("server")?)?,
                    tool: read_back(row.try_get("tool")?)?,
                    approved: Digest::stored(row.try_get("approved_hash")?),
                    changed: match hash.zip(at) {
                        Some((hash, at)) => Some((Digest::stored(hash), read_time(&at)?)),
                        None => None,
                    },
                })
            })
            .collect()
    }

    /// The approved definition of a tool; none if it can't be read any more.
    pub(crate) async fn approved_definition(
        &self,
        server: &ServerName,
        tool: &ToolName,
    ) -> Result<Option<Definition>, StoreError> {
        let row = sqlx::query("SELECT approved FROM gateway_definitions WHERE server = ? AND tool = ?")
            .bind(server.as_str())
            .bind(tool.as_str())
            .fetch_optional(self.reader())
            .await?;
        let text: Option<String> = row.map(|row| row.try_get("approved")).transpose()?;
        Ok(text.as_deref().and_then(Definition::from_text))
    }

    /// Takes all steps or none.
    pub(crate) async fn take_steps(
        &self,
        server: &ServerName,
        steps: &[Step],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let at = stored_time(at);
        let mut tx = self.begin().await?;
        for step in steps {
            match step {
                Step::Approve { tool, definition, hash, by } => {
                    sqlx::query(
                        "INSERT INTO gateway_definitions (server, tool, approved, approved_hash, approved_by, approved_at)
                         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (server, tool) DO UPDATE SET approved = excluded.approved,
                         approved_hash = excluded.approved_hash, approved_by = excluded.approved_by,
                         approved_at = excluded.approved_at, changed_hash = NULL, changed_at = NULL",
                    )
                    .bind(server.as_str())
                    .bind(tool.as_str())
                    .bind(definition.text())
                    .bind(hash.as_str())
                    .bind(by.as_str())
                    .bind(&at)
                    .execute(&mut *tx)
                    .await?;
                    // A pin that was set for this definition while hashes covered less goes on to hold.
                    sqlx::query("UPDATE gateway_pins SET tool_hash = ? WHERE server = ? AND tool = ? AND tool_hash = ?")
                        .bind(hash.as_str())
                        .bind(server.as_str())
                        .bind(tool.as_str())
                        .bind(definition.narrow_hash().as_str())
                        .execute(&mut *tx)
                        .await?;
                    sqlx::query("DELETE FROM gateway_pins WHERE server = ? AND tool = ? AND tool_hash <> ?")
                        .bind(server.as_str())
                        .bind(tool.as_str())
                        .bind(hash.as_str())
                        .execute(&mut *tx)
                        .await?;
                }
                Step::Hold { tool, hash } => {
                    // "Since" is when it left the approved definition, not when it changed again.
                    sqlx::query(
                        "UPDATE gateway_definitions SET changed_hash = ?, changed_at = coalesce(changed_at, ?)
                         WHERE server = ? AND tool = ?",
                    )
                    .bind(hash.as_str())
                    .bind(&at)
                    .bind(server.as_str())
                    .bind(tool.as_str())
                    .execute(&mut *tx)
                    .await?;
                }
                Step::Lift { tool } => {
                    sqlx::query(
                        "UPDATE gateway_definitions SET changed_hash = NULL, changed_at = NULL WHERE server = ? AND tool = ?",
                    )
                    .bind(server.as_str())
                    .bind(tool.as_str())
                    .execute(&mut *tx)
                    .await?;
                }
            }
        }
        tx.commit().await?;
        Ok(())
    }
}
