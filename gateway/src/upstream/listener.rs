//! Hears from one server: changes of its tool list, signs of life of running calls, and, where somebody stands behind the
//! connection, its questions.
#![expect(deprecated, reason = "servers of 2025-11-25 still sample, log and ask for roots")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::ClientHandler;
use rmcp::model::{
    ClientCapabilities, ClientConfig, CreateMessageRequestMethod, CreateMessageRequestParams,
    CreateMessageResult, ElicitRequestParams, ElicitResult, ElicitationAction, ErrorData, Implementation,
    ListRootsRequestMethod, ListRootsResult, LoggingMessageNotificationParam, ProgressNotificationParam,
    ProgressToken, ProtocolVersion, ResourceUpdatedNotificationParam,
};
use rmcp::service::{NotificationContext, RequestContext, RoleClient};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::breaker::Breaker;
use super::call::Called;
use super::upcalls::{ChangedList, Upcalls};

/// The client's ear on one connection. Clones hear the same.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    tools_changed: Arc<Notify>,
    upcalls: Option<Arc<dyn Upcalls>>,
    calls: Arc<RunningCalls>,
}

impl Listener {
    /// `tools_changed` is told when the server says that its tool list changed.
    pub(crate) fn new(tools_changed: Arc<Notify>) -> Self {
        Self { tools_changed, upcalls: None, calls: Arc::default() }
    }

    /// Gives the server's questions somebody to answer them.
    pub(crate) fn with_upcalls(mut self, upcalls: Arc<dyn Upcalls>) -> Self {
        self.upcalls = Some(upcalls);
        self
    }

    /// Returns when so many calls have failed that the server should be left alone, and for how long.
    pub(crate) async fn too_many_failures(&self) -> Duration {
        loop {
            self.calls.opened.notified().await;
            if let Some(rest) = self.calls.lock(&self.calls.rest).take() {
                return rest;
            }
        }
    }

    pub(super) fn calls(&self) -> &Arc<RunningCalls> {
        &self.calls
    }
}

/// The calls under way on one connection, by the progress token that the server knows them by.
#[derive(Debug, Default)]
pub(crate) struct RunningCalls {
    watched: Mutex<HashMap<ProgressToken, Watched>>,
    /// Questions of the server that somebody is answering. A call that waits for a person is not a dead one.
    asking: AtomicUsize,
    breaker: Mutex<Breaker>,
    /// How long to leave the server alone, until somebody does.
    rest: Mutex<Option<Duration>>,
    opened: Notify,
}

#[derive(Clone, Debug)]
struct Watched {
    life: Arc<Notify>,
    callers_token: Option<ProgressToken>,
    ear: Option<Arc<dyn Upcalls>>,
}

impl RunningCalls {
    /// Watches a call until the guard is dropped.
    pub(super) fn watch(
        self: &Arc<Self>,
        token: ProgressToken,
        callers_token: Option<ProgressToken>,
        ear: Option<Arc<dyn Upcalls>>,
    ) -> CallWatch {
        let life = Arc::new(Notify::new());
        let watched = Watched { life: life.clone(), callers_token, ear };
        self.watched().insert(token.clone(), watched);
        CallWatch { calls: self.clone(), token, life }
    }

    /// Whether a question of the server is being answered.
    pub(super) fn asking(&self) -> bool {
        self.asking.load(Ordering::Relaxed) > 0
    }

    /// Notes how a call ended.
    pub(super) fn ended(&self, called: &Called) {
        let mut breaker = self.lock(&self.breaker);
        let rest = match called {
            Called::Answered { .. }
            | Called::Asks { .. }
            | Called::InputRequired(_)
            | Called::Refused { .. } => {
                breaker.answered();
                None
            }
            Called::NotSent { .. } | Called::Broken { .. } | Called::Unknown { .. } => {
                breaker.failed(Instant::now())
            }
        };
        if rest.is_some() {
            *self.lock(&self.rest) = rest;
            self.opened.notify_one();
        }
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<ProgressToken, Watched>> {
        self.lock(&self.watched)
    }

    /// What is behind the locks is changed in single steps, so a panic can't leave it half-changed.
    fn lock<'a, T>(&self, lock: &'a Mutex<T>) -> MutexGuard<'a, T> {
        lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self) -> Asking<'_> {
        self.asking.fetch_add(1, Ordering::Relaxed);
        Asking(self)
    }
}

struct Asking<'a>(&'a RunningCalls);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.asking.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One call that is being watched.
#[derive(Debug)]
pub(super) struct CallWatch {
    calls: Arc<RunningCalls>,
    token: ProgressToken,
    life: Arc<Notify>,
}

impl CallWatch {
    /// Returns when the server has reported progress since the last time.
    pub(super) async fn sign_of_life(&self) {
        self.life.notified().await;
    }
}

impl Drop for CallWatch {
    fn drop(&mut self) {
        self.calls.watched().remove(&self.token);
    }
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        let capabilities =
            self.upcalls.as_ref().map_or_else(ClientCapabilities::default, |upcalls| upcalls.capabilities());
        // The handshake can't name a version that has none; newer servers are found by discovery before.
        ClientConfig::new(capabilities, Implementation::new("homepilot", env!("CARGO_PKG_VERSION")))
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let Some(upcalls) = &self.upcalls else { return Ok(ElicitResult::new(ElicitationAction::Decline)) };
        let _asking = self.calls.ask();
        upcalls.elicit(params, context.ct).await
    }

    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        context: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let Some(upcalls) = &self.upcalls else {
            return Err(ErrorData::method_not_found::<CreateMessageRequestMethod>());
        };
        let _asking = self.calls.ask();
        upcalls.sample(params, context.ct).await
    }

    async fn list_roots(&self, context: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        let Some(upcalls) = &self.upcalls else {
            return Err(ErrorData::method_not_found::<ListRootsRequestMethod>());
        };
        let _asking = self.calls.ask();
        upcalls.roots(context.ct).await
    }

    async fn on_progress(
        &self,
        mut params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        let watched = self.calls.watched().get(&params.progress_token).cloned();
        let Some(watched) = watched else { return };
        watched.life.notify_one();
        let ear = watched.ear.as_ref().or(self.upcalls.as_ref());
        if let (Some(token), Some(upcalls)) = (watched.callers_token, ear) {
            params.progress_token = token;
            upcalls.progress(params).await;
        }
    }

    async fn on_logging_message(
        &self,
        params: LoggingMessageNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        if let Some(upcalls) = &self.upcalls {
            upcalls.log(params).await;
        }
    }

    async fn on_resource_updated(
        &self,
        params: ResourceUpdatedNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        if let Some(upcalls) = &self.upcalls {
            upcalls.resource_updated(params).await;
        }
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.tools_changed.notify_one();
        self.changed(ChangedList::Tools).await;
    }

    async fn on_prompt_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.changed(ChangedList::Prompts).await;
    }

    async fn on_resource_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.changed(ChangedList::Resources).await;
    }
}

impl Listener {
    async fn changed(&self, list: ChangedList) {
        if let Some(upcalls) = &self.upcalls {
            upcalls.list_changed(list).await;
        }
    }
}
