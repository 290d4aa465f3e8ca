//! The sessions of 2025-11-25 clients: at most so many, and none for ever.
//!
//! Clients that end without saying so leave their sessions behind, so when the house is full the one that was silent longest
//! makes room.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::Stream;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_server::session::local::{LocalSessionManager, SessionConfig};
use rmcp::transport::streamable_http_server::session::{ServerSseMessage, SessionId, SessionManager};
use tokio::time::Instant;

const MAX: usize = 200;
const IDLE: Duration = Duration::from_secs(30 * 60);

pub(crate) struct Sessions {
    inner: LocalSessionManager,
    /// When each was heard of last.
    heard: Mutex<HashMap<SessionId, Instant>>,
}

impl Default for Sessions {
    fn default() -> Self {
        let mut config = SessionConfig::default();
        config.keep_alive = Some(IDLE);
        let mut inner = LocalSessionManager::default();
        inner.session_config = config;
        Self { inner, heard: Mutex::default() }
    }
}

type Failure = <LocalSessionManager as SessionManager>::Error;

impl Sessions {
    fn heard(&self) -> MutexGuard<'_, HashMap<SessionId, Instant>> {
        // Single inserts and removals can't leave the map half-changed.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, id: &SessionId) {
        if let Some(last) = self.heard().get_mut(id) {
            *last = Instant::now();
        }
    }

    /// The one to close, when there is no room for another.
    fn longest_silent(&self) -> Option<SessionId> {
        let heard = self.heard();
        if heard.len() < MAX {
            return None;
        }
        heard.iter().min_by_key(|(_, last)| **last).map(|(id, _)| Arc::clone(id))
    }
}

impl SessionManager for Sessions {
    type Error = Failure;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Failure> {
        while let Some(silent) = self.longest_silent() {
            tracing::info!("the longest silent session makes room for a new one");
            self.close_session(&silent).await?;
        }
        let (id, transport) = self.inner.create_session().await?;
        self.heard().insert(id.clone(), Instant::now());
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Failure> {
        self.inner.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Failure> {
        self.inner.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Failure> {
        self.heard().remove(id);
        self.inner.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Failure> {
        self.note(id);
        self.inner.create_stream(id, message).await
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Failure> {
        self.note(id);
        self.inner.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Failure> {
        self.note(id);
        self.inner.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Failure> {
        self.note(id);
        self.inner.resume(id, last_event_id).await
    }
}
