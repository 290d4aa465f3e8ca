//! Worked examples. A pool of everyday requests; a prompt shows those whose tool is registered under that name and
//! whose arguments fit its schema, so that an example never teaches a call that can't be made.

use serde_json::{Map, Value, json};

use super::{
    Tool,
    prompt::{ASK, RESPOND},
};

/// Examples with a tool in one prompt. More cost prefix tokens and gain nothing.
const MOST: usize = 8;

fn pool() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("um remind me at noon to water the plants", "set_reminder", json!({"text": "water the plants", "when": "noon"})),
        ("put milk and eggs on my to do list", "create_task", json!({"text": "milk and eggs"})),
        ("put milk and eggs on my to do list", "create_task", json!({"title": "milk and eggs"})),
        ("what do I have to do today", "list_tasks", json!({})),
        ("the laundry is done cross it off", "complete_task", json!({"task": "laundry"})),
        ("the laundry is done cross it off", "complete_task", json!({"title": "laundry"})),
        ("which reminders are set", "list_reminders", json!({})),
        ("tell Bob on whatsapp that I'm running late", "send_whatsapp", json!({"to": "Bob", "message": "I'm running late"})),
        ("text Bob that I'm running late", "send_message", json!({"to": "Bob", "body": "I'm running late"})),
        ("did I get any mail about the lease", "read_inbox", json!({"query": "lease"})),
        ("did I get any mail about the lease", "search_email", json!({"query": "lease"})),
        ("write to Tom that the order shipped", "send_email", json!({"to": "Tom", "subject": "Order shipped", "body": "The order has shipped."})),
        ("put lunch with Ana on my calendar for Wednesday at one", "create_event", json!({"title": "lunch with Ana", "when": "Wednesday at one"})),
        ("put lunch with Ana on my calendar for Wednesday at one", "create_event", json!({"title": "lunch with Ana", "date": "Wednesday", "time": "one"})),
        ("what's the newest on the election", "web_search", json!({"query": "election news"})),
        ("which file was the boiler warranty in", "search_documents", json!({"query": "boiler warranty"})),
    ]
}

/// The examples for these tools, as (utterance, call).
pub(super) fn fitting(tools: &[(String, Tool)]) -> Vec<(String, String)> {
    let respond = format!("{{\"name\": \"{RESPOND}\", \"arguments\": {{}}}}");
    let mut examples = vec![("hello".to_owned(), respond.clone())];
    let mut used: Vec<&str> = Vec::new();
    for (utterance, name, arguments) in pool() {
        let Some((shown, tool)) = tools.iter().find(|(_, t)| t.name == name) else { continue };
        let Some(arguments) = arguments.as_object() else { continue };
        if used.contains(&name) || used.len() == MOST || !fits(arguments, &tool.schema) {
            continue;
        }
        used.push(name);
        examples.push((utterance.to_owned(), format!("{{\"name\": \"{shown}\", \"arguments\": {}}}", spaced(arguments))));
        if used.len() == 2 {
            examples.push(("who wrote Hamlet".to_owned(), respond.clone()));
        }
    }
    if tools.iter().any(|(_, t)| t.name == "set_reminder") {
        let question = json!({"question": "What should I remind you of, and when?"});
        let arguments = question.as_object().map(spaced).unwrap_or_default();
        examples.push(("set a reminder".to_owned(), format!("{{\"name\": \"{ASK}\", \"arguments\": {arguments}}}")));
    }
    examples.push(("book me a taxi to the station".to_owned(), respond.clone()));
    examples.push(("okay great thank you".to_owned(), respond));
    examples
}

fn fits(arguments: &Map<String, Value>, schema: &Value) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    let known = arguments.iter().all(|(name, value)| {
        properties.and_then(|p| p.get(name)).is_some_and(|p| {
            p.get("enum").is_none() && value.is_string() == (p.get("type").and_then(Value::as_str) == Some("string"))
        })
    });
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    known && required.filter_map(Value::as_str).all(|r| arguments.contains_key(r))
}

/// JSON as the grammar writes it: `": "` and `", "` between.
fn spaced(arguments: &Map<String, Value>) -> String {
    let parts: Vec<String> = arguments.iter().map(|(k, v)| format!("{}: {v}", Value::from(k.as_str()))).collect();
    format!("{{{}}}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, schema: Value) -> (String, Tool) {
        (name.to_owned(), Tool { id: format!("s__{name}"), name: name.to_owned(), description: String::new(), schema })
    }

    #[test]
    fn only_calls_that_could_be_made_are_shown() {
        let string = json!({"type": "string"});
        let tools = [
            tool("set_reminder", json!({"properties": {"text": string, "when": string}, "required": ["text", "when"]})),
            tool("create_task", json!({"properties": {"title": string, "list": string}, "required": ["title", "list"]})),
        ];
        let shown: Vec<String> = fitting(&tools).into_iter().map(|(_, call)| call).collect();
        assert!(shown.iter().any(|c| c.contains("set_reminder")));
        assert!(!shown.iter().any(|c| c.contains("create_task")), "a required argument would be missing");
        assert!(fitting(&[]).iter().all(|(_, call)| call.contains(RESPOND)));
    }
}
