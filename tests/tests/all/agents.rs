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

/// Registers an agent of others and waits until it can be asked.
async fn register(server: &Server, name: &str, url: &str) {
    let body = json!({"name": name, "url": url, "description": "An agent of others"});
    let (status, answer) = server.post("/v1/agentic/register/agent", &body).await.unwrap();
    assert!(status == 201 && answer["status"] == "healthy", "{answer}");
    let skill = format!("{name}__");
    server.capabilities_until(|ids| ids.iter().any(|id| id.starts_with(&skill))).await.unwrap();
}

/// Answers what is asked until nothing is; the questions and the end.
async fn answered(
    address: &str,
    request: &str,
    answer: impl Fn(&str) -> &'static str,
) -> (Vec<String>, Value) {
    let mut task = send(address, request, None).await;
    let mut questions = Vec::new();
    while seen(&task).0 == "TASK_STATE_INPUT_REQUIRED" {
        questions.push(seen(&task).1.to_owned());
        assert!(questions.len() <= 6, "{questions:?}");
        task = send(address, answer(&questions[questions.len() - 1]), Some(&task)).await;
    }
    (questions, task)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chief_of_staff_delegates_to_agents_of_others_and_their_questions_come_back() {
    let server = Server::start().await.unwrap();
    let chief = address(&server, Agent::ChiefOfStaff);
    let agents =
        [("travel", peers::python_agent().await.unwrap()), ("trips", peers::node_agent().await.unwrap())];
    for (done, (name, agent)) in (1..).zip(&agents) {
        register(&server, name, &agent.url).await;
        let request = format!("ask {name} to plan a weekend in Rome; put buy bread on my to do list");
        let answer = |asked: &str| if asked.contains("Which day?") { "Thursday" } else { "yes" };
        let (questions, task) = answered(&chief, &request, answer).await;
        let asked = |what: &str| questions.iter().any(|question| question.contains(what));
        assert!(questions.len() == 3 && asked("bread"), "{questions:?}");
        // Exactly what is sent, in the person's own words, and then what the agent wants to know.
        assert!(asked(&format!("ask {name} to plan a weekend in Rome. Shall I?")), "{questions:?}");
        assert!(asked(" asks: Which day?"), "{questions:?}");
        let (state, words) = seen(&task);
        assert_eq!(state, "TASK_STATE_COMPLETED", "{task}");
        assert!(words.contains(&format!("The {name} agent says: Booked for Thursday.")), "{words}");
        assert!(words.contains("The everyday assistant says:"), "{words}");
        assert_eq!(server.home.count(TASKS).await.unwrap(), done);
        let calls = task["artifacts"][0]["metadata"]["calls"].as_array().unwrap();
        let of_agent = calls.iter().filter(|call| call["server"] == *name);
        let states: Vec<&str> = of_agent.filter_map(|call| call["state"].as_str()).collect();
        assert_eq!(states, ["asks", "succeeded"], "{calls:?}");
    }
    // What nobody allows is not sent.
    let (questions, task) = answered(&chief, "ask travel to plan a week in Oslo", |_| "no").await;
    assert_eq!((questions.len(), seen(&task).0), (1, "TASK_STATE_CANCELED"), "{task}");
    let three = |audit: &Value| audit["entries"].as_array().is_some_and(|entries| entries.len() == 3);
    let audit = server.get_until("/v1/agentic/audit?server=travel", three).await.unwrap();
    let states: Vec<&str> =
        audit["entries"].as_array().unwrap().iter().filter_map(|entry| entry["state"].as_str()).collect();
    assert_eq!(states, ["denied", "succeeded", "succeeded"], "{audit}");
    assert_eq!(audit["entries"][1]["decided_by"], "api", "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_that_know_each_other_pass_a_request_on_only_so_often() {
    let server = Server::start().await.unwrap();
    let chief = address(&server, Agent::ChiefOfStaff);
    // Registered as an agent of its own, it gives what names it to itself.
    register(&server, "echo", &chief).await;
    let (questions, task) = answered(&chief, "ask echo to plan the week", |_| "yes").await;
    assert_eq!(questions.len(), 3, "{questions:?}");
    assert!(questions[2].starts_with("Echo asks: ") && questions[2].ends_with("Shall I?"), "{questions:?}");
    assert_eq!(seen(&task).0, "TASK_STATE_FAILED", "{task}");
    let list = call(&chief, "ListTasks", json!({})).await;
    assert_eq!(list["totalSize"], 4, "{list}");
    let mut tasks: Vec<&Value> = list["tasks"].as_array().unwrap().iter().collect();
    let depth = |task: &Value| {
        task["history"][0]["metadata"]["homepilot.delegation"]["depth"].as_f64().unwrap_or(0.0)
    };
    tasks.sort_by(|a, b| depth(a).total_cmp(&depth(b)));
    let depths: Vec<f64> = tasks.iter().map(|task| depth(task)).collect();
    assert_eq!(depths, [0.0, 1.0, 2.0, 3.0], "{list}");
    assert_eq!(seen(tasks[3]).0, "TASK_STATE_REJECTED", "{list}");
    assert!(seen(tasks[3]).1.contains("passed on 3 times"), "{list}");
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
