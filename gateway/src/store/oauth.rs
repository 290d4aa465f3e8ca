//! What signing in to servers brought. Rows hold secrets: nothing here formats one.

use secrecy::{ExposeSecret, SecretString};
use sqlx::Row;
use sqlx::sqlite::SqlitePool;

use super::{Store, StoreError, now, stored_time};

/// The client that an authorization server knows us as.
#[derive(Clone)]
pub(crate) struct RegisteredClient {
    pub(crate) issuer: Option<String>,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<SecretString>,
    pub(crate) redirect_uri: String,
}

/// The rows of `gateway_oauth`.
#[derive(Clone)]
pub(crate) struct SignIns {
    writer: SqlitePool,
    reader: SqlitePool,
}

impl Store {
    pub(crate) fn sign_ins(&self) -> SignIns {
        SignIns { writer: self.writer.clone(), reader: self.reader.clone() }
    }
}

impl SignIns {
    pub(crate) async fn client(&self, server_id: &str) -> Result<Option<RegisteredClient>, StoreError> {
        let row = sqlx::query(
            "SELECT issuer, client_id, client_secret, redirect_uri FROM gateway_oauth
             WHERE server_id = ? AND client_id IS NOT NULL AND redirect_uri IS NOT NULL",
        )
        .bind(server_id)
        .fetch_optional(&self.reader)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(RegisteredClient {
            issuer: row.try_get("issuer")?,
            client_id: row.try_get("client_id")?,
            client_secret: row.try_get::<Option<String>, _>("client_secret")?.map(SecretString::from),
            redirect_uri: row.try_get("redirect_uri")?,
        }))
    }

    /// Keeps a client in place of the one before. Fails for a server that is gone.
    pub(crate) async fn put_client(
        &self,
        server_id: &str,
        client: &RegisteredClient,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO gateway_oauth (server_id, issuer, client_id, client_secret, redirect_uri, updated_at)
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (server_id) DO UPDATE SET issuer = excluded.issuer,
             client_id = excluded.client_id, client_secret = excluded.client_secret,
             redirect_uri = excluded.redirect_uri, updated_at = excluded.updated_at",
        )
        .bind(server_id)
        .bind(&client.issuer)
        .bind(&client.client_id)
        .bind(client.client_secret.as_ref().map(|secret| secret.expose_secret()))
        .bind(&client.redirect_uri)
        .bind(stored_time(now()))
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub(crate) async fn credentials(&self, server_id: &str) -> Result<Option<SecretString>, StoreError> {
        let row = sqlx::query("SELECT credentials FROM gateway_oauth WHERE server_id = ?")
            .bind(server_id)
            .fetch_optional(&self.reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(row.try_get::<Option<String>, _>("credentials")?.map(SecretString::from))
    }

    /// Keeps tokens in place of those before; none forgets them. Fails for a server that is gone.
    pub(crate) async fn put_credentials(
        &self,
        server_id: &str,
        credentials: Option<&SecretString>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO gateway_oauth (server_id, credentials, updated_at) VALUES (?, ?, ?)
             ON CONFLICT (server_id) DO UPDATE SET credentials = excluded.credentials, updated_at = excluded.updated_at",
        )
        .bind(server_id)
        .bind(credentials.map(|credentials| credentials.expose_secret()))
        .bind(stored_time(now()))
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}
