//! The reference server that has everything, over each of its transports.

use std::time::Duration;

use homepilot_gateway::{Class, Done, Level, Registration, ServerPatch, TransportChoice, Verdict};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::installed::node_server;
use crate::program::{Program, free_port, running};
use crate::rig::{Rig, child};

/// It over `streamableHttp` or `sse`, and its address without a path.
async fn everything(transport: &str) -> (Program, String) {
    let port = free_port().to_string();
    let mut program = Program::start(&node_server("everything").with([transport]), &[("PORT", &port)]);
    program.says(0, " on port ").await;
    (program, format!("http://127.0.0.1:{port}"))
}

/// What it offers and answers is the same over each transport.
async fn is_usable(rig: &Rig, name: &str) {
    let ids = rig.ids();
    for tool in ["echo", "get-sum", "get-env", "trigger-long-running-operation"] {
        assert!(ids.contains(&format!("{name}__{tool}")), "{tool} in {ids:?}");
    }
    let echo = rig.answer(&format!("{name}__echo"), json!({"message": "good morning"})).await;
    assert_eq!(echo, "Echo: good morning");
    let sum = rig.answer(&format!("{name}__get-sum"), json!({"a": 2, "b": 40})).await;
    assert_eq!(sum, "The sum of 2 and 40 is 42.");
    // An argument of the wrong kind is found before it is sent.
    assert!(rig.propose(&format!("{name}__get-sum"), json!({"a": "two", "b": 40})).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn streamable_http_is_found_by_its_host_and_by_its_path() {
    let (_program, url) = everything("streamableHttp").await;
    let rig = Rig::open().await;
    for (name, path) in [("bare", ""), ("slash", "/"), ("path", "/mcp")] {
        let view = rig.register(Registration::new(name, format!("{url}{path}"))).await;
        assert_eq!(view.transport, TransportChoice::StreamableHttp, "{name}");
        is_usable(&rig, name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_sse_is_found_by_its_host_and_by_its_path() {
    let (_program, url) = everything("sse").await;
    let rig = Rig::open().await;
    for (name, path) in [("bare", ""), ("path", "/sse")] {
        let view = rig.register(Registration::new(name, format!("{url}{path}"))).await;
        assert_eq!(view.transport, TransportChoice::Sse, "{name}");
        is_usable(&rig, name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_process_is_used_and_ends_with_the_gateway() {
    let rig = Rig::open().await;
    // An argument it doesn't look at sets this child apart from those of other tests.
    let marker = format!("marker-{}", uuid::Uuid::new_v4());
    let view = rig.register(child("local", node_server("everything").with(["stdio", &marker]))).await;
    assert_eq!(view.transport, TransportChoice::Stdio);
    is_usable(&rig, "local").await;
    assert_eq!(running(&marker).len(), 1);
    rig.gateway.shutdown().await;
    assert_eq!(running(&marker), Vec::<u32>::new(), "its child outlived the gateway");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_calls_itself_read_only_is_not_harmless_until_its_server_is_trusted() {
    let (_program, url) = everything("streamableHttp").await;
    let rig = Rig::open().await;
    rig.register(Registration::new("odd", url)).await;
    // It hands out every environment variable and says of itself that it only reads.
    assert_eq!(rig.class("odd__get-env"), Class::Unknown);
    rig.level("odd", Level::ReadOnly, &[]).await;
    let verdict = rig.propose("odd__get-env", json!({})).await.unwrap();
    assert!(matches!(verdict, Verdict::Denied(_)), "{verdict:?}");
    rig.level("odd", Level::Autonomous, &[]).await;
    let verdict = rig.propose("odd__get-env", json!({})).await.unwrap();
    assert!(matches!(verdict, Verdict::Ask(_)), "{verdict:?}");
    let trusted = ServerPatch { trusted: Some(true), ..ServerPatch::default() };
    rig.gateway.patch("odd", trusted).await.unwrap();
    assert_eq!(rig.class("odd__get-env"), Class::Read);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_call_goes_on_as_long_as_it_reports_progress() {
    let (_program, url) = everything("streamableHttp").await;
    let rig = Rig::open_with(|limits| limits.call = Duration::from_secs(3)).await;
    rig.register(Registration::new("slow", url)).await;
    // Longer than a call may be silent, in steps much shorter than that.
    let arguments = json!({"duration": 5, "steps": 10});
    let text = rig.answer("slow__trigger-long-running-operation", arguments).await;
    assert_eq!(text, "Long running operation completed. Duration: 5 seconds, Steps: 10.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_call_is_unknown_and_the_next_one_works() {
    let (mut program, url) = everything("streamableHttp").await;
    // No looks of its own in between, so that the next request is the call.
    let rig = Rig::open_with(|limits| limits.idle_check = Duration::from_secs(600)).await;
    rig.register(Registration::new("slow", url)).await;
    let authorized =
        rig.granted("slow__trigger-long-running-operation", json!({"duration": 120, "steps": 1})).await;
    let cancel = CancellationToken::new();
    let before = program.lines();
    let (gateway, token) = (rig.gateway.clone(), cancel.clone());
    let call = tokio::spawn(async move { gateway.execute(authorized, token).await.state });
    program.says(before, "Received MCP POST request").await;
    cancel.cancel();
    let done = call.await.unwrap();
    assert!(matches!(done, Done::Unknown { .. }), "{done:?}");
    assert_eq!(rig.answer("slow__echo", json!({"message": "still here"})).await, "Echo: still here");
}
