//! Speech in real time: words while they are spoken, a pause that is no end, and nothing done before the end.

use std::time::Duration;

use homepilot::session::{Options, Output, Request, Session};
use homepilot::turn::DecidedBy;
use homepilot_tests::{
    server::Server,
    speaking::{silence, spoken, talk},
};
use tokio::sync::mpsc;

/// Everything that the gateway was ever asked for.
const PROPOSED: &str = "select count(*) from gateway_ledger";

fn open(server: &Server) -> (Session, mpsc::Receiver<Output>) {
    let persona = server.app.persona("assistant").unwrap();
    let options = Options {
        id: "taking_turns".to_owned(),
        persona,
        aloud: false,
        typed_by: DecidedBy::Screen,
        approves: true,
    };
    Session::open(server.app.clone(), options)
}

/// Everything up to the plan.
async fn outputs(outputs: &mut mpsc::Receiver<Output>) -> Vec<Output> {
    let mut seen = Vec::new();
    let listening = async {
        loop {
            let output = outputs.recv().await.expect("the session goes on");
            let planned = matches!(output, Output::Planned { .. });
            seen.push(output);
            if planned {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(120), listening).await.expect("a plan");
    seen
}

fn place(seen: &[Output], what: impl Fn(&Output) -> bool) -> Option<usize> {
    seen.iter().position(what)
}

fn heard(seen: &[Output]) -> Vec<String> {
    let text = |output: &Output| {
        if let Output::Heard { text, .. } = output { Some(text.to_lowercase()) } else { None }
    };
    seen.iter().filter_map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentence_broken_off_is_waited_for_and_its_words_are_shown_as_they_come() {
    let server = Server::start().await.unwrap();
    let (session, mut from) = open(&server);
    let first =
        spoken(&server, "Good morning to you. I would like you to please remind me to").await.unwrap();
    let second = spoken(&server, "water the garden tomorrow at five.").await.unwrap();
    // Longer than a pause that ends a sentence.
    let speech = [silence(300), first, silence(900), second, silence(3_000)].concat();
    let talking = talk(&session, &speech, Request::Audio);
    let (talked, seen) = tokio::join!(talking, outputs(&mut from));
    talked.unwrap();
    let words = heard(&seen);
    assert_eq!(words.len(), 1, "one utterance: {words:?}");
    assert!(words[0].contains("remind me to") && words[0].contains("tomorrow at"), "{words:?}");
    let shown = place(&seen, |output| matches!(output, Output::Hearing { .. }));
    let stopped = place(&seen, |output| matches!(output, Output::SpeechStopped { .. }));
    assert!(shown.is_some() && shown < stopped, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_pressed_button_hears_is_worked_on_and_nothing_is_done_before_its_release() {
    let server = Server::start().await.unwrap();
    let (session, mut from) = open(&server);
    let speech = spoken(&server, "Remind me to water the garden tomorrow at five.").await.unwrap();
    let speech = [silence(200), speech, silence(3_000)].concat();
    let talking = async {
        session.send(Request::Pressed).await.unwrap();
        talk(&session, &speech, Request::Held).await.unwrap();
        let proposed = server.home.count(PROPOSED).await.unwrap();
        session.send(Request::Utterance(speech.clone())).await.unwrap();
        proposed
    };
    let (proposed, seen) = tokio::join!(talking, outputs(&mut from));
    assert_eq!(proposed, 0, "the gateway was asked for something that was not said to its end");
    let words = heard(&seen);
    assert!(words.len() == 1 && words[0].contains("water the garden"), "{words:?}");
    let complete = place(&seen, |output| matches!(output, Output::Utterance(_)));
    let acted = place(&seen, |output| {
        !matches!(output, Output::State(_) | Output::Hearing { .. } | Output::Notice { level: "info", .. })
    });
    assert_eq!(acted, complete, "{seen:?}");
    assert!(
        matches!(&seen[seen.len() - 1], Output::Planned { tool: Some(tool), .. } if tool.ends_with("set_reminder"))
    );
}
