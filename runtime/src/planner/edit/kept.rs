//! What a model may change of a call that is there already: only what the words speak of.

use serde_json::{Map, Value};

use crate::planner::{
    arguments::{spoken_number, words},
    follow_up::{Word, parts, split},
};

/// Whose words an argument that was not there before may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::planner) enum Source {
    /// Of the utterance, which changes a complete call.
    Utterance,
    /// Of the conversation, which a call is still being completed from.
    Conversation,
}

/// `written` held to the utterance: what it does not speak of is as it was in `before`.
pub(in crate::planner) fn kept(
    before: &Map<String, Value>,
    written: &Map<String, Value>,
    said: &str,
    source: Source,
) -> Map<String, Value> {
    let spoken = words(said);
    let mut call = before.clone();
    for (name, value) in written {
        let speaks = match before.get(name) {
            Some(old) => old != value && changes(name, old, value, &spoken, said),
            None if source == Source::Conversation => true,
            None => changes(name, &Value::Null, value, &spoken, said),
        };
        if speaks {
            call.insert(name.clone(), value.clone());
        }
    }
    let leaves = spoken.iter().any(|word| ["without", "remove", "drop"].contains(&word.as_str()));
    call.retain(|name, value| {
        let named = parts(name).iter().any(|part| spoken.contains(part)) || heard(value, &spoken);
        written.contains_key(name) || !(leaves && named)
    });
    call
}

/// Whether the words speak of this change.
fn changes(name: &str, old: &Value, new: &Value, spoken: &[String], said: &str) -> bool {
    let named = || parts(name).iter().any(|part| spoken.contains(part));
    match new {
        Value::String(text) => {
            let (had, has) = (words(old.as_str().unwrap_or_default()), words(text));
            let touched = |these: &[String], those: &[String]| {
                these.iter().any(|word| !those.contains(word) && spoken.contains(word))
            };
            // Longer texts may be asked for in other words ("make it shorter"), and times are written in figures.
            touched(&has, &had)
                || touched(&had, &has)
                || counts(text, said)
                || (has.len() > 3 && had.len() > 3)
        }
        Value::Number(number) => {
            number.as_f64().is_some_and(|number| amounts(said).contains(&number)) || named()
        }
        Value::Bool(_) => named(),
        Value::Array(items) => {
            let had = old.as_array().map(Vec::as_slice).unwrap_or_default();
            let differs = |these: &[Value], those: &[Value]| {
                these.iter().any(|item| !those.contains(item) && heard(item, spoken))
            };
            differs(items, had) || differs(had, items)
        }
        Value::Object(_) => heard(new, spoken),
        Value::Null => false,
    }
}

/// Whether a text holds a figure that the words say.
fn counts(text: &str, said: &str) -> bool {
    let said = amounts(said);
    text.split(|c: char| !c.is_ascii_digit())
        .filter_map(|figure| figure.parse::<f64>().ok())
        .any(|figure| said.contains(&figure))
}

fn amounts(said: &str) -> Vec<f64> {
    let keys: Vec<String> = split(said).iter().map(Word::key).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    (0..keys.len()).filter_map(|at| spoken_number(&keys[at..])).map(|(value, _)| value).collect()
}

fn heard(value: &Value, spoken: &[String]) -> bool {
    words(&value.to_string()).iter().any(|word| spoken.contains(word))
}
