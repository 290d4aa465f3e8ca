//! Who a request came from: its era, what it can be asked, and how to reach it while the request is under way.

use std::fmt;

use rmcp::model::{
    ClientCapabilities, ClientResult, ErrorData, GetExtensions, ProgressNotificationParam, ProtocolVersion,
    RequestId, RequestMetaObject, ServerRequest,
};
use rmcp::service::{
    OriginatingRequestId, Peer, PeerRequestOptions, RequestContext, RoleServer, ServiceError,
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::canonical::Digest;
use crate::delegation;
use crate::plain_text;

const SESSION_HEADER: &str = "mcp-session-id";

/// How a client is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    /// 2025-11-25: it has a session, and takes requests of ours in the middle of its own.
    Sessions,
    /// 2026-07-28: it is asked by a result, and answers by calling again.
    Stateless,
}

impl Era {
    pub(super) fn of(version: Option<&ProtocolVersion>) -> Self {
        if version.is_none_or(ProtocolVersion::has_initialize) { Era::Sessions } else { Era::Stateless }
    }
}

/// What a request gives as its delegation. It is a secret: neither shown nor passed on.
#[derive(Clone)]
pub(super) struct Presented(Value);

impl Presented {
    pub(super) fn text(&self) -> Option<&str> {
        self.0.as_str()
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presented")
    }
}

/// The client behind one request.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) era: Era,
    pub(super) capabilities: ClientCapabilities,
    /// Its name for itself, cleaned.
    pub(super) name: String,
    /// What journal and audit call its session.
    pub(super) session: String,
    /// What came with the request, without a delegation.
    pub(super) meta: RequestMetaObject,
    pub(super) delegation: Option<Presented>,
    pub(super) peer: Peer<RoleServer>,
    pub(super) request: RequestId,
    /// Cancelled when nobody waits for the answer any more.
    pub(super) gone: CancellationToken,
}

impl Client {
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Self {
        let headers = context.extensions.get::<axum::http::request::Parts>().map(|parts| &parts.headers);
        let session = headers
            .and_then(|headers| headers.get(SESSION_HEADER))
            // The id lets its holder into the session, so what is written down is a digest.
            .map(|id| {
                format!("mcp-{}", &Digest::of(&[&String::from_utf8_lossy(id.as_bytes())]).as_str()[..12])
            });
        let name =
            context.client_info().map(|client| plain_text::description(&client.name)).unwrap_or_default();
        let mut meta = context.meta.clone();
        Self {
            era: Era::of(context.protocol_version().as_ref()),
            capabilities: context.client_capabilities().unwrap_or_default(),
            name: if name.is_empty() { "An MCP client".to_owned() } else { name },
            session: session.unwrap_or_else(|| "mcp".to_owned()),
            delegation: meta.remove(delegation::META_KEY).map(Presented),
            meta,
            peer: context.peer.clone(),
            request: context.id.clone(),
            gone: context.ct.clone(),
        }
    }

    /// Whether it can show its user a form.
    pub(super) fn shows_forms(&self) -> bool {
        // An empty declaration means forms.
        self.capabilities.elicitation.as_ref().is_some_and(|can| can.form.is_some() || can.url.is_none())
    }

    /// Whether a server could ask it anything.
    pub(super) fn can_be_asked(&self) -> bool {
        let can = &self.capabilities;
        can.elicitation.is_some() || can.sampling.is_some() || can.roots.is_some()
    }

    /// What of its capabilities is declared to the servers behind us.
    pub(super) fn declared(&self) -> ClientCapabilities {
        declared(&self.capabilities)
    }

    /// Sends it a request that belongs to the one it has under way.
    pub(super) async fn ask(
        &self,
        request: ServerRequest,
        taken_back: &CancellationToken,
    ) -> Result<ClientResult, ErrorData> {
        ask(&self.peer, Some(&self.request), request, taken_back).await
    }

    /// Tells it that its request is alive, if it asked to be told.
    pub(super) async fn sign_of_life(&self, count: u32, message: &str) {
        let Some(token) = self.meta.get_progress_token() else { return };
        let params = ProgressNotificationParam::new(token, f64::from(count)).with_message(message.to_owned());
        // A client that is gone is noticed by its token.
        let _ = self.peer.notify_progress(params).await;
    }
}

/// What of a client's capabilities is declared to the servers behind us.
pub(super) fn declared(client: &ClientCapabilities) -> ClientCapabilities {
    let mut declared = ClientCapabilities::default();
    declared.elicitation = client.elicitation.clone();
    declared.sampling = client.sampling.clone();
    declared.roots = client.roots.clone();
    declared
}

/// Sends a client of the era of sessions a request, on the stream of one of its own where it has one under way.
pub(super) async fn ask(
    peer: &Peer<RoleServer>,
    during: Option<&RequestId>,
    mut request: ServerRequest,
    taken_back: &CancellationToken,
) -> Result<ClientResult, ErrorData> {
    if let Some(during) = during {
        request.extensions_mut().insert(OriginatingRequestId(during.clone()));
    }
    let lost = |error: ServiceError| match error {
        ServiceError::McpError(error) => error,
        other => ErrorData::internal_error(format!("the client could not be asked: {other}"), None),
    };
    let mut handle =
        peer.send_cancellable_request(request, PeerRequestOptions::no_options()).await.map_err(lost)?;
    tokio::select! {
        answer = &mut handle.rx => answer.unwrap_or(Err(ServiceError::TransportClosed)).map_err(lost),
        () = taken_back.cancelled() => {
            // The client may be gone, which ends the question as well.
            let _ = handle.cancel(Some("it needs no answer any more".to_owned())).await;
            Err(ErrorData::internal_error("the question was taken back", None))
        }
    }
}
