//! Voice Mode in headless Chromium with a recording as its microphone.

use homepilot_tests::{
    peers::{node, peer, run},
    server::Server,
};
use homepilot_voice::{Audio, wav};
use serde_json::Value;

/// One visit: the recording is the microphone, `mode` what the visitor does. Screenshots go to `target/screenshots`.
pub(crate) async fn visit(server: &Server, mode: &str, microphone: &Audio) -> Value {
    let file = server.home.path().join("microphone.wav");
    std::fs::write(&file, wav::encode(microphone)).unwrap();
    let shots = homepilot_tests::peers::repository().join("target/screenshots");
    std::fs::create_dir_all(&shots).unwrap();
    let mut command = node().unwrap();
    command.arg(peer("voice_mode.js")).arg(mode).arg(server.url("/")).arg(&file).arg(shots);
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
