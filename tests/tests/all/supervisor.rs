//! `homepilot serve` under its supervisor: what ends from outside comes back and says so, and the two stop together.

use std::time::Duration;

use homepilot::{client::Client, config, config::Ports};
use homepilot_tests::{program::program, server::Home};
use serde_json::Value;
use tokio::process::{Child, Command};

/// A port that was free a moment ago: it has to be the same after the restart.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Without models: nothing is loaded, and the page is served.
fn serve(home: &Home, port: u16) -> Child {
    let empty = home.path().join("cache");
    std::fs::create_dir_all(&empty).unwrap();
    Command::new(program().unwrap())
        .args(["serve", "--no-fetch", "--port", &port.to_string()])
        .envs(home.variables())
        .env("XDG_CACHE_HOME", empty)
        .envs(Ports::ANY.named().map(|(key, port)| (config::variable(key), port.to_string())))
        .env_remove("INVOCATION_ID")
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// The processes that `parent` started.
fn children(parent: u32) -> Vec<u32> {
    let of = |id: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        after_name.split_whitespace().nth(1).and_then(|of| of.parse::<u32>().ok())
    };
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|id| of(id) == Some(parent))
        .collect()
}

async fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").args(["-s", name, &process.to_string()]).status().await.unwrap();
    assert!(sent.success());
}

/// Waits until nobody answers there.
async fn until_gone(port: u16) {
    let gone = async {
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), gone).await.expect("it goes on without its supervisor");
}

/// What the status says of the restart, once it is as `wanted`; until then nobody may answer.
async fn told(port: u16, wanted: impl Fn(&Value) -> bool) -> Value {
    let url = format!("http://127.0.0.1:{port}/v1/agentic/status");
    let telling = async {
        loop {
            if let Ok(answer) = reqwest::get(&url).await
                && let Ok(status) = answer.json::<Value>().await
                && wanted(&status["broke_off"])
            {
                return status["broke_off"].clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), telling).await.expect("nobody serves, or nobody tells")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_system_ended_is_started_again_and_says_so() {
    let (home, port) = (Home::new().unwrap(), free_port());
    let mut supervisor = serve(&home, port);
    assert_eq!(told(port, |_| true).await, Value::Null);
    let id = supervisor.id().unwrap();
    let serving = children(id);
    assert_eq!(serving.len(), 1, "{serving:?}");
    signal("KILL", serving[0]).await;
    let sentence = told(port, |told| !told.is_null()).await.to_string();
    assert!(sentence.contains("started again") && sentence.contains("memory"), "{sentence}");
    assert_ne!(children(id), serving);

    let mut client = Client::connect(&format!("127.0.0.1:{port}"), "assistant").await.unwrap();
    client.push_to_talk(false).await.unwrap();
    let noticed = async {
        while let Some(event) = client.next().await.unwrap() {
            if event["type"] == "homepilot.notice" && event["code"] == "restarted" {
                return event;
            }
        }
        panic!("the connection ended");
    };
    let notice = tokio::time::timeout(Duration::from_secs(30), noticed).await.expect("nobody says so");
    assert!(notice["message"].as_str().unwrap().contains("Activity"), "{notice}");
    drop(client);

    signal("TERM", id).await;
    let ended = tokio::time::timeout(Duration::from_secs(60), supervisor.wait()).await.expect("it stops");
    assert_eq!(ended.unwrap().code(), Some(0));
    until_gone(port).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_serves_does_not_outlive_its_supervisor() {
    let (home, port) = (Home::new().unwrap(), free_port());
    let mut supervisor = serve(&home, port);
    told(port, |_| true).await;
    supervisor.kill().await.unwrap();
    until_gone(port).await;
}
