//! What each step changes, and the changes of many steps as one statement for each table.
//!
//! The rows of a statement travel as one JSON text. Each statement must change exactly the rows it was given, else none of the
//! batch is committed: that is how a step from a wrong state, or a second answer to a question, is found.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use sqlx::SqliteConnection;

use super::{Allowed, CallRecord, Edit, Question, Settlement, keys};
use crate::audit::{AuditState, Chain, DecidedBy, Note};
use crate::execution::Done;
use crate::id::{ApprovalId, EntryId};
use crate::store::{StoreError, now, stored_time};

/// What the audit says of a question that was answered with other arguments.
const CHANGED: &str = "was changed before it was answered";
/// What it says of a read that is repeated.
const AGAIN: &str = "is being sent again, for the connection broke";

/// Why a step was not taken.
#[derive(Debug)]
pub(super) enum Failure {
    /// The question was not open any more.
    NotPending {
        entry: String,
    },
    /// No transaction could be begun.
    NotBegun(String),
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Store(error)
    }
}

/// One step: what it changes in each table.
#[derive(Debug)]
pub(super) struct Step {
    entry: EntryId,
    settle: Option<SettleRow>,
    advance: Option<AdvanceRow>,
    key: Option<keys::KeyRow>,
    insert: Option<LedgerRow>,
    question: Option<QuestionRow>,
    note: Option<Note>,
    kept: Option<keys::Kept>,
}

#[derive(Debug, Serialize)]
struct SettleRow {
    id: ApprovalId,
    state: &'static str,
    by: &'static str,
    at: String,
}

/// A call that moves on from the state it must be in.
#[derive(Debug, Serialize)]
pub(super) struct AdvanceRow {
    pub(super) entry: EntryId,
    pub(super) was: &'static str,
    pub(super) state: &'static str,
    pub(super) by: &'static str,
    pub(super) reason: Option<String>,
    pub(super) at: String,
}

#[derive(Debug, Serialize)]
struct LedgerRow {
    id: EntryId,
    persona: String,
    session: String,
    server: String,
    tool: String,
    class: &'static str,
    level: u8,
    rule: String,
    by: Option<&'static str>,
    arguments: String,
    state: &'static str,
    reason: Option<String>,
    at: String,
}

#[derive(Debug, Serialize)]
struct QuestionRow {
    id: ApprovalId,
    entry: EntryId,
    persona: String,
    session: String,
    server: String,
    tool: String,
    tool_hash: String,
    arguments: String,
    by_voice: u8,
    asked_at: String,
    expires_at: String,
}

impl Step {
    fn of(call: &CallRecord) -> Self {
        Self {
            entry: call.entry.clone(),
            settle: None,
            advance: None,
            key: None,
            insert: None,
            question: None,
            note: None,
            kept: None,
        }
    }

    /// The call that moves by it.
    pub(super) fn entry(&self) -> &EntryId {
        &self.entry
    }

    pub(super) fn refuse(call: &Arc<CallRecord>) -> Self {
        let (state, by, at) = (AuditState::Denied, DecidedBy::Policy, now());
        Self {
            insert: Some(LedgerRow::new(call, state.as_str(), Some(by), None, stored_time(at))),
            note: Some(Note::new(call, by, state, at)),
            ..Self::of(call)
        }
    }

    pub(super) fn ask(call: &Arc<CallRecord>, question: Question) -> Self {
        let at = stored_time(question.asked_at);
        Self {
            key: keys::KeyRow::new(call, &at),
            insert: Some(LedgerRow::new(call, "proposed", None, None, at)),
            question: Some(QuestionRow::new(call, question)),
            ..Self::of(call)
        }
    }

    pub(super) fn settle(id: ApprovalId, call: &Arc<CallRecord>, settlement: Settlement) -> Self {
        let (state, by, at) = (settlement.state(), settlement.decided_by(), now());
        Self {
            settle: Some(SettleRow { id, state: state.as_str(), by: by.as_str(), at: stored_time(at) }),
            advance: Some(AdvanceRow::new(call, "proposed", state, by, None, stored_time(at))),
            note: Some(Note::new(call, by, state, at)),
            ..Self::of(call)
        }
    }

    pub(super) fn edit(edit: Edit) -> Self {
        let Edit { id, old, by, new, question } = edit;
        let settled = Self::settle(id, &old, Settlement::Denied(by));
        let asked = Self::ask(&new, question);
        Self {
            advance: settled.advance.map(|row| AdvanceRow { reason: Some(CHANGED.to_owned()), ..row }),
            note: settled.note.map(|note| note.saying(CHANGED)),
            key: asked.key,
            insert: asked.insert,
            question: asked.question,
            ..settled
        }
    }

