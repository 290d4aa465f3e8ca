//! Spoken dates: what "tomorrow at five" means, where it stands in a sentence, and how to say it back.
//!
//! A planner copies date words as they were spoken; this module alone gives them a meaning, so the same words always
//! mean the same thing and what is read back is what will happen. It is pure: the present moment and the user's zone
//! come in as `now`, and nothing here reads a clock.
//!
//! # Rules
//! - **An hour without a.m. or p.m.** is the next one in waking hours: one to six is the afternoon, seven to eleven the
//!   morning (unless that has passed today and the evening one has not), twelve is noon. "in the morning", "evening",
//!   "tonight" and the like decide instead. `17:30`, `05:30` and hours above twelve are the 24-hour clock.
//! - **A part of a day** is a span: morning 9 to 12, afternoon 13 to 18, evening 18 to 22, night 20 to 24.
//! - **A weekday** is the next one after today; on that very day it is ambiguous unless today's hour has passed.
//!   "next friday" is ambiguous while this week's Friday is still to come, and clear otherwise. Weeks begin on Monday.
//! - **A day of a month** without a year is the next one that exists, today included ("the 31st", "february 29th").
//! - **The past is refused** ([`DateError::Past`]), except that a written instant (RFC 3339) may be up to
//!   [`LATE`] late, because an approval takes its time.
//! - **Two equally good readings** are [`DateError::Ambiguous`] with both of them, never a guess.
//! - **Daylight saving**: a wall time that a change skips moves forward by the gap; one that happens twice is the first
//!   (jiff's compatible rule). "in two hours" counts real hours.
//! - **Nothing is invented**: a word that the grammar does not know is [`DateError::Unknown`], and it is named.
//!
//! Written forms are accepted too: RFC 3339, RFC 9557, civil ISO 8601 dates and date-times, and `from/to` intervals.

use std::ops::Range;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Zoned};

mod clock;
mod day;
mod find;
mod grammar;
mod iso;
mod length;
mod lexer;
mod past;
mod recurrence;
mod repeat;
mod resolve;
mod say;
mod words;

#[cfg(test)]
mod odd;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod repetitions;
#[cfg(test)]
mod table;

pub use length::{LONGEST_LENGTH, LengthError, length};
pub use recurrence::{Every, MonthDay, Occurrence, Rule, Series, SeriesError};
pub(crate) use words::cardinal;
pub use words::{read_cardinal, read_ordinal};

/// How late a written instant may be before it counts as past.
pub const LATE: SignedDuration = SignedDuration::from_mins(5);

/// The longest phrase that is looked at, in bytes.
pub const LONGEST: usize = 400;

/// What a phrase means.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// One instant, in the user's zone.
    At(Zoned),
    /// A whole day.
    Day(Date),
    /// From an instant up to, not including, another.
    Span {
        /// The first instant.
        from: Zoned,
        /// The end, itself not included.
        to: Zoned,
    },
    /// Again and again.
    Every(Every),
}

impl When {
    /// The instant at which something set for this begins: the instant itself, a span's start or the first repetition.
    /// A whole day, and a repetition without an hour, have none: ask for the hour.
    pub fn moment(&self) -> Option<&Zoned> {
        match self {
            When::At(at) => Some(at),
            When::Day(_) => None,
            When::Span { from, .. } => Some(from),
            When::Every(every) => every.at.map(|_| &every.first),
        }
    }

    /// The written form that [`parse`] reads back to the same thing: RFC 9557, an ISO date, `from/to`, or for a
    /// repetition the words of [`say`].
    pub fn wire(&self) -> String {
        match self {
            When::At(at) => at.to_string(),
            When::Day(date) => date.to_string(),
            When::Span { from, to } => format!("{from}/{to}"),
            When::Every(every) => say::every(every),
        }
    }
}

/// One of several meanings of an ambiguous phrase.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Words to offer, which [`parse`] understands as this reading alone: "Friday, November twenty-seventh".
    pub spoken: String,
    /// The meaning.
    pub when: When,
}

/// Why a phrase has no usable meaning.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DateError {
    /// Words that the grammar does not know, or known words that together mean no date.
    #[error("no date or time that i know in \"{}\": say it like \"tomorrow at five\" or \"march 5th at noon\"", words.join(" "))]
    Unknown {
        /// The words in the way, as spoken.
        words: Vec<String>,
    },
    /// Several readings are equally good.
    #[error("this can be {}: say which", options.iter().map(|option| option.spoken.as_str()).collect::<Vec<_>>().join(", or "))]
    Ambiguous {
        /// At least two readings, the earliest first.
        options: Vec<Reading>,
    },
    /// It is over.
    #[error("{spoken} is in the past: say a time that is still to come")]
    Past {
        /// What the phrase would mean.
        spoken: String,
    },
    /// A date or time that the calendar does not have.
    #[error("there is no such date: {what}")]
    Impossible {
        /// Which, and why.
        what: String,
    },
    /// A clock time on a stretch of several days.
    #[error("\"{what}\" is more than one day: say which day")]
    Vague {
        /// The stretch.
        what: String,
    },
}

