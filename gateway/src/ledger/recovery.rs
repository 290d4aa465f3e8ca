//! What a crash left open, closed before anything else is written.

use sqlx::{Row, SqliteConnection};

use super::batch::{AdvanceRow, advance};
use super::{CallRecord, Recovered};
use crate::audit::{AuditState, Chain, DecidedBy, Note};
use crate::canonical::Digest;
use crate::capability::Class;
use crate::name::CapabilityId;
use crate::policy::Level;
use crate::store::{StoreError, now, read_back, read_time, stored_time};

pub(super) async fn recover(
    tx: &mut SqliteConnection,
    chain: &Chain,
) -> Result<(Chain, Vec<Recovered>), StoreError> {
    let at = now();
    let rows = sqlx::query(
        "SELECT * FROM gateway_ledger WHERE state IN ('proposed', 'approved', 'dispatching') ORDER BY created_at",
    )
    .fetch_all(&mut *tx)
    .await?;
    let (mut steps, mut notes, mut recovered) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let call = read_call(&row)?;
        let was: String = row.try_get("state")?;
        let by = row.try_get::<Option<String>, _>("decided_by")?;
        let by = by.as_deref().map_or(DecidedBy::Disconnect, DecidedBy::from_stored);
        let (was, state, reason) = match was.as_str() {
            "proposed" => ("proposed", AuditState::Denied, "the program ended before anybody answered"),
            "approved" => ("approved", AuditState::Failed, "the program ended before it was sent"),
            _ => ("dispatching", AuditState::Unknown, "the program ended while it was being sent"),
        };
        steps.push(AdvanceRow::new(&call, was, state, by, Some(reason.to_owned()), stored_time(at)));
        notes.push(Note::new(&call, by, state, at));
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
    advance(tx, &steps.iter().collect::<Vec<_>>()).await?;
    let chain = chain.append(tx, &notes).await?;
    sqlx::query("UPDATE gateway_approvals SET state = 'denied', decided_by = ?, decided_at = ? WHERE state = 'pending'")
        .bind(DecidedBy::Disconnect.as_str())
        .bind(stored_time(at))
        .execute(tx)
        .await?;
    Ok((chain, recovered))
}

fn read_call(row: &sqlx::sqlite::SqliteRow) -> Result<CallRecord, StoreError> {
    let (server, tool) = (read_back(row.try_get("server")?)?, read_back(row.try_get("tool")?)?);
    Ok(CallRecord {
        entry: read_back(row.try_get("id")?)?,
        persona: row.try_get("persona")?,
        session: row.try_get("session")?,
        capability: CapabilityId::new(server, tool),
        class: Class::from_stored(&row.try_get::<String, _>("class")?),
        level: Level::from_stored(row.try_get("level")?),
        rule: row.try_get("rule")?,
        // Not in the ledger, and of no more use to a call that ends here.
        tool_hash: Digest::stored(String::new()),
        key: None,
        arguments_sha256: Digest::stored(row.try_get("arguments_sha256")?),
    })
}
