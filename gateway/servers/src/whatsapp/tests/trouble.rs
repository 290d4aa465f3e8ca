//! Connections that end, refusals, and a program that ends in the middle.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_answer_never_came_is_unknown_until_the_webhook_says() {
    let mut rig = Rig::start().await;
    let (url, read) = hangs_up(&mut rig.tasks).await;
    let options = Options { account: rig.account(&url), ..rig.options() };
    rig.serve(options).await;
    rig.hears((JOHN, "Johnny"), "hi", 10).await;
    let message = json!({"to": "John", "message": "hello"});
    let lost = rig.keyed("k1", "send_whatsapp", message.clone()).await;
    assert!(is_unknown(&lost), "{lost:?}");
    assert!(
        text(&lost).contains("it may or may not have happened") && !text(&lost).contains("John"),
        "{lost:?}"
    );
    let again = rig.keyed("k1", "send_whatsapp", message.clone()).await;
    assert!(is_unknown(&again), "{again:?}");
    assert_eq!(*read.lock().unwrap(), 1, "it is never sent again by itself");
    let said = done(&rig.call("list_messages", json!({})).await);
    assert!(said.contains("It is not known whether your message to John was sent."), "{said}");

    let ours = ours(&rig).await;
    rig.becomes(json!({"id": "wamid.late", "status": "delivered", "timestamp": "1772636050",
        "biz_opaque_callback_data": ours}))
        .await;
    let settled = rig.keyed("k1", "send_whatsapp", message).await;
    assert_eq!(done(&settled), "Done. Your message has arrived at John.");
    assert_eq!(settled.structured_content.unwrap()["id"], "wamid.late");
    assert_eq!(*read.lock().unwrap(), 1);
    let said = done(&rig.call("list_messages", json!({})).await);
    assert!(!said.contains("not known"), "{said}");
}

/// The id that our message carries, which the peer that hung up has read and does not tell.
async fn ours(rig: &Rig) -> String {
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", rig.database().display())).await.unwrap();
    sqlx::query_scalar("select id from whatsapp_messages where direction = 'out'")
        .fetch_one(&pool)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_may_say_that_it_failed() {
    let mut rig = Rig::start().await;
    let (url, read) = hangs_up(&mut rig.tasks).await;
    let options = Options { account: rig.account(&url), ..rig.options() };
    rig.serve(options).await;
    rig.hears((JOHN, "Johnny"), "hi", 10).await;
    let message = json!({"to": "John", "message": "hello"});
    assert!(is_unknown(&rig.keyed("k1", "send_whatsapp", message.clone()).await));
    let ours = ours(&rig).await;
    rig.becomes(json!({"id": "wamid.late", "status": "failed", "timestamp": "1772636050",
        "biz_opaque_callback_data": ours, "errors": [{"code": 131_047}]}))
        .await;
    let said = refused(&rig.keyed("k1", "send_whatsapp", message).await);
    assert!(said.starts_with("it was not sent: more than 24 hours have passed"), "{said}");
    assert_eq!(*read.lock().unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_its_way_when_the_program_ended_is_unknown() {
    let mut rig = Rig::start().await;
    rig.hears((JOHN, "Johnny"), "hi", 10).await;
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", rig.database().display())).await.unwrap();
    let query = "insert into whatsapp_messages (id, person, direction, text, at, standing, call_key, call_arguments) \
                 values ('m1', ?, 'out', 'hello', '2026-03-04T14:00:00Z', 'sending', 'k1', ?)";
    let arguments = r#"{"message":"hello","to":"John"}"#;
    sqlx::query(query).bind(JOHN).bind(arguments).execute(&pool).await.unwrap();
    let message = json!({"to": "John", "message": "hello"});
    let said = refused(&rig.keyed("k1", "send_whatsapp", message.clone()).await);
    assert!(said.contains("on its way at this moment"), "{said}");
    let options = rig.options();
    rig.serve(options).await;
    assert!(is_unknown(&rig.keyed("k1", "send_whatsapp", message).await));
    assert_eq!(rig.graph.bodies(), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_from_something_in_between_is_unknown() {
    let rig = Rig::start().await;
    rig.hears((JOHN, "Johnny"), "hi", 10).await;
    rig.graph.then(Next::Refuse(502, json!("Bad Gateway")));
    assert!(is_unknown(&rig.call("send_whatsapp", json!({"to": "John", "message": "hello"})).await));
    // Taken, it seems, and by whatever it was.
    rig.graph.then(Next::Refuse(200, json!({"ok": true})));
    assert!(is_unknown(&rig.call("send_whatsapp", json!({"to": "John", "message": "hello"})).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_a_failure_and_nothing_was_sent() {
    let mut rig = Rig::start().await;
    let options = Options { account: rig.account("http://127.0.0.1:9"), ..rig.options() };
    rig.serve(options).await;
    rig.hears((JOHN, "Johnny"), "hi", 10).await;
    let said = refused(&rig.keyed("k1", "send_whatsapp", json!({"to": "John", "message": "hello"})).await);
    assert!(said.starts_with("WhatsApp can't be reached (") && said.contains("nothing was sent"), "{said}");
    let said = done(&rig.call("list_messages", json!({"person": "John"})).await);
    assert!(said.starts_with("There is one WhatsApp message between you and John."), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_said_and_never_shown() {
    let rig = Rig::start().await;
    rig.hears((JOHN, "Johnny"), "hi", 10).await;
    let expired = json!({"error": {"message": format!("Malformed access token {TOKEN}"), "type": "OAuthException", "code": 190}});
    rig.graph.then(Next::Refuse(401, expired));
    let said = refused(&rig.call("send_whatsapp", json!({"to": "John", "message": "hello"})).await);
    assert!(said.contains("set it as WHATSAPP_TOKEN") && !said.contains(TOKEN), "{said}");
    let odd = json!({"error": {"message": format!("(#999) {TOKEN} is odd"), "code": 999}});
    rig.graph.then(Next::Refuse(400, odd));
    let said = refused(&rig.call("send_whatsapp", json!({"to": "John", "message": "hello"})).await);
    assert_eq!(said, "WhatsApp refused it with error 999: (#999) … is odd");
}

#[tokio::test(flavor = "multi_thread")]
async fn marking_stops_at_what_is_refused_and_says_what_was_done() {
    let rig = Rig::start().await;
    rig.hears((JOHN, "Johnny"), "hi", 10).await;
    rig.hears(("16502530000", "Ann"), "hello", 5).await;
    rig.graph.refuse(400, 131_009);
    rig.graph.then(Next::Take);
    let said = refused(&rig.call("mark_read", json!({})).await);
    assert!(said.starts_with("the messages from Ann were marked as read, the others were not: "), "{said}");
    let left = rig.call("list_messages", json!({"unread": true})).await.structured_content.unwrap();
    assert_eq!((&left["total"], &left["messages"][0]["who"]["name"]), (&json!(1), &json!("John")));
}
