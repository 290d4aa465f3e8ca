//! The three ways to speak that are spoken here: JSON-RPC and HTTP+JSON of A2A 1.0, and JSON-RPC of 0.3. A request is written in
//! one of them; what comes back is unwrapped to the value inside.

use a2a::jsonrpc::methods;
use a2a::{
    CancelTaskRequest, GetTaskRequest, JsonRpcId, JsonRpcRequest, Message, Part, Role,
    SendMessageConfiguration, SendMessageRequest, VERSION, error_code,
};
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::errand::Errand;
use super::wire::WireError;

/// Of a task's history only its end is looked at, and that only where its status says nothing.
const HISTORY: i32 = 2;
/// Errors of HTTP+JSON have no codes of the protocol; a task that is not there is told by the status.
const NOT_FOUND: u16 = 404;

/// How an agent is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tongue {
    /// 1.0 as JSON-RPC.
    JsonRpc,
    /// 1.0 as HTTP+JSON.
    Rest,
    /// 0.3 as JSON-RPC.
    JsonRpc03,
}

/// What is done with an agent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation<'a> {
    /// Sends an errand and hears at once what becomes of it.
    Send(&'a Errand),
    /// Sends an errand and hears what becomes of it until it ends.
    Stream(&'a Errand),
    /// Asks for a task.
    Get(&'a str),
    /// Stops a task.
    Cancel(&'a str),
}

/// A request as it is sent.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Value>,
}

impl Tongue {
    /// What is spoken at an interface, if it is spoken here.
    pub(super) fn of(binding: &str, version: &str) -> Option<Self> {
        let major = version.split('.').next().unwrap_or_default();
        match (binding.to_ascii_uppercase().as_str(), major) {
            ("JSONRPC", "1") => Some(Tongue::JsonRpc),
            ("HTTP+JSON", "1") => Some(Tongue::Rest),
            ("JSONRPC", "0") => Some(Tongue::JsonRpc03),
            _ => None,
        }
    }

    /// The version that goes into the header of each request.
    pub(super) fn version(self) -> &'static str {
        match self {
            Tongue::JsonRpc | Tongue::Rest => VERSION,
            Tongue::JsonRpc03 => "0.3",
        }
    }

    /// Writes a request. `None` when it can't be written, which no request of ours is.
    pub(super) fn write(
        self,
        place: &Url,
        tenant: Option<&str>,
        operation: Operation<'_>,
    ) -> Option<Written> {
        match self {
            Tongue::Rest => rest(place, tenant, operation),
            Tongue::JsonRpc => {
                let (method, params) = params(tenant, operation)?;
                Some(rpc(place, method, params))
            }
            Tongue::JsonRpc03 => {
                let (method, params) = params_03(operation);
                Some(rpc(place, method, params))
            }
        }
    }

    /// What is inside an answer, or inside one event of a stream.
    pub(super) fn unwrap(self, status: u16, answer: Value) -> Result<Value, WireError> {
        let Value::Object(mut object) = answer else { return Err(WireError::odd()) };
        if let Some(error) = object.get("error").filter(|error| !error.is_null()) {
            let code = match self {
                Tongue::JsonRpc | Tongue::JsonRpc03 => error.get("code").and_then(Value::as_i64),
                Tongue::Rest if status == NOT_FOUND => Some(i64::from(error_code::TASK_NOT_FOUND)),
                Tongue::Rest => None,
            };
            let message = error.get("message").and_then(Value::as_str).unwrap_or("it does not say why");
            let code = code.and_then(|code| i32::try_from(code).ok()).unwrap_or(error_code::INTERNAL_ERROR);
            return Err(WireError::Refused { code, message: message.to_owned() });
        }
        match self {
            Tongue::Rest => Ok(Value::Object(object)),
            Tongue::JsonRpc | Tongue::JsonRpc03 => object.remove("result").ok_or_else(WireError::odd),
        }
    }
}

fn rpc(place: &Url, method: &str, params: Value) -> Written {
    let id = JsonRpcId::String(Uuid::now_v7().to_string());
    // A method and a value always serialize.
    let body = serde_json::to_value(JsonRpcRequest::new(id, method, Some(params))).unwrap_or_default();
    Written { method: Method::POST, url: place.clone(), body: Some(body) }
}

fn message(errand: &Errand) -> Message {
    let mut message = Message::new(Role::User, vec![Part::text(errand.words.clone())]);
    message.message_id.clone_from(&errand.message_id);
    message.context_id.clone_from(&errand.context);
    message.task_id.clone_from(&errand.task);
    message.metadata = (!errand.metadata.is_empty()).then(|| errand.metadata.clone());
    message
}

/// Whoever streams hears of the task anyway; whoever doesn't wants to hear of it before it is done, to be able to stop it.
fn send(errand: &Errand, returns: bool, tenant: Option<&str>) -> SendMessageRequest {
    let configuration = SendMessageConfiguration {
        accepted_output_modes: None,
        task_push_notification_config: None,
        history_length: Some(HISTORY),
        return_immediately: returns.then_some(true),
    };
    SendMessageRequest {
        message: message(errand),
        configuration: Some(configuration),
        metadata: None,
        tenant: tenant.map(str::to_owned),
    }
}

fn get(id: &str, tenant: Option<&str>) -> GetTaskRequest {
    GetTaskRequest { id: id.to_owned(), history_length: Some(HISTORY), tenant: tenant.map(str::to_owned) }
}

fn cancel(id: &str, tenant: Option<&str>) -> CancelTaskRequest {
    CancelTaskRequest { id: id.to_owned(), metadata: None, tenant: tenant.map(str::to_owned) }
}

fn value(request: &impl Serialize) -> Option<Value> {
    serde_json::to_value(request).ok()
}

fn params(tenant: Option<&str>, operation: Operation<'_>) -> Option<(&'static str, Value)> {
    Some(match operation {
        Operation::Send(errand) => (methods::SEND_MESSAGE, value(&send(errand, true, tenant))?),
        Operation::Stream(errand) => (methods::SEND_STREAMING_MESSAGE, value(&send(errand, false, tenant))?),
        Operation::Get(id) => (methods::GET_TASK, value(&get(id, tenant))?),
        Operation::Cancel(id) => (methods::CANCEL_TASK, value(&cancel(id, tenant))?),
    })
}

fn params_03(operation: Operation<'_>) -> (&'static str, Value) {
    let send = |errand: &Errand, blocking: bool| {
        let mut message = json!({
            "kind": "message", "role": "user", "messageId": errand.message_id,
            "parts": [{"kind": "text", "text": errand.words}],
        });
        let optional = [("contextId", &errand.context), ("taskId", &errand.task)];
        for (name, id) in optional {
            if let Some(id) = id {
                message[name] = json!(id);
            }
        }
        if !errand.metadata.is_empty() {
            message["metadata"] = json!(errand.metadata);
        }
        json!({"message": message, "configuration": {"blocking": blocking, "historyLength": HISTORY}})
    };
    match operation {
        Operation::Send(errand) => ("message/send", send(errand, false)),
        Operation::Stream(errand) => ("message/stream", send(errand, true)),
        Operation::Get(id) => ("tasks/get", json!({"id": id, "historyLength": HISTORY})),
        Operation::Cancel(id) => ("tasks/cancel", json!({"id": id})),
    }
}

fn rest(place: &Url, tenant: Option<&str>, operation: Operation<'_>) -> Option<Written> {
    let at = |parts: &[&str]| {
        let mut url = place.clone();
        // An http address always has a path.
        url.path_segments_mut().ok()?.pop_if_empty().extend(tenant).extend(parts);
        Some(url)
    };
    let post =
        |url: Option<Url>, body: Value| Some(Written { method: Method::POST, url: url?, body: Some(body) });
    match operation {
        Operation::Send(errand) => post(at(&["message:send"]), value(&send(errand, true, None))?),
        Operation::Stream(errand) => post(at(&["message:stream"]), value(&send(errand, false, None))?),
        Operation::Cancel(id) => post(at(&["tasks", &format!("{id}:cancel")]), json!({})),
        Operation::Get(id) => {
            let mut url = at(&["tasks", id])?;
            url.query_pairs_mut().append_pair("historyLength", &HISTORY.to_string());
            Some(Written { method: Method::GET, url, body: None })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errand() -> Errand {
        Errand {
            words: "book it".into(),
            message_id: "m".into(),
            context: Some("c".into()),
            task: Some("t/1".into()),
            ..Errand::default()
        }
    }

    fn written(tongue: Tongue, operation: Operation<'_>) -> (String, Value) {
        let place = Url::parse("http://h/a2a").unwrap();
        let written = tongue.write(&place, None, operation).unwrap();
        let mut body = written.body.unwrap_or_default();
        if let Some(body) = body.as_object_mut() {
            body.remove("id");
        }
        (format!("{} {}", written.method, written.url), body)
    }

    #[test]
    fn requests() {
        let errand = errand();
        let (line, body) = written(Tongue::JsonRpc, Operation::Send(&errand));
        assert_eq!(line, "POST http://h/a2a");
        assert_eq!(
            body,
            json!({"jsonrpc": "2.0", "method": "SendMessage", "params": {
                "message": {"messageId": "m", "contextId": "c", "taskId": "t/1", "role": "ROLE_USER", "parts": [{"text": "book it"}]},
                "configuration": {"historyLength": 2, "returnImmediately": true}}})
        );
        let (_, body) = written(Tongue::JsonRpc03, Operation::Stream(&errand));
        assert_eq!(
            body,
            json!({"jsonrpc": "2.0", "method": "message/stream", "params": {
                "message": {"kind": "message", "messageId": "m", "contextId": "c", "taskId": "t/1", "role": "user",
                    "parts": [{"kind": "text", "text": "book it"}]},
                "configuration": {"historyLength": 2, "blocking": true}}})
        );
        assert_eq!(written(Tongue::Rest, Operation::Stream(&errand)).0, "POST http://h/a2a/message:stream");
        assert_eq!(
            written(Tongue::Rest, Operation::Get("t/1")).0,
            "GET http://h/a2a/tasks/t%2F1?historyLength=2"
        );
        assert_eq!(written(Tongue::Rest, Operation::Cancel("t")).0, "POST http://h/a2a/tasks/t:cancel");
        assert_eq!(written(Tongue::JsonRpc03, Operation::Cancel("t")).1["method"], "tasks/cancel");
    }

    #[test]
    fn what_is_spoken() {
        assert_eq!(Tongue::of("JSONRPC", "1.0"), Some(Tongue::JsonRpc));
        assert_eq!(Tongue::of("jsonrpc", "0.3.0"), Some(Tongue::JsonRpc03));
        assert_eq!(Tongue::of("HTTP+JSON", "1.0"), Some(Tongue::Rest));
        for (binding, version) in [("GRPC", "1.0"), ("HTTP+JSON", "0.3"), ("JSONRPC", "2.0"), ("", "")] {
            assert_eq!(Tongue::of(binding, version), None, "{binding} {version}");
        }
    }

    #[test]
    fn answers_are_unwrapped() {
        let answer = json!({"jsonrpc": "2.0", "id": 1, "result": {"task": {}}});
        assert_eq!(Tongue::JsonRpc.unwrap(200, answer).unwrap(), json!({"task": {}}));
        let refused =
            json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32001, "message": "no such task"}});
        let refusal = WireError::Refused { code: -32001, message: "no such task".into() };
        assert_eq!(Tongue::JsonRpc03.unwrap(200, refused), Err(refusal.clone()));
        let refused = json!({"error": {"code": 404, "status": "NOT_FOUND", "message": "no such task"}});
        assert_eq!(Tongue::Rest.unwrap(404, refused), Err(refusal));
        for odd in [json!([]), json!("x"), json!({"jsonrpc": "2.0"})] {
            assert_eq!(Tongue::JsonRpc.unwrap(200, odd), Err(WireError::odd()));
        }
    }
}
