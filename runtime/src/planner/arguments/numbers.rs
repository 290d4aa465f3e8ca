//! Numbers as they are spoken: "twenty five", "a hundred and twenty", "two dozen", "one and a half", "three point five".

use homepilot_servers::dates::{read_cardinal, read_ordinal};

/// A number that begins a row of words, and how many of them it takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spoken {
    pub value: f64,
    pub words: usize,
}

/// What follows a number and multiplies it, the greatest last.
const SCALES: [(&str, f64); 5] =
    [("dozen", 12.0), ("hundred", 100.0), ("thousand", 1e3), ("million", 1e6), ("billion", 1e9)];

/// The number that `words` (lower-case) begin with; the longest reading.
pub(super) fn read(words: &[&str]) -> Option<Spoken> {
    let sign = matches!(words.first(), Some(&"minus" | &"negative"));
    let rest = words.get(usize::from(sign)..)?;
    let Spoken { value, words } = amount(rest)?;
    Some(Spoken { value: if sign { -value } else { value }, words: words + usize::from(sign) })
}

/// The digit that one word is: "seven", "oh", "7".
pub(super) fn digit(word: &str) -> Option<char> {
    match word {
        "oh" | "o" => Some('0'),
        _ if word.len() == 1 => word.chars().next().filter(char::is_ascii_digit),
        _ => read_cardinal(word).filter(|value| *value < 10).and_then(|value| char::from_digit(value, 10)),
    }
}

/// Figures that go on in words: "3 million", "100 and 23". Figures alone are for whoever splits the text.
fn figures(words: &[&str]) -> Option<Spoken> {
    let first: f64 = words.first().filter(|w| w.starts_with(|c: char| c.is_ascii_digit()))?.parse().ok()?;
    let next = words.get(1)?;
    if let Some((_, scale)) = SCALES.iter().find(|(name, _)| name == next) {
        return Some(Spoken { value: first * scale, words: 2 });
    }
    let rest = words.get(2..)?;
    let small = || {
        rest.first()?
            .parse()
            .ok()
            .filter(|n| (1.0..100.0).contains(n))
            .map(|value| Spoken { value, words: 1 })
    };
    let round = *next == "and" && first > 0.0 && first % 100.0 == 0.0;
    let part = round.then(|| below_hundred(rest).or_else(small)).flatten()?;
    Some(Spoken { value: first + part.value, words: 2 + part.words })
}

fn amount(words: &[&str]) -> Option<Spoken> {
    if let Some(figures) = figures(words) {
        return Some(figures);
    }
    if let Some(half) = fraction(words) {
        // "half a dozen" is six, "half an hour" leaves the hour to whoever reads on.
        let dozen = words.get(half.words + 1).filter(|_| words.get(half.words) == Some(&"a"));
        return Some(match dozen {
            Some(&"dozen") => Spoken { value: half.value * 12.0, words: half.words + 2 },
            _ => half,
        });
    }
    let mut total = 0.0;
    let mut group: Option<f64> = None;
    let mut at = 0;
    let mut end = 0;
    while let Some(word) = words.get(at) {
        if let Some(value) = below_hundred(&words[at..]) {
            // "twenty twenty" and "five five" are two numbers.
            if group.is_some_and(|sum| sum % 100.0 != 0.0 || sum == 0.0)
                || (total > 0.0 && total % 1e3 != 0.0)
            {
                break;
            }
            group = Some(group.unwrap_or(0.0) + value.value);
            at += value.words;
        } else if let Some((_, scale)) = SCALES.iter().find(|(name, _)| name == word) {
            if group.is_none() && end > 0 {
                break;
            }
            let sum = group.take().unwrap_or(1.0) * scale;
            if *scale < 1e3 {
                group = Some(sum);
            } else {
                total += sum;
            }
            at += 1;
        } else if opens(words, at) || (end > 0 && joins(words, at, total, group)) {
            at += 1;
            continue;
        } else {
            break;
        }
        end = at;
    }
    if end == 0 {
        return None;
    }
    let mut found = Spoken { value: total + group.unwrap_or(0.0), words: end };
    if words.get(end) == Some(&"point") {
        let digits: String = words[end + 1..].iter().map_while(|w| digit(w)).collect();
        if let Ok(value) = format!("{}.{digits}", found.value).parse::<f64>().map_err(drop)
            && !digits.is_empty()
        {
            found = Spoken { value, words: end + 1 + digits.len() };
        }
    } else if words.get(end) == Some(&"and")
        && let Some(part) = fraction(words.get(end + 1..).unwrap_or_default())
    {
        found = Spoken { value: found.value + part.value, words: end + 1 + part.words };
    }
    Some(found)
}

