//! Days, stretches of days and lengths of time: "the third of may", "next week", "in an hour and a half".

use jiff::Span;
use jiff::civil::Weekday;

use super::clock::{self, Part};
use super::grammar::Cursor;
use super::lexer::Kind;
use super::recurrence::MonthDay;
use super::{repeat, words};

/// A day or a stretch of days as said.
#[derive(Debug, Clone)]
pub(super) enum Day {
    /// Days from today.
    Offset(i64),
    /// The next such day after today.
    Weekday(Weekday),
    /// "this friday": today counts.
    This(Weekday),
    /// "next friday".
    Next(Weekday),
    /// "friday of next week".
    InWeek { weeks: i64, day: Weekday },
    /// "in three weeks", from today's date.
    Ahead(Span),
    /// "a week from friday".
    Plus { days: i64, from: Box<Day> },
    /// "march 5th", perhaps with its year and its weekday.
    Of { month: i8, day: i8, year: Option<i16>, weekday: Option<Weekday> },
    /// "the 21st", perhaps with its weekday or as "of next month" (1) or "of this month" (0).
    Nth { day: i8, weekday: Option<Weekday>, months: Option<i64> },
    /// "the last friday of the month": of this one (0), the next one (1).
    NthWeekday { nth: i8, day: Weekday, months: i64 },
    /// "3/5": either order.
    Slashes { first: i8, second: i8, year: Option<i16> },
    /// A stretch: this one (0), the next one (1).
    Stretch { unit: Unit, ahead: i64 },
    /// The first or last day of a stretch.
    Edge { unit: Unit, ahead: i64, last: bool },
}

/// A stretch of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Weekend,
    Week,
    Month,
    Year,
}

/// A day, the part of it that was said in the same breath, and whether the words can only be a date.
pub(super) fn day(cursor: &mut Cursor<'_>) -> Option<(Day, Option<Part>, bool)> {
    if cursor.eat("tonight") {
        return Some((Day::Offset(0), Some(Part::Night), true));
    }
    if let Some(part) =
        cursor.attempt(|cursor| if cursor.eat("this") { cursor.named(clock::read_part) } else { None })
    {
        return Some((Day::Offset(0), Some(part), true));
    }
    let anchored =
        cursor.one_of(&["on", "at", "by", "for", "until", "till", "starting", "from", "in", "within"]);
    match anchored.as_deref() {
        Some("in" | "within") => {
            let (span, _) = length(cursor).filter(|(_, whole_days)| *whole_days)?;
            cursor.eat("time");
            Some((Day::Ahead(span), None, true))
        }
        Some(preposition) => {
            let (day, clear) = one(cursor)?;
            Some((day, None, clear || preposition == "on" || preposition == "by"))
        }
        None => one(cursor).map(|(day, clear)| (day, None, clear)),
    }
}

/// "from monday to wednesday", "from march 3rd through march 5th".
pub(super) fn range(cursor: &mut Cursor<'_>) -> Option<(Day, Day)> {
    if !cursor.eat("from") {
        return None;
    }
    let (from, _) = one(cursor)?;
    cursor.one_of(&["to", "through", "until", "till"])?;
    let (to, _) = one(cursor)?;
    Some((from, to))
}

/// "in twenty minutes", "an hour and a half from now".
pub(super) fn after(cursor: &mut Cursor<'_>) -> Option<Span> {
    let leading = cursor.one_of(&["in", "within", "after"]).is_some();
    let (span, whole_days) = length(cursor)?;
    cursor.eat("time");
    let trailing = cursor.all(&["from", "now"]);
    ((leading || trailing) && !whole_days).then_some(span)
}

fn one(cursor: &mut Cursor<'_>) -> Option<(Day, bool)> {
    let sure = |day| Some((day, true));
    if cursor.after_article("the", &["day", "after", "tomorrow"]) {
        return sure(Day::Offset(2));
    }
    if let Some(word) = cursor.one_of(&["today", "tomorrow", "yesterday"]) {
        return sure(Day::Offset(match word.as_str() {
            "today" => 0,
            "tomorrow" => 1,
            _ => -1,
        }));
    }
    cursor
        .attempt(from_day)
        .or_else(|| cursor.attempt(nth_weekday))
        .or_else(|| cursor.attempt(edge))
        .or_else(|| cursor.attempt(weekday))
        .or_else(|| cursor.attempt(stretch))
        .map(|day| (day, true))
        .or_else(|| cursor.attempt(|cursor| date(cursor, None)))
}

