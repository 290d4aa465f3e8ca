//! The gateway as the MCP conformance suite's client: it registers the server it is given, signs in as a person with a browser
//! would, and calls the tools as a persona would, through the policy and the ledger.
//!
//! Where a tool asks something back, another MCP program calls it through the gateway's `/mcp`, with a person to answer.
//!
//! `conformance client --command target/release/examples/conformance_client --requirements 2026-07-28`

mod person;

use std::time::Duration;

use homepilot_gateway::{
    Auth, Done, Gateway, GatewayConfig, Grounds, Level, OAuthSettings, Passing, PersonaProfile, Proposal,
    Registration, RulePatch, ServerView, Status, Verdict,
};
use reqwest::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};

type Failure = Box<dyn std::error::Error>;

const NAME: &str = "conformance";
/// Where the suite says that a client of its has published its document.
const DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";
/// Scenarios in which a tool asks something back.
const ASKING: [&str; 2] = ["elicitation-sep1034-client-defaults", "sep-2322-client-request-state"];
/// Far more sign-ins than the gateway may offer; it has to stop offering by itself.
const MAX_SIGN_INS: usize = 10;

/// What the suite tells about the scenario.
#[derive(Default, Deserialize)]
struct Context {
    client_id: Option<String>,
    client_secret: Option<String>,
    #[serde(default, rename = "toolCalls")]
    tool_calls: Vec<ToolCall>,
}

#[derive(Deserialize)]
struct ToolCall {
    name: String,
    #[serde(default)]
    arguments: Map<String, Value>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let url = std::env::args().next_back().ok_or("give the address of the server")?;
    let scenario = std::env::var("MCP_CONFORMANCE_SCENARIO").unwrap_or_default();
    let context: Context = std::env::var("MCP_CONFORMANCE_CONTEXT")
        .ok()
        .map_or(Ok(Context::default()), |text| serde_json::from_str(&text))?;
    let run = run(&scenario, url, context);
    tokio::time::timeout(Duration::from_secs(25), run).await?
}

async fn run(scenario: &str, url: String, context: Context) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let mut config = GatewayConfig::new(folder.path().join("homepilot.db"));
    let port = format!("http://{}", listener.local_addr()?);
    config.public_url = Some(port.clone());
    // Only our own looks count here.
    config.limits.idle_check = Duration::from_secs(60);
    let gateway = Gateway::open(config).await?;
    let router = homepilot_gateway::http::router(gateway.clone());
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let client = Client { gateway: gateway.clone(), mcp: format!("{port}/mcp"), browser: browser()? };
    let ended = client.run(scenario, url, context).await;
    gateway.shutdown().await;
    serving.abort();
    ended
}

struct Client {
    gateway: Gateway,
    mcp: String,
    browser: reqwest::Client,
}

impl Client {
    async fn run(&self, scenario: &str, url: String, context: Context) -> Result<(), Failure> {
        let mut registration = Registration::new(NAME, url);
        registration.auth = auth(scenario, &context)?;
        let view = self.gateway.register(registration).await?.view;
        let view = self.signed_in(view).await?;
        self.allow(&view).await?;
        let version = std::env::var("MCP_CONFORMANCE_PROTOCOL_VERSION").unwrap_or_default();
        for call in self.calls(context) {
            if ASKING.contains(&scenario) {
                person::call(&self.mcp, &version, &format!("{NAME}__{}", call.name), call.arguments).await?;
            } else {
                self.call(&call).await?;
            }
        }
        // Another look: the server may have changed its mind about us.
        for _ in 0..3 {
            let view = self.gateway.refresh(NAME).await.ok_or("the server is gone")?;
            self.signed_in(view).await?;
        }
        Ok(())
    }

    /// Signs in as long as the gateway says that it would help, until the server is there.
    async fn signed_in(&self, mut view: ServerView) -> Result<ServerView, Failure> {
        for _ in 0..MAX_SIGN_INS {
            match (&view.sign_in, view.status) {
                (Some(page), _) => self.browse(page).await?,
                (None, Status::Healthy) => return Ok(view),
                (None, _) => return Err(format!("{NAME}: {}", view.reason.unwrap_or_default()).into()),
            }
            view = self.gateway.server(NAME).ok_or("the server is gone")?;
        }
        Err("the gateway offers to sign in for ever".into())
    }