    pub(super) fn dispatch(call: &Arc<CallRecord>, allowed: Allowed) -> Self {
        let at = now();
        let key = match allowed {
            Allowed::ByPolicy | Allowed::ByAnswerToAnother(_) => keys::KeyRow::new(call, &stored_time(at)),
            // It was taken with the question.
            Allowed::ByAnswer(_) => None,
        };
        Self { key, ..Self::begin(call, allowed, AuditState::Dispatching, None) }
    }

    pub(super) fn again(call: &Arc<CallRecord>, by: DecidedBy) -> Self {
        let (state, at) = (AuditState::Dispatching, now());
        Self {
            advance: Some(AdvanceRow::new(call, state.as_str(), state, by, None, stored_time(at))),
            note: Some(Note::new(call, by, state, at).saying(AGAIN)),
            ..Self::of(call)
        }
    }

    pub(super) fn finish(call: &Arc<CallRecord>, by: DecidedBy, done: &Done, took: Duration) -> Self {
        let (state, at) = (done.audit(), now());
        let reason = done.reason().map(ToOwned::to_owned);
        Self {
            advance: Some(AdvanceRow::new(call, "dispatching", state, by, reason, stored_time(at))),
            note: Some(Note::new(call, by, state, at)),
            kept: keys::Kept::new(call, done, took),
            ..Self::of(call)
        }
    }

    pub(super) fn abandon(call: &Arc<CallRecord>, allowed: Allowed, reason: String) -> Self {
        Self::begin(call, allowed, AuditState::Failed, Some(reason))
    }

    /// The first step of a call that was allowed.
    fn begin(call: &Arc<CallRecord>, allowed: Allowed, state: AuditState, reason: Option<String>) -> Self {
        let (by, at) = (allowed.decided_by(), now());
        let stored = stored_time(at);
        let step = Self { note: Some(Note::new(call, by, state, at)), ..Self::of(call) };
        match allowed {
            Allowed::ByPolicy | Allowed::ByAnswerToAnother(_) => {
                Self { insert: Some(LedgerRow::new(call, state.as_str(), Some(by), reason, stored)), ..step }
            }
            Allowed::ByAnswer(_) => {
                Self { advance: Some(AdvanceRow::new(call, "approved", state, by, reason, stored)), ..step }
            }
        }
    }
}

impl AdvanceRow {
    pub(super) fn new(
        call: &CallRecord,
        was: &'static str,
        state: AuditState,
        by: DecidedBy,
        reason: Option<String>,
        at: String,
    ) -> Self {
        Self { entry: call.entry.clone(), was, state: state.as_str(), by: by.as_str(), reason, at }
    }
}

impl LedgerRow {
    fn new(
        call: &CallRecord,
        state: &'static str,
        by: Option<DecidedBy>,
        reason: Option<String>,
        at: String,
    ) -> Self {
        Self {
            id: call.entry.clone(),
            persona: call.persona.clone(),
            session: call.session.clone(),
            server: call.capability.server().to_string(),
            tool: call.capability.tool().to_string(),
            class: call.class.as_str(),
            level: call.level.number(),
            rule: call.rule.clone(),
            by: by.map(DecidedBy::as_str),
            arguments: call.arguments_sha256.to_string(),
            state,
            reason,
            at,
        }
    }
}

impl QuestionRow {
    fn new(call: &CallRecord, question: Question) -> Self {
        Self {
            id: question.id,
            entry: call.entry.clone(),
            persona: call.persona.clone(),
            session: call.session.clone(),
            server: call.capability.server().to_string(),
            tool: call.capability.tool().to_string(),
            tool_hash: call.tool_hash.to_string(),
            arguments: call.arguments_sha256.to_string(),
            by_voice: u8::from(question.by_voice),
            asked_at: stored_time(question.asked_at),
            expires_at: stored_time(question.expires_at),
        }
    }
}

