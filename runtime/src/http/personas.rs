//! Who can be talked to.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use homepilot_gateway::api_error::ApiError;
use homepilot_personas::{Mode, Persona};
use serde_json::{Value, json};

use crate::app::App;

/// `GET /v1/personas`.
pub(super) async fn list(State(app): State<Arc<App>>) -> Json<Value> {
    let personas: Vec<Value> = app.personas.list().iter().map(|p| view(p)).collect();
    let problems: Vec<String> = app.personas.problems().iter().map(ToString::to_string).collect();
    Json(json!({"personas": personas, "problems": problems}))
}

/// `GET /v1/personas/{id}`.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let persona = app.persona(&id).map_err(|message| ApiError::not_found("unknown_persona", message))?;
    let mut view = view(&persona);
    view["instructions"] = json!(persona.instructions);
    Ok(Json(view))
}

fn view(persona: &Persona) -> Value {
    let rules: Vec<Value> = persona
        .autonomy
        .rules
        .iter()
        .map(|rule| json!({"server": rule.server, "actions": rule.actions, "level": rule.level}))
        .collect();
    json!({
        "id": persona.id.to_string(),
        "name": persona.name,
        "description": persona.description,
        "mode": match persona.mode { Mode::Linked => "linked", Mode::Unlinked => "unlinked" },
        "greeting": persona.greeting,
        "language": persona.language,
        "voice": {"id": persona.voice.id, "speed": persona.voice.speed},
        "autonomy": {"default": persona.autonomy.default, "ceiling": persona.autonomy.ceiling, "rules": rules},
        "tools": {"allow": persona.tools.allow, "deny": persona.tools.deny},
        "memory": {"enabled": persona.memory}
    })
}
