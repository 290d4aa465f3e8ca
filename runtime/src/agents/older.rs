//! A2A 0.3: the same requests under other names and in other shapes. What is asked is translated to 1.0, answered by the
//! same desk, and translated back.

mod shapes;

use a2a::{
    A2AError, CancelTaskRequest, GetTaskRequest, JsonRpcId, JsonRpcRequest, JsonRpcResponse,
    SendMessageRequest, SendMessageResponse, SubscribeToTaskRequest,
};
use a2a_server::{RequestHandler, ServiceParams, sse::sse_jsonrpc_stream};
use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::Value;

use super::executor::Events;

/// Whether a method is one of 0.3, whose names have a slash.
pub(super) fn is_method(name: &str) -> bool {
    name.contains('/')
}

/// Answers a request of 0.3.
pub(super) async fn answer(desk: &impl RequestHandler, call: JsonRpcRequest) -> Response {
    let (id, params) = (call.id, call.params.unwrap_or_default());
    let answered = match call.method.as_str() {
        "message/send" => send(desk, params).await,
        "message/stream" => return streamed(id, stream(desk, params).await),
        "tasks/get" => get(desk, params).await,
        "tasks/cancel" => cancel(desk, params).await,
        "tasks/resubscribe" => return streamed(id, subscribe(desk, params).await),
        name if name.starts_with("tasks/pushNotificationConfig/") => {
            Err(A2AError::push_notification_not_supported())
        }
        "agent/getAuthenticatedExtendedCard" => Err(A2AError::extended_card_not_configured()),
        name => Err(A2AError::method_not_found(name)),
    };
    Json(match answered {
        Ok(value) => JsonRpcResponse::success(id, value),
        Err(error) => JsonRpcResponse::error(id, error.to_jsonrpc_error()),
    })
    .into_response()
}

async fn send(desk: &impl RequestHandler, params: Value) -> Result<Value, A2AError> {
    match desk.send_message(&ServiceParams::new(), request(params)?).await? {
        SendMessageResponse::Task(task) => shapes::task(&task),
        SendMessageResponse::Message(message) => shapes::message(&message),
    }
}

async fn stream(desk: &impl RequestHandler, params: Value) -> Result<Events, A2AError> {
    desk.send_streaming_message(&ServiceParams::new(), request(params)?).await
}

async fn get(desk: &impl RequestHandler, params: Value) -> Result<Value, A2AError> {
    let Named { id, history_length } = read(params)?;
    let request = GetTaskRequest { id, history_length, tenant: None };
    shapes::task(&desk.get_task(&ServiceParams::new(), request).await?)
}

async fn cancel(desk: &impl RequestHandler, params: Value) -> Result<Value, A2AError> {
    let Named { id, .. } = read(params)?;
    let request = CancelTaskRequest { id, metadata: None, tenant: None };
    shapes::task(&desk.cancel_task(&ServiceParams::new(), request).await?)
}

async fn subscribe(desk: &impl RequestHandler, params: Value) -> Result<Events, A2AError> {
    let Named { id, .. } = read(params)?;
    desk.subscribe_to_task(&ServiceParams::new(), SubscribeToTaskRequest { id, tenant: None }).await
}

fn streamed(id: JsonRpcId, events: Result<Events, A2AError>) -> Response {
    match events {
        Ok(events) => {
            let older = events.map(|event| event.and_then(|event| shapes::event(&event)));
            sse_jsonrpc_stream(id, older.boxed()).into_response()
        }
        Err(error) => Json(JsonRpcResponse::error(id, error.to_jsonrpc_error())).into_response(),
    }
}

/// A task that is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    id: String,
    history_length: Option<i32>,
}

fn request(params: Value) -> Result<SendMessageRequest, A2AError> {
    read(shapes::newer_request(params)?)
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, A2AError> {
    serde_json::from_value(value)
        .map_err(|error| A2AError::invalid_params(format!("invalid params: {error}")))
}

#[cfg(test)]
mod tests;
