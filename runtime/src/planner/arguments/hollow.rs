//! Values that say nothing: the thing an argument is, instead of which one, or the request itself as its own message.

use serde_json::{Map, Value};

use super::words;
use crate::planner::prior;

/// What a message is called.
const MESSAGES: &[&str] = &["message", "body", "content", "text"];

/// Takes them out, so that what is required is asked for: "change my password" names no password, and "send a message to
/// Kim" is no message.
pub(super) fn emptied(settled: &mut Map<String, Value>, schema: &Value, utterance: &str) {
    let said = words(utterance);
    let listed = |name: &str| schema.get("properties").and_then(|p| p.get(name)?.get("enum")).is_some();
    let whole = |name: &str, text: &str, others: &Map<String, Value>| {
        let named = |other: &Value| {
            let words = other.as_str().map(words).unwrap_or_default();
            !words.is_empty() && said.windows(words.len()).any(|window| window == words)
        };
        let message = prior::words(name).iter().any(|word| MESSAGES.contains(&word.as_str()));
        message && words(text) == said && others.iter().any(|(other, value)| other != name && named(value))
    };
    let hollow: Vec<String> = settled
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_str()?)))
        .filter(|(name, text)| !listed(name) && (names_itself(name, text) || whole(name, text, settled)))
        .map(|(name, _)| name.clone())
        .collect();
    settled.retain(|name, _| !hollow.contains(name));
}

/// Whether a value has no word but those of its argument's name: "password" for `old_password`, "user" for `username`.
fn names_itself(name: &str, text: &str) -> bool {
    /// Letters of a word that may begin or end a name written in one.
    const PART: usize = 4;
    let name = prior::words(name);
    let part = |word: &String| {
        name.iter().any(|named| {
            named == word || (word.len() >= PART && (named.starts_with(word) || named.ends_with(word)))
        })
    };
    let said = words(text);
    !said.is_empty() && said.iter().all(part)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_says_nothing_is_no_value() {
        for (utterance, arguments, kept) in [
            (
                "could I change my password",
                json!({"old_password": "password", "new_password": "the password"}),
                json!({"new_password": "the password"}),
            ),
            ("find a user", json!({"username": "user"}), json!({})),
            ("show the map of Rome", json!({"city": "Rome"}), json!({"city": "Rome"})),
            ("put it in the living room", json!({"room": "living room"}), json!({"room": "living room"})),
            (
                "can I send a note to Kim",
                json!({"to": "Kim", "message": "Can I send a note to Kim?"}),
                json!({"to": "Kim"}),
            ),
            (
                "I am late",
                json!({"to": "Kim", "message": "I am late"}),
                json!({"to": "Kim", "message": "I am late"}),
            ),
            ("remind me to text Bo", json!({"text": "text Bo"}), json!({"text": "text Bo"})),
            ("which mode is it", json!({"mode": "mode"}), json!({"mode": "mode"})),
        ] {
            let Value::Object(mut settled) = arguments else { panic!("arguments are an object") };
            let schema = json!({"properties": {"mode": {"enum": ["mode"]}}});
            emptied(&mut settled, &schema, utterance);
            assert_eq!(Value::Object(settled), kept, "{utterance}");
        }
    }
}
