//! The schedule and free time, over the network.

use serde_json::json;

use super::{call, options, refused, said, start, total};

#[tokio::test]
async fn entries_are_put_listed_and_found_free_around() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(options(&folder.path().join("h.db"))).await;
    let client = server.client().await;
    for (tool, arguments, expected) in [
        ("list_schedule", json!({}), "You have nothing on your schedule in the coming week."),
        (
            "add_schedule_entry",
            json!({"title": "lunch with Sara", "when": "tomorrow at noon", "duration": "an hour and a half", "location": "at Luigi's"}),
            "Done. I put lunch with Sara on your schedule, tomorrow from noon to one thirty p.m., at Luigi's.",
        ),
        (
            "add_schedule_entry",
            json!({"title": "my dentist", "when": "tomorrow from one to two"}),
            "Done. I put your dentist on your schedule, tomorrow from one p.m. to two p.m. That overlaps with lunch with Sara.",
        ),
        (
            "add_schedule_entry",
            json!({"title": "standup", "when": "every weekday at nine", "duration": "for 15 minutes"}),
            "Done. I put standup on your schedule, every weekday at nine a.m. for fifteen minutes, first tomorrow at nine a.m.",
        ),
        (
            "add_schedule_entry",
            json!({"title": "vacation", "when": "from friday to saturday"}),
            "Done. I put vacation on your schedule, from March sixth through March seventh.",
        ),
        (
            "add_schedule_entry",
            json!({"title": "Anna's birthday", "when": "every year on march 5th"}),
            "Done. I put Anna's birthday on your schedule, every year on March fifth, first tomorrow.",
        ),
        (
            "list_schedule",
            json!({"when": "tomorrow"}),
            "You have four things on your schedule tomorrow: Anna's birthday, all day; standup, from nine a.m. to nine fifteen a.m.; lunch \
             with Sara, from noon to one thirty p.m., at Luigi's; and your dentist, from one p.m. to two p.m.",
        ),
        (
            "list_schedule",
            json!({"when": "on friday"}),
            "You have two things on your schedule on Friday: vacation, all day; and standup, from nine a.m. to nine fifteen a.m.",
        ),
        (
            "list_schedule",
            json!({"when": "saturday"}),
            "You have one thing on your schedule on Saturday: vacation, all day.",
        ),
        ("list_schedule", json!({"when": "sunday"}), "You have nothing on your schedule on Sunday."),
        (
            "list_schedule",
            json!({"when": "march 5th 2027"}),
            "You have two things on your schedule on March fifth, 2027: Anna's birthday, all day; and standup, from nine a.m. to nine \
             fifteen a.m.",
        ),
        (
            "find_free_time",
            json!({"when": "tomorrow", "duration": "an hour"}),
            "You have an hour free tomorrow: from eight a.m. to nine a.m.; from nine fifteen a.m. to noon; and from two p.m. \
             to eight p.m. Anna's birthday, tomorrow, all day.",
        ),
        (
            "find_free_time",
            json!({"when": "tomorrow morning"}),
            "You have half an hour free tomorrow from nine a.m. to noon: tomorrow from nine fifteen \
             a.m. to noon. Anna's birthday, tomorrow, all day.",
        ),
        (
            "find_free_time",
            json!({"when": "tomorrow from noon to three", "duration": "two hours"}),
            "You don't have two hours free tomorrow from noon to three p.m. Anna's birthday, tomorrow, all day.",
        ),
        (
            "find_free_time",
            json!({"when": "today"}),
            "You have half an hour free today: from ten a.m. to eight p.m.",
        ),
        (
            "find_free_time",
            json!({"when": "sunday at three", "duration": "two hours"}),
            "You have two hours free on Sunday at three p.m.: on Sunday from three p.m. to five p.m.",
        ),
    ] {
        assert_eq!(said(&call(&client, tool, arguments.clone()).await), expected, "{tool} {arguments}");
    }
    let listed =
        call(&client, "list_schedule", json!({"when": "tomorrow"})).await.structured_content.unwrap();
    let lunch = &listed["entries"][2];
    assert_eq!(
        (&lunch["title"], &lunch["from"], &lunch["to"], &lunch["location"]),
        (
            &json!("lunch with Sara"),
            &json!("2026-03-05T12:00:00-05:00[America/New_York]"),
            &json!("2026-03-05T13:30:00-05:00[America/New_York]"),
            &json!("at Luigi's"),
        )
    );
    let birthday = &listed["entries"][0];
    assert_eq!((&birthday["from"], &birthday["to"]), (&json!("2026-03-05"), &json!("2026-03-06")));
    let free = call(&client, "find_free_time", json!({"when": "tomorrow"})).await.structured_content.unwrap();
    assert_eq!(
        (&free["total"], &free["minutes"], &free["times"][0]["minutes"]),
        (&json!(3), &json!(30), &json!(60))
    );
    server.stop().await;
}

