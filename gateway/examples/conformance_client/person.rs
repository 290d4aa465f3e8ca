//! Somebody at `/mcp` who can be asked: says yes to every question, with what the form suggests.

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, ElicitRequestParams,
    ElicitResult, ElicitationAction, ElicitationCapability, ErrorData, FormElicitationCapability,
    Implementation, ProtocolVersion,
};
use rmcp::service::{ClientLifecycleMode, RequestContext, RoleClient, serve_client_with_lifecycle};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, ServiceError};
use serde_json::{Map, Value, json};

use super::Failure;

#[derive(Clone)]
struct Person;

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        let form = FormElicitationCapability::new().with_schema_validation(true);
        capabilities.elicitation = Some(ElicitationCapability::new().with_form(form));
        ClientConfig::new(capabilities, Implementation::new("conformance-person", env!("CARGO_PKG_VERSION")))
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let request = serde_json::to_value(&request).unwrap_or_default();
        let answer = filled(&request["requestedSchema"]);
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(Value::Object(answer)))
    }
}

/// The form as it is suggested; where nothing is, the least that it requires.
fn filled(form: &Value) -> Map<String, Value> {
    let mut answer = super::arguments(form);
    for (name, field) in form["properties"].as_object().into_iter().flatten() {
        if let Some(default) = field.get("default") {
            answer.insert(name.clone(), default.clone());
        } else if let Some(choice) = field["enum"].get(0).filter(|_| answer.contains_key(name)) {
            answer.insert(name.clone(), choice.clone());
        }
    }
    answer
}

/// Calls a tool at `/mcp` and answers what it asks.
pub async fn call(
    mcp: &str,
    version: &str,
    name: &str,
    arguments: Map<String, Value>,
) -> Result<(), Failure> {
    let version: ProtocolVersion = serde_json::from_value(json!(version))?;
    let mode = if version.has_initialize() {
        ClientLifecycleMode::Initialize
    } else {
        ClientLifecycleMode::Discover { preferred_versions: vec![version] }
    };
    let config = StreamableHttpClientTransportConfig::with_uri(mcp);
    let http = reqwest::Client::builder().no_proxy().build()?;
    let transport = StreamableHttpClientTransport::with_client(http, config);
    let client = serve_client_with_lifecycle(Person, transport, mode).await?;
    let params = CallToolRequestParams::new(name.to_owned()).with_arguments(arguments);
    let result: Result<CallToolResult, ServiceError> = client.call_tool(params).await;
    eprintln!("{name}: {result:?}");
    client.cancel().await?;
    result?;
    Ok(())
}
