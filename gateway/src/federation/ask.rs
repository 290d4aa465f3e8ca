//! The question before a call at level 1: put to the calling client where it can show one, and open at the desk for whoever
//! else may answer. The first answer counts. Only "accept" with `approve` true is a yes; whoever goes away has said no.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use rmcp::model::{
    CallToolResponse, ClientResult, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction,
    ErrorData, InputRequest, InputRequests, InputResponses, ServerRequest,
};
use rmcp::service::{PeerRequestOptions, RequestHandle, RoleServer};
use serde_json::{Value, json};
use tokio::time::interval;

use super::Hub;
use super::answer::failed;
use super::client::{Client, Era};
use super::parked::Waiting;
use crate::approval::{AnswerError, ApprovalView, Decision, Pending, PendingResolution, Resolution};
use crate::audit::DecidedBy;
use crate::execution::Authorized;
use crate::id::ApprovalId;
use crate::plain_text;

/// Names our question among a client's answers.
const APPROVAL: &str = "homepilot_approval";
/// Between two signs that a request is alive.
const LIFE_SIGN: Duration = Duration::from_secs(10);
/// The most of the arguments that is shown.
const SHOWN: usize = 8 * 1024;

/// A question that waits for its client to call again, and what that client had sent along.
#[derive(Debug)]
pub(super) struct Question {
    pending: Pending,
    pub(super) input_responses: Option<InputResponses>,
}

/// Where a question stands.
pub(super) enum Asked {
    Granted(Box<Authorized>),
    /// What the client gets instead of the call's result.
    Instead(Box<CallToolResponse>),
}

impl Asked {
    fn refused(reason: &str) -> Self {
        Asked::Instead(Box::new(failed(reason)))
    }
}

/// Asks whether a call may run. Returns with the end of the question, or with a result that asks.
pub(super) async fn ask(
    hub: &Arc<Hub>,
    client: &Client,
    binding: &str,
    pending: Pending,
    input_responses: Option<InputResponses>,
) -> Result<Asked, ErrorData> {
    phrase(hub, client, &pending.approval);
    // A yes that has to be given in another way is no business of the program that wants the call.
    let forms = client.shows_forms() && pending.approval.approve.takes(DecidedBy::Mcp);
    match (forms, client.era) {
        (true, Era::Stateless) => {
            put_into_result(hub, client, binding, Question { pending, input_responses })
        }
        (true, Era::Sessions) => by_request(hub, client, pending).await,
        (false, _) => elsewhere(client, pending).await,
    }
}

/// A client of 2026-07-28 has called again.
pub(super) async fn answered(
    hub: &Arc<Hub>,
    client: &Client,
    binding: &str,
    mut question: Question,
    responses: Option<InputResponses>,
) -> Result<(Asked, Option<InputResponses>), ErrorData> {
    let answer = responses.and_then(|mut responses| responses.remove(APPROVAL));
    let id = question.pending.approval.id.clone();
    if let Some(answer) = &answer {
        answer_desk(hub, &id, read(answer)).await?;
    }
    let resolution = if answer.is_some() {
        question.pending.resolution.wait().await
    } else {
        // Nothing was said here; somebody else may have answered meanwhile.
        match question.pending.resolution.wait().now_or_never() {
            Some(resolution) => resolution,
            None => return Ok((put_into_result(hub, client, binding, question)?, None)),
        }
    };
    let asked = match end(resolution) {
        End::Said(asked) => asked,
        End::Anew(pending) => {
            phrase(hub, client, &pending.approval);
            let again = Question { pending: *pending, input_responses: question.input_responses.take() };
            put_into_result(hub, client, binding, again)?
        }
    };
    Ok((asked, question.input_responses))
}

fn put_into_result(
    hub: &Arc<Hub>,
    client: &Client,
    binding: &str,
    question: Question,
) -> Result<Asked, ErrorData> {
    let request = InputRequest::Elicitation(ElicitRequest::new(form(client, &question.pending.approval)?));
    let requests = InputRequests::from([(APPROVAL.to_owned(), request)]);
    let wanted = hub.park(Waiting::Question(Box::new(question)), binding, Some(requests))?;
    Ok(Asked::Instead(Box::new(wanted.into())))
}

/// Asks a client of sessions, in the middle of its request.
async fn by_request(hub: &Arc<Hub>, client: &Client, mut pending: Pending) -> Result<Asked, ErrorData> {
    loop {
        let request = ServerRequest::ElicitRequest(ElicitRequest::new(form(client, &pending.approval)?));
        let sent = client.peer.send_cancellable_request(request, PeerRequestOptions::no_options()).await;
        let Ok(mut handle) = sent else {
            return Ok(Asked::refused("It was not run: you could not be asked."));
        };
        let id = pending.approval.id.clone();
        let resolution = tokio::select! {
            biased;
            () = client.gone.cancelled() => return Ok(Asked::refused("It was not run: nobody waits for it.")),
            resolution = alive(client, &mut pending.resolution) => {
                take_back(handle).await;
                resolution
            }
            answer = &mut handle.rx => match answer {
                Ok(Ok(ClientResult::ElicitResult(result))) => {
                    answer_desk(hub, &id, decision(&result)).await?;
                    pending.resolution.wait().await
                }
                // It declared forms and can't show this one: the desk may still be answered.
                _ => return elsewhere(client, pending).await,
            },
        };
        match end(resolution) {
            End::Said(asked) => return Ok(asked),
            End::Anew(again) => {
                phrase(hub, client, &again.approval);
                pending = *again;
            }
        }
    }
}

