//! Worked examples. A pool of everyday requests; a prompt shows those that a registered tool does, whatever it is called, and
//! whose arguments fit its schema, so that an example never teaches a call that can't be made. Without a call among them
//! a small model learns that nothing is ever called.

use serde_json::{Map, Value};

use super::{
    Tool,
    prior::{Matters, words},
    prompt::{ASK, RESPOND},
};

/// Examples with a tool in one prompt. More cost prefix tokens and gain nothing.
const MOST: usize = 9;
/// With fewer calls among the examples, one more without a call would tip the scale to silence.
const BALANCED: usize = 3;

/// A request that anybody might make. Tools and their parameters go by many names: an example fits the first tool and
/// the first parameters that are there, a tool with one of the names before others of the family.
struct Example {
    utterance: &'static str,
    /// In the bank of phrasings.
    family: &'static str,
    tools: &'static [&'static str],
    arguments: &'static [(&'static [&'static str], &'static str)],
}

const TEXT: &[&str] = &["text", "title", "task", "name", "item"];
const MESSAGE: &[&str] = &["message", "body", "text"];
const TO: &[&str] = &["to", "recipient", "receiver", "phone", "contact"];
const QUERY: &[&str] = &["query", "q", "search"];

const POOL: &[Example] = &[
    Example {
        utterance: "um remind me at noon to water the plants",
        family: "reminder.create",
        tools: &["set_reminder", "create_reminder", "add_reminder"],
        arguments: &[(TEXT, "water the plants"), (&["when", "time", "date"], "noon")],
    },
    Example {
        utterance: "put milk and eggs on my shopping list",
        family: "list.add",
        tools: &["add_to_list", "add_item"],
        arguments: &[(&["list_name", "list"], "shopping"), (TEXT, "milk and eggs")],
    },
    Example {
        utterance: "put the tax forms on my to do list",
        family: "todo.add",
        tools: &["create_task", "add_task"],
        arguments: &[(TEXT, "the tax forms")],
    },
    Example {
        utterance: "tell Bob that I'm running late",
        family: "message.send",
        tools: &["send_whatsapp", "send_message", "send_sms"],
        arguments: &[(TO, "Bob"), (MESSAGE, "I'm running late")],
    },
    Example {
        utterance: "did I get any mail about the lease",
        family: "email.search",
        tools: &["read_inbox", "search_email", "search_emails"],
        arguments: &[(QUERY, "lease")],
    },
    Example {
        utterance: "write to Tom that the order shipped",
        family: "email.send",
        tools: &["send_email"],
        arguments: &[(TO, "Tom"), (&["subject"], "Order shipped"), (MESSAGE, "The order shipped.")],
    },
    Example {
        utterance: "put lunch with Ana on my calendar for Wednesday at one",
        family: "event.create",
        tools: &["create_event", "add_schedule_entry"],
        arguments: &[
            (&["title", "text", "summary"], "lunch with Ana"),
            (&["date", "when", "start"], "Wednesday"),
            (&["time"], "one"),
        ],
    },
    Example {
        utterance: "what's going on next Sunday",
        family: "event.list",
        tools: &["list_events", "list_schedule"],
        arguments: &[(&["date", "when", "day"], "next Sunday")],
    },
    Example {
        utterance: "what do I have to do today",
        family: "todo.read",
        tools: &["list_tasks"],
        arguments: &[],
    },
    Example {
        utterance: "the laundry is done cross it off",
        family: "todo.complete",
        tools: &["complete_task"],
        arguments: &[(TEXT, "laundry")],
    },
    Example {
        utterance: "which reminders are set",
        family: "reminder.list",
        tools: &["list_reminders"],
        arguments: &[],
    },
    Example {
        utterance: "how tall is the Eiffel Tower",
        family: "search.web",
        tools: &["web_search", "search_web"],
        arguments: &[(QUERY, "how tall is the Eiffel Tower")],
    },
    Example {
        utterance: "which file was the boiler warranty in",
        family: "document.search",
        tools: &["search_documents"],
        arguments: &[(QUERY, "boiler warranty")],
    },
    Example {
        utterance: "do I need an umbrella in Oslo tonight",
        family: "weather",
        tools: &["get_weather"],
        arguments: &[(&["location", "city", "place"], "Oslo"), (&["date", "when", "day"], "tonight")],
    },
    Example {
        utterance: "wake me at a quarter to seven",
        family: "alarm.create",
        tools: &["set_alarm"],
        arguments: &[(&["time", "when"], "a quarter to seven")],
    },
];

/// The examples for these tools, as (utterance, call).
pub(super) fn fitting(tools: &[(String, Tool)]) -> Vec<(String, String)> {
    let matters = Matters::read();
    let respond = || format!("{{\"name\": \"{RESPOND}\", \"arguments\": {{}}}}");
    let mut examples = vec![("hello".to_owned(), respond())];
    let shown: Vec<_> = POOL.iter().filter_map(|example| call(example, tools, &matters)).take(MOST).collect();
    let calls = shown.len();
    for (number, example) in shown.into_iter().enumerate() {
        examples.push(example);
        if number == 1 {
            examples.push(("okay great thank you".to_owned(), respond()));
        }
    }
    if tools.iter().any(|(_, t)| matters.is_of("reminder.create", &t.name)) {
        let question =
            Map::from_iter([("question".to_owned(), Value::from("What should I remind you of, and when?"))]);
        examples.push(("set a reminder".to_owned(), written(ASK, &question)));
    }
    if calls >= BALANCED {
        examples.push(("book me a taxi to the station".to_owned(), respond()));
    }
    examples
}

