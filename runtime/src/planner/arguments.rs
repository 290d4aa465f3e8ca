//! What is kept of the arguments a model wrote: the words that were spoken, and values that code made of them.
//!
//! Every value must stand in what was said ([`heard`]) or follow from it by code: numbers, moments, addresses, one of the
//! words a schema allows. An optional argument that nobody spoke is left out; for a required one there is a question.

mod amounts;
mod cues;
mod dictated;
mod heard;
mod hollow;
mod mailbox;
mod moments;
mod numbers;
mod phrase;
mod question;
mod slot;
mod spans;
mod spelled;
mod texts;
mod typed;

use homepilot_servers::dates::When;
use jiff::Zoned;
use serde_json::{Map, Value, json};

use super::Conversation;
use heard::Heard;

/// An argument that can't be used as it is, with the question that would settle it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{argument}: {question}")]
pub struct Missing {
    /// The argument's name.
    pub argument: String,
    /// To be spoken.
    pub question: String,
    /// The other arguments, as far as they are settled.
    pub known: Map<String, Value>,
}

/// The arguments as they were spoken, with exact values for what the schema wants exactly. What was understood is what
/// is read back.
///
/// # Errors
/// The first required argument that nobody spoke, or a moment that can't be used, as a question.
pub fn settle(
    arguments: Map<String, Value>,
    schema: &Value,
    conversation: &Conversation,
    now: &Zoned,
) -> Result<Map<String, Value>, Missing> {
    let heard = Heard::of(conversation);
    let plain = json!({});
    let property = |name: &str| schema.get("properties").and_then(|p| p.get(name)).unwrap_or(&plain);
    let slots = slot::slots(schema);
    let required: Vec<&str> = required(schema).collect();
    let mut settled = Map::new();
    let names = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let typed = typed::Typed { heard: &heard, names: names.map(String::as_str).collect() };
    let written = arguments.clone();
    for (name, value) in arguments {
        let needed = required.contains(&name.as_str());
        // Left out, a default is the same.
        if !needed && property(&name).get("default") == Some(&value) {
            continue;
        }
        let moment = slots.iter().any(|slot| slot.name == name);
        let kept = if moment || known(conversation, &name, &value) {
            Some(value)
        } else {
            typed.spoken(&name, property(&name), value, needed)
        };
        if let Some(value) = kept.filter(|kept| needed || property(&name).get("default") != Some(kept)) {
            settled.insert(name, value);
        }
    }
    spans::once(&mut settled, &written, &required, &heard);
    cues::apply(&mut settled, schema, &slots, &required, &heard);
    cues::displaced(&mut settled, schema, &slots, &heard, |text| phrase::speaks_of_time(text, now));
    hollow::emptied(&mut settled, schema, &conversation.utterance);
    dictated::to_its_end(&mut settled, &slots, &conversation.utterance, now);
    let unsettled = |(argument, question), mut known: Map<String, Value>| {
        known.shift_remove(&argument);
        Missing { argument, question, known }
    };
    if let Err(missing) = moments::settle(&mut settled, &slots, &required, &heard, now) {
        // What was not looked at yet is the model's word alone.
        let exact = |name: &str| slots.iter().any(|s| s.name == name && s.form != slot::Form::Words);
        settled.retain(|name, _| !exact(name));
        return Err(unsettled(missing, settled));
    }
    if let Some(missing) = mailbox::missing(&settled, schema, &required) {
        return Err(unsettled(missing, settled));
    }
    for name in required {
        if settled.contains_key(name) {
            continue;
        }
        let only = amounts::only(property(name), &settled, &heard);
        match property(name).get("default").filter(|default| !default.is_null()).cloned().or(only) {
            Some(value) => {
                settled.insert(name.to_owned(), value);
            }
            None => {
                let question = match slots.iter().find(|slot| slot.name == name) {
                    Some(slot) => question::moment(slot),
                    None => question::ask(name, property(name)),
                };
                return Err(unsettled((name.to_owned(), question), settled));
            }
        }
    }
    Ok(settled)
}

/// Whether the call that is changed, asked about or followed up has this very value.
fn known(conversation: &Conversation, name: &str, value: &Value) -> bool {
    let drafts =
        conversation.editing.iter().chain(conversation.asked.iter().filter_map(|asked| asked.draft.as_ref()));
    drafts
        .map(|draft| &draft.arguments)
        .chain(conversation.past.iter().map(|past| &past.arguments))
        .any(|arguments| arguments.get(name) == Some(value))
}

/// How the description of an argument shows the form it wants; a moment's form is code's to write.
pub(super) fn shown_form<'a>(name: &str, property: &'a Value) -> Option<&'a str> {
    texts::example(property).filter(|_| slot::slot(name, property).is_none())
}

/// The number that lower-case words begin with, in words or in figures, and how many of them say it.
pub(super) fn spoken_number(words: &[&str]) -> Option<(f64, usize)> {
    let figure = words.first()?.parse::<f64>().ok().filter(|value| value.is_finite());
    if let Some(value) = figure {
        return Some((value, 1));
    }
    numbers::read(words).map(|spoken| (spoken.value, spoken.words))
}

/// Lower-case words; a plural or possessive ending is no difference.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|w| w.to_lowercase())
        .map(|w| w.strip_suffix("'s").map(str::to_owned).unwrap_or(w))
        .map(|w| if w.len() > 3 { w.strip_suffix('s').map(str::to_owned).unwrap_or(w) } else { w })
        .filter(|w| !w.is_empty())
        .collect()
}

/// The value that is sent: our own servers take every meaning, a foreign one a moment or a day.
pub(super) fn exact(when: &When, property: &Value, spoken: &str) -> String {
    let ours = property.get("x-homepilot").and_then(Value::as_str) == Some("when");
    match when {
        _ if ours => when.wire(),
        When::At(at) => at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        When::Day(day) => day.to_string(),
        // A single value can't hold a span or a repetition: a foreign tool gets the words, as they were spoken.
        When::Span { .. } | When::Every(_) => spoken.to_owned(),
    }
}

/// The names of the arguments that a schema requires.
pub(super) fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Whether a property holds a moment: our own mark, or the JSON schema formats.
pub fn is_temporal(property: &Value) -> bool {
    property.get("x-homepilot").and_then(Value::as_str) == Some("when")
        || matches!(property.get("format").and_then(Value::as_str), Some("date-time" | "date"))
}

#[cfg(test)]
mod tests;
