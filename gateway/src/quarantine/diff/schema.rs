//! Two JSON schemas, argument by argument. Every keyword is compared, also those that are not known here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Section, changed, visible};

/// A value longer than this is compared word by word.
const SHORT: usize = 60;

/// One place in a schema: whether it has to be given, and every keyword but those that were walked into.
struct Place {
    required: bool,
    keywords: BTreeMap<String, Value>,
}

pub(super) fn compare(
    section: &mut Section,
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
) {
    let (before, after) = (places(before), places(after));
    for (path, place) in &after {
        if !before.contains_key(path) {
            section.line(&format!("+ {path}: {}", summary(place)));
        }
    }
    for (path, place) in &before {
        match after.get(path) {
            None => section.line(&format!("- {path}: {}", summary(place))),
            Some(now) => {
                if place.required != now.required {
                    let word = if now.required { "now required" } else { "no longer required" };
                    section.line(&format!("~ {path}: {word}"));
                }
                keywords(section, path, &place.keywords, &now.keywords);
            }
        }
    }
}

/// Two flat objects, such as annotations.
pub(super) fn members(
    section: &mut Section,
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
) {
    let sorted = |object: Option<&Map<String, Value>>| -> BTreeMap<String, Value> {
        object.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let (before, after) = (sorted(before), sorted(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        value(section, &member(name), before.get(name), after.get(name));
    }
}

fn keywords(
    section: &mut Section,
    path: &str,
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        value(section, &format!("{path}: {}", member(name)), before.get(name), after.get(name));
    }
}

fn value(section: &mut Section, label: &str, before: Option<&Value>, after: Option<&Value>) {
    if before == after {
        return;
    }
    let text = |value: Option<&Value>| match value {
        None => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let (old, new) = (text(before), text(after));
    let prose = before.or(after).is_some_and(Value::is_string) && label.ends_with("description");
    if prose || old.len() > SHORT || new.len() > SHORT || old == new {
        section.line(&format!("~ {label}"));
        let empty = |value: Option<&Value>, text: String| if value.is_none() { String::new() } else { text };
        section.text(&empty(before, old), &empty(after, new));
    } else {
        let shown = |value: Option<&Value>, text: &str| match value {
            Some(_) if text.chars().all(|c| c.is_ascii() && !c.is_control()) => visible(text),
            Some(_) => changed(text),
            None => "none".to_owned(),
        };
        section.line(&format!("~ {label} {} → {}", shown(before, &old), shown(after, &new)));
    }
}

fn summary(place: &Place) -> String {
    let mut words = vec![place.keywords.get("type").map_or_else(|| "any type".to_owned(), kind)];
    words.push(if place.required { "required" } else { "optional" }.to_owned());
    for (name, value) in &place.keywords {
        match (name.as_str(), value) {
            ("type", _) => {}
            ("description", Value::String(text)) => words.push(changed(text)),
            (_, value) => {
                let text = match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                words.push(format!("{} {}", member(name), changed(&text)));
            }
        }
    }
    words.join(", ")
}

fn kind(value: &Value) -> String {
    match value {
        Value::String(one) => visible(one),
        other => visible(&other.to_string()),
    }
}

fn places(schema: Option<&Map<String, Value>>) -> BTreeMap<String, Place> {
    let mut found = BTreeMap::new();
    if let Some(schema) = schema {
        walk(schema, "(as a whole)", "", true, &mut found);
    }
    found
}

/// JSON that was parsed is at most 128 levels deep, and so is this.
fn walk(
    schema: &Map<String, Value>,
    label: &str,
    path: &str,
    required: bool,
    found: &mut BTreeMap<String, Place>,
) {
    let properties = schema.get("properties").and_then(Value::as_object);
    let items = schema.get("items").and_then(Value::as_object);
    let needed: BTreeSet<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut keywords = BTreeMap::new();
    for (name, value) in schema {
        let walked = match name.as_str() {
            "properties" => properties.is_some(),
            "items" => items.is_some(),
            // Names that are required and not described stay in sight.
            "required" => value.as_array().is_some_and(|names| {
                names.iter().all(|name| {
                    name.as_str().is_some_and(|name| properties.is_some_and(|known| known.contains_key(name)))
                })
            }),
            _ => false,
        };
        if !walked {
            keywords.insert(name.clone(), value.clone());
        }
    }
    found.insert(label.to_owned(), Place { required, keywords });
    for (name, inner) in properties.into_iter().flatten() {
        let at = if path.is_empty() { member(name) } else { format!("{path}.{}", member(name)) };
        let required = needed.contains(name.as_str());
        match inner {
            Value::Object(inner) => walk(inner, &at, &at, required, found),
            other => {
                let keywords = BTreeMap::from([("schema".to_owned(), other.clone())]);
                found.insert(at, Place { required, keywords });
            }
        }
    }
    if let Some(items) = items {
        let at = format!("{path}[]");
        walk(items, &at, &at, true, found);
    }
}

/// A member's name; one that could be taken for a path or for more of the page is in quotes.
fn member(name: &str) -> String {
    let plain = !name.is_empty()
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'));
    if plain { name.to_owned() } else { changed(name) }
}
