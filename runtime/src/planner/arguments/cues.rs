//! Words that say which argument a span belongs to: "from Amy", "Amy sent me", "Amy's email". A small model puts such a
//! name into whatever argument comes first.

use serde_json::{Map, Value};

use super::{
    heard::{Heard, Passage, Word, split},
    slot::{Slot, parts},
    texts,
};

/// Prepositions that are also names of arguments.
const PREPOSITIONS: &[&str] = &["from", "with", "about", "by"];
/// Names of the argument that holds who wrote something.
const SENDER: &[&str] = &["from", "sender", "author"];
/// What a sender did.
const SENT: &[&str] = &["sent", "send", "wrote", "write", "written", "emailed", "mailed", "texted"];
/// What a sender's name owns.
const LETTER: &[&str] = &["email", "e-mail", "mail", "message", "letter", "text", "reply"];
/// Words between a name and what it did.
const HELPING: &[&str] = &["has", "had", "have", "did", "just", "ever", "already"];

/// Gives a span that stands in an optional argument to the argument that its cue names.
pub(super) fn apply(
    arguments: &mut Map<String, Value>,
    schema: &Value,
    slots: &[Slot<'_>],
    required: &[&str],
    heard: &Heard,
) {
    for name in texts_open(schema, slots, arguments) {
        let said = heard.utterance();
        let Some((holder, span)) = arguments.iter().find_map(|(holder, value)| {
            let spare = !required.contains(&holder.as_str()) && !PREPOSITIONS.contains(&holder.as_str());
            let text = value.as_str().filter(|_| spare && !slots.iter().any(|s| s.name == holder))?;
            Some((holder.clone(), cued(name, text, said)?))
        }) else {
            continue;
        };
        let left = arguments
            .get(&holder)
            .and_then(Value::as_str)
            .map(|text| without(text, &span))
            .unwrap_or_default();
        arguments.insert(name.to_owned(), Value::String(span));
        if left.is_empty() {
            arguments.shift_remove(&holder);
        } else {
            arguments.insert(holder, Value::String(left));
        }
    }
}

/// Moves what a temporal argument holds and what is no moment: to the place after "at" or "in", else to the title, the
/// first text of the schema, if that holds nothing.
pub(super) fn displaced(
    arguments: &mut Map<String, Value>,
    schema: &Value,
    slots: &[Slot<'_>],
    heard: &Heard,
    is_moment: impl Fn(&str) -> bool,
) {
    /// Words that stand for no thing.
    const BARE: &[&str] = &["all", "any", "none", "off", "other", "some"];
    const PLACE: &[&str] = &["location", "place", "where", "address", "venue"];
    for slot in slots {
        let Some(Value::String(text)) = arguments.get(slot.name) else { continue };
        let words = split(text);
        let said = heard.utterance();
        let Some(at) = said.position(&words).filter(|_| {
            !is_moment(text) && words.iter().any(|w| w.tells() && !BARE.contains(&w.key.as_str()))
        }) else {
            continue;
        };
        let led = at.checked_sub(1).and_then(|before| said.words.get(before)).map(|w| said.plain(w));
        let is_place = |name: &str| parts(name).iter().any(|part| PLACE.contains(&part.as_str()));
        let open = texts_open(schema, slots, arguments);
        let title = texts_open(schema, slots, &Map::new()).first().copied();
        let to = match led.as_deref() {
            Some("at" | "in" | "near") => open.iter().find(|name| is_place(name)),
            _ => open.iter().find(|name| Some(**name) == title && !is_place(name)),
        };
        if let Some(to) = to.map(|name| (*name).to_owned())
            && let Some(text) = arguments.shift_remove(slot.name)
        {
            arguments.insert(to, text);
        }
    }
}

/// The free texts of a schema that hold nothing yet, in its order.
fn texts_open<'a>(schema: &'a Value, slots: &[Slot<'_>], arguments: &Map<String, Value>) -> Vec<&'a str> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let texts = properties.into_iter().flatten().filter(|(name, property)| {
        property.get("enum").is_none()
            && property.get("type").and_then(Value::as_str).is_none_or(|kind| kind == "string")
            && !slots.iter().any(|s| s.name == *name)
            && !arguments.contains_key(*name)
    });
    texts.map(|(name, _)| name.as_str()).collect()
}

/// The span of `text` that belongs to the argument `name`, by what stands beside it in the utterance.
fn cued(name: &str, text: &str, said: &Passage) -> Option<String> {
    let words = split(text);
    let at = said.position(&words);
    let parts = parts(name);
    let [name] = parts.as_slice() else { return None };
    if PREPOSITIONS.contains(&name.as_str())
        && let Some(before) = at.and_then(|at| at.checked_sub(1))
        && said.words[before].key == *name
    {
        return Some(text.to_owned());
    }
    if !SENDER.contains(&name.as_str()) {
        return None;
    }
    let plain = |index: usize| said.words.get(index).map(|w| said.plain(w)).unwrap_or_default();
    if let Some(at) = at {
        let mut after = at + words.len();
        while HELPING.contains(&plain(after).as_str()) {
            after += 1;
        }
        if SENT.contains(&plain(after).as_str()) && after > 0 {
            return Some(text.to_owned());
        }
    }
    // "Ben's email": the owner, where the text begins with it.
    let first = words.first()?;
    let owner = said.words.iter().position(|w| w.key == first.key)?;
    let possessive = plain(owner).strip_suffix("'s").map(str::len)?;
    LETTER.contains(&said.words.get(owner + 1)?.key.as_str()).then(|| {
        let range = said.words[owner].range.start..said.words[owner].range.start + possessive;
        said.text.get(range).unwrap_or_default().to_owned()
    })
}

/// `text` without `span` and without what led to it.
fn without(text: &str, span: &str) -> String {
    let taken = split(span);
    let kept: Vec<Word> = split(text)
        .into_iter()
        .skip_while(|w| {
            let plain = text.get(w.range.clone()).unwrap_or_default().to_lowercase();
            taken.iter().any(|t| t.key == w.key)
                || !w.tells()
                || LETTER.contains(&w.key.as_str())
                || HELPING.contains(&plain.as_str())
        })
        .collect();
    let rest = kept.first().and_then(|w| text.get(w.range.start..)).unwrap_or_default();
    texts::trimmed(rest).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::planner::Conversation;

    #[test]
    fn a_sender_is_no_search_word() {
        let schema = json!({"properties": {"from": {"type": "string"}, "query": {"type": "string"}}});
        for (said, written, meant) in [
            ("any mail from jeff burns", json!({"query": "jeff burns"}), json!({"from": "jeff burns"})),
            ("has Amy sent me anything", json!({"query": "Amy"}), json!({"from": "Amy"})),
            (
                "did Ben's email have a file",
                json!({"query": "Ben's email has a file"}),
                json!({"from": "Ben", "query": "file"}),
            ),
            ("any mail about Amy", json!({"query": "Amy"}), json!({"query": "Amy"})),
            (
                "mail from Amy about rent",
                json!({"from": "Amy", "query": "rent"}),
                json!({"from": "Amy", "query": "rent"}),
            ),
            ("find Ben's report", json!({"query": "Ben's report"}), json!({"query": "Ben's report"})),
        ] {
            let mut arguments = written.as_object().unwrap().clone();
            apply(&mut arguments, &schema, &[], &[], &Heard::of(&Conversation::of(said)));
            assert_eq!(json!(arguments), meant, "{said}");
        }
    }
}
