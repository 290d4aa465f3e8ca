//! The webhook, and what came in.

use super::*;

async fn get(rig: &Rig, query: &str) -> (u16, String) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.get(format!("{}?{query}", rig.webhook())).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_challenge_is_answered_to_who_knows_the_word() {
    let rig = Rig::start().await;
    let asked = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=";
    assert_eq!(get(&rig, &format!("{asked}between+us")).await, (200, "1158201444".to_owned()));
    for (query, status) in [
        (format!("{asked}between"), 403),
        (format!("{asked}{APP_SECRET}"), 403),
        (asked.to_owned(), 403),
        ("hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=between+us".into(), 403),
        ("hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=between+us".into(), 403),
        ("hub.mode=subscribe&hub.verify_token=between+us".into(), 403),
        (String::new(), 403),
    ] {
        assert_eq!(get(&rig, &query).await.0, status, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_meta_has_signed_counts() {
    let rig = Rig::start().await;
    let message = payload(json!({
        "contacts": [{"profile": {"name": "Ann"}, "wa_id": "16502530000"}],
        "messages": [{"from": "16502530000", "id": "wamid.1", "timestamp": "1772636000", "type": "text", "text": {"body": "hi"}}],
    }))
    .to_string();
    let good = signature(message.as_bytes());
    let wrong = format!("sha256={}", "a".repeat(64));
    for signature in [None, Some(String::new()), Some(wrong), Some(good.replace("sha256", "sha1"))] {
        assert_eq!(rig.notice(message.clone(), signature).await, 401);
    }
    // Another byte.
    assert_eq!(rig.notice(format!("{message} "), Some(good.clone())).await, 401);
    assert!(done(&rig.call("list_messages", json!({})).await).starts_with("You have no WhatsApp messages."));
    // The same again is the same message.
    for _ in 0..2 {
        assert_eq!(rig.notice(message.clone(), Some(good.clone())).await, 200);
    }
    let said = done(&rig.call("list_messages", json!({})).await);
    assert_eq!(
        said,
        "You have one WhatsApp message, from Ann.\nAnn wrote today at nine fifty-three a.m.: hi."
    );
    // What is signed and can't be read is not sent again.
    for odd in ["", "{", "[]", "{\"entry\": [{\"changes\": [{\"value\": 7}]}]}"] {
        assert_eq!(rig.notice(odd.into(), Some(signature(odd.as_bytes()))).await, 200, "{odd}");
    }
    let large = " ".repeat(super::super::webhook::LARGEST + 1);
    let signed = signature(large.as_bytes());
    assert_eq!(rig.notice(large, Some(signed)).await, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_are_not_served_through_a_tunnel() {
    let rig = Rig::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = |header: Option<&'static str>| {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}});
        let request = http.post(format!("http://{}/mcp", rig.address)).json(&body);
        let request = request.header("accept", "application/json, text/event-stream");
        match header {
            Some(header) => request.header(header, "203.0.113.7"),
            None => request,
        }
    };
    for header in ["x-forwarded-for", "forwarded", "cf-connecting-ip", "via"] {
        assert_eq!(ask(Some(header)).send().await.unwrap().status(), 403, "{header}");
    }
    assert_ne!(ask(None).send().await.unwrap().status(), 403);
    // What Meta says comes through one.
    let answer = http.get(rig.webhook()).header("x-forwarded-for", "203.0.113.7").send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("verify token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_listed_and_marked_as_read() {
    let rig = Rig::start().await;
    rig.hears((JOHN, "Johnny"), "first", 60).await;
    rig.hears((JOHN, "Johnny"), "second", 30).await;
    rig.hears(("16502530000", "Ann"), "hello", 10).await;
    let listed = rig.call("list_messages", json!({"unread": true, "limit": 2})).await;
    assert_eq!(
        done(&listed),
        "You have three unread WhatsApp messages, from Ann and John.\n\
         Ann wrote today at nine fifty a.m.: hello. John wrote today at nine thirty a.m.: second."
    );
    let structured = listed.structured_content.unwrap();
    assert_eq!(structured["total"], 3);
    assert_eq!(
        structured["messages"][1],
        json!({"id": format!("wamid.in-{JOHN}-30"), "direction": "in", "who": {"name": "John", "number": format!("+{JOHN}")},
            "text": "second", "at": "2026-03-04T09:30:00-05:00[America/New_York]", "standing": "unread"})
    );
    // The newest of a person stands for those before.
    let marked = rig.keyed("k1", "mark_read", json!({"person": "John"})).await;
    assert_eq!(done(&marked), "Done. I marked two messages from John as read.");
    let read = |id: &str| json!({"messaging_product": "whatsapp", "status": "read", "message_id": id});
    assert_eq!(rig.graph.bodies(), [read(&format!("wamid.in-{JOHN}-30"))]);
    assert_eq!(
        done(&rig.call("mark_read", json!({"person": "John"})).await),
        "There is nothing unread from John."
    );
    // The same key is answered the same.
    assert_eq!(text(&rig.keyed("k1", "mark_read", json!({"person": "John"})).await), text(&marked));
    assert_eq!(done(&rig.call("mark_read", json!({})).await), "Done. I marked one message from Ann as read.");
    assert_eq!(rig.graph.bodies().len(), 2);
    let said = done(&rig.call("list_messages", json!({"unread": true})).await);
    assert_eq!(said, "You have no unread WhatsApp messages.");
    let said = done(&rig.call("list_messages", json!({"person": "John", "unread": true})).await);
    assert_eq!(said, "You have no unread WhatsApp messages from John.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_message_is_told() {
    let rig = Rig::start().await;
    rig.hears((JOHN, "Johnny"), "hi", 10).await;
    for text in ["one", "two"] {
        done(&rig.call("send_whatsapp", json!({"to": "John", "message": text})).await);
    }
    rig.becomes(json!({"id": "wamid.out1", "status": "read", "timestamp": "1772636100"})).await;
    // An earlier one comes later.
    rig.becomes(json!({"id": "wamid.out1", "status": "delivered", "timestamp": "1772636050"})).await;
    rig.becomes(json!({"id": "wamid.out2", "status": "failed", "timestamp": "1772636050",
        "errors": [{"code": 131_026, "title": "Message undeliverable"}]}))
        .await;
    // Of somebody else's.
    rig.becomes(json!({"id": "wamid.other", "status": "failed", "timestamp": "1772636050"})).await;
    let listed = rig.call("list_messages", json!({})).await;
    let said = done(&listed);
    assert!(
        said.contains("Your message to John did not arrive: the message can't be delivered to this number"),
        "{said}"
    );
    let missed = listed.structured_content.unwrap()["missed"].clone();
    assert_eq!(missed.as_array().unwrap().len(), 1, "{missed}");
    let said = done(&rig.call("list_messages", json!({"person": "John"})).await);
    assert!(said.contains("and it was read: one"), "{said}");
}
