//! Money, percentages, units, signs and short forms.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::numerals::cardinal;

const NUMBER: &str = r"(\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.(\d{1,6}))?";

static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(&format!(r"(?i)([$€£¥₹])\s?{NUMBER}(?:\s?(thousand|million|billion|trillion|k|m|bn)\b)?"))
});
static AFTER: LazyLock<Regex> =
    LazyLock::new(|| super::pattern(&format!(r"{NUMBER}\s?(?:([€£¥₹])|(USD|EUR|GBP|JPY|INR)\b)")));
static CODE_BEFORE: LazyLock<Regex> =
    LazyLock::new(|| super::pattern(&format!(r"\b(USD|EUR|GBP|JPY|INR)\s?{NUMBER}")));
/// "$5-10": the sign holds for both.
static SPAN: LazyLock<Regex> =
    LazyLock::new(|| super::pattern(r"([$€£¥₹])\s?(\d[\d,.]*)\s?[-–]\s?[$€£¥₹]?(\d)"));
static PER: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(
        r"(\d|percent|dollars?|cents?|euros?|pounds?|pence|yen|rupees?)\s?/\s?(second|sec|minute|min|hour|hr|h|day|night|week|wk|month|mo|year|yr|person|mile|kg|lb)\b",
    )
});
static PERCENT: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"(\d)\s?%"));
static UNIT: LazyLock<Regex> = LazyLock::new(|| {
    super::pattern(
        r"(^|[\s(])(-?\d[\d,.]*?)\s?(°\s?C|°\s?F|°|km/h|mph|km|kg|cm|mm|ml|KB|MB|GB|TB|kWh|lbs?|min|secs?|hrs?|ms)($|[\s).,!?;:])",
    )
});

/// Words and signs that are read differently from what is written; keys are whole words.
const SHORT: [(&str, &str); 37] = [
    (r"(\d)\s?½", "$1 and a half"),
    (r"½", "one half"),
    (r"¼", "one quarter"),
    (r"¾", "three quarters"),
    (r"\b24/7\b", "twenty-four seven"),
    (r"(?i)(^|\s)w/o\s", "${1}without "),
    (r"(?i)(^|\s)w/\s?([a-z])", "${1}with $2"),
    (r"([A-Za-z.])–([A-Za-z])", "$1 to $2"),
    (r"\bDr\.", "Doctor"),
    (r"\bMr\.", "Mister"),
    (r"\bMrs\.", "Missus"),
    (r"\bMs\.", "Miz"),
    (r"\bProf\.", "Professor"),
    (r"(?i)\be\.g\.,?", "for example"),
    (r"(?i)\bi\.e\.,?", "that is"),
    (r"\betc\.(\s+[A-Z]|$)", "et cetera.$1"),
    (r"(?i)\betc\.", "et cetera"),
    (r"\bC#", "C sharp"),
    (r"\bC\+\+", "C plus plus"),
    (r"(?i)\bvs\.", "versus"),
    (r"(?i)\bapprox\.", "approximately"),
    (r"\bNo\.\s+(\d)", "number $1"),
    (r"(?i)\ba\.k\.a\.", "also known as"),
    (r"(^|\s)#(\d)", "${1}number $2"),
    (r"(^|\s)~\s?(\d)", "${1}about $2"),
    (r"(^|\s)-(\d)", "${1}minus $2"),
    (r"(\d)\s?[-–]\s?(\d)", "$1 to $2"),
    (r"\s&\s", " and "),
    (r"\s\+\s", " plus "),
    (r"\s=\s", " equals "),
    (r"\s@\s", " at "),
    (r"\s×\s", " times "),
    (r"([A-Za-z])/([A-Za-z])", "$1 or $2"),
    (r"(\d)/(\d)", "$1 slash $2"),
    (r"([A-Za-z0-9])_([A-Za-z0-9])", "$1 $2"),
    (r"\s[–—]\s", ", "),
    (r"([A-Za-z])—([A-Za-z])", "$1, $2"),
];
static SHORT_FORMS: LazyLock<Vec<(Regex, &str)>> =
    LazyLock::new(|| SHORT.iter().map(|(from, to)| (super::pattern(from), *to)).collect());