/// Waits for an answer in Voice Mode or through the API.
async fn elsewhere(client: &Client, mut pending: Pending) -> Result<Asked, ErrorData> {
    loop {
        let resolution = tokio::select! {
            biased;
            () = client.gone.cancelled() => return Ok(Asked::refused("It was not run: nobody waits for it.")),
            resolution = alive(client, &mut pending.resolution) => resolution,
        };
        match end(resolution) {
            End::Said(asked) => return Ok(asked),
            End::Anew(again) => pending = *again,
        }
    }
}

/// Waits for the end of the question, with signs of life for the client.
async fn alive(client: &Client, resolution: &mut PendingResolution) -> Resolution {
    let mut signs = interval(LIFE_SIGN);
    let mut count = 0;
    loop {
        tokio::select! {
            biased;
            resolution = resolution.wait() => return resolution,
            _ = signs.tick() => {
                count += 1;
                client.sign_of_life(count, "waiting for an approval").await;
            }
        }
    }
}

async fn take_back(handle: RequestHandle<RoleServer>) {
    // The client may be gone, which closes its form as well.
    let _ = handle.cancel(Some("it was answered elsewhere".to_owned())).await;
}

enum End {
    Said(Asked),
    /// The call was changed, which makes a new question.
    Anew(Box<Pending>),
}

fn end(resolution: Resolution) -> End {
    End::Said(match resolution {
        Resolution::Granted(authorized) => Asked::Granted(Box::new(authorized)),
        Resolution::Edited(pending) => return End::Anew(Box::new(pending)),
        Resolution::Denied { .. } => Asked::refused("It was not run: the answer was no."),
        Resolution::Expired => Asked::refused("It was not run: nobody answered in time."),
        Resolution::ToolChanged => {
            Asked::refused("It was not run: the tool has changed since the question was asked. Ask again.")
        }
    })
}

/// Hands an answer in; that somebody was faster shows in the resolution.
async fn answer_desk(hub: &Hub, id: &ApprovalId, decision: Decision) -> Result<(), ErrorData> {
    match hub.gateway.answer(id, decision, DecidedBy::Mcp).await {
        Ok(())
        | Err(
            AnswerError::AlreadyAnswered(_)
            | AnswerError::Expired(_)
            | AnswerError::NotFound(_)
            | AnswerError::ToolChanged(_),
        ) => Ok(()),
        Err(error) => Err(ErrorData::internal_error(error.to_string(), None)),
    }
}

fn read(answer: &Value) -> Decision {
    serde_json::from_value::<ElicitResult>(answer.clone()).map_or(Decision::Deny, |result| decision(&result))
}

fn decision(result: &ElicitResult) -> Decision {
    let approved =
        result.content.as_ref().is_some_and(|content| content.get("approve") == Some(&Value::Bool(true)));
    if result.action == ElicitationAction::Accept && approved { Decision::Approve } else { Decision::Deny }
}

fn phrase(hub: &Hub, client: &Client, approval: &ApprovalView) {
    hub.gateway.set_question(&approval.id, words(client, approval));
}

/// The exact call in words, with nothing in it that can't be seen.
fn words(client: &Client, approval: &ApprovalView) -> String {
    let ApprovalView { server, tool, class, arguments, .. } = approval;
    let mut shown = if arguments.is_empty() {
        "no arguments".to_owned()
    } else {
        serde_json::to_string_pretty(arguments).unwrap_or_else(|_| "arguments that can't be shown".to_owned())
    };
    shown = plain_text::visible(&shown);
    let whole = shown.len();
    if whole > SHOWN {
        shown.truncate(shown.floor_char_boundary(SHOWN));
        let sha = &approval.arguments_sha256;
        shown.push_str(&format!("\n… cut here, {whole} bytes in all, SHA-256 {}", sha.as_str()));
    }
    format!("{} wants to run {tool} of {server} ({}) with {shown}", client.name, class.in_words())
}

fn form(client: &Client, approval: &ApprovalView) -> Result<ElicitRequestParams, ErrorData> {
    let schema = json!({
        "type": "object",
        "properties": {"approve": {
            "type": "boolean",
            "title": "Run it",
            "description": "Yes runs exactly this call, once.",
            "default": false,
        }},
        "required": ["approve"],
    });
    let requested_schema = serde_json::from_value(schema)
        .map_err(|error| ErrorData::internal_error(format!("the question can't be asked: {error}"), None))?;
    let message = words(client, approval);
    Ok(ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema })
}
