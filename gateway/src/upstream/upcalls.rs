//! What a server may ask or tell back while it is connected, and who hears it.
//!
//! A connection that everybody shares has nobody to ask, so it declares no such capability; a federated session's own
//! connection has that session's client behind it.
#![expect(deprecated, reason = "servers of 2025-11-25 still sample, log and ask for roots")]

use std::fmt;

use async_trait::async_trait;
use rmcp::model::{
    ClientCapabilities, CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams, ElicitResult,
    ErrorData, ListRootsResult, LoggingMessageNotificationParam, ProgressNotificationParam,
    ResourceUpdatedNotificationParam,
};
use tokio_util::sync::CancellationToken;

/// Which list of a server has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ChangedList {
    Tools,
    Prompts,
    Resources,
}

/// The party behind a connection that answers a server's requests and hears its notifications. The token of a request is
/// cancelled when the server takes it back or the connection ends.
#[async_trait]
pub(crate) trait Upcalls: fmt::Debug + Send + Sync {
    /// What is declared to the server in the handshake.
    fn capabilities(&self) -> ClientCapabilities;

    async fn elicit(
        &self,
        params: ElicitRequestParams,
        taken_back: CancellationToken,
    ) -> Result<ElicitResult, ErrorData>;

    async fn sample(
        &self,
        params: CreateMessageRequestParams,
        taken_back: CancellationToken,
    ) -> Result<CreateMessageResult, ErrorData>;

    async fn roots(&self, taken_back: CancellationToken) -> Result<ListRootsResult, ErrorData>;

    async fn log(&self, params: LoggingMessageNotificationParam);

    /// Progress of a call that was made with a progress token in its [`Leg`](super::Leg); the token is that one.
    async fn progress(&self, params: ProgressNotificationParam);

    async fn resource_updated(&self, params: ResourceUpdatedNotificationParam);

    async fn list_changed(&self, list: ChangedList);
}
