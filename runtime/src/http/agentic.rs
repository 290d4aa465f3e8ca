//! Registration, capabilities, policy, approvals and audit: the gateway's operations under the runtime's address.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, Query, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use homepilot_gateway::{
    AuditQuery, Auth, CapabilityId, DecidedBy, Decision, ExplainError, Kind, MCP_CALLER, Registration,
    RulePatch, api_error::ApiError, http::keep_connectors, http::read_json, mcp_profile,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::LARGEST_JSON;
use crate::{app::App, translate};

#[derive(Deserialize)]
pub(super) struct OfPersona {
    persona: Option<String>,
}

fn persona(app: &App, id: Option<&str>) -> Result<homepilot_gateway::PersonaProfile, ApiError> {
    if id == Some(MCP_CALLER) {
        return Ok(mcp_profile());
    }
    app.persona(id.unwrap_or("assistant"))
        .map(|p| translate::profile(&p))
        .map_err(|message| ApiError::unusable("unknown_persona", message))
}

/// `GET /v1/agentic/capabilities[?persona=ID]`.
pub(super) async fn capabilities(
    State(app): State<Arc<App>>,
    Query(query): Query<OfPersona>,
) -> Result<Json<Value>, ApiError> {
    let profile = persona(&app, query.persona.as_deref())?;
    let filter = query.persona.is_some();
    let mut capabilities = Vec::new();
    for c in app.gateway.capabilities() {
        // A capability that went away between the two calls is left out, as it would be in the next answer.
        let Ok(explained) = app.gateway.explain(&profile, &c.id) else { continue };
        if filter && !profile.linked {
            continue;
        }
        capabilities.push(json!({
            "id": c.id, "server": c.server, "tool": c.tool, "kind": c.kind, "description": c.description,
            "input_schema": c.input_schema, "class": c.class, "level": explained.level, "category": c.category
        }));
    }
    Ok(Json(json!({"capabilities": capabilities, "unavailable": app.gateway.unavailable()})))
}

/// `POST /v1/agentic/register/{tool|agent|gateway}`.
pub(super) async fn register(
    State(app): State<Arc<App>>,
    Path(kind): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        name: String,
        url: String,
        #[serde(default)]
        description: String,
        category: Option<String>,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        auth: Option<Auth>,
        #[serde(default)]
        allow_private: bool,
    }
    let kind = known_kind(&kind)?;
    let body: Body = read_json(request, LARGEST_JSON).await?;
    let registration = Registration {
        kind,
        description: body.description,
        category: body.category,
        headers: body.headers,
        auth: body.auth,
        allow_private: body.allow_private,
        ..Registration::new(body.name, body.url)
    };
    let outcome = app.gateway.register(registration).await?;
    let status = if outcome.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(outcome.view)).into_response())
}

fn known_kind(kind: &str) -> Result<Kind, ApiError> {
    match kind {
        "tool" => Ok(Kind::Server),
        "gateway" => Ok(Kind::Gateway),
        "agent" => Ok(Kind::Agent),
        _ => Err(ApiError::not_found("not_found", "register takes tool, agent or gateway")),
    }
}

