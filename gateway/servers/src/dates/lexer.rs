//! Text to tokens: numbers spelled or in digits, ordinals, clock readings, words.
//!
//! Recognisers write one time in many ways ("5pm", "5 p.m.", "five p m", "six-thirty", "five o'clock"); they come out
//! of here as the same tokens. Every token keeps its byte range in the text.

use std::ops::Range;

use super::words;

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number; `digits` is 0 when it was spelled.
    Number { value: u32, digits: usize },
    /// "21st", "third". The word "second" is 2 here, whichever second is meant.
    Ordinal(u32),
    /// "17:30", "5.30".
    Clock { hour: u32, minute: u32, padded: bool },
    /// "3/5", "3/5/2027".
    Slashes(u32, u32, Option<u32>),
    /// A lower-case word of the vocabulary.
    Word(String),
    /// Anything else.
    Stranger,
}

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub range: Range<usize>,
}

/// Whether abbreviations that are also plain words ("sat", "sun", "mar") are read as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Short {
    /// The whole text is known to be a date.
    Known,
    /// The text is an utterance: only what can't be anything else.
    Careful,
}

const VOCABULARY: &[&str] = &[
    "a",
    "about",
    "after",
    "afternoon",
    "afternoons",
    "am",
    "an",
    "and",
    "around",
    "at",
    "before",
    "beginning",
    "between",
    "by",
    "coming",
    "couple",
    "daily",
    "day",
    "days",
    "each",
    "early",
    "end",
    "evening",
    "evenings",
    "every",
    "for",
    "from",
    "half",
    "hour",
    "hours",
    "in",
    "last",
    "late",
    "midday",
    "midnight",
    "minute",
    "minutes",
    "month",
    "monthly",
    "months",
    "morning",
    "mornings",
    "next",
    "night",
    "nights",
    "noon",
    "now",
    "o",
    "oclock",
    "of",
    "oh",
    "on",
    "other",
    "past",
    "pm",
    "quarter",
    "quarters",
    "seconds",
    "sharp",
    "start",
    "starting",
    "the",
    "this",
    "through",
    "till",
    "time",
    "to",
    "today",
    "tomorrow",
    "tonight",
    "until",
    "week",
    "weekday",
    "weekdays",
    "weekend",
    "weekends",
    "weekly",
    "weeks",
    "within",
    "year",
    "yearly",
    "years",
    "yesterday",
];

const RISKY: &[&str] = &["mon", "wed", "sat", "sun", "mar", "min", "sec", "dec"];

