//! The two clients in the runtime's README, run as they stand there: only the port is another.

use std::{fs, path::PathBuf};

use homepilot_tests::{
    peers::{node, peer, python, repository, run, run_with},
    server::Server,
};
use homepilot_voice::wav;
use serde_json::Value;

const REMINDERS: &str = "select count(*) from reminders";
const QUESTION: &str = "Remind me to water the garden tomorrow at five.";

/// The README's first block of a language, in a file of the server's home.
fn pasted(server: &Server, language: &str, name: &str) -> PathBuf {
    let readme = fs::read_to_string(repository().join("runtime/README.md")).unwrap();
    let (_, rest) = readme.split_once(&format!("```{language}\n")).unwrap();
    let (code, _) = rest.split_once("```").unwrap();
    assert!(code.lines().filter(|line| !line.trim().is_empty()).count() <= 15, "{code}");
    assert!(code.contains("localhost:8000"), "{code}");
    let file = server.home.path().join(name);
    fs::write(&file, code.replace(":8000", &format!(":{}", server.at.runtime.port()))).unwrap();
    file
}

/// That words were shown, and these came later.
fn in_order(shown: &str, words: &[&str]) {
    let mut rest = shown;
    for word in words {
        let (_, after) =
            rest.split_once(word).unwrap_or_else(|| panic!("no {word:?} where it belongs: {shown}"));
        rest = after;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_python_with_recordings_and_with_typed_lines() {
    let server = Server::start().await.unwrap();
    let program = pasted(&server, "python", "talk.py");
    server.recording("question", QUESTION).await.unwrap();
    server.recording("yes", "Yes, please.").await.unwrap();
    let run = async |lines: &str| {
        let mut command = python().unwrap();
        command.arg(&program).current_dir(server.home.path());
        run_with(command, lines).await.unwrap()
    };
    let shown = run("question.wav\nyes.wav\n\n").await;
    in_order(&shown, &["water the garden", "Shall I?", "Yes", "Done."]);
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 1, "{shown}");
    let heard = server.heard_in(&server.home.path().join("answer.wav")).await.unwrap();
    assert!(heard.contains("garden") && heard.contains("tomorrow"), "{heard}");
    let shown = run("Remind me to call Anna tomorrow at six.\nno\n\n").await;
    in_order(&shown, &["call Anna", "Shall I?"]);
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 1, "{shown}");
    let shown = run("Remind me to call Anna tomorrow at six.\nyes\n\n").await;
    in_order(&shown, &["call Anna", "Shall I?", "Done."]);
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 2, "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_browser_hands_free() {
    let server = Server::start().await.unwrap();
    let page = pasted(&server, "html", "talk.html");
    let silence = |seconds: usize| vec![0.0; seconds * 24_000];
    let mut microphone = server.spoken(QUESTION).await.unwrap();
    microphone.samples.extend(silence(16));
    microphone.samples.extend(server.spoken("Yes, please.").await.unwrap().samples);
    microphone.samples.extend(silence(20));
    let file = server.home.path().join("microphone.wav");
    fs::write(&file, wav::encode(&microphone)).unwrap();
    let mut command = node().unwrap();
    command.arg(peer("pasted_page.js")).arg(page).arg(file).arg("Done.");
    let printed = run(command).await.unwrap();
    let seen: Value = serde_json::from_str(printed.trim().lines().last().unwrap()).unwrap();
    in_order(seen["text"].as_str().unwrap(), &["water the garden", "Shall I?", "Yes", "Done."]);
    assert_eq!(server.home.count(REMINDERS).await.unwrap(), 1, "{seen}");
    assert!(seen["loudest"].as_f64().unwrap() > 0.05, "{seen}");
    assert_eq!(seen["problems"], serde_json::json!([]), "{seen}");
}
