//! Dates as they are spoken: exact, and read back by the parser to the same thing.

use jiff::civil::{Date, Time, Weekday};
use jiff::{ToSpan, Zoned};

use super::recurrence::{Every, MonthDay, Rule};
use super::{When, words};

pub(super) use super::words::{month, weekday};

/// "tomorrow at five p.m.", "on Monday", "today from two p.m. to four p.m.".
pub(super) fn when(when: &When, now: &Zoned) -> String {
    let today = now.date();
    match when {
        When::At(at) => {
            let at = at.with_time_zone(now.time_zone().clone());
            let hour = || format!("{} at {}", day(at.date(), today), clock(at.time()));
            if at.second() == 0 { hour() } else { soon(&at, now).unwrap_or_else(hour) }
        }
        When::Day(date) => day(*date, today),
        When::Span { from, to } => {
            let (from, to) =
                (from.with_time_zone(now.time_zone().clone()), to.with_time_zone(now.time_zone().clone()));
            span(&from, &to, today)
        }
        When::Every(repeated) => every(repeated),
    }
}

/// "in ten seconds": a clock time would be too coarse.
fn soon(at: &Zoned, now: &Zoned) -> Option<String> {
    let ahead = at.duration_since(now).as_millis();
    let seconds = usize::try_from(ahead).ok()?.div_ceil(1000);
    match seconds {
        1 => Some("in one second".to_owned()),
        60 => Some("in one minute".to_owned()),
        2..120 => Some(format!("in {} seconds", words::cardinal(seconds))),
        _ => None,
    }
}

/// "five p.m. today", "nine a.m. on March third".
pub(super) fn hour_first(at: &Zoned, now: &Zoned) -> String {
    let at = at.with_time_zone(now.time_zone().clone());
    format!("{} {}", clock(at.time()), day(at.date(), now.date()))
}

/// "forty-five minutes", "an hour and a half", "two hours and ten minutes", "three days".
pub(super) fn length(minutes: u32) -> String {
    let number = |value: u32| words::cardinal(usize::try_from(value).unwrap_or(0));
    let many = |value: u32, unit: &str| match value {
        1 if unit == "hour" => "an hour".to_owned(),
        1 => format!("one {unit}"),
        more => format!("{} {unit}s", number(more)),
    };
    match (minutes / 60, minutes % 60) {
        (0, 30) => "half an hour".to_owned(),
        (0, minutes) => many(minutes, "minute"),
        (hours, 0) if hours % 24 == 0 => many(hours / 24, "day"),
        (hours, 0) => many(hours, "hour"),
        (1, 30) => "an hour and a half".to_owned(),
        (hours, 30) => format!("{} and a half hours", number(hours)),
        (hours, minutes) => format!("{} and {}", many(hours, "hour"), many(minutes, "minute")),
    }
}

fn span(from: &Zoned, to: &Zoned, today: Date) -> String {
    let midnight = Time::midnight();
    if from.time() == midnight && to.time() == midnight {
        return days(from.date(), to.date(), today);
    }
    let (start, end) = (clock(from.time()), clock(to.time()));
    let within_a_day = to.duration_since(from).as_hours() < 24;
    if within_a_day {
        let end = if to.time() == midnight { "midnight".to_owned() } else { end };
        return format!("{} from {start} to {end}", day(from.date(), today));
    }
    format!("from {} at {start} to {} at {end}", date(from.date(), today), date(to.date(), today))
}

/// The days from `from` up to, not including, `to`.
pub(super) fn days(from: Date, to: Date, today: Date) -> String {
    let last = to.yesterday().unwrap_or(to);
    if last <= from {
        day(from, today)
    } else {
        format!("from {} through {}", date(from, today), date(last, today))
    }
}

/// "today", "tomorrow", "on Monday" within the next six days, else "on May third".
fn day(date_: Date, today: Date) -> String {
    match (date_ - today).get_days() {
        -1 => "yesterday".to_owned(),
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        2..=6 => format!("on {}", weekday(date_.weekday())),
        _ => format!("on {}", date(date_, today)),
    }
}

/// "May third"; with the year unless it is the next such day.
pub(super) fn date(date: Date, today: Date) -> String {
    let spoken =
        format!("{} {}", month(date.month()), words::ordinal(usize::try_from(date.day()).unwrap_or(0)));
    let within_a_year = today.checked_add(1.year()).is_ok_and(|limit| date < limit);
    if date >= today && within_a_year { spoken } else { format!("{spoken}, {}", date.year()) }
}

/// "five p.m.", "five thirty p.m.", "five oh five p.m.", "noon".
pub(super) fn clock(time: Time) -> String {
    let number = |value: i8| words::cardinal(usize::try_from(value).unwrap_or(0));
    let half = if time.hour() < 12 { "a.m." } else { "p.m." };
    let hour = number(if time.hour() % 12 == 0 { 12 } else { time.hour() % 12 });
    match time.minute() {
        0 if time.hour() == 12 => "noon".to_owned(),
        0 => format!("{hour} {half}"),
        minute @ 1..10 => format!("{hour} oh {} {half}", number(minute)),
        minute => format!("{hour} {} {half}", number(minute)),
    }
}

/// A reading to choose, as the parser understands it alone: "Friday, November twenty-seventh at ten a.m.".
pub(super) fn option(reading: &When, now: &Zoned) -> String {
    let today = now.date();
    let full = |day: Date| format!("{}, {}", weekday(day.weekday()), date(day, today));
    match reading {
        When::At(at) => format!("{} at {}", full(at.date()), clock(at.time())),
        When::Day(date) => full(*date),
        When::Span { from, to } if from.date() == to.date() => {
            format!("{} from {} to {}", full(from.date()), clock(from.time()), clock(to.time()))
        }
        When::Span { .. } | When::Every(_) => when(reading, now),
    }
}

/// "every Monday and Thursday at nine a.m."
pub(super) fn every(every: &Every) -> String {
    let rule = rule(&every.rule);
    match every.at {
        Some(at) => format!("{rule} at {}", clock(at)),
        None => rule,
    }
}

/// The days of a repetition: "every other Friday".
pub(super) fn rule(rule: &Rule) -> String {
    let count = |every: u32, unit: &str| match every {
        1 => format!("every {unit}"),
        2 => format!("every other {unit}"),
        more => format!("every {} {unit}s", words::cardinal(usize::try_from(more).unwrap_or(0))),
    };
    let ordinal = |day: i8| words::ordinal(usize::try_from(day).unwrap_or(0));
    match rule {
        Rule::Days(every) => count(*every, "day"),
        Rule::Weeks { every: 1, on } if is_workweek(on) => "every weekday".to_owned(),
        Rule::Weeks { every, on } => {
            let names = words::list(&on.iter().copied().map(weekday).collect::<Vec<_>>());
            match every {
                1 => format!("every {names}"),
                more => format!("{} on {names}", count(*more, "week")),
            }
        }
        Rule::Months { every, on } => {
            let on = match on {
                MonthDay::Nth(day) => ordinal(*day),
                MonthDay::Last => "last day".to_owned(),
                MonthDay::Weekday { nth: -1, day } => format!("last {}", weekday(*day)),
                MonthDay::Weekday { nth, day } => format!("{} {}", ordinal(*nth), weekday(*day)),
            };
            format!("{} on the {on}", count(*every, "month"))
        }
        Rule::Years { month: number, day } => format!("every year on {} {}", month(*number), ordinal(*day)),
    }
}

fn is_workweek(on: &[Weekday]) -> bool {
    on.len() == 5 && !on.contains(&Weekday::Saturday) && !on.contains(&Weekday::Sunday)
}
