//! Lists that come in pages, hold for a time, or change; and a server whose calls fail one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::watch;

use super::*;

/// Counts what it is asked.
struct Asked {
    lists: AtomicUsize,
    pings: watch::Sender<usize>,
}

/// A server of 2025-11-25 whose `tools/list` is answered by `list`, from the cursor, and whose calls all break.
async fn serve(list: fn(Option<&str>) -> Value) -> (Arc<Asked>, String, tokio::task::JoinHandle<()>) {
    let asked = Arc::new(Asked { lists: AtomicUsize::new(0), pings: watch::Sender::new(0) });
    let counts = asked.clone();
    let answer = move |axum::Json(request): axum::Json<Value>| async move {
        let result = match request["method"].as_str().unwrap_or_default() {
            "initialize" => {
                json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "x", "version": "1"}})
            }
            "tools/list" => {
                counts.lists.fetch_add(1, Ordering::SeqCst);
                list(request["params"]["cursor"].as_str())
            }
            "ping" => {
                counts.pings.send_modify(|count| *count += 1);
                json!({})
            }
            "notifications/initialized" => return StatusCode::ACCEPTED.into_response(),
            "tools/call" => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            _ => return StatusCode::BAD_REQUEST.into_response(),
        };
        Response::into_response(
            axum::Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).into_response(),
        )
    };
    let router = axum::Router::new().route("/mcp", axum::routing::post(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    (asked, url, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

fn page(name: &str, next: Option<String>) -> Value {
    let mut page = json!({"tools": [{"name": name, "inputSchema": {"type": "object"}}]});
    if let Some(next) = next {
        page["nextCursor"] = next.into();
    }
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_read() {
    let pages = |cursor: Option<&str>| match cursor {
        None => page("first", Some("a".into())),
        Some("a") => page("second", Some("b".into())),
        Some(_) => page("third", None),
    };
    let (rig, (_asked, url, server)) = (Rig::open().await, serve(pages).await);
    let view = rig.register("paged", url).await;
    let names: Vec<&str> = view.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["first", "second", "third"]);
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_end_is_cut() {
    let endless = |cursor: Option<&str>| {
        let page_number = cursor.map_or(0, |cursor| cursor.parse::<usize>().unwrap());
        page(&format!("t{page_number}"), Some((page_number + 1).to_string()))
    };
    let (rig, (_asked, url, server)) = (Rig::open().await, serve(endless).await);
    let view = rig.register("endless", url).await;
    assert_eq!(view.tools.len(), 100);
    assert_eq!(view.notes, ["its list has more than 100 pages, the rest was left out"]);
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_holds_as_long_as_its_server_says() {
    let lasting = |_: Option<&str>| {
        let mut page = page("look", None);
        page["ttlMs"] = json!(600_000);
        page
    };
    let (rig, (asked, url, server)) = (Rig::open().await, serve(lasting).await);
    rig.register("lasting", url).await;
    let mut pings = asked.pings.subscribe();
    tokio::time::timeout(Duration::from_secs(30), pings.wait_for(|pings| *pings >= 4))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(asked.lists.load(Ordering::SeqCst), 1);
    rig.gateway.refresh("lasting").await.unwrap();
    assert_eq!(asked.lists.load(Ordering::SeqCst), 2);
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_calls_fail_is_left_alone_and_comes_back() {
    let (rig, (_asked, url, server)) = (Rig::open().await, serve(|_| page("look", None)).await);
    rig.register("broken", url).await;
    let mut granted = Vec::new();
    for _ in 0..6 {
        granted.push(rig.granted("broken__look", json!({})).await);
    }
    let last = granted.pop().unwrap();
    for authorized in granted {
        let done = rig.run(authorized).await;
        assert!(matches!(done, Done::Unknown { .. }), "{done:?}");
    }
    rig.until(|gateway| gateway.capabilities().is_empty()).await;
    let Done::NotSent { reason } = rig.run(last).await else { panic!("it was sent") };
    assert!(
        reason.starts_with("broken can't be used right now: it has failed 5 times in a row, tried again in "),
        "{reason}"
    );
    assert_eq!(rig.gateway.server("broken").unwrap().status, Status::Unreachable);
    rig.until(|gateway| gateway.capabilities().len() == 1).await;
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announced_change_is_followed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = GatewayConfig::new(folder.path().join("homepilot.db"));
    // No look of its own comes before the test is over.
    config.limits.idle_check = Duration::from_secs(3600);
    let rig = Rig { gateway: Gateway::open(config).await.unwrap(), folder };
    rig.gateway.register(programs::program(&rig, "child")).await.unwrap();
    let authorized = rig.granted("child__grow", json!({})).await;
    assert!(matches!(rig.run(authorized).await, Done::Succeeded { .. }));
    rig.until(|gateway| gateway.capability(&"child__grown".parse().unwrap()).is_some()).await;
    rig.gateway.shutdown().await;
}
