//! The server that the conformance suite expects to find: tools, resources and prompts by the names it calls, in both
//! revisions of the protocol.
#![expect(deprecated, reason = "2025-11-25 has log levels and resource subscriptions")]

use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, ErrorData,
    GetPromptRequestParams, GetPromptResponse, GetPromptResult, InputRequiredResult, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, ServerCapabilities, ServerConfig,
    SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, RoleServer, SubscriptionContext};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::tools;

/// A grey dot.
pub const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";

/// The fixture. Clones share what changes: whether the extra tool and the extra prompt are on offer.
#[derive(Clone)]
pub struct Fixture {
    pub tools: watch::Sender<bool>,
    pub prompts: watch::Sender<bool>,
}

impl Fixture {
    pub fn new() -> Self {
        Self { tools: watch::Sender::new(false), prompts: watch::Sender::new(false) }
    }
}

/// A result from its JSON, complete by the word of 2026-07-28.
pub fn result<T: DeserializeOwned>(mut value: Value) -> T {
    value["resultType"] = "complete".into();
    read(value)
}

/// A protocol type from its JSON.
pub fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("a fixture's JSON fits the protocol")
}

type Answer<T> = Result<T, ErrorData>;
type Context = RequestContext<RoleServer>;

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(
            ServerCapabilities::builder()
                .enable_completions()
                .enable_logging()
                .enable_prompts()
                .enable_prompts_list_changed()
                .enable_resources()
                .enable_resources_subscribe()
                .enable_tools()
                .enable_tool_list_changed()
                .build(),
        )
    }

    async fn list_tools(&self, _: Option<PaginatedRequestParams>, _: Context) -> Answer<ListToolsResult> {
        Ok(ListToolsResult::with_all_items(tools::list(*self.tools.borrow())))
    }

    async fn call_tool(&self, request: CallToolRequestParams, context: Context) -> Answer<CallToolResponse> {
        tools::call(self, request, context).await
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Answer<ListResourcesResult> {
        Ok(result(json!({"resources": [
            {"uri": "test://static-text", "name": "A text", "mimeType": "text/plain"},
            {"uri": "test://static-binary", "name": "A picture", "mimeType": "image/png"},
            {"uri": "test://watched-resource", "name": "A text that can be watched", "mimeType": "text/plain"},
        ]})))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Answer<ListResourceTemplatesResult> {
        Ok(result(json!({"resourceTemplates": [
            {"uriTemplate": "test://template/{id}/data", "name": "Data by id", "mimeType": "application/json"},
        ]})))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Answer<ReadResourceResponse> {
        let uri = request.uri;
        let templated = uri.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data"));
        let content = match (uri.as_str(), templated) {
            ("test://static-text" | "test://watched-resource", _) => {
                json!({"uri": uri, "mimeType": "text/plain", "text": "The text of this resource."})
            }
            ("test://static-binary", _) => json!({"uri": uri, "mimeType": "image/png", "blob": PNG}),
            (_, Some(id)) => {
                let text = json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")});
                json!({"uri": uri, "mimeType": "application/json", "text": text.to_string()})
            }
            (_, None) => {
                return Err(ErrorData::resource_not_found("no such resource", Some(json!({"uri": uri}))));
            }
        };
        Ok(result::<ReadResourceResult>(json!({"contents": [content]})).into())
    }

    async fn list_prompts(&self, _: Option<PaginatedRequestParams>, _: Context) -> Answer<ListPromptsResult> {
        let argument = |name: &str| json!({"name": name, "description": "Any text.", "required": true});
        let mut prompts = vec![
            json!({"name": "test_simple_prompt", "description": "Takes nothing."}),
            json!({"name": "test_prompt_with_arguments", "description": "Takes two texts.",
                   "arguments": [argument("arg1"), argument("arg2")]}),
            json!({"name": "test_prompt_with_embedded_resource", "description": "Holds a resource.",
                   "arguments": [argument("resourceUri")]}),
            json!({"name": "test_prompt_with_image", "description": "Holds a picture."}),
            json!({"name": "test_input_required_result_prompt", "description": "Asks something back."}),
        ];
        if *self.prompts.borrow() {
            prompts.push(json!({"name": "test_added_prompt", "description": "Comes and goes."}));
        }
        Ok(result(json!({"prompts": prompts})))
    }

    async fn get_prompt(&self, request: GetPromptRequestParams, _: Context) -> Answer<GetPromptResponse> {
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let text = |text: String| json!({"type": "text", "text": text});
        let contents = match request.name.as_str() {
            "test_simple_prompt" | "test_added_prompt" => vec![text("A simple prompt.".to_owned())],
            "test_prompt_with_arguments" => {
                vec![text(format!("Prompt with arguments: {arguments}"))]
            }
            "test_prompt_with_embedded_resource" => vec![
                json!({"type": "resource", "resource": {"uri": arguments["resourceUri"], "mimeType": "text/plain",
                       "text": "The resource's text."}}),
                text("Read the resource above.".to_owned()),
            ],
            "test_prompt_with_image" => vec![
                json!({"type": "image", "data": PNG, "mimeType": "image/png"}),
                text("Look at the picture above.".to_owned()),
            ],
            "test_input_required_result_prompt" => {
                let answer = request.input_responses.unwrap_or_default().remove("user_context");
                let Some(answer) = answer else {
                    let asked = tools::form("Which context?", json!({"context": {"type": "string"}}));
                    let requests = read(json!({"user_context": asked}));
                    return Ok(InputRequiredResult::from_input_requests(requests).into());
                };
                vec![text(format!("In the context of {}.", answer["content"]["context"]))]
            }
            other => return Err(ErrorData::invalid_params(format!("no prompt {other}"), None)),
        };
        let messages: Vec<Value> =
            contents.into_iter().map(|content| json!({"role": "user", "content": content})).collect();
        Ok(result::<GetPromptResult>(json!({"messages": messages})).into())
    }

    async fn complete(&self, _: CompleteRequestParams, _: Context) -> Answer<CompleteResult> {
        Ok(result(json!({"completion": {"values": ["testing", "tested"], "total": 2, "hasMore": false}})))
    }

    async fn set_level(&self, _: SetLevelRequestParams, _: Context) -> Answer<()> {
        Ok(())
    }

    async fn subscribe(&self, _: SubscribeRequestParams, _: Context) -> Answer<()> {
        Ok(())
    }

    async fn unsubscribe(&self, _: UnsubscribeRequestParams, _: Context) -> Answer<()> {
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Answer<()> {
        let (mut tools, mut prompts) = (self.tools.subscribe(), self.prompts.subscribe());
        let accepted = context.accepted().clone();
        loop {
            let sent = tokio::select! {
                () = context.cancelled() => return Ok(()),
                Ok(()) = tools.changed(), if accepted.tools_list_changed == Some(true) => {
                    context.sink().notify_tool_list_changed().await
                }
                Ok(()) = prompts.changed(), if accepted.prompts_list_changed == Some(true) => {
                    context.sink().notify_prompt_list_changed().await
                }
            };
            if sent.is_err() {
                return Ok(());
            }
        }
    }
}
