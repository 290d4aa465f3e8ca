use super::*;
use crate::whatsapp::output::Who;

/// Wednesday, ten in the morning.
const NOW: &str = "2026-03-04T10:00:00-05:00[America/New_York]";

fn now() -> Zoned {
    NOW.parse().unwrap()
}

fn item(name: &str, direction: Direction, text: &str, at: &str, standing: Standing) -> Item {
    Item {
        id: None,
        direction,
        who: Who { name: name.into(), number: None },
        text: text.into(),
        at: format!("2026-03-{at}:00-05:00[America/New_York]"),
        standing,
        trouble: None,
    }
}

fn came(name: &str, text: &str, at: &str) -> Item {
    item(name, Direction::In, text, at, Standing::Unread)
}

fn list(messages: Vec<Item>) -> Messages {
    Messages { total: messages.len(), messages, missed: Vec::new() }
}

#[test]
fn the_sum_comes_first() {
    let two = list(vec![came("John", "I'll be\nlate.", "04T09:30"), came("Ann", "Tea? ☕", "03T17:05")]);
    assert_eq!(
        messages(&two, None, true, &now()),
        "You have two unread WhatsApp messages, from John and Ann.\n\
         John wrote today at nine thirty a.m.: I'll be late. Ann wrote yesterday at five oh five p.m.: Tea? ☕."
    );
    assert_eq!(messages(&list(vec![]), None, true, &now()), "You have no unread WhatsApp messages.");
    assert_eq!(
        messages(&list(vec![]), Some("John"), true, &now()),
        "You have no unread WhatsApp messages from John."
    );
    let both = list(vec![
        item("John", Direction::Out, "On my way", "04T09:45", Standing::Read),
        item("John", Direction::Out, "Hello", "04T09:40", Standing::Sent),
        came("John", "Where are you?", "04T09:30"),
    ]);
    assert_eq!(
        messages(&both, Some("John"), false, &now()),
        "There are three WhatsApp messages between you and John.\n\
         You wrote John today at nine forty-five a.m., and it was read: On my way. You wrote John today at nine forty a.m.: \
         Hello. John wrote today at nine thirty a.m.: Where are you?"
    );
    let many = ["Ann", "Bob", "Cid", "Dora", "Eva", "Finn"].map(|name| came(name, "hi", "04T09:30"));
    let said = messages(&list(many.to_vec()), None, false, &now());
    assert!(
        said.starts_with("You have six WhatsApp messages, from Ann, Bob, Cid and three more.\n"),
        "{said}"
    );
    assert!(said.contains("Eva wrote") && !said.contains("Finn wrote"), "{said}");
}

#[test]
fn what_did_not_arrive_is_told() {
    let mut failed = item("Sara", Direction::Out, "hi", "04T09:30", Standing::Failed);
    failed.trouble = Some("this number is not on WhatsApp".into());
    let unknown = item("Tom", Direction::Out, "hi", "04T09:20", Standing::Unknown);
    let told = Messages { messages: Vec::new(), total: 0, missed: vec![failed, unknown] };
    assert_eq!(
        messages(&told, None, false, &now()),
        "You have no WhatsApp messages.\n\
         Your message to Sara did not arrive: this number is not on WhatsApp.\n\
         It is not known whether your message to Tom was sent."
    );
}

#[test]
fn a_long_message_is_shortened() {
    let long = list(vec![came("John", &"word ".repeat(200), "04T09:30")]);
    let said = messages(&long, None, false, &now());
    assert!(said.chars().count() < 300 && said.contains("word…"), "{said}");
}

#[test]
fn done_is_said_as_far_as_it_is_known() {
    assert_eq!(sent("John", Standing::Accepted, true), "Done. I sent your message to John.");
    assert_eq!(sent("John", Standing::Delivered, true), "Done. Your message has arrived at John.");
    assert_eq!(sent("John", Standing::Read, true), "Done. John has read your message.");
    assert!(sent("John", Standing::Accepted, false).ends_with("because the webhook is not set up."));
    let who = |name: &str| Who { name: name.into(), number: None };
    let done =
        |names: &[&str], messages| Marked { from: names.iter().map(|name| who(name)).collect(), messages };
    assert_eq!(marked(&done(&["John"], 2), None), "Done. I marked two messages from John as read.");
    assert_eq!(
        marked(&done(&["John", "Ann"], 3), None),
        "Done. I marked three messages from two people as read."
    );
    assert_eq!(marked(&done(&[], 0), Some("John")), "There is nothing unread from John.");
    assert_eq!(marked(&done(&[], 0), None), "There is nothing unread on WhatsApp.");
}
