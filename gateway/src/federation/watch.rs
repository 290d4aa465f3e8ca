//! Subscriptions: to resources in a session, and to resources and lists by `subscriptions/listen`.
#![expect(deprecated, reason = "servers of 2025-11-25 are subscribed to by resources/subscribe")]

use std::collections::BTreeMap;
use std::sync::Arc;

use rmcp::model::{
    ErrorData, ServerNotification, SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
};
use rmcp::service::{ServiceError, SubscriptionContext};
use tokio::sync::mpsc;

use super::Hub;
use super::client::Client;
use super::lists::Follower;
use super::own::Own;
use super::resources::owner;
use super::server::Session;
use super::upcalls::Behind;
use crate::upstream::{Upcalls, Wish};

/// Updates that may wait for one slow client.
const WAITING: usize = 64;

/// Subscribes a session to a resource, over its own connection to the server that has it.
pub(super) async fn subscribe(
    hub: &Hub,
    session: &Session,
    client: &Client,
    uri: &str,
) -> Result<(), ErrorData> {
    let (server, there) = owner(hub, uri).await?;
    let Some(own) = session.own(hub, client, &server).await else {
        return Err(ErrorData::internal_error(format!("{server} can't be used right now"), None));
    };
    own.watch(hub, vec![there]).await
}

pub(super) async fn unsubscribe(
    hub: &Hub,
    session: &Session,
    client: &Client,
    uri: &str,
) -> Result<(), ErrorData> {
    let (server, there) = owner(hub, uri).await?;
    let Some(own) = session.own(hub, client, &server).await else { return Ok(()) };
    own.unwatch(&there).await
}

/// Serves one `subscriptions/listen` until its client goes away.
pub(super) async fn listen(hub: &Arc<Hub>, context: SubscriptionContext) -> Result<(), ErrorData> {
    let accepted = context.accepted().clone();
    let (updated, mut updates) = mpsc::channel(WAITING);
    let client = Client::of(context.request_context());
    let _watching =
        watch(hub, &client, accepted.resource_subscriptions.clone().unwrap_or_default(), updated).await;
    let (mut follower, stop) = (Follower::new(&hub.gateway), hub.gateway.shared().stop.clone());
    let wants = |wanted: Option<bool>| wanted == Some(true);
    let sink = context.sink();
    loop {
        let told = tokio::select! {
            () = context.cancelled() => return Ok(()),
            () = stop.cancelled() => return Ok(()),
            Some(uri) = updates.recv() => sink.notify_resource_updated(uri).await,
            changed = follower.next(&hub.gateway) => {
                let Some(changed) = changed else { return Ok(()) };
                let mut told = Ok(());
                if changed.tools && wants(accepted.tools_list_changed) {
                    told = sink.notify_tool_list_changed().await;
                }
                if changed.prompts && wants(accepted.prompts_list_changed) && told.is_ok() {
                    told = sink.notify_prompt_list_changed().await;
                }
                if changed.resources && wants(accepted.resources_list_changed) && told.is_ok() {
                    told = sink.notify_resource_list_changed().await;
                }
                told
            }
        };
        if told.is_err() {
            return Ok(());
        }
    }
}

/// Watches resources, each at the server that has it, until what is returned is dropped.
async fn watch(
    hub: &Arc<Hub>,
    client: &Client,
    uris: Vec<String>,
    updated: mpsc::Sender<String>,
) -> Vec<Arc<Own>> {
    let mut by_server = BTreeMap::<_, Vec<String>>::new();
    for uri in uris {
        // What nobody has can't change.
        if let Ok((server, there)) = owner(hub, &uri).await {
            by_server.entry(server).or_default().push(there);
        }
    }
    let mut watching = Vec::new();
    for (server, uris) in by_server {
        let Some(own) = hub.open(&server, Behind::watcher(client, updated.clone()), Wish::Newest).await
        else {
            continue;
        };
        if own.watch(hub, uris).await.is_ok() {
            watching.push(own);
        }
    }
    watching
}

impl Own {
    /// Has the server say when these resources change.
    async fn watch(&self, hub: &Hub, uris: Vec<String>) -> Result<(), ErrorData> {
        let refused = |error: ServiceError| match error {
            ServiceError::McpError(error) => error,
            _ => ErrorData::internal_error("the server behind this did not answer", None),
        };
        let Some(peer) = self.connection.peer() else { return Ok(()) };
        if self.connection.has_initialize() {
            for uri in uris {
                peer.subscribe(SubscribeRequestParams::new(uri)).await.map_err(refused)?;
            }
            return Ok(());
        }
        let filter = SubscriptionFilter::builder().resource_subscriptions(uris.clone()).build();
        let mut subscription = peer.listen(filter).await.map_err(refused)?;
        let end = self.watching(uris);
        let (behind, stop) = (self.behind.clone(), hub.gateway.shared().stop.clone());
        hub.gateway.shared().tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = end.cancelled() => return,
                    () = stop.cancelled() => return,
                    heard = subscription.next() => match heard {
                        Ok(Some(ServerNotification::ResourceUpdatedNotification(heard))) => {
                            behind.resource_updated(heard.params).await;
                        }
                        Ok(Some(_)) => {}
                        Ok(None) | Err(_) => return,
                    },
                }
            }
        });
        Ok(())
    }

    async fn unwatch(&self, uri: &str) -> Result<(), ErrorData> {
        if self.connection.has_initialize()
            && let Some(peer) = self.connection.peer()
        {
            // A server that is away has forgotten it anyway.
            let _ = peer.unsubscribe(UnsubscribeRequestParams::new(uri)).await;
        }
        if let Some(end) = self.forget(uri) {
            end.cancel();
        }
        Ok(())
    }
}