/// "a week from friday", "three days from now", "two days after tomorrow".
fn from_day(cursor: &mut Cursor<'_>) -> Option<Day> {
    let (span, whole_days) = length(cursor)?;
    if !whole_days || cursor.one_of(&["from", "after"]).is_none() {
        return None;
    }
    if cursor.eat("now") {
        return Some(Day::Ahead(span));
    }
    let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
    if span.get_months() != 0 || span.get_years() != 0 {
        return None;
    }
    let (from, _) = one(cursor)?;
    Some(Day::Plus { days, from: Box::new(from) })
}

/// "the last friday of the month", "the first monday of next month".
fn nth_weekday(cursor: &mut Cursor<'_>) -> Option<Day> {
    cursor.eat("the");
    let MonthDay::Weekday { nth, day } = repeat::month_day_of(cursor)? else { return None };
    cursor.one_of(&["of", "in"])?;
    let months = i64::from(cursor.one_of(&["the", "this", "next"])? == "next");
    cursor.eat("month").then_some(Day::NthWeekday { nth, day, months })
}

/// "the end of the month", "the first day of next year", "end of day".
fn edge(cursor: &mut Cursor<'_>) -> Option<Day> {
    cursor.eat("the");
    let last = match cursor.one_of(&["end", "beginning", "start", "last"]) {
        Some(word) if word == "last" => cursor.eat("day").then_some(true)?,
        Some(word) => word == "end",
        None => (cursor.ordinal()? == 1 && cursor.eat("day")).then_some(false)?,
    };
    if !cursor.eat("of") {
        return None;
    }
    let ahead = match cursor.one_of(&["the", "this", "next"]).as_deref() {
        Some("next") => 1,
        Some(_) | None => 0,
    };
    if ahead == 0 && last && cursor.eat("day") {
        return Some(Day::Offset(0));
    }
    Some(Day::Edge { unit: cursor.named(read_unit)?, ahead, last })
}

/// "friday", "this coming friday", "next friday", "friday next week", "friday the 27th".
fn weekday(cursor: &mut Cursor<'_>) -> Option<Day> {
    if let Some(day) = cursor.attempt(|cursor| {
        let weeks = week(cursor)?;
        cursor.eat("on");
        Some(Day::InWeek { weeks, day: cursor.named(words::read_weekday)? })
    }) {
        return Some(day);
    }
    let which = cursor.one_of(&["this", "next", "coming", "the"]);
    cursor.eat("coming");
    let day = cursor.named(words::read_weekday)?;
    if which.as_deref() == Some("next") {
        return Some(Day::Next(day));
    }
    if let Some(dated) = cursor.attempt(|cursor| date(cursor, Some(day))) {
        return Some(dated.0);
    }
    let in_week = cursor.attempt(|cursor| {
        cursor.one_of(&["of", "in"]);
        week(cursor)
    });
    if let Some(weeks) = in_week {
        return Some(Day::InWeek { weeks, day });
    }
    Some(if which.as_deref() == Some("this") { Day::This(day) } else { Day::Weekday(day) })
}

fn week(cursor: &mut Cursor<'_>) -> Option<i64> {
    let ahead = match cursor.one_of(&["next", "this"])?.as_str() {
        "next" => 1,
        _ => 0,
    };
    cursor.eat("week").then_some(ahead)
}

/// "this weekend", "next month", "the week".
fn stretch(cursor: &mut Cursor<'_>) -> Option<Day> {
    let which = cursor.one_of(&["this", "next", "the", "coming"])?;
    cursor.eat("coming");
    let unit = cursor.named(read_unit)?;
    if which == "the" && unit != Unit::Weekend {
        return None;
    }
    Some(Day::Stretch { unit, ahead: i64::from(which == "next") })
}

