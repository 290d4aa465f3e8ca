//! Lengths of time by themselves: "for 45 minutes", "an hour and a half", "PT45M".

use jiff::{Span, SpanRelativeTo, Unit};

use super::grammar::Cursor;
use super::{day, lexer};

/// The longest length of time, in minutes: 31 days.
pub const LONGEST_LENGTH: u32 = 31 * 24 * 60;

/// Why words are no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LengthError {
    /// Words that the grammar does not know, or known words that together mean no length.
    #[error(
        "no length of time that i know in \"{words}\": say it like \"45 minutes\" or \"an hour and a half\""
    )]
    Unknown {
        /// The phrase, or its beginning.
        words: String,
    },
    /// Not from one minute to 31 days.
    #[error("\"{words}\" is too short or too long: give from one minute to 31 days")]
    Range {
        /// The phrase.
        words: String,
    },
}

/// The whole minutes that `phrase` means; a day has 24 hours.
pub fn length(phrase: &str) -> Result<u32, LengthError> {
    let words: String = phrase.trim().chars().take(60).collect();
    let unknown = || LengthError::Unknown { words: words.clone() };
    if phrase.len() > super::LONGEST {
        return Err(unknown());
    }
    let span = if phrase.trim().starts_with(['P', 'p']) && !phrase.trim().contains(' ') {
        phrase.trim().parse::<Span>().map_err(|_| unknown())?
    } else {
        let tokens = lexer::lex(phrase, lexer::Short::Known);
        let mut cursor = Cursor { tokens: &tokens, at: 0 };
        cursor.one_of(&["for", "about", "around", "within"]);
        let (span, _) = day::length(&mut cursor).ok_or_else(unknown)?;
        if cursor.at < tokens.len() {
            return Err(unknown());
        }
        span
    };
    let range = || LengthError::Range { words: words.clone() };
    // A month or a year has no fixed length.
    let minutes = span.total((Unit::Minute, SpanRelativeTo::days_are_24_hours())).map_err(|_| range())?;
    // In range by the check, so the cast keeps the value; seconds are dropped.
    if (1.0..=f64::from(LONGEST_LENGTH)).contains(&minutes) { Ok(minutes as u32) } else { Err(range()) }
}

#[cfg(test)]
mod tests {
    use super::super::say_length;
    use super::{LengthError, length};

    #[test]
    fn lengths_are_read_and_said_back() {
        for (phrase, minutes) in [
            ("for 45 minutes", 45),
            ("45 min", 45),
            ("two hours", 120),
            ("an hour and a half", 90),
            ("one and a half hours", 90),
            ("1 hour 30 minutes", 90),
            ("half an hour", 30),
            ("a quarter of an hour", 15),
            ("three quarters of an hour", 45),
            ("a couple of hours", 120),
            ("two and a half hours", 150),
            ("two hours and ten minutes", 130),
            ("an hour", 60),
            ("ninety minutes", 90),
            ("a minute", 1),
            ("three days", 3 * 24 * 60),
            ("a week", 7 * 24 * 60),
            ("about twenty minutes", 20),
            ("120 seconds", 2),
            ("PT1H30M", 90),
            ("P1D", 24 * 60),
        ] {
            assert_eq!(length(phrase), Ok(minutes), "{phrase}");
            assert_eq!(length(&say_length(minutes)), Ok(minutes), "{phrase} said as {}", say_length(minutes));
        }
        for phrase in
            ["", "soon", "45", "five people", "for tomorrow", "P", "two hours at noon", "-5 minutes ago"]
        {
            assert!(
                matches!(length(phrase), Err(LengthError::Unknown { .. })),
                "{phrase}: {:?}",
                length(phrase)
            );
        }
        for phrase in ["zero minutes", "ten seconds", "two months", "a year", "40 days", "P2M", "-PT5M"] {
            assert!(
                matches!(length(phrase), Err(LengthError::Range { .. } | LengthError::Unknown { .. })),
                "{phrase}"
            );
        }
    }

    #[test]
    fn what_is_said_is_short() {
        for (minutes, said) in [
            (1, "one minute"),
            (30, "half an hour"),
            (45, "forty-five minutes"),
            (60, "an hour"),
            (61, "an hour and one minute"),
            (90, "an hour and a half"),
            (150, "two and a half hours"),
            (720, "twelve hours"),
            (24 * 60, "one day"),
        ] {
            assert_eq!(say_length(minutes), said);
        }
    }
}
