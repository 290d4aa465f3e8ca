//! Values that are no plain text: yes or no, one of several words, lists, objects; numbers are [`amounts`]. Each must have been spoken.

use serde_json::{Map, Value, json};

use super::{
    amounts,
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
            if let Some(meant) = amounts::explained(property, heard).filter(|_| value.is_number()) {
                return choices.iter().find(|c| c.as_f64() == Some(meant)).cloned();
            }
            return self.choice(name, property, choices, value);
        }
        match value {
            Value::Null => None,
            Value::Bool(flag) => {
                self.named(name, property).then(|| Value::Bool(flag && !negated(name, heard)))
            }
            Value::Number(number) => amounts::spoken(name, property, &number, needed, heard),
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
        // What a needed choice means is the model's to say.
        let typed = Typed { heard: &heard, names: Vec::new() };
        assert_eq!(typed.spoken("unit", &unit, json!("Celsius"), true), Some(json!("Celsius")));
    }
}
