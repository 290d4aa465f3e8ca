//! "the other John": somebody of the same first name who was named in the conversation.

use serde_json::{Map, Value};

use super::{
    ask, call,
    phrase::{Word, elliptic, join, split},
};
use crate::planner::{Conversation, Decision, Draft, Tool};

/// Names that are offered in one question.
const OFFERED: usize = 3;

/// The call with the other person of that name, or the question which one; `None` if the utterance is not of that kind.
pub(super) fn chosen(
    conversation: &Conversation,
    tool: &Tool,
    arguments: &Map<String, Value>,
) -> Option<Decision> {
    let first = wanted(&conversation.utterance, &tool.name)?;
    let holds = |value: &Value| value.as_str().is_some_and(|text| begins(text, &first));
    let mut held = arguments.iter().filter(|(_, value)| holds(value));
    let ((argument, now), None) = (held.next()?, held.next()) else { return None };
    let now = now.as_str()?.to_lowercase();
    let others: Vec<String> = people(conversation, arguments, &first)
        .into_iter()
        .filter(|name| name.to_lowercase() != now)
        .collect();
    let mut draft = Draft { tool: tool.id.clone(), arguments: arguments.clone() };
    if let [only] = others.as_slice() {
        draft.arguments.insert(argument.clone(), Value::from(only.as_str()));
        return call(tool, draft.arguments);
    }
    draft.arguments.remove(argument);
    let question = match others.as_slice() {
        [] => format!("I know of no other {first}. Who is it?"),
        several => {
            let named: Vec<&str> = several.iter().take(OFFERED).map(String::as_str).collect();
            format!("Who do you mean: {}?", named.join(", or "))
        }
    };
    Some(ask(question, Some(draft)))
}

/// The name in "the other John", when nothing else is said.
fn wanted(said: &str, tool: &str) -> Option<String> {
    let phrase = elliptic(said, tool).phrase;
    let keys: Vec<String> = phrase.iter().map(Word::key).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let at = match keys.as_slice() {
        ["the", "other", _] => 2,
        ["to" | "for" | "from" | "with", "the", "other", _] => 3,
        _ => return None,
    };
    let name = phrase[at];
    (keys[at] != "one" && !keys[at].ends_with('s')).then(|| {
        let mut letters = name.text.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    })
}

/// Everybody of this first name whose whole name was heard or used, in the order of hearing.
fn people(conversation: &Conversation, arguments: &Map<String, Value>, first: &str) -> Vec<String> {
    let past = conversation.past.iter();
    let used = past.clone().flat_map(|past| past.arguments.values()).chain(arguments.values());
    let texts = (conversation.earlier.iter().map(|line| line.text.as_str()))
        .chain(past.map(|past| past.said.as_str()))
        .chain(used.filter_map(Value::as_str));
    let mut people: Vec<String> = Vec::new();
    for text in texts {
        let words = split(text);
        for at in (0..words.len()).filter(|at| words[*at].key() == first.to_lowercase()) {
            // A name ends where punctuation stands, or a word begins small.
            let more = words[at..].iter().zip(&words[at + 1..]).take(2);
            let more = more.take_while(|(word, next)| !word.ends && next.is_capital()).count();
            let name = join(&words[at..=at + more]);
            let name = name.strip_suffix("'s").unwrap_or(&name).to_owned();
            if more > 0 && !people.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                people.push(name);
            }
        }
    }
    people
}

fn begins(text: &str, first: &str) -> bool {
    split(text).first().is_some_and(|word| word.key() == first.to_lowercase())
}
