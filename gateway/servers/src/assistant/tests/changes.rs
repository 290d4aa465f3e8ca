//! Tools that change or remove something, and calls that arrive twice.

use serde_json::{Value, json};

use super::{call, call_with_key, options, refused, said, start, total};

#[tokio::test]
async fn tasks_are_changed_and_removed_by_their_words() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(options(&folder.path().join("h.db"))).await;
    let client = server.client().await;
    for (tool, arguments, expected) in [
        (
            "create_task",
            json!({"text": "buy milk", "due": "friday"}),
            "Done. I added buy milk to your tasks, due on Friday.",
        ),
        ("create_task", json!({"text": "call my mom"}), "Done. I added call your mom to your tasks."),
        (
            "update_task",
            json!({"task": "milk", "text": "buy oat milk"}),
            "Done. I changed buy milk to buy oat milk, due on Friday.",
        ),
        (
            "update_task",
            json!({"task": "milk", "due": "tomorrow at noon"}),
            "Done. I changed buy oat milk, due tomorrow at noon.",
        ),
        (
            "update_task",
            json!({"task": "milk", "remove_due": true}),
            "Done. I changed buy oat milk, without a due date.",
        ),
        (
            "update_task",
            json!({"task": "mom", "due": "next week", "remove_due": false}),
            "Done. I changed call your mom, due on March fifteenth.",
        ),
        (
            "list_tasks",
            json!({}),
            "You have two open tasks: buy oat milk; and call your mom, due on March fifteenth.",
        ),
        ("delete_task", json!({"task": "oat milk"}), "Done. I took buy oat milk off your tasks."),
        ("complete_task", json!({"task": "mom"}), "Done. I checked off call your mom."),
        ("list_tasks", json!({"status": "all"}), "You have one task: call your mom, due on March fifteenth."),
        // A finished one too, when no open one fits.
        ("delete_task", json!({"task": "mom"}), "Done. I took call your mom off your tasks."),
        ("list_tasks", json!({"status": "all"}), "You have no tasks."),
    ] {
        assert_eq!(said(&call(&client, tool, arguments.clone()).await), expected, "{tool} {arguments}");
    }
    said(&call(&client, "create_task", json!({"text": "buy milk"})).await);
    said(&call(&client, "create_task", json!({"text": "buy bread"})).await);
    for (tool, arguments, expected) in [
        ("update_task", json!({"task": "milk"}), "say what to change"),
        ("update_task", json!({"task": "milk", "remove_due": false}), "say what to change"),
        ("update_task", json!({"task": "milk", "due": "friday", "remove_due": true}), "not both"),
        ("update_task", json!({"task": "milk", "due": "every monday"}), "set a reminder that repeats"),
        ("update_task", json!({"task": "milk", "remove_due": "yes"}), "must be true or false"),
        ("update_task", json!({"task": "the moon", "text": "x"}), "no task fits \"the moon\""),
        ("delete_task", json!({"task": "buy"}), "several tasks fit: buy milk; and buy bread: say which one"),
        ("delete_task", json!({}), "task is missing"),
    ] {
        let message = refused(&call(&client, tool, arguments.clone()).await);
        assert!(message.contains(expected), "{tool} {arguments}: {message}");
    }
    assert_eq!(total(&client, "list_tasks").await, 2);
    server.stop().await;
}