/// The "a" of "a hundred".
fn opens(words: &[&str], at: usize) -> bool {
    at == 0 && words[0] == "a" && SCALES.iter().any(|(name, _)| words.get(1) == Some(name))
}

/// The "and" of "a hundred and five"; that of "five and six" joins two numbers.
fn joins(words: &[&str], at: usize, total: f64, group: Option<f64>) -> bool {
    words[at] == "and"
        && (total > 0.0 || group.is_some_and(|sum| sum % 100.0 == 0.0 && sum > 0.0))
        && below_hundred(words.get(at + 1..).unwrap_or_default()).is_some()
}

/// "half", "a half", "a quarter", "three quarters", "a couple of".
fn fraction(words: &[&str]) -> Option<Spoken> {
    let found = |value, words| Some(Spoken { value, words });
    match words {
        ["half", ..] => found(0.5, 1),
        ["a", "half", ..] => found(0.5, 2),
        ["a", "quarter", ..] => found(0.25, 2),
        ["three", "quarters", ..] => found(0.75, 2),
        ["a", "couple", "of", ..] => found(2.0, 3),
        ["a", "couple" | "pair", ..] => found(2.0, 2),
        _ => None,
    }
}

/// One word, or two as in "twenty five"; an ordinal may end it ("twenty second"). Digits too.
fn below_hundred(words: &[&str]) -> Option<Spoken> {
    let first = words.first()?;
    // "second" by itself is a length of time as often as a place in a row.
    let value = read_cardinal(first).or_else(|| read_ordinal(first).filter(|_| *first != "second"))?;
    let one = words.get(1).and_then(|next| read_cardinal(next).or_else(|| read_ordinal(next)));
    Some(match one.filter(|one| (1..10).contains(one) && value >= 20 && read_cardinal(first).is_some()) {
        Some(one) => Spoken { value: f64::from(value + one), words: 2 },
        None => Spoken { value: f64::from(value), words: 1 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<(f64, usize)> {
        read(&text.split_whitespace().collect::<Vec<_>>()).map(|s| (s.value, s.words))
    }

    #[test]
    fn numbers_are_read_as_long_as_they_go() {
        for (text, expected, words) in [
            ("twenty five", 25.0, 2),
            ("twenty second of january", 22.0, 2),
            ("one hundred and twenty three main", 123.0, 5),
            ("a hundred", 100.0, 2),
            ("two thousand and five", 2005.0, 4),
            ("three hundred thousand dollars", 300_000.0, 3),
            ("two dozen eggs", 24.0, 2),
            ("a dozen", 12.0, 2),
            ("half a dozen eggs", 6.0, 3),
            ("half an hour", 0.5, 1),
            ("one and a half", 1.5, 4),
            ("two point seven five", 2.75, 4),
            ("minus five degrees", -5.0, 2),
            ("five five five", 5.0, 1),
            ("twenty twenty five", 20.0, 1),
            ("five and six", 5.0, 1),
            ("a couple of days", 2.0, 3),
            ("tenth of may", 10.0, 1),
            ("zero", 0.0, 1),
            ("3 million", 3e6, 2),
            ("100 and 23 main", 123.0, 3),
        ] {
            assert_eq!(value(text), Some((expected, words)), "{text}");
        }
        for text in ["", "a", "and five", "second", "point five", "main", "100", "5 and 6", "100 23"] {
            assert_eq!(value(text), None, "{text}");
        }
    }
}
