//! Changes of a call that need no model: a phrase that stands for the one argument of its kind. "no, make it six" moves
//! the one moment of the call, "to Sara" changes its recipient, and nothing else. What a model changes is held to the
//! same: only what the words speak of.

mod kept;

pub(super) use kept::{Source, kept};

use homepilot_servers::dates::{self, When};
use jiff::{SignedDuration, Span, ToSpan as _, Zoned, civil::Date};
use serde_json::{Map, Value};

use super::{
    arguments::{exact, is_temporal, spoken_number, words},
    follow_up::{Word, join, parts, split},
};

/// What may stand around the new time without meaning more.
const FILLERS: &[&str] = &[
    "a", "actually", "at", "be", "better", "but", "can", "change", "could", "do", "for", "i", "instead",
    "it", "let", "let's", "make", "mean", "meant", "move", "no", "nope", "not", "of", "oh", "okay", "on",
    "please", "rather", "said", "say", "set", "should", "sorry", "that", "the", "this", "time", "to", "um",
    "uh", "wait", "want", "we", "yes", "you",
];
/// Words of a name or a place.
const NAME_WORDS: usize = 4;
/// Words that no name is made of.
const NO_NAMES: &[&str] = &[
    "i",
    "you",
    "he",
    "she",
    "it",
    "we",
    "they",
    "me",
    "him",
    "her",
    "us",
    "them",
    "this",
    "that",
    "these",
    "those",
    "one",
    "ones",
    "other",
    "others",
    "rest",
    "all",
    "more",
    "else",
    "something",
    "anything",
    "what",
    "who",
    "when",
    "where",
    "why",
    "how",
    "which",
    "is",
    "are",
    "was",
    "were",
    "am",
    "be",
    "do",
    "does",
    "did",
    "have",
    "has",
    "had",
    "can",
    "could",
    "will",
    "would",
    "should",
    "may",
    "might",
    "must",
    "not",
    "no",
    "never",
    "yes",
    "maybe",
    "if",
    "because",
    "than",
    "there",
    "here",
    "now",
    "again",
    "longer",
    "shorter",
    "later",
    "earlier",
    "sooner",
];
/// Which arguments a preposition speaks of, by a word of their name.
const PREPOSITIONS: &[(&str, &[&str])] = &[
    ("to", &["to", "recipient", "recipients", "receiver", "contact", "phone", "destination"]),
    ("from", &["from", "sender", "origin"]),
    ("in", &["in", "location", "place", "city", "where", "room", "list", "folder"]),
    ("at", &["location", "place", "where", "venue"]),
    ("with", &["with", "attendees", "participants", "contact", "guests", "person"]),
    ("for", &["for", "location", "place", "city", "person", "query"]),
    ("about", &["about", "query", "topic", "subject"]),
    ("on", &["list", "folder"]),
];

