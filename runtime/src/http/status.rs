//! What is loaded, reachable and open.

use std::sync::{Arc, atomic::Ordering};

use axum::{Json, extract::State};
use homepilot_gateway::Status;
use serde_json::{Map, Value, json};

use crate::app::{App, Warming};

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
        let mut model = json!({"id": view.id.to_string(), "state": view.state});
        if let Some(reason) = &view.reason {
            model["reason"] = json!(reason);
        }
        if view.part == "llm" && view.state == "ready" {
            match warming {
                Warming::Warm => {}
                Warming::Waiting => model["state"] = json!("warming"),
                Warming::Evaluating(done, total) => {
                    model["state"] = json!("warming");
                    model["progress"] = json!(done as f64 / total.max(1) as f64);
                }
            }
        }
        models.insert(view.part.to_owned(), model);
    }
    let ready = views.iter().all(|v| v.state == "ready") && warming == Warming::Warm;
    let servers = app.gateway.servers();
    let count = |status: Status| servers.iter().filter(|s| s.status == status).count();
    json!({
        "ready": ready,
        "models": models,
        "gateway": {"servers": {"healthy": count(Status::Healthy), "unreachable": count(Status::Unreachable)}},
        "sessions": app.sessions.load(Ordering::Relaxed),
        "uptime_s": app.started.elapsed().as_secs(),
        "version": env!("CARGO_PKG_VERSION"),
        "problems": app.personas.problems().iter().map(ToString::to_string).collect::<Vec<_>>()
    })
}

/// `GET /v1/models`, in the shape of OpenAI's API: each persona is a model.
pub(super) async fn models(State(app): State<Arc<App>>) -> Json<Value> {
    let data: Vec<Value> = app
        .personas
        .list()
        .iter()
        .map(|p| json!({"id": p.id.to_string(), "object": "model", "created": 0, "owned_by": "homepilot"}))
        .collect();
    Json(json!({"object": "list", "data": data}))
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
        text.push_str(&format!("homepilot_engine_ready{{part=\"{}\"}} {ready}\n", view.part));
    }
    text
}
