//! The date phrase of an utterance, and the day, the hour and the repetition in it.

use homepilot_servers::dates::{self, DateError, When};
use jiff::{Zoned, civil::date};

use super::heard::{Heard, Word, split};

/// A date phrase of the utterance and what was found out about it.
pub(super) struct Phrase {
    /// Its stretches, in reading order.
    pub stretches: Vec<String>,
    /// What it means.
    pub when: Result<When, DateError>,
    /// Whether it reaches back from now.
    pub behind: bool,
}

/// The date phrase of the utterance.
pub(super) fn find(heard: &Heard, now: &Zoned) -> Option<Phrase> {
    let text = &heard.utterance().text;
    if let Some(found) = dates::find(text, now) {
        let stretches = found.ranges.iter().filter_map(|r| text.get(r.clone())).map(str::to_owned).collect();
        return Some(Phrase { stretches, when: found.when, behind: false });
    }
    let words = &heard.utterance().words;
    let windows =
        (0..words.len()).flat_map(|from| (from + 1..=words.len().min(from + PAST)).map(move |to| (from, to)));
    let behind = |(from, to): (usize, usize)| {
        let first = words.get(from)?;
        let text = text.get(first.range.start..words.get(to - 1)?.range.end)?;
        let lower = text.to_lowercase();
        let opens = ["last", "past", "yesterday"].contains(&first.key.as_str()) || lower.ends_with(" ago");
        let since = opens.then(|| dates::parse_since(text, now).ok()).flatten()?;
        Some((to - from, text.to_owned(), since))
    };
    if let Some((_, text, since)) = windows.filter_map(behind).max_by_key(|(length, ..)| *length) {
        let when = When::Span { from: since, to: now.clone() };
        return Some(Phrase { stretches: vec![text], when: Ok(when), behind: true });
    }
    let lapse = lapse(heard)?;
    let ahead = lapse.to_lowercase().strip_prefix("next ").map(|length| format!("in {length}"));
    let when = match ahead.map(|ahead| dates::parse(&ahead, now)) {
        Some(Ok(When::At(to))) => Ok(When::Span { from: now.clone(), to }),
        _ => Err(DateError::Unknown { words: vec![lapse.clone()] }),
    };
    Some(Phrase { stretches: vec![lapse], when, behind: false })
}

/// The longest length of time that was spoken, and its minutes.
pub(super) fn length(heard: &Heard) -> Option<(&str, u32)> {
    /// Words of a length: "two and a half hours and ten minutes".
    const LONGEST: usize = 8;
    let said = heard.utterance();
    let rows = (0..said.words.len()).flat_map(|from| (1..=LONGEST).map(move |words| (from, words)));
    let read = |(from, words): (usize, usize)| {
        let (first, last) = (said.words.get(from)?, said.words.get(from + words - 1)?);
        let text = said.text.get(first.range.start..last.range.end)?;
        Some((words, text, dates::length(text).ok()?))
    };
    rows.filter_map(read).max_by_key(|(words, ..)| *words).map(|(_, text, minutes)| (text, minutes))
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
pub(super) fn past(phrase: &str, error: DateError, now: &Zoned) -> Result<When, DateError> {
    let dated = split(phrase).iter().any(|w| w.number.is_some_and(|n| (1900.0..2200.0).contains(&n)));
    match error {
        DateError::Past { .. } if dated => {
            let then = date(1900, 1, 1).to_zoned(now.time_zone().clone()).ok();
            then.and_then(|then| dates::parse(phrase, &then).ok()).ok_or(error)
        }
        error => Err(error),
    }
}

/// Whether a text is about a day or a clock time at all.
pub(super) fn speaks_of_time(text: &str, now: &Zoned) -> bool {
    // Those that mean no date by themselves.
    const UNITS: &[&str] = &[
        "second", "minute", "min", "hour", "day", "night", "week", "weekend", "weekday", "month", "year",
        "am", "pm", "clock", "now", "soon", "later", "daily", "weekly", "monthly", "yearly", "annually",
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

/// Whether a text tells how often something is to be.
pub(super) fn repeats(text: &str, now: &Zoned) -> bool {
    const OFTEN: &[&str] = &[
        "every",
        "each",
        "daily",
        "weekly",
        "monthly",
        "yearly",
        "annually",
        "hourly",
        "quarterly",
        "again",
    ];
    matches!(dates::parse(text, now), Ok(When::Every(_)))
        || split(text).iter().any(|w| OFTEN.contains(&w.key.as_str()))
}

/// What a stretch of a phrase tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Day,
    Clock,
    Repeat,
}

/// A stretch as a day and a clock time, where it is both: "tomorrow" and "at five".
pub(super) fn apart(stretch: &str, now: &Zoned) -> Vec<(String, Kind)> {
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
pub(super) fn is_clock(text: &str, now: &Zoned) -> bool {
    // With a day of its own, another one does not fit.
    matches!(dates::parse(&format!("tomorrow {text}"), now), Ok(When::At(_) | When::Span { .. }))
}
