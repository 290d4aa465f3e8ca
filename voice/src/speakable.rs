//! Text as people say it: what is written for the eye becomes what a voice can read.
//!
//! A reply, a tool's result or a user's own words may hold markdown, addresses, times, emoji or characters that
//! turn text around. The result is plain words with punctuation; plain words come back unchanged. Nothing is
//! looked up and no clock is read except for the year: a date of this year is said without it.

mod address;
mod amounts;
mod digits;
mod hygiene;
mod markdown;
mod moments;
mod numerals;

use std::time::SystemTime;

use regex::Regex;

/// `text` as it is said aloud.
pub fn speakable(text: &str) -> String {
    speakable_in(text, this_year())
}

/// `text` as it is said in the year `this_year`.
fn speakable_in(text: &str, this_year: i64) -> String {
    let text = hygiene::clean(text);
    let text = markdown::strip(&text);
    // Addresses first, before their dots, dashes and digits are taken for something else; moments and phone numbers
    // before amounts.
    let text = address::say(&text);
    let text = moments::say(&text, this_year);
    let text = digits::phones(&text);
    let text = amounts::say(&text);
    let text = digits::codes(&text);
    hygiene::settle(&text)
}

/// The year in UTC.
fn this_year() -> i64 {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    // Days from 1970 to years in the Gregorian calendar; the mean length is exact enough but for New Year's Eve.
    1970 + (seconds as f64 / (365.2425 * 86_400.0)) as i64
}

/// A pattern of this module's own.
#[allow(clippy::expect_used, reason = "patterns are constants, and the table test compiles every one")]
fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

#[cfg(test)]
mod tests;
