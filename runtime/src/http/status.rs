//! What is loaded, reachable and open.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use homepilot_gateway::{Status, api_error::ApiError};
use homepilot_personas::Persona;
use serde_json::{Map, Value, json};

use crate::{
    app::{App, Warming},
    engines::Part,
    fetching::{Arrival, Off, View, advice},
};

/// `GET /v1/agentic/status`. `ready` means that the next utterance is heard, planned and answered without waiting for
/// anything to load.
pub(super) async fn status(State(app): State<Arc<App>>) -> Json<Value> {
    let mut status = of(&app);
    status["agents"] = app.agents.status().await;
    Json(status)
}

/// The status as the contract has it.
pub fn of(app: &App) -> Value {
    let views = app.engines.views();
    let warming = *app.warming().borrow();
    let mut models = Map::new();
    for view in &views {
        let mut model = json!({"id": view.id.to_string(), "state": view.state, "restarts": view.restarts});
        if let Some(coming) = app.engines.fetching.coming(&view.id) {
            model["bytes"] = json!(coming.bytes);
            model["of"] = json!(coming.of);
        }
        if let Some(reason) = &view.reason {
            model["reason"] = json!(reason);
        }
        if view.part == Part::Planner && view.state == "ready" {
            match warming {
                Warming::Warm => {}
                Warming::Waiting => model["state"] = json!("warming"),
                Warming::Evaluating(done, total) => {
                    model["state"] = json!("warming");
                    model["progress"] = json!(done as f64 / total.max(1) as f64);
                }
            }
        }
        models.insert(view.part.key().to_owned(), model);
    }
    let ready = views.iter().all(|v| v.state == "ready") && warming == Warming::Warm;
    let servers = app.gateway.servers();
    let count = |status: Status| servers.iter().filter(|s| s.status == status).count();
    let mut status = json!({
        "ready": ready,
        "models": models,
        "gateway": {"servers": {"healthy": count(Status::Healthy), "unreachable": count(Status::Unreachable)}},
        "sessions": app.sessions.load(Ordering::Relaxed),
        "uptime_s": app.started.elapsed().as_secs(),
        "version": env!("CARGO_PKG_VERSION"),
        "broke_off": app.broke_off(),
        "problems": app.personas.problems().iter().map(ToString::to_string).collect::<Vec<_>>()
    });
    if let Some(view) = app.engines.fetching.view(Instant::now()) {
        status["fetch"] = fetch(&view);
    }
    status
}

/// `GET /health`: it answers, and how often each engine was started anew since the program was.
pub(super) async fn health(State(app): State<Arc<App>>) -> Json<Value> {
    let views = app.engines.views();
    let restarts: Map<String, Value> =
        views.iter().map(|view| (view.part.key().to_owned(), json!(view.restarts))).collect();
    Json(json!({"status": "ok", "restarts": restarts}))
}

/// What is still to come. `left_s` is there once it can be told, `again_s` while nothing is tried.
fn fetch(view: &View) -> Value {
    let models: Vec<Value> = view
        .models
        .iter()
        .map(|model| {
            let (state, reason) = match &model.arrival {
                Arrival::Unknown | Arrival::Waiting => ("waiting", None),
                Arrival::Coming => ("fetching", None),
                Arrival::Failed(trouble) => ("failed", Some(advice(trouble))),
                Arrival::Here => ("here", None),
            };
            json!({
                "id": model.id.to_string(), "title": model.title, "kind": model.kind, "state": state,
                "bytes": model.bytes, "of": model.of, "reason": reason
            })
        })
        .collect();
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs());
    json!({"models": models, "left_s": seconds(view.left), "again_s": seconds(view.again)})
}

/// `POST /v1/agentic/models/fetch`: what could not be had is tried again now.
pub(super) async fn try_now(State(app): State<Arc<App>>) -> Result<(StatusCode, Json<Value>), ApiError> {
    let refused = |off: Off| ApiError::conflict("not_fetched", off.to_string());
    app.engines.fetching.try_now().map_err(refused)?;
    Ok((StatusCode::ACCEPTED, Json(of(&app))))
}

/// `GET /v1/models`, in the shape of OpenAI's API: each persona is a model.
pub(super) async fn models(State(app): State<Arc<App>>) -> Json<Value> {
    let data: Vec<Value> = app.personas.list().iter().map(|persona| as_model(persona)).collect();
    Json(json!({"object": "list", "data": data}))
}

/// `GET /v1/models/{id}`: one of them.
pub(super) async fn model(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let persona = app.persona(&id).map_err(|message| ApiError::not_found("unknown_persona", message))?;
    Ok(Json(as_model(&persona)))
}

fn as_model(persona: &Persona) -> Value {
    json!({"id": persona.id.to_string(), "object": "model", "created": 0, "owned_by": "homepilot"})
}

/// `GET /metrics`, Prometheus text.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> String {
    let mut text = homepilot_gateway::http::metrics(&app.gateway);
    text.push_str("# HELP homepilot_sessions Open voice sessions.\n# TYPE homepilot_sessions gauge\n");
    text.push_str(&format!("homepilot_sessions {}\n", app.sessions.load(Ordering::Relaxed)));
    text.push_str(
        "# HELP homepilot_engine_ready Whether an engine is loaded.\n# TYPE homepilot_engine_ready gauge\n",
    );
    for view in app.engines.views() {
        let ready = u8::from(view.state == "ready");
        text.push_str(&format!("homepilot_engine_ready{{part=\"{}\"}} {ready}\n", view.part.key()));
    }
    text.push_str(
        "# HELP homepilot_engine_restarts_total Times an engine broke off and was started anew.\n# TYPE homepilot_engine_restarts_total counter\n",
    );
    for view in app.engines.views() {
        let (part, restarts) = (view.part.key(), view.restarts);
        text.push_str(&format!("homepilot_engine_restarts_total{{part=\"{part}\"}} {restarts}\n"));
    }
    text
}
