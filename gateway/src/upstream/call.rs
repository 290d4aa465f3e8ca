//! One call, and an honest reading of how it ended: did it certainly not leave, is it certainly over, or can nobody know?
//!
//! The time for an answer starts anew with each sign of life (progress, or a question of the server that is being answered),
//! up to a total. Whoever stops waiting, by time or by dropping the future, tells the server so.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, CancelledNotificationParam, ClientNotification,
    ClientRequest, ErrorData, InputRequiredResult, InputResponses, RequestId, RequestMetaObject,
    ServerResult,
};
use rmcp::service::{Peer, PeerRequestOptions, RoleClient, ServiceError};
use rmcp::transport::DynamicTransportError;
use rmcp::transport::streamable_http_client::StreamableHttpError;
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::http::{brief, http_error, tidy};
use super::sse::SseError;
use super::stdio::StdioError;
use super::{Line, Upcalls, result};
use crate::capability::Tool;
use crate::execution::Passing;
use crate::gateway::Limits;
use crate::oauth::in_our_words;

/// How a call ended.
#[derive(Clone, Debug)]
pub(crate) enum Called {
    /// The tool answered; `failed` when it says that it failed.
    Answered { result: CallToolResult, failed: bool },
    /// The agent asks something back, and its task waits for the answer. The result is the same for a client of tools.
    Asks { result: CallToolResult, question: String },
    /// The tool wants to know more and has kept nothing: the call goes on with another leg, or never happened.
    InputRequired(InputRequiredResult),
    /// The server answered with an error in the tool's place.
    Refused { error: ErrorData },
    /// Provably nothing was run: no connection could be made, or the request was turned away at the door.
    NotSent { reason: String },
    /// It left, and the connection ended before the answer.
    Broken { reason: String },
    /// It left, and no answer came back.
    Unknown { reason: String },
}

/// What goes with a call besides its arguments.
#[derive(Clone, Default)]
pub(crate) struct Leg {
    /// The caller's metadata. Its progress token is the one that progress is reported under.
    pub(crate) meta: Option<RequestMetaObject>,
    /// Answers to what the leg before asked for.
    pub(crate) input_responses: Option<InputResponses>,
    /// What the leg before gave to be handed back.
    pub(crate) request_state: Option<String>,
    /// Who hears of the call's progress, where that is not whoever stands behind the connection.
    pub(crate) ear: Option<Arc<dyn Upcalls>>,
    /// Whose call it is. Always there when it is sent.
    pub(crate) intent: Option<Intent>,
}

/// Whose call it is, for who keeps conversations or can be told to stop.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    /// The call in ledger and audit: the same when the call is sent again.
    pub(crate) id: String,
    pub(crate) persona: String,
    pub(crate) session: String,
    pub(crate) passing: Passing,
    /// Whoever wants the call doesn't want it any more.
    pub(crate) cancel: CancellationToken,
}

impl fmt::Debug for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The metadata may hold a secret.
        f.debug_struct("Leg").finish_non_exhaustive()
    }
}

impl Line {
    /// Sends the call once and waits for its answer. Dropping this future tells the server that nobody waits any more.
    pub(super) async fn call(
        &self,
        tool: &Tool,
        arguments: Map<String, Value>,
        leg: Leg,
        limits: &Limits,
    ) -> Called {
        let mut params = CallToolRequestParams::new(tool.name.as_str().to_owned()).with_arguments(arguments);
        params.input_responses = leg.input_responses;
        params.request_state = leg.request_state;
        let callers_token = leg.meta.as_ref().and_then(RequestMetaObject::get_progress_token);
        let mut options = PeerRequestOptions::no_options();
        options.meta = leg.meta.map(without_our_own);
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let handle = match self.peer.send_cancellable_request(request, options).await {
            Ok(handle) => handle,
            // The connection's task is gone: the request was not handed over to anybody.
            Err(_) => return Called::NotSent { reason: "the connection has ended".to_owned() },
        };
        let watch = self.calls.watch(handle.progress_token.clone(), callers_token, leg.ear);
        let abandoned = Abandoned::new(&self.peer, handle.id.clone());
        let mut answer = handle.rx;
        let mut patience = Patience::new(Instant::now(), limits.call, limits.call_total);
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => {
                    abandoned.disarm();
                    return self.read(tool, answer.unwrap_or(Err(ServiceError::TransportClosed)));
                }
                () = watch.sign_of_life() => patience.sign_of_life(Instant::now()),
                () = sleep_until(patience.until()) => {
                    if self.calls.asking() {
                        patience.sign_of_life(Instant::now());
                    }
                    if let Some(reason) = patience.over(Instant::now()) {
                        return Called::Unknown { reason };
                    }
                }
            }
        }
    }

    fn read(&self, tool: &Tool, answer: Result<ServerResult, ServiceError>) -> Called {
        match answer {
            Ok(ServerResult::CallToolResult(answer)) => answered(tool, answer),
            Ok(ServerResult::InputRequiredResult(wanted)) => Called::InputRequired(wanted),
            // A result without content reads as an empty one.
            Ok(ServerResult::EmptyResult(_)) => answered(tool, CallToolResult::success(Vec::new())),
            Ok(ServerResult::CreateTaskResult(_)) => Called::Unknown {
                reason: "the server went on with it in the background, which is not supported".to_owned(),
            },
            Ok(_) => Called::Unknown { reason: "the answer is not the result of a tool".to_owned() },
            Err(error) => self.read_error(error),
        }
    }

    fn read_error(&self, error: ServiceError) -> Called {
        let unknown = |reason: String| Called::Unknown { reason };
        match error {
            ServiceError::McpError(mut error) => {
                error.message = tidy(&error.message, self.url.as_ref()).into();
                Called::Refused { error }
            }
            ServiceError::TransportSend(error) => self.not_delivered(&error),
            ServiceError::TransportClosed => {
                Called::Broken { reason: "the connection ended while waiting".to_owned() }
            }
            ServiceError::Timeout { timeout } => unknown(format!("no answer within {timeout:?}")),
            ServiceError::Cancelled { .. } => unknown("the server broke it off".to_owned()),
            other => unknown(tidy(&other.to_string(), self.url.as_ref())),
        }
    }
}

