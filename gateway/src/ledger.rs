//! The ledger: each call's state, on disk before the world can see the step it stands for.
//!
//! `proposed -> approved -> dispatching -> succeeded | failed | unknown`, or `denied`/`expired` instead. `dispatching` is
//! committed before the first byte of a call leaves, so whatever a crash interrupts is found as `dispatching` and becomes
//! `unknown`: reported, never repeated. A step is taken only from the state before it, checked by the rows it changed.

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection};

use crate::approval::ApprovalView;
use crate::audit::{self, AuditState, DecidedBy, Step};
use crate::canonical::Digest;
use crate::capability::Class;
use crate::execution::Call;
use crate::id::{ApprovalId, EntryId};
use crate::name::CapabilityId;
use crate::policy::Level;
use crate::store::{Store, StoreError, now, read_back, read_time, stored_time};

/// A call that the last run of the program had under way when it ended: it may or may not have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The call.
    pub entry: EntryId,
    /// The persona that asked for it.
    pub persona: String,
    /// The session that asked for it.
    pub session: String,
    /// The server.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// When it was sent.
    pub at: Timestamp,
}

/// How a question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settlement {
    Approved(DecidedBy),
    Denied(DecidedBy),
    Expired,
}

impl Settlement {
    fn decided_by(self) -> DecidedBy {
        match self {
            Settlement::Approved(by) | Settlement::Denied(by) => by,
            Settlement::Expired => DecidedBy::Timeout,
        }
    }

    fn state(self) -> AuditState {
        match self {
            Settlement::Approved(_) => AuditState::Approved,
            Settlement::Denied(_) => AuditState::Denied,
            Settlement::Expired => AuditState::Expired,
        }
    }
}

/// What became of an attempt to settle a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// This was the first answer.
    Won,
    /// Somebody had answered.
    TooLate,
    /// It had expired.
    Expired,
    /// There is no such question.
    NotFound,
}

/// What the audit says of a question that was answered with other arguments.
const CHANGED: &str = "was changed before it was answered";

impl Store {
    /// Writes a refusal by the policy.
    pub(crate) async fn refuse(&self, call: &Call) -> Result<(), StoreError> {
        let at = now();
        let mut tx = self.begin().await?;
        insert(&mut tx, call, AuditState::Denied.as_str(), Some(DecidedBy::Policy), at).await?;
        audit::append(
            &mut tx,
            &Step { call, decided_by: DecidedBy::Policy, state: AuditState::Denied, at, what: None },
        )
        .await?;
        Ok(tx.commit().await?)
    }

