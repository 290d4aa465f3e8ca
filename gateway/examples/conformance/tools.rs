//! The fixture's tools. Those that ask something back do so by a request of their own in 2025-11-25 and by their result in
//! 2026-07-28.
#![expect(deprecated, reason = "2025-11-25 has sampling and log levels")]

use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, CreateMessageRequestParams,
    ElicitRequestParams, ErrorData, InputRequiredResult, InputResponses, LoggingLevel,
    LoggingMessageNotificationParam, ProgressNotificationParam, RequestStateCodec, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::fixture::{Fixture, PNG, read, result};

/// Silence of one sample.
const WAV: &str = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA==";
const PAUSE: Duration = Duration::from_millis(50);
const KEY: &[u8] = b"the fixture's key signs only the fixture's states";

type Answer = Result<CallToolResponse, ErrorData>;

pub fn list(extra: bool) -> Vec<Tool> {
    let plain = [
        "test_simple_text",
        "test_image_content",
        "test_audio_content",
        "test_embedded_resource",
        "test_multiple_content_types",
        "test_tool_with_logging",
        "test_logging_tool",
        "test_tool_with_progress",
        "test_error_handling",
        "test_elicitation_sep1034_defaults",
        "test_elicitation_sep1330_enums",
        "test_missing_capability",
        "test_streaming_elicitation",
        "test_trigger_tool_change",
        "test_trigger_prompt_change",
        "test_input_required_result_elicitation",
        "test_input_required_result_sampling",
        "test_input_required_result_list_roots",
        "test_input_required_result_request_state",
        "test_input_required_result_multiple_inputs",
        "test_input_required_result_multi_round",
        "test_input_required_result_tampered_state",
        "test_input_required_result_capabilities",
    ];
    let extra = extra.then_some("test_added_tool");
    let nothing = json!({"type": "object", "properties": {}});
    let one =
        |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}, "required": [name]});
    let mut tools: Vec<_> = plain.into_iter().chain(extra).map(|name| (name, nothing.clone())).collect();
    tools.push(("test_sampling", one("prompt")));
    tools.push(("test_elicitation", one("message")));
    tools.push(("json_schema_2020_12_tool", schema_2020_12()));
    tools
        .into_iter()
        .map(|(name, schema)| read(json!({"name": name, "description": "A fixture.", "inputSchema": schema})))
        .collect()
}

fn schema_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"address": {"$anchor": "addressDef", "type": "object",
                              "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
        "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"},
                       "contactMethod": {"type": "string", "enum": ["phone", "email"]},
                       "phone": {"type": "string"}, "email": {"type": "string"}},
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false,
    })
}

pub async fn call(
    fixture: &Fixture,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Answer {
    let arguments = Value::Object(request.arguments.unwrap_or_default());
    let picture = json!({"type": "image", "data": PNG, "mimeType": "image/png"});
    let embedded = |uri: &str, text: &str| json!({"type": "resource", "resource": {"uri": uri, "mimeType": "text/plain", "text": text}});
    match request.name.as_ref() {
        "test_simple_text" | "test_added_tool" | "json_schema_2020_12_tool" => {
            said("This is a simple text response for testing.")
        }
        "test_image_content" => content(vec![picture]),
        "test_audio_content" => content(vec![json!({"type": "audio", "data": WAV, "mimeType": "audio/wav"})]),
        "test_embedded_resource" => content(vec![embedded("test://embedded-resource", "A resource's text.")]),
        "test_multiple_content_types" => content(vec![
            json!({"type": "text", "text": "Several kinds of content:"}),
            picture,
            embedded("test://mixed-content-resource", "{\"test\":\"data\"}"),
        ]),
        "test_error_handling" => Ok(result::<CallToolResult>(
            json!({"content": [{"type": "text", "text": "This tool always fails."}], "isError": true}),
        )
        .into()),
        "test_tool_with_logging" => logged(&context, true).await,
        "test_logging_tool" => logged(&context, context.meta.log_level().is_some()).await,
        "test_tool_with_progress" => progressed(&context).await,
        "test_trigger_tool_change" => {
            fixture.tools.send_modify(|extra| *extra = !*extra);
            said("The list of tools has changed.")
        }
        "test_trigger_prompt_change" => {
            fixture.prompts.send_modify(|extra| *extra = !*extra);
            said("The list of prompts has changed.")
        }
        "test_missing_capability" => match context.client_capabilities().and_then(|known| known.sampling) {
            Some(_) => said("The client can sample."),
            None => Err(ErrorData::missing_required_client_capability(read::<ClientCapabilities>(
                json!({"sampling": {}}),
            ))),
        },
        "test_sampling" => {
            let params =
                read::<CreateMessageRequestParams>(sampling(arguments["prompt"].clone())["params"].clone());
            let answer = context.peer.create_message(params).await;
            said(&format!("LLM response: {}", json!(answer.map_err(refused)?.message.content)))
        }
        "test_elicitation" => {
            let fields = json!({"username": {"type": "string"}, "email": {"type": "string"}});
            elicited(&context, arguments["message"].as_str().unwrap_or_default(), fields).await
        }
        "test_elicitation_sep1034_defaults" => elicited(&context, "Check the defaults", defaults()).await,
        "test_elicitation_sep1330_enums" => elicited(&context, "Choose", choices()).await,
        other => asked_back(
            other,
            Round {
                answers: request.input_responses.unwrap_or_default(),
                state: request.request_state,
                client: context.client_capabilities().unwrap_or_default(),
            },
        ),
    }
}

fn content(blocks: Vec<Value>) -> Answer {
    Ok(result::<CallToolResult>(json!({"content": blocks})).into())
}

fn said(text: &str) -> Answer {
    content(vec![json!({"type": "text", "text": text})])
}

fn refused(error: rmcp::ServiceError) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

async fn logged(context: &RequestContext<RoleServer>, wanted: bool) -> Answer {
    for step in ["started", "works", "completed"] {
        if wanted {
            let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(step));
            context.peer.notify_logging_message(message).await.map_err(refused)?;
        }
        sleep(PAUSE).await;
    }
    said("logged")
}

