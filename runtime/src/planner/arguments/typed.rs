//! Values that are no plain text: numbers, yes or no, one of several words, lists, objects. Each must have been spoken.

use serde_json::{Map, Number, Value, json};

use super::{
    heard::{Heard, Word, alike, split},
    slot::parts,
    texts,
};

/// How deep objects are looked into; the grammar goes no deeper.
const DEPTH: usize = 4;

/// The part of `value` that was spoken, in the type that is wanted; none if nobody spoke it.
///
/// One of several words is chosen by what was meant, not copied: a `needed` one is the model's to choose.
pub(super) fn spoken(
    name: &str,
    property: &Value,
    value: Value,
    needed: bool,
    heard: &Heard,
) -> Option<Value> {
    let chosen = property.get("enum").is_some()
        || value.is_boolean()
        || value.as_str().is_some_and(|text| texts::is_option(property, text));
    let choice = value.clone();
    within(name, property, value, needed, heard, DEPTH).or_else(|| (needed && chosen).then_some(choice))
}

/// The one number of the utterance, for a number that is needed, if no other argument has taken it.
pub(super) fn only_number(property: &Value, taken: &Map<String, Value>, heard: &Heard) -> Option<Value> {
    let mut spoken = heard.utterance().words.iter().filter_map(|w| w.number);
    let (Some(only), None) = (spoken.next(), spoken.next()) else { return None };
    let kind = property.get("type").and_then(Value::as_str);
    let free = taken.values().all(|value| split(&value.to_string()).iter().all(|w| w.number != Some(only)));
    if free && matches!(kind, Some("integer" | "number")) { typed(only, property) } else { None }
}

