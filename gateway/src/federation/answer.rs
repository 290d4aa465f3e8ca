//! How a call's end is told to the client: the tool's own result as it is, and everything else in words.

use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock, ErrorData, MetaObject, ResultType};

use serde_json::json;

use crate::a2a::agent_asks;
use crate::execution::Done;
use crate::upstream::Called;

/// Names the server that answered, which is ours and not the one behind us.
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// What the call came to.
pub(super) fn of(called: Called) -> Result<CallToolResponse, ErrorData> {
    match called {
        Called::Answered { mut result, .. } | Called::Asks { mut result, .. } => {
            result.result_type = Some(ResultType::COMPLETE);
            result.meta = without_server(result.meta.take());
            Ok(result.into())
        }
        Called::Refused { error } => Err(error),
        Called::InputRequired(_) => Ok(failed("the tool asked for more than this client can be asked")),
        Called::NotSent { reason } => Ok(failed(format!("It did not happen: {reason}."))),
        Called::Broken { reason } | Called::Unknown { reason } => Ok(failed(format!(
            "It is not known whether it happened: {reason}. It is not repeated by itself; look before you try again."
        ))),
    }
}

/// What an earlier call with the same idempotency key came to.
pub(super) fn again(done: Done) -> CallToolResponse {
    match done {
        Done::Succeeded { text, structured } => {
            let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
            result.structured_content = structured;
            result.into()
        }
        Done::Asks { question } => agent_asks(&question).into(),
        Done::ToolFailed { text } => failed(text),
        Done::NotSent { reason } => failed(format!("It did not happen: {reason}.")),
        Done::Unknown { reason } => failed(format!("It is not known whether it happened: {reason}.")),
    }
}

/// A failure that the caller's model should read.
pub(super) fn failed(text: impl Into<String>) -> CallToolResponse {
    CallToolResult::error(vec![ContentBlock::text(text.into())]).into()
}

/// A refusal that the calling server can tell apart by its code.
pub(super) fn refused(code: &str, reason: &str) -> CallToolResponse {
    let message = format!("It was not run: {reason}.");
    let mut result = CallToolResult::structured_error(json!({"error": {"code": code, "message": message}}));
    result.content = vec![ContentBlock::text(message)];
    result.into()
}

pub(super) fn without_server(meta: Option<MetaObject>) -> Option<MetaObject> {
    let mut meta = meta?;
    meta.remove(SERVER_INFO);
    (!meta.is_empty()).then_some(meta)
}
