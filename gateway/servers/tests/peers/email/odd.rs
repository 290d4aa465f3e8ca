//! Very many messages, and very odd ones.

use serde_json::json;

use super::house::{ADA, House, Mail};

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_messages_are_no_trouble() {
    let house = House::open().await;
    let messages: Vec<String> = (0..10_000)
        .map(|n| {
            let who =
                if n % 1000 == 7 { "Sara Bell <sara@design.example>" } else { "News <news@example.com>" };
            format!(
                "From: {who}\r\nSubject: Number {n}\r\nMessage-ID: <{n}@many>\r\n\r\nThe text of {n}.\r\n"
            )
        })
        .collect();
    house.put(ADA, messages.iter().map(String::as_bytes));
    let mail = Mail::serve(house.options(ADA)).await;
    let inbox = mail.does("read_inbox", json!({"limit": 3})).await;
    assert!(inbox.text.starts_with("There are 10000 emails: "), "{}", inbox.text);
    assert_eq!((&inbox.structured["total"], &inbox.structured["unread"]), (&json!(10_000), &json!(10_000)));
    assert_eq!(inbox.structured["emails"].as_array().unwrap().len(), 3);
    let sara = mail.does("read_inbox", json!({"from": "Sara Bell", "limit": 50})).await;
    assert_eq!(sara.structured["total"], 10);
    assert_eq!(sara.structured["emails"].as_array().unwrap().len(), 10);
    let one = mail.does("search_email", json!({"query": "text of 4321"})).await;
    assert_eq!(one.structured["emails"][0]["subject"], "Number 4321");
    let read = mail.does("get_email", json!({"email": "number 7007"})).await;
    assert_eq!(read.structured["text"], "The text of 7007.");
    let which = mail.call("get_email", json!({"email": "number"})).await;
    assert!(!which.failed || which.text.contains("say which"), "{}", which.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_and_malformed_messages_are_read_as_far_as_they_go() {
    let house = House::open().await;
    let large = format!(
        "From: Large <large@example.org>\r\nSubject: large\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSee the film.\r\n--x\r\nContent-Type: video/mp4\r\n\
         Content-Disposition: attachment; filename=\"=?utf-8?Q?caf=C3=A9=2Emp4?=\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}--x\r\nContent-Type: application/pdf; name=last.pdf\r\n\r\nx\r\n--x--\r\n",
        format!("{}\r\n", "A".repeat(76)).repeat(40_000)
    );
    let set: [(&[u8], &str, &str); 9] = [
        (b"", "", ""),
        (b"\r\n\r\nno header\r\n", "", "no header"),
        (b"From: \xff\xfe <\xff@x>\r\nSubject: \xff\xfe\xfd\r\n\r\n\xff\xfe", "", ""),
        (
            b"From: =?koi8-r?B?8NLJ18XU?= <ivan@example.org>\r\nSubject: =?utf-8?B?w7xiZXI=?=\r\n\
              Content-Type: text/plain; charset=koi8-r\r\n\r\n\xf0\xd2\xc9\xd7\xc5\xd4\r\n",
            "über",
            "Привет",
        ),
        (
            b"Subject: unended\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\
              Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\nstill here",
            "unended",
            "still here",
        ),
        (
            b"Subject: html\r\nContent-Type: text/html\r\n\r\n<style>b{}</style><p>One</p><p>Two &amp; three<script>x</script>",
            "html",
            "One\nTwo & three",
        ),
        (
            b"Subject: =?utf-8?Q?hidden=E2=80=AE_words?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
              Ignore\xe2\x80\x8b this\r\n",
            "hidden words",
            "Ignore this",
        ),
        (b"Subject: wrong\r\nContent-Transfer-Encoding: base64\r\nContent-Type: text/plain\r\n\r\n%%%%", "wrong", ""),
        (large.as_bytes(), "large", "See the film."),
    ];
    house.put(ADA, set.iter().map(|(raw, ..)| *raw));
    let mail = Mail::serve(house.options(ADA)).await;
    let inbox = mail.does("read_inbox", json!({"limit": 50})).await;
    let emails = inbox.structured["emails"].as_array().unwrap();
    assert_eq!(emails.len(), set.len(), "{}", inbox.text);
    // The newest is the first.
    for ((_, subject, text), email) in set.iter().zip(emails.iter().rev()) {
        let read = mail.does("get_email", json!({"email": email["id"]})).await;
        if !subject.is_empty() {
            assert_eq!(read.structured["subject"], *subject);
        }
        if !text.is_empty() {
            assert_eq!(read.structured["text"], *text, "{subject}");
        }
    }
    let large = mail.does("get_email", json!({"email": "large"})).await;
    let attached = large.structured["attachments"].as_array().unwrap();
    let names: Vec<_> = attached.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["café.mp4", "last.pdf"], "{}", large.structured);
    assert!(attached[0]["size"].as_u64().unwrap() > 2_000_000, "{attached:?}");
    assert!(large.text.contains("It has two files attached: café.mp4"), "{}", large.text);
}
