use serde_json::json;

use super::*;

const NUMBER: &str = "106540352242922";
const NOW: &str = "2026-03-04T15:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn payload(value: Value) -> Value {
    let mut value = value;
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({"display_phone_number": "15550783881", "phone_number_id": NUMBER});
    json!({"object": "whatsapp_business_account", "entry": [
        {"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}
    ]})
}

fn notices(value: Value) -> Vec<Notice> {
    read(&payload(value), NUMBER, now(), "EAAtopsecret")
}

fn text(body: &Value) -> Option<String> {
    let message = json!({"from": "16505551234", "id": "wamid.1", "timestamp": "1772631000"});
    let mut message = message;
    message.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    match notices(json!({"messages": [message]})).as_slice() {
        [Notice::Received(received)] => Some(received.text.clone()),
        [] => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_is_read_with_who_wrote_it() {
    let read = notices(json!({
        "contacts": [{"profile": {"name": "Sheena\u{202e} Nelson"}, "wa_id": "16505551234", "user_id": "US.1349"}],
        "messages": [{"from": "16505551234", "id": "wamid.HBgL", "timestamp": "1772631000", "type": "text",
            "text": {"body": "Does it come\nin another\u{200b} colour?"}}],
    }));
    let wanted = Received {
        wamid: "wamid.HBgL".into(),
        from: Ids { number: Some("16505551234".into()), user: Some("US.1349".into()) },
        name: Some("Sheena Nelson".into()),
        text: "Does it come\nin another colour?".into(),
        at: "2026-03-04T13:30:00Z".parse().unwrap(),
    };
    assert_eq!(read, [Notice::Received(wanted)]);
}

#[test]
fn a_person_may_hide_their_number() {
    let read = notices(json!({
        "contacts": [{"profile": {"name": "Sheena", "username": "@sheena"}, "user_id": "US.1349"}],
        "messages": [{"from_user_id": "US.1349", "id": "wamid.1", "timestamp": "1772631000", "type": "text",
            "text": {"body": "hi"}}],
    }));
    let [Notice::Received(received)] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((received.from.person(), received.name.as_deref()), ("US.1349", Some("Sheena")));
}

#[test]
fn every_kind_of_message_says_what_it_is() {
    for (body, wanted) in [
        (
            json!({"type": "image", "image": {"id": "1", "caption": "the garden"}}),
            Some("[a picture] the garden"),
        ),
        (json!({"type": "image", "image": {"id": "1"}}), Some("[a picture]")),
        (json!({"type": "audio", "audio": {"id": "1", "voice": true}}), Some("[a voice message]")),
        (json!({"type": "document", "document": {"filename": "lease.pdf"}}), Some("[a document] lease.pdf")),
        (json!({"type": "location", "location": {"latitude": 1.0, "longitude": 2.0}}), Some("[a place]")),
        (
            json!({"type": "reaction", "reaction": {"message_id": "x", "emoji": "👍"}}),
            Some("[a reaction] 👍"),
        ),
        (json!({"type": "button", "button": {"text": "Yes please"}}), Some("Yes please")),
        (
            json!({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Tea"}}}),
            Some("Tea"),
        ),
        (json!({"type": "poll"}), Some("[something that can't be shown here]")),
        (json!({"type": "text", "text": {"body": "\u{200b}"}}), Some("[nothing]")),
        (json!({"type": "system", "system": {"type": "user_changed_number"}}), None),
    ] {
        assert_eq!(text(&body).as_deref(), wanted, "{body}");
    }
    let long = text(&json!({"type": "text", "text": {"body": "é".repeat(9000)}})).unwrap();
    assert_eq!(long.chars().count(), LONGEST_TEXT);
}

#[test]
fn what_became_of_a_message_is_read() {
    let read = notices(json!({"statuses": [
        {"id": "wamid.1", "status": "delivered", "timestamp": "1772631000", "recipient_id": "16505551234",
            "biz_opaque_callback_data": "ours"},
        {"id": "wamid.2", "status": "failed", "timestamp": "1772631000", "recipient_id": "16505551234",
            "errors": [{"code": 131047, "title": "Re-engagement message"}]},
        {"id": "wamid.3", "status": "held", "timestamp": "1772631000", "recipient_id": "16505551234"},
    ]}));
    let [Notice::Became(delivered), Notice::Became(failed)] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!((delivered.standing, delivered.ours.as_deref()), (Standing::Delivered, Some("ours")));
    assert_eq!(failed.standing, Standing::Failed);
    assert!(failed.trouble.as_ref().unwrap().contains("only a template may be sent"), "{failed:?}");
}

#[test]
fn what_cannot_be_read_is_left_out_and_the_rest_stays() {
    let good = json!({"from": "16505551234", "id": "wamid.1", "timestamp": "1772631000", "type": "text",
        "text": {"body": "hi"}});
    let count = |messages: Value| notices(json!({"messages": messages})).len();
    assert_eq!(
        count(json!([{"id": 7}, null, "x", good, {"from": "me", "id": "wamid.2", "type": "text"}])),
        1
    );
    let mut long = good.clone();
    long["id"] = json!("x".repeat(600));
    assert_eq!(count(json!([long])), 0);
    assert_eq!(count(json!(vec![good.clone(); 1200])), MOST);
    for odd in [json!(null), json!([]), json!({"entry": 7}), json!({"entry": [{"changes": [{}]}]})] {
        assert_eq!(read(&odd, NUMBER, now(), ""), [], "{odd}");
    }
    // Of another number of the same app.
    assert_eq!(read(&payload(json!({"messages": [good]})), "999", now(), ""), []);
}

#[test]
fn moments_are_seconds_or_written_out_and_never_to_come() {
    let at = |written: Value| {
        let message = json!({"from": "16505551234", "id": "wamid.1", "timestamp": written, "type": "text",
            "text": {"body": "hi"}});
        match notices(json!({"messages": [message]})).as_slice() {
            [Notice::Received(received)] => received.at.to_string(),
            other => panic!("{other:?}"),
        }
    };
    for (written, wanted) in [
        ("1772631000", "2026-03-04T13:30:00Z"),
        ("2026-03-04T13:30:00+00:00", "2026-03-04T13:30:00Z"),
        ("1893456000", NOW),
        ("soon", NOW),
    ] {
        assert_eq!(at(json!(written)), wanted);
    }
}
