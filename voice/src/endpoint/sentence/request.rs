//! Requests: what a verb still asks for.

use super::words::{ASKING, AUXILIARIES};

/// What may stand before a request without being one; the longest first.
const OPENINGS: [&[&str]; 17] = [
    &["i", "would", "like", "you", "to"],
    &["i", "want", "you", "to"],
    &["i", "need", "you", "to"],
    &["i'd", "like", "you", "to"],
    &["i", "would", "like", "to"],
    &["go", "ahead", "and"],
    &["i", "want", "to"],
    &["i", "need", "to"],
    &["i'd", "like", "to"],
    &["i", "would", "like"],
    &["could", "you"],
    &["can", "you"],
    &["would", "you"],
    &["will", "you"],
    &["i'd", "like"],
    &["i", "want"],
    &["i", "need"],
];

/// Said to be polite, or to get attention.
const COURTESIES: [&str; 11] =
    ["please", "hey", "hi", "hello", "ok", "okay", "so", "well", "now", "also", "then"];

/// Verbs that say nothing without what they are done to.
const TRANSITIVE: [&str; 37] = [
    "add",
    "send",
    "remind",
    "set",
    "schedule",
    "create",
    "make",
    "write",
    "book",
    "order",
    "buy",
    "find",
    "search",
    "tell",
    "ask",
    "show",
    "give",
    "put",
    "move",
    "change",
    "rename",
    "remove",
    "delete",
    "invite",
    "forward",
    "turn",
    "switch",
    "draft",
    "mark",
    "bring",
    "get",
    "translate",
    "compose",
    "email",
    "text",
    "message",
    "call",
];

/// Verbs that need more than the person they are done to.
const TELLING: [&str; 5] = ["remind", "tell", "show", "give", "ask"];

/// The person a telling verb is done to.
const PERSONS: [&str; 6] = ["me", "him", "her", "us", "them", "everyone"];

/// What stands between a verb and a thing that is still empty: never "the" or "my", which name one that is known.
const EMPTY: [&str; 10] = ["a", "an", "another", "one", "new", "quick", "short", "some", "me", "us"];

/// Things that are made to hold something.
const CONTAINERS: [&str; 18] = [
    "reminder",
    "reminders",
    "timer",
    "alarm",
    "email",
    "mail",
    "e-mail",
    "message",
    "text",
    "note",
    "task",
    "event",
    "meeting",
    "appointment",
    "invite",
    "invitation",
    "entry",
    "letter",
];

/// Words that end a time.
const TIMES: [&str; 24] = [
    "o'clock",
    "am",
    "pm",
    "a.m",
    "p.m",
    "today",
    "tomorrow",
    "tonight",
    "noon",
    "midnight",
    "morning",
    "afternoon",
    "evening",
    "minute",
    "minutes",
    "hour",
    "hours",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// The words after openings and courtesies.
pub(super) fn without_opening<'w>(words: &'w [&'w str]) -> &'w [&'w str] {
    let mut rest = words;
    loop {
        if let Some((first, more)) = rest.split_first()
            && COURTESIES.contains(first)
        {
            rest = more;
        } else if let Some(opening) = OPENINGS.iter().find(|opening| rest.starts_with(opening)) {
            rest = &rest[opening.len()..];
        } else {
            return rest;
        }
    }
}

/// Whether a request was begun and what it is about is still to be said.
pub(super) fn lacks_object(words: &[&str]) -> bool {
    let request = without_opening(words);
    let Some((verb, objects)) = request.split_first() else {
        // Half a request; a courtesy alone is an answer.
        return words.iter().any(|word| !COURTESIES.contains(word));
    };
    if objects.is_empty() {
        return TRANSITIVE.contains(verb);
    }
    if AUXILIARIES.contains(verb) {
        let subject = ["i", "you", "he", "she", "it", "we", "they", "there"].contains(&objects[0]);
        return subject && (objects.len() == 1 || objects[1..] == ["have"]);
    }
    if TELLING.contains(verb) && PERSONS.contains(&objects[0]) {
        return objects.len() == 1 || *verb == "remind" && !says_what(&objects[1..]);
    }
    let (thing, before) = objects.split_last().unwrap_or((verb, &[]));
    TRANSITIVE.contains(verb)
        && CONTAINERS.contains(thing)
        && !before.is_empty()
        && before.iter().all(|word| EMPTY.contains(word))
}

/// Whether a reminder has more than its time.
fn says_what(words: &[&str]) -> bool {
    words.iter().any(|word| {
        ["to", "about", "that", "of", "when", "if", "again"].contains(word) || ASKING.contains(word)
    })
}

/// A request of some length that ends where requests end: with a courtesy, or with a time.
pub(super) fn is_whole(words: &[&str]) -> bool {
    let Some((last, before)) = words.split_last() else { return false };
    let polite = *last == "please" || *last == "thanks" || words.ends_with(&["thank", "you"]);
    let request = without_opening(before);
    let asked = request.first().is_some_and(|verb| TRANSITIVE.contains(verb));
    asked && (polite && request.len() >= 2 || TIMES.contains(last) && request.len() >= 4)
}