async fn progressed(context: &RequestContext<RoleServer>) -> Answer {
    for progress in [0.0, 50.0, 100.0] {
        if let Some(token) = context.meta.get_progress_token() {
            let params = ProgressNotificationParam::new(token, progress).with_total(100.0);
            context.peer.notify_progress(params).await.map_err(refused)?;
        }
        sleep(PAUSE).await;
    }
    said("done")
}

async fn elicited(context: &RequestContext<RoleServer>, message: &str, fields: Value) -> Answer {
    let mut params = form(message, fields)["params"].take();
    params["mode"] = "form".into();
    let answer =
        context.peer.create_elicitation(read::<ElicitRequestParams>(params)).await.map_err(refused)?;
    said(&format!("The answer: {}", json!(answer)))
}

pub fn form(message: &str, fields: Value) -> Value {
    json!({"method": "elicitation/create", "params": {
        "message": message, "requestedSchema": {"type": "object", "properties": fields}}})
}

fn sampling(prompt: Value) -> Value {
    json!({"method": "sampling/createMessage", "params": {"maxTokens": 100,
        "messages": [{"role": "user", "content": {"type": "text", "text": prompt}}]}})
}

fn defaults() -> Value {
    json!({
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": true},
    })
}

fn choices() -> Value {
    let plain = json!(["option1", "option2", "option3"]);
    let titled = json!([{"const": "value1", "title": "First"}, {"const": "value2", "title": "Second"},
                        {"const": "value3", "title": "Third"}]);
    json!({
        "untitledSingle": {"type": "string", "enum": plain},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["One", "Two", "Three"]},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": plain}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    })
}

/// What came with this leg of a request that takes several.
struct Round {
    answers: InputResponses,
    state: Option<String>,
    client: ClientCapabilities,
}

impl Round {
    fn answered(&self, key: &str) -> bool {
        self.answers.get(key).is_some_and(Value::is_object)
    }
}

fn asked_back(tool: &str, round: Round) -> Answer {
    let codec = RequestStateCodec::try_new(KEY).expect("the key is long enough");
    let ask = |requests: Value, state: Option<&str>| {
        let state = state.map(|state| codec.seal(state.as_bytes()));
        Ok(InputRequiredResult::new(Some(read(requests)), state).into())
    };
    let state = match &round.state {
        None => None,
        Some(sealed) => {
            Some(codec.open(sealed).map_err(|error| ErrorData::invalid_params(error.to_string(), None))?)
        }
    };
    let name = form("What is your name?", json!({"name": {"type": "string"}}));
    let confirm = form("Go on?", json!({"ok": {"type": "boolean"}}));
    let roots = json!({"method": "roots/list", "params": {}});
    let capital = sampling("What is the capital of France?".into());
    match tool {
        "test_input_required_result_elicitation" | "test_streaming_elicitation" => {
            if round.answered("user_name") {
                said(&format!("Hello, {}!", round.answers["user_name"]["content"]["name"]))
            } else {
                ask(json!({"user_name": name}), None)
            }
        }
        "test_input_required_result_sampling" if round.answered("capital_question") => said("Sampled."),
        "test_input_required_result_sampling" => ask(json!({"capital_question": capital}), None),
        "test_input_required_result_list_roots" if round.answered("client_roots") => {
            said(&format!("The roots: {}", round.answers["client_roots"]["roots"]))
        }
        "test_input_required_result_list_roots" => ask(json!({"client_roots": roots}), None),
        "test_input_required_result_request_state" | "test_input_required_result_tampered_state" => {
            if state.is_some() && round.answered("confirm") {
                said("state-ok")
            } else {
                ask(json!({"confirm": confirm}), Some("asked"))
            }
        }
        "test_input_required_result_multiple_inputs" => {
            if state.is_some()
                && ["user_name", "greeting", "client_roots"].iter().all(|key| round.answered(key))
            {
                said("All three arrived.")
            } else {
                ask(json!({"user_name": name, "greeting": capital, "client_roots": roots}), Some("asked"))
            }
        }
        "test_input_required_result_multi_round" => match state.as_deref() {
            Some(b"second") if round.answered("step2") => said("Both steps are done."),
            Some(b"first") if round.answered("step1") => {
                let colour = form("Your favourite colour?", json!({"color": {"type": "string"}}));
                ask(json!({"step2": colour}), Some("second"))
            }
            _ => ask(json!({"step1": name}), Some("first")),
        },
        "test_input_required_result_capabilities" => {
            let mut requests = json!({});
            if round.client.sampling.is_some() {
                requests["capital_question"] = capital;
            }
            if round.client.elicitation.is_some() {
                requests["user_name"] = name;
            }
            if round.answers.is_empty() { ask(requests, None) } else { said("Answered.") }
        }
        other => Err(ErrorData::invalid_params(format!("no tool {other}"), None)),
    }
}
