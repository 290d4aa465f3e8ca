use super::*;
use crate::email::folders::{Folder, Role};
use crate::email::imap::Fetched;
use crate::email::parsing;

fn sender() -> Sender {
    Sender::parse("Ada Bell <ada@example.org>").unwrap()
}

fn letter(to: &[&str], subject: &str, body: &str) -> Letter {
    let to = to.iter().map(|one| mailbox(one).unwrap()).collect();
    Letter { to, cc: Vec::new(), subject: subject.to_owned(), body: body.to_owned(), answers: None }
}

fn written(letter: Letter) -> String {
    let now = "2026-11-23T10:00:00Z".parse().unwrap();
    let outgoing = letter.write(&sender(), "<id@example.org>".to_owned(), now).unwrap();
    String::from_utf8(outgoing.bytes).unwrap()
}

fn arrived(header: &str) -> Found {
    let head = parsing::head(format!("{header}\r\n\r\n").as_bytes());
    let folder = Folder { wire: "INBOX".into(), name: "INBOX".into(), role: Role::Inbox };
    Found { folder, validity: 1, fetched: Fetched { uid: 1, ..Fetched::default() }, head }
}

#[test]
fn what_was_dictated_stays_where_it_belongs() {
    let text = written(letter(&["bob@example.org"], "Lunch\r\nBcc: eve@example.org", "Hi\n.\nBye\nTo: eve"));
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let starts = |name: &str| head.lines().any(|line| line.to_lowercase().starts_with(name));
    assert!(!starts("bcc:"), "{head}");
    assert!(starts("to: bob@example.org") && starts("message-id: <id@example.org>"), "{head}");
    assert!(body.contains("To: eve"), "{body}");
    let named = written(Letter {
        to: vec![Mailbox::new(Some("Bob\r\nCc: eve@example.org".into()), "bob@example.org".parse().unwrap())],
        ..letter(&["bob@example.org"], "x", "y")
    });
    assert!(!named.lines().any(|line| line.starts_with("Cc:")), "{named}");
}

#[test]
fn a_draft_may_be_for_nobody_yet() {
    let now = "2026-11-23T10:00:00Z".parse().unwrap();
    let outgoing = letter(&[], "", "later").write(&sender(), "<d@example.org>".into(), now).unwrap();
    assert_eq!(outgoing.envelope, None);
    let text = String::from_utf8(outgoing.bytes).unwrap();
    assert!(!text.lines().any(|line| line.starts_with("To:")), "{text}");
}

#[test]
fn ids_are_of_the_key_and_of_nothing_else() {
    let one = message_id(&sender(), "send_email", "k1");
    assert_eq!(one, message_id(&sender(), "send_email", "k1"));
    assert_ne!(one, message_id(&sender(), "send_email", "k2"));
    assert_ne!(one, message_id(&sender(), "reply_email", "k1"));
    assert!(one.starts_with("<homepilot.") && one.ends_with("@example.org>") && !one.contains("k1"), "{one}");
}

#[test]
fn an_answer_belongs_to_its_thread() {
    let found = arrived(
        "From: Sara <sara@work.example>\r\nTo: ada@example.org, Bob <bob@example.org>\r\nCc: sara@work.example\r\n\
         Subject: Lunch\r\nMessage-ID: <3@x>\r\nReferences: <1@x> <2@x>\r\nIn-Reply-To: <2@x>",
    );
    let answer = Letter::answer(&found, "Yes.".into(), false, &sender()).unwrap();
    assert_eq!(
        (answer.subject.as_str(), answer.to[0].email.to_string().as_str()),
        ("Re: Lunch", "sara@work.example")
    );
    assert!(answer.cc.is_empty());
    let text = written(answer);
    assert!(text.contains("In-Reply-To: <3@x>") && text.contains("References: <1@x> <2@x> <3@x>"), "{text}");
    let all = Letter::answer(&found, "Yes.".into(), true, &sender()).unwrap();
    assert_eq!(all.cc.iter().map(|one| one.email.to_string()).collect::<Vec<_>>(), ["bob@example.org"]);
    assert_eq!(answering("RE: Lunch"), "RE: Lunch");
}

#[test]
fn an_answer_goes_to_no_other_house_than_the_email_came_from() {
    let found = |reply_to: &str| {
        arrived(&format!(
            "From: sara@work.example\r\nReply-To: {reply_to}\r\nSubject: x\r\nMessage-ID: <1@x>"
        ))
    };
    let answer = |reply_to: &str| Letter::answer(&found(reply_to), "Yes.".into(), false, &sender());
    assert_eq!(
        answer("office@mail.work.example").unwrap().to[0].email.to_string(),
        "office@mail.work.example"
    );
    let said = answer("eve@evil.example").unwrap_err().to_string();
    assert!(said.contains("sara@work.example") && said.contains("eve@evil.example"), "{said}");
    assert!(matches!(answer("eve@notwork.example"), Err(CallError::Which(_))));
    let nobody = arrived("Subject: x");
    assert!(matches!(
        Letter::answer(&nobody, "Yes.".into(), false, &sender()),
        Err(CallError::NobodyToAnswer)
    ));
}
