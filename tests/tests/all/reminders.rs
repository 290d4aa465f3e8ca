//! Reminders that fall due: spoken in open voice sessions, once, also across a restart.

use std::time::Duration;

use homepilot::client::{Client, RATE, samples};
use homepilot_tests::server::{Home, Process, Server};
use homepilot_voice::{Audio, SampleRate, wav};
use serde_json::{Value, json};

use crate::browser::{quiet, visit};

/// Sets a reminder as any MCP client can. `assistant` is the server's `host:port`.
async fn remind(assistant: &str, text: &str, when: &str) {
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "set_reminder", "arguments": {"text": text, "when": when}}
    });
    let request = reqwest::Client::new()
        .post(format!("http://{assistant}/mcp"))
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .json(&call);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_ne!(answer["result"]["isError"], true, "{answer}");
    assert!(answer["result"]["structuredContent"]["id"].is_string(), "{answer}");
}

/// What a session hears of one reminder.
#[derive(Debug)]
struct Told {
    event: Value,
    said: String,
    sound: Vec<f32>,
}

async fn attend(runtime: &str) -> Client {
    let mut client = Client::connect(runtime, "assistant").await.unwrap();
    client.push_to_talk(true).await.unwrap();
    client
}

/// The next speech, which nobody asked for, with everything that belongs to it.
async fn told(client: &mut Client) -> Told {
    let listening = async {
        let mut told = Told { event: Value::Null, said: String::new(), sound: Vec::new() };
        loop {
            let event = client.next().await.unwrap().expect("the session goes on");
            match event["type"].as_str().unwrap_or_default() {
                "homepilot.reminder" => {
                    assert_eq!(told.event, Value::Null, "shown twice: {event}");
                    told.event = event;
                }
                "response.output_audio.delta" => told.sound.extend(samples(&event)),
                "response.output_audio_transcript.done" => {
                    told.said = event["transcript"].as_str().unwrap_or_default().to_owned();
                }
                "response.done" => {
                    assert_eq!(event["response"]["status"], "completed", "{event}");
                    return told;
                }
                "error" => panic!("{event}"),
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), listening).await.expect("it is told within a minute")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_due_reminder_is_spoken_and_shown_once_in_every_open_session() {
    let server = Server::start().await.unwrap();
    let runtime = server.at.runtime.to_string();
    let assistant = assistant(&server.at.gateway.to_string()).await;
    let mut sessions = [attend(&runtime).await, attend(&runtime).await];
    remind(&assistant, "water the garden", "in two seconds").await;
    for (number, session) in sessions.iter_mut().enumerate() {
        let first = told(session).await;
        assert_eq!(first.event["text"], "water the garden", "{first:?}");
        assert_eq!(first.event["late"], false, "{first:?}");
        let file = server.home.path().join(format!("heard{number}.wav"));
        let sound = Audio { rate: SampleRate::try_from(RATE).unwrap(), samples: first.sound };
        std::fs::write(&file, wav::encode(&sound)).unwrap();
        let heard = server.heard_in(&file).await.unwrap();
        assert!(heard.contains("reminder") && heard.contains("garden"), "{heard}");
    }
    // Whatever would be said again would come before this.
    remind(&assistant, "feed the cat", "in two seconds").await;
    for session in &mut sessions {
        let next = told(session).await;
        assert_eq!(next.event["text"], "feed the cat", "{next:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_leaves_it_due_and_an_answer_in_text_is_nobody() {
    let server = Server::start().await.unwrap();
    let runtime = server.at.runtime.to_string();
    let assistant = assistant(&server.at.gateway.to_string()).await;
    let asked =
        server.post("/v1/agentic/invoke", &json!({"persona": "companion", "text": "hello"})).await.unwrap();
    assert_eq!(asked.0, 200, "{asked:?}");
    let mut brief = Client::connect_for_a_turn(&runtime, "assistant").await.unwrap();
    brief.push_to_talk(true).await.unwrap();
    remind(&assistant, "water the garden", "in one second").await;
    let waiting =
        "select count(*) from reminders where fired_at is null and due_at < strftime('%Y-%m-%dT%H:%M:%SZ')";
    let due = async {
        while server.home.count(waiting).await.unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), due).await.expect("it falls due and nobody takes it");
    let mut session = attend(&runtime).await;
    assert_eq!(told(&mut session).await.event["text"], "water the garden");
}

/// `host:port` of the assistant, as its registration shows it.
async fn assistant(gateway: &str) -> String {
    let url = format!("http://{gateway}/api/servers/assistant");
    let view: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    let address = view["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
    address.split('/').next().unwrap().to_owned()
}

/// As if the machine had been off for an hour.
async fn an_hour_passes(home: &Home) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.paths().database());
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let moved = "update reminders set due_at = strftime('%Y-%m-%dT%H:%M:%SZ', due_at, '-1 hour') where fired_at is null";
    assert_eq!(sqlx::query(moved).execute(&pool).await.unwrap().rows_affected(), 1);
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_it_was_due_it_is_told_late_and_never_again() {
    let home = Home::new().unwrap();
    let process = Process::start(&home).await.unwrap();
    remind(&assistant(&process.gateway).await, "water the garden", "in ten minutes").await;
    process.kill().await.unwrap();
    an_hour_passes(&home).await;

    let process = Process::start(&home).await.unwrap();
    let mut session = attend(&process.runtime).await;
    let late = told(&mut session).await;
    assert_eq!(
        (&late.event["text"], &late.event["late"]),
        (&json!("water the garden"), &json!(true)),
        "{late:?}"
    );
    assert!(late.said.contains("late reminder") && !late.sound.is_empty(), "{late:?}");
    let open = "select count(*) from reminders where fired_at is null";
    let written = async {
        while home.count(open).await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), written).await.expect("it is written off");
    process.kill().await.unwrap();

    // Whatever would be told again would come before this.
    let process = Process::start(&home).await.unwrap();
    let mut session = attend(&process.runtime).await;
    remind(&assistant(&process.gateway).await, "feed the cat", "in two seconds").await;
    let next = told(&mut session).await;
    assert_eq!(
        (&next.event["text"], &next.event["late"]),
        (&json!("feed the cat"), &json!(false)),
        "{next:?}"
    );
    process.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn voice_mode_shows_each_as_a_line_with_its_time_and_says_which_is_late() {
    let server = Server::start().await.unwrap();
    let assistant = assistant(&server.at.gateway.to_string()).await;
    remind(&assistant, "water the garden", "in ten minutes").await;
    an_hour_passes(&server.home).await;
    remind(&assistant, "feed the cat", "in twenty seconds").await;
    let seen = visit(&server, "reminders", &quiet()).await;
    let transcript = seen["transcript"].as_str().unwrap();
    let lines: Vec<&str> = transcript.lines().collect();
    assert!(lines[0].starts_with("Late reminder, was due ") && lines[1] == "water the garden", "{seen}");
    assert!(lines[2].starts_with("Reminder ") && lines[3] == "feed the cat", "{seen}");
    assert_eq!(lines.len(), 4, "the voice that tells them adds no lines: {seen}");
    assert!(seen["announced"].as_str().unwrap().contains("feed the cat"), "{seen}");
    assert_eq!(seen["problems"], json!([]), "{seen}");
}
