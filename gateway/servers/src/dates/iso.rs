//! Written dates: RFC 3339, RFC 9557, civil ISO 8601, and intervals of two of them.

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, Zoned};

use super::{DateError, LATE, When, say, zoned};

/// The meaning of a written date; `None` where `text` is none.
pub(super) fn read(text: &str, now: &Zoned) -> Option<Result<When, DateError>> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) || text.len() < 10 {
        return None;
    }
    // A zone's name has slashes too, but no digit after one.
    let slash = text
        .match_indices('/')
        .map(|(at, _)| at)
        .find(|at| text[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    if let Some((from, to)) = slash.filter(|at| *at >= 10).map(|at| (&text[..at], &text[at + 1..])) {
        return Some(interval(instant(from, now)?, instant(to, now)?, now));
    }
    if text.len() == 10 {
        let date: Date = text.parse().ok()?;
        return Some(if date < now.date() { past(&When::Day(date), now) } else { Ok(When::Day(date)) });
    }
    Some(instant(text, now)?.and_then(|at| {
        let late = now.timestamp().duration_since(at.timestamp());
        if late > LATE { past(&When::At(at), now) } else { Ok(When::At(at)) }
    }))
}

/// The beginning of a written day, or a written instant, past or not; `None` where `text` is neither.
pub(super) fn written(text: &str, now: &Zoned) -> Option<Result<Zoned, DateError>> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) || text.len() < 10 {
        return None;
    }
    match text.parse::<Date>() {
        Ok(day) if text.len() == 10 => Some(super::midnight(day, now)),
        Ok(_) | Err(_) => instant(text, now),
    }
}

fn instant(text: &str, now: &Zoned) -> Option<Result<Zoned, DateError>> {
    let here = now.time_zone();
    if let Ok(zoned) = text.parse::<Zoned>() {
        return Some(Ok(zoned.with_time_zone(here.clone())));
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(Ok(timestamp.to_zoned(here.clone())));
    }
    let civil: DateTime = text.parse().ok()?;
    Some(zoned(civil.date(), civil.time(), now))
}

fn interval(
    from: Result<Zoned, DateError>,
    to: Result<Zoned, DateError>,
    now: &Zoned,
) -> Result<When, DateError> {
    let (from, to) = (from?, to?);
    if to <= from {
        return Err(DateError::Impossible { what: format!("{to} is not after {from}") });
    }
    let over = to <= *now;
    let span = When::Span { from, to };
    if over { past(&span, now) } else { Ok(span) }
}

fn past(when: &When, now: &Zoned) -> Result<When, DateError> {
    Err(DateError::Past { spoken: say::when(when, now) })
}
