//! WhatsApp. What is sent is read out as it will be read: the person's own words, not turned into ours.

use super::{Given, Known};

pub(super) fn phrase(action: &str, given: &Given) -> Option<Known> {
    match action {
        "send_whatsapp" if given.only(&["to", "message", "template", "values", "language"]) => {
            let to = given.get("to")?;
            let whole = match given.get("template") {
                None if given.only(&["to", "message"]) => {
                    format!("send {to} on WhatsApp: {}", message(given)?)
                }
                None => return None,
                Some(template) => {
                    let name = template.replace('_', " ");
                    let language =
                        given.get("language").map(|code| format!(" in {code}")).unwrap_or_default();
                    format!("send {to} the WhatsApp template {name}{language}{}", filled(given)?)
                }
            };
            Some(Known { whole, short: "send the message" })
        }
        "list_messages" if given.only(&["person", "unread", "limit"]) => {
            let unread = given.value("unread").and_then(serde_json::Value::as_bool).unwrap_or(false);
            let kind = if unread { "unread WhatsApp messages" } else { "WhatsApp messages" };
            let whole = match given.get("person") {
                Some(person) => format!("read your {kind} with {person}"),
                None => format!("read your {kind}"),
            };
            let whole = given.get("limit").map_or(whole.clone(), |limit| format!("{whole}, up to {limit}"));
            Some(Known { whole, short: "read the messages" })
        }
        "mark_read" if given.only(&["person"]) => {
            let whole = match given.get("person") {
                Some(person) => format!("mark the WhatsApp messages from {person} as read"),
                None => "mark all WhatsApp messages as read".to_owned(),
            };
            Some(Known { whole, short: "mark them as read" })
        }
        _ => None,
    }
}

/// What is said, without the mark at its end.
fn message(given: &Given) -> Option<String> {
    Some(given.get("message")?.trim_end_matches(['.', '!', '?', ' ']).to_owned())
}

/// What goes into a template's places.
fn filled(given: &Given) -> Option<String> {
    match given.value("values") {
        Some(serde_json::Value::Array(values)) if values.is_empty() => Some(String::new()),
        Some(_) => Some(format!(", with {}", given.get("values")?)),
        None => Some(format!(", with {}", message(given)?)),
    }
}
