//! Clock times and parts of a day: "half past six", "5 p.m.", "in the morning", "from two to four".

use jiff::civil::Time;

use super::grammar::Cursor;
use super::lexer::Kind;

/// A clock time as said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// Twelve o'clock at night, at the beginning or the end of a day.
    Midnight,
    /// A time of the 24-hour clock, or one said with a.m. or p.m.
    Exact(Time),
    /// An hour from 1 to 12 and a minute; which half of the day is open.
    Open { hour: i8, minute: i8 },
}

/// A part of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Morning,
    Afternoon,
    Evening,
    Night,
}

impl Part {
    /// The hours it spans; 24 is the next midnight.
    pub fn hours(self) -> (i8, i8) {
        match self {
            Part::Morning => (9, 12),
            Part::Afternoon => (13, 18),
            Part::Evening => (18, 22),
            Part::Night => (20, 24),
        }
    }
}

const HALVES: [&str; 2] = ["am", "pm"];

/// How surely words are meant as a clock time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sure {
    /// "at five", "5 pm".
    Yes,
    /// "five".
    Perhaps,
    /// "for five", which may be five people.
    Hardly,
}

/// "at five", "5:30 pm", "quarter to nine", "noon".
pub(super) fn clock(cursor: &mut Cursor<'_>) -> Option<(Clock, Sure)> {
    let at = cursor.one_of(&["at", "by", "around", "about", "until", "till", "from", "starting", "for"]);
    let at = if cursor.eat("at") { Some("at".to_owned()) } else { at };
    let (clock, clear) = relative(cursor).map(|clock| (clock, true)).or_else(|| plain(cursor))?;
    let clear = cursor.eat("sharp") || clear;
    let sure = match at.as_deref() {
        _ if clear => Sure::Yes,
        Some("for" | "about") => Sure::Hardly,
        Some(_) => Sure::Yes,
        None => Sure::Perhaps,
    };
    Some((clock, sure))
}

/// "from two to four", "between nine and half past ten", "2 to 4 pm".
pub(super) fn range(cursor: &mut Cursor<'_>) -> Option<(Clock, Clock)> {
    let opened = cursor.one_of(&["from", "between", "at"]);
    let minutes = matches!(cursor.peek(0), Some(Kind::Number { value: 5 | 10 | 20 | 25, .. }));
    let (from, from_clear) = plain(cursor).or_else(|| relative(cursor).map(|clock| (clock, true)))?;
    let joined = match opened.as_deref() {
        Some("between") => cursor.eat("and"),
        // "at ten to five" is ten minutes before five.
        Some("at") => cursor.one_of(&["until", "till"]).is_some(),
        _ => cursor.one_of(&["to", "until", "till", "through"]).is_some(),
    };
    if !joined {
        return None;
    }
    let (until, clear) = relative(cursor).map(|clock| (clock, true)).or_else(|| plain(cursor))?;
    // "ten to five" is ten minutes before five; bare numbers are a range only when opened as one.
    (opened.is_some() || from_clear || (clear && !minutes)).then_some((from, until))
}

/// "in the morning", "this" is read with the day.
pub(super) fn part(cursor: &mut Cursor<'_>) -> Option<Part> {
    if cursor.all(&["at", "night"]) {
        return Some(Part::Night);
    }
    cursor.one_of(&["in", "during", "for", "by"]);
    cursor.eat("the");
    cursor.one_of(&["early", "late"]);
    cursor.named(read_part)
}

/// The part of a day with this name.
pub(super) fn read_part(word: &str) -> Option<Part> {
    Some(match word {
        "morning" => Part::Morning,
        "afternoon" => Part::Afternoon,
        "evening" => Part::Evening,
        "night" => Part::Night,
        _ => return None,
    })
}

/// "half past six", "quarter to nine", "twenty-five minutes to nine", "half six".
fn relative(cursor: &mut Cursor<'_>) -> Option<Clock> {
    cursor.attempt(|cursor| {
        cursor.one_of(&["a"]);
        let (minutes, bare) = if cursor.eat("half") {
            (30, false)
        } else if cursor.eat("quarter") {
            (15, false)
        } else {
            let (minutes, _) = cursor.number()?;
            let said = cursor.one_of(&["minutes", "minute"]).is_some();
            (i32::try_from(minutes).ok()?, !said)
        };
        let sign = match cursor.one_of(&["past", "after", "to", "till", "of", "before"]).as_deref() {
            Some("past" | "after") => 1,
            Some("of") if minutes != 15 => return None,
            Some(_) => -1,
            None if minutes == 30 && !bare => 1,
            None => return None,
        };
        if !(1..60).contains(&minutes) || (bare && minutes % 5 != 0) || (minutes == 30 && sign < 0 && !bare) {
            return None;
        }
        shift(hour(cursor)?, sign * minutes)
    })
}

