//! Dates and times: the words that were spoken, in the argument that takes them, in the form it wants.
//!
//! What the utterance says is found by code ([`dates::find`]); the model's copy only tells which argument is meant. A
//! moment that nobody spoke is nobody's: an optional argument is left out, a required one is asked for.

use homepilot_servers::dates::{self, DateError, When};
use jiff::{SignedDuration, Zoned};
use serde_json::{Map, Value};

use super::{
    heard::{Heard, Place, split},
    phrase::{Kind, Phrase, apart, find, is_clock, length, past, repeats, speaks_of_time},
    question,
    slot::{Edge, Form, Half, Slot},
    texts,
};

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
    let needed = slots.iter().any(|slot| required.contains(&slot.name));
    let free = phrase.filter(|p| needed || !kept_by_text(arguments, slots, &p.stretches));
    if let Some(phrase) = &free {
        let words_said: Vec<_> = phrase.stretches.iter().flat_map(|s| split(s)).collect();
        arguments.retain(|name, value| {
            let words = value.as_str().map(split).unwrap_or_default();
            let moment = !words.is_empty() && words.iter().all(|w| words_said.iter().any(|p| p.key == w.key));
            !moment || slots.iter().any(|s| s.name == name) || required.contains(&name.as_str())
        });
    }
    let worded: Vec<&Slot<'_>> = slots.iter().filter(|s| s.form == Form::Words).collect();
    let said = Said { heard, phrase: free.as_ref(), now };
    said.copy(arguments, &worded);
    // A phrase that has its argument is not given to another one as well.
    let written = slots.iter().any(|s| s.form != Form::Words && arguments.contains_key(s.name));
    for slot in slots.iter().filter(|s| s.form != Form::Words) {
        let needed = required.contains(&slot.name);
        let text = arguments.get(slot.name);
        let phrase = free.as_ref().filter(|_| needed || text.is_some() || !written);
        match said.value(text, slot, needed, phrase)? {
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
                && let Some(rest) = without_moment(text, free.as_ref(), now)
            {
                *text = rest;
            }
        }
    }
    Ok(())
}

/// A title without its date phrase, if it has one: a "morning workout" has none.
fn without_moment(title: &str, phrase: Option<&Phrase>, now: &Zoned) -> Option<String> {
    let rest = match dates::find(title, now) {
        Some(found) => {
            let part = split(&found.phrase).len() == 1 && is_clock(&found.phrase, now);
            let opens = found.ranges.first().is_some_and(|r| r.start == 0);
            if part && opens {
                return None;
            }
            // "the friday game" is a game, whenever the reminder is.
            let said: Vec<_> = phrase?.stretches.iter().flat_map(|s| split(s)).collect();
            if !split(&found.phrase).iter().all(|w| !w.tells() || said.iter().any(|p| p.key == w.key)) {
                return None;
            }
            found.rest(title)
        }
        None => {
            // What names no day is taken off the end only.
            let stretch = phrase?.stretches.iter().find(|stretch| title.ends_with(stretch.as_str()))?;
            title[..title.len() - stretch.len()].to_owned()
        }
    };
    let rest = texts::trimmed(&rest);
    (!rest.is_empty()).then(|| rest.to_owned())
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

/// What the arguments are settled from.
struct Said<'a> {
    heard: &'a Heard,
    phrase: Option<&'a Phrase>,
    now: &'a Zoned,
}

