//! Times and dates.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::numerals::{cardinal, ordinal, year};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTH: &str = r"(January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)";

/// RFC 3339 with anything RFC 9557 hangs on it.
static STAMP: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(
        r"\b(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?(?:\[[^\[\]\s]{1,60}\])*",
    )
});
static ISO_DATE: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"\b(\d{4})-(\d\d)-(\d\d)\b"));
static SLASHED: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b"));
static MONTH_DAY: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(&format!(r"\b{MONTH}\b\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:(,)?\s+(\d{{4}})\b)?"))
});
static DAY_MONTH: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(&format!(r"\b(\d{{1,2}})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?{MONTH}\b(?:(,)?\s+(\d{{4}})\b)?"))
});
static YEAR: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(&format!(
        r"(?i)\b((?:in|since|until|till|before|after|year|{MONTH})\s+)((?:1[1-9]|20)\d\d)\b"
    ))
});
static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(r"(?i)\b(\d{1,2}):(\d\d)(?::\d\d)?(?:\s*(a|p)\.?\s?m\b(\.)?)?(?:\s*h\b)?")
});
static HOUR: LazyLock<Regex> =
    LazyLock::new(|| super::pattern(r"(?i)\b(\d{1,2})\s*(a|p)(?:\.m\.|\.\s?m\b\.?|m\b(\.)?)"));

/// Says every time and date in `text`.
/// "10:00-11:30", "5–6 pm".
static CLOCKS: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(
        r"(?i)\b(\d{1,2}(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?)\s?[-–]\s?(\d{1,2}:\d\d|\d{1,2}\s?[ap]\.?m\b)",
    )
});
/// "Nov 23-25".
static DAYS: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(&format!(r"\b{MONTH}\b\.?\s+(\d{{1,2}})\s?[-–]\s?(\d{{1,2}})($|[^\d-])"))
});
/// A short name of a weekday, where a day or a time follows.
static WEEKDAY: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(&format!(r"\b(Mon|Tues?|Wed|Thu|Thurs?|Fri|Sat|Sun)\b\.?(,?\s+(?:{MONTH}\b|\d|at\s+\d))"))
});

/// "Mon–Fri".
static WEEKDAYS: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(
        r"\b(Mon|Tues?|Wed|Thu|Thurs?|Fri|Sat|Sun)\.?\s?[-–]\s?(Mon|Tues?|Wed|Thu|Thurs?|Fri|Sat|Sun)\b",
    )
});

pub(super) fn say(text: &str, this_year: i64) -> String {
    let text = replace(&STAMP, text, |c, _| {
        let day = date(number(c, 1)?, number(c, 2)?, number(c, 3)?, this_year)?;
        Some(format!("{day} at {}", time(number(c, 4)?, number(c, 5)?, None, true)?))
    });
    let text = replace(&ISO_DATE, &text, |c, _| date(number(c, 1)?, number(c, 2)?, number(c, 3)?, this_year));
    let text = replace(&SLASHED, &text, |c, _| match (number(c, 1)?, number(c, 2)?) {
        // Only one of the two readings is a date; otherwise it is left alone.
        (day @ 13..=31, month) | (month, day @ 13..=31) => date(number(c, 3)?, month, day, this_year),
        (_, _) => None,
    });
    let text = replace(&WEEKDAYS, &text, |c, _| Some(format!("{} to {}", weekday(&c[1])?, weekday(&c[2])?)));
    let text = replace(&WEEKDAY, &text, |c, _| Some(format!("{}{}", weekday(&c[1])?, &c[2])));
    let text = replace(&DAYS, &text, |c, _| {
        let day = |group| number(c, group).filter(|day| (1..=31).contains(day)).map(ordinal);
        Some(format!("{} {} to {}{}", full_name(&c[1]), day(2)?, day(3)?, &c[4]))
    });
    let text = replace(&CLOCKS, &text, |c, _| Some(format!("{} to {}", &c[1], &c[2])));
    let text = replace(&MONTH_DAY, &text, |c, _| {
        let day = number(c, 2).filter(|day| (1..=31).contains(day))?;
        Some(with_year(&format!("{} {}", full_name(&c[1]), ordinal(day)), number(c, 4), this_year))
    });
    let text = replace(&DAY_MONTH, &text, |c, _| {
        let day = number(c, 1).filter(|day| (1..=31).contains(day))?;
        Some(with_year(&format!("{} {}", full_name(&c[2]), ordinal(day)), number(c, 4), this_year))
    });
    let text = replace(&YEAR, &text, |c, _| Some(format!("{}{}", &c[1], year(c[3].parse().ok()?))));
    let text = replace(&CLOCK, &text, |c, after| {
        // More than a clock: a duration, an address.
        let clock = !after.starts_with(':');
        let half = c.get(3).map(|half| half.as_str());
        clock.then(|| time(number(c, 1)?, number(c, 2)?, half, c[1].len() == 2)).flatten()
    });
    let text = replace(&HOUR, &text, |c, _| time(number(c, 1)?, 0, Some(&c[2]), false));
    text.replace("a.m..", "a.m.").replace("p.m..", "p.m.")
}

