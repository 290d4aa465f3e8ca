//! Messages on their way out.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_text_goes_to_who_has_written_within_a_day() {
    let rig = Rig::start().await;
    rig.hears((JOHN, "Johnny"), "where are you?", 90).await;
    let sent =
        rig.call("send_whatsapp", json!({"to": "John", "message": "I'll be there\nin ten minutes"})).await;
    assert_eq!(done(&sent), "Done. I sent your message to John.");
    let structured = sent.structured_content.unwrap();
    assert_eq!(
        structured,
        json!({"id": "wamid.out1", "to": {"name": "John", "number": "+447911123456"},
            "text": "I'll be there\nin ten minutes", "standing": "accepted"})
    );
    let (path, bearer, mut body) = rig.graph.seen.lock().unwrap().pop().unwrap();
    assert_eq!((path, bearer), (format!("/v25.0/{NUMBER}/messages"), format!("Bearer {TOKEN}")));
    let ours = body.as_object_mut().unwrap().remove("biz_opaque_callback_data").unwrap();
    assert!(ours.as_str().is_some_and(|id| id.len() >= 32), "{ours}");
    assert_eq!(
        body,
        json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": JOHN, "type": "text",
            "text": {"preview_url": false, "body": "I'll be there\nin ten minutes"}})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_of_the_day_only_a_template_goes() {
    let rig = Rig::start().await;
    // A minute too late, and never.
    rig.hears((JOHN, "Johnny"), "hi", 24 * 60).await;
    for to in ["John", "+49 151 23456789", "07911 654321"] {
        let said = refused(&rig.call("send_whatsapp", json!({"to": to, "message": "hello"})).await);
        assert!(said.contains("has not written to you in the last 24 hours"), "{said}");
        assert!(said.contains("only approved templates: give the name of one"), "{said}");
    }
    assert_eq!(rig.graph.bodies(), Vec::<Value>::new());
    let arguments = json!({"to": "John", "message": "Thursday at three", "template": "Appointment reminder"});
    assert_eq!(done(&rig.call("send_whatsapp", arguments).await), "Done. I sent your message to John.");
    let arguments = json!({"to": "John", "message": "hello world", "template": "hello_world", "values": [], "language": "de"});
    done(&rig.call("send_whatsapp", arguments).await);
    let bodies = rig.graph.bodies();
    assert_eq!(
        bodies[0]["template"],
        json!({"name": "appointment_reminder", "language": {"code": "en_US"}, "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Thursday at three"}]}]})
    );
    assert_eq!(bodies[1]["template"], json!({"name": "hello_world", "language": {"code": "de"}}));
    assert!(
        bodies.iter().all(|body| body["type"] == "template" && body["text"] == Value::Null),
        "{bodies:?}"
    );
    let sent = rig.call("list_messages", json!({"person": "John"})).await;
    assert!(done(&sent).contains("[template appointment_reminder] Thursday at three"), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_a_minute_before_the_day_is_over_keeps_it_open() {
    let rig = Rig::start().await;
    rig.hears((JOHN, "Johnny"), "hi", 24 * 60 - 1).await;
    // What came late does not shorten it.
    rig.hears((JOHN, "Johnny"), "earlier", 48 * 60).await;
    done(&rig.call("send_whatsapp", json!({"to": "John", "message": "hello"})).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_sends_once() {
    let rig = Rig::start().await;
    rig.hears((JOHN, "Johnny"), "hi", 5).await;
    let message = json!({"to": "John", "message": "hello"});
    let first = rig.keyed("k1", "send_whatsapp", message.clone()).await;
    done(&first);
    // Also long after, when they may not be written to freely.
    let mut rig = rig;
    let mut later = rig.options();
    later.clock = Clock::new(|| "2026-03-08T10:00:00Z".parse().unwrap());
    rig.serve(later).await;
    let again = rig.keyed("k1", "send_whatsapp", json!({"message": "hello", "to": "John"})).await;
    assert_eq!((text(&again), again.structured_content), (text(&first), first.structured_content));
    assert_eq!(rig.graph.bodies().len(), 1);
    let other = refused(&rig.keyed("k1", "send_whatsapp", json!({"to": "Sara", "message": "hello"})).await);
    assert!(other.contains("this idempotency key was used for something else"), "{other}");
    let other = refused(&rig.keyed("k1", "mark_read", json!({})).await);
    assert!(other.contains("this idempotency key was used for something else"), "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_may_be_tried_again_with_its_key() {
    let rig = Rig::start().await;
    rig.hears((JOHN, "Johnny"), "hi", 5).await;
    rig.graph.refuse(400, 131_030);
    let message = json!({"to": "John", "message": "hello"});
    let said = refused(&rig.keyed("k1", "send_whatsapp", message.clone()).await);
    assert!(said.starts_with("this number is not among those that a test number may write to"), "{said}");
    done(&rig.keyed("k1", "send_whatsapp", message).await);
    assert_eq!(rig.graph.bodies().len(), 2);
    let listed = done(&rig.call("list_messages", json!({"person": "John"})).await);
    assert!(listed.starts_with("There are two WhatsApp messages between you and John."), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_hides_their_number_is_written_to_by_their_id() {
    let rig = Rig::start().await;
    let hidden = payload(json!({
        "contacts": [{"profile": {"name": "Sheena"}, "user_id": "US.1349"}],
        "messages": [{"from_user_id": "US.1349", "id": "wamid.1", "timestamp": "1772636000", "type": "text", "text": {"body": "hi"}}],
    }));
    assert_eq!(rig.signed(&hidden).await, 200);
    done(&rig.call("send_whatsapp", json!({"to": "Sheena", "message": "hello"})).await);
    let body = &rig.graph.bodies()[0];
    assert_eq!((&body["recipient"], &body["to"]), (&json!("US.1349"), &Value::Null));
    // Once the number is known, it is the same person.
    let shown = payload(json!({
        "contacts": [{"profile": {"name": "Sheena"}, "user_id": "US.1349", "wa_id": "16505551234"}],
        "messages": [{"from": "16505551234", "from_user_id": "US.1349", "id": "wamid.2", "timestamp": "1772636060",
            "type": "text", "text": {"body": "it is me"}}],
    }));
    assert_eq!(rig.signed(&shown).await, 200);
    done(&rig.call("send_whatsapp", json!({"to": "Sheena", "message": "hello"})).await);
    assert_eq!(rig.graph.bodies()[1]["to"], json!("16505551234"));
    let listed = done(&rig.call("list_messages", json!({"person": "Sheena"})).await);
    assert!(listed.starts_with("There are four WhatsApp messages between you and Sheena."), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_webhook_whatsapp_is_left_to_say() {
    let rig = Rig::with(|options| Options { webhook: None, ..options }).await;
    let said = done(&rig.call("send_whatsapp", json!({"to": "John", "message": "hello"})).await);
    assert!(said.contains("can't be seen here, because the webhook is not set up"), "{said}");
    rig.graph.refuse(400, 131_047);
    let said = refused(&rig.call("send_whatsapp", json!({"to": "John", "message": "hello"})).await);
    assert!(said.contains("only a template may be sent"), "{said}");
    let said = done(&rig.call("list_messages", json!({})).await);
    assert!(said.starts_with("You have no WhatsApp messages. The webhook is not set up"), "{said}");
    assert_eq!(rig.notice("{}".into(), Some(signature(b"{}"))).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_said() {
    let rig = Rig::start().await;
    rig.hears(("16502530000", "John Smith"), "hi", 5).await;
    rig.hears(("16502530001", "Tom Jones"), "hi", 5).await;
    rig.hears(("16502530002", "Tom Waits"), "hi", 5).await;
    let long = "x".repeat(4097);
    for (arguments, wanted) in [
        (json!({"to": "Tom", "message": "hi"}), "two people could be meant by Tom: Tom Jones; and Tom Waits"),
        (json!({"to": "Nobody", "message": "hi"}), "nobody called Nobody is known on WhatsApp"),
        (json!({"to": "John", "message": " "}), "message is empty"),
        (json!({"to": "John"}), "message is missing"),
        (json!({"to": "John", "message": long}), "message has 4097 characters: 4096 is the most"),
        (json!({"to": "John", "message": "hi", "template": "Hello, world!"}), "is no name of a template"),
        (
            json!({"to": "John", "message": "hi", "template": "hello", "language": "English"}),
            "is no language",
        ),
        (json!({"to": "John", "message": "hi", "values": ["a"]}), "belong to a template"),
        (json!({"to": "John", "message": "hi", "cc": "Sara"}), "there is no argument cc"),
    ] {
        let said = refused(&rig.call("send_whatsapp", arguments.clone()).await);
        assert!(said.contains(wanted), "{arguments}: {said}");
    }
    assert_eq!(rig.graph.bodies(), Vec::<Value>::new());
}
