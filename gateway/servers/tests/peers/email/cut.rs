//! Connections that are lost at every step: nothing is sent twice, and what nobody can know is said.

use std::time::Duration;

use homepilot_servers::email::Options;
use serde_json::json;

use super::house::{ADA, COPIED, House, Mail, PATIENCE, Said};
use super::relay::Relay;

/// More lines than a call says.
const MOST_LINES: usize = 200;

/// A message of a few lines.
fn letter(body: &str) -> serde_json::Value {
    json!({"to": [ADA], "subject": "Cut", "body": body})
}

async fn through(relay: &Relay, options: Options) -> Mail {
    let mut smtp = options.smtp.clone();
    smtp.port = relay.port;
    Mail::serve(Options { smtp, ..options }).await
}

/// What is honest to say of a call whose connection was cut.
fn is_honest(said: &Said) -> bool {
    let told = |words| said.failed && said.text.contains(words);
    !said.failed
        || said.unknown == told("i can't tell whether") && said.unknown != told("nothing was changed")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_at_any_line_of_sending_sends_at_most_once() {
    let house = House::open().await;
    let options = || Options { appearing: Duration::from_millis(200), ..house.options(COPIED) };
    let usual = Mail::serve(options()).await;
    let (mut unsent, mut unknown) = (0, 0);
    for lines in 1..MOST_LINES {
        let relay = Relay::before(&house, house.ports.smtps, lines).await;
        let (key, body) = (format!("cut-{lines}"), format!("the text of {lines}.\nTwo lines."));
        let said = through(&relay, options()).await.keyed("send_email", letter(&body), Some(&key)).await;
        assert!(is_honest(&said), "{lines}: {}", said.text);
        let text = format!("the text of {lines}.");
        // The same call again, over a wire that holds.
        let again = usual.keyed("send_email", letter(&body), Some(&key)).await;
        if said.text.contains("nothing was changed") {
            assert!(!again.failed, "{lines}: {}", again.text);
            unsent += 1;
        } else if said.failed {
            assert!(again.text.contains("i can't tell whether") || !again.failed, "{lines}: {}", again.text);
            unknown += 1;
        }
        if !again.failed {
            house.until(|| async { house.count(ADA, "", &text) > 0 }).await;
        }
        if !relay.was_cut() {
            assert!(!said.failed, "{}", said.text);
            break;
        }
    }
    assert!(unsent >= 4 && unknown >= 3, "{unsent} before the text and {unknown} within it");
    usual.does("send_email", json!({"to": [ADA], "subject": "Last", "body": "the last one"})).await;
    house.until(|| async { house.count(ADA, "", "the last one") == 1 }).await;
    for lines in 1..MOST_LINES {
        let count = house.count(ADA, "", &format!("the text of {lines}."));
        assert!(count <= 1, "{lines}: {count} times");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_that_went_out_unseen_is_found_among_the_sent_mail() {
    let house = House::open().await;
    let body = "It went out.";
    let whole = Relay::before(&house, house.ports.smtps, usize::MAX).await;
    through(&whole, house.options(COPIED)).await.does("send_email", letter("It went out")).await;
    // A text of as many lines, and the connection is cut behind its last.
    let lines = whole.dot();
    let relay = Relay::before(&house, house.ports.smtps, lines).await;
    let patient = |user| Options { appearing: PATIENCE / 4, ..house.options(user) };
    let said = through(&relay, patient(COPIED)).await.keyed("send_email", letter(body), Some("seen")).await;
    assert!(relay.was_cut() && lines > 5, "{lines}");
    assert_eq!(said.text, "I sent your email to ada@example.org, about Cut.");
    assert_eq!(said.structured["copied"], true);
    let id = said.structured["message_id"].as_str().unwrap();
    house.until(|| async { house.count(ADA, "", id) == 1 }).await;
    assert_eq!(house.count(COPIED, ".Sent", id), 1, "the server's own copy and no other");

    // Where the server keeps no copy nobody can tell, and it is not sent again.
    let relay = Relay::before(&house, house.ports.smtps, lines).await;
    let letter = json!({"to": [COPIED], "subject": "Cut", "body": body});
    let said = through(&relay, Options { appearing: Duration::from_millis(200), ..house.options(ADA) })
        .await
        .keyed("send_email", letter.clone(), Some("k"))
        .await;
    assert!(said.unknown && said.text.contains("i can't tell whether the email went out"), "{}", said.text);
    let usual = Mail::serve(house.options(ADA)).await;
    let again = usual.keyed("send_email", letter.clone(), Some("k")).await;
    assert!(again.unknown && again.text.contains("I don't send it a second time"), "{}", again.text);
    house.until(|| async { house.count(COPIED, "", body) == 1 }).await;
    usual.does("send_email", json!({"to": [COPIED], "subject": "Last", "body": "the last one"})).await;
    house.until(|| async { house.count(COPIED, "", "the last one") == 1 }).await;
    assert_eq!(house.count(COPIED, "", body), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_at_any_line_of_reading_or_filing_leaves_every_email_once() {
    let house = House::open().await;
    let raw = b"From: Sara <sara@example.org>\r\nSubject: The chair\r\nMessage-ID: <chair@x>\r\n\r\nIt is mended.\r\n";
    house.put(ADA, [&raw[..]]);
    for (tool, arguments) in [
        ("get_email", json!({"email": "Sara"})),
        ("draft_email", json!({"subject": "Chair", "body": "a draft of mine"})),
        ("label_email", json!({"email": "chair", "label": "Furniture"})),
        ("archive_email", json!({"email": "Sara"})),
    ] {
        let mut cut = 0;
        for lines in 1..MOST_LINES {
            let relay = Relay::before(&house, house.ports.imaps, lines).await;
            let mut options = house.options(ADA);
            options.imap.port = relay.port;
            let said = Mail::serve(options).await.keyed(tool, arguments.clone(), Some(tool)).await;
            // What was lost is done again over a connection of its own, which the relay cuts too.
            assert!(is_honest(&said), "{tool} {lines}: {}", said.text);
            // The server may still be at it.
            let kept = || {
                let places = ["", ".Archive"].map(|folder| house.count(ADA, folder, "<chair@x>"));
                async move { places.iter().sum::<usize>() == 1 }
            };
            house.until(kept).await;
            if !said.failed {
                break;
            }
            cut += 1;
        }
        assert!(cut >= 3, "{tool}: {cut}");
    }
    assert_eq!(house.count(ADA, ".Drafts", "a draft of mine"), 1);
    assert_eq!(house.count(ADA, ".Furniture", "<chair@x>"), 1);
    assert_eq!((house.count(ADA, "", "<chair@x>"), house.count(ADA, ".Archive", "<chair@x>")), (0, 1));
}
