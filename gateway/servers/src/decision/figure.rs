//! Figures as people give them and as people say them.

use crate::dates::cardinal;

/// The greatest number that is read from words.
const MOST_IN_WORDS: usize = 100;

/// Reads "7", "7.5", "40%", "8/10", "8 out of 10", "seven", "seven point five" and "seven and a half".
pub(super) fn read(text: &str) -> Option<f64> {
    let lower = text.trim().to_lowercase();
    let mut rest = lower.trim_end_matches(['.', '!']).trim();
    for ending in ["/10", "/ 10", "out of 10", "out of ten", "points", "percent", "%"] {
        rest = rest.strip_suffix(ending).unwrap_or(rest).trim_end();
    }
    if rest.starts_with(|first: char| first.is_ascii_digit() || first == '-')
        && let Ok(number) = rest.parse::<f64>()
    {
        return Some(number).filter(|number| number.is_finite());
    }
    if let Some(whole) = rest.strip_suffix(" and a half") {
        return Some(read_word(whole)? as f64 + 0.5);
    }
    match rest.split_once(" point ") {
        Some((whole, decimals)) => {
            let digits: Option<Vec<usize>> = decimals.split(' ').map(read_word).collect();
            let digits: String = digits?
                .into_iter()
                .map(|digit| if digit < 10 { digit.to_string() } else { "x".into() })
                .collect();
            format!("{}.{digits}", read_word(whole)?).parse().ok()
        }
        None => read_word(rest).map(|number| number as f64),
    }
}

fn read_word(word: &str) -> Option<usize> {
    let plain = |text: &str| text.trim().replace('-', " ");
    let wanted = plain(word);
    if let Ok(number) = wanted.parse() {
        return Some(number).filter(|number| *number <= MOST_IN_WORDS);
    }
    (0..=MOST_IN_WORDS).find(|number| plain(&cardinal(*number)) == wanted)
}

/// "seven point eight": at most `decimals` of them, none that are zero at the end.
pub(super) fn say(number: f64, decimals: usize) -> String {
    let written = write(number, decimals);
    let (minus, written) = match written.strip_prefix('-') {
        Some(rest) => ("minus ", rest),
        None => ("", written.as_str()),
    };
    let (whole, fraction) = written.split_once('.').unwrap_or((written, ""));
    let words = |digits: &str| digits.parse().map_or_else(|_| digits.to_owned(), cardinal);
    let mut said = format!("{minus}{}", words(whole));
    if !fraction.is_empty() {
        said.push_str(" point");
        for digit in fraction.chars() {
            said.push(' ');
            said.push_str(&words(digit.encode_utf8(&mut [0; 4])));
        }
    }
    said
}

/// "7.8": at most `decimals` of them, none that are zero at the end.
pub(super) fn write(number: f64, decimals: usize) -> String {
    let written = format!("{number:.decimals$}");
    let written =
        if written.contains('.') { written.trim_end_matches('0').trim_end_matches('.') } else { &written };
    if written == "-0" { "0".to_owned() } else { written.to_owned() }
}

/// What it would have to count, compared with what it counts: "less than half as much", "over a third more", "more than
/// about two point four times as much".
pub(super) fn compared(factor: f64) -> String {
    const PARTS: [(f64, &str); 5] = [
        (0.25, "a quarter"),
        (1.0 / 3.0, "a third"),
        (0.5, "half"),
        (2.0 / 3.0, "two thirds"),
        (0.75, "three quarters"),
    ];
    /// What is close enough to be called by its simple name, and what is so close that it is not "about" it.
    const CLOSE: f64 = 0.02;
    const EXACT: f64 = 0.002;
    let simple = |part: f64| PARTS.iter().find(|(simple, _)| (part - simple).abs() < CLOSE);
    let percent = |part: f64| format!("{} percent", say((part * 100.0).round(), 0));
    if factor < 1.0 {
        return match simple(factor) {
            Some((exact, words)) if (factor - exact).abs() < EXACT => format!("less than {words} as much"),
            Some((_, words)) => format!("less than about {words} as much"),
            None if factor > 0.99 => "a little less".to_owned(),
            None => format!("less than about {} as much", percent(factor)),
        };
    }
    if factor < 1.9 {
        return match simple(factor - 1.0) {
            Some((exact, words)) if (factor - 1.0 - exact).abs() < EXACT => format!("over {words} more"),
            Some((_, words)) => format!("about {words} more"),
            None if factor < 1.01 => "a little more".to_owned(),
            None => format!("about {} more", percent(factor - 1.0)),
        };
    }
    if (factor - 2.0).abs() < CLOSE {
        return "more than twice as much".to_owned();
    }
    let about = if (factor - factor.round()).abs() < EXACT { "" } else { "about " };
    format!("more than {about}{} times as much", say(factor, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_as_people_give_them() {
        for (text, expected) in [
            ("7", Some(7.0)),
            ("7.5", Some(7.5)),
            (" 8/10 ", Some(8.0)),
            ("eight out of ten", Some(8.0)),
            ("40%", Some(40.0)),
            ("forty percent", Some(40.0)),
            ("twenty-five", Some(25.0)),
            ("Seven point five", Some(7.5)),
            ("seven and a half", Some(7.5)),
            ("two point two five", Some(2.25)),
            ("seven point twelve", None),
            ("7 point 5", Some(7.5)),
            ("7 and a half", Some(7.5)),
            ("1e3", Some(1000.0)),
            ("7 apples", None),
            ("inf", None),
            ("", None),
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn figures_are_said_as_people_say_them() {
        for (number, decimals, expected) in [
            (7.8, 1, "seven point eight"),
            (7.0, 1, "seven"),
            (7.046, 2, "seven point zero five"),
            (10.0, 2, "ten"),
            (-0.001, 1, "zero"),
            (23.5, 1, "twenty-three point five"),
        ] {
            assert_eq!(say(number, decimals), expected);
        }
        for (factor, expected) in [
            (0.5, "less than half as much"),
            (0.49, "less than about half as much"),
            (0.4, "less than about forty percent as much"),
            (0.995, "a little less"),
            (1.004, "a little more"),
            (1.2, "about twenty percent more"),
            (4.0 / 3.0, "over a third more"),
            (1.51, "about half more"),
            (2.0, "more than twice as much"),
            (3.0, "more than three times as much"),
            (2.43, "more than about two point four times as much"),
        ] {
            assert_eq!(compared(factor), expected);
        }
    }
}
