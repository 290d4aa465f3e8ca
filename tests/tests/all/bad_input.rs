//! What goes wrong is named, with what to do, and nothing is lost.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use homepilot::client::Client;
use homepilot_tests::{
    program::{Ended, homepilot},
    server::{Home, PLANNER, Server},
};
use serde_json::{Value, json};

/// The next `error` event's code and message.
async fn error(client: &mut Client) -> (String, String) {
    loop {
        let event = client.next().await.unwrap().expect("the session lives on");
        if event["type"] == "error" {
            let text = |name: &str| event["error"][name].as_str().unwrap_or_default().to_owned();
            return (text("code"), text("message"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_events_get_an_error_and_the_session_lives_on() {
    let server = Server::start().await.unwrap();
    let mut client = Client::connect(&server.at.runtime.to_string(), "assistant").await.unwrap();
    client.push_to_talk(false).await.unwrap();
    let odd = STANDARD.encode([0_u8; 4_801]);
    let cases: [(Value, &str, &str); 8] = [
        (json!({"type": "session.upgrade"}), "invalid_event", "session.upgrade"),
        (json!({"no": "type"}), "invalid_event", "type"),
        (json!({"type": "input_audio_buffer.append", "audio": "*"}), "invalid_audio", "base64"),
        (json!({"type": "input_audio_buffer.append", "audio": odd}), "invalid_audio", "even number of bytes"),
        (json!({"type": "input_audio_buffer.commit"}), "input_audio_buffer_commit_empty", "100 ms"),
        (
            json!({"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 44100}}}}}),
            "unsupported_rate",
            "24000",
        ),
        (json!({"type": "conversation.item.retrieve", "item_id": "none"}), "item_not_found", "none"),
        (
            json!({"type": "input_audio_buffer.append", "audio": "A".repeat(15 * 1024 * 1024)}),
            "event_too_large",
            "15728640",
        ),
    ];
    for (event, code, part) in cases {
        let shown = event.to_string().chars().take(80).collect::<String>();
        client.send(event).await.unwrap();
        let (found, message) = error(&mut client).await;
        assert_eq!(found, code, "{shown}: {message}");
        assert!(message.contains(part), "{shown}: {message}");
    }
    client.say("put buy bread on my to do list").await.unwrap();
    loop {
        let event = client.next().await.unwrap().unwrap();
        if event["type"] == "homepilot.question" {
            break assert_eq!(event["action"], "create_task");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_persona_is_named_with_the_known_ones() {
    let server = Server::start().await.unwrap();
    let error = Client::connect(&server.at.runtime.to_string(), "nobody").await.err().unwrap().to_string();
    assert!(error.contains("nobody") && error.contains("secretary"), "{error}");
}

#[tokio::test]
async fn recordings_that_are_none() {
    let home = Home::new().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = home.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let whole = homepilot_voice::wav::encode(&homepilot_voice::Audio {
        rate: homepilot_voice::SampleRate::try_from(16_000).unwrap(),
        samples: vec![0.1; 1_600],
    });
    let truncated = file("truncated.wav", &whole[..30]);
    let mut rate = whole.clone();
    rate[24..28].copy_from_slice(&1_u32.to_le_bytes());
    let rate = file("rate.wav", &rate);
    let text = file("text.wav", b"this is a letter");
    for path in [truncated, rate, text, "/nowhere/at/all.wav".to_owned()] {
        let Ended { said, code } = homepilot(&home, &[], &["ask", "--audio", &path]).await.unwrap();
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(&path), "the file is named: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[tokio::test]
async fn a_malformed_persona_is_named_by_line_and_the_others_work() {
    let home = Home::new().unwrap();
    let folder = home.paths().personas();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("bad.toml"),
        "id = \"bad\"\nname = \"Bad\"\nmode = \"attached\"\ncolour = 1\n",
    )
    .unwrap();
    let Ended { said, code } = homepilot(&home, &[], &["personas", "list"]).await.unwrap();
    assert_eq!(code, 1, "{said}");
    for part in ["bad.toml:3", "mode", "linked", "bad.toml:4", "colour", "assistant", "companion"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[tokio::test]
async fn a_taken_port_names_the_port_its_owner_and_the_setting() {
    let home = Home::new().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let variables = [("HOMEPILOT_PORTS_GATEWAY", port.as_str()), ("HOMEPILOT_PORTS_RUNTIME", "0")];
    let Ended { said, code } = homepilot(&home, &variables, &["--model", PLANNER, "serve"]).await.unwrap();
    assert_eq!(code, 1, "{said}");
    for part in [&port, "pid", "ports.gateway", "HOMEPILOT_PORTS_GATEWAY"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[tokio::test]
async fn a_corrupted_model_is_named_with_the_mend() {
    let home = Home::new().unwrap();
    let cache = home.path().join("cache");
    let model = cache.join("homepilot/models/silero-vad-16k");
    std::fs::create_dir_all(&model).unwrap();
    for entry in std::fs::read_dir(homepilot_tests::server::cache().join("models/silero-vad-16k")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), model.join(entry.file_name())).unwrap();
    }
    let weights = std::fs::read_dir(&model).unwrap().filter_map(Result::ok).map(|e| e.path());
    let weights = weights.max_by_key(|p| p.metadata().map(|m| m.len()).unwrap_or(0)).unwrap();
    let mut bytes = std::fs::read(&weights).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&weights, bytes).unwrap();
    let variables = [("XDG_CACHE_HOME", cache.to_str().unwrap())];
    let Ended { said, code } =
        homepilot(&home, &variables, &["models", "verify", "silero-vad-16k"]).await.unwrap();
    assert_eq!(code, 1, "{said}");
    for part in ["silero", "homepilot models pull"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[tokio::test]
async fn all_settings_problems_at_once() {
    let home = Home::new().unwrap();
    let variables = [("HOMEPILOT_PORTS_RUNTIME", "many"), ("HOMEPILOT_THREADS", "0")];
    let Ended { said, code } = homepilot(&home, &variables, &["--model", "gpt", "doctor"]).await.unwrap();
    assert_eq!(code, 1);
    for part in ["HOMEPILOT_PORTS_RUNTIME", "HOMEPILOT_THREADS", "--model", "qwen2.5"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    let usage = homepilot(&home, &[], &["serve", "--nonsense"]).await.unwrap();
    assert_eq!(usage.code, 2);
}
