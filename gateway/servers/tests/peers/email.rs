//! The mail connector before real servers: Dovecot and Postfix, with TLS.

mod cut;
pub(crate) mod house;
mod odd;
mod relay;

use homepilot_servers::email::{Options, Security};
use serde_json::{Value, json};

use house::{ADA, COPIED, House, Mail};

fn addresses(said: &Value, key: &str) -> Vec<String> {
    said[key].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_there_and_back_again() {
    let house = House::open().await;
    let (ada, bob) = (Mail::serve(house.options(ADA)).await, Mail::serve(house.options(COPIED)).await);
    let empty = ada.does("read_inbox", json!({})).await;
    assert_eq!((empty.text.as_str(), &empty.structured["total"]), ("There are no emails.", &json!(0)));

    // Ada writes, Bob reads, answers and is read.
    let letter = json!({"to": ["Bob <bob@example.org>"], "subject": "Lunch on Friday – Zoë's", "body": "Does Friday suit you?\n\nAda"});
    let sent = ada.does("send_email", letter).await;
    assert_eq!(sent.text, "I sent your email to Bob, about Lunch on Friday – Zoë's.");
    assert_eq!(
        (addresses(&sent.structured, "to"), &sent.structured["copied"]),
        (vec![COPIED.to_owned()], &json!(true))
    );
    let id = sent.structured["message_id"].as_str().unwrap();
    assert_eq!(house.count(ADA, ".Sent", id), 1);
    house.until(|| async { house.count(COPIED, "", id) == 1 }).await;
    let inbox = bob.does("read_inbox", json!({"unread": true, "from": "Ada", "since": "yesterday"})).await;
    assert!(inbox.text.starts_with("There is one unread email from Ada since yesterday"), "{}", inbox.text);
    assert_eq!(inbox.structured["emails"][0]["subject"], "Lunch on Friday – Zoë's");
    assert_eq!(inbox.structured["unread"], 1);
    let read = bob.does("get_email", json!({"email": "lunch on friday"})).await;
    assert_eq!(read.structured["text"], "Does Friday suit you?\nAda");
    assert_eq!(read.structured["unread"], true, "reading changes nothing");
    let answered = bob.does("reply_email", json!({"email": "Ada", "body": "It does."})).await;
    assert_eq!(answered.text, "I answered ada@example.org, about Re: Lunch on Friday – Zoë's.");
    house.until(|| async { house.count(ADA, "", "It does.") == 1 }).await;
    let (_, answer) = house.messages(ADA, "").remove(0);
    assert!(answer.contains(&format!("In-Reply-To: {id}")) && answer.contains("References: "), "{answer}");
    let own = bob.does("search_email", json!({"subject": "lunch"})).await;
    let folders: Vec<_> =
        own.structured["emails"].as_array().unwrap().iter().map(|one| &one["folder"]).collect();
    assert!(folders.contains(&&json!("INBOX")) && folders.contains(&&json!("Sent")), "{folders:?}");
    let marked = bob.does("read_inbox", json!({})).await;
    assert_eq!(marked.structured["emails"][0]["answered"], true);

    // It is filed: archived into a folder that is made, and put under a label of its own.
    let email =
        own.structured["emails"].as_array().unwrap().iter().find(|one| one["folder"] == "INBOX").unwrap();
    let labelled =
        bob.does("label_email", json!({"email": email["id"], "label": "Mittagessen & mehr"})).await;
    assert_eq!(labelled.structured["folder"], "Mittagessen & mehr");
    bob.does("label_email", json!({"email": email["id"], "label": "mittagessen & mehr"})).await;
    assert_eq!(house.count(COPIED, ".Mittagessen &- mehr", id), 1, "once, and under the same label");
    assert_eq!(house.count(COPIED, "", id), 1, "it stays where it is");
    let archived = bob.does("archive_email", json!({"email": "Ada's email"})).await;
    assert_eq!(
        (archived.structured["folder"].as_str(), house.count(COPIED, ".Archive", id)),
        (Some("Archive"), 1)
    );
    assert_eq!(house.count(COPIED, "", id), 0);
    let gone = bob.call("archive_email", json!({"email": email["id"]})).await;
    assert_eq!(
        (gone.failed, gone.text.as_str()),
        (true, "that email is not there any more: list the inbox again")
    );

    // A draft is written and not sent.
    let draft = ada.does("draft_email", json!({"body": "Dear Sir", "subject": "Chair"})).await;
    assert_eq!(draft.text, "I put an email about Chair into your drafts. It was not sent.");
    let id = draft.structured["message_id"].as_str().unwrap();
    let drafts = house.messages(ADA, ".Drafts");
    assert!(drafts.len() == 1 && drafts[0].0.contains('D') && drafts[0].1.contains(id), "{drafts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_sends_once() {
    let house = House::open().await;
    let mail = Mail::serve(house.options(ADA)).await;
    let letter = json!({"to": [COPIED], "cc": [ADA], "subject": "Once", "body": "Only once."});
    let (one, other) = tokio::join!(
        mail.keyed("send_email", letter.clone(), Some("k1")),
        mail.keyed("send_email", letter.clone(), Some("k1"))
    );
    assert_eq!(one, other);
    assert!(!one.failed, "{}", one.text);
    // A server that was started anew remembers.
    drop(mail);
    let mail = Mail::serve(house.options(ADA)).await;
    assert_eq!(mail.keyed("send_email", letter.clone(), Some("k1")).await.structured, one.structured);
    let changed = json!({"to": [COPIED], "cc": [ADA], "subject": "Once", "body": "Twice."});
    let refused = mail.keyed("send_email", changed, Some("k1")).await;
    assert!(refused.failed && refused.text.contains("idempotency key"), "{}", refused.text);
    let draft = json!({"body": "a draft with a key"});
    for _ in 0..2 {
        assert!(!mail.keyed("draft_email", draft.clone(), Some("k1")).await.failed);
    }
    // What is behind it in the queue has arrived, so all that was sent before has.
    mail.does("send_email", json!({"to": [COPIED], "subject": "Last", "body": "the last one"})).await;
    house
        .until(|| async {
            house.count(COPIED, "", "the last one") == 1 && house.count(ADA, "", "Only once.") >= 1
        })
        .await;
    let counts =
        [(COPIED, ""), (ADA, ""), (ADA, ".Sent")].map(|(who, at)| house.count(who, at, "Only once."));
    assert_eq!((counts, house.count(ADA, ".Drafts", "a draft with a key")), ([1, 1, 1], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_settings_is_told_by_their_names() {
    let house = House::open().await;
    let usual = || house.options(ADA);
    let starttls = |mut options: Options| {
        (options.smtp.port, options.imap.port) = (house.ports.submission, house.ports.imap);
        (options.smtp.security, options.imap.security) = (Security::StartTls, Security::StartTls);
        options
    };
    let change = |change: fn(&mut Options)| {
        let mut options = usual();
        change(&mut options);
        options
    };
    let read = ("read_inbox", json!({}));
    let send = ("send_email", json!({"to": [COPIED], "subject": "x", "body": "never"}));
    let to_nobody = ("send_email", json!({"to": ["nobody@example.org"], "subject": "x", "body": "never"}));
    for (options, (tool, arguments), wanted) in [
        (change(|o| o.imap.password = "wrong".into()), &read, "check EMAIL_IMAP_USER and EMAIL_IMAP_PASS"),
        (
            starttls(change(|o| o.imap.user = "eve".into())),
            &read,
            "check EMAIL_IMAP_USER and EMAIL_IMAP_PASS",
        ),
        (change(|o| o.smtp.password = "wrong".into()), &send, "check EMAIL_SMTP_USER and EMAIL_SMTP_PASS"),
        (change(|o| o.authority = None), &read, "nobody known has signed it"),
        (change(|o| o.authority = None), &send, "set EMAIL_CA_FILE"),
        (starttls(change(|o| o.authority = None)), &send, "set EMAIL_CA_FILE"),
        (change(|o| o.imap.host = "nowhere.invalid".into()), &read, "there is no server nowhere.invalid"),
        (change(|o| o.smtp.port = 1), &send, "localhost does not answer on port 1"),
        (
            change(|o| o.imap.security = Security::StartTls),
            &read,
            "check EMAIL_IMAP_PORT and EMAIL_IMAP_SECURITY",
        ),
        (usual(), &to_nobody, "nothing was sent, because of nobody@example.org"),
    ] {
        let options = Options { patience: std::time::Duration::from_secs(10), ..options };
        let said = Mail::serve(options).await.call(tool, arguments.clone()).await;
        assert!(said.failed && said.text.contains(wanted), "{wanted}: {}", said.text);
        assert!(!said.text.contains("wrong"), "{}", said.text);
    }
    assert_eq!(house.count(COPIED, "", "never"), 0);
    assert_eq!(usual().try_out().await.unwrap(), "ada@example.org signs in at localhost and localhost");
    // The same over connections that begin in the clear.
    let options = starttls(usual());
    assert!(options.try_out().await.is_ok());
    let mail = Mail::serve(options).await;
    mail.does("send_email", json!({"to": [COPIED], "subject": "x", "body": "over starttls"})).await;
    house.until(|| async { house.count(COPIED, "", "over starttls") == 1 }).await;
    mail.does("read_inbox", json!({})).await;
}
