//! One call, and an honest reading of how it ended: did it certainly not leave, is it certainly over, or can nobody know?
//!
//! The time for an answer starts anew with each sign of life (progress, or a question of the server that is being answered),
//! up to a total. Whoever stops waiting, by time or by dropping the future, tells the server so.

use futures::FutureExt;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, CancelledNotificationParam, ClientNotification,
    ClientRequest, ErrorData, InputRequiredResult, InputResponses, RequestId, RequestMetaObject,
    ServerResult,
};
use rmcp::service::{Peer, PeerRequestOptions, RoleClient, ServiceError};
use rmcp::transport::streamable_http_client::StreamableHttpError;
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep_until};

use super::handshake::{brief, http_error, innermost, tidy};
use super::{Connection, result};
use crate::address::scrub;
use crate::capability::Tool;
use crate::gateway::Limits;
use crate::oauth::in_our_words;

/// How a call ended.
#[derive(Clone, Debug)]
pub(crate) enum Called {
    /// The tool answered; `failed` when it says that it failed.
    Answered { result: CallToolResult, failed: bool },
    /// The tool wants to know more and has kept nothing: the call goes on with another leg, or never happened.
    #[allow(dead_code, reason = "read by whoever can go on with another leg")]
    InputRequired(InputRequiredResult),
    /// The server answered with an error in the tool's place.
    Refused { error: ErrorData },
    /// Provably nothing was run: no connection could be made, or the request was turned away at the door.
    NotSent { reason: String },
    /// It left, and no answer came back.
    Unknown { reason: String },
}

/// What goes with a call besides its arguments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leg {
    /// The caller's metadata. Its progress token is the one that progress is reported under.
    pub(crate) meta: Option<RequestMetaObject>,
    /// Answers to what the leg before asked for.
    pub(crate) input_responses: Option<InputResponses>,
    /// What the leg before gave to be handed back.
    pub(crate) request_state: Option<String>,
}

impl Connection {
    /// Sends the call once and waits for its answer. Dropping this future tells the server that nobody waits any more.
    pub(crate) async fn call(
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
        let watch = self.calls.watch(handle.progress_token.clone(), callers_token);
        let abandoned = Abandoned::new(&self.peer, handle.id.clone());
        let mut answer = handle.rx;
        let started = Instant::now();
        let (mut silent_until, latest) = (started + limits.call, started + limits.call_total);
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => {
                    abandoned.disarm();
                    return self.read(tool, answer.unwrap_or(Err(ServiceError::TransportClosed)));
                }
                () = watch.sign_of_life() => silent_until = Instant::now() + limits.call,
                () = sleep_until(latest) => {
                    return Called::Unknown { reason: format!("no answer within {:?} in all", limits.call_total) };
                }
                () = sleep_until(silent_until) => {
                    if !self.calls.asking() {
                        return Called::Unknown { reason: format!("no answer within {:?}", limits.call) };
                    }
                    silent_until = Instant::now() + limits.call;
                }
            }
        }
    }

    fn read(&self, _tool: &Tool, answer: Result<ServerResult, ServiceError>) -> Called {
        match answer {
            Ok(ServerResult::CallToolResult(answer)) => answered(answer),
            Ok(ServerResult::InputRequiredResult(wanted)) => Called::InputRequired(wanted),
            // A result without content reads as an empty one.
            Ok(ServerResult::EmptyResult(_)) => answered(CallToolResult::success(Vec::new())),
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
                error.message = tidy(&error.message, &self.url).into();
                Called::Refused { error }
            }
            ServiceError::TransportSend(error) => match http_error(&error) {
                Some(StreamableHttpError::Client(error)) if error.is_connect() => Called::NotSent {
                    reason: format!("no connection: {}", scrub(&innermost(error), &self.url)),
                },
                // MCP: a session the server doesn't know is answered 404 before anything is run.
                Some(StreamableHttpError::SessionExpired) => Called::NotSent {
                    reason: "the server had started anew and turned the call away".to_owned(),
                },
                Some(StreamableHttpError::AuthRequired(_) | StreamableHttpError::InsufficientScope(_)) => {
                    Called::NotSent {
                        reason: "the server wants authorisation and turned the call away".to_owned(),
                    }
                }
                Some(StreamableHttpError::Auth(error)) => Called::NotSent { reason: in_our_words(error) },
                Some(error) => {
                    unknown(format!("the connection broke while waiting: {}", brief(error, &self.url)))
                }
                None => unknown("the connection broke while waiting".to_owned()),
            },
            ServiceError::TransportClosed => unknown("the connection ended while waiting".to_owned()),
            ServiceError::Timeout { timeout } => unknown(format!("no answer within {timeout:?}")),
            ServiceError::Cancelled { .. } => unknown("the server broke it off".to_owned()),
            other => unknown(tidy(&other.to_string(), &self.url)),
        }
    }
}

fn answered(answer: CallToolResult) -> Called {
    let failed = answer.is_error == Some(true);
    Called::Answered { result: result::bounded(answer), failed }
}

/// The caller's metadata without what only the party on this connection may say of itself.
fn without_our_own(mut meta: RequestMetaObject) -> RequestMetaObject {
    for key in ["protocolVersion", "clientInfo", "clientCapabilities"] {
        meta.remove(&format!("io.modelcontextprotocol/{key}"));
    }
    meta
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