/// Replaces what `say` has words for; it is given the captures and the text behind them.
fn replace(pattern: &Regex, text: &str, say: impl Fn(&Captures, &str) -> Option<String>) -> String {
    pattern
        .replace_all(text, |c: &Captures| {
            let end = c.get(0).map_or(0, |whole| whole.end());
            say(c, &text[end..]).unwrap_or_else(|| c[0].to_owned())
        })
        .into_owned()
}

fn number(captures: &Captures, group: usize) -> Option<u64> {
    captures.get(group)?.as_str().parse().ok()
}

fn date(of_year: u64, month: u64, day: u64, this_year: i64) -> Option<String> {
    let name = MONTHS.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    let day = (1..=31).contains(&day).then(|| ordinal(day))?;
    Some(with_year(&format!("{name} {day}"), Some(of_year), this_year))
}

fn with_year(day: &str, of_year: Option<u64>, this_year: i64) -> String {
    match of_year {
        Some(n) if i64::try_from(n) != Ok(this_year) => format!("{day}, {}", year(n)),
        Some(_) | None => day.to_owned(),
    }
}

fn weekday(short: &str) -> Option<&'static str> {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    DAYS.into_iter().find(|day| day.starts_with(short))
}

fn full_name(month: &str) -> &str {
    MONTHS.iter().find(|name| name.starts_with(&month[..3])).copied().unwrap_or(month)
}

/// `padded` is written like a 24-hour clock; a bare "9:30" may be either half of the day.
fn time(hour: u64, minute: u64, half: Option<&str>, padded: bool) -> Option<String> {
    if minute > 59 || hour > 24 || (half.is_some() && !(1..=12).contains(&hour)) || (hour == 24 && minute > 0)
    {
        return None;
    }
    let afternoon = half.map(|half| half.eq_ignore_ascii_case("p"));
    let (hour, afternoon) = match afternoon {
        Some(afternoon) => (hour, Some(afternoon)),
        None if hour.is_multiple_of(12) && minute == 0 => {
            return Some(if hour == 12 { "noon" } else { "midnight" }.to_owned());
        }
        None if hour == 0 || hour == 24 => (12, Some(false)),
        None if hour > 12 => (hour - 12, Some(true)),
        // "09:30" is the morning; "10:30" and "9:30" may be either.
        None if padded && hour < 10 => (hour, Some(false)),
        None => (hour, None),
    };
    let minutes = match minute {
        0 if afternoon.is_none() => " o'clock".to_owned(),
        0 => String::new(),
        1..=9 => format!(" oh {}", cardinal(minute)),
        _ => format!(" {}", cardinal(minute)),
    };
    let half = match afternoon {
        Some(true) => " p.m.",
        Some(false) => " a.m.",
        None => "",
    };
    Some(format!("{}{minutes}{half}", cardinal(hour)))
}
