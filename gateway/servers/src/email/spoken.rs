//! What is said of emails.

use jiff::Zoned;

use super::composing::Letter;
use super::finding::{Criteria, Found};
use super::output::Attachment;
use super::parsing::Body;
use crate::dates::{self, When};
use crate::sentences::{counted, list, sentence};
use crate::web::plain;

/// The longest text of an email that is read out, in characters.
const READ_OUT: usize = 1500;
/// The most attachments and people that are named.
const NAMED: usize = 5;

/// The emails of a list.
pub(super) fn listed(found: &[Found], total: usize, criteria: &Criteria, now: &Zoned) -> String {
    let (one, many) = if criteria.unread { ("unread email", "unread emails") } else { ("email", "emails") };
    let mut what = counted(total, one, many);
    for (joint, words) in [("from", &criteria.from), ("about", &criteria.subject), ("with", &criteria.query)]
    {
        if let Some(words) = words {
            what = format!("{what} {joint} {words}");
        }
    }
    if let Some(since) = &criteria.since {
        let begins = since.time() == jiff::civil::Time::midnight();
        let when = if begins { When::Day(since.date()) } else { When::At(minute(since)) };
        what = format!("{what} since {}", bare(&dates::say(&when, now)));
    }
    if found.is_empty() {
        return sentence(format!("There are {what}"));
    }
    let head = format!("There {} {what}", if total == 1 { "is" } else { "are" });
    list(&head, found.iter().map(|one| item(one, criteria, now)), total)
}

/// "Sara Bell, Lunch on Friday, today at noon, unread".
fn item(found: &Found, criteria: &Criteria, now: &Zoned) -> String {
    let unread = if found.fetched.seen || criteria.unread { "" } else { ", unread" };
    format!("from {}, {}, {}{unread}", found.sender(), found.subject(), when(found, now))
}

fn when(found: &Found, now: &Zoned) -> String {
    let at = found.date(now.timestamp()).to_zoned(now.time_zone().clone());
    dates::say(&When::At(minute(&at)), now)
}

/// To the minute: nobody says seconds.
fn minute(at: &Zoned) -> Zoned {
    at.round(jiff::ZonedRound::new().smallest(jiff::Unit::Minute).mode(jiff::RoundMode::Trunc))
        .unwrap_or_else(|_| at.clone())
}

fn bare(spoken: &str) -> &str {
    spoken.strip_prefix("on ").unwrap_or(spoken)
}

/// One email with its text.
pub(super) fn letter(found: &Found, body: &Body, now: &Zoned) -> String {
    let head = sentence(format!("From {}, {}, about {}", found.sender(), when(found, now), found.subject()));
    let text = plain::shortened(&body.text, READ_OUT);
    let text = if text.is_empty() { "It has no text.".to_owned() } else { sentence(text) };
    let attached = attached(&body.attachments);
    [head, text, attached].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn attached(attachments: &[Attachment]) -> String {
    if attachments.is_empty() {
        return String::new();
    }
    let each = attachments.iter().map(|one| format!("{}, {}", one.name, size(one.size)));
    let head = format!("It has {} attached", counted(attachments.len(), "file", "files"));
    list(&head, each, attachments.len())
}

/// "twelve kilobytes".
fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => counted(bytes, "byte", "bytes"),
        1024..1_048_576 => counted(bytes.div_ceil(1024), "kilobyte", "kilobytes"),
        _ => counted(bytes.div_ceil(1_048_576), "megabyte", "megabytes"),
    }
}

/// "Sara Bell and bob@example.org".
pub(super) fn people(letter: &Letter) -> String {
    let all = letter.to.iter().chain(&letter.cc);
    let mut named: Vec<String> =
        all.map(|one| one.name.clone().unwrap_or_else(|| one.email.to_string())).collect();
    let total = named.len();
    named.truncate(NAMED);
    if total > named.len() {
        named.push(format!("{} more", dates::cardinal(total - named.len())));
    }
    match named.split_last() {
        None => "nobody yet".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    }
}