/// Says every amount and short form in `text`.
pub(super) fn say(text: &str) -> String {
    let text = SPAN.replace_all(text, "$2 to $1$3");
    let text = BEFORE.replace_all(&text, |c: &Captures| {
        money(&c[1], &c[2], c.get(3).map(|m| m.as_str()), c.get(4).map(|m| m.as_str()))
    });
    let text = AFTER.replace_all(&text, |c: &Captures| {
        let sign = c.get(3).or(c.get(4)).map_or("", |m| m.as_str());
        money(sign, &c[1], c.get(2).map(|m| m.as_str()), None)
    });
    let text = CODE_BEFORE
        .replace_all(&text, |c: &Captures| money(&c[1], &c[2], c.get(3).map(|m| m.as_str()), None));
    let text = PERCENT.replace_all(&text, "$1 percent");
    let text = PER.replace_all(&text, |c: &Captures| format!("{} per {}", &c[1], period(&c[2])));
    let text = UNIT.replace_all(&text, |c: &Captures| {
        format!("{}{} {}{}", &c[1], &c[2], unit(&c[3], &c[2] == "1"), &c[4])
    });
    let mut text = text.into_owned();
    for (from, to) in SHORT_FORMS.iter() {
        // Twice, since neighbours share the character between them: "1/2/3".
        text = from.replace_all(&text, *to).into_owned();
        text = from.replace_all(&text, *to).into_owned();
    }
    text
}

fn money(sign: &str, whole: &str, part: Option<&str>, scale: Option<&str>) -> String {
    let (one, many, hundredth) = match sign {
        "€" | "EUR" => ("euro", "euros", Some(("cent", "cents"))),
        "£" | "GBP" => ("pound", "pounds", Some(("penny", "pence"))),
        "¥" | "JPY" => ("yen", "yen", None),
        "₹" | "INR" => ("rupee", "rupees", Some(("paisa", "paise"))),
        _ => ("dollar", "dollars", Some(("cent", "cents"))),
    };
    let amount: u64 = whole.replace(',', "").parse().unwrap_or(0);
    let scale = scale.map(|scale| match scale.to_ascii_lowercase().as_str() {
        "k" | "thousand" => "thousand",
        "m" | "million" => "million",
        "bn" | "billion" => "billion",
        _ => "trillion",
    });
    let point = || part.map_or(String::new(), |part| format!(" point {}", super::numerals::one_by_one(part)));
    if let Some(scale) = scale {
        return format!("{}{} {scale} {many}", cardinal(amount), point());
    }
    let name = |n: u64, one: &str, many: &str| format!("{} {}", cardinal(n), if n == 1 { one } else { many });
    match (part, hundredth) {
        (None, _) => name(amount, one, many),
        (Some(part), Some((cent, cents))) if part.len() == 2 => match (amount, part.parse().unwrap_or(0)) {
            (_, 0) => name(amount, one, many),
            (0, rest) => name(rest, cent, cents),
            (_, rest) => format!("{} and {}", name(amount, one, many), name(rest, cent, cents)),
        },
        (Some(_), _) => format!("{}{} {many}", cardinal(amount), point()),
    }
}

fn period(short: &str) -> &str {
    match short {
        "sec" => "second",
        "min" => "minute",
        "h" | "hr" => "hour",
        "wk" => "week",
        "mo" => "month",
        "yr" => "year",
        "kg" => "kilogram",
        "lb" => "pound",
        other => other,
    }
}

fn unit(sign: &str, single: bool) -> String {
    let sign: String = sign.chars().filter(|c| !c.is_whitespace()).collect();
    let (one, many) = match sign.as_str() {
        "°C" => ("degree Celsius", "degrees Celsius"),
        "°F" => ("degree Fahrenheit", "degrees Fahrenheit"),
        "°" => ("degree", "degrees"),
        "km/h" => ("kilometer per hour", "kilometers per hour"),
        "mph" => ("mile per hour", "miles per hour"),
        "km" => ("kilometer", "kilometers"),
        "kg" => ("kilogram", "kilograms"),
        "cm" => ("centimeter", "centimeters"),
        "mm" => ("millimeter", "millimeters"),
        "ml" => ("milliliter", "milliliters"),
        "KB" => ("kilobyte", "kilobytes"),
        "MB" => ("megabyte", "megabytes"),
        "GB" => ("gigabyte", "gigabytes"),
        "TB" => ("terabyte", "terabytes"),
        "kWh" => ("kilowatt hour", "kilowatt hours"),
        "lb" | "lbs" => ("pound", "pounds"),
        "sec" | "secs" => ("second", "seconds"),
        "min" => ("minute", "minutes"),
        "hr" | "hrs" => ("hour", "hours"),
        "ms" => ("millisecond", "milliseconds"),
        other => (other, other),
    };
    if single { one } else { many }.to_owned()
}
