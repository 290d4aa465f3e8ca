//! Values that are no plain text: numbers, yes or no, one of several words, lists, objects. Each must have been spoken.

use serde_json::{Map, Number, Value, json};

use super::{
    heard::{Heard, Word, alike, split},
    slot::parts,
    texts,
};

/// How deep objects are looked into; the grammar goes no deeper.
const DEPTH: usize = 4;

/// What was said, and the names of the arguments that it may be about.
pub(super) struct Typed<'a> {
    pub heard: &'a Heard,
    pub names: Vec<&'a str>,
}

impl Typed<'_> {
    /// The part of `value` that was spoken, in the type that is wanted; none if nobody spoke it.
    ///
    /// One of several words is chosen by what was meant, not copied: a `needed` one is the model's to choose.
    pub fn spoken(&self, name: &str, property: &Value, value: Value, needed: bool) -> Option<Value> {
        let chosen = property.get("enum").is_some()
            || value.is_boolean()
            || value.as_str().is_some_and(|text| texts::is_option(property, text));
        let choice = value.clone();
        self.within(name, property, value, needed, DEPTH).or_else(|| (needed && chosen).then_some(choice))
    }

    fn within(
        &self,
        name: &str,
        property: &Value,
        value: Value,
        needed: bool,
        depth: usize,
    ) -> Option<Value> {
        let heard = self.heard;
        if let Some(choices) = property.get("enum").and_then(Value::as_array) {
            if let Some(meant) = explained(property, heard).filter(|_| value.is_number()) {
                return choices.iter().find(|c| c.as_f64() == Some(meant)).cloned();
            }
            return self.choice(name, property, choices, value);
        }
        match value {
            Value::Null => None,
            Value::Bool(flag) => {
                self.named(name, property).then(|| Value::Bool(flag && !negated(name, heard)))
            }
            Value::Number(number) => number_spoken(name, &number, false, heard)
                .or_else(|| typed(explained(property, heard)?, property))
                .or_else(|| number_spoken(name, &number, needed, heard)),
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
                    .filter_map(|item| self.within(name, &described, item, false, depth.checked_sub(1)?))
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
                        Some((key.clone(), self.within(&key, inner, value, false, depth.checked_sub(1)?)?))
                    })
                    .collect();
                (!kept.is_empty()).then_some(Value::Object(kept))
            }
        }
    }

    /// What the argument's name says was spoken, "with images" of `include_images`; or at least half of what its description
    /// does.
    fn named(&self, name: &str, property: &Value) -> bool {
        let heard = self.heard;
        /// Words of names that ask for a yes or no.
        const ASKING: &[&str] =
            &["has", "include", "get", "show", "enable", "want", "need", "add", "use", "should", "allow"];
        /// Letters from which a word of a description tells something.
        const LONG: usize = 5;
        let own = split(&parts(name).join(" "));
        let own: Vec<&Word> = own.iter().filter(|w| w.tells() && !ASKING.contains(&w.key.as_str())).collect();
        let spoken = own.iter().filter(|w| heard.has(w)).count();
        // A word that other arguments are named by as well does not tell this one.
        let others = |word: &Word| {
            let others = self.names.iter().filter(|other| **other != name);
            others.flat_map(|other| split(&parts(other).join(" "))).any(|w| w.key == word.key)
        };
        if spoken > 0 {
            return spoken == own.len() || own.iter().any(|w| heard.has(w) && !others(w));
        }
        let description = property.get("description").and_then(Value::as_str).unwrap_or_default();
        let telling: Vec<Word> =
            split(description).into_iter().filter(|w| w.tells() && w.key.len() >= LONG).collect();
        let spoken = telling.iter().filter(|w| heard.has(w)).count();
        spoken >= 2 && spoken * 2 >= telling.len()
    }

    /// One of several words: the one the model took if it, or what the description says of it, was spoken; another one if
    /// that alone was.
    fn choice(&self, name: &str, property: &Value, choices: &[Value], value: Value) -> Option<Value> {
        let heard = self.heard;
        let said = |choice: &Value| match choice {
            Value::String(text)
                if matches!(text.to_lowercase().as_str(), "true" | "false" | "yes" | "no") =>
            {
                self.named(name, property)
            }
            Value::String(text) => says(text, heard),
            Value::Number(number) => {
                number.as_f64().is_some_and(|n| heard.words().any(|w| w.number == Some(n)))
            }
            Value::Bool(_) => self.named(name, property),
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
}

/// The one number of the utterance, for a number that is needed, if no other argument has taken it.
pub(super) fn only_number(property: &Value, taken: &Map<String, Value>, heard: &Heard) -> Option<Value> {
    let mut spoken = heard.utterance().words.iter().filter_map(|w| w.number);
    let (Some(only), None) = (spoken.next(), spoken.next()) else { return None };
    let kind = property.get("type").and_then(Value::as_str);
    let free = taken.values().all(|value| split(&value.to_string()).iter().all(|w| w.number != Some(only)));
    if free && matches!(kind, Some("integer" | "number")) { typed(only, property) } else { None }
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

/// The number that the description gives to what was spoken, if it explains several: "1 for cleaning, 2 for ironing".
fn explained(property: &Value, heard: &Heard) -> Option<f64> {
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

/// A number: the one that was spoken, or that a few plain steps make of one.
fn number_spoken(name: &str, number: &Number, needed: bool, heard: &Heard) -> Option<Value> {
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
            ("a private payment", "private_visibility", &plain, json!(true), Some(json!(true))),
            ("a hair stylist", "is_unisex", &plain, json!(true), None),
            ("in celsius", "unit", &unit, json!("Fahrenheit"), Some(json!("Celsius"))),
            ("with laundry", "has_laundry", &flag, json!("True"), Some(json!("True"))),
            ("a house", "has_laundry", &flag, json!("True"), None),
            ("in degrees", "unit", &unit, json!("Fahrenheit"), None),
            ("clean my flat", "service", &service, json!(1), Some(json!(1))),
            ("someone for ironing", "service", &service, json!(1), Some(json!(2))),
            ("someone for the garden", "service", &service, json!(1), None),
            ("a room", "count", &plain, json!(1), None),
            ("clean the office", "is_cleaning_home", &plain, json!(true), None),
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
            let heard = Heard::of(&Conversation::of(said));
            let typed = Typed { heard: &heard, names: vec![name, "is_cleaning_office"] };
            assert_eq!(typed.spoken(name, property, written, false), value, "{said}");
        }
        let heard = Heard::of(&Conversation::of("set it to seventy"));
        let integer = json!({"type": "integer"});
        assert_eq!(only_number(&integer, &Map::new(), &heard), Some(json!(70)));
        let taken = json!({"size": 70});
        assert_eq!(only_number(&integer, taken.as_object().unwrap(), &heard), None);
        // What a needed choice means is the model's to say.
        let typed = Typed { heard: &heard, names: Vec::new() };
        assert_eq!(typed.spoken("unit", &unit, json!("Celsius"), true), Some(json!("Celsius")));
    }
}
