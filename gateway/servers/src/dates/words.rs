//! Number, weekday and month names, in both directions.

use jiff::civil::Weekday;

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const ORDINALS: [&str; 20] = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];
const TENTHS: [&str; 2] = ["twentieth", "thirtieth"];
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

/// "forty-two"; digits from a hundred on.
pub(crate) fn cardinal(number: usize) -> String {
    match number {
        0..20 => ONES[number].to_owned(),
        20..100 if number.is_multiple_of(10) => TENS[number / 10 - 2].to_owned(),
        20..100 => format!("{}-{}", TENS[number / 10 - 2], ONES[number % 10]),
        _ => number.to_string(),
    }
}

/// "twenty-first", for days of a month; "40th" beyond thirty-nine.
pub(super) fn ordinal(number: usize) -> String {
    match number {
        0..20 => ORDINALS[number].to_owned(),
        20 | 30 => TENTHS[number / 10 - 2].to_owned(),
        20..40 => format!("{}-{}", TENS[number / 10 - 2], ORDINALS[number % 10]),
        _ => format!("{number}th"),
    }
}

/// A spelled number below a hundred that is one word.
pub fn read_cardinal(word: &str) -> Option<u32> {
    let place = |names: &[&str]| names.iter().position(|name| *name == word);
    place(&ONES)
        .or_else(|| place(&TENS).map(|ten| (ten + 2) * 10))
        .and_then(|value| u32::try_from(value).ok())
}

/// A spelled ordinal that is one word: "first", "twentieth".
pub fn read_ordinal(word: &str) -> Option<u32> {
    let place = |names: &[&str]| names.iter().position(|name| *name == word);
    let small = place(&ORDINALS).filter(|value| *value > 0);
    small.or_else(|| place(&TENTHS).map(|ten| (ten + 2) * 10)).and_then(|value| u32::try_from(value).ok())
}

/// "Monday".
pub(super) fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// The weekday with this lower-case name.
pub(super) fn read_weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

/// "January" for 1.
pub(super) fn month(number: i8) -> &'static str {
    usize::try_from(number - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or("no month")
}

/// The number of the month with this lower-case name.
pub(super) fn read_month(word: &str) -> Option<i8> {
    let index = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(word))?;
    i8::try_from(index + 1).ok()
}

/// Words joined as one says a list: "a", "a and b", "a, b and c".
pub(super) fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [head @ .., last] => {
            format!("{} and {}", head.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "), last.as_ref())
        }
    }
}