/// "march 5th", "the third of may", "may 3 2027", "the 21st", "12/25"; and whether the words can only be a date.
fn date(cursor: &mut Cursor<'_>, weekday: Option<Weekday>) -> Option<(Day, bool)> {
    if let Some(&Kind::Slashes(first, second, year)) = cursor.peek(0) {
        cursor.at += 1;
        let (first, second) = (i8::try_from(first).ok()?, i8::try_from(second).ok()?);
        let year =
            year.map(|year| i16::try_from(if year < 100 { year + 2000 } else { year })).transpose().ok()?;
        return weekday.is_none().then_some((Day::Slashes { first, second, year }, true));
    }
    if let Some(month) = cursor.named(words::read_month) {
        cursor.eat("the");
        let day = cursor.ordinal().or_else(|| cursor.number().map(|(value, _)| value))?;
        return Some((
            Day::Of { month, day: i8::try_from(day).ok()?, year: cursor.attempt(year), weekday },
            true,
        ));
    }
    let the = cursor.eat("the");
    let (day, ordinal) = match cursor.ordinal() {
        Some(day) => (day, true),
        None => (cursor.number()?.0, false),
    };
    let day = i8::try_from(day).ok()?;
    let of = cursor.eat("of");
    if let Some(month) = cursor.named(words::read_month) {
        return Some((Day::Of { month, day, year: cursor.attempt(year), weekday }, true));
    }
    if of {
        let months = match cursor.one_of(&["the", "this", "next"])?.as_str() {
            "next" => 1,
            _ => 0,
        };
        return cursor.eat("month").then_some((Day::Nth { day, weekday, months: Some(months) }, true));
    }
    // Without "the" it may be any second or third thing, and a bare number an hour.
    let counted = if weekday.is_some() { ordinal || the } else { ordinal && the };
    counted.then_some((Day::Nth { day, weekday, months: None }, weekday.is_some()))
}

/// "2027", "twenty twenty-seven".
fn year(cursor: &mut Cursor<'_>) -> Option<i16> {
    let (value, digits) = cursor.number()?;
    let value = match (value, digits) {
        (1900..=2999, 4) => value,
        (20, 0) => match cursor.number()? {
            (rest @ 10..=99, 0) => 2000 + rest,
            _ => return None,
        },
        _ => return None,
    };
    i16::try_from(value).ok()
}

fn read_unit(word: &str) -> Option<Unit> {
    Some(match word {
        "weekend" => Unit::Weekend,
        "week" => Unit::Week,
        "month" => Unit::Month,
        "year" => Unit::Year,
        _ => return None,
    })
}

/// A length of time and whether it is made of whole days: "an hour and a half", "two weeks", "two hours and ten minutes".
pub(super) fn length(cursor: &mut Cursor<'_>) -> Option<(Span, bool)> {
    let (mut span, whole) = quantity(cursor)?;
    if !whole {
        while let Some((more, false)) = cursor.attempt(|cursor| {
            cursor.eat("and");
            quantity(cursor).filter(|(_, whole)| !whole)
        }) {
            span = span.checked_add(more).ok()?;
        }
    }
    Some((span, whole))
}

/// One amount of one unit.
fn quantity(cursor: &mut Cursor<'_>) -> Option<(Span, bool)> {
    // Quarters of the unit, so that halves and quarters stay whole numbers.
    let mut quarters: i64 = if cursor.eat("half") {
        cursor.one_of(&["a", "an"]);
        2
    } else if cursor.after_article("a", &["quarter", "of"]) {
        cursor.one_of(&["a", "an"]);
        1
    } else if cursor
        .attempt(|c| c.number().filter(|(n, _)| *n == 3).filter(|_| c.all(&["quarters", "of"])))
        .is_some()
    {
        cursor.one_of(&["a", "an"]);
        3
    } else if cursor.all(&["a", "couple", "of"]) || cursor.all(&["a", "couple"]) {
        8
    } else if cursor.one_of(&["a", "an"]).is_some() {
        if cursor.eat("half") { 2 } else { 4 }
    } else {
        i64::from(cursor.number()?.0) * 4
    };
    if cursor.all(&["and", "a", "half"]) {
        quarters += 2;
    } else if cursor.all(&["and", "a", "quarter"]) {
        quarters += 1;
    }
    let second = matches!(cursor.peek(0), Some(Kind::Ordinal(2)));
    let unit = if second {
        cursor.at += 1;
        "seconds".to_owned()
    } else {
        cursor.one_of(&[
            "seconds", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month",
            "months", "year", "years",
        ])?
    };
    if cursor.all(&["and", "a", "half"]) {
        quarters += 2;
    } else if cursor.all(&["and", "a", "quarter"]) {
        quarters += 1;
    }
    let whole = (quarters % 4 == 0).then_some(quarters / 4);
    let span = Span::new();
    let (span, days) = match unit.as_str() {
        "seconds" => (span.try_seconds(whole?).ok()?, false),
        "minute" | "minutes" => (span.try_seconds(quarters * 15).ok()?, false),
        "hour" | "hours" => (span.try_minutes(quarters * 15).ok()?, false),
        "day" | "days" => (span.try_days(whole?).ok()?, true),
        "week" | "weeks" => (span.try_weeks(whole?).ok()?, true),
        "month" | "months" => (span.try_months(whole?).ok()?, true),
        _ => (span.try_years(whole?).ok()?, true),
    };
    Some((span, days))
}
