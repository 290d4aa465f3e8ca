//! Short answers to a question of ours: "Bob", "at five", "call mom at five". Anything longer is the model's to read.

use homepilot_servers::dates;
use jiff::Zoned;
use serde_json::{Map, Value};

use super::phrase::{Word, join, parts, split};
use crate::planner::{
    Toolbox,
    arguments::{is_temporal, required},
    edit,
};

/// Words of a short answer.
const SHORT: usize = 6;

/// What may stand before the value itself.
const LEADS: &[&str] = &[
    "it's", "it", "is", "its", "that's", "that", "would", "be", "should", "make", "to", "for", "at", "from",
    "with", "in", "um", "uh", "oh", "well", "just", "please", "okay", "ok", "yes", "the", "name", "say",
    "let's", "on",
];
/// What may stand after it.
const TRAILS: &[&str] = &["please", "thanks", "then"];
/// Words that begin a request or a question of its own, or leave the matter.
const OTHERWISE: &[&str] = &[
    "what", "what's", "who", "who's", "when", "where", "why", "how", "which", "can", "could", "would",
    "will", "do", "does", "did", "is", "are", "never", "forget", "nothing", "nobody", "none", "no", "not",
    "cancel", "stop", "i", "i'm", "i'd", "i'll", "actually", "and", "how's", "my", "nope", "sorry", "thank",
    "thanks", "this", "wait", "don't", "tell", "you",
];

/// Verbs that people give orders with, beside those that tools are named by.
const ORDERS: &[&str] = &[
    "add", "ask", "change", "check", "clear", "create", "dial", "email", "find", "give", "hear", "let's",
    "list", "look", "make", "mute", "open", "play", "put", "read", "remind", "remove", "repeat", "reply",
    "schedule", "search", "send", "set", "show", "start", "stop", "switch", "take", "text", "turn", "write",
    "hello", "hey", "hi",
];

/// Whether the words begin a request or a question of their own instead of answering.
pub(super) fn is_request(said: &str, toolbox: &Toolbox) -> bool {
    const FIRST: &[&str] = &["please", "okay", "ok", "um", "uh", "oh"];
    let words = split(said);
    let courtesy = words.iter().take_while(|word| FIRST.contains(&word.key().as_str())).count();
    let Some(first) = words.get(courtesy) else { return false };
    said.trim_end().ends_with('?')
        || OTHERWISE.contains(&first.key().as_str())
        || is_order(&words[courtesy..], toolbox)
}

/// Whether the words begin with a verb that orders something to be done.
pub(super) fn is_order(words: &[Word<'_>], toolbox: &Toolbox) -> bool {
    let [verb, _, ..] = words else { return false };
    let verb = verb.key();
    ORDERS.contains(&verb.as_str()) || toolbox.all().any(|tool| parts(&tool.name).first() == Some(&verb))
}

/// The arguments with what was asked for, when the answer is nothing but that. What the answer leaves out of a moment,
/// the request may have said.
pub(super) fn completed(
    known: &Map<String, Value>,
    schema: &Value,
    (request, said): (&str, &str),
    now: &Zoned,
) -> Option<Map<String, Value>> {
    let properties = schema.get("properties").and_then(Value::as_object)?;
    let missing: Vec<(&str, &Value)> = required(schema)
        .filter(|name| !known.contains_key(*name))
        .filter_map(|name| Some((name, properties.get(name)?)))
        .collect();
    let (temporal, plain): (Vec<_>, Vec<_>) =
        missing.into_iter().partition(|(_, property)| is_temporal(property));
    let mut complete = known.clone();
    let mut rest = said.to_owned();
    match temporal.as_slice() {
        [] => {}
        [(name, property)] => {
            let (value, without) = moment(request, said, property, now, plain.is_empty())?;
            complete.insert((*name).to_owned(), value);
            rest = without;
        }
        _ => return None,
    }
    match plain.as_slice() {
        [] if temporal.is_empty() => return None,
        [] => {}
        [(name, property)] => {
            // A moment that belongs to an argument nobody asked for is not a part of this one.
            let elsewhere = properties.values().any(is_temporal) && dates::find(&rest, now).is_some();
            let value = value(&rest, property).filter(|_| !elsewhere)?;
            complete.insert((*name).to_owned(), value);
        }
        _ => return None,
    }
    Some(complete)
}

/// The moment in the answer, and the answer without it; `alone` when it has to be all that is said.
fn moment(request: &str, said: &str, property: &Value, now: &Zoned, alone: bool) -> Option<(Value, String)> {
    let (phrase, when, rest) = match dates::find(said, now) {
        Some(found) => (found.phrase.clone(), found.when.clone(), found.rest(said)),
        None if alone => {
            let phrase = join(bare(&split(said)));
            (phrase.clone(), dates::parse(&phrase, now), String::new())
        }
        None => return None,
    };
    if alone && !bare(&split(&rest)).is_empty() {
        return None;
    }
    let before = dates::find(request, now).and_then(|found| found.when.ok());
    let when = match before {
        Some(before) => edit::adapted(&before, &phrase, when.ok(), now)?,
        None => when.ok()?,
    };
    // A whole day is no moment; the hour is asked for.
    when.moment()?;
    Some((edit::temporal(&when, property, &phrase), rest))
}

fn value(said: &str, property: &Value) -> Option<Value> {
    let all = split(said);
    let words = bare(&all);
    if words.is_empty() || words.len() > SHORT {
        return None;
    }
    if let Some(choices) = property.get("enum").and_then(Value::as_array) {
        let named = |choice: &&Value| {
            choice.as_str().is_some_and(|c| words.iter().any(|w| w.key() == c.to_lowercase()))
        };
        let mut named = choices.iter().filter(named);
        return named.next().filter(|_| named.next().is_none()).cloned();
    }
    match property.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => edit::number(words, property),
        Some("string") => Some(Value::from(join(words))),
        _ => None,
    }
}

/// The words without what may stand around a value.
fn bare<'a, 'b>(words: &'a [Word<'b>]) -> &'a [Word<'b>] {
    let lead = words.iter().take_while(|word| LEADS.contains(&word.key().as_str())).count();
    let words = &words[lead..];
    let trail = words.iter().rev().take_while(|word| TRAILS.contains(&word.key().as_str())).count();
    &words[..words.len() - trail]
}