    /// Writes a question that waits for an answer.
    pub(crate) async fn ask(&self, call: &Call, view: &ApprovalView) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        insert(&mut tx, call, "proposed", None, view.asked_at).await?;
        insert_question(&mut tx, call, view).await?;
        Ok(tx.commit().await?)
    }

    /// Closes a question as denied because it was answered with other arguments, and writes the one about those.
    pub(crate) async fn edit(
        &self,
        id: &ApprovalId,
        old: &Call,
        by: DecidedBy,
        call: &Call,
        view: &ApprovalView,
    ) -> Result<Settled, StoreError> {
        let at = now();
        let mut tx = self.begin().await?;
        if !settle_row(&mut tx, id, AuditState::Denied, by, at).await? {
            drop(tx);
            return self.settled(id).await;
        }
        let state = AuditState::Denied;
        let reason = Some(CHANGED);
        Advance { entry: &old.entry, from: "proposed", to: state, by, reason, at }.write(&mut tx).await?;
        audit::append(&mut tx, &Step { call: old, decided_by: by, state, at, what: Some(CHANGED) }).await?;
        insert(&mut tx, call, "proposed", None, view.asked_at).await?;
        insert_question(&mut tx, call, view).await?;
        tx.commit().await?;
        Ok(Settled::Won)
    }

    /// Settles a question if nobody has: the first writer wins, whoever asks.
    pub(crate) async fn settle(
        &self,
        id: &ApprovalId,
        call: &Call,
        settlement: Settlement,
    ) -> Result<Settled, StoreError> {
        let at = now();
        let (state, by) = (settlement.state(), settlement.decided_by());
        let mut tx = self.begin().await?;
        if !settle_row(&mut tx, id, state, by, at).await? {
            drop(tx);
            return self.settled(id).await;
        }
        Advance { entry: &call.entry, from: "proposed", to: state, by, reason: None, at }
            .write(&mut tx)
            .await?;
        audit::append(&mut tx, &Step { call, decided_by: by, state, at, what: None }).await?;
        tx.commit().await?;
        Ok(Settled::Won)
    }

    /// How a question that isn't pending any more ended.
    pub(crate) async fn settled(&self, id: &ApprovalId) -> Result<Settled, StoreError> {
        let row = sqlx::query("SELECT state FROM gateway_approvals WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(self.reader())
            .await?;
        Ok(match row.map(|row| row.try_get::<String, _>("state")).transpose()?.as_deref() {
            None => Settled::NotFound,
            Some("expired") => Settled::Expired,
            Some(_) => Settled::TooLate,
        })
    }

    /// The last step before a call leaves. On `Ok` it is on disk.
    pub(crate) async fn dispatch(&self, call: &Call, by: DecidedBy, asked: bool) -> Result<(), StoreError> {
        let at = now();
        let state = AuditState::Dispatching;
        let mut tx = self.begin().await?;
        if asked {
            Advance { entry: &call.entry, from: "approved", to: state, by, reason: None, at }
                .write(&mut tx)
                .await?;
        } else {
            insert(&mut tx, call, state.as_str(), Some(by), at).await?;
        }
        audit::append(&mut tx, &Step { call, decided_by: by, state, at, what: None }).await?;
        Ok(tx.commit().await?)
    }

    /// The end of a call that was dispatched.
    pub(crate) async fn finish(
        &self,
        call: &Call,
        by: DecidedBy,
        state: AuditState,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        let at = now();
        let mut tx = self.begin().await?;
        Advance { entry: &call.entry, from: "dispatching", to: state, by, reason, at }.write(&mut tx).await?;
        audit::append(&mut tx, &Step { call, decided_by: by, state, at, what: None }).await?;
        Ok(tx.commit().await?)
    }

    /// The end of a call that was allowed and never dispatched.
    pub(crate) async fn abandon(
        &self,
        call: &Call,
        by: DecidedBy,
        asked: bool,
        reason: &str,
    ) -> Result<(), StoreError> {
        let at = now();
        let state = AuditState::Failed;
        let mut tx = self.begin().await?;
        if asked {
            Advance { entry: &call.entry, from: "approved", to: state, by, reason: Some(reason), at }
                .write(&mut tx)
                .await?;
        } else {
            insert(&mut tx, call, state.as_str(), Some(by), at).await?;
        }
        audit::append(&mut tx, &Step { call, decided_by: by, state, at, what: None }).await?;
        Ok(tx.commit().await?)
    }

    /// Closes what the last run left open. Questions were never answered, approved calls never left; what was being sent may
    /// have happened.
    pub(crate) async fn recover(&self) -> Result<Vec<Recovered>, StoreError> {
        let at = now();
        let mut recovered = Vec::new();
        let mut tx = self.begin().await?;
        let rows = sqlx::query(
            "SELECT * FROM gateway_ledger WHERE state IN ('proposed', 'approved', 'dispatching') ORDER BY created_at",
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in rows {
            let call = read_call(&row)?;
            let was: String = row.try_get("state")?;
            let by = row.try_get::<Option<String>, _>("decided_by")?;
            let by = by.as_deref().map_or(DecidedBy::Disconnect, DecidedBy::from_stored);
            let (from, state, reason) = match was.as_str() {
                "proposed" => ("proposed", AuditState::Denied, "the program ended before anybody answered"),
                "approved" => ("approved", AuditState::Failed, "the program ended before it was sent"),
                _ => ("dispatching", AuditState::Unknown, "the program ended while it was being sent"),
            };
            Advance { entry: &call.entry, from, to: state, by, reason: Some(reason), at }
                .write(&mut tx)
                .await?;
            audit::append(&mut tx, &Step { call: &call, decided_by: by, state, at, what: None }).await?;
            if state == AuditState::Unknown {
                recovered.push(Recovered {
                    entry: call.entry,
                    persona: call.persona,
                    session: call.session,
                    server: call.capability.server().to_string(),
                    tool: call.capability.tool().to_string(),
                    at: read_time(&row.try_get::<String, _>("updated_at")?)?,
                });
            }
        }
        sqlx::query("UPDATE gateway_approvals SET state = 'denied', decided_by = ?, decided_at = ? WHERE state = 'pending'")
            .bind(DecidedBy::Disconnect.as_str())
            .bind(stored_time(at))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(recovered)
    }
}

async fn insert(
    tx: &mut SqliteConnection,
    call: &Call,
    state: &'static str,
    by: Option<DecidedBy>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let at = stored_time(at);
    sqlx::query(
        "INSERT INTO gateway_ledger (id, persona, session, server, tool, class, level, rule, decided_by, arguments_sha256,
         state, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(call.entry.as_str())
    .bind(&call.persona)
    .bind(&call.session)
    .bind(call.capability.server().as_str())
    .bind(call.capability.tool().as_str())
    .bind(call.class.as_str())
    .bind(i64::from(call.level.number()))
    .bind(&call.rule)
    .bind(by.map(DecidedBy::as_str))
    .bind(call.arguments_sha256.as_str())
    .bind(state)
    .bind(&at)
    .bind(&at)
    .execute(tx)
    .await?;
    Ok(())
}

async fn insert_question(
    tx: &mut SqliteConnection,
    call: &Call,
    view: &ApprovalView,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO gateway_approvals (id, entry, persona, session, server, tool, tool_hash, arguments_sha256, by_voice,
         state, asked_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?)",
    )
    .bind(view.id.as_str())
    .bind(call.entry.as_str())
    .bind(&call.persona)
    .bind(&call.session)
    .bind(call.capability.server().as_str())
    .bind(call.capability.tool().as_str())
    .bind(call.tool_hash.as_str())
    .bind(call.arguments_sha256.as_str())
    .bind(view.by_voice)
    .bind(stored_time(view.asked_at))
    .bind(stored_time(view.expires_at))
    .execute(tx)
    .await?;
    Ok(())
}

/// Tells whether this was the first answer.
async fn settle_row(
    tx: &mut SqliteConnection,
    id: &ApprovalId,
    state: AuditState,
    by: DecidedBy,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let changed = sqlx::query(
        "UPDATE gateway_approvals SET state = ?, decided_by = ?, decided_at = ? WHERE id = ? AND state = 'pending'",
    )
    .bind(state.as_str())
    .bind(by.as_str())
    .bind(stored_time(at))
    .bind(id.as_str())
    .execute(tx)
    .await?
    .rows_affected();
    Ok(changed == 1)
}

/// One step of a call from the state it must be in.
struct Advance<'a> {
    entry: &'a EntryId,
    from: &'static str,
    to: AuditState,
    by: DecidedBy,
    reason: Option<&'a str>,
    at: Timestamp,
}

