//! One call, and an honest reading of how it ended: did it certainly not leave, is it certainly over, or can nobody know?

use rmcp::model::{CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ResourceContents};
use rmcp::service::ServiceError;
use rmcp::transport::streamable_http_client::StreamableHttpError;
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::Connection;
use super::handshake::{brief, http_error, innermost, tidy};
use crate::address::scrub;
use crate::gateway::Limits;
use crate::name::ToolName;
use crate::plain_text;

/// The most text one result keeps.
const MAX_RESULT: usize = 256 * 1024;

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Called {
    /// The tool answered.
    Succeeded { text: String, structured: Option<Value> },
    /// The tool, or the server in its place, said no.
    Failed { text: String },
    /// Provably nothing was run: no connection could be made, or the request was turned away at the door.
    NotSent { reason: String },
    /// It left, and no answer came back.
    Unknown { reason: String },
}

impl Connection {
    /// Sends the call once and waits for its answer. Dropping this future tells the server that nobody waits any more.
    pub(crate) async fn call(
        &self,
        tool: &ToolName,
        arguments: Map<String, Value>,
        limits: &Limits,
    ) -> Called {
        let params = CallToolRequestParams::new(tool.as_str().to_owned()).with_arguments(arguments);
        match timeout(limits.call, self.peer.call_tool_once(params)).await {
            Ok(Ok(CallToolResponse::Complete(result))) => complete(result),
            Ok(Ok(CallToolResponse::InputRequired(_))) => Called::Failed {
                text: "the tool wants to ask something back, which is not supported yet".to_owned(),
            },
            Ok(Ok(_)) => Called::Unknown {
                reason: "the server went on with it in the background, which is not supported yet".to_owned(),
            },
            Ok(Err(error)) => self.read_error(&error),
            Err(_) => Called::Unknown { reason: format!("no answer within {:?}", limits.call) },
        }
    }

    fn read_error(&self, error: &ServiceError) -> Called {
        let unknown = |reason: String| Called::Unknown { reason };
        match error {
            ServiceError::McpError(error) => Called::Failed { text: tidy(&error.message, &self.url) },
            ServiceError::TransportSend(error) => match http_error(error) {
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

fn complete(result: CallToolResult) -> Called {
    let structured = result.structured_content;
    let mut text = result.content.iter().map(block).collect::<Vec<_>>().join("\n");
    // Servers should repeat structured content as text; where they don't, it is the text.
    if text.is_empty()
        && let Some(structured) = &structured
    {
        text = structured.to_string();
    }
    let text = capped(plain_text::answer(&text));
    let structured = structured.filter(|value| value.to_string().len() <= MAX_RESULT);
    if result.is_error == Some(true) {
        Called::Failed { text }
    } else {
        Called::Succeeded { text, structured }
    }
}

fn block(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => format!("[an image, {}]", image.mime_type),
        ContentBlock::Audio(audio) => format!("[a recording, {}]", audio.mime_type),
        ContentBlock::Resource(resource) => match &resource.resource {
            ResourceContents::TextResourceContents { text, .. } => text.clone(),
            ResourceContents::BlobResourceContents { uri, .. } => format!("[a file, {uri}]"),
            _ => "[something this version can't show]".to_owned(),
        },
        ContentBlock::ResourceLink(link) => format!("[a link, {}]", link.uri),
        _ => "[something this version can't show]".to_owned(),
    }
}

fn capped(mut text: String) -> String {
    let whole = text.len();
    if whole > MAX_RESULT {
        text.truncate(text.floor_char_boundary(MAX_RESULT));
        text.push_str(&format!("\n[cut here: the whole result is {whole} bytes, the limit is {MAX_RESULT}]"));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn result(value: Value) -> Called {
        complete(serde_json::from_value(value).unwrap())
    }

    #[test]
    fn results() {
        assert_eq!(
            result(
                json!({"content": [{"type": "text", "text": "a\u{202e}"}, {"type": "image", "data": "", "mimeType": "image/png"}]})
            ),
            Called::Succeeded { text: "a\n[an image, image/png]".into(), structured: None }
        );
        assert_eq!(
            result(json!({"content": [{"type": "text", "text": "no"}], "isError": true})),
            Called::Failed { text: "no".into() }
        );
        assert_eq!(
            result(json!({"content": [], "structuredContent": {"a": 1}})),
            Called::Succeeded { text: "{\"a\":1}".into(), structured: Some(json!({"a": 1})) }
        );
    }

    #[test]
    fn long_results_are_cut_between_characters() {
        let Called::Succeeded { text, .. } =
            result(json!({"content": [{"type": "text", "text": "é".repeat(200_000)}]}))
        else {
            panic!("not a success")
        };
        assert!(text.ends_with("[cut here: the whole result is 400000 bytes, the limit is 262144]"));
        assert!(text.len() < 262_144 + 100);
    }
}
