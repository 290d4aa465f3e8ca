//! Devices and what they may do, as the database has them.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, ToSpan as _};
use sqlx::{Row as _, sqlite::SqlitePool, sqlite::SqliteRow};

/// What a device may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Talk to personas. What they ask is answered by somebody who may approve.
    Talk,
    /// Answer their questions, and call tools through `/mcp`.
    Approve,
    /// Register, change and remove servers.
    Register,
    /// Everything, rules, the journal and the devices among it.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Scope; 4] = [Scope::Talk, Scope::Approve, Scope::Register, Scope::Admin];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Talk => "talk",
            Scope::Approve => "approve",
            Scope::Register => "register",
            Scope::Admin => "admin",
        }
    }
}

/// Several of them, written with commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// All.
    pub fn all() -> Self {
        Self(Scope::ALL.to_vec())
    }

    /// Whether this one is among them; who may do everything may do this.
    pub fn allow(&self, wanted: Scope) -> bool {
        self.0.contains(&wanted) || self.0.contains(&Scope::Admin)
    }

    /// Their names.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|scope| scope.name()).collect()
    }
}

impl Default for Scopes {
    /// To talk, and to answer what is asked.
    fn default() -> Self {
        Self(vec![Scope::Talk, Scope::Approve])
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.names().join(","))
    }
}

/// A word that is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no scope: they are talk, approve, register and admin, several with commas between them")]
pub struct NoScope(String);

impl FromStr for Scopes {
    type Err = NoScope;

    fn from_str(text: &str) -> Result<Self, NoScope> {
        let one = |word: &str| {
            let known = Scope::ALL.into_iter().find(|scope| scope.name() == word.trim());
            known.ok_or_else(|| NoScope(word.trim().to_owned()))
        };
        let mut scopes = text.split(',').map(one).collect::<Result<Vec<_>, _>>()?;
        scopes.sort_unstable();
        scopes.dedup();
        Ok(Self(scopes))
    }
}

/// A device that was paired.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// Unique.
    pub id: String,
    /// What it was called when it was paired.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was paired.
    pub paired_at: Timestamp,
    /// When it was last seen, to the hour.
    pub last_seen_at: Timestamp,
}

impl Device {
    pub(super) fn new(name: &str, scopes: Scopes) -> Self {
        let id = uuid::Uuid::now_v7().simple().to_string();
        let now = Timestamp::now();
        Self { id, name: name.to_owned(), scopes, paired_at: now, last_seen_at: now }
    }
}

pub(super) async fn add(pool: &SqlitePool, device: &Device, token: &[u8]) -> Result<(), sqlx::Error> {
    let query = "INSERT INTO devices (id, name, scopes, token_sha256, paired_at, last_seen_at) VALUES (?, ?, ?, ?, ?, ?)";
    let insert = sqlx::query(query).bind(&device.id).bind(&device.name).bind(device.scopes.to_string());
    let insert = insert.bind(token).bind(device.paired_at.to_string()).bind(device.last_seen_at.to_string());
    insert.execute(pool).await.map(drop)
}

pub(super) async fn list(pool: &SqlitePool) -> Result<Vec<Device>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM devices ORDER BY paired_at").fetch_all(pool).await?;
    rows.iter().map(device).collect()
}

pub(super) async fn remove(pool: &SqlitePool, id: &str) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query("DELETE FROM devices WHERE id = ?").bind(id).execute(pool).await?;
    Ok(removed.rows_affected() > 0)
}

/// The device with this token, which is thereby seen.
pub(super) async fn find(pool: &SqlitePool, token: &[u8]) -> Result<Option<Device>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM devices WHERE token_sha256 = ?").bind(token);
    let Some(row) = row.fetch_optional(pool).await? else { return Ok(None) };
    let found = device(&row)?;
    let now = Timestamp::now();
    if found.last_seen_at.checked_add(1.hour()).is_ok_and(|next| next < now) {
        let seen = sqlx::query("UPDATE devices SET last_seen_at = ? WHERE id = ?").bind(now.to_string());
        seen.bind(&found.id).execute(pool).await?;
    }
    Ok(Some(found))
}

fn device(row: &SqliteRow) -> Result<Device, sqlx::Error> {
    fn read<T: FromStr>(row: &SqliteRow, column: &str) -> Result<T, sqlx::Error>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        let text: &str = row.try_get(column)?;
        let odd = |problem| sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(problem) };
        text.parse().map_err(odd)
    }
    Ok(Device {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        scopes: read(row, "scopes")?,
        paired_at: read(row, "paired_at")?,
        last_seen_at: read(row, "last_seen_at")?,
    })
}
