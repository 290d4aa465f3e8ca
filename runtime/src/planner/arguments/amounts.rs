//! Numbers: those that were spoken, and what a few plain steps make of them.

use serde_json::{Map, Number, Value};

use super::{
    heard::{Heard, Word, alike, split},
    phrase,
    slot::parts,
};

/// The number that is meant: the model's if it was spoken, else what the description or a length of time says; none if
/// nobody spoke one.
pub(super) fn spoken(
    name: &str,
    property: &Value,
    number: &Number,
    needed: bool,
    heard: &Heard,
) -> Option<Value> {
    made(name, number, false, heard)
        .or_else(|| typed(explained(property, heard)?, property))
        .or_else(|| typed(length(name, property, heard)?, property))
        .or_else(|| made(name, number, needed, heard))
}

/// The one number of the utterance, for a number that is needed, if no other argument has taken it.
pub(super) fn only(property: &Value, taken: &Map<String, Value>, heard: &Heard) -> Option<Value> {
    let mut spoken = heard.utterance().words.iter().filter_map(|w| w.number);
    let (Some(only), None) = (spoken.next(), spoken.next()) else { return None };
    let kind = property.get("type").and_then(Value::as_str);
    let free = taken.values().all(|value| split(&value.to_string()).iter().all(|w| w.number != Some(only)));
    if free && matches!(kind, Some("integer" | "number")) { typed(only, property) } else { None }
}

/// The number that the description gives to what was spoken, if it explains several: "1 for cleaning, 2 for ironing".
pub(super) fn explained(property: &Value, heard: &Heard) -> Option<f64> {
    let description = property.get("description").and_then(Value::as_str)?;
    let words = split(description);
    let mut meanings: Vec<(f64, Vec<&Word>)> = Vec::new();
    for word in &words {
        match (word.number, meanings.last_mut()) {
            (Some(number), _) => meanings.push((number, Vec::new())),
            (None, Some((_, meaning))) if word.tells() && word.key.len() > 2 => meaning.push(word),
            (None, _) => {}
        }
    }
    // What several of them say tells none apart.
    let shared =
        |word: &Word| meanings.iter().filter(|(_, m)| m.iter().any(|w| w.key == word.key)).count() > 1;
    let said = &heard.utterance().words;
    let is_meant = |meaning: &[&Word]| {
        let first = meaning.iter().find(|w| !shared(w));
        first.is_some_and(|w| said.iter().any(|s| alike(w, s)))
    };
    let mut meant = meanings.iter().filter(|(_, meaning)| is_meant(meaning));
    match (meant.next(), meant.next(), meanings.len()) {
        (Some((number, _)), None, 2..) => Some(*number),
        _ => None,
    }
}

/// The length of time that was spoken, in the unit that the argument is named or described by.
fn length(name: &str, property: &Value, heard: &Heard) -> Option<f64> {
    let description = property.get("description").and_then(Value::as_str).unwrap_or_default();
    let unit = |text: &str| {
        let words = split(text);
        let mut units = LENGTHS.iter().filter(|(unit, _)| words.iter().any(|w| w.key == *unit));
        units.next().filter(|_| units.next().is_none())
    };
    let (_, seconds) = unit(&parts(name).join(" ")).or_else(|| unit(description))?;
    let (_, minutes) = phrase::length(heard)?;
    Some(f64::from(minutes) * 60.0 / seconds)
}

/// A number: the one that was spoken, or that a few plain steps make of one.
fn made(name: &str, number: &Number, needed: bool, heard: &Heard) -> Option<Value> {
    let wanted = number.as_f64()?;
    let is = |value: f64| (value - wanted).abs() < 1e-9 * wanted.abs().max(1.0);
    let words: Vec<&Word> = heard.words().collect();
    let made = words.iter().enumerate().any(|(at, word)| {
        let Some(value) = word.number else {
            let articles = if needed { ARTICLES } else { &[] };
            return COUNTED.iter().chain(articles).any(|(spoken, count)| word.key == *spoken && is(*count));
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
const COUNTED: &[(&str, f64)] =
    &[("single", 1.0), ("once", 1.0), ("twice", 2.0), ("both", 2.0), ("pair", 2.0), ("none", 0.0)];
/// Words that count where a number is needed: "book a room".
const ARTICLES: &[(&str, f64)] = &[("a", 1.0), ("an", 1.0), ("no", 0.0)];
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
    use serde_json::json;

    use super::*;
    use crate::planner::Conversation;

    #[test]
    fn a_length_of_time_is_in_the_unit_that_is_wanted() {
        let integer = json!({"type": "integer", "description": "How long, in minutes."});
        for (said, name, meant) in [
            ("for an hour and a half", "duration", Some(json!(90))),
            ("for an hour and a half", "duration_seconds", Some(json!(5_400))),
            ("for forty minutes", "duration", Some(json!(40))),
            ("for a while", "duration", None),
            ("for half an hour", "hours", None),
        ] {
            let heard = Heard::of(&Conversation::of(said));
            assert_eq!(spoken(name, &integer, &Number::from(7), false, &heard), meant, "{said} {name}");
        }
    }

    #[test]
    fn the_only_number_is_taken_once() {
        let heard = Heard::of(&Conversation::of("set it to seventy"));
        let integer = json!({"type": "integer"});
        assert_eq!(only(&integer, &Map::new(), &heard), Some(json!(70)));
        let taken = json!({"size": 70});
        assert_eq!(only(&integer, taken.as_object().unwrap(), &heard), None);
    }
}
