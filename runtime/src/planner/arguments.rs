//! What is kept of the arguments a model wrote: the words that were spoken, and values that code made of them.

use homepilot_servers::dates::{self, DateError, When};
use jiff::Zoned;
use serde_json::{Map, Value};

use super::Conversation;

/// An argument that can't be used as it is, with the question that would settle it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{argument}: {question}")]
pub struct Missing {
    /// The argument's name.
    pub argument: String,
    /// To be spoken.
    pub question: String,
}

/// Drops optional string arguments that share no word with what was said: a small model fills them with inventions.
pub(super) fn keep_spoken(
    arguments: Map<String, Value>,
    schema: &Value,
    conversation: &Conversation,
) -> Map<String, Value> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut said = words(&conversation.utterance);
    for line in &conversation.earlier {
        said.extend(words(&line.text));
    }
    if let Some((_, edited)) = &conversation.editing {
        said.extend(words(&edited.to_string()));
    }
    let spoken = |value: &Value| match value {
        Value::String(text) => words(text).iter().any(|w| said.contains(w)),
        _ => true,
    };
    let chosen = |name: &str| schema.pointer(&format!("/properties/{name}/enum")).is_some();
    arguments
        .into_iter()
        .filter(|(name, value)| required.contains(&name.as_str()) || chosen(name) || spoken(value))
        .collect()
}

/// Lower-case words; a plural or possessive ending is no difference.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|w| w.to_lowercase())
        .map(|w| w.strip_suffix("'s").map(str::to_owned).unwrap_or(w))
        .map(|w| if w.len() > 3 { w.strip_suffix('s').map(str::to_owned).unwrap_or(w) } else { w })
        .filter(|w| !w.is_empty())
        .collect()
}

/// Turns the temporal arguments, copied as spoken, into exact values. What was understood is what is read back.
///
/// # Errors
/// The first argument that names no moment, more than one, or a past one, as a question.
pub fn settle(
    mut arguments: Map<String, Value>,
    schema: &Value,
    utterance: &str,
    now: &Zoned,
) -> Result<Map<String, Value>, Missing> {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten().filter(|(_, p)| is_temporal(p)) {
        let Some(Value::String(spoken)) = arguments.get(name) else { continue };
        let when = understand(spoken, utterance, now)
            .map_err(|question| Missing { argument: name.clone(), question })?;
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        if required.filter_map(Value::as_str).any(|r| r == name) && when.moment().is_none() {
            return Err(Missing {
                argument: name.clone(),
                question: "At what time should that be?".to_owned(),
            });
        }
        let ours = property.get("x-homepilot").and_then(Value::as_str) == Some("when");
        let exact = match &when {
            _ if ours => when.wire(),
            When::At(at) => at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            When::Day(day) => day.to_string(),
            // A foreign tool's single value can't hold a span or a repetition: it gets the words, as they were spoken.
            When::Span { .. } | When::Every(_) => spoken.clone(),
        };
        arguments.insert(name.clone(), Value::String(exact));
    }
    Ok(arguments)
}

/// Whether a property holds a moment: our own mark, or the JSON schema formats.
pub fn is_temporal(property: &Value) -> bool {
    property.get("x-homepilot").and_then(Value::as_str) == Some("when")
        || matches!(property.get("format").and_then(Value::as_str), Some("date-time" | "date"))
}

/// The model's copy may have lost a word ("five" of "tomorrow at five"): what the utterance itself says wins when it
/// contains the copy.
fn understand(spoken: &str, utterance: &str, now: &Zoned) -> Result<When, String> {
    let fuller = dates::find(utterance, now).filter(|found| {
        let phrase = words(&found.phrase);
        let copy = words(spoken);
        phrase.len() > copy.len() && copy.iter().all(|w| phrase.contains(w))
    });
    let read = match fuller {
        Some(found) => found.when,
        None => dates::parse(spoken, now),
    };
    read.map_err(|error| match error {
        DateError::Ambiguous { options } => {
            let options: Vec<String> = options.into_iter().map(|o| o.spoken).collect();
            format!("Do you mean {}?", options.join(", or "))
        }
        DateError::Past { spoken } => format!("That would be {spoken}, which has passed. When should it be?"),
        DateError::Impossible { what } => format!("There is no such date: {what}. When should it be?"),
        DateError::Vague { what } => format!("{what} is more than one day. Which day should it be?"),
        DateError::Unknown { .. } => "When should that be?".to_owned(),
    })
}
