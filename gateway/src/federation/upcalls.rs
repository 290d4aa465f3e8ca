//! The calling client in the place where a server behind us looks for its client.
#![expect(deprecated, reason = "servers of 2025-11-25 still sample, log and ask for roots")]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rmcp::model::{
    ClientCapabilities, CreateMessageRequest, CreateMessageRequestParams, CreateMessageResult, ElicitRequest,
    ElicitRequestParams, ElicitResult, ErrorData, InputRequest, InputRequests, InputRequiredResult,
    InputResponses, ListRootsRequest, ListRootsResult, LoggingMessageNotificationParam,
    ProgressNotificationParam, RequestId, ResourceUpdatedNotificationParam, ServerRequest,
};
use rmcp::service::{Peer, RoleServer};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::client::{self, Client};
use crate::upstream::{ChangedList, Upcalls};

/// The one question that a server of sessions asks at a time.
const QUESTION: &str = "question";

/// Where a server's questions go.
#[derive(Debug)]
enum Asks {
    /// To a client that takes requests.
    Peer,
    /// Into the result of the client's request.
    Result(Talk),
    /// Nowhere.
    Nobody,
}

/// One client behind one connection.
#[derive(Debug)]
pub(super) struct Behind {
    peer: Peer<RoleServer>,
    capabilities: ClientCapabilities,
    asks: Asks,
    updated: Option<mpsc::Sender<String>>,
    /// The client's requests under way over this connection, the newest last: a question is put on the newest one's stream.
    during: Mutex<Vec<RequestId>>,
}

impl Behind {
    fn new(client: &Client, capabilities: ClientCapabilities, asks: Asks) -> Self {
        Self { peer: client.peer.clone(), capabilities, asks, updated: None, during: Mutex::default() }
    }

    /// Asks and tells the client of a session.
    pub(super) fn session(client: &Client) -> Arc<Self> {
        Arc::new(Self::new(client, client.declared(), Asks::Peer))
    }

    /// Asks by the result of one request, and tells while that request is under way.
    pub(super) fn request(client: &Client) -> (Arc<Self>, Asked) {
        let (talk, asked) = Talk::new();
        (Arc::new(Self::new(client, client.declared(), Asks::Result(talk))), asked)
    }

    /// Only tells.
    pub(super) fn ear(client: &Client) -> Arc<Self> {
        Arc::new(Self::new(client, ClientCapabilities::default(), Asks::Nobody))
    }

    /// Only tells of resources that changed.
    pub(super) fn watcher(client: &Client, updated: mpsc::Sender<String>) -> Arc<Self> {
        let mut behind = Self::new(client, ClientCapabilities::default(), Asks::Nobody);
        behind.updated = Some(updated);
        Arc::new(behind)
    }

    fn under_way(&self) -> MutexGuard<'_, Vec<RequestId>> {
        // Pushes and removals can't leave the list half-changed.
        self.during.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request of the client as under way until the guard is dropped.
    pub(super) fn during(self: &Arc<Self>, request: RequestId) -> During {
        self.under_way().push(request.clone());
        During { behind: self.clone(), request }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        question: InputRequest,
        taken_back: &CancellationToken,
    ) -> Result<T, ErrorData> {
        let answer = match &self.asks {
            Asks::Nobody => return Err(ErrorData::invalid_request("there is nobody to ask", None)),
            Asks::Result(talk) => talk.ask(question, taken_back).await?,
            Asks::Peer => {
                let during = self.under_way().last().cloned();
                let answer =
                    client::ask(&self.peer, during.as_ref(), into_request(question)?, taken_back).await?;
                serde_json::to_value(answer).map_err(unreadable)?
            }
        };
        serde_json::from_value(answer).map_err(unreadable)
    }
}

#[derive(Debug)]
pub(super) struct During {
    behind: Arc<Behind>,
    request: RequestId,
}

impl Drop for During {
    fn drop(&mut self) {
        self.behind.under_way().retain(|request| *request != self.request);
    }
}

/// A server's question as a request to a client of sessions.
pub(super) fn into_request(question: InputRequest) -> Result<ServerRequest, ErrorData> {
    match question {
        InputRequest::Elicitation(request) => Ok(request.into()),
        InputRequest::CreateMessage(request) => Ok(request.into()),
        InputRequest::ListRoots(request) => Ok(request.into()),
        _ => {
            Err(ErrorData::invalid_request("the server asks something that this version doesn't know", None))
        }
    }
}

fn unreadable(error: serde_json::Error) -> ErrorData {
    ErrorData::invalid_params(format!("the client's answer can't be read: {error}"), None)
}

/// The server's end of a conversation that goes through the results of one request.
#[derive(Debug)]
struct Talk {
    wanted: mpsc::Sender<InputRequiredResult>,
    /// Held for one question and its answer, so that answers can't be mixed up.
    answers: AsyncMutex<mpsc::Receiver<InputResponses>>,
}

/// The client's end.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) wanted: mpsc::Receiver<InputRequiredResult>,
    pub(super) answers: mpsc::Sender<InputResponses>,
}

impl Talk {
    fn new() -> (Self, Asked) {
        let (wanted_in, wanted) = mpsc::channel(1);
        let (answers, answers_out) = mpsc::channel(1);
        (Self { wanted: wanted_in, answers: AsyncMutex::new(answers_out) }, Asked { wanted, answers })
    }

    async fn ask(&self, question: InputRequest, taken_back: &CancellationToken) -> Result<Value, ErrorData> {
        let gone = || ErrorData::internal_error("the client is gone", None);
        let conversation = async {
            let mut answers = self.answers.lock().await;
            let requests = InputRequests::from([(QUESTION.to_owned(), question)]);
            self.wanted.send(InputRequiredResult::from_input_requests(requests)).await.map_err(|_| gone())?;
            loop {
                let mut responses = answers.recv().await.ok_or_else(gone)?;
                if let Some(answer) = responses.remove(QUESTION) {
                    return Ok(answer);
                }
            }
        };
        tokio::select! {
            answer = conversation => answer,
            () = taken_back.cancelled() => Err(gone()),
        }
    }
}

#[async_trait]
impl Upcalls for Behind {
    fn capabilities(&self) -> ClientCapabilities {
        self.capabilities.clone()
    }

    async fn elicit(
        &self,
        params: ElicitRequestParams,
        taken_back: CancellationToken,
    ) -> Result<ElicitResult, ErrorData> {
        self.ask(InputRequest::Elicitation(ElicitRequest::new(params)), &taken_back).await
    }

    async fn sample(
        &self,
        params: CreateMessageRequestParams,
        taken_back: CancellationToken,
    ) -> Result<CreateMessageResult, ErrorData> {
        self.ask(InputRequest::CreateMessage(CreateMessageRequest::new(params)), &taken_back).await
    }

    async fn roots(&self, taken_back: CancellationToken) -> Result<ListRootsResult, ErrorData> {
        self.ask(InputRequest::ListRoots(ListRootsRequest::default()), &taken_back).await
    }

    // A client that can't be told any more is noticed where its request is served.

    async fn log(&self, params: LoggingMessageNotificationParam) {
        let _ = self.peer.notify_logging_message(params).await;
    }

    async fn progress(&self, params: ProgressNotificationParam) {
        let _ = self.peer.notify_progress(params).await;
    }

    async fn resource_updated(&self, params: ResourceUpdatedNotificationParam) {
        match &self.updated {
            Some(updated) => drop(updated.send(params.uri).await),
            None => drop(self.peer.notify_resource_updated(params).await),
        }
    }

    async fn list_changed(&self, _list: ChangedList) {
        // Lists are followed over the shared connection.
    }
}
