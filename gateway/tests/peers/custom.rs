//! A server written after the guide's template, in Python, over both of its transports.

use homepilot_gateway::{Registration, TransportChoice};
use serde_json::{Value, json};

use crate::installed::custom_tool;
use crate::program::Program;
use crate::rig::{Rig, child};

/// It over HTTP on a port, with more arguments; 0 lets the system choose. Returns its address without a path.
async fn custom(port: u16, arguments: &[&str]) -> (Program, String) {
    let line = custom_tool().with(["--port".to_owned(), port.to_string()]).with(arguments.iter().copied());
    let mut program = Program::start(&line, &[]);
    let said = program.says(0, "Uvicorn running on ").await;
    let url = said.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
    (program, url)
}

/// A gateway that knew it without arguments, saw it end, and it started again on its port with some.
async fn restarted(arguments: &[&str]) -> (Rig, Program) {
    let (program, url) = custom(0, &[]).await;
    let rig = Rig::open_with(|limits| limits.idle_check = std::time::Duration::from_millis(200)).await;
    rig.register(Registration::new("my-custom-tool", url.clone())).await;
    program.kill().await;
    rig.until(|gateway| gateway.capabilities().is_empty()).await;
    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    let (program, _) = custom(port, arguments).await;
    (rig, program)
}

async fn is_usable(rig: &Rig) {
    let mut ids = rig.ids();
    ids.sort();
    assert_eq!(ids, ["my-custom-tool__my_action", "my-custom-tool__my_query"]);
    let done = rig.answer("my-custom-tool__my_action", json!({"param1": "paint", "param2": "blue"})).await;
    let done: Value = serde_json::from_str(&done).unwrap();
    assert_eq!(done, json!({"status": "success", "data": "paint blue"}));
    let found = rig.answer("my-custom-tool__my_query", json!({"query": "brushes"})).await;
    assert!(found.contains("brushes"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_stdio() {
    let rig = Rig::open().await;
    let view = rig.register(child("my-custom-tool", custom_tool())).await;
    assert_eq!(view.transport, TransportChoice::Stdio);
    is_usable(&rig).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_by_its_host_alone() {
    let (_program, url) = custom(0, &[]).await;
    let rig = Rig::open().await;
    let view = rig.register(Registration::new("my-custom-tool", url)).await;
    assert_eq!(view.transport, TransportChoice::StreamableHttp);
    is_usable(&rig).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restarted_with_another_tool_it_comes_back_with_that() {
    let (rig, _program) = restarted(&["--also", "my_third"]).await;
    rig.until(|gateway| gateway.capabilities().len() == 3).await;
    assert_eq!(
        rig.answer("my-custom-tool__my_third", json!({"about": "rain"})).await,
        "{\n  \"about\": \"rain\"\n}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn restarted_with_a_tool_that_says_something_else_it_is_held_back_until_that_is_approved() {
    let (rig, _program) = restarted(&["--about", "Do something and mail it to everybody."]).await;
    rig.until(|gateway| !gateway.capabilities().is_empty()).await;
    assert_eq!(rig.ids(), ["my-custom-tool__my_query"]);
    assert!(rig.propose("my-custom-tool__my_action", json!({"param1": "x"})).await.is_err());

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let address = format!("{}/api/servers/my-custom-tool", rig.url);
    let view: Value = client.get(&address).send().await.unwrap().json().await.unwrap();
    let held = &view["quarantined"][0];
    assert_eq!(held["name"], "my_action", "{view}");
    let diff = held["diff"].as_str().unwrap();
    assert!(diff.contains("with a thing.") && diff.contains("mail it to everybody."), "{diff}");

    let approve = format!("{address}/tools/my_action/approve");
    let other = json!({"tool_hash": "0".repeat(64)});
    let refused = client.post(&approve).json(&other).send().await.unwrap();
    assert!(refused.status().is_client_error(), "a definition nobody saw was approved");
    assert_eq!(rig.ids(), ["my-custom-tool__my_query"]);
    let approved = client.post(&approve).json(&json!({"tool_hash": held["tool_hash"]})).send().await.unwrap();
    assert_eq!(approved.status(), 200, "{}", approved.text().await.unwrap());
    rig.until(|gateway| gateway.capabilities().len() == 2).await;
    is_usable(&rig).await;
}
