//! Voice Mode in headless Chromium with a recording as its microphone.

use std::path::Path;

use homepilot_tests::{
    peers::{self, node, peer, run},
    server::{Home, Process, Server},
};
use homepilot_voice::{Audio, wav};
use serde_json::Value;

/// One visit: the recording is the microphone, `mode` what the visitor does. Screenshots go to `target/screenshots`.
pub(crate) async fn visit(server: &Server, mode: &str, microphone: &Audio) -> Value {
    visit_at(&server.url("/"), server.home.path(), mode, microphone, "").await
}

async fn visit_at(url: &str, home: &Path, mode: &str, microphone: &Audio, word: &str) -> Value {
    let file = home.join("microphone.wav");
    std::fs::write(&file, wav::encode(microphone)).unwrap();
    let shots = peers::repository().join("target/screenshots");
    std::fs::create_dir_all(&shots).unwrap();
    let mut command = node().unwrap();
    command.arg(peer("voice_mode.js")).arg(mode).arg(url).arg(&file).arg(shots).arg(word);
    let printed = run(command).await.unwrap();
    serde_json::from_str(printed.trim().lines().last().unwrap()).unwrap()
}

/// A microphone in a quiet room.
pub(crate) fn quiet() -> Audio {
    Audio { rate: homepilot_voice::SampleRate::try_from(24_000).unwrap(), samples: silence(2.0) }
}

fn silence(seconds: f32) -> Vec<f32> {
    vec![0.0; (24_000.0 * seconds) as usize]
}

const REMINDERS: &str = "select count(*) from reminders";

#[tokio::test(flavor = "multi_thread")]
async fn hands_free_question_card_and_spoken_yes() {
    let server = Server::start().await.unwrap();
    let mut microphone = server.spoken("Remind me to water the garden tomorrow at five.").await.unwrap();
    microphone.samples.extend(silence(16.0));
    microphone.samples.extend(server.spoken("Yes, please.").await.unwrap().samples);
    microphone.samples.extend(silence(20.0));
    let seen = visit(&server, "hands-free", &microphone).await;
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 1, "{seen}");
    assert!(seen["question"].as_str().unwrap().contains("water the garden"), "{seen}");
    assert!(seen["transcript"].as_str().unwrap().to_lowercase().contains("water the garden"), "{seen}");
    assert_eq!(seen["problems"], serde_json::json!([]), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn push_to_talk_and_a_click_on_no() {
    let server = Server::start().await.unwrap();
    let mut microphone = server.spoken("Remind me to water the garden tomorrow at five.").await.unwrap();
    microphone.samples.extend(silence(30.0));
    let seen = visit(&server, "push-and-no", &microphone).await;
    assert!(seen["question"].as_str().unwrap().contains("water the garden"), "{seen}");
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 0, "{seen}");
    let audit = server.get("/v1/agentic/audit").await.unwrap();
    assert_eq!(
        (&audit["entries"][0]["state"], &audit["entries"][0]["decided_by"]),
        (&"denied".into(), &"screen".into()),
        "{audit}"
    );
    assert_eq!(seen["problems"], serde_json::json!([]), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn typed_words_and_a_click_on_yes() {
    let server = Server::start().await.unwrap();
    let seen = visit(&server, "type-and-yes", &quiet()).await;
    assert_eq!(server.home.count("select count(*) from tasks").await.unwrap(), 1, "{seen}");
    assert_eq!(seen["problems"], serde_json::json!([]), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_asked_about_again_and_activity_tells_it_all() {
    let server = Server::start().await.unwrap();
    let seen = visit(&server, "edit", &quiet()).await;
    assert_eq!(server.home.count("select count(*) from tasks").await.unwrap(), 1, "{seen}");
    let rolls = "select count(*) from tasks where text = 'buy fresh rolls'";
    assert_eq!(server.home.count(rolls).await.unwrap(), 1, "{seen}");
    assert!(seen["question"].as_str().unwrap().contains("Stays on this computer"), "{seen}");
    for (part, words) in [("hover", "Sent after"), ("call", "Yes by you, on this page"), ("calls", "Changed")]
    {
        assert!(seen[part].as_str().unwrap().contains(words), "{part}: {seen}");
    }
    assert_eq!(seen["problems"], serde_json::json!([]), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_connected_given_a_rule_looked_at_anew_and_removed() {
    let server = Server::start().await.unwrap();
    let file = server.home.path().join("lights.txt");
    let lights = peers::lights(&file, 0).await.unwrap();
    let (url, port) = (lights.url.clone(), lights.port());
    let address = format!("{url}/mcp?key=s3cret");
    let page = server.url("/");
    let microphone = quiet();
    let visiting = visit_at(&page, server.home.path(), "integrations", &microphone, &address);
    let changing = async {
        let ruled = |policy: &Value| policy["rules"].as_array().is_some_and(|rules| !rules.is_empty());
        server.get_until("/v1/agentic/policy", ruled).await.unwrap();
        lights.kill().await.unwrap();
        peers::lights_saying(&file, port, "Switch a light, and tell the neighbours.").await.unwrap()
    };
    let (seen, _changed) = tokio::join!(visiting, changing);
    assert!(seen["before"].as_str().unwrap().contains("Asks first"), "{seen}");
    assert!(seen["caution"].as_str().unwrap().contains("without asking"), "{seen}");
    let rule = seen["rule"].as_str().unwrap();
    assert!(rule.contains("Runs without asking") && rule.contains("Your rule for"), "{seen}");
    assert!(seen["diff"].as_str().unwrap().contains("neighbours"), "{seen}");
    assert!(!seen["page"].as_str().unwrap().contains("s3cret"), "the key stays in the page");
    let servers = server.get("/v1/agentic/servers").await.unwrap();
    assert!(!servers.to_string().contains("lights"), "{servers}");
    assert_eq!(seen["problems"], serde_json::json!([]), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_outlives_its_server() {
    let home = Home::new().unwrap();
    let process = Process::start(&home).await.unwrap();
    let runtime = process.runtime.clone();
    let port = runtime.rsplit(':').next().unwrap().to_owned();
    let microphone = quiet();
    let url = format!("http://{runtime}/");
    let visiting = visit_at(&url, home.path(), "reconnect", &microphone, "");
    let killing = async {
        let approvals = format!("http://{runtime}/v1/agentic/approvals");
        loop {
            let open: Value = reqwest::get(&approvals).await.unwrap().json().await.unwrap();
            if open["approvals"].as_array().is_some_and(|all| !all.is_empty()) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        process.kill().await.unwrap();
        Process::start_with(&home, &[("HOMEPILOT_PORTS_RUNTIME", port.as_str())]).await.unwrap()
    };
    let (seen, again) = tokio::join!(visiting, killing);
    assert!(seen["away"].as_str().unwrap().contains("tried again by itself"), "{seen}");
    assert!(seen["transcript"].as_str().unwrap().contains("nothing was done"), "{seen}");
    assert_eq!(home.count("select count(*) from tasks").await.unwrap(), 1, "{seen}");
    assert_eq!(seen["problems"], serde_json::json!([]), "{seen}");
    again.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_microphone_it_says_what_to_do_and_typing_goes_on() {
    let server = Server::start().await.unwrap();
    let seen = visit(&server, "denied", &quiet()).await;
    assert!(seen["notice"].as_str().unwrap().contains("Allow it"), "{seen}");
    assert_eq!(seen["problems"], serde_json::json!([]), "{seen}");
}
