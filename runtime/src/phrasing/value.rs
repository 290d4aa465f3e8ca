//! One argument as words.

use jiff::Zoned;
use serde_json::Value;

use homepilot_servers::dates;

use super::text::{beginning, listed, one_line, shown, spoken};

/// A longer text is said by its beginning.
const SAID: usize = 140;
/// Items of a list that are said.
const ITEMS: usize = 5;

/// Whether the tool's schema says that the argument is a moment.
pub(super) fn is_when(property: Option<&Value>) -> bool {
    property.is_some_and(|p| p["x-homepilot"] == "when" || p["format"] == "date-time")
}

/// For the voice. What is not said is on the screen, and the sentence says so.
pub(super) fn said(value: &Value, property: Option<&Value>, now: &Zoned) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(yes) => if *yes { "on" } else { "off" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => match moment(text, property, now) {
            Some(when) => when,
            None => long(&spoken(text)),
        },
        Value::Array(items) if items.is_empty() => "nothing".to_owned(),
        Value::Array(items) => {
            let of = property.map(|p| &p["items"]);
            let mut words: Vec<String> = items.iter().take(ITEMS).map(|item| said(item, of, now)).collect();
            if items.len() > ITEMS {
                words.push(format!("{} more, on screen", items.len() - ITEMS));
            }
            listed(&words)
        }
        Value::Object(fields) => {
            let mut words: Vec<String> = fields
                .iter()
                .take(ITEMS)
                .map(|(name, value)| {
                    let of = property.map(|p| &p["properties"][name.as_str()]);
                    format!("{} {}", super::text::words_of(name), said(value, of, now))
                })
                .collect();
            if fields.len() > ITEMS {
                words.push(format!("{} more, on screen", fields.len() - ITEMS));
            }
            listed(&words)
        }
    }
}

/// For the screen, complete.
pub(super) fn written(value: &Value, property: Option<&Value>, now: &Zoned) -> String {
    match value {
        Value::String(text) => match moment(text, property, now) {
            Some(when) if one_line(text).eq_ignore_ascii_case(&when) => when,
            Some(when) => format!("{when} ({})", one_line(text)),
            None => shown(text),
        },
        Value::Null => "—".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) if items.iter().all(|i| i.is_string() || i.is_number()) => {
            let of = property.map(|p| &p["items"]);
            shown(&items.iter().map(|item| written(item, of, now)).collect::<Vec<_>>().join("\n"))
        }
        Value::Array(_) | Value::Object(_) => shown(&serde_json::to_string_pretty(value).unwrap_or_default()),
    }
}

fn moment(text: &str, property: Option<&Value>, now: &Zoned) -> Option<String> {
    if !is_when(property) {
        return None;
    }
    dates::parse(text, now).ok().map(|when| dates::say(&when, now))
}

fn long(text: &str) -> String {
    if text.chars().count() <= SAID {
        return text.to_owned();
    }
    format!("{}, the rest is on screen", beginning(text, SAID).trim_end_matches(['.', '!']))
}
