//! The MCP server itself: which method goes where. One of these stands for each session, and for each request that has none.
#![expect(deprecated, reason = "2025-11-25 has log levels and resource subscriptions")]

use std::sync::{Arc, Mutex, PoisonError};

use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, ErrorData,
    GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, LoggingLevel, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig, SetLevelRequestParams,
    SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams,
};
use rmcp::service::{NotificationContext, Peer, RequestContext, RoleServer, SubscriptionContext};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::client::Client;
use super::lists::Follower;
use super::own::{Own, OwnByServer};
use super::pass::Passing;
use super::upcalls::Behind;
use super::{Hub, call, delegated, prompts, resources, tools, watch};
use crate::name::ServerName;

const INSTRUCTIONS: &str = "Every tool of every server that is registered with HomePilot, as server__tool. \
    Some calls wait for a person's yes; a refusal says why.";

type Answer<T> = Result<T, ErrorData>;
type Context = RequestContext<RoleServer>;

/// What a session keeps between its requests; a request without a session leaves it empty.
#[derive(Debug)]
pub(super) struct Session {
    own: OwnByServer,
    level: Mutex<Option<LoggingLevel>>,
    /// Ends what runs for the session besides its requests.
    ended: CancellationToken,
    _end: DropGuard,
}

impl Session {
    fn new() -> Self {
        let ended = CancellationToken::new();
        let _end = ended.clone().drop_guard();
        Self { own: OwnByServer::default(), level: Mutex::default(), ended, _end }
    }

    fn level(&self) -> Option<LoggingLevel> {
        *self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wants_logs(&self) -> bool {
        self.level().is_some()
    }

    /// The session's connection to a server, with its client behind it.
    pub(super) async fn own(&self, hub: &Hub, client: &Client, server: &ServerName) -> Option<Arc<Own>> {
        let own = self.own.get(hub, server, || Behind::session(client)).await?;
        if let Some(level) = self.level() {
            own.log_from(level).await;
        }
        Some(own)
    }
}

/// The server.
#[derive(Debug)]
pub(crate) struct Federation {
    hub: Arc<Hub>,
    session: Session,
}

impl Federation {
    pub(super) fn new(hub: Arc<Hub>) -> Self {
        Self { hub, session: Session::new() }
    }

    /// Tells a session of changed lists until it ends.
    fn follow_lists(&self, peer: Peer<RoleServer>) {
        let (hub, ended) = (Arc::downgrade(&self.hub), self.session.ended.clone());
        let stop = self.hub.gateway.shared().stop.clone();
        let mut follower = Follower::new(&self.hub.gateway);
        self.hub.gateway.shared().tasks.spawn(async move {
            loop {
                let Some(hub) = hub.upgrade() else { return };
                let changed = tokio::select! {
                    () = ended.cancelled() => return,
                    () = stop.cancelled() => return,
                    changed = follower.next(&hub.gateway) => changed,
                };
                let Some(changed) = changed else { return };
                // A session that can't be told is one that ends.
                if changed.tools && peer.notify_tool_list_changed().await.is_err() {
                    return;
                }
                if changed.prompts && peer.notify_prompt_list_changed().await.is_err() {
                    return;
                }
                if changed.resources && peer.notify_resource_list_changed().await.is_err() {
                    return;
                }
            }
        });
    }
}

impl ServerHandler for Federation {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_logging()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_tools()
            .enable_tool_list_changed()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(
                Implementation::new("homepilot", env!("CARGO_PKG_VERSION")).with_title("HomePilot"),
            )
            .with_instructions(INSTRUCTIONS)
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.follow_lists(context.peer);
    }

    async fn on_roots_list_changed(&self, _context: NotificationContext<RoleServer>) {
        for own in self.session.own.all() {
            if let Some(peer) = own.connection.peer() {
                // A server that can't be told is away, and asks anew when it is back.
                let _ = peer.notify_roots_list_changed().await;
            }
        }
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::find(&self.hub.gateway, name)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Answer<ListToolsResult> {
        match delegated::of(&self.hub, &Client::of(&context))? {
            Some(delegation) => delegated::list(&self.hub.gateway, &delegation, request.as_ref()),
            None => tools::list(&self.hub.gateway, request.as_ref()),
        }
    }

    async fn call_tool(&self, request: CallToolRequestParams, context: Context) -> Answer<CallToolResponse> {
        let client = &Client::of(&context);
        match delegated::of(&self.hub, client)? {
            Some(delegation) => delegated::call(&self.hub, client, &delegation, request).await,
            None => call::call(&self.hub, &self.session, client, request).await,
        }
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Answer<ListPromptsResult> {
        prompts::list(&self.hub, request.as_ref()).await
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: Context,
    ) -> Answer<GetPromptResponse> {
        let client = &Client::of(&context);
        prompts::get(&self.hub, Passing { hub: &self.hub, session: &self.session, client }, request).await
    }

    async fn complete(&self, request: CompleteRequestParams, context: Context) -> Answer<CompleteResult> {
        prompts::complete(&self.hub, &Client::of(&context), request).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Answer<ListResourcesResult> {
        resources::list(&self.hub, request.as_ref()).await
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Answer<ListResourceTemplatesResult> {
        resources::templates(&self.hub, request.as_ref()).await
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: Context,
    ) -> Answer<ReadResourceResponse> {
        let client = &Client::of(&context);
        resources::read(&self.hub, Passing { hub: &self.hub, session: &self.session, client }, request).await
    }

    async fn set_level(&self, request: SetLevelRequestParams, _context: Context) -> Answer<()> {
        *self.session.level.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.level);
        for own in self.session.own.all() {
            own.log_from(request.level).await;
        }
        Ok(())
    }

    async fn subscribe(&self, request: SubscribeRequestParams, context: Context) -> Answer<()> {
        watch::subscribe(&self.hub, &self.session, &Client::of(&context), &request.uri).await
    }

    async fn unsubscribe(&self, request: UnsubscribeRequestParams, context: Context) -> Answer<()> {
        watch::unsubscribe(&self.hub, &self.session, &Client::of(&context), &request.uri).await
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Answer<()> {
        watch::listen(&self.hub, context).await
    }
}
