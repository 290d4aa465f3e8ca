//! Ids that tools answer with: how a later call says which thing it means. People never hear one; what it is of is called by
//! its name.

use serde_json::{Map, Value};

use super::{
    Past,
    follow_up::{named, parts},
};

/// Ids that are kept of one answer.
const KEPT: usize = 8;
/// Characters of an id.
const LENGTH: usize = 200;
/// What the names of ids end with.
const ENDINGS: &[&str] = &["id", "uid", "uuid", "key"];

/// The ids in one answer, by their names. One that a thing inside the answer has by no other name than "id" is named
/// after the thing: `{"event": {"id": 5}}` is `event_id`. What stands in a list is one of several and no id of the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids(Map<String, Value>);

impl Ids {
    /// Reads an answer: its form for programs, or its text if that is JSON or names exactly one id.
    pub fn read(structured: Option<&Value>, text: &str) -> Self {
        let written = serde_json::from_str::<Value>(text.trim()).ok();
        let mut ids = Map::new();
        match structured.into_iter().chain(&written).find_map(Value::as_object) {
            Some(answer) => {
                collect(answer, "", &mut ids);
                let inner = answer.iter().filter_map(|(name, value)| Some((name, value.as_object()?)));
                inner.for_each(|(name, inner)| collect(inner, name, &mut ids));
            }
            None => ids.extend(spelled(text).map(|id| ("id".to_owned(), Value::from(id)))),
        }
        Self(ids)
    }

    /// The id for an argument called `name`, of a thing of this kind.
    pub(super) fn of(&self, name: &str, kind: &[String]) -> Option<&Value> {
        if let Some(same) = self.0.iter().find(|(own, _)| parts(own) == parts(name)) {
            return Some(same.1);
        }
        let of_kind = |name: &str| {
            let parts = parts(name);
            parts[..parts.len().saturating_sub(1)].iter().all(|part| kind.contains(part))
        };
        let mut fitting = self.0.iter().filter(|(own, _)| of_kind(name) && of_kind(own));
        fitting.next().filter(|_| fitting.next().is_none()).map(|(_, id)| id)
    }

    fn holds(&self, id: &Value) -> bool {
        self.0.values().any(|known| known == id)
    }
}

/// The argument of a call that is an id one of the `past` calls was answered with, and what that call named the thing.
pub fn name_of_id(arguments: &Map<String, Value>, past: &[Past]) -> Option<(String, String)> {
    let mut ids = arguments.iter().filter(|(name, _)| is_id(name));
    let ((name, id), None) = (ids.next()?, ids.next()) else { return None };
    let made = past.iter().rev().find(|past| !past.reads && past.ids.holds(id))?;
    Some((name.clone(), named(made)?.as_str()?.to_owned()))
}

/// Whether a name is that of an id.
pub(super) fn is_id(name: &str) -> bool {
    parts(name).last().is_some_and(|part| ENDINGS.contains(&part.as_str()))
}

fn collect(answer: &Map<String, Value>, of: &str, ids: &mut Map<String, Value>) {
    for (name, value) in answer.iter().filter(|(name, value)| is_id(name) && is_short(value)) {
        let name = if of.is_empty() || parts(name).len() > 1 { name.clone() } else { format!("{of}_{name}") };
        if ids.len() < KEPT {
            ids.entry(name).or_insert_with(|| value.clone());
        }
    }
}

fn is_short(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.trim().is_empty() && text.chars().count() <= LENGTH,
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// The one id that a sentence names: "Created (id: evt-42)."
fn spelled(text: &str) -> Option<&str> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ':' | '=' | ',' | '"' | '\'' | '`'))
        .map(|word| word.trim_matches(['.', '!', '#', '[', ']']))
        .filter(|word| !word.is_empty())
        .collect();
    let mut named = words.windows(2).filter_map(|pair| match pair {
        [label, id] if label.eq_ignore_ascii_case("id") => Some(*id),
        _ => None,
    });
    let id = named.next().filter(|_| named.next().is_none())?;
    let sound = id.chars().any(|c| c.is_ascii_digit()) && id.chars().count() <= LENGTH;
    sound.then_some(id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(ids: &Ids, name: &str) -> Option<Value> {
        ids.of(name, &["calendar".to_owned(), "event".to_owned()]).cloned()
    }

    #[test]
    fn an_answer_for_programs_names_its_ids() {
        let answer = json!({"event": {"id": "e1", "title": "lunch"}, "calendar_id": "c1", "ok": true});
        let ids = Ids::read(Some(&answer), "Done.");
        assert_eq!(of(&ids, "event_id"), Some(json!("e1")));
        assert_eq!(of(&ids, "eventId"), Some(json!("e1")));
        assert_eq!(of(&ids, "calendar_id"), Some(json!("c1")));
        assert_eq!(of(&ids, "id"), None, "which of the two nobody can tell");
        assert_eq!(of(&ids, "contact_id"), None);
        assert_eq!(of(&Ids::read(Some(&json!({"id": 7})), ""), "event_id"), Some(json!(7)));
        assert_eq!(of(&Ids::read(None, r#"{"event_id": "e2"}"#), "id"), Some(json!("e2")));
    }

    #[test]
    fn one_of_several_and_what_is_no_id_are_none() {
        for answer in [
            json!({"events": [{"id": "e1"}]}),
            json!({"id": ["e1"]}),
            json!({"id": ""}),
            json!({"id": "x".repeat(201)}),
            json!([{"id": "e1"}]),
        ] {
            assert_eq!(Ids::read(Some(&answer), ""), Ids::default(), "{answer}");
        }
    }

    #[test]
    fn a_sentence_may_name_one() {
        for text in ["Created (id: evt-42).", "Event created, ID evt-42", "id=`evt-42`"] {
            assert_eq!(of(&Ids::read(None, text), "event_id"), Some(json!("evt-42")), "{text}");
        }
        for text in ["Bring your id please", "id a1 and id b2", "Done."] {
            assert_eq!(Ids::read(None, text), Ids::default(), "{text}");
        }
    }
}
