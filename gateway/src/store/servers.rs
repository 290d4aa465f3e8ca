//! Rows of registered servers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, read_back, read_time, stored_time};
use crate::address::Address;
use crate::endpoint::{Endpoint, Program};
use crate::name::ServerName;
use crate::oauth::OAuthSettings;
use crate::registry::{Kind, Origin, TransportChoice};

/// A registered server as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct ServerRecord {
    pub(crate) id: String,
    pub(crate) name: ServerName,
    pub(crate) endpoint: Endpoint,
    pub(crate) description: String,
    pub(crate) category: Option<String>,
    pub(crate) headers: BTreeMap<String, SecretString>,
    pub(crate) transport: TransportChoice,
    pub(crate) origin: Origin,
    pub(crate) kind: Kind,
    pub(crate) trusted: bool,
    pub(crate) allow_private: bool,
    pub(crate) enabled: bool,
    pub(crate) registered_at: Timestamp,
    pub(crate) oauth: Option<OAuthSettings>,
}

impl Store {
    pub(crate) async fn servers(&self) -> Result<Vec<ServerRecord>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM gateway_servers ORDER BY name").fetch_all(self.reader()).await?;
        rows.iter().map(record).collect()
    }

    /// Inserts the server, or replaces the row of that name.
    pub(crate) async fn put_server(&self, server: &ServerRecord) -> Result<(), StoreError> {
        let headers: BTreeMap<&str, &str> =
            server.headers.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
        let oauth = server.oauth.as_ref().map(OAuthSettings::to_stored).transpose();
        let oauth = oauth.map_err(|error| StoreError::Sql(sqlx::Error::Encode(Box::new(error))))?;
        let program = match &server.endpoint {
            Endpoint::Program(program) => Some(program.to_json()),
            Endpoint::Url(_) => None,
        };
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO gateway_servers (name, id, url, program, description, category, headers, transport, origin, trusted,
             allow_private, enabled, registered_at, oauth, kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (name) DO UPDATE SET url = excluded.url, program = excluded.program, description = excluded.description,
             category = excluded.category, headers = excluded.headers, transport = excluded.transport,
             origin = excluded.origin, trusted = excluded.trusted, allow_private = excluded.allow_private,
             enabled = excluded.enabled, oauth = excluded.oauth, kind = excluded.kind",
        )
        .bind(server.name.as_str())
        .bind(&server.id)
        .bind(server.endpoint.address().map_or("", Address::written))
        .bind(program)
        .bind(&server.description)
        .bind(&server.category)
        .bind(sqlx::types::Json(headers))
        .bind(server.transport.as_str())
        .bind(server.origin.as_str())
        .bind(server.trusted)
        .bind(server.allow_private)
        .bind(server.enabled)
        .bind(stored_time(server.registered_at))
        .bind(oauth)
        .bind(server.kind.as_str())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets the server; its rules and pins stay.
    pub(crate) async fn forget_server(&self, name: &ServerName) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let forget = sqlx::query("DELETE FROM gateway_servers WHERE name = ?").bind(name.as_str());
        forget.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets the server with its rules and pins: a later server of that name starts without them.
    pub(crate) async fn delete_server(&self, name: &ServerName) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for statement in [
            "DELETE FROM gateway_servers WHERE name = ?",
            "DELETE FROM gateway_rules WHERE server = ?",
            "DELETE FROM gateway_pins WHERE server = ?",
        ] {
            sqlx::query(statement).bind(name.as_str()).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

fn record(row: &SqliteRow) -> Result<ServerRecord, StoreError> {
    let headers: sqlx::types::Json<BTreeMap<String, String>> = row.try_get("headers")?;
    let allow_private = row.try_get("allow_private")?;
    let url: String = row.try_get("url")?;
    let program: Option<String> = row.try_get("program")?;
    let damaged =
        |error: Box<dyn std::error::Error + Send + Sync>| StoreError::Sql(sqlx::Error::Decode(error));
    let endpoint = match program {
        Some(program) => {
            Program::from_json(&program).map(Endpoint::Program).map_err(|error| damaged(error.into()))
        }
        None => Address::parse(&url, allow_private).map(Endpoint::Url).map_err(|error| damaged(error.into())),
    }?;
    let oauth: Option<String> = row.try_get("oauth")?;
    let oauth = oauth.as_deref().map(OAuthSettings::from_stored).transpose();
    Ok(ServerRecord {
        id: row.try_get("id")?,
        name: read_back(row.try_get("name")?)?,
        endpoint,
        description: row.try_get("description")?,
        category: row.try_get("category")?,
        headers: headers.0.into_iter().map(|(name, value)| (name, value.into())).collect(),
        transport: TransportChoice::from_stored(&row.try_get::<String, _>("transport")?),
        origin: Origin::from_stored(&row.try_get::<String, _>("origin")?),
        kind: Kind::from_stored(&row.try_get::<String, _>("kind")?),
        trusted: row.try_get("trusted")?,
        allow_private,
        enabled: row.try_get("enabled")?,
        registered_at: read_time(&row.try_get::<String, _>("registered_at")?)?,
        oauth: oauth.map_err(|error| StoreError::Sql(sqlx::Error::Decode(Box::new(error))))?,
    })
}