/// A request that could not be delivered: which failures prove that nothing was run?
impl Line {
    fn not_delivered(&self, error: &DynamicTransportError) -> Called {
        let not_sent = |reason: &str| Called::NotSent { reason: reason.to_owned() };
        let broken =
            |why: String| Called::Broken { reason: format!("the connection broke while waiting: {why}") };
        if let Some(error) = http_error(error) {
            return match error {
                StreamableHttpError::Client(cause) if cause.is_connect() => {
                    not_sent(&format!("no connection: {}", self.brief(error)))
                }
                // MCP: a session the server doesn't know is answered 404 before anything is run.
                StreamableHttpError::SessionExpired => {
                    not_sent("the server had started anew and turned the call away")
                }
                StreamableHttpError::AuthRequired(_) | StreamableHttpError::InsufficientScope(_) => {
                    not_sent("the server wants authorisation and turned the call away")
                }
                StreamableHttpError::Auth(error) => not_sent(&in_our_words(error)),
                other => broken(self.brief(other)),
            };
        }
        if let Some(error) = error.error.downcast_ref::<SseError>() {
            return match error {
                SseError::NoConnection(_) => not_sent(&error.to_string()),
                SseError::SessionGone => not_sent("the server had started anew and turned the call away"),
                SseError::Unauthorized => not_sent("the server wants authorisation and turned the call away"),
                SseError::Status(_) | SseError::Broken(_) | SseError::Closed => broken(error.to_string()),
            };
        }
        match error.error.downcast_ref::<StdioError>() {
            Some(error @ StdioError::Gone) => not_sent(&error.to_string()),
            Some(error @ StdioError::Write(_)) => broken(error.to_string()),
            None => broken("it is not known how".to_owned()),
        }
    }

    /// One HTTP-layer failure in few words.
    pub(super) fn brief(&self, error: &StreamableHttpError<reqwest::Error>) -> String {
        match &self.url {
            Some(url) => brief(error, url),
            None => tidy(&error.to_string(), None),
        }
    }
}

fn answered(tool: &Tool, answer: CallToolResult) -> Called {
    let failed = answer.is_error == Some(true);
    let answer = result::bounded(answer);
    let result = if failed { answer } else { result::fitting(tool, answer) };
    Called::Answered { result, failed }
}

/// The caller's metadata without what only the party on this connection may say of itself. What the caller can be asked
/// stays: the answers are the caller's to give.
fn without_our_own(mut meta: RequestMetaObject) -> RequestMetaObject {
    for key in ["protocolVersion", "clientInfo"] {
        meta.remove(&format!("io.modelcontextprotocol/{key}"));
    }
    meta
}

/// How long an answer is waited for: a time since the last sign of life, and a time in all.
pub(crate) struct Patience {
    silence: Duration,
    in_all: Duration,
    started: Instant,
    last_sign: Instant,
}

impl Patience {
    pub(crate) fn new(now: Instant, silence: Duration, in_all: Duration) -> Self {
        Self { silence, in_all, started: now, last_sign: now }
    }

    pub(crate) fn sign_of_life(&mut self, now: Instant) {
        self.last_sign = now;
    }

    /// When it is over, if nothing happens before.
    pub(crate) fn until(&self) -> Instant {
        (self.last_sign + self.silence).min(self.started + self.in_all)
    }

    /// Why it is over, if it is.
    pub(crate) fn over(&self, now: Instant) -> Option<String> {
        if now >= self.started + self.in_all {
            Some(format!("no answer within {:?} in all", self.in_all))
        } else if now >= self.last_sign + self.silence {
            Some(format!("no answer within {:?}", self.silence))
        } else {
            None
        }
    }
}

/// Tells the server, unless disarmed, that nobody waits for an answer any more.
struct Abandoned<'a> {
    peer: &'a Peer<RoleClient>,
    request: Option<RequestId>,
}

impl<'a> Abandoned<'a> {
    fn new(peer: &'a Peer<RoleClient>, request: RequestId) -> Self {
        Self { peer, request: Some(request) }
    }

    fn disarm(mut self) {
        self.request = None;
    }
}

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        let Some(request) = self.request.take() else { return };
        let params = CancelledNotificationParam::new(Some(request), Some("nobody waits any more".to_owned()));
        let notice = ClientNotification::CancelledNotification(rmcp::model::Notification::new(params));
        // One poll puts it into the connection's queue. If that is full or gone, nobody can be told.
        let _ = tokio::task::unconstrained(self.peer.send_notification(notice)).now_or_never();
    }
}

#[cfg(test)]
mod tests;
