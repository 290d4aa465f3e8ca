//! A call is carried out once, whatever becomes of the line, of the connector and of its answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::client::{Connector, text, unknown};
use super::options;
use super::peer::{Kind, Peer};
use super::relay::{Fate, Relay};

fn dentist() -> Value {
    json!({"title": "dentist", "when": "tomorrow at three"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_creates_changes_and_cancels_once() {
    for kind in Kind::BOTH {
        let peer = Peer::start(kind).await;
        let connector = Connector::start(&peer.url()).await;
        let mut answers = Vec::new();
        for _ in 0..3 {
            answers.push(connector.call_with_key("create_event", dentist(), "one").await);
        }
        assert_eq!(peer.count("dentist").await, 1, "{kind:?}");
        assert!(answers.iter().all(|answer| text(answer) == text(&answers[0])));
        assert!(answers.iter().all(|answer| answer.structured_content == answers[0].structured_content));
        let other =
            connector.call_with_key("create_event", json!({"title": "x", "when": "friday"}), "one").await;
        assert_eq!(
            text(&other),
            "this idempotency key was used for something else: make a new key for a new call"
        );

        // A second dentist must not fall to a call that took the first one out.
        connector.said("create_event", json!({"title": "dentist", "when": "friday at ten"})).await;
        let cancel = json!({"event": "dentist", "day": "tomorrow"});
        for _ in 0..2 {
            let cancelled = connector.call_with_key("cancel_event", cancel.clone(), "two").await;
            assert_ne!(cancelled.is_error, Some(true), "{}", text(&cancelled));
        }
        let later = json!({"event": "dentist", "when": "friday at eleven"});
        for _ in 0..2 {
            let moved = connector.call_with_key("update_event", later.clone(), "three").await;
            assert_eq!(text(&moved), "Done. I changed dentist, on Friday from eleven a.m. to noon.");
        }
        assert!(peer.everything().await.contains("SEQUENCE:1\n"), "{kind:?}");
        // What was created under a key and is gone stays gone.
        assert_ne!(connector.call_with_key("create_event", dentist(), "one").await.is_error, Some(true));
        assert_eq!(peer.count("dentist").await, 1, "{kind:?}");
        // Without the database the calendar itself knows.
        let fresh = Connector::start(&peer.url()).await;
        for connector in [&connector, &fresh] {
            let again = connector.call_with_key(
                "create_event",
                json!({"title": "once", "when": "monday at one"}),
                "four",
            );
            assert_ne!(again.await.is_error, Some(true));
        }
        assert_eq!(peer.count("once").await, 1, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_found_out_about() {
    for kind in Kind::BOTH {
        for fate in [Fate::Answerless, Fate::Lost] {
            let peer = Peer::start(kind).await;
            let relay = Relay::start(peer.port, None).await;
            let connector = Connector::start(&relay.url()).await;
            // Only the first one of each goes wrong.
            let cut = |method: &'static str| {
                let mut done = false;
                move |asked: &str, _: usize| {
                    if asked == method && !std::mem::replace(&mut done, asked == method) {
                        fate
                    } else {
                        Fate::Passes
                    }
                }
            };
            relay.judged(cut("PUT"));
            connector.said("create_event", dentist()).await;
            assert_eq!(peer.count("dentist").await, 1, "{kind:?} {fate:?}");
            relay.judged(cut("PUT"));
            connector.said("update_event", json!({"event": "dentist", "when": "four"})).await;
            let all = peer.everything().await;
            assert!(
                all.contains("DTSTART:20260305T210000Z") && all.contains("SEQUENCE:1\n"),
                "{kind:?} {fate:?} {all}"
            );
            relay.judged(cut("DELETE"));
            connector.said("cancel_event", json!({"event": "dentist"})).await;
            assert_eq!(peer.count("dentist").await, 0, "{kind:?} {fate:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_know_is_said_and_settled_when_it_can_be() {
    for kind in Kind::BOTH {
        for fate in [Fate::Answerless, Fate::Lost] {
            let peer = Peer::start(kind).await;
            let relay = Relay::start(peer.port, None).await;
            let connector = Connector::start(&relay.url()).await;
            let mut gone = false;
            relay.judged(move |method, _| match (gone, method) {
                (true, _) => Fate::Lost,
                (false, "PUT") => {
                    gone = true;
                    fate
                }
                (false, _) => Fate::Passes,
            });
            let lost = connector.call_with_key("create_event", dentist(), "key").await;
            assert!(unknown(&lost), "{kind:?} {fate:?} {}", text(&lost));
            let still = connector.call_with_key("create_event", dentist(), "key").await;
            assert!(unknown(&still), "{kind:?} {fate:?} {}", text(&still));
            relay.judged(|_, _| Fate::Passes);
            let found = connector.call_with_key("create_event", dentist(), "key").await;
            assert_eq!(
                text(&found),
                "Done. I put dentist in your calendar, tomorrow from three p.m. to four p.m."
            );
            assert_eq!(peer.count("dentist").await, 1, "{kind:?} {fate:?}");
        }
    }
}

/// The connector is ended without a word at a moment of each round's own, as a killed process ends: nothing of it runs on.
#[test]
fn nothing_is_twice_in_the_calendar_after_a_hundred_kills() {
    const ROUNDS: usize = 100;
    /// The call makes so many requests that there is something to be killed at.
    const REQUESTS: usize = 16;
    let outside = tokio::runtime::Runtime::new().unwrap();
    let peer = outside.block_on(Peer::start(Kind::Radicale));
    let folder = tempfile::tempdir().unwrap();
    let mut interrupted = 0;
    for round in 0..ROUNDS {
        let relay = outside.block_on(Relay::start(peer.port, None));
        let (requests, killed) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (counting, kill) = (Arc::clone(&requests), Arc::clone(&killed));
        let (at, after) = (round % REQUESTS, (round / REQUESTS).is_multiple_of(2));
        relay.judged(move |_, _| {
            if counting.fetch_add(1, Ordering::SeqCst) != at {
                return Fate::Passes;
            }
            kill.notify_one();
            if after { Fate::Answerless } else { Fate::Lost }
        });
        let key = format!("round {round}");
        let arguments = json!({"title": format!("event {round}"), "when": "tomorrow at three"});
        let doomed = tokio::runtime::Runtime::new().unwrap();
        let url = relay.url();
        let begun = doomed.block_on(async {
            let connector = Connector::start_with(options(&url, folder.path())).await;
            tokio::select! {
                result = connector.call_with_key("create_event", arguments.clone(), &key) => Some(result),
                () = killed.notified() => None,
            }
        });
        interrupted += usize::from(begun.is_none());
        doomed.shutdown_background();
        // What the old one may have sent just before its end is on its way.
        std::thread::sleep(Duration::from_millis(5));
        relay.judged(|_, _| Fate::Passes);
        let result = outside.block_on(async {
            let connector = Connector::start_with(options(&relay.url(), folder.path())).await;
            connector.call_with_key("create_event", arguments, &key).await
        });
        assert_ne!(result.is_error, Some(true), "round {round}: {}", text(&result));
        assert_eq!(outside.block_on(peer.count(&format!("event {round}"))), 1, "round {round}");
    }
    assert!(
        interrupted > ROUNDS / 3,
        "only {interrupted} were interrupted: what is asked of a call has changed"
    );
}