/// The full hour that "half past" or "quarter to" leans on.
fn hour(cursor: &mut Cursor<'_>) -> Option<Clock> {
    let (clock, _) = plain(cursor)?;
    match clock {
        Clock::Open { minute: 0, .. } | Clock::Midnight => Some(clock),
        Clock::Exact(time) if time.minute() == 0 => Some(clock),
        Clock::Open { .. } | Clock::Exact(_) => None,
    }
}

fn shift(clock: Clock, minutes: i32) -> Option<Clock> {
    let turn = |hour: i8, day: i32| {
        let total = (i32::from(hour) * 60 + minutes).rem_euclid(day);
        Some((i8::try_from(total / 60).ok()?, i8::try_from(total % 60).ok()?))
    };
    Some(match clock {
        Clock::Midnight => {
            let (hour, minute) = turn(0, 24 * 60)?;
            Clock::Exact(Time::new(hour, minute, 0, 0).ok()?)
        }
        Clock::Exact(time) => {
            let (hour, minute) = turn(time.hour(), 24 * 60)?;
            Clock::Exact(Time::new(hour, minute, 0, 0).ok()?)
        }
        Clock::Open { hour, .. } => {
            let (hour, minute) = turn(hour, 12 * 60)?;
            Clock::Open { hour: if hour == 0 { 12 } else { hour }, minute }
        }
    })
}

/// "noon", "17:30", "5 pm", "five oh five", "six thirty", "five o'clock", "530 pm".
fn plain(cursor: &mut Cursor<'_>) -> Option<(Clock, bool)> {
    cursor.attempt(|cursor| {
        if cursor.one_of(&["noon", "midday"]).is_some() {
            return Some((Clock::Exact(Time::constant(12, 0, 0, 0)), true));
        }
        if cursor.eat("midnight") {
            return Some((Clock::Midnight, true));
        }
        if let Some(Kind::Clock { hour, minute, padded }) = cursor.peek(0).cloned() {
            cursor.at += 1;
            let half = cursor.one_of(&HALVES);
            return Some((build(hour, minute, half.as_deref(), padded)?, true));
        }
        let (hour, digits) = cursor.number()?;
        let packed = digits >= 3
            && matches!(cursor.peek(0), Some(Kind::Word(half)) if HALVES.contains(&half.as_str()));
        if packed {
            let half = cursor.one_of(&HALVES);
            return Some((build(hour / 100, hour % 100, half.as_deref(), false)?, true));
        }
        let minute = cursor.attempt(minute);
        let oclock = minute.is_none() && cursor.eat("oclock");
        let half = cursor.one_of(&HALVES);
        let clear = half.is_some() || oclock;
        Some((build(hour, minute.unwrap_or(0), half.as_deref(), false)?, clear))
    })
}

/// "thirty", "oh five": the minutes after an hour.
fn minute(cursor: &mut Cursor<'_>) -> Option<u32> {
    let oh = cursor.one_of(&["oh", "o"]).is_some()
        || matches!(cursor.peek(0), Some(Kind::Number { value: 0, digits: 0 }));
    if oh && matches!(cursor.peek(0), Some(Kind::Number { value: 0, .. })) {
        cursor.at += 1;
    }
    let (value, digits) = cursor.number()?;
    let fits = if oh { value < 10 } else { (10..60).contains(&value) && (digits == 0 || digits == 2) };
    // "six thirty minutes", "nine twelve may": the number belongs to what follows it.
    let taken = match cursor.peek(0) {
        Some(Kind::Word(next)) => {
            super::words::read_month(next).is_some()
                || matches!(next.as_str(), "minutes" | "hours" | "days" | "weeks")
        }
        _ => false,
    };
    (fits && !taken).then_some(value)
}

fn build(hour: u32, minute: u32, half: Option<&str>, padded: bool) -> Option<Clock> {
    let (hour, minute) = (i8::try_from(hour).ok()?, i8::try_from(minute).ok()?);
    let exact = |hour| Time::new(hour, minute, 0, 0).ok().map(Clock::Exact);
    match half {
        Some(_) if !(1..=12).contains(&hour) => None,
        Some("am") => exact(hour % 12),
        Some(_) => exact(hour % 12 + 12),
        None if padded || !(1..=12).contains(&hour) => exact(hour),
        None => (0..60).contains(&minute).then_some(Clock::Open { hour, minute }),
    }
}