impl Advance<'_> {
    async fn write(self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        let changed = sqlx::query(
            "UPDATE gateway_ledger SET state = ?, decided_by = ?, reason = ?, updated_at = ? WHERE id = ? AND state = ?",
        )
        .bind(self.to.as_str())
        .bind(self.by.as_str())
        .bind(self.reason)
        .bind(stored_time(self.at))
        .bind(self.entry.as_str())
        .bind(self.from)
        .execute(tx)
        .await?
        .rows_affected();
        if changed == 1 {
            Ok(())
        } else {
            Err(StoreError::State { entry: self.entry.to_string(), wanted: self.from })
        }
    }
}

fn read_call(row: &sqlx::sqlite::SqliteRow) -> Result<Call, StoreError> {
    let (server, tool) = (read_back(row.try_get("server")?)?, read_back(row.try_get("tool")?)?);
    Ok(Call {
        entry: read_back(row.try_get("id")?)?,
        persona: row.try_get("persona")?,
        session: row.try_get("session")?,
        capability: CapabilityId::new(server, tool),
        class: Class::from_stored(&row.try_get::<String, _>("class")?),
        level: Level::from_stored(row.try_get("level")?),
        rule: row.try_get("rule")?,
        reason: None,
        _slot: None,
        // Neither is stored: arguments are never written, and the definition no longer matters.
        arguments: serde_json::Map::new(),
        tool_hash: Digest::stored(String::new()),
        arguments_sha256: Digest::stored(row.try_get("arguments_sha256")?),
    })
}
