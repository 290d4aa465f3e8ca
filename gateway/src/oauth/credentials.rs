//! The tokens of one server: in memory after the first look, and in the database with every change.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use rmcp::transport::auth::{AuthError, CredentialStore, StoredCredentials};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::store::{SignIns, StoreError};

/// A token is renewed when less than this is left of it, or half of its life if that is less. Seconds.
const RENEW_BEFORE: u64 = 30;

/// Where the tokens of one server are.
#[derive(Clone)]
pub(super) struct Credentials {
    server_id: Arc<str>,
    rows: SignIns,
    /// None until the database was read.
    known: Arc<RwLock<Option<Option<StoredCredentials>>>>,
}

/// What is needed of tokens to use them.
pub(super) struct Token {
    pub(super) access: SecretString,
    pub(super) renewable: bool,
    /// Seconds since 1970 from which it is to be renewed.
    renew_at: Option<u64>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

impl Credentials {
    pub(super) fn new(server_id: &str, rows: SignIns) -> Self {
        Self { server_id: server_id.into(), rows, known: Arc::default() }
    }

    /// The token, fresh or not.
    pub(super) async fn token(&self) -> Result<Option<Token>, AuthError> {
        Ok(self.load().await?.as_ref().and_then(Token::read))
    }

    /// What may be asked for without asking for anything new.
    pub(super) fn granted(&self) -> Vec<String> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .as_ref()
            .and_then(Option::as_ref)
            .map(|stored| stored.granted_scopes.clone())
            .unwrap_or_default()
    }

    async fn put(&self, credentials: Option<StoredCredentials>) -> Result<(), AuthError> {
        let text = credentials.as_ref().map(serde_json::to_string).transpose();
        let text = text.map_err(|_| unreadable())?.map(SecretString::from);
        self.rows.put_credentials(&self.server_id, text.as_ref()).await.map_err(|error| failed(&error))?;
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(credentials);
        Ok(())
    }
}

#[async_trait]
impl CredentialStore for Credentials {
    async fn load(&self) -> Result<Option<StoredCredentials>, AuthError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let text = self.rows.credentials(&self.server_id).await.map_err(|error| failed(&error))?;
        let read = text.map(|text| serde_json::from_str(text.expose_secret())).transpose();
        let read: Option<StoredCredentials> = read.map_err(|_| unreadable())?;
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(read.clone());
        Ok(read)
    }

    async fn save(&self, credentials: StoredCredentials) -> Result<(), AuthError> {
        self.put(Some(credentials)).await
    }

    async fn clear(&self) -> Result<(), AuthError> {
        self.put(None).await
    }
}

impl Token {
    fn read(stored: &StoredCredentials) -> Option<Self> {
        /// The members of a token answer (RFC 6749, section 5.1) that matter here.
        #[derive(Deserialize)]
        struct Answer {
            access_token: String,
            refresh_token: Option<String>,
            expires_in: Option<u64>,
        }
        let answer = serde_json::to_value(stored.token_response.as_ref()?).ok()?;
        let Answer { access_token, refresh_token, expires_in } = serde_json::from_value(answer).ok()?;
        let renew_at = expires_in.zip(stored.token_received_at).map(|(life, received)| {
            received.saturating_add(life.saturating_sub(RENEW_BEFORE.min(life / 2).max(1)))
        });
        Some(Self { access: access_token.into(), renewable: refresh_token.is_some(), renew_at })
    }

    pub(super) fn is_fresh(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.renew_at.is_none_or(|at| now < at)
    }
}

pub(super) fn failed(error: &StoreError) -> AuthError {
    AuthError::CredentialStoreError(error.to_string())
}

fn unreadable() -> AuthError {
    AuthError::CredentialStoreError("what is stored can't be read".to_owned())
}
