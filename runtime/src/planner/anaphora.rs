//! "her", "there", "then": a value that is only a pronoun means what was spoken of last. What is taken is read back like
//! any other value.

use homepilot_servers::dates;
use jiff::Zoned;
use serde_json::{Map, Value};

use super::{
    Conversation, Speaker,
    arguments::is_temporal,
    follow_up::{Word, join, parts, split},
};

const PEOPLE: &[&str] = &["him", "her", "them", "he", "she", "they"];
const PLACES: &[&str] = &["there", "that place", "the same place"];
const TIMES: &[&str] = &["then", "that time", "the same time", "that day", "the same day"];
/// Words of argument names that hold a person, and those that hold a place.
const WHO: &[&str] = &[
    "to",
    "recipient",
    "recipients",
    "receiver",
    "contact",
    "person",
    "attendee",
    "attendees",
    "sender",
    "who",
    "with",
    "participants",
    "guest",
    "guests",
];
const WHERE: &[&str] = &["location", "place", "city", "where", "destination", "address", "venue"];
/// Words in front of a name that tell it from the beginning of a sentence.
const BEFORE_NAMES: &[&str] = &[
    "with", "to", "from", "for", "by", "tell", "call", "email", "text", "message", "ask", "and", "about",
    "of", "is",
];

/// The arguments with pronouns replaced by what they stand for; those of nothing known are left out, to be asked for.
pub(super) fn resolved(
    mut arguments: Map<String, Value>,
    schema: &Value,
    conversation: &Conversation,
    now: &Zoned,
) -> Map<String, Value> {
    let mut unknown = Vec::new();
    for (name, value) in &mut arguments {
        let Some(text) = value.as_str() else { continue };
        let key = split(text).iter().map(Word::key).collect::<Vec<_>>().join(" ");
        let key = key.strip_prefix("at ").or_else(|| key.strip_prefix("to ")).unwrap_or(&key);
        let property = &schema["properties"][name.as_str()];
        let meant = if PEOPLE.contains(&key) {
            person(conversation)
        } else if PLACES.contains(&key) {
            used(conversation, |name, _| has(name, WHERE)).or_else(|| place(conversation))
        } else if TIMES.contains(&key) && is_temporal(property) {
            used(conversation, |_, value| dates::parse(value, now).is_ok())
        } else {
            continue;
        };
        match meant {
            Some(meant) => *value = Value::String(meant),
            None => unknown.push(name.clone()),
        }
    }
    arguments.retain(|name, _| !unknown.contains(name));
    arguments
}

/// The person who was spoken of last: in a call, or by name.
fn person(conversation: &Conversation) -> Option<String> {
    let lines = conversation.earlier.iter().rev().take(4);
    let own = std::iter::once(conversation.utterance.as_str());
    let named = own.chain(lines.map(|line| line.text.as_str())).find_map(name_in);
    let addressed = used(conversation, |name, value| has(name, WHO) && is_named(value));
    // Who was addressed last is spoken of last, unless somebody else was named since.
    let since = conversation
        .earlier
        .iter()
        .rev()
        .take_while(|line| line.speaker == Speaker::User)
        .find_map(|line| name_in(&line.text));
    since.or(name_in(&conversation.utterance)).or(addressed).or(named)
}

/// The last name in a text: capital words behind a word that names follow.
fn name_in(text: &str) -> Option<String> {
    let words = split(text);
    (1..words.len()).rev().find_map(|at| {
        let before = words[at - 1].key();
        (words[at].is_capital() && BEFORE_NAMES.contains(&before.as_str()) && !is_calendar(&words[at])).then(
            || {
                let more = words[at..].iter().zip(&words[at + 1..]).take(2);
                let more = more
                    .take_while(|(word, next)| !word.ends && next.is_capital() && !is_calendar(next))
                    .count();
                let name = join(&words[at..=at + more]);
                name.strip_suffix("'s").unwrap_or(&name).to_owned()
            },
        )
    })
}

fn place(conversation: &Conversation) -> Option<String> {
    let texts = conversation.earlier.iter().rev().take(4).map(|line| line.text.as_str());
    texts.into_iter().find_map(|text| {
        let words = split(text);
        (1..words.len())
            .rev()
            .find(|at| {
                ["in", "to"].contains(&words[at - 1].key().as_str())
                    && words[*at].is_capital()
                    && !is_calendar(&words[*at])
            })
            .map(|at| {
                let more = words[at..].iter().zip(&words[at + 1..]).take(2);
                let more = more.take_while(|(word, next)| !word.ends && next.is_capital()).count();
                join(&words[at..=at + more])
            })
    })
}

/// The newest text argument of a past call that fits.
fn used(conversation: &Conversation, fits: impl Fn(&str, &str) -> bool) -> Option<String> {
    conversation.past.iter().rev().find_map(|past| {
        let mut texts = past.arguments.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        texts.find(|(name, value)| fits(name, value)).map(|(_, value)| value.to_owned())
    })
}

fn has(name: &str, kinds: &[&str]) -> bool {
    parts(name).iter().any(|part| kinds.contains(&part.as_str()))
}

fn is_named(value: &str) -> bool {
    split(value).first().is_some_and(Word::is_capital) || value.contains('@')
}

/// Days and months are written with a capital too.
fn is_calendar(word: &Word<'_>) -> bool {
    const CALENDAR: &[&str] = &[
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "i",
        "i'm",
        "i'll",
    ];
    CALENDAR.contains(&word.key().trim_end_matches("'s"))
}