#[tokio::test]
async fn a_weekly_entry_keeps_its_hour_as_the_clocks_change() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(options(&folder.path().join("h.db"))).await;
    let client = server.client().await;
    said(
        &call(
            &client,
            "add_schedule_entry",
            json!({"title": "choir", "when": "every sunday at nine in the morning"}),
        )
        .await,
    );
    let listed = call(&client, "list_schedule", json!({"when": "2026-03-01T00:00/2027-01-01T00:00"})).await;
    let listed = listed.structured_content.unwrap();
    let starts: Vec<&str> =
        listed["entries"].as_array().unwrap().iter().map(|e| e["from"].as_str().unwrap()).collect();
    assert_eq!((listed["total"].as_u64(), starts.len()), (Some(43), 43));
    assert!(starts.iter().all(|start| start.contains("T09:00:00")), "{starts:?}");
    assert_eq!(starts[0], "2026-03-08T09:00:00-04:00[America/New_York]");
    assert_eq!(starts[42], "2026-12-27T09:00:00-05:00[America/New_York]");
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_scheduled_is_refused_with_what_to_say() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(options(&folder.path().join("h.db"))).await;
    let client = server.client().await;
    for (tool, arguments, expected) in [
        ("add_schedule_entry", json!({"title": "lunch"}), "when is missing"),
        ("add_schedule_entry", json!({"when": "friday at noon"}), "title is missing"),
        ("add_schedule_entry", json!({"title": "lunch", "when": "yesterday"}), "in the past"),
        ("add_schedule_entry", json!({"title": "lunch", "when": "next friday at noon"}), "say which"),
        (
            "add_schedule_entry",
            json!({"title": "a", "when": "friday at noon", "duration": "long"}),
            "duration: no length of time that i know in \"long\"",
        ),
        (
            "add_schedule_entry",
            json!({"title": "a", "when": "friday at noon", "duration": "two months"}),
            "31 days",
        ),
        (
            "add_schedule_entry",
            json!({"title": "a", "when": "friday", "duration": "an hour"}),
            "say at what time it begins",
        ),
        (
            "add_schedule_entry",
            json!({"title": "a", "when": "friday afternoon", "duration": "an hour"}),
            "has an end of its own",
        ),
        (
            "add_schedule_entry",
            json!({"title": "a", "when": "friday at noon", "end": "one"}),
            "no argument end",
        ),
        ("list_schedule", json!({"when": "every monday"}), "not for a repetition"),
        ("list_schedule", json!({"when": "2026-03-05T00:00/2029-03-05T00:00"}), "at most 366 days"),
        ("find_free_time", json!({"when": "this year"}), "at most 31 days"),
        ("find_free_time", json!({"when": "every day"}), "not for a repetition"),
        ("find_free_time", json!({"duration": "some"}), "no length of time"),
    ] {
        let message = refused(&call(&client, tool, arguments.clone()).await);
        assert!(message.contains(expected), "{tool} {arguments}: {message}");
    }
    assert_eq!(total(&client, "list_schedule").await, 0);
    server.stop().await;
}
