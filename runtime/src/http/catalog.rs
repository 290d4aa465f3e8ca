//! `GET /v1/agentic/catalog`: what there is, and what there could be.

use std::sync::{Arc, LazyLock};

use axum::{Json, extract::State};
use homepilot_gateway::{Kind, Origin, ServerView};
use homepilot_servers::Connector;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{app::App, connectors};

/// A provider of hosted MCP servers.
#[derive(Debug, Deserialize, Serialize)]
struct Provider {
    id: String,
    name: String,
    /// What its servers can be used for.
    actions: Vec<String>,
    /// How to get an address from it.
    endpoint: String,
    /// What such an address looks like.
    address: String,
    /// How it knows who calls.
    signs_in: String,
    /// The page about it, in this repository.
    page: String,
}

/// A test reads the file; a mistake in it never reaches a user.
static PROVIDERS: LazyLock<Vec<Provider>> = LazyLock::new(|| providers().unwrap_or_default());

fn providers() -> Result<Vec<Provider>, toml::de::Error> {
    #[derive(Deserialize)]
    struct File {
        provider: Vec<Provider>,
    }
    toml::from_str(include_str!("catalog/providers.toml")).map(|file: File| file.provider)
}

/// `GET /v1/agentic/catalog`.
pub(super) async fn catalog(State(app): State<Arc<App>>) -> Json<Value> {
    let servers = app.gateway.servers();
    let of = |wanted: &dyn Fn(&ServerView) -> bool| -> Vec<&ServerView> {
        servers.iter().filter(|view| wanted(view)).collect()
    };
    let ports = app.settings.ports;
    let view = |(connector, status): &(Connector, connectors::Status)| {
        connectors::view(*connector, ports.of_connector(*connector), status, &app.paths)
    };
    let connectors: Vec<Value> = app.connectors.states().iter().map(view).collect();
    let providers: Vec<Value> = PROVIDERS
        .iter()
        .map(|provider| {
            let mut row = json!(provider);
            row["register"] = json!({
                "method": "POST", "path": "/v1/agentic/register/tool",
                "body": {"name": provider.id, "url": provider.address, "description": provider.actions.join(", ")}
            });
            row
        })
        .collect();
    let mut agents = app.agents.listed();
    agents.extend(
        of(&|view| view.origin == Origin::User && view.kind == Kind::Agent).iter().map(|view| json!(view)),
    );
    Json(json!({
        "built_in": of(&|view| view.origin == Origin::Builtin),
        "connectors": connectors,
        "providers": providers,
        "servers": of(&|view| view.origin == Origin::User && view.kind == Kind::Server),
        "gateways": of(&|view| view.origin == Origin::User && view.kind == Kind::Gateway),
        "agents": agents,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_providers_of_the_guide_are_there() {
        let known = providers().unwrap();
        let ids: Vec<&str> = known.iter().map(|provider| provider.id.as_str()).collect();
        assert_eq!(ids, ["zapier", "klavis", "infobip", "viasocket"]);
        for provider in &known {
            assert!(!provider.actions.is_empty() && provider.address.starts_with("https://"), "{provider:?}");
            provider.id.parse::<homepilot_gateway::ServerName>().unwrap();
        }
    }
}