/// The arguments with the one of its kind replaced by `phrase`; `None` if it is not exactly one.
pub(super) fn replaced(
    arguments: &Map<String, Value>,
    schema: &Value,
    phrase: &[Word<'_>],
    now: &Zoned,
) -> Option<Map<String, Value>> {
    let text = join(phrase);
    let numbers = || {
        let numeric = |name: &String| {
            matches!(schema["properties"][name.as_str()]["type"].as_str(), Some("integer" | "number"))
        };
        arguments.iter().filter(move |(name, value)| value.is_number() && numeric(name))
    };
    let clocked = temporal_argument(arguments, schema)
        .is_some_and(|(name, _)| matches!(read(arguments.get(name), now), Some(When::At(_))));
    // "five" is an hour or an amount, and nobody can tell which.
    if numbers().next().is_none() || !clocked {
        let mut amounts = numbers();
        if let (Some((name, _)), None) = (amounts.next(), amounts.next())
            && let Some(number) = number(phrase, &schema["properties"][name.as_str()])
        {
            return Some(with(arguments, name, number));
        }
        if let Some(moved) =
            shifted(arguments, schema, &text, now).or_else(|| retime(arguments, schema, &text, now))
        {
            return Some(moved);
        }
    }
    lengthened(arguments, schema, &text)
        .or_else(|| renamed(arguments, schema, phrase, now))
        .or_else(|| both(arguments, schema, &text, now))
}

/// "in Bergen on Friday": a name and a moment, each for its own argument.
fn both(
    arguments: &Map<String, Value>,
    schema: &Value,
    phrase: &str,
    now: &Zoned,
) -> Option<Map<String, Value>> {
    let found = dates::find(phrase, now)?;
    let rest = found.rest(phrase);
    let name = split(&rest);
    let clear = name.iter().all(Word::is_capital)
        || name
            .first()
            .is_some_and(|word| PREPOSITIONS.iter().any(|(preposition, _)| *preposition == word.key()));
    let moved = retime(arguments, schema, &found.phrase, now).filter(|_| clear)?;
    renamed(&moved, schema, &name, now)
}

/// "not Bob, Sara" and "Sara, not Bob": the value that is not meant stands in the words.
pub(super) fn exchanged(arguments: &Map<String, Value>, said: &[Word<'_>]) -> Option<Map<String, Value>> {
    let not = said.iter().position(|word| word.key() == "not")?;
    let mut fitting = arguments.iter().filter_map(|(name, value)| {
        let old: Vec<String> = split(value.as_str()?).iter().map(Word::key).collect();
        let rest = &said[not + 1..];
        let begins = rest.len() >= old.len() && rest.iter().zip(&old).all(|(word, key)| word.key() == *key);
        (begins && !old.is_empty()).then_some((name, old.len()))
    });
    let ((name, length), None) = (fitting.next()?, fitting.next()) else { return None };
    let after = &said[not + 1 + length..];
    let before = &said[..not];
    let lead = |words: &[Word<'_>]| {
        words
            .iter()
            .take_while(|w| {
                ["no", "but", "yes", "sorry", "to", "it's", "i", "said", "meant"].contains(&w.key().as_str())
            })
            .count()
    };
    let new = if after.is_empty() { &before[lead(before)..] } else { &after[lead(after)..] };
    is_name(new).then(|| with(arguments, name, Value::from(join(new))))
}

/// The arguments with their moment moved, if `said` is about nothing else. A clock time alone keeps the day, a day alone
/// the clock time. A call that has no moment yet gets it.
pub(super) fn retime(
    arguments: &Map<String, Value>,
    schema: &Value,
    said: &str,
    now: &Zoned,
) -> Option<Map<String, Value>> {
    let (name, property) = temporal_argument(arguments, schema)?;
    let rest = |text: &str| {
        words(text).into_iter().filter(|word| !FILLERS.contains(&word.as_str())).collect::<Vec<_>>()
    };
    // A bare number is no time in a longer sentence; here, where nothing else is said, it is.
    let (phrase, when) = match dates::find(said, now) {
        Some(found) if rest(&found.rest(said)).is_empty() => (found.phrase, found.when),
        Some(_) => return None,
        // An amount may be meant just as well.
        None if arguments.values().any(Value::is_number) => return None,
        None => {
            let phrase = rest(said).join(" ");
            let when = dates::parse(&phrase, now);
            (phrase, when)
        }
    };
    let when = match read(arguments.get(name), now) {
        None if arguments.contains_key(name) => return None,
        None => when.ok()?,
        Some(before) => adapted(&before, &phrase, when.ok(), now)?,
    };
    Some(with(arguments, name, temporal(&when, property, &phrase)))
}

/// The new moment, with what it leaves out taken from the one before.
pub(super) fn adapted(before: &When, phrase: &str, when: Option<When>, now: &Zoned) -> Option<When> {
    match (before, when) {
        (When::Every(_), Some(When::Every(every))) => Some(When::Every(every)),
        (When::Every(_), _) => None,
        (When::Span { from, to }, _) if from.duration_until(to) < SignedDuration::from_hours(24) => {
            let (from, to) = match (same_day(before, phrase, now)?, from.duration_until(to)) {
                (When::At(at), length) => (at.clone(), at.checked_add(length).ok()?),
                (When::Span { from, to }, _) => (from, to),
                (When::Day(_) | When::Every(_), _) => return None,
            };
            Some(When::Span { from, to })
        }
        (When::At(at), Some(When::Day(day))) => {
            day.to_datetime(at.time()).to_zoned(at.time_zone().clone()).ok().map(When::At)
        }
        (_, when) => same_day(before, phrase, now).filter(|same| matches!(same, When::At(_))).or(when),
    }
}

/// "the day after", "an hour later": a moment that only the one before gives a meaning.
fn shifted(
    arguments: &Map<String, Value>,
    schema: &Value,
    phrase: &str,
    now: &Zoned,
) -> Option<Map<String, Value>> {
    let (name, property) = temporal_argument(arguments, schema)?;
    let span = step(&phrase.to_lowercase())?;
    let before = match arguments.get(name) {
        Some(value) => read(Some(value), now)?,
        None => When::Day(now.date()),
    };
    let whole_days = span.get_days() != 0;
    let day = |day: &Date| day.checked_add(span).ok().filter(|_| whole_days);
    let at = |at: &Zoned| at.checked_add(span).ok();
    let when = match &before {
        When::At(before) => When::At(at(before)?),
        When::Day(before) => When::Day(day(before)?),
        When::Span { from, to } => When::Span { from: at(from)?, to: at(to)? },
        When::Every(_) => return None,
    };
    let said = dates::say(&when, now);
    Some(with(arguments, name, temporal(&when, property, &said)))
}

fn step(phrase: &str) -> Option<Span> {
    let phrase = phrase.strip_suffix(" that").unwrap_or(phrase);
    match phrase.strip_prefix("the ").unwrap_or(phrase) {
        "day after" | "next day" | "following day" | "day after it" => return Some(1.day()),
        "day before" | "previous day" => return Some((-1).day()),
        "week after" | "following week" => return Some(7.days()),
        "week before" | "previous week" => return Some((-7).days()),
        _ => {}
    }
    let (length, sign) = [("later", 1), ("after", 1), ("earlier", -1), ("before", -1), ("sooner", -1)]
        .into_iter()
        .find_map(|(word, sign)| Some((phrase.strip_suffix(word)?.trim_end(), sign)))?;
    let minutes = i64::from(dates::length(length).ok()?) * sign;
    Some(if minutes % (24 * 60) == 0 { (minutes / (24 * 60)).days() } else { minutes.minutes() })
}

/// "two hours" for an argument that holds a length of time.
fn lengthened(arguments: &Map<String, Value>, schema: &Value, phrase: &str) -> Option<Map<String, Value>> {
    dates::length(phrase).ok()?;
    let is_length = |name: &str, value: &Value| {
        !is_temporal(&schema["properties"][name]) && value.as_str().is_some_and(|v| dates::length(v).is_ok())
    };
    let mut lengths = arguments.iter().filter(|(name, value)| is_length(name, value));
    let ((name, _), None) = (lengths.next()?, lengths.next()) else { return None };
    Some(with(arguments, name, Value::from(phrase)))
}

/// A name or a place, for the one argument that holds a name or that its preposition speaks of.
fn renamed(
    arguments: &Map<String, Value>,
    schema: &Value,
    phrase: &[Word<'_>],
    now: &Zoned,
) -> Option<Map<String, Value>> {
    let preposition = phrase.first().and_then(|word| PREPOSITIONS.iter().find(|(p, _)| *p == word.key()));
    let name = &phrase[usize::from(preposition.is_some())..];
    if !is_name(name) || dates::parse(&join(name), now).is_ok() {
        return None;
    }
    let texts: Vec<(&String, &str)> = arguments
        .iter()
        .filter(|(key, _)| {
            let property = &schema["properties"][key.as_str()];
            !is_temporal(property) && property.get("enum").is_none()
        })
        .filter_map(|(key, value)| Some((key, value.as_str()?)))
        .collect();
    let one = |fits: &dyn Fn(&str, &str) -> bool| {
        let mut fitting = texts.iter().filter(|(key, value)| fits(key, value));
        fitting.next().filter(|_| fitting.next().is_none()).map(|(key, _)| (*key).clone())
    };
    let meant = |key: &str| {
        preposition.is_some_and(|(_, names)| parts(key).iter().any(|p| names.contains(&p.as_str())))
    };
    let short = |value: &str| (1..=NAME_WORDS).contains(&split(value).len());
    let alike = |value: &str| split(value).iter().all(Word::is_capital) == name.iter().all(Word::is_capital);
    let capital = name.iter().all(Word::is_capital);
    let key = one(&|key, _| meant(key)).or_else(|| {
        let held = one(&|_, value| capital && short(value) && alike(value));
        held.or_else(|| {
            one(&|_, _| true).filter(|key| texts.iter().any(|(k, v)| *k == key && short(v) && alike(v)))
        })
    })?;
    let text = join(name);
    Some(with(arguments, &key, Value::from(text.strip_suffix("'s").unwrap_or(&text))))
}

fn is_name(words: &[Word<'_>]) -> bool {
    (1..=NAME_WORDS).contains(&words.len())
        && words[..words.len() - 1].iter().all(|word| !word.ends)
        && words.iter().all(|word| !NO_NAMES.contains(&word.key().as_str()))
        && words.iter().all(|word| PREPOSITIONS.iter().all(|(preposition, _)| *preposition != word.key()))
}

/// The one temporal argument: the one that is there, or else the only one that there could be.
fn temporal_argument<'a>(
    arguments: &Map<String, Value>,
    schema: &'a Value,
) -> Option<(&'a String, &'a Value)> {
    let temporal: Vec<_> =
        schema.get("properties")?.as_object()?.iter().filter(|(_, property)| is_temporal(property)).collect();
    let there: Vec<_> = temporal.iter().filter(|(name, _)| arguments.contains_key(*name)).copied().collect();
    match (there.as_slice(), temporal.as_slice()) {
        ([one], _) | ([], [one]) => Some(*one),
        _ => None,
    }
}

/// What a temporal value means; one that has passed since it was settled still means it.
fn read(value: Option<&Value>, now: &Zoned) -> Option<When> {
    let text = value?.as_str()?;
    let written = || {
        let earlier =
            now.checked_sub(400.days()).ok().filter(|_| text.starts_with(|c: char| c.is_ascii_digit()))?;
        dates::parse(text, &earlier).ok()
    };
    dates::parse(text, now).ok().or_else(written)
}

/// The value of a temporal argument.
pub(super) fn temporal(when: &When, property: &Value, phrase: &str) -> Value {
    Value::String(exact(when, property, phrase))
}

/// The amount that the words say, for a numeric argument; a thing may be counted ("five people").
pub(super) fn number(words: &[Word<'_>], property: &Value) -> Option<Value> {
    let keys: Vec<String> = words.iter().map(Word::key).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let (value, said) = spoken_number(&keys)?;
    if keys.len() > said + 1 {
        return None;
    }
    let whole = value.fract() == 0.0;
    match property["type"].as_str() {
        // Within the exact range of f64, so the cast keeps the value.
        Some("integer") if whole && value.abs() < 9e15 => Some(Value::from(value as i64)),
        Some("number") if whole && value.abs() < 9e15 => Some(Value::from(value as i64)),
        Some("number") => serde_json::Number::from_f64(value).map(Value::Number),
        _ => None,
    }
}

fn with(arguments: &Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    let mut changed = arguments.clone();
    changed.insert(name.to_owned(), value);
    changed
}

/// `phrase` on the day of `before`, if it is a clock time and names no day of its own.
fn same_day(before: &When, phrase: &str, now: &Zoned) -> Option<When> {
    let day = match before {
        When::Day(day) => day.to_zoned(now.time_zone().clone()).ok()?,
        When::At(_) | When::Span { .. } | When::Every(_) => before.moment()?.clone(),
    };
    let day_before = day.checked_sub(1.day()).ok()?.start_of_day().ok()?;
    dates::parse(&format!("tomorrow at {phrase}"), &day_before)
        .or_else(|_| dates::parse(&format!("tomorrow {phrase}"), &day_before))
        .ok()
}