/// Writes steps of different calls, all or none. Returns the audit's new end, which holds once the transaction is committed.
pub(super) async fn apply(
    tx: &mut SqliteConnection,
    steps: &[Step],
    chain: &Chain,
) -> Result<Chain, Failure> {
    // What can find a step not allowed comes first; the questions refer to the calls.
    if !all(tx, SETTLE, &part(steps, |step| step.settle.as_ref())).await? {
        return Err(Failure::NotPending { entry: first(steps) });
    }
    let advances = part(steps, |step| step.advance.as_ref());
    advance(tx, &advances).await?;
    keys::take(tx, &part(steps, |step| step.key.as_ref())).await?;
    for (statement, rows) in [
        (INSERT, json(&part(steps, |step| step.insert.as_ref()))?),
        (QUESTION, json(&part(steps, |step| step.question.as_ref()))?),
    ] {
        if let Some(rows) = rows {
            execute(tx, statement, rows).await?;
        }
    }
    for kept in steps.iter().filter_map(|step| step.kept.as_ref()) {
        kept.write(tx).await?;
    }
    Ok(chain.append(tx, steps.iter().filter_map(|step| step.note.as_ref())).await?)
}

/// Moves calls on, all or none.
pub(super) async fn advance(tx: &mut SqliteConnection, rows: &[&AdvanceRow]) -> Result<(), StoreError> {
    if all(tx, ADVANCE, rows).await? {
        return Ok(());
    }
    Err(match rows.first() {
        Some(row) => StoreError::State { entry: row.entry.to_string(), wanted: row.was },
        None => StoreError::State { entry: String::new(), wanted: "there" },
    })
}

fn part<'a, T>(steps: &'a [Step], of: impl Fn(&'a Step) -> Option<&'a T>) -> Vec<&'a T> {
    steps.iter().filter_map(of).collect()
}

fn first(steps: &[Step]) -> String {
    steps.first().map(|step| step.entry.to_string()).unwrap_or_default()
}

/// Runs a statement for its rows, if there are any; tells whether each of them changed one.
pub(super) async fn all<T: Serialize>(
    tx: &mut SqliteConnection,
    statement: &'static str,
    rows: &[&T],
) -> Result<bool, StoreError> {
    match json(rows)? {
        None => Ok(true),
        Some(text) => Ok(execute(tx, statement, text).await? == rows.len() as u64),
    }
}

fn json<T: Serialize>(rows: &[&T]) -> Result<Option<String>, StoreError> {
    if rows.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(rows)
        .map(Some)
        .map_err(|error| StoreError::Sql(sqlx::Error::Encode(Box::new(error))))
}

async fn execute(
    tx: &mut SqliteConnection,
    statement: &'static str,
    rows: String,
) -> Result<u64, StoreError> {
    Ok(sqlx::query(statement).bind(rows).execute(tx).await?.rows_affected())
}

const SETTLE: &str = "
    UPDATE gateway_approvals SET state = step.state, decided_by = step.by, decided_at = step.at
    FROM (SELECT value ->> 'id' AS id, value ->> 'state' AS state, value ->> 'by' AS by, value ->> 'at' AS at
          FROM json_each(?)) AS step
    WHERE gateway_approvals.id = step.id AND gateway_approvals.state = 'pending'";

const ADVANCE: &str = "
    UPDATE gateway_ledger
    SET state = step.state, decided_by = step.by, reason = step.reason, updated_at = step.at
    FROM (SELECT value ->> 'entry' AS entry, value ->> 'was' AS was, value ->> 'state' AS state,
                 value ->> 'by' AS by, value ->> 'reason' AS reason, value ->> 'at' AS at
          FROM json_each(?)) AS step
    WHERE gateway_ledger.id = step.entry AND gateway_ledger.state = step.was";

const INSERT: &str = "
    INSERT INTO gateway_ledger (id, persona, session, server, tool, class, level, rule, decided_by, arguments_sha256,
                                state, reason, created_at, updated_at)
    SELECT value ->> 'id', value ->> 'persona', value ->> 'session', value ->> 'server', value ->> 'tool',
           value ->> 'class', value ->> 'level', value ->> 'rule', value ->> 'by', value ->> 'arguments',
           value ->> 'state', value ->> 'reason', value ->> 'at', value ->> 'at'
    FROM json_each(?)";

const QUESTION: &str = "
    INSERT INTO gateway_approvals (id, entry, persona, session, server, tool, tool_hash, arguments_sha256, by_voice,
                                   state, asked_at, expires_at)
    SELECT value ->> 'id', value ->> 'entry', value ->> 'persona', value ->> 'session', value ->> 'server',
           value ->> 'tool', value ->> 'tool_hash', value ->> 'arguments', value ->> 'by_voice', 'pending',
           value ->> 'asked_at', value ->> 'expires_at'
    FROM json_each(?)";