/// `DELETE /v1/agentic/register/{tool|agent|gateway}/{name}`.
pub(super) async fn deregister(
    State(app): State<Arc<App>>,
    Path((kind, name)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let wanted = known_kind(&kind)?;
    let unknown = || ApiError::not_found("unknown_server", format!("no {kind} {name:?} is registered"));
    if app.gateway.server(&name).is_none_or(|view| view.kind != wanted) {
        return Err(unknown());
    }
    keep_connectors(&app.gateway, &name)?;
    if app.gateway.deregister(&name).await? { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}

/// `PATCH /v1/agentic/policy`.
pub(super) async fn set_policy(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let patch: RulePatch = read_json(request, LARGEST_JSON).await?;
    // Callers at the gateway's /mcp are a persona without a file.
    if let Some(id) = patch.persona.as_deref().filter(|id| *id != MCP_CALLER) {
        app.persona(id).map_err(|message| ApiError::unusable("unknown_persona", message))?;
    }
    let rule = app.gateway.set_rule(patch).await?;
    Ok(Json(json!(rule)))
}

/// `GET /v1/agentic/policy[?persona=]`: every rule, and for each capability the one that decides.
pub(super) async fn policy(
    State(app): State<Arc<App>>,
    Query(query): Query<OfPersona>,
) -> Result<Json<Value>, ApiError> {
    let profile = persona(&app, query.persona.as_deref())?;
    let decides: Vec<Value> = app
        .gateway
        .capabilities()
        .iter()
        .filter_map(|c| Some((c.id.clone(), app.gateway.explain(&profile, &c.id).ok()?)))
        .map(|(id, explained)| {
            let mut row = json!(explained);
            row["capability"] = json!(id);
            row
        })
        .collect();
    Ok(Json(json!({"persona": profile.id, "rules": app.gateway.rules(), "decides": decides})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhichRule {
    tool: String,
    persona: Option<String>,
    action: Option<String>,
}

/// `DELETE /v1/agentic/policy?tool=[&persona=][&action=]`.
pub(super) async fn remove_policy(
    State(app): State<Arc<App>>,
    Query(which): Query<WhichRule>,
) -> Result<StatusCode, ApiError> {
    if app.gateway.remove_rule(&which.tool, which.persona.as_deref(), which.action.as_deref()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found(
            "unknown_rule",
            "there is no such rule; GET /v1/agentic/policy shows them all",
        ))
    }
}

#[derive(Deserialize)]
pub(super) struct Explain {
    persona: Option<String>,
    capability: String,
}

/// `GET /v1/agentic/policy/explain?persona=&capability=`.
pub(super) async fn explain(
    State(app): State<Arc<App>>,
    Query(query): Query<Explain>,
) -> Result<Json<Value>, ApiError> {
    let profile = persona(&app, query.persona.as_deref())?;
    let known = || app.gateway.capabilities().iter().map(|c| c.id.to_string()).collect::<Vec<_>>();
    let unknown =
        |message: String| ApiError::unusable("unknown_capability", message).with("known", json!(known()));
    let id: CapabilityId = query.capability.parse().map_err(|e| unknown(format!("{e}")))?;
    let explained = app.gateway.explain_call(&profile, &id, None).await.map_err(|error| match error {
        ExplainError::UnknownCapability(error) => unknown(error.to_string()),
        ExplainError::Store(error) => error.into(),
    })?;
    Ok(Json(json!(explained)))
}

/// `GET /v1/agentic/approvals`.
pub(super) async fn approvals(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({"approvals": app.gateway.approvals()}))
}

/// `POST /v1/agentic/approvals/{id}`. Other arguments than those that were asked about close the question and open one
/// of their own, which wants its own answer.
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        decision: String,
        arguments: Option<Map<String, Value>>,
        pin: Option<String>,
    }
    let body: Body = read_json(request, LARGEST_JSON).await?;
    let decision = match body.decision.as_str() {
        "approve" => Decision::Approve,
        "deny" => Decision::Deny,
        other => {
            let message = format!("decision is \"approve\" or \"deny\", not {other:?}");
            return Err(ApiError::unusable("invalid_decision", message));
        }
    };
    let id = id
        .parse()
        .map_err(|_| ApiError::not_found("unknown_approval", format!("there is no approval {id:?}")))?;
    if let (Decision::Approve, Some(arguments)) = (decision, body.arguments) {
        let asked = app.gateway.approval(&id).map(|view| view.arguments);
        if asked.as_ref() != Some(&arguments) {
            let anew = app.gateway.answer_edited(&id, arguments, DecidedBy::Api).await?;
            return Ok(Json(json!({"id": id, "decision": "edited", "approval": anew})));
        }
    }
    app.gateway.answer_with_pin(&id, decision, DecidedBy::Api, body.pin.as_deref()).await?;
    Ok(Json(json!({"id": id, "decision": body.decision})))
}

#[derive(Deserialize)]
pub(super) struct Audit {
    since: Option<String>,
    persona: Option<String>,
    server: Option<String>,
    limit: Option<u32>,
    #[serde(default)]
    every_step: bool,
}

/// `GET /v1/agentic/audit?since=&persona=&server=&limit=&every_step=`: with `every_step=true` each step of a call has a
/// row, so that the times between them can be read off.
pub(super) async fn audit(
    State(app): State<Arc<App>>,
    Query(query): Query<Audit>,
) -> Result<Json<Value>, ApiError> {
    let since = match query.since {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            ApiError::unusable(
                "invalid_since",
                format!("since is a time like 2026-01-31T09:00:00Z, not {text:?}"),
            )
        })?),
    };
    let query = AuditQuery {
        since,
        persona: query.persona,
        server: query.server,
        limit: query.limit,
        every_step: query.every_step,
    };
    Ok(Json(json!({"entries": app.gateway.audit(query).await?})))
}