/// What `phrase` means at the moment `now`, in the zone of `now`.
pub fn parse(phrase: &str, now: &Zoned) -> Result<When, DateError> {
    if phrase.len() > LONGEST {
        let head: String = phrase.chars().take(40).collect();
        return Err(DateError::Unknown { words: vec![format!("{head}…")] });
    }
    if let Some(read) = iso::read(phrase.trim(), now) {
        return read;
    }
    let tokens = lexer::lex(phrase, lexer::Short::Known);
    match grammar::phrase(&tokens) {
        Some(found) => resolve::resolve(&found, now),
        None => Err(DateError::Unknown { words: lexer::strangers(phrase, &tokens) }),
    }
}

/// As [`parse`], of something that stands on `day`: words that name no day of their own ("four", "from two to three") are
/// of that day.
pub fn parse_on(phrase: &str, day: Date, now: &Zoned) -> Result<When, DateError> {
    if phrase.len() <= LONGEST && iso::read(phrase.trim(), now).is_none() {
        let tokens = lexer::lex(phrase, lexer::Short::Known);
        if let Some(grammar::Phrase::Moment(moment)) = grammar::phrase(&tokens)
            && moment.day.is_none()
        {
            return resolve::on(day, &moment, now);
        }
    }
    parse(phrase, now)
}

/// Since when, at the moment `now`: the beginning of the latest time that `phrase` can mean and that is not to come
/// ("yesterday", "last monday", "three days ago"). A time to come is [`DateError::Impossible`].
pub fn parse_since(phrase: &str, now: &Zoned) -> Result<Zoned, DateError> {
    if phrase.len() > LONGEST {
        return parse(phrase, now).and(Err(DateError::Unknown { words: Vec::new() }));
    }
    past::since(phrase, now)
}

/// How to say `when` at the moment `now`, exactly: "tomorrow at five p.m.".
///
/// [`parse`] reads it back to the same thing, to the minute, as long as it is still to come; the exceptions are the
/// second of two equal wall times at a clock change and spans of several days with odd hours.
pub fn say(when: &When, now: &Zoned) -> String {
    say::when(when, now)
}

/// How to say `at` with the hour first: "five p.m. today". It may be past.
pub fn say_hour_first(at: &Zoned, now: &Zoned) -> String {
    say::hour_first(at, now)
}

/// How to say a length of time, as [`length`] reads it back: "an hour and a half".
pub fn say_length(minutes: u32) -> String {
    say::length(minutes)
}

/// A date phrase inside a longer utterance.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Where it stands, as byte ranges in reading order. Two when the day and the hour stand apart, as in
    /// "remind me **tomorrow** to call mom **at five**".
    pub ranges: Vec<Range<usize>>,
    /// The phrase's own words.
    pub phrase: String,
    /// What they mean.
    pub when: Result<When, DateError>,
}

impl Found {
    /// `text` without the phrase, single-spaced.
    pub fn rest(&self, text: &str) -> String {
        let mut rest = String::new();
        let mut from = 0;
        for range in &self.ranges {
            rest.push_str(text.get(from..range.start).unwrap_or_default());
            rest.push(' ');
            from = range.end;
        }
        rest.push_str(text.get(from..).unwrap_or_default());
        rest.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The date phrase in `text`, if there is one that is clearly meant as such: a bare number is none, "at five" is.
/// Of several, the longest; of equally long ones, the last.
pub fn find(text: &str, now: &Zoned) -> Option<Found> {
    find::find(text, now)
}

/// Midnight at the beginning of `date`, or the first instant after it where a clock change skips midnight.
fn midnight(date: Date, now: &Zoned) -> Result<Zoned, DateError> {
    zoned(date, Time::midnight(), now)
}

/// `time` on `date` in the zone of `now`, by the compatible rule.
fn zoned(date: Date, time: Time, now: &Zoned) -> Result<Zoned, DateError> {
    date.to_datetime(time)
        .to_zoned(now.time_zone().clone())
        .map_err(|_| DateError::Impossible { what: format!("{date} is beyond the calendar") })
}
