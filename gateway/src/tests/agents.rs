//! Agents that misbehave: what their cards may do, and how a call ends.

mod calls;
mod cards;
mod rounds;

use serde_json::json;

use super::agent::{Agent, CardReply, Reply, card};
use super::*;

const SKILL: &str = "travel__trip_plan";

/// With waits so short that they can be waited for.
async fn impatient(change: impl FnOnce(&mut Limits)) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path());
    change(&mut config.limits);
    Rig { gateway: Gateway::open(config).await.unwrap(), folder }
}

fn registration(url: &str) -> Registration {
    Registration { kind: Kind::Agent, ..Registration::new("travel", url) }
}

async fn register(rig: &Rig, agent: &Agent) -> ServerView {
    let view = rig.gateway.register(registration(&agent.url)).await.unwrap().view;
    assert_eq!(view.status, Status::Healthy, "{:?}", view.reason);
    view
}

fn task(state: &str, says: &str) -> Value {
    json!({"id": "t1", "contextId": "c1", "status": {"state": state, "message": {
        "messageId": "m", "role": "ROLE_AGENT", "parts": [{"text": says}]}}})
}

fn begun() -> Value {
    json!({"task": task("TASK_STATE_WORKING", "thinking")})
}

async fn ask(rig: &Rig, words: &str) -> Done {
    let authorized = rig.granted(SKILL, json!({"message": words})).await;
    rig.run(authorized).await
}
