//! The A2A agents with real models, and the Python and JavaScript SDKs as their clients.

use homepilot::agents::Agent;
use homepilot_tests::{
    peers,
    server::{Process, Server},
};
use serde_json::{Value, json};

const REQUEST: &str = "put buy bread on my to do list";
const TASKS: &str = "select count(*) from tasks";

fn address(server: &Server, agent: Agent) -> String {
    format!("http://{}", server.at.agents.of(agent))
}

/// JSON-RPC of revision 1.0; the result.
async fn call(address: &str, method: &str, params: Value) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let request = reqwest::Client::new().post(address).header("A2A-Version", "1.0").json(&body);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert!(answer.get("error").is_none(), "{answer}");
    answer["result"].clone()
}

async fn send(address: &str, text: &str, task: Option<&Value>) -> Value {
    let mut message = json!({"messageId": "m", "role": "ROLE_USER", "parts": [{"text": text}]});
    if let Some(task) = task {
        message["taskId"] = task["id"].clone();
    }
    call(address, "SendMessage", json!({ "message": message })).await["task"].clone()
}

fn seen(task: &Value) -> (&str, &str) {
    let words = &task["status"]["message"]["parts"][0]["text"];
    (task["status"]["state"].as_str().unwrap_or_default(), words.as_str().unwrap_or_default())
}

/// What a client of an SDK saw: asked, done after yes, not done after no, not done when it was cancelled.
fn is_right(saw: &Value) {
    let words = |of: &str| saw[of][1].as_str().unwrap_or_default().to_owned();
    assert_eq!(saw["name"], "Everyday assistant", "{saw}");
    assert_eq!(saw["skills"][0], "everyday_tasks", "{saw}");
    assert_eq!(saw["asked"][0], "TASK_STATE_INPUT_REQUIRED", "{saw}");
    assert!(words("asked").contains("bread") && words("asked").ends_with("Shall I?"), "{saw}");
    assert_eq!(saw["done"][0], "TASK_STATE_COMPLETED", "{saw}");
    assert!(words("done").contains("bread"), "{saw}");
    assert_eq!(saw["artifacts"][0], saw["done"][1], "{saw}");
    assert_eq!(saw["denied"], json!(["TASK_STATE_CANCELED", "Okay, I won't. Nothing was done."]), "{saw}");
    assert_eq!(saw["cancelled"][0], "TASK_STATE_CANCELED", "{saw}");
    assert!(words("cancelled").contains("Nothing was done"), "{saw}");
    let ended = |list: &str| saw[list].as_array().and_then(|all| all.last().cloned()).unwrap_or_default();
    assert_eq!(
        (&saw["watched"][0], ended("watched")),
        (&json!("TASK_STATE_INPUT_REQUIRED"), json!("TASK_STATE_COMPLETED")),
        "{saw}"
    );
    assert_eq!(
        (&saw["stream"][0], ended("stream").as_str().map(|s| s.replace('_', "").to_lowercase())),
        (&json!("task"), Some("statusupdate".to_owned())),
        "{saw}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_other_languages_and_of_both_revisions() {
    let server = Server::start().await.unwrap();
    let everyday = address(&server, Agent::Everyday);
    for (runs, revision) in ["newest", "older"].into_iter().enumerate() {
        let mut python = peers::python().unwrap();
        python.arg(peers::peer("a2a_client.py")).args([&everyday, revision, REQUEST]);
        let saw: Value = serde_json::from_str(&peers::run(python).await.unwrap()).unwrap();
        is_right(&saw);
        if revision == "newest" {
            assert_eq!(saw["listed"], json!(["TASK_STATE_CANCELED", "TASK_STATE_COMPLETED"]), "{saw}");
        }
        assert_eq!(saw["open"][0], "TASK_STATE_INPUT_REQUIRED", "{saw}");
        assert_eq!(server.home.count(TASKS).await.unwrap(), i64::try_from(runs).unwrap() + 1);
    }
    let mut node = peers::node().unwrap();
    node.arg(peers::peer("a2a_client.mjs")).args([&everyday, REQUEST]);
    let saw: Value = serde_json::from_str(&peers::run(node).await.unwrap()).unwrap();
    is_right(&saw);
    assert_eq!(saw["listed"], json!(["TASK_STATE_CANCELED", "TASK_STATE_COMPLETED"]), "{saw}");
    assert_eq!(server.home.count(TASKS).await.unwrap(), 3);

    let audit = server.get("/v1/agentic/audit").await.unwrap();
    let decided: Vec<&str> = audit["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["state"] == "succeeded")
        .filter_map(|entry| entry["decided_by"].as_str())
        .collect();
    assert_eq!(decided, ["api"; 3], "{audit}");
    let catalog = server.get("/v1/agentic/catalog").await.unwrap();
    assert_eq!(catalog["agents"][0]["url"], format!("{everyday}/"), "{catalog}");
    let status = server.get("/v1/agentic/status").await.unwrap();
    // The two that the Python clients left open.
    assert_eq!(status["agents"]["everyday"]["open_tasks"], 2, "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chief_of_staff_delegates_passes_questions_on_and_brings_the_answers_together() {
    let server = Server::start().await.unwrap();
    let chief = address(&server, Agent::ChiefOfStaff);
    let request = "Put buy bread on my to do list. Urgent: put call the bank on my to do list.";
    let mut task = send(&chief, request, None).await;
    let mut questions = Vec::new();
    while seen(&task).0 == "TASK_STATE_INPUT_REQUIRED" {
        questions.push(seen(&task).1.to_owned());
        assert!(questions.len() <= 2, "{questions:?}");
        // One is allowed and one is not.
        let answer = if seen(&task).1.contains("bank") { "yes" } else { "no" };
        task = send(&chief, answer, Some(&task)).await;
    }
    assert_eq!(questions.len(), 2, "{task}");
    assert!(
        questions.iter().all(|q| q.starts_with("The everyday assistant asks: ") && q.ends_with("Shall I?")),
        "{questions:?}"
    );
    let (state, words) = seen(&task);
    assert_eq!(state, "TASK_STATE_COMPLETED", "{task}");
    assert!(words.contains("bank") && words.contains("Not done"), "{task}");
    assert_eq!(server.home.count(TASKS).await.unwrap(), 1);

    // A loop stops at its bound.
    let message = json!({
        "messageId": "m", "role": "ROLE_USER", "parts": [{"text": REQUEST}],
        "metadata": {"homepilot.delegation": {"depth": 3}}
    });
    let task = call(&chief, "SendMessage", json!({ "message": message })).await["task"].clone();
    assert_eq!(seen(&task).0, "TASK_STATE_REJECTED", "{task}");
    assert!(seen(&task).1.contains("3 times"), "{task}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_survive_a_kill_and_say_what_became_of_them() {
    let home = homepilot_tests::server::Home::new().unwrap();
    let process = Process::start(&home).await.unwrap();
    let everyday = process.agents[0].clone();
    let asked = send(&everyday, REQUEST, None).await;
    assert_eq!(seen(&asked).0, "TASK_STATE_INPUT_REQUIRED", "{asked}");
    process.kill().await.unwrap();

    let process = Process::start(&home).await.unwrap();
    let kept = call(&process.agents[0], "GetTask", json!({"id": asked["id"]})).await;
    assert_eq!(seen(&kept).0, "TASK_STATE_FAILED", "{kept}");
    assert!(seen(&kept).1.contains("did nothing"), "{kept}");
    assert_eq!(home.count(TASKS).await.unwrap(), 0);
    process.kill().await.unwrap();
}