/// The call an example stands for, if a tool for it is there and its arguments fit.
fn call(example: &Example, tools: &[(String, Tool)], matters: &Matters) -> Option<(String, String)> {
    let named = example.tools.iter().filter_map(|name| tools.iter().find(|(_, t)| t.name == *name));
    let like = tools.iter().filter(|(_, tool)| matters.is_of(example.family, &tool.name));
    named.chain(like).find_map(|(shown, tool)| {
        let arguments = arguments(example, tool)?;
        Some((example.utterance.to_owned(), written(shown, &arguments)))
    })
}

/// What a tool takes of an example; nothing if it requires more than the example has.
fn arguments(example: &Example, tool: &Tool) -> Option<Map<String, Value>> {
    let properties = tool.schema.get("properties").and_then(Value::as_object);
    let is_text = |name: &str| {
        properties.and_then(|known| known.get(name)).is_some_and(|p| {
            p.get("enum").is_none() && p.get("type").and_then(Value::as_str) == Some("string")
        })
    };
    let mut arguments = Map::new();
    for (names, value) in example.arguments {
        let named = names.iter().copied().find(|name| is_text(name));
        // "due_date" is a date, "task_title" a title.
        let like = || {
            let known = properties.into_iter().flat_map(Map::keys);
            let free = known.filter(|name| is_text(name) && !arguments.contains_key(*name));
            free.map(String::as_str)
                .find(|name| words(name).iter().any(|word| names.contains(&word.as_str())))
        };
        if let Some(name) = named.or_else(like) {
            arguments.insert(name.to_owned(), Value::from(*value));
        }
    }
    // "Wednesday" and "one" of a tool that takes both in one are what was said: "Wednesday at one".
    let clock = example.arguments.iter().find(|(names, _)| *names == ["time"]).map(|(_, clock)| clock);
    if let Some(clock) = clock.filter(|_| !arguments.contains_key("time"))
        && let Some(Value::String(when)) = arguments.get_mut("when")
    {
        *when = format!("{when} at {clock}");
    }
    let required = tool.schema.get("required").and_then(Value::as_array).into_iter().flatten();
    required.filter_map(Value::as_str).all(|r| arguments.contains_key(r)).then_some(arguments)
}

/// A call as the model writes it.
pub(super) fn written(name: &str, arguments: &Map<String, Value>) -> String {
    format!("{{\"name\": \"{name}\", \"arguments\": {}}}", spaced(arguments))
}

/// JSON as the grammar writes it: `": "` and `", "` between.
fn spaced(arguments: &Map<String, Value>) -> String {
    let parts: Vec<String> =
        arguments.iter().map(|(k, v)| format!("{}: {v}", Value::from(k.as_str()))).collect();
    format!("{{{}}}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(name: &str, schema: Value) -> (String, Tool) {
        (
            name.to_owned(),
            Tool { id: format!("s__{name}"), name: name.to_owned(), description: String::new(), schema },
        )
    }

    #[test]
    fn only_calls_that_could_be_made_are_shown() {
        let string = json!({"type": "string"});
        let tools = [
            tool(
                "set_reminder",
                json!({"properties": {"text": string, "when": string}, "required": ["text", "when"]}),
            ),
            tool(
                "create_task",
                json!({"properties": {"title": string, "owner": string}, "required": ["title", "owner"]}),
            ),
            tool(
                "create_event",
                json!({"properties": {"title": string, "when": string}, "required": ["title", "when"]}),
            ),
        ];
        let shown: Vec<String> = fitting(&tools).into_iter().map(|(_, call)| call).collect();
        assert!(shown.iter().any(|c| c.contains("set_reminder")));
        assert!(!shown.iter().any(|c| c.contains("create_task")), "a required argument would be missing");
        assert!(shown.iter().any(|c| c.contains("Wednesday at one")), "{shown:?}");
        assert!(fitting(&[]).iter().all(|(_, call)| call.contains(RESPOND)));
    }

    #[test]
    fn a_tool_of_any_name_is_shown_at_work_and_what_its_parameters_are_called_is_found() {
        let string = json!({"type": "string"});
        let tools = [
            tool(
                "AddReminder",
                json!({"properties": {"task": string, "due_date": string}, "required": ["task"]}),
            ),
            tool("GetReminders", json!({})),
            tool(
                "GMAIL_SEND_EMAIL",
                json!({"properties": {"recipient_email": string, "body": string}, "required": ["recipient_email"]}),
            ),
            tool(
                "DeleteReminder",
                json!({"properties": {"reminder_id": string}, "required": ["reminder_id"]}),
            ),
        ];
        let shown: Vec<String> = fitting(&tools).into_iter().map(|(_, call)| call).collect();
        let has = |call: &str| assert!(shown.iter().any(|c| c == call), "{shown:#?}");
        has(r#"{"name": "AddReminder", "arguments": {"task": "water the plants", "due_date": "noon"}}"#);
        has(
            r#"{"name": "GMAIL_SEND_EMAIL", "arguments": {"recipient_email": "Tom", "body": "The order shipped."}}"#,
        );
        has(r#"{"name": "GetReminders", "arguments": {}}"#);
        assert!(!shown.iter().any(|c| c.contains("DeleteReminder")), "its id would be made up: {shown:#?}");
    }
}