    /// A person's browser, with a provider that asks nothing.
    async fn browse(&self, page: &str) -> Result<(), Failure> {
        let mut page = reqwest::Url::parse(page)?;
        for _ in 0..10 {
            let response = self.browser.get(page.clone()).send().await?;
            let status = response.status();
            let Some(next) = response.headers().get(header::LOCATION) else {
                let text = response.text().await?;
                return if status == StatusCode::OK {
                    Ok(())
                } else {
                    Err(format!("{status}: {text}").into())
                };
            };
            page = page.join(next.to_str()?)?;
        }
        Err("the browser is sent round in circles".into())
    }

    /// Lets every tool run unasked.
    async fn allow(&self, view: &ServerView) -> Result<(), Failure> {
        let actions: Vec<String> = view.tools.iter().map(|tool| tool.name.to_string()).collect();
        if actions.is_empty() {
            return Ok(());
        }
        let patch = RulePatch {
            tool: NAME.to_owned(),
            level: Level::Autonomous,
            actions: Some(actions),
            persona: None,
            boundaries: None,
            approve: None,
        };
        self.gateway.set_rule(patch).await?;
        Ok(())
    }

    /// The calls that the suite asks for, or one of each tool.
    fn calls(&self, context: Context) -> Vec<ToolCall> {
        if !context.tool_calls.is_empty() {
            return context.tool_calls;
        }
        let tools = self.gateway.capabilities();
        tools
            .into_iter()
            .map(|tool| ToolCall { name: tool.tool.to_string(), arguments: arguments(&tool.input_schema) })
            .collect()
    }

    async fn call(&self, call: &ToolCall) -> Result<(), Failure> {
        for _ in 0..MAX_SIGN_INS {
            let done = self.execute(call).await?;
            eprintln!("{}: {done:?}", call.name);
            let view = self.gateway.server(NAME).ok_or("the server is gone")?;
            match (done, view.sign_in.is_some()) {
                (Done::NotSent { .. }, true) => {
                    self.signed_in(view).await?;
                }
                (Done::NotSent { reason } | Done::Unknown { reason }, _) => return Err(reason.into()),
                (Done::Succeeded { .. } | Done::Asks { .. } | Done::ToolFailed { .. }, _) => return Ok(()),
            }
        }
        Err("the gateway offers to sign in for ever".into())
    }

    async fn execute(&self, call: &ToolCall) -> Result<Done, Failure> {
        let proposal = Proposal {
            persona: persona(),
            session: "conformance".to_owned(),
            capability: format!("{NAME}__{}", call.name).parse()?,
            arguments: call.arguments.clone(),
            grounds: Grounds::Caller,
            idempotency_key: None,
            passing: Passing::default(),
            by_voice: false,
            ttl: Duration::from_secs(5),
        };
        match self.gateway.propose(proposal).await? {
            Verdict::Allowed(authorized) => {
                Ok(self.gateway.execute(authorized, Default::default()).await.state)
            }
            other => Err(format!("the policy says {other:?}").into()),
        }
    }
}

/// How to sign in, where the scenario supposes that somebody has arranged it; else the server has to say so itself.
fn auth(scenario: &str, context: &Context) -> Result<Option<Auth>, Failure> {
    let settings = match scenario {
        "auth/basic-cimd" => json!({"client_metadata_url": DOCUMENT}),
        "auth/client-credentials-basic" => {
            json!({"client_id": context.client_id, "client_secret": context.client_secret, "grant": "client_credentials"})
        }
        _ if context.client_id.is_some() => {
            json!({"client_id": context.client_id, "client_secret": context.client_secret})
        }
        _ => return Ok(None),
    };
    Ok(Some(Auth::OAuth(serde_json::from_value::<OAuthSettings>(settings)?)))
}

/// The least that a schema requires.
fn arguments(schema: &Value) -> Map<String, Value> {
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    required
        .map(|name| {
            let value = match schema["properties"][name]["type"].as_str() {
                Some("number" | "integer") => json!(1),
                Some("boolean") => json!(true),
                Some("array") => json!([]),
                Some("object") => json!({}),
                _ => json!("test"),
            };
            (name.to_owned(), value)
        })
        .collect()
}

fn persona() -> PersonaProfile {
    PersonaProfile::new("assistant")
}

fn browser() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()
}
