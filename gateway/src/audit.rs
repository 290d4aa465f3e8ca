//! The audit: an append-only, hash-chained record of every decision and every execution.
//!
//! Each row's hash covers the row before, so a changed or missing row breaks the chain from there on. Cutting rows off the
//! end can't be seen from the file alone: compare [`AuditVerified::head`] with one noted earlier; the running program, which
//! knows the end it wrote, refuses to go on from another. Arguments are never in it, only their SHA-256, and a summary is made
//! of names alone.

mod chain;
mod verify;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;

use crate::capability::Class;
use crate::gateway::Gateway;
use crate::id::EntryId;
use crate::policy::Level;
use crate::store::{Store, StoreError, read_back, read_time, stored_time};

use chain::Columns;
pub(crate) use chain::{Chain, Note};
pub use verify::{AuditProblem, AuditVerified, verify_audit};

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;

/// How far a call had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditState {
    /// Refused by the policy or a person; nothing was sent.
    Denied,
    /// Nobody answered in time; nothing was sent.
    Expired,
    /// Allowed by the policy or a person.
    Approved,
    /// About to be sent, or sent and not yet answered.
    Dispatching,
    /// The server said it is done.
    Succeeded,
    /// The server said it failed, or it was provably not sent.
    Failed,
    /// It may or may not have happened.
    Unknown,
}

impl AuditState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            AuditState::Denied => "denied",
            AuditState::Expired => "expired",
            AuditState::Approved => "approved",
            AuditState::Dispatching => "dispatching",
            AuditState::Succeeded => "succeeded",
            AuditState::Failed => "failed",
            AuditState::Unknown => "unknown",
        }
    }

    fn from_stored(text: &str) -> Self {
        match text {
            "denied" => AuditState::Denied,
            "expired" => AuditState::Expired,
            "approved" => AuditState::Approved,
            "dispatching" => AuditState::Dispatching,
            "succeeded" => AuditState::Succeeded,
            "failed" => AuditState::Failed,
            _ => AuditState::Unknown,
        }
    }
}

/// Who or what decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// A rule, without asking.
    Policy,
    /// A spoken answer.
    Voice,
    /// An answer on the page.
    Screen,
    /// An answer through the API.
    Api,
    /// An answer by the MCP client that made the call.
    Mcp,
    /// Nobody: the time ran out.
    Timeout,
    /// Nobody: the session went away.
    Disconnect,
}

impl DecidedBy {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            DecidedBy::Policy => "policy",
            DecidedBy::Voice => "voice",
            DecidedBy::Screen => "screen",
            DecidedBy::Api => "api",
            DecidedBy::Mcp => "mcp",
            DecidedBy::Timeout => "timeout",
            DecidedBy::Disconnect => "disconnect",
        }
    }

    pub(crate) fn from_stored(text: &str) -> Self {
        match text {
            "policy" => DecidedBy::Policy,
            "voice" => DecidedBy::Voice,
            "screen" => DecidedBy::Screen,
            "api" => DecidedBy::Api,
            "mcp" => DecidedBy::Mcp,
            "timeout" => DecidedBy::Timeout,
            _ => DecidedBy::Disconnect,
        }
    }
}

/// What to look for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditQuery {
    /// Rows at or after this time.
    pub since: Option<Timestamp>,
    /// Rows of this persona.
    pub persona: Option<String>,
    /// Rows of this server.
    pub server: Option<String>,
    /// At most so many rows; 100 if not given, never more than 1,000.
    pub limit: Option<u32>,
    /// Every step of a call, instead of only its latest.
    pub every_step: bool,
}

/// One row, as `GET /v1/agentic/audit` shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditEntry {
    /// The call it belongs to.
    pub id: EntryId,
    /// When.
    pub at: Timestamp,
    /// The session that asked.
    pub session: String,
    /// The persona that asked.
    pub persona: String,
    /// The server.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// The class it had then.
    pub class: Class,
    /// The level that held then.
    pub level: Level,
    /// The rule that decided.
    pub rule: String,
    /// `approved` or `denied`.
    pub decision: String,
    /// Who decided.
    pub decided_by: DecidedBy,
    /// SHA-256 of the canonical arguments.
    pub arguments_sha256: String,
    /// How far it had come.
    pub state: AuditState,
    /// One sentence for people.
    pub summary: String,
}

impl Gateway {
    /// What was decided and done, newest first; one row for each call unless every step is asked for.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn audit(&self, query: AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        self.shared().store.audit(&query).await
    }

    /// Recomputes the whole chain.
    ///
    /// # Errors
    /// Names the first row that does not fit.
    pub async fn verify_audit(&self) -> Result<AuditVerified, AuditProblem> {
        verify::verify(self.shared().store.reader()).await
    }
}

impl Store {
    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM gateway_audit AS row WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR persona = ?2)
             AND (?3 IS NULL OR server = ?3)
             AND (?4 OR NOT EXISTS (SELECT 1 FROM gateway_audit AS later WHERE later.entry = row.entry AND later.seq > row.seq))
             ORDER BY seq DESC LIMIT ?5",
        )
        .bind(query.since.map(stored_time))
        .bind(&query.persona)
        .bind(&query.server)
        .bind(query.every_step)
        .bind(i64::from(query.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT)))
        .fetch_all(self.reader())
        .await?;
        rows.iter().map(entry).collect()
    }
}

fn entry(row: &SqliteRow) -> Result<AuditEntry, StoreError> {
    let (columns, _) = Columns::read(row)?;
    Ok(AuditEntry {
        id: read_back(columns.entry)?,
        at: read_time(&columns.at)?,
        session: columns.session,
        persona: columns.persona,
        server: columns.server,
        tool: columns.tool,
        class: Class::from_stored(&columns.class),
        level: Level::from_stored(columns.level),
        rule: columns.rule,
        decision: columns.decision,
        decided_by: DecidedBy::from_stored(&columns.decided_by),
        arguments_sha256: columns.arguments_sha256,
        state: AuditState::from_stored(&columns.state),
        summary: columns.summary,
    })
}
