//! Dates and times: the words that were spoken, in the argument that takes them, in the form it wants.
//!
//! What the utterance says is found by code ([`dates::find`]); the model's copy only tells which argument is meant. A
//! moment that nobody spoke is nobody's: an optional argument is left out, a required one is asked for.

use homepilot_servers::dates::{self, DateError, When};
use jiff::{Zoned, civil::date};
use serde_json::{Map, Value};

use super::{
    heard::{Heard, Place, Word, split},
    question,
    slot::{Form, Slot},
    texts,
};

/// A date phrase of the utterance and what was found out about it.
struct Phrase {
    /// Its stretches, in reading order.
    stretches: Vec<String>,
    when: Result<When, DateError>,
}

/// Settles the temporal arguments of a call and takes their words out of the other texts.
///
/// # Errors
/// An argument's name and the question for it.
pub(super) fn settle(
    arguments: &mut Map<String, Value>,
    slots: &[Slot<'_>],
    required: &[&str],
    heard: &Heard,
    now: &Zoned,
) -> Result<(), (String, String)> {
    if slots.is_empty() {
        return Ok(());
    }
    let phrase = find(heard, now);
    let free = phrase.filter(|p| !kept_by_text(arguments, slots, &p.stretches));
    if let Some(phrase) = &free {
        let said: Vec<_> = phrase.stretches.iter().flat_map(|s| split(s)).collect();
        arguments.retain(|name, value| {
            let words = value.as_str().map(split).unwrap_or_default();
            let moment = !words.is_empty() && words.iter().all(|w| said.iter().any(|p| p.key == w.key));
            !moment || slots.iter().any(|s| s.name == name) || required.contains(&name.as_str())
        });
    }
    let worded: Vec<&Slot<'_>> = slots.iter().filter(|s| s.form == Form::Words).collect();
    copy(arguments, &worded, free.as_ref(), heard, now);
    // A phrase that has its argument is not given to another one as well.
    let written = slots.iter().any(|s| s.form != Form::Words && arguments.contains_key(s.name));
    for slot in slots.iter().filter(|s| s.form != Form::Words) {
        let needed = required.contains(&slot.name);
        let text = arguments.get(slot.name);
        let phrase = free.as_ref().filter(|_| needed || text.is_some() || !written);
        match value(text, slot, phrase, needed, heard, now)? {
            Some(exact) => arguments.insert(slot.name.to_owned(), Value::String(exact)),
            None if needed => {
                return Err((slot.name.to_owned(), question::moment(slot)));
            }
            None => arguments.shift_remove(slot.name),
        };
    }
    // Only what has a place of its own is taken out of the others.
    if slots.iter().any(|s| arguments.contains_key(s.name)) {
        for (name, value) in arguments.iter_mut() {
            if let Value::String(text) = value
                && !slots.iter().any(|s| s.name == name)
                && !texts::is_content(name)
                && let Some(rest) = without_moment(text, now)
            {
                *text = rest;
            }
        }
    }
    Ok(())
}

/// A title without its date phrase, if it has one: a "morning workout" has none.
fn without_moment(title: &str, now: &Zoned) -> Option<String> {
    let found = dates::find(title, now)?;
    let part = split(&found.phrase).len() == 1 && is_clock(&found.phrase, now);
    let opens = found.ranges.first().is_some_and(|r| r.start == 0);
    let rest = texts::trimmed(&found.rest(title)).to_owned();
    (!rest.is_empty() && !(part && opens)).then_some(rest)
}

/// The date phrase of the utterance.
fn find(heard: &Heard, now: &Zoned) -> Option<Phrase> {
    let text = &heard.utterance().text;
    if let Some(found) = dates::find(text, now) {
        let stretches = found.ranges.iter().filter_map(|r| text.get(r.clone())).map(str::to_owned).collect();
        return Some(Phrase { stretches, when: found.when.or_else(|error| past(&found.phrase, error, now)) });
    }
    let words = &heard.utterance().words;
    let lapse = lapse(heard);
    let windows =
        (0..words.len()).flat_map(|from| (from + 1..=words.len().min(from + PAST)).map(move |to| (from, to)));
    let behind = |(from, to): (usize, usize)| {
        let first = words.get(from)?;
        let text = text.get(first.range.start..words.get(to - 1)?.range.end)?;
        let lower = text.to_lowercase();
        let opens = ["last", "past", "yesterday"].contains(&first.key.as_str()) || lower.ends_with(" ago");
        let since = dates::parse_since(text, now).ok().filter(|_| opens)?;
        Some((to - from, text.to_owned(), since))
    };
    if let Some((_, text, since)) = windows.filter_map(behind).max_by_key(|(length, ..)| *length) {
        let when = When::Span { from: since, to: now.clone() };
        return Some(Phrase { stretches: vec![text], when: Ok(when) });
    }
    let when = Err(DateError::Unknown { words: vec![lapse.clone()?] });
    Some(Phrase { stretches: vec![lapse?], when })
}

/// "the next five days", "upcoming week": a stretch of time that names no day.
fn lapse(heard: &Heard) -> Option<String> {
    const RELATIVE: &[&str] =
        &["next", "upcoming", "coming", "following", "last", "past", "previous", "this", "current"];
    const UNITS: &[&str] = &["minute", "hour", "day", "night", "week", "weekend", "month", "quarter", "year"];
    let said = heard.utterance();
    (0..said.words.len()).find_map(|at| {
        let first = said.words.get(at).filter(|w| RELATIVE.contains(&said.plain(w).as_str()))?;
        let counted = said.words.get(at + 1).is_some_and(|w| w.number.is_some());
        let unit = said.words.get(at + 1 + usize::from(counted))?;
        let fits = UNITS.contains(&unit.key.as_str());
        fits.then(|| said.text.get(first.range.start..unit.range.end)).flatten().map(str::to_owned)
    })
}

/// Words of a phrase about the past: "last seven and a half hours".
const PAST: usize = 6;

/// A date with its year means the same at any time: one that is over is still a date to look something up by.
fn past(phrase: &str, error: DateError, now: &Zoned) -> Result<When, DateError> {
    let dated = split(phrase).iter().any(|w| w.number.is_some_and(|n| (1900.0..2200.0).contains(&n)));
    match error {
        DateError::Past { .. } if dated => {
            let then = date(1900, 1, 1).to_zoned(now.time_zone().clone()).ok();
            then.and_then(|then| dates::parse(phrase, &then).ok()).ok_or(error)
        }
        error => Err(error),
    }
}

/// Whether a text that is nobody's title keeps the phrase: a message about tomorrow is not sent tomorrow.
fn kept_by_text(arguments: &Map<String, Value>, slots: &[Slot<'_>], stretches: &[String]) -> bool {
    arguments
        .iter()
        .filter(|(name, _)| texts::is_content(name) && !slots.iter().any(|s| s.name == *name))
        .any(|(_, value)| {
            let Some(text) = value.as_str() else { return false };
            let words = split(text);
            let phrase: Vec<_> = stretches.iter().flat_map(|s| split(s)).filter(|w| w.tells()).collect();
            let inside = phrase.iter().all(|w| words.iter().any(|t| t.key == w.key));
            let more = words.iter().any(|t| t.tells() && !phrase.iter().any(|w| w.key == t.key));
            inside && more
        })
}

/// Arguments that take the words: what the model copied if it is a copy, else what the utterance says.
fn copy(
    arguments: &mut Map<String, Value>,
    slots: &[&Slot<'_>],
    phrase: Option<&Phrase>,
    heard: &Heard,
    now: &Zoned,
) {
    for slot in slots {
        let Some(Value::String(text)) = arguments.get(slot.name) else { continue };
        let copied = match heard.place(text) {
            Place::Copied(spoken) => Some(spoken.to_owned()),
            Place::Reworded => Some(text.clone()),
            Place::Partly(_) | Place::Nowhere => None,
        };
        match copied.filter(|text| slot.repeats || speaks_of_time(text, now)) {
            Some(spoken) => arguments.insert(slot.name.to_owned(), Value::String(spoken)),
            None => arguments.shift_remove(slot.name),
        };
    }
    let Some(phrase) = phrase else { return };
    let pieces = phrase.stretches.iter().flat_map(|stretch| apart(stretch, now));
    let held = |arguments: &Map<String, Value>, piece: &str| {
        let said: Vec<_> = slots
            .iter()
            .filter_map(|s| arguments.get(s.name)?.as_str())
            .flat_map(split)
            .map(|word| word.key)
            .collect();
        split(piece).iter().filter(|w| w.tells()).all(|w| said.contains(&w.key))
    };
    for (piece, kind) in pieces {
        if held(arguments, &piece) {
            continue;
        }
        let kind = if kind == Kind::Repeat && !slots.iter().any(|s| s.repeats) { Kind::Day } else { kind };
        let takes = |s: &&&Slot<'_>| match kind {
            Kind::Day => s.day,
            Kind::Clock => s.clock,
            Kind::Repeat => s.repeats,
        };
        let open = |s: &&&Slot<'_>| !arguments.contains_key(s.name);
        if let Some(slot) = slots.iter().filter(takes).find(open) {
            arguments.insert(slot.name.to_owned(), Value::String(piece));
        } else if let Some(slot) = slots.iter().find(takes)
            && let Some(Value::String(text)) = arguments.get_mut(slot.name)
        {
            // A piece of the phrase that the copy lost, or one of which it has only a part.
            *text = if split(text).iter().all(|w| split(&piece).iter().any(|p| p.key == w.key)) {
                piece
            } else {
                format!("{text} {piece}")
            };
        }
    }
}

/// Whether a text is about a day or a clock time at all.
pub(super) fn speaks_of_time(text: &str, now: &Zoned) -> bool {
    const UNITS: &[&str] = &[
        "second",
        "minute",
        "min",
        "hour",
        "day",
        "week",
        "weekend",
        "weekday",
        "month",
        "year",
        "morning",
        "afternoon",
        "evening",
        "night",
        "noon",
        "midnight",
        "today",
        "tomorrow",
        "yesterday",
        "tonight",
        "am",
        "pm",
        "clock",
        "now",
        "soon",
        "later",
        "daily",
        "weekly",
        "monthly",
        "yearly",
        "annually",
    ];
    let known = |text: &str| !matches!(dates::parse(text, now), Err(DateError::Unknown { .. }));
    let named = |word: &Word| {
        let key = word.key.as_str();
        // A month by itself is no date, its first day is.
        UNITS.contains(&key)
            || word.number.is_none() && word.tells() && (known(key) || known(&format!("{key} first")))
    };
    known(text) || dates::find(text, now).is_some() || split(text).iter().any(named)
}

/// What a stretch of a phrase tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Day,
    Clock,
    Repeat,
}

/// A stretch as a day and a clock time, where it is both: "tomorrow" and "at five".
fn apart(stretch: &str, now: &Zoned) -> Vec<(String, Kind)> {
    let bare = |text: &str| {
        let led = ["for ", "on ", "at "].iter().find_map(|lead| text.strip_prefix(lead));
        led.unwrap_or(text).to_owned()
    };
    let dated = |text: &str| {
        let repeats = matches!(dates::parse(text, now), Ok(When::Every(_)));
        (bare(text), if repeats { Kind::Repeat } else { Kind::Day })
    };
    let is_day = |text: &str| {
        !matches!(dates::parse(text, now), Err(DateError::Unknown { .. }))
            && !matches!(dates::parse(text, now), Ok(When::At(_)))
            && !is_clock(text, now)
    };
    let words = split(stretch);
    let spaces = words.windows(2).map(|pair| (pair[0].range.end, pair[1].range.start));
    for (left, right) in spaces {
        let (Some(left), Some(right)) = (stretch.get(..left), stretch.get(right..)) else { continue };
        if is_day(left) && is_clock(right, now) {
            return vec![dated(left), (bare(right), Kind::Clock)];
        }
        if is_clock(left, now) && is_day(right) {
            return vec![(bare(left), Kind::Clock), dated(right)];
        }
    }
    let moment = matches!(dates::parse(stretch, now), Ok(When::At(_)));
    if is_clock(stretch, now) || moment { vec![(bare(stretch), Kind::Clock)] } else { vec![dated(stretch)] }
}

/// Whether a text names an hour or a part of the day and no day.
fn is_clock(text: &str, now: &Zoned) -> bool {
    // With a day of its own, another one does not fit.
    matches!(dates::parse(&format!("tomorrow {text}"), now), Ok(When::At(_) | When::Span { .. }))
}

/// The exact value of an argument that wants one; none when nobody spoke of a moment that fits.
fn value(
    written: Option<&Value>,
    slot: &Slot<'_>,
    phrase: Option<&Phrase>,
    needed: bool,
    heard: &Heard,
    now: &Zoned,
) -> Result<Option<String>, (String, String)> {
    let missing = |question: String| (slot.name.to_owned(), question);
    let text = written.and_then(Value::as_str);
    if text.is_none() && phrase.is_none() {
        return Ok(None);
    }
    // Written out by the person, or by the call that is being changed; or by the model from numbers that were all spoken.
    if let Some(text) = text
        && let Some(exact) = slot.rewritten(
            text,
            |n| heard.words().any(|w| w.number == Some(n)),
            |month| heard.words().any(|w| w.key.len() > 2 && month.starts_with(&w.key)),
        )
    {
        return Ok(Some(exact));
    }
    let copy = text.map(split).unwrap_or_default();
    let is_copy = !copy.is_empty() && copy.iter().all(|w| heard.has(w));
    let whole = phrase.filter(|phrase| {
        let words: Vec<_> = phrase.stretches.iter().flat_map(|s| split(s)).collect();
        // The model's copy may have lost a word ("five" of "tomorrow at five") or made one up ("a.m.").
        !is_copy || (words.len() > copy.len() && copy.iter().all(|c| words.iter().any(|w| w.key == c.key)))
    });
    let (when, spoken) = match (whole, text) {
        (Some(phrase), _) => (phrase.when.clone(), phrase.stretches.join(" ")),
        (None, Some(text)) if is_copy => {
            (dates::parse(text, now).or_else(|error| past(text, error, now)), text.to_owned())
        }
        (None, _) => return Ok(None),
    };
    let when = match when {
        Ok(when) => when,
        Err(error) => {
            return if needed || text.is_some() { Err(missing(question::unclear(error))) } else { Ok(None) };
        }
    };
    if needed && slot.form == Form::Ours && when.moment().is_none() {
        return Err(missing("At what time should that be?".to_owned()));
    }
    match slot.write(&when) {
        Some(exact) => Ok(Some(exact)),
        None if slot.clock && matches!(when, When::Day(_)) && needed => {
            Err(missing("At what time should that be?".to_owned()))
        }
        // A single value can't hold a span or a repetition: a foreign tool gets the words, as they were spoken.
        None if matches!(when, When::Span { .. } | When::Every(_)) && text.is_some() => Ok(Some(spoken)),
        None => Ok(None),
    }
}
