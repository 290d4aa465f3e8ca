//! Repetitions: "every monday at nine", "every other day", "monthly on the fifth".

use jiff::civil::Weekday;

use super::clock::{self, Part};
use super::grammar::Cursor;
use super::recurrence::MonthDay;
use super::words;

/// A repetition as said; the clock time stands beside it.
#[derive(Debug, Clone)]
pub(super) enum Repeat {
    /// Every so many days.
    Days(u32),
    /// Every so many weeks, on these days; none is today's.
    Weeks { every: u32, on: Vec<Weekday> },
    /// Every so many months, on this day; none is today's.
    Months { every: u32, on: Option<MonthDay> },
    /// Every year, on this month and day; none is today.
    Years { on: Option<(i8, i8)> },
}

const WORKDAYS: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];

/// The repetition itself; "every morning" also fills `part`.
pub(super) fn repeat(cursor: &mut Cursor<'_>, part: &mut Option<Part>) -> Option<Repeat> {
    if let Some(months) = cursor.attempt(of_every_month) {
        return Some(months);
    }
    cursor.eat("on");
    if cursor.eat("daily") {
        return Some(Repeat::Days(1));
    }
    if cursor.eat("weekly") {
        return Some(Repeat::Weeks { every: 1, on: cursor.attempt(on_days).unwrap_or_default() });
    }
    if cursor.eat("monthly") {
        return Some(Repeat::Months { every: 1, on: cursor.attempt(on_nth) });
    }
    if cursor.eat("yearly") {
        return Some(Repeat::Years { on: cursor.attempt(month_day) });
    }
    if let Some(on) = cursor.attempt(plurals) {
        return Some(Repeat::Weeks { every: 1, on });
    }
    cursor.one_of(&["every", "each"])?;
    every(cursor, part)
}

fn every(cursor: &mut Cursor<'_>, part: &mut Option<Part>) -> Option<Repeat> {
    if let Some(named) = cursor.named(clock::read_part) {
        return part.replace(named).is_none().then_some(Repeat::Days(1));
    }
    if let Some(on) = cursor.attempt(month_day) {
        return Some(Repeat::Years { on: Some(on) });
    }
    if let Some(on) = cursor.attempt(|cursor| {
        let on = month_day_of(cursor)?;
        // "every second friday" is every other one; "every last friday" can only be the month's.
        let sure = matches!(on, MonthDay::Weekday { nth: -1, .. });
        (cursor.all(&["of", "the", "month"]) || sure).then_some(on)
    }) {
        return Some(Repeat::Months { every: 1, on: Some(on) });
    }
    let count = if cursor.eat("other") {
        2
    } else if let Some(2) = cursor.attempt(Cursor::ordinal) {
        2
    } else {
        cursor.attempt(Cursor::number).map_or(1, |(count, _)| count)
    };
    if !(1..=99).contains(&count) {
        return None;
    }
    if let Some(unit) =
        cursor.one_of(&["day", "days", "week", "weeks", "month", "months", "year", "weekday", "weekend"])
    {
        return Some(match unit.as_str() {
            "day" | "days" => Repeat::Days(count),
            "week" | "weeks" => {
                Repeat::Weeks { every: count, on: cursor.attempt(on_days).unwrap_or_default() }
            }
            "month" | "months" => Repeat::Months { every: count, on: cursor.attempt(on_nth) },
            "year" if count == 1 => Repeat::Years { on: cursor.attempt(month_day) },
            "weekday" if count == 1 => Repeat::Weeks { every: 1, on: WORKDAYS.to_vec() },
            "weekend" if count == 1 => {
                Repeat::Weeks { every: 1, on: vec![Weekday::Saturday, Weekday::Sunday] }
            }
            _ => return None,
        });
    }
    Some(Repeat::Weeks { every: count, on: days(cursor)? })
}

/// "mondays", "mondays and thursdays", "weekdays", "weekends".
fn plurals(cursor: &mut Cursor<'_>) -> Option<Vec<Weekday>> {
    cursor.eat("on");
    if cursor.eat("weekdays") {
        return Some(WORKDAYS.to_vec());
    }
    if cursor.eat("weekends") {
        return Some(vec![Weekday::Saturday, Weekday::Sunday]);
    }
    let plural = |word: &str| words::read_weekday(word.strip_suffix('s')?);
    let mut on = vec![cursor.named(plural)?];
    while let Some(more) = cursor.attempt(|cursor| {
        cursor.eat("and");
        cursor.named(plural)
    }) {
        on.push(more);
    }
    Some(on)
}

fn days(cursor: &mut Cursor<'_>) -> Option<Vec<Weekday>> {
    let mut on = vec![cursor.named(words::read_weekday)?];
    while let Some(more) = cursor.attempt(|cursor| {
        cursor.eat("and");
        cursor.eat("every");
        cursor.named(words::read_weekday)
    }) {
        on.push(more);
    }
    Some(on)
}

fn on_days(cursor: &mut Cursor<'_>) -> Option<Vec<Weekday>> {
    cursor.eat("on");
    days(cursor)
}

fn on_nth(cursor: &mut Cursor<'_>) -> Option<MonthDay> {
    cursor.eat("on");
    cursor.eat("the");
    month_day_of(cursor)
}

/// "the last friday of every month", "the first of every other month".
fn of_every_month(cursor: &mut Cursor<'_>) -> Option<Repeat> {
    cursor.eat("on");
    cursor.eat("the");
    let on = month_day_of(cursor)?;
    if !cursor.eat("of") {
        return None;
    }
    cursor.one_of(&["every", "each"])?;
    let every =
        if cursor.eat("other") { 2 } else { cursor.attempt(Cursor::number).map_or(1, |(count, _)| count) };
    cursor.one_of(&["month", "months"])?;
    (1..=99).contains(&every).then_some(Repeat::Months { every, on: Some(on) })
}

/// "fifteenth", "last day", "first monday", "last friday".
pub(super) fn month_day_of(cursor: &mut Cursor<'_>) -> Option<MonthDay> {
    if cursor.eat("last") {
        if cursor.eat("day") {
            return Some(MonthDay::Last);
        }
        return Some(MonthDay::Weekday { nth: -1, day: cursor.named(words::read_weekday)? });
    }
    let nth = i8::try_from(cursor.ordinal()?).ok()?;
    match cursor.named(words::read_weekday) {
        Some(day) => (1..=4).contains(&nth).then_some(MonthDay::Weekday { nth, day }),
        None => {
            cursor.eat("day");
            Some(MonthDay::Nth(nth))
        }
    }
}

fn month_day(cursor: &mut Cursor<'_>) -> Option<(i8, i8)> {
    cursor.eat("on");
    let the = cursor.eat("the");
    if !the && let Some(month) = cursor.named(words::read_month) {
        let day = cursor.ordinal().or_else(|| cursor.number().map(|(value, _)| value))?;
        return Some((month, i8::try_from(day).ok()?));
    }
    let day = cursor.ordinal()?;
    cursor.eat("of");
    Some((cursor.named(words::read_month)?, i8::try_from(day).ok()?))
}