/// The tokens of `text`.
pub(super) fn lex(text: &str, short: Short) -> Vec<Token> {
    let mut raw: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_ascii_digit() {
            at = digits(text, at, &mut raw);
        } else if first.is_alphabetic() {
            at = letters(text, at, short, &mut raw);
        } else {
            if !first.is_whitespace() && !",.;:!?-–—'\"’“”()".contains(first) {
                raw.push(Token { kind: Kind::Stranger, range: at..at + first.len_utf8() });
            }
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    compose(raw)
}

/// The words that are no date words, or the whole phrase when each of them is one.
pub(super) fn strangers(text: &str, tokens: &[Token]) -> Vec<String> {
    let slice = |token: &Token| text.get(token.range.clone()).unwrap_or_default().to_owned();
    let named: Vec<String> = tokens.iter().filter(|token| token.kind == Kind::Stranger).map(slice).collect();
    if named.is_empty() { vec![text.trim().to_owned()] } else { named }
}

fn word(text: &str) -> Kind {
    Kind::Word(text.to_owned())
}

fn number(digits: &str) -> Option<u32> {
    digits.parse().ok()
}

fn run(text: &str, from: usize, accept: impl Fn(char) -> bool) -> usize {
    text[from..].find(|c| !accept(c)).map_or(text.len(), |length| from + length)
}

/// Reads what begins with a digit at `at`; the end of it.
fn digits(text: &str, at: usize, out: &mut Vec<Token>) -> usize {
    let digit = |c: char| c.is_ascii_digit();
    let end = run(text, at, digit);
    let figures = &text[at..end];
    let Some(value) = number(figures) else {
        out.push(Token { kind: Kind::Stranger, range: at..end });
        return end;
    };
    let mut push = |kind, end| {
        out.push(Token { kind, range: at..end });
        end
    };
    let follows = text[end..].chars().next();
    let tail = if follows.is_some_and(|c| ":./".contains(c)) { run(text, end + 1, digit) } else { end };
    if let Some(second) = (tail > end + 1).then(|| number(&text[end + 1..tail])).flatten() {
        let two = tail - end - 1 == 2;
        match follows {
            Some(':' | '.') if two && value < 24 && second < 60 => {
                return push(
                    Kind::Clock { hour: value, minute: second, padded: figures.starts_with('0') },
                    tail,
                );
            }
            Some('/') => {
                let year = if text[tail..].starts_with('/') { run(text, tail + 1, digit) } else { tail };
                let third = if year > tail + 1 { number(&text[tail + 1..year]) } else { None };
                return push(Kind::Slashes(value, second, third), if third.is_some() { year } else { tail });
            }
            _ => return push(Kind::Stranger, tail),
        }
    }
    let letters = run(text, end, |c| c.is_alphanumeric());
    match text[end..letters].to_ascii_lowercase().as_str() {
        "" | "a" | "p" | "am" | "pm" => push(Kind::Number { value, digits: figures.len() }, end),
        "st" | "nd" | "rd" | "th" => push(Kind::Ordinal(value), letters),
        _ => push(Kind::Stranger, letters),
    }
}

/// Reads the word at `at`; the end of it.
fn letters(text: &str, at: usize, short: Short, out: &mut Vec<Token>) -> usize {
    let mut end = run(text, at, |c| c.is_alphanumeric() || c == '\'' || c == '’');
    while text[at..end].ends_with(['\'', '’']) {
        end -= text[at..end].chars().next_back().map_or(1, char::len_utf8);
    }
    let plain = text[at..end].to_lowercase().replace(['\'', '’'], "");
    let dotted = text.get(end..end + 2).is_some_and(|next| next.eq_ignore_ascii_case(".m"));
    if (plain == "a" || plain == "p") && dotted && !text[end + 2..].starts_with(char::is_alphanumeric) {
        let stop = if text[end + 2..].starts_with('.') { end + 3 } else { end + 2 };
        out.push(Token { kind: word(if plain == "a" { "am" } else { "pm" }), range: at..stop });
        return stop;
    }
    out.push(Token { kind: classify(&plain, short), range: at..end });
    end
}

fn classify(plain: &str, short: Short) -> Kind {
    if let Some(value) = words::read_cardinal(plain) {
        return Kind::Number { value, digits: 0 };
    }
    if let Some(value) = words::read_ordinal(plain) {
        return Kind::Ordinal(value);
    }
    if short == Short::Careful && RISKY.contains(&plain) {
        return Kind::Stranger;
    }
    let full = match plain {
        "mon" => "monday",
        "tue" | "tues" => "tuesday",
        "wed" | "weds" => "wednesday",
        "thu" | "thur" | "thurs" => "thursday",
        "fri" => "friday",
        "sat" => "saturday",
        "sun" => "sunday",
        "jan" => "january",
        "feb" => "february",
        "mar" => "march",
        "apr" => "april",
        "jun" => "june",
        "jul" => "july",
        "aug" => "august",
        "sep" | "sept" => "september",
        "oct" => "october",
        "nov" => "november",
        "dec" => "december",
        "min" | "mins" => "minutes",
        "hr" | "hrs" => "hours",
        "sec" | "secs" => "seconds",
        "oclock" => "oclock",
        "tonite" => "tonight",
        "thru" => "through",
        "untill" | "til" => "until",
        other => other,
    };
    let singular = full.strip_suffix('s').unwrap_or(full);
    let named = words::read_weekday(singular).is_some() || words::read_month(full).is_some();
    let single_letters = matches!(full, "p" | "m" | "clock");
    if named || single_letters || VOCABULARY.contains(&full) { word(full) } else { Kind::Stranger }
}

/// Joins what belongs together: "twenty" "five", "thirty" "first", "p" "m", "o" "clock".
fn compose(raw: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(raw.len());
    for token in raw {
        let joined = out.last().and_then(|last| match (&last.kind, &token.kind) {
            (
                Kind::Number { value: tens @ 20..=90, digits: 0 },
                Kind::Number { value: one @ 1..=9, digits: 0 },
            ) if tens % 10 == 0 => Some(Kind::Number { value: tens + one, digits: 0 }),
            (Kind::Number { value: tens @ 20..=30, digits: 0 }, Kind::Ordinal(one @ 1..=9))
                if tens % 10 == 0 =>
            {
                Some(Kind::Ordinal(tens + one))
            }
            (Kind::Word(half), Kind::Word(m)) if m == "m" && (half == "a" || half == "p") => {
                Some(word(&format!("{half}m")))
            }
            (Kind::Word(o), Kind::Word(clock)) if o == "o" && clock == "clock" => Some(word("oclock")),
            _ => None,
        });
        match (joined, out.last_mut()) {
            (Some(kind), Some(last)) => *last = Token { kind, range: last.range.start..token.range.end },
            _ => out.push(token),
        }
    }
    for token in &mut out {
        if matches!(&token.kind, Kind::Word(lone) if matches!(lone.as_str(), "p" | "m" | "clock")) {
            token.kind = Kind::Stranger;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Kind, Short, lex};

    fn shapes(text: &str) -> String {
        let show = |kind: &Kind| match kind {
            Kind::Number { value, .. } => value.to_string(),
            Kind::Ordinal(value) => format!("#{value}"),
            Kind::Clock { hour, minute, .. } => format!("{hour}:{minute:02}"),
            Kind::Slashes(a, b, _) => format!("{a}/{b}"),
            Kind::Word(word) => word.clone(),
            Kind::Stranger => "?".to_owned(),
        };
        lex(text, Short::Known).iter().map(|token| show(&token.kind)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn one_time_written_many_ways_is_one_row_of_tokens() {
        for text in ["5pm", "5 PM", "5 p.m.", "five p m", "Five p.m", "5 P. M."] {
            assert_eq!(shapes(text), "5 pm", "{text}");
        }
        for text in ["five o'clock", "five o’clock", "5 o clock", "five oclock", "5 o'clock"] {
            assert_eq!(shapes(text), "5 oclock", "{text}");
        }
        assert_eq!(shapes("six-thirty"), "6 30");
        assert_eq!(shapes("twenty-first of may"), "#21 of may");
        assert_eq!(shapes("the 21st, at 17:30."), "the #21 at 17:30");
        assert_eq!(shapes("twenty five to nine"), "25 to 9");
        assert_eq!(shapes("call 5kg of @home"), "? ? of ? ?");
    }

    #[test]
    fn no_text_breaks_it() {
        for text in
            ["", "’’", "é.m.", "99999999999999999999", "5:", "5/", "5/6/", "p.m", "ａ", "٣", "12:3", "a.m.m"]
        {
            for token in lex(text, Short::Careful) {
                assert!(text.get(token.range.clone()).is_some(), "{text:?} {token:?}");
            }
        }
    }
}
