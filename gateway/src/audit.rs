//! The audit: an append-only, hash-chained record of every decision and every execution.
//!
//! Each row's hash covers the row before, so a changed or missing row breaks the chain from there on. Cutting rows off the
//! end can't be seen from the file alone: compare [`AuditVerified::head`] with one noted earlier. Arguments are never in it,
//! only their SHA-256, and a summary is made of names alone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use thiserror::Error;

use crate::canonical::Digest;
use crate::capability::Class;
use crate::execution::Call;
use crate::gateway::Gateway;
use crate::id::EntryId;
use crate::policy::Level;
use crate::store::{Store, StoreError, read_back, read_time, stored_time};

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
    /// A row is not what was written, or one before it is missing.
    #[error("audit row {row} does not fit the row before it: it or its predecessor was changed or removed")]
    Broken {
        /// Number of the first row that does not fit.
        row: i64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One row to append.
pub(crate) struct Step<'a> {
    pub(crate) call: &'a Call,
    pub(crate) decided_by: DecidedBy,
    pub(crate) state: AuditState,
    pub(crate) at: Timestamp,
    /// What happened to the call, where the state alone doesn't say it.
    pub(crate) what: Option<&'static str>,
}

impl Step<'_> {
    fn decision(&self) -> &'static str {
        match self.state {
            AuditState::Denied | AuditState::Expired => "denied",
            AuditState::Approved
            | AuditState::Dispatching
            | AuditState::Succeeded
            | AuditState::Failed
            | AuditState::Unknown => "approved",
        }
    }

    fn summary(&self) -> String {
        let Call { persona, capability, .. } = self.call;
        let (server, tool) = (capability.server(), capability.tool());
        let by_state = match (self.state, self.decided_by) {
            (AuditState::Denied, DecidedBy::Policy) => "was refused by the policy",
            (AuditState::Denied, DecidedBy::Disconnect) => "was withdrawn before anybody answered",
            (AuditState::Denied, _) => "was refused",
            (AuditState::Expired, _) => "was not answered in time",
            (AuditState::Approved, DecidedBy::Policy) => "was allowed by the policy",
            (AuditState::Approved, _) => "was approved",
            (AuditState::Dispatching, _) => "is being sent",
            (AuditState::Succeeded, _) => "was done",
            (AuditState::Failed, _) => "failed",
            (AuditState::Unknown, _) => "may or may not have happened",
        };
        let what = self.what.unwrap_or(by_state);
        format!("{persona}: {tool} of {server} {what}")
    }
}

/// Appends a row, within the transaction that changes the ledger.
pub(crate) async fn append(tx: &mut SqliteConnection, step: &Step<'_>) -> Result<(), StoreError> {
    let last = sqlx::query("SELECT seq, hash FROM gateway_audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut *tx)
        .await?;
    let (seq, previous) = match last {
        Some(row) => (row.try_get::<i64, _>("seq")? + 1, row.try_get("hash")?),
        None => (1, String::new()),
    };
    let call = step.call;
    let row = Columns {
        seq,
        entry: call.entry.to_string(),
        at: stored_time(step.at),
        session: call.session.clone(),
        persona: call.persona.clone(),
        server: call.capability.server().to_string(),
        tool: call.capability.tool().to_string(),
        class: call.class.as_str().to_owned(),
        level: i64::from(call.level.number()),
        rule: call.rule.clone(),
        decision: step.decision().to_owned(),
        decided_by: step.decided_by.as_str().to_owned(),
        arguments_sha256: call.arguments_sha256.to_string(),
        state: step.state.as_str().to_owned(),
        summary: step.summary(),
        previous,
    };
    let hash = row.hash();
    sqlx::query(
        "INSERT INTO gateway_audit (seq, entry, at, session, persona, server, tool, class, level, rule, decision, decided_by,
         arguments_sha256, state, summary, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(row.seq)
    .bind(row.entry)
    .bind(row.at)
    .bind(row.session)
    .bind(row.persona)
    .bind(row.server)
    .bind(row.tool)
    .bind(row.class)
    .bind(row.level)
    .bind(row.rule)
    .bind(row.decision)
    .bind(row.decided_by)
    .bind(row.arguments_sha256)
    .bind(row.state)
    .bind(row.summary)
    .bind(row.previous)
    .bind(hash.as_str())
    .execute(&mut *tx)
    .await?;
    Ok(())
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
        self.shared().store.verify_audit().await
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

    async fn verify_audit(&self) -> Result<AuditVerified, AuditProblem> {
        const PAGE: i64 = 1000;
        let (mut rows, mut head) = (0_i64, String::new());
        loop {
            let page = sqlx::query("SELECT * FROM gateway_audit WHERE seq > ? ORDER BY seq LIMIT ?")
                .bind(rows)
                .bind(PAGE)
                .fetch_all(self.reader())
                .await
                .map_err(StoreError::from)?;
            for row in &page {
                let (columns, hash) = Columns::read(row)?;
                let fits =
                    columns.seq == rows + 1 && columns.previous == head && columns.hash().as_str() == hash;
                if !fits {
                    return Err(AuditProblem::Broken { row: columns.seq });
                }
                rows = columns.seq;
                head = hash;
            }
            if page.is_empty() {
                return Ok(AuditVerified { rows: rows.unsigned_abs(), head });
            }
        }
    }
}

struct Columns {
    seq: i64,
    entry: String,
    at: String,
    session: String,
    persona: String,
    server: String,
    tool: String,
    class: String,
    level: i64,
    rule: String,
    decision: String,
    decided_by: String,
    arguments_sha256: String,
    state: String,
    summary: String,
    previous: String,
}

impl Columns {
    fn hash(&self) -> Digest {
        Digest::of(&[
            &self.previous,
            &self.seq.to_string(),
            &self.entry,
            &self.at,
            &self.session,
            &self.persona,
            &self.server,
            &self.tool,
            &self.class,
            &self.level.to_string(),
            &self.rule,
            &self.decision,
            &self.decided_by,
            &self.arguments_sha256,
            &self.state,
            &self.summary,
        ])
    }

    fn read(row: &SqliteRow) -> Result<(Self, String), StoreError> {
        let columns = Self {
            seq: row.try_get("seq")?,
            entry: row.try_get("entry")?,
            at: row.try_get("at")?,
            session: row.try_get("session")?,
            persona: row.try_get("persona")?,
            server: row.try_get("server")?,
            tool: row.try_get("tool")?,
            class: row.try_get("class")?,
            level: row.try_get("level")?,
            rule: row.try_get("rule")?,
            decision: row.try_get("decision")?,
            decided_by: row.try_get("decided_by")?,
            arguments_sha256: row.try_get("arguments_sha256")?,
            state: row.try_get("state")?,
            summary: row.try_get("summary")?,
            previous: row.try_get("previous")?,
        };
        Ok((columns, row.try_get("hash")?))
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