fn within(
    name: &str,
    property: &Value,
    value: Value,
    needed: bool,
    heard: &Heard,
    depth: usize,
) -> Option<Value> {
    if let Some(choices) = property.get("enum").and_then(Value::as_array) {
        return choice(name, property, choices, value, heard);
    }
    match value {
        Value::Null => None,
        Value::Bool(flag) => named(name, property, heard).then(|| Value::Bool(flag && !negated(name, heard))),
        Value::Number(number) => number_spoken(name, &number, heard),
        Value::String(text) => texts::copy(name, property, &text, needed, heard).map(Value::String),
        Value::Array(items) => {
            let plain = json!({});
            let inner = property.get("items").unwrap_or(&plain);
            let items = items.into_iter().flat_map(|item| apart(item, heard));
            // An item is described by its list.
            let described = match (inner.get("description"), property.get("description")) {
                (None, Some(description)) => {
                    let mut inner = inner.clone();
                    inner["description"] = description.clone();
                    inner
                }
                _ => inner.clone(),
            };
            let kept: Vec<Value> = items
                .filter_map(|item| within(name, &described, item, false, heard, depth.checked_sub(1)?))
                .collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::Object(members) => {
            let properties = property.get("properties");
            let plain = json!({});
            let kept: Map<String, Value> = members
                .into_iter()
                .filter_map(|(key, value)| {
                    let inner = properties.and_then(|p| p.get(&key)).unwrap_or(&plain);
                    Some((key.clone(), within(&key, inner, value, false, heard, depth.checked_sub(1)?)?))
                })
                .collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
    }
}

/// "milk, eggs and bread" as three items, if it was one.
fn apart(item: Value, heard: &Heard) -> Vec<Value> {
    let Value::String(text) = &item else { return vec![item] };
    let parts: Vec<&str> = text
        .split(',')
        .flat_map(|part| part.split(" and "))
        .map(|part| part.trim().trim_start_matches("and ").trim())
        .filter(|part| !part.is_empty())
        .collect();
    let list = text.contains(',') && text.contains(" and ") && parts.iter().all(|part| heard.touches(part));
    if list { parts.into_iter().map(Value::from).collect() } else { vec![item] }
}

/// A word of the argument's name was spoken: "with images" of `include_images`.
fn named(name: &str, property: &Value, heard: &Heard) -> bool {
    let parts = parts(name).join(" ");
    heard.touches(&parts) || {
        let description = property.get("description").and_then(Value::as_str).unwrap_or_default();
        let telling: Vec<Word> =
            split(description).into_iter().filter(|w| w.tells() && w.key.len() > 4).collect();
        telling.iter().filter(|w| heard.has(w)).count() >= 2
    }
}

/// The word of the argument's name was said with a "not" before it: "it shouldn't be unisex" of `is_unisex`.
fn negated(name: &str, heard: &Heard) -> bool {
    /// Words that a negation reaches over.
    const REACH: usize = 3;
    let not = |word: &str| matches!(word, "not" | "no" | "without" | "never") || word.ends_with("n't");
    let named = split(&parts(name).join(" "));
    let own =
        parts(name).iter().any(|part| not(part) || matches!(part.as_str(), "exclude" | "disable" | "skip"));
    let said = heard.utterance();
    let at = said.words.iter().position(|word| named.iter().any(|n| n.tells() && alike(n, word)));
    !own && at.is_some_and(|at| said.words[at.saturating_sub(REACH)..at].iter().any(|w| not(&said.plain(w))))
}

/// One of several words: the one the model took if it, or what the description says of it, was spoken; another one if
/// that alone was.
fn choice(name: &str, property: &Value, choices: &[Value], value: Value, heard: &Heard) -> Option<Value> {
    let said = |choice: &Value| match choice {
        Value::String(text) if matches!(text.to_lowercase().as_str(), "true" | "false" | "yes" | "no") => {
            named(name, property, heard)
        }
        Value::String(text) => says(text, heard),
        Value::Number(number) => number.as_f64().is_some_and(|n| heard.words().any(|w| w.number == Some(n))),
        Value::Bool(_) => named(name, property, heard),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    };
    if said(&value) || described(property, &value, heard) {
        return Some(value);
    }
    let mut others = choices.iter().filter(|c| said(c));
    match (others.next(), others.next()) {
        (Some(only), None) if value.is_string() => Some(only.clone()),
        _ => None,
    }
}

/// All telling words of a choice were spoken.
fn says(text: &str, heard: &Heard) -> bool {
    let words = split(&parts(text).join(" "));
    let telling: Vec<&Word> = words.iter().filter(|w| w.tells()).collect();
    !telling.is_empty() && telling.iter().all(|w| heard.has(w))
}

/// What the description says beside a choice was spoken: "'1' represents cleaning service".
fn described(property: &Value, value: &Value, heard: &Heard) -> bool {
    /// Words after a choice that explain it.
    const EXPLAINED: usize = 6;
    let description = property.get("description").and_then(Value::as_str).unwrap_or_default();
    let shown = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let words = split(description);
    let wanted = split(&shown);
    let Some(at) = words
        .windows(wanted.len().max(1))
        .position(|row| !wanted.is_empty() && row.iter().zip(&wanted).all(|(a, b)| a.key == b.key))
    else {
        return false;
    };
    let from = at + wanted.len();
    words[from..]
        .iter()
        .take(EXPLAINED)
        .take_while(|w| w.number.is_none())
        .filter(|w| w.tells() && w.key.len() > 3)
        .any(|w| heard.utterance().words.iter().any(|said| alike(w, said)))
}

/// A number: the one that was spoken, or that a few plain steps make of one.
fn number_spoken(name: &str, number: &Number, heard: &Heard) -> Option<Value> {
    let wanted = number.as_f64()?;
    let is = |value: f64| (value - wanted).abs() < 1e-9 * wanted.abs().max(1.0);
    let words: Vec<&Word> = heard.words().collect();
    let made = words.iter().enumerate().any(|(at, word)| {
        let Some(value) = word.number else {
            return COUNTED.iter().any(|(spoken, count)| word.key == *spoken && is(*count));
        };
        let next = words.get(at + 1).map_or("", |w| w.key.as_str());
        let around = [next, words.get(at + 2).map_or("", |w| w.key.as_str())];
        is(value)
            || is(-value)
            || is(value / 100.0)
            || is(value * 12.0) && around.contains(&"dozen")
            || LENGTHS.iter().any(|(unit, seconds)| {
                around.contains(unit) && LENGTHS.iter().any(|(_, other)| is(value * seconds / other))
            })
            || MULTIPLES.iter().any(|(unit, times)| next == *unit && is(value * times))
    });
    // "119.5 W" is west: below zero.
    let below = wanted > 0.0
        && parts(name).iter().any(|part| part.starts_with("lat") || part.starts_with("lon"))
        && words.windows(2).any(|pair| {
            pair[0].number == Some(wanted) && ["w", "west", "s", "south"].contains(&pair[1].key.as_str())
        });
    if below {
        return Number::from_f64(-wanted).map(Value::Number);
    }
    made.then(|| Value::Number(number.clone()))
}

/// Words that count without a number.
const COUNTED: &[(&str, f64)] = &[
    ("a", 1.0),
    ("an", 1.0),
    ("one", 1.0),
    ("single", 1.0),
    ("once", 1.0),
    ("twice", 2.0),
    ("both", 2.0),
    ("pair", 2.0),
    ("no", 0.0),
    ("none", 0.0),
];
/// Seconds of a length of time.
const LENGTHS: &[(&str, f64)] = &[
    ("second", 1.0),
    ("minute", 60.0),
    ("hour", 3_600.0),
    ("day", 86_400.0),
    ("week", 604_800.0),
    ("month", 2_592_000.0),
    ("year", 31_536_000.0),
];
/// Units of a thousand.
const MULTIPLES: &[(&str, f64)] =
    &[("k", 1e3), ("km", 1e3), ("kilometer", 1e3), ("kg", 1e3), ("kilogram", 1e3), ("m", 1e6)];

/// `value` in the type of the property.
fn typed(value: f64, property: &Value) -> Option<Value> {
    match property.get("type").and_then(Value::as_str) {
        Some("integer") if value.fract() != 0.0 => None,
        // Spoken numbers are far below what a float holds exactly.
        Some("integer") => Some(Value::from(value as i64)),
        _ => Number::from_f64(value).map(Value::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::Conversation;

    #[test]
    fn a_value_has_the_type_and_the_sense_that_was_spoken() {
        let list = json!({"type": "array", "items": {"type": "string"}});
        let service =
            json!({"enum": [1, 2], "description": "'1' represents cleaning service, and '2' ironing."});
        let unit = json!({"enum": ["Celsius", "Fahrenheit"]});
        let flag = json!({"enum": ["True", "False", "dontcare"]});
        let nested = json!({"type": "object", "properties": {"size": {"type": "integer"}, "note": {"type": "string"}}});
        let plain = json!({});
        for (said, name, property, written, value) in [
            ("the next twenty five days", "days", &plain, json!(25), Some(json!(25))),
            ("the next two weeks", "days", &plain, json!(14), Some(json!(14))),
            ("five percent a year", "rate", &plain, json!(0.05), Some(json!(0.05))),
            ("two dozen eggs", "count", &plain, json!(24), Some(json!(24))),
            ("half an hour", "minutes", &plain, json!(30), Some(json!(30))),
            ("119.5 W please", "longitude", &plain, json!(119.5), Some(json!(-119.5))),
            ("a few days", "days", &plain, json!(7), None),
            ("with images", "include_images", &plain, json!(true), Some(json!(true))),
            ("it shouldn't be unisex", "is_unisex", &plain, json!(true), Some(json!(false))),
            ("a hair stylist", "is_unisex", &plain, json!(true), None),
            ("in celsius", "unit", &unit, json!("Fahrenheit"), Some(json!("Celsius"))),
            ("with laundry", "has_laundry", &flag, json!("True"), Some(json!("True"))),
            ("a house", "has_laundry", &flag, json!("True"), None),
            ("in degrees", "unit", &unit, json!("Fahrenheit"), None),
            ("clean my flat", "service", &service, json!(1), Some(json!(1))),
            (
                "milk, eggs and bread",
                "items",
                &list,
                json!(["milk, eggs and bread"]),
                Some(json!(["milk", "eggs", "bread"])),
            ),
            ("milk and eggs", "items", &list, json!(["milk", "wine"]), Some(json!(["milk"]))),
            ("three of them", "box", &nested, json!({"size": 3, "note": "none"}), Some(json!({"size": 3}))),
        ] {
            assert_eq!(
                spoken(name, property, written, false, &Heard::of(&Conversation::of(said))),
                value,
                "{said}"
            );
        }
        let heard = Heard::of(&Conversation::of("set it to seventy"));
        let integer = json!({"type": "integer"});
        assert_eq!(only_number(&integer, &Map::new(), &heard), Some(json!(70)));
        let taken = json!({"size": 70});
        assert_eq!(only_number(&integer, taken.as_object().unwrap(), &heard), None);
        // What a needed choice means is the model's to say.
        assert_eq!(spoken("unit", &unit, json!("Celsius"), true, &heard), Some(json!("Celsius")));
    }
}
