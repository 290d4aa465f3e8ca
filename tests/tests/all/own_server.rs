//! A server of one's own, after the guide: registered with its curl line, used at once, gone when it is gone.

use homepilot_tests::{peers, program::homepilot, server::Server};
use serde_json::{Value, json};

async fn say(server: &Server, session: Option<&str>, text: &str) -> Value {
    let mut body = json!({"persona": "assistant", "text": text});
    if let Some(session) = session {
        body["session"] = json!(session);
    }
    let (status, answer) = server.post("/v1/agentic/invoke", &body).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    answer
}

/// The guide's line: name, url, description, to the gateway's port.
async fn register(server: &Server, url: &str) -> Value {
    let body = json!({"name": "lights", "url": url, "description": "The lights of the house"});
    let address = format!("http://{}/api/servers", server.at.gateway);
    let response = reqwest::Client::new().post(address).json(&body).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 201);
    response.json().await.unwrap()
}

fn lines(file: &std::path::Path) -> usize {
    std::fs::read_to_string(file).unwrap_or_default().lines().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn registered_used_by_voice_killed_back_and_deregistered() {
    let server = Server::start().await.unwrap();
    let file = server.home.path().join("lights.txt");
    let lights = peers::lights(&file, 0).await.unwrap();
    let port = lights.port();
    let view = register(&server, &lights.url).await;
    assert_eq!(
        (view["status"].as_str(), view["tools"][0]["name"].as_str()),
        (Some("healthy"), Some("switch_light")),
        "{view}"
    );

    // Discovered without a restart, asked about, done once.
    let has = |ids: &[String]| ids.iter().any(|id| id == "lights__switch_light");
    server.capabilities_until(has).await.unwrap();
    let question = server.recording("question", "Switch the light in the kitchen on.").await.unwrap();
    let yes = server.recording("yes", "Yes, please.").await.unwrap();
    let port_of_runtime = server.at.runtime.port().to_string();
    let arguments = ["ask", "--audio", question.to_str().unwrap(), "--then", yes.to_str().unwrap()];
    let variables = [("HOMEPILOT_PORTS_RUNTIME", port_of_runtime.as_str())];
    let printed = homepilot(&server.home, &variables, &arguments).await.unwrap().said;
    assert!(printed.contains("Shall I?"), "{printed}");
    assert_eq!(lines(&file), 1, "{printed}");

    // Killed between question and yes: nothing is done, and that is said.
    let asked = say(&server, None, "switch the light in the bedroom on").await;
    assert!(asked["approval"]["question"].as_str().unwrap_or_default().contains("bedroom"), "{asked}");
    lights.kill().await.unwrap();
    let told = say(&server, asked["session"].as_str(), "yes").await;
    let state = told["outcome"]["state"].as_str().unwrap_or("denied").to_owned();
    assert!(["not_sent", "unknown", "denied"].contains(&state.as_str()), "{told}");
    assert!(!told["reply"].as_str().unwrap().is_empty(), "{told}");
    assert_eq!(lines(&file), 1);
    let audit = server.get("/v1/agentic/audit?server=lights").await.unwrap();
    assert_ne!(audit["entries"][0]["state"], "succeeded", "{audit}");

    // It leaves discovery; the persona goes on with what is left.
    server.capabilities_until(|ids| !has(ids)).await.unwrap();
    let capabilities = server.get("/v1/agentic/capabilities").await.unwrap();
    assert_eq!(capabilities["unavailable"][0]["server"], "lights", "{capabilities}");
    let task = say(&server, None, "put buy bread on my to do list").await;
    assert_eq!(task["approval"]["tool"], "create_task", "{task}");

    // It comes back by itself.
    let lights = peers::lights(&file, port).await.unwrap();
    server.capabilities_until(has).await.unwrap();

    // Deregistered, it is gone at once.
    let address = format!("http://{}/api/servers/lights", server.at.gateway);
    let gone = reqwest::Client::new().delete(&address).send().await.unwrap();
    assert_eq!(gone.status().as_u16(), 204);
    assert!(!server.app.gateway.capabilities().iter().any(|c| c.server.as_str() == "lights"));
    assert_eq!(reqwest::get(&address).await.unwrap().status().as_u16(), 404);
    lights.kill().await.unwrap();
}