impl Said<'_> {
    /// Arguments that take the words: what the model copied if it is a copy, else what the utterance says.
    fn copy(&self, arguments: &mut Map<String, Value>, slots: &[&Slot<'_>]) {
        let (heard, now) = (self.heard, self.now);
        for slot in slots {
            let Some(Value::String(text)) = arguments.get(slot.name) else { continue };
            let copied = match heard.place(text) {
                Place::Copied(spoken) => Some(spoken.to_owned()),
                Place::Reworded(around) => Some(around.unwrap_or(text).to_owned()),
                Place::Partly(..) | Place::Nowhere => None,
            };
            let fits =
                |text: &String| if slot.repeats { repeats(text, now) } else { speaks_of_time(text, now) };
            match copied.filter(fits) {
                Some(spoken) => arguments.insert(slot.name.to_owned(), Value::String(spoken)),
                None => arguments.shift_remove(slot.name),
            };
        }
        let Some(phrase) = self.phrase else { return };
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
            let kind =
                if kind == Kind::Repeat && !slots.iter().any(|s| s.repeats) { Kind::Day } else { kind };
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

    /// The exact value of an argument that wants one; none when nobody spoke of a moment that fits.
    fn value(
        &self,
        written: Option<&Value>,
        slot: &Slot<'_>,
        needed: bool,
        phrase: Option<&Phrase>,
    ) -> Result<Option<String>, (String, String)> {
        let (heard, now) = (self.heard, self.now);
        let missing = |question: String| (slot.name.to_owned(), question);
        let text = written.and_then(Value::as_str);
        if text.is_none() && phrase.is_none() {
            return Ok(None);
        }
        // Written out by the person, or by the call that is being changed; or by the model from numbers that were all spoken.
        let written = text.and_then(|text| {
            let number = |n| heard.words().any(|w| w.number == Some(n));
            let month = |month: &str| heard.words().any(|w| w.key.len() > 2 && month.starts_with(&w.key));
            slot.rewritten(text, number, month)
        });
        if let Some((exact, Half::Told)) = written {
            return Ok(Some(exact));
        }
        let copy = text.map(split).unwrap_or_default();
        let is_copy = !copy.is_empty() && copy.iter().all(|w| heard.has(w));
        // What our own servers take is to come.
        let ours = slot.form == Form::Ours;
        let phrase = phrase.filter(|phrase| !(ours && phrase.behind));
        let whole = phrase.filter(|phrase| {
            let words: Vec<_> = phrase.stretches.iter().flat_map(|s| split(s)).collect();
            // The model's copy may have lost a word ("five" of "tomorrow at five") or made one up ("a.m.").
            !is_copy
                || (words.len() > copy.len() && copy.iter().all(|c| words.iter().any(|w| w.key == c.key)))
        });
        let copied = text.filter(|_| is_copy).map(|text| (dates::parse(text, now), text.to_owned()));
        let unknown = matches!(copied, Some((Err(DateError::Unknown { .. }), _)));
        let (when, spoken) = match (whole.or(phrase.filter(|_| unknown)), copied) {
            (Some(phrase), _) => (phrase.when.clone(), phrase.stretches.join(" ")),
            // Words that are no moment are none that was spoken.
            (None, Some(_)) if unknown && !needed => return Ok(None),
            (None, Some(copied)) => copied,
            (None, None) => return Ok(written.map(|(exact, _)| exact)),
        };
        let when = match when.or_else(|error| if ours { Err(error) } else { past(&spoken, error, now) }) {
            Ok(when) => when,
            Err(error) => {
                return if needed || text.is_some() {
                    Err(missing(question::unclear(error)))
                } else {
                    Ok(None)
                };
            }
        };
        if needed && ours && when.moment().is_none() {
            return Err(missing("At what time should that be?".to_owned()));
        }
        match slot.write(&when) {
            Some(exact) => Ok(Some(exact)),
            None if slot.edge == Edge::End && matches!(when, When::At(_)) => Ok(self.end(slot, &when)),
            None if slot.clock && matches!(when, When::Day(_)) && needed => {
                Err(missing("At what time should that be?".to_owned()))
            }
            // A single value can't hold a span or a repetition: a foreign tool gets the words, as they were spoken.
            None if matches!(when, When::Span { .. } | When::Every(_)) && text.is_some() => Ok(Some(spoken)),
            None => Ok(None),
        }
    }

    /// When something ends that begins at a moment and takes as long as was said: "at five for half an hour".
    fn end(&self, slot: &Slot<'_>, begins: &When) -> Option<String> {
        let (stretch, minutes) = length(self.heard)?;
        let part = self.phrase.is_some_and(|p| p.stretches.iter().any(|s| s.contains(stretch)));
        let ends = begins.moment()?.checked_add(SignedDuration::from_mins(minutes.into())).ok()?;
        let span = When::Span { from: begins.moment()?.clone(), to: ends };
        (!part).then(|| slot.write(&span)).flatten()
    }
}