#[tokio::test]
async fn reminders_are_cancelled_by_words_and_times_one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(options(&folder.path().join("h.db"))).await;
    let client = server.client().await;
    let set = async |text: &str, when: &str| {
        said(&call(&client, "set_reminder", json!({"text": text, "when": when})).await);
    };
    set("call mom", "tomorrow at five").await;
    set("call mom", "friday at five").await;
    set("water the plants", "tomorrow at six").await;
    set("the dentist", "every monday at nine").await;
    let cancel = async |words: &str| call(&client, "cancel_reminder", json!({"reminder": words})).await;
    for (words, expected) in [
        (
            "call mom",
            "several reminders fit: call mom, tomorrow at five p.m.; and call mom, on Friday at five p.m.",
        ),
        (
            "the one tomorrow",
            "several reminders fit: call mom, tomorrow at five p.m.; and water the plants, tomorrow",
        ),
        (
            "all reminders for tomorrow",
            "several reminders fit: call mom, tomorrow at five p.m.; and water the plants",
        ),
        ("all my reminders", "several reminders fit: call mom, tomorrow at five p.m.; water the plants"),
        ("the party", "no reminder fits \"the party\": list the reminders"),
        ("the reminder at seven", "no reminder fits"),
    ] {
        let message = refused(&cancel(words).await);
        assert!(message.starts_with(expected), "{words}: {message}");
    }
    assert_eq!(total(&client, "list_reminders").await, 4);
    for (words, expected) in [
        ("call mom on friday", "Done. I won't remind you to call mom on Friday at five p.m."),
        ("the reminder tomorrow at six", "Done. I won't remind you to water the plants tomorrow at six p.m."),
        (
            "my reminder about the dentist",
            "Done. I won't remind you about the dentist every Monday at nine a.m.",
        ),
        ("all reminders for tomorrow", "Done. I won't remind you to call mom tomorrow at five p.m."),
    ] {
        assert_eq!(said(&cancel(words).await), expected, "{words}");
    }
    assert_eq!(total(&client, "list_reminders").await, 0);
    server.stop().await;
}

/// Calls that change something, in an order in which each can be made.
fn changing() -> [(&'static str, Value, Value); 7] {
    [
        ("create_task", json!({"text": "buy milk"}), json!({"text": "buy bread"})),
        (
            "update_task",
            json!({"task": "milk", "text": "buy oat milk"}),
            json!({"task": "milk", "due": "friday"}),
        ),
        ("complete_task", json!({"task": "oat milk"}), json!({"task": "bread"})),
        ("delete_task", json!({"task": "oat milk"}), json!({"task": "milk"})),
        (
            "set_reminder",
            json!({"text": "call mom", "when": "in twenty minutes"}),
            json!({"text": "x", "when": "at six"}),
        ),
        ("cancel_reminder", json!({"reminder": "mom"}), json!({"reminder": "call mom"})),
        (
            "add_schedule_entry",
            json!({"title": "lunch", "when": "friday at noon"}),
            json!({"title": "lunch", "when": "friday at one"}),
        ),
    ]
}

#[tokio::test]
async fn a_call_with_a_key_is_carried_out_once_and_answered_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("h.db");
    let server = start(options(&database)).await;
    let client = server.client().await;
    let mut answers = Vec::new();
    for (tool, arguments, other) in changing() {
        // One key for all of them: it is the tool's own.
        let first = call_with_key(&client, tool, arguments.clone(), json!("k1")).await;
        let again = call_with_key(&client, tool, arguments.clone(), json!("k1")).await;
        assert_eq!(
            (said(&first), &first.structured_content),
            (said(&again), &again.structured_content),
            "{tool}"
        );
        let reused = call_with_key(&client, tool, other, json!("k1")).await;
        assert!(refused(&reused).contains("idempotency key was used"), "{tool}");
        answers.push(said(&first));
    }
    let refused_key = call_with_key(&client, "create_task", json!({"text": "t"}), json!(7)).await;
    assert!(refused(&refused_key).contains("string"));
    drop(client);
    server.stop().await;
    // Also after a restart, and although everything it speaks of is gone.
    let server = start(options(&database)).await;
    let client = server.client().await;
    for ((tool, arguments, _), answer) in changing().into_iter().zip(answers) {
        assert_eq!(said(&call_with_key(&client, tool, arguments, json!("k1")).await), answer, "{tool}");
    }
    assert_eq!(
        (
            total(&client, "list_tasks").await,
            total(&client, "list_reminders").await,
            total(&client, "list_schedule").await
        ),
        (0, 0, 1)
    );
    // A call that was refused is made when it can be.
    let early = json!({"task": "milk"});
    assert!(
        refused(&call_with_key(&client, "complete_task", early.clone(), json!("k2")).await)
            .contains("no task")
    );
    said(&call(&client, "create_task", json!({"text": "buy milk"})).await);
    said(&call_with_key(&client, "complete_task", early, json!("k2")).await);
    server.stop().await;
}
