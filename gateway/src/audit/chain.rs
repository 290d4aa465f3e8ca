//! The end of the chain, and what is appended to it.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{AuditState, DecidedBy, verify};
use crate::canonical::Digest;
use crate::ledger::CallRecord;
use crate::store::{StoreError, stored_time};

/// Rows at the end of the chain that are checked before anything is appended.
const CHECKED_AT_OPEN: i64 = 1000;

/// One row to append.
#[derive(Debug)]
pub(crate) struct Note {
    entry: String,
    session: String,
    persona: String,
    server: String,
    tool: String,
    class: &'static str,
    level: i64,
    rule: String,
    arguments_sha256: String,
    decided_by: DecidedBy,
    state: AuditState,
    at: Timestamp,
    /// What happened to the call, where the state alone doesn't say it.
    what: Option<&'static str>,
}

impl Note {
    pub(crate) fn new(call: &CallRecord, decided_by: DecidedBy, state: AuditState, at: Timestamp) -> Self {
        Self {
            entry: call.entry.to_string(),
            session: call.session.clone(),
            persona: call.persona.clone(),
            server: call.capability.server().to_string(),
            tool: call.capability.tool().to_string(),
            class: call.class.as_str(),
            level: i64::from(call.level.number()),
            rule: call.rule.clone(),
            arguments_sha256: call.arguments_sha256.to_string(),
            decided_by,
            state,
            at,
            what: None,
        }
    }

    pub(crate) fn saying(self, what: &'static str) -> Self {
        Self { what: Some(what), ..self }
    }

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
        format!("{}: {} of {} {what}", self.persona, self.tool, self.server)
    }

    fn columns(&self, seq: i64, previous: String) -> Columns {
        Columns {
            seq,
            entry: self.entry.clone(),
            at: stored_time(self.at),
            session: self.session.clone(),
            persona: self.persona.clone(),
            server: self.server.clone(),
            tool: self.tool.clone(),
            class: self.class.to_owned(),
            level: self.level,
            rule: self.rule.clone(),
            decision: self.decision().to_owned(),
            decided_by: self.decided_by.as_str().to_owned(),
            arguments_sha256: self.arguments_sha256.clone(),
            state: self.state.as_str().to_owned(),
            summary: self.summary(),
            previous,
        }
    }
}

/// Where the chain ends: the number and the hash of its last row, 0 and nothing before the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(super) seq: i64,
    pub(super) hash: String,
}

impl Chain {
    /// Reads the end of the chain and checks the rows before it.
    pub(crate) async fn open(database: &mut SqliteConnection) -> Result<Self, StoreError> {
        let end = Self::end(database).await?;
        let from = row(database, end.seq - CHECKED_AT_OPEN).await?.unwrap_or_default();
        match verify::verify_from(database, from).await {
            Ok(_) => {}
            Err(verify::AuditProblem::Store(error)) => return Err(error),
            // Calls go on and are written: a damaged past is no reason to have no record of the present.
            Err(problem) => tracing::error!(%problem, "the audit was damaged"),
        }
        Ok(end)
    }

    async fn end(database: &mut SqliteConnection) -> Result<Self, StoreError> {
        let last = sqlx::query("SELECT seq, hash FROM gateway_audit ORDER BY seq DESC LIMIT 1")
            .fetch_optional(database)
            .await?;
        Ok(last.map(|row| read(&row)).transpose()?.unwrap_or_default())
    }

    /// Appends rows, within the transaction that changes the ledger. Returns the new end, which holds once that is committed.
    pub(crate) async fn append(
        &self,
        tx: &mut SqliteConnection,
        notes: impl IntoIterator<Item = &Note> + Clone,
    ) -> Result<Self, StoreError> {
        if let Some(end) = self.try_append(tx, notes.clone()).await? {
            return Ok(end);
        }
        // Another program has appended, which is fine as long as what this one wrote still stands.
        let stands = self.seq == 0 || row(tx, self.seq).await?.as_ref() == Some(self);
        let appended = if stands { Self::end(tx).await?.try_append(tx, notes).await? } else { None };
        appended.ok_or(StoreError::AuditCut { row: self.seq })
    }

    /// `None` if the chain doesn't end here.
    async fn try_append(
        &self,
        tx: &mut SqliteConnection,
        notes: impl IntoIterator<Item = &Note>,
    ) -> Result<Option<Self>, StoreError> {
        #[derive(Serialize)]
        struct Row {
            #[serde(flatten)]
            columns: Columns,
            hash: String,
        }
        let (mut end, mut rows) = (self.clone(), Vec::new());
        for note in notes {
            let columns = note.columns(end.seq + 1, end.hash);
            let hash = columns.hash().to_string();
            end = Self { seq: columns.seq, hash: hash.clone() };
            rows.push(Row { columns, hash });
        }
        if rows.is_empty() {
            return Ok(Some(end));
        }
        let text = serde_json::to_string(&rows)
            .map_err(|error| StoreError::Sql(sqlx::Error::Encode(Box::new(error))))?;
        let appended = sqlx::query(APPEND)
            .bind(text)
            .bind((self.seq > 0).then_some(&self.hash))
            .execute(tx)
            .await?
            .rows_affected();
        Ok((appended == rows.len() as u64).then_some(end))
    }
}

const APPEND: &str = "
    INSERT INTO gateway_audit (seq, entry, at, session, persona, server, tool, class, level, rule, decision, decided_by,
                               arguments_sha256, state, summary, previous, hash)
    SELECT value ->> 'seq', value ->> 'entry', value ->> 'at', value ->> 'session', value ->> 'persona',
           value ->> 'server', value ->> 'tool', value ->> 'class', value ->> 'level', value ->> 'rule',
           value ->> 'decision', value ->> 'decided_by', value ->> 'arguments_sha256', value ->> 'state',
           value ->> 'summary', value ->> 'previous', value ->> 'hash'
    FROM json_each(?1)
    WHERE (SELECT hash FROM gateway_audit ORDER BY seq DESC LIMIT 1) IS ?2";

/// The row with this number, if there is one.
async fn row(database: &mut SqliteConnection, seq: i64) -> Result<Option<Chain>, StoreError> {
    let found = sqlx::query("SELECT seq, hash FROM gateway_audit WHERE seq = ?")
        .bind(seq)
        .fetch_optional(database)
        .await?;
    found.map(|row| read(&row)).transpose()
}

fn read(row: &SqliteRow) -> Result<Chain, StoreError> {
    Ok(Chain { seq: row.try_get("seq")?, hash: row.try_get("hash")? })
}

/// A row as it is stored, without its hash.
#[derive(Serialize)]
pub(super) struct Columns {
    pub(super) seq: i64,
    pub(super) entry: String,
    pub(super) at: String,
    pub(super) session: String,
    pub(super) persona: String,
    pub(super) server: String,
    pub(super) tool: String,
    pub(super) class: String,
    pub(super) level: i64,
    pub(super) rule: String,
    pub(super) decision: String,
    pub(super) decided_by: String,
    pub(super) arguments_sha256: String,
    pub(super) state: String,
    pub(super) summary: String,
    pub(super) previous: String,
}

impl Columns {
    pub(super) fn hash(&self) -> Digest {
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

    pub(super) fn read(row: &SqliteRow) -> Result<(Self, String), StoreError> {
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
