//! The question for the one thing that is missing, in the words of the argument's name and description.

use homepilot_servers::dates::DateError;
use serde_json::Value;

use super::slot::{Edge, Slot, parts};

/// Words of a description that are short enough to be asked for.
const WORDS: usize = 6;

/// The question for an argument.
pub(super) fn ask(name: &str, property: &Value) -> String {
    let parts = parts(name);
    let has = |known: &[&str]| parts.iter().any(|part| known.contains(&part.as_str()));
    if has(&["to", "recipient", "recipients", "receiver", "contact", "addressee"])
        && !has(&["date", "time", "city"])
    {
        return "Who should it go to?".to_owned();
    }
    if has(&["body", "message", "content"]) {
        return "What should it say?".to_owned();
    }
    if has(&["location", "place", "where", "city"]) && !has(&["id"]) {
        return "For which place?".to_owned();
    }
    if has(&["since"]) {
        return "Since when?".to_owned();
    }
    if let Some(choices) = choices(property) {
        return format!("Which {} should it be: {choices}?", spaced(&parts));
    }
    match property.get("description").and_then(Value::as_str).and_then(thing) {
        Some(thing) => format!("What is the {thing}?"),
        None => format!("What should the {} be?", spaced(&parts)),
    }
}

/// The question for a moment.
pub(super) fn moment(slot: &Slot<'_>) -> String {
    match slot.edge {
        Edge::Start if slot.clock => "When should it start?",
        Edge::End if slot.clock => "When should it end?",
        Edge::Start => "From which day?",
        Edge::End => "Until which day?",
        Edge::Whole if slot.clock && !slot.day => "At what time should that be?",
        Edge::Whole => "When should that be?",
    }
    .to_owned()
}

/// The question that settles words which name no usable moment.
pub(super) fn unclear(error: DateError) -> String {
    match error {
        DateError::Ambiguous { options } => {
            let options: Vec<String> = options.into_iter().map(|o| o.spoken).collect();
            format!("Do you mean {}?", options.join(", or "))
        }
        DateError::Past { spoken } => format!("That would be {spoken}, which has passed. When should it be?"),
        DateError::Impossible { what } => format!("There is no such date: {what}. When should it be?"),
        DateError::Vague { what } => format!("{what} is more than one day. Which day should it be?"),
        DateError::Unknown { .. } => "When should that be?".to_owned(),
    }
}

/// "text, call or email" of a short enumeration.
fn choices(property: &Value) -> Option<String> {
    /// Values that can be kept in mind while listening.
    const MOST: usize = 4;
    let values: Vec<&str> = property.get("enum")?.as_array()?.iter().filter_map(Value::as_str).collect();
    match values.as_slice() {
        [] | [_] => None,
        values if values.len() > MOST => None,
        [head @ .., last] => Some(format!("{} or {last}", head.join(", "))),
    }
}

/// "name of the city" of "The name of the city for which the weather is requested.".
fn thing(description: &str) -> Option<String> {
    let end = description.find(['.', ',', '(', ';', ':']).unwrap_or(description.len());
    let words: Vec<&str> = description[..end].split_whitespace().collect();
    let stop = |w: &&&str| {
        matches!(
            w.to_lowercase().as_str(),
            "for" | "that" | "which" | "to" | "where" | "used" | "e.g" | "such" | "in" | "if"
        )
    };
    let words: Vec<&str> = words.iter().take_while(|w| !stop(w)).copied().collect();
    let article = words.first().is_some_and(|w| matches!(w.to_lowercase().as_str(), "the" | "a" | "an"));
    let words = &words[usize::from(article)..];
    let plain = words.iter().all(|w| w.chars().all(|c| c.is_alphanumeric() || "'-".contains(c)));
    (plain && (1..=WORDS).contains(&words.len()) && article).then(|| words.join(" "))
}

fn spaced(parts: &[String]) -> String {
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_plain_question_for_each_thing() {
        for (name, property, question) in [
            ("to", json!({"description": "Recipient."}), "Who should it go to?"),
            ("body", json!({}), "What should it say?"),
            ("since", json!({}), "Since when?"),
            ("city_name", json!({"description": "The city."}), "For which place?"),
            (
                "username",
                json!({"description": "The username of the user."}),
                "What is the username of the user?",
            ),
            (
                "perPage",
                json!({"description": "How many entries per page are returned"}),
                "What should the per page be?",
            ),
            ("size", json!({"enum": ["small", "large"]}), "Which size should it be: small or large?"),
        ] {
            assert_eq!(ask(name, &property), question);
        }
    }
}
