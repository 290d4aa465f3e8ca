//! Voice Mode in headless Chromium with a recording as its microphone.

use std::path::Path;

use homepilot_tests::{
    peers::{self, node, peer, run},
    server::{Home, Process, Server},
};
use homepilot_voice::{Audio, SampleRate, resample, wav};
use serde_json::Value;

/// One visit: the recording is the microphone, `mode` what the visitor does. Screenshots go to `target/screenshots`.
pub(crate) async fn visit(server: &Server, mode: &str, microphone: &Audio) -> Value {
    visit_at(&server.url("/"), server.home.path(), mode, microphone, "").await
}

pub(crate) async fn visit_at(url: &str, home: &Path, mode: &str, microphone: &Audio, word: &str) -> Value {
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
    Audio { rate: SampleRate::HZ_24000, samples: silence(2.0) }
}

fn silence(seconds: f32) -> Vec<f32> {
    vec![0.0; (24_000.0 * seconds) as usize]
}

const REMINDERS: &str = "select count(*) from reminders";

/// What the server's voice and silences make of a conversation, at the rate of a sound card.
async fn microphone(server: &Server, said: &[(&str, f32)]) -> Audio {
    let mut whole = Audio { rate: SampleRate::HZ_24000, samples: Vec::new() };
    for (words, pause) in said {
        whole.samples.extend(server.spoken(words).await.unwrap().samples);
        whole.samples.extend(silence(*pause));
    }
    resample::convert(&whole, SampleRate::try_from(48_000).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn hands_free_no_to_the_first_request_and_yes_to_the_second() {
    let server = Server::start().await.unwrap();
    let said = [
        ("Remind me to water the garden tomorrow at noon.", 16.0),
        ("No, thanks.", 12.0),
        ("Remind me to feed the cat tomorrow at noon.", 16.0),
        ("Yes, please.", 20.0),
    ];
    let microphone = microphone(&server, &said).await;
    let played = server.home.path().join("played.wav");
    let word = played.to_str().unwrap();
    let seen = visit_at(&server.url("/"), server.home.path(), "hands-free", &microphone, word).await;
    assert!(seen["question"].as_str().unwrap().contains("water the garden"), "{seen}");
    assert!(seen["denied"].as_str().unwrap().contains("Nothing was done"), "{seen}");
    assert!(seen["second"].as_str().unwrap().to_lowercase().contains("feed the cat"), "{seen}");
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 1, "{seen}");
    let cat = "select count(*) from reminders where text like '%cat%'";
    assert_eq!(server.home.count(cat).await.unwrap(), 1, "{seen}");
    let audit = server.get("/v1/agentic/audit").await.unwrap();
    assert!(audit["entries"].as_array().unwrap().iter().all(|call| call["decided_by"] == "voice"), "{audit}");
    // From the sound card's rate to the engines' and back: what was said is read, what was answered is heard.
    assert!(seen["transcript"].as_str().unwrap().to_lowercase().contains("water the garden"), "{seen}");
    assert_eq!(seen["microphone"], 48_000, "{seen}");
    let heard = server.heard_in(&played).await.unwrap();
    for words in ["water the garden", "nothing was done", "feed the cat"] {
        assert!(heard.contains(words), "{words} in {heard}");
    }
    assert_eq!(seen["problems"], serde_json::json!([]), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_over_the_persona_silences_it_and_is_answered() {
    let server = Server::start().await.unwrap();
    let microphone = microphone(&server, &[("Remind me to call mom tomorrow at six.", 20.0)]).await;
    let seen = visit(&server, "barge-in", &microphone).await;
    assert!(seen["question"].as_str().unwrap().to_lowercase().contains("call mom"), "{seen}");
    assert_eq!(server.home.count("select count(*) from reminders").await.unwrap(), 0, "{seen}");
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
async fn a_yes_that_wants_the_pin_is_taken_with_the_right_one_only() {
    let server = Server::start().await.unwrap();
    server.app.gateway.set_pin(Some("471108")).await.unwrap();
    let rule = serde_json::json!({"tool": "assistant", "level": 1, "approve": "pin"});
    let rule = serde_json::from_value(rule).unwrap();
    server.app.gateway.set_rule(rule).await.unwrap();
    let seen = visit_at(&server.url("/"), server.home.path(), "pin", &quiet(), "471108").await;
    assert!(seen["question"].as_str().unwrap().contains("needs your PIN on the screen"), "{seen}");
    assert_eq!(seen["focused"], "question-pin", "{seen}");
    assert!(seen["refused"].as_str().unwrap().contains("not the PIN"), "{seen}");
    assert_eq!(server.home.count("select count(*) from tasks").await.unwrap(), 1, "{seen}");
    assert!(!seen["page"].as_str().unwrap().contains("471108"), "{seen}");
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
        let open = |some: bool| {
            move |all: &Value| all["approvals"].as_array().is_some_and(|all| all.is_empty() != some)
        };
        server.get_until("/v1/agentic/approvals", open(true)).await.unwrap();
        lights.kill().await.unwrap();
        server.get_until("/v1/agentic/approvals", open(false)).await.unwrap();
        let lights = peers::lights(&file, port).await.unwrap();
        let ruled = |policy: &Value| policy["rules"].as_array().is_some_and(|rules| !rules.is_empty());
        server.get_until("/v1/agentic/policy", ruled).await.unwrap();
        lights.kill().await.unwrap();
        peers::lights_saying(&file, port, "Switch a light, and tell the neighbours.").await.unwrap()
    };
    let (seen, _changed) = tokio::join!(visiting, changing);
    let gone = seen["gone"].as_str().unwrap();
    assert!(gone.contains("nothing was done") && !gone.contains("You said no"), "{seen}");
    assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), "", "{seen}");
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
async fn a_person_signs_in_to_a_server_from_its_card() {
    let home = Home::new().unwrap();
    let process = Process::start(&home).await.unwrap();
    let provider = peers::oauth_provider("/mcp").await.unwrap();
    let page = format!("http://{}/", process.runtime);
    let address = format!("{}/mcp", provider.url);
    let seen = visit_at(&page, home.path(), "sign-in", &quiet(), &address).await;
    let told =
        |answer: &str| (seen[answer]["text"].as_str().unwrap(), seen[answer]["query"].as_str().unwrap());
    let (denied, allowed) = (told("deny"), told("allow"));
    assert!(denied.0.contains("access_denied") && denied.0.contains("Back to HomePilot"), "{seen}");
    assert!(allowed.0.contains("mail is connected"), "{seen}");
    assert_eq!((denied.1, allowed.1), ("", ""), "what the provider sent stays in the browser's bar");
    assert!(seen["card"].as_str().unwrap().contains("1 action"), "{seen}");
    assert_eq!(seen["problems"], serde_json::json!([]), "{seen}");
    let mut answers = String::new();
    for path in ["servers", "audit", "catalog", "capabilities"] {
        let url = format!("{page}v1/agentic/{path}");
        answers += &reqwest::get(url).await.unwrap().text().await.unwrap();
    }
    let log = process.kill().await.unwrap();
    assert!(log.contains("signed in") && answers.contains("unread_mail"), "{log}\n{answers}");
    for (place, text) in [("page", seen.to_string()), ("answer", answers), ("log", log)] {
        assert!(!text.contains("SECRET-"), "a secret is in the {place}");
    }
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
