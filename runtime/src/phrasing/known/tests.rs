use homepilot_servers::{BuiltIn, Connector};
use serde_json::{Value, json};

use crate::phrasing::{ActionWords, Proposed, question};

/// What is said of a call of a built-in tool.
fn asked(server: &str, action: &str, arguments: Value) -> String {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    let now = "2026-03-11T10:00:00+01:00[Europe/Berlin]".parse().unwrap();
    let schema = json!({"properties": {
        "when": {"x-homepilot": "when"}, "due": {"x-homepilot": "when"}, "day": {"x-homepilot": "when"},
        "since": {"x-homepilot": "when"},
    }});
    let words = ActionWords { server: server.to_owned(), action: action.to_owned() };
    let proposed = Proposed {
        action: &words,
        arguments: &arguments,
        schema: &schema,
        about: None,
        foreign: &[],
        yes: crate::phrasing::YesBy::Any,
    };
    question(proposed, &now).spoken
}

#[test]
fn every_built_in_tool_is_said_as_a_person_would() {
    let rows = [
        // Things, and something to do.
        ("assistant", "create_task", json!({"text": "milk"}), "I'll add the task: milk."),
        ("assistant", "create_task", json!({"text": "Call my mom."}), "I'll add the task: Call your mom."),
        (
            "assistant",
            "create_task",
            json!({"text": "pay rent", "due": "friday"}),
            "I'll add the task: pay rent, due on Friday.",
        ),
        (
            "assistant",
            "set_reminder",
            json!({"text": "milk", "when": "tomorrow at noon"}),
            "I'll set a reminder about milk, tomorrow at noon.",
        ),
        (
            "assistant",
            "set_reminder",
            json!({"text": "wash my car", "when": "every monday at nine"}),
            "I'll set a reminder to wash your car, every Monday at nine a.m.",
        ),
        (
            "assistant",
            "update_task",
            json!({"task": "milk", "text": "buy oat milk"}),
            "I'll change the task: milk. It becomes: buy oat milk.",
        ),
        (
            "assistant",
            "update_task",
            json!({"task": "milk", "text": "oat milk", "due": "friday"}),
            "I'll change the task: milk. It becomes: oat milk, due on Friday.",
        ),
        (
            "assistant",
            "update_task",
            json!({"task": "my report", "due": "friday", "remove_due": false}),
            "I'll change the task: your report. It will be due on Friday.",
        ),
        (
            "assistant",
            "update_task",
            json!({"task": "milk", "remove_due": true}),
            "I'll change the task: milk. It will have no due date.",
        ),
        ("assistant", "delete_task", json!({"task": "buy milk"}), "I'll delete the task: buy milk."),
        ("assistant", "complete_task", json!({"task": "buy milk"}), "I'll mark the task as done: buy milk."),
        ("assistant", "list_tasks", json!({}), "I'll read your open tasks."),
        ("assistant", "list_tasks", json!({"status": "done"}), "I'll read the tasks that you have done."),
        ("assistant", "list_tasks", json!({"status": "all"}), "I'll read all your tasks, open and done."),
        ("assistant", "list_reminders", json!({}), "I'll read your reminders."),
        ("assistant", "list_reminders", json!({"when": "friday"}), "I'll read your reminders for Friday."),
        (
            "assistant",
            "cancel_reminder",
            json!({"reminder": "call mom"}),
            "I'll cancel the reminder to call mom.",
        ),
        (
            "assistant",
            "cancel_reminder",
            json!({"reminder": "the one at five"}),
            "I'll cancel this reminder: the one at five.",
        ),
        (
            "assistant",
            "add_schedule_entry",
            json!({"title": "lunch with Sara", "when": "tomorrow at noon", "duration": "for an hour", "location": "at Luigi's"}),
            "I'll put this on your schedule: lunch with Sara, tomorrow at noon, for an hour, at Luigi's.",
        ),
        (
            "assistant",
            "add_schedule_entry",
            json!({"title": "standup", "when": "every weekday at nine"}),
            "I'll put this on your schedule: standup, every weekday at nine a.m.",
        ),
        ("assistant", "list_schedule", json!({}), "I'll read your schedule."),
        ("assistant", "list_schedule", json!({"when": "friday"}), "I'll read your schedule for Friday."),
        ("assistant", "list_schedule", json!({"when": "tomorrow"}), "I'll read your schedule for tomorrow."),
        (
            "assistant",
            "find_free_time",
            json!({"when": "tomorrow", "duration": "an hour"}),
            "I'll look for an hour of free time tomorrow.",
        ),
        ("assistant", "find_free_time", json!({"when": "friday"}), "I'll look for free time on Friday."),
        ("assistant", "find_free_time", json!({}), "I'll look for free time."),
        (
            "knowledge",
            "add_document",
            json!({"path": "Documents/lease.pdf"}),
            "I'll add this file to your documents: Documents/lease.pdf.",
        ),
        (
            "knowledge",
            "add_document",
            json!({"title": "Spare key", "text": "Anna has my spare key."}),
            "I'll add Spare key to your documents: Anna has your spare key.",
        ),
        (
            "knowledge",
            "add_folder",
            json!({"path": "~/notes"}),
            "I'll add this folder to your documents and keep it up to date: /notes.",
        ),
        ("knowledge", "list_documents", json!({}), "I'll list your documents."),
        (
            "knowledge",
            "list_documents",
            json!({"name": "boiler"}),
            "I'll list your documents that are called boiler.",
        ),
        (
            "knowledge",
            "remove_document",
            json!({"document": "boiler manual"}),
            "I'll remove this from your documents: boiler manual.",
        ),
        (
            "knowledge",
            "search_documents",
            json!({"query": "notice period", "document": "my lease", "limit": 3}),
            "I'll search your documents for: notice period, only in your lease, up to 3 passages.",
        ),
        (
            "knowledge",
            "get_document",
            json!({"document": "boiler manual", "from": 4}),
            "I'll read this document: boiler manual, from passage 4.",
        ),
        (
            "knowledge",
            "answer_from_documents",
            json!({"question": "When does my lease end?"}),
            "I'll look this up in your documents: When does your lease end.",
        ),
        (
            "decision",
            "pros_and_cons",
            json!({"question": "move to Lisbon", "pros": ["lower rent"], "cons": ["far from my parents", "hot"]}),
            "I'll weigh up the pros and cons: move to Lisbon. For it: lower rent. Against it: far from your parents and hot.",
        ),
        (
            "decision",
            "compare_options",
            json!({"options": ["the Honda", "the Toyota"], "criteria": ["price", "comfort"], "question": "which car to buy"}),
            "I'll compare the Honda and the Toyota by price and comfort, for this question: which car to buy.",
        ),
        (
            "decision",
            "decision_matrix",
            json!({"options": ["tea", "coffee"], "criteria": [{"name": "price", "weight": 3}, {"name": "taste", "weight": "very important"}], "scores": ["tea price 7"]}),
            "I'll compare tea and coffee by price, weight 3 and taste, very important, with these scores: tea price 7.",
        ),
        (
            "decision",
            "decision_matrix",
            json!({"options": ["tea", "coffee"], "criteria": ["price"], "scores": [[7], [9]]}),
            "I'll compare tea and coffee by price, with the scores on screen.",
        ),
        (
            "decision",
            "risk_assessment",
            json!({"plan": "have my wedding outdoors", "risks": [{"risk": "rain", "likelihood": 4, "impact": "minor"}, "wind"]}),
            "I'll go through the risks of this plan: have your wedding outdoors. You named: rain, likelihood 4, impact minor and wind.",
        ),
        (
            "web",
            "web_search",
            json!({"query": "how tall is K2?", "freshness": "week", "count": 3}),
            "I'll search the web for: how tall is K2, from the last week, up to 3 results.",
        ),
        (
            "web",
            "read_page",
            json!({"url": "https://user@www.example.com:8080/a/b?c"}),
            "I'll read the page on example.com:8080.",
        ),
        (
            "web",
            "read_page",
            json!({"url": "example.com", "offset": 900}),
            "I'll read on in the page on example.com.",
        ),
        ("briefing", "weekly_summary", json!({}), "I'll put together your weekly summary."),
        (
            "briefing",
            "what_changed_since",
            json!({"since": "yesterday"}),
            "I'll tell you what changed since yesterday.",
        ),
        ("briefing", "daily_digest", json!({}), "I'll put together your daily digest."),
        ("briefing", "status_report", json!({}), "I'll put together your status report."),
        (
            "whatsapp",
            "send_whatsapp",
            json!({"to": "John", "message": "I'm on my way!"}),
            "I'll send John on WhatsApp: I'm on my way.",
        ),
        (
            "whatsapp",
            "send_whatsapp",
            json!({"to": "John", "message": "Thursday at three", "template": "appointment_reminder"}),
            "I'll send John the WhatsApp template appointment reminder, with Thursday at three.",
        ),
        (
            "whatsapp",
            "send_whatsapp",
            json!({"to": "John", "message": "hello", "template": "hello_world", "values": []}),
            "I'll send John the WhatsApp template hello world.",
        ),
        ("whatsapp", "list_messages", json!({}), "I'll read your WhatsApp messages."),
        (
            "whatsapp",
            "list_messages",
            json!({"person": "John", "unread": true}),
            "I'll read your unread WhatsApp messages with John.",
        ),
        (
            "whatsapp",
            "mark_read",
            json!({"person": "John"}),
            "I'll mark the WhatsApp messages from John as read.",
        ),
        ("whatsapp", "mark_read", json!({}), "I'll mark all WhatsApp messages as read."),
        (
            "email",
            "send_email",
            json!({"to": ["bob@example.org"], "subject": "Lunch on Friday", "body": "Does my idea suit you?"}),
            "I'll send an email to bob@example.org, with the subject: Lunch on Friday. It says: Does my idea suit you?",
        ),
        (
            "email",
            "send_email",
            json!({"to": ["bob@example.org"], "cc": ["ann@example.org", "zoe@example.org"], "subject": "Lunch", "body": "At noon."}),
            "I'll send an email to bob@example.org, with a copy to ann@example.org and zoe@example.org, with the subject: Lunch. \
             It says: At noon.",
        ),
        (
            "email",
            "draft_email",
            json!({"body": "I can't come."}),
            "I'll put an email into your drafts, unsent. It says: I can't come.",
        ),
        (
            "email",
            "reply_email",
            json!({"email": "Sara", "body": "Friday suits me."}),
            "I'll answer the email from or about Sara. It says: Friday suits me.",
        ),
        (
            "email",
            "reply_email",
            json!({"email": "the invoice", "body": "Paid.", "all": true}),
            "I'll answer everybody on the email from or about the invoice. It says: Paid.",
        ),
        ("email", "read_inbox", json!({}), "I'll look into your inbox."),
        (
            "email",
            "read_inbox",
            json!({"from": "the design team", "unread": true, "since": "yesterday", "limit": 5}),
            "I'll look into your inbox for unread emails from the design team, since yesterday, 5 at most.",
        ),
        (
            "email",
            "search_email",
            json!({"query": "lease", "from": "Anna"}),
            "I'll look through your email for lease, in emails from Anna.",
        ),
        (
            "email",
            "search_email",
            json!({"subject": "invoice"}),
            "I'll look through your email for emails with the subject invoice.",
        ),
        ("email", "get_email", json!({"email": "Sara"}), "I'll read the email from or about Sara."),
        ("email", "archive_email", json!({"email": "Sara"}), "I'll archive the email from or about Sara."),
        (
            "email",
            "label_email",
            json!({"email": "flight", "label": "travel"}),
            "I'll put the label travel on the email from or about flight.",
        ),
        (
            "calendar",
            "create_event",
            json!({"title": "dentist", "when": "tomorrow at three"}),
            "I'll put this into your calendar: dentist, tomorrow at three p.m.",
        ),
        (
            "calendar",
            "create_event",
            json!({"title": "Lunch", "when": "friday", "duration": "45 minutes", "location": "Luigi's", "notes": "bring the papers",
                   "attendees": ["ann@example.org"], "calendar": "work"}),
            "I'll put this into your calendar work: Lunch, on Friday, for 45 minutes, at Luigi's, with the note: bring the papers, \
             and invite ann@example.org.",
        ),
        (
            "calendar",
            "update_event",
            json!({"event": "the dentist", "day": "tomorrow", "when": "friday"}),
            "I'll move the event dentist, tomorrow, to Friday.",
        ),
        (
            "calendar",
            "update_event",
            json!({"event": "standup", "title": "daily", "whole_series": true}),
            "I'll change the whole series of events standup: the name daily.",
        ),
        (
            "calendar",
            "cancel_event",
            json!({"event": "the dentist", "day": "friday"}),
            "I'll cancel the event dentist, on Friday.",
        ),
        ("calendar", "list_events", json!({"when": "friday"}), "I'll read your calendar for Friday."),
        (
            "calendar",
            "check_availability",
            json!({"when": "friday", "duration": "an hour"}),
            "I'll look into your calendar for an hour of free time on Friday.",
        ),
    ];
    for (server, action, arguments, spoken) in &rows {
        let asked = asked(server, action, arguments.clone());
        assert_eq!(asked, format!("{spoken} Shall I?"), "{server} {action} {arguments}");
    }
    let built_in = BuiltIn::ALL.map(|server| (server.name(), server.effects()));
    let connectors = Connector::ALL.map(|connector| (connector.name(), connector.effects()));
    for (name, effects) in built_in.into_iter().chain(connectors) {
        for (tool, _) in effects {
            let known = rows.iter().any(|(server, action, ..)| (*server, *action) == (name, tool));
            assert!(known, "nobody read {tool} of {name} aloud");
        }
    }
}
