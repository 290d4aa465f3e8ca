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

/// Drops optional texts, and lists of texts, that share no word with what was said: a small model fills them with
/// inventions.
pub(super) fn keep_spoken(
    arguments: Map<String, Value>,
    schema: &Value,
    conversation: &Conversation,
) -> Map<String, Value> {
    let said = said(conversation);
    let heard = |text: &str| words(text).iter().any(|w| said.contains(w));
    let spoken = |value: &Value| match value {
        Value::String(text) => heard(text),
        Value::Array(items) => items.iter().any(|item| item.as_str().is_none_or(heard)),
        _ => true,
    };
    let chosen = |name: &str| schema.pointer(&format!("/properties/{name}/enum")).is_some();
    arguments
        .into_iter()
        .filter(|(name, value)| required(schema).any(|r| r == name) || chosen(name) || spoken(value))
        .collect()
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

/// Turns the temporal arguments, copied as spoken, into exact values, and takes their words out of the other arguments.
/// What was understood is what is read back.
///
/// # Errors
/// The first argument that names no moment, more than one, a past one, or one that nobody spoke, as a question.
pub fn settle(
    mut arguments: Map<String, Value>,
    schema: &Value,
    conversation: &Conversation,
    now: &Zoned,
) -> Result<Map<String, Value>, Missing> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let temporal: Vec<_> = properties.into_iter().flatten().filter(|(_, p)| is_temporal(p)).collect();
    for (name, property) in &temporal {
        let Some(Value::String(spoken)) = arguments.get(*name) else { continue };
        let missing = |question: String| Missing { argument: (*name).clone(), question };
        let when = understand(spoken, conversation, now).map_err(missing)?;
        if required(schema).any(|r| r == *name) && when.moment().is_none() {
            return Err(missing("At what time should that be?".to_owned()));
        }
        let exact = exact(&when, property, spoken);
        arguments.insert((*name).clone(), Value::String(exact));
    }
    if !temporal.is_empty() {
        for (name, value) in &mut arguments {
            if let Value::String(text) = value
                && !temporal.iter().any(|(t, _)| *t == name)
                && let Some(found) = dates::find(text, now).filter(|f| f.when.is_ok())
                && !found.rest(text).is_empty()
            {
                *text = found.rest(text);
            }
        }
    }
    Ok(arguments)
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

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Whether a property holds a moment: our own mark, or the JSON schema formats.
pub fn is_temporal(property: &Value) -> bool {
    property.get("x-homepilot").and_then(Value::as_str) == Some("when")
        || matches!(property.get("format").and_then(Value::as_str), Some("date-time" | "date"))
}

/// The model's copy may have lost a word ("five" of "tomorrow at five") or made one up ("a.m."): then what the utterance
/// itself says is taken. A moment that nobody spoke is asked for.
fn understand(spoken: &str, conversation: &Conversation, now: &Zoned) -> Result<When, String> {
    let copy = words(spoken);
    let said = said(conversation);
    let is_copy = !copy.is_empty() && copy.iter().all(|w| said.contains(w));
    let found = dates::find(&conversation.utterance, now).filter(|found| {
        let phrase = words(&found.phrase);
        !is_copy || (phrase.len() > copy.len() && copy.iter().all(|w| phrase.contains(w)))
    });
    let read = match found {
        Some(found) => found.when,
        None if is_copy => dates::parse(spoken, now),
        None => return Err("When should that be?".to_owned()),
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

/// Every word of the conversation, and of the call that is being changed.
fn said(conversation: &Conversation) -> Vec<String> {
    let mut said = words(&conversation.utterance);
    for line in &conversation.earlier {
        said.extend(words(&line.text));
    }
    for value in conversation.editing.iter().flat_map(|draft| draft.arguments.values()) {
        said.extend(words(&value.to_string()));
    }
    said
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn optional_texts_and_lists_that_nobody_spoke_are_dropped() {
        let schema = json!({"properties": {"plan": {}, "risks": {}, "pros": {}, "note": {}, "count": {}}, "required": ["plan"]});
        let conversation = Conversation::of("what are the risks of moving to Berlin with rain");
        let written =
            json!({"plan": "relocation", "risks": [], "pros": ["sun"], "note": "urgent", "count": 2});
        let kept = keep_spoken(written.as_object().unwrap().clone(), &schema, &conversation);
        assert_eq!(Value::Object(kept), json!({"plan": "relocation", "count": 2}));
        let written = json!({"plan": "moving", "risks": ["the rain", "theft"], "pros": [1]});
        let kept = keep_spoken(written.as_object().unwrap().clone(), &schema, &conversation);
        assert_eq!(Value::Object(kept), written);
    }
}
