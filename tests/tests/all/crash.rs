//! Our own process killed while a call is on its way: the ledger says so, and nothing is repeated.

use std::time::Duration;

use homepilot_tests::{
    peers,
    server::{Home, Process},
};
use serde_json::{Value, json};

async fn post(url: String, body: &Value) -> reqwest::Result<Value> {
    reqwest::Client::new().post(url).json(body).send().await?.json().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_cut_off_by_sigkill_is_unknown_and_never_repeated() {
    let home = Home::new().unwrap();
    let file = home.path().join("lights.txt");
    let lights = peers::lights(&file, 0).await.unwrap();
    let process = Process::start(&home).await.unwrap();
    let body = json!({"name": "lights", "url": lights.url, "description": "The lights of the house"});
    post(format!("http://{}/api/servers", process.gateway), &body).await.unwrap();
    let invoke = format!("http://{}/v1/agentic/invoke", process.runtime);
    let asked =
        post(invoke.clone(), &json!({"persona": "assistant", "text": "switch the light in the cellar on"}))
            .await
            .unwrap();
    assert_eq!(asked["approval"]["tool"], "switch_light", "{asked}");
    assert_eq!(asked["approval"]["arguments"]["room"], "cellar", "{asked}");
    let yes = json!({"persona": "assistant", "text": "yes", "session": asked["session"]});
    let answering = tokio::spawn(async move { post(invoke, &yes).await });
    let acted = async {
        while std::fs::read_to_string(&file).unwrap_or_default().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), acted).await.expect("the call reaches the server");
    process.kill().await.unwrap();
    assert!(answering.await.unwrap().is_err(), "the connection broke with the process");

    let process = Process::start(&home).await.unwrap();
    assert!(process.said.iter().any(|line| line.contains("outcome unknown")), "{:?}", process.said);
    let audit: Value = reqwest::get(format!("http://{}/v1/agentic/audit?server=lights", process.runtime))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(audit["entries"][0]["state"], "unknown", "{audit}");
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1, "it was not repeated");
    process.kill().await.unwrap();
    lights.kill().await.unwrap();
}
