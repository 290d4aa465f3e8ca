//! One span of the utterance fills one argument.

use serde_json::{Map, Value};

use super::{
    heard::{Heard, Word, split},
    slot::parts,
    texts,
};

/// Drops an optional text that has its words from another argument: all of them, or what was left of an invention.
pub(super) fn once(
    arguments: &mut Map<String, Value>,
    written: &Map<String, Value>,
    required: &[&str],
    heard: &Heard,
) {
    let filled: Vec<(String, Vec<Word>)> =
        arguments.iter().filter_map(|(name, value)| Some((name.clone(), words(value)?))).collect();
    let keys = |words: &[Word]| words.iter().map(|w| w.key.clone()).collect::<Vec<_>>();
    for (at, (name, words)) in filled.iter().enumerate() {
        let own = keys(words);
        // A subject may be said again in the body.
        if required.contains(&name.as_str()) || own.is_empty() || texts::is_content(name) {
            continue;
        }
        let spoken = heard.passages().iter().map(|p| p.count(words)).sum::<usize>();
        let changed = written.get(name).and_then(Value::as_str).is_some_and(|text| keys(&split(text)) != own);
        let taken = filled.iter().enumerate().any(|(other, (holder, others))| {
            let others = keys(others);
            // The one that is named in the utterance, else the one that comes first.
            let named = |name: &str| heard.touches(&parts(name).join(" "));
            let first = match (named(name), named(holder)) {
                (true, false) => false,
                (false, true) => true,
                _ => other < at,
            };
            let first = first || required.contains(&holder.as_str());
            let alike = written.get(name).is_some_and(|text| written.get(holder) == Some(text));
            let same = (others == own || alike) && first && spoken < 2;
            let part = changed && others.len() > own.len() && others.windows(own.len()).any(|row| row == own);
            other != at && arguments.contains_key(holder) && (same || part)
        });
        if taken {
            arguments.shift_remove(name);
        }
    }
}

/// The words of a text, or of a list of texts.
fn words(value: &Value) -> Option<Vec<Word>> {
    match value {
        Value::String(text) => Some(split(text)),
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().map(split)).collect::<Option<Vec<_>>>().map(|w| w.concat())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::planner::Conversation;

    #[test]
    fn the_same_words_fill_one_argument() {
        let heard = Heard::of(&Conversation::of("a conference call with Sara in Rome"));
        for (written, settled, kept) in [
            (
                json!({"title": "conference call", "place": "conference room"}),
                json!({"title": "conference call", "place": "conference"}),
                json!({"title": "conference call"}),
            ),
            (
                json!({"city": "Rome", "theater": "Rome"}),
                json!({"city": "Rome", "theater": "Rome"}),
                json!({"city": "Rome"}),
            ),
            (
                json!({"speaker": "Sara", "conference": "Sara"}),
                json!({"speaker": "Sara", "conference": "Sara"}),
                json!({"conference": "Sara"}),
            ),
            (
                json!({"title": "call with Sara", "attendees": "Sara"}),
                json!({"title": "call with Sara", "attendees": "Sara"}),
                json!({"title": "call with Sara", "attendees": "Sara"}),
            ),
        ] {
            let mut arguments = settled.as_object().unwrap().clone();
            once(&mut arguments, written.as_object().unwrap(), &["title", "city"], &heard);
            assert_eq!(json!(arguments), kept);
        }
    }
}
