//! Rows of policy rules and of pins.

use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, read_back, stored_time};
use crate::canonical::Digest;
use crate::capability::Class;
use crate::name::{ServerName, ToolName};
use crate::policy::{Boundaries, Level, RuleRow, YesBy};

/// What the operator said a tool does, for the definition it had then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pin {
    pub(crate) server: ServerName,
    pub(crate) tool: ToolName,
    pub(crate) class: Class,
    pub(crate) tool_hash: Digest,
}

impl Store {
    pub(crate) async fn rules(&self) -> Result<Vec<RuleRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT persona, server, action, level, boundaries, approve FROM gateway_rules
             ORDER BY server, persona, action",
        )
        .fetch_all(self.reader())
        .await?;
        rows.iter()
            .map(|row| {
                let persona: String = row.try_get("persona")?;
                let action: String = row.try_get("action")?;
                let (level, boundaries) =
                    bounded(Level::from_stored(row.try_get("level")?), row.try_get("boundaries")?);
                Ok(RuleRow {
                    persona: Some(persona).filter(|persona| !persona.is_empty()),
                    server: read_back(row.try_get("server")?)?,
                    action: if action.is_empty() { None } else { Some(read_back(action)?) },
                    level,
                    boundaries,
                    approve: row.try_get::<Option<String>, _>("approve")?.as_deref().map(YesBy::from_stored),
                })
            })
            .collect()
    }

    pub(crate) async fn pins(&self) -> Result<Vec<Pin>, StoreError> {
        let rows =
            sqlx::query("SELECT server, tool, class, tool_hash FROM gateway_pins ORDER BY server, tool")
                .fetch_all(self.reader())
                .await?;
        rows.iter()
            .map(|row| {
                Ok(Pin {
                    server: read_back(row.try_get("server")?)?,
                    tool: read_back(row.try_get("tool")?)?,
                    class: Class::from_stored(&row.try_get::<String, _>("class")?),
                    tool_hash: Digest::stored(row.try_get("tool_hash")?),
                })
            })
            .collect()
    }

    pub(crate) async fn put_rules(
        &self,
        rules: &[RuleRow],
        pins: &[Pin],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for rule in rules {
            sqlx::query(
                "INSERT INTO gateway_rules (persona, server, action, level, boundaries, approve, set_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (persona, server, action) DO UPDATE SET level = excluded.level,
                 boundaries = excluded.boundaries, approve = excluded.approve, set_at = excluded.set_at",
            )
            .bind(rule.persona.as_deref().unwrap_or_default())
            .bind(rule.server.as_str())
            .bind(rule.action.as_ref().map(ToolName::as_str).unwrap_or_default())
            .bind(i64::from(rule.level.number()))
            .bind(rule.boundaries.as_ref().map(sqlx::types::Json))
            .bind(rule.approve.map(YesBy::as_str))
            .bind(stored_time(at))
            .execute(&mut *tx)
            .await?;
        }
        for pin in pins {
            sqlx::query(
                "INSERT INTO gateway_pins (server, tool, class, tool_hash, set_at) VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT (server, tool) DO UPDATE SET class = excluded.class, tool_hash = excluded.tool_hash,
                 set_at = excluded.set_at",
            )
            .bind(pin.server.as_str())
            .bind(pin.tool.as_str())
            .bind(pin.class.as_str())
            .bind(pin.tool_hash.as_str())
            .bind(stored_time(at))
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Removes one rule, or all of a server and persona, and the pins that no level 0 rule carries any more. Tells whether
    /// there was anything to remove.
    pub(crate) async fn delete_rules(
        &self,
        server: &str,
        persona: Option<&str>,
        action: Option<&str>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let removed = sqlx::query(
            "DELETE FROM gateway_rules WHERE server = ?1 AND persona = ?2 AND (?3 IS NULL OR action = ?3)",
        )
        .bind(server)
        .bind(persona.unwrap_or_default())
        .bind(action)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        sqlx::query(
            "DELETE FROM gateway_pins WHERE server = ? AND NOT EXISTS (SELECT 1 FROM gateway_rules AS rule
             WHERE rule.server = gateway_pins.server AND rule.action = gateway_pins.tool AND rule.level = 0)",
        )
        .bind(server)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(removed > 0)
    }
}

/// A rule's level with its boundaries. Where they can't be read any more, every call is asked about.
fn bounded(level: Level, stored: Option<String>) -> (Level, Option<Boundaries>) {
    let Some(text) = stored else { return (level, None) };
    let written = serde_json::from_str(&text).ok();
    match written.and_then(|written| Boundaries::read(&written).ok().flatten()) {
        Some(boundaries) => (level, Some(boundaries)),
        None => (level.min(Level::Confirm), None),
    }
}
