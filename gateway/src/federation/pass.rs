//! Requests that only read (prompts, resources, completion), passed on to their server as they are and back.

use std::sync::Arc;

use rmcp::model::{
    ClientRequest, ErrorData, InputRequiredResult, InputResponses, RequestMetaObject, SealOptions,
    ServerResult,
};
use rmcp::service::{PeerRequestOptions, ServiceError};

use super::call::answers;
use super::client::{Client, Era};
use super::server::Session;
use super::{ASK, Hub};
use crate::name::ServerName;
use crate::upstream::Connection;

/// The most legs one request may take.
const LEGS: usize = 10;

/// One client's request on its way to a server.
#[derive(Clone, Copy)]
pub(super) struct Passing<'a> {
    pub(super) hub: &'a Arc<Hub>,
    pub(super) session: &'a Session,
    pub(super) client: &'a Client,
}

impl Passing<'_> {
    /// Passes a request on, over as many legs as it takes. A server's state goes to the client signed and bound to the request.
    pub(super) async fn pass(
        &self,
        server: &ServerName,
        binding: &str,
        mut responses: Option<InputResponses>,
        sealed: Option<String>,
        make: impl Fn(Option<InputResponses>, Option<String>) -> ClientRequest,
    ) -> Result<ServerResult, ErrorData> {
        let own = match self.client.era {
            Era::Sessions if self.client.can_be_asked() => {
                self.session.own(self.hub, self.client, server).await
            }
            Era::Sessions | Era::Stateless => None,
        };
        let _during = own.as_ref().map(|own| own.behind.during(self.client.request.clone()));
        let connection = match &own {
            Some(own) => own.connection.clone(),
            None => connection(self.hub, server)?,
        };
        let mut state = sealed.map(|sealed| self.opened(&sealed, binding)).transpose()?;
        for _ in 0..LEGS {
            let request = make(responses.take(), state.take());
            let wanted = match send(&connection, self.client, request).await? {
                ServerResult::InputRequiredResult(wanted) => wanted,
                other => return Ok(other),
            };
            if self.client.era == Era::Stateless {
                let InputRequiredResult { input_requests, request_state, .. } = wanted;
                let sealed = request_state.map(|state| self.sealed(&state, binding)).transpose()?;
                return Ok(ServerResult::InputRequiredResult(InputRequiredResult::new(
                    input_requests,
                    sealed,
                )));
            }
            state = wanted.request_state.clone();
            responses = Some(answers(self.client, wanted).await?);
        }
        Err(ErrorData::internal_error(
            format!("{server} asked more than {LEGS} times, which is the limit"),
            None,
        ))
    }

    fn sealed(&self, state: &str, binding: &str) -> Result<String, ErrorData> {
        let options = SealOptions::new().associated_data(binding.as_bytes()).ttl(ASK);
        let sealed = self.hub.codec.seal_json_with(&state, &options);
        sealed.map_err(|error| ErrorData::internal_error(error.to_string(), None))
    }

    fn opened(&self, sealed: &str, binding: &str) -> Result<String, ErrorData> {
        let opened = self.hub.codec.open_json_with(sealed, binding.as_bytes());
        opened.map_err(|error| ErrorData::invalid_params(error.to_string(), None))
    }
}

/// The shared connection to a server.
pub(super) fn connection(hub: &Hub, server: &ServerName) -> Result<Connection, ErrorData> {
    let away = || ErrorData::internal_error(format!("{server} can't be used right now"), None);
    hub.gateway.shared().table.connection(server).ok_or_else(away)
}

/// Sends a request that only reads and waits for its answer, as long as somebody waits for ours.
pub(super) async fn send(
    connection: &Connection,
    client: &Client,
    request: ClientRequest,
) -> Result<ServerResult, ErrorData> {
    let mut meta = RequestMetaObject::new();
    meta.set_client_capabilities(client.declared());
    let mut options = PeerRequestOptions::with_timeout(ASK);
    options.meta = Some(meta);
    let lost = |error: ServiceError| match error {
        ServiceError::McpError(error) => error,
        // The rest may name the address.
        _ => ErrorData::internal_error("the server behind this did not answer", None),
    };
    let peer = connection
        .peer()
        .ok_or_else(|| ErrorData::invalid_params("an agent has nothing but skills", None))?;
    let handle = peer.send_cancellable_request(request, options).await.map_err(lost)?;
    tokio::select! {
        answer = handle.await_response() => answer.map_err(lost),
        () = client.gone.cancelled() => Err(ErrorData::internal_error("nobody waits for it any more", None)),
    }
}

/// The server's answer is of another kind than was asked for.
pub(super) fn odd(server: &ServerName) -> ErrorData {
    ErrorData::internal_error(format!("{server} answered with something else than was asked for"), None)
}
