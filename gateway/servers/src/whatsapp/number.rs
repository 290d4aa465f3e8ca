//! Phone numbers: from how they are said or written to the digits that WhatsApp takes, E.164 without its plus.
//!
//! What is checked is what a slip of the tongue or of the ear breaks: the country code, and how many digits numbers of that
//! country have. Ranges within a country are not, for they change.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The countries, one a line: ISO 3166 code, calling code, what is dialled before a number within the country (`-` for
/// nothing), and how many digits mobile and fixed numbers have. The country that a shared calling code is mostly used for
/// comes first. From the numbering plans of Google's libphonenumber 9.0.42 (Apache-2.0).
const PLANS: &str = include_str!("number/plans.txt");
/// Digits of a number with its country code.
const DIGITS: RangeInclusive<usize> = 7..=15;
/// The longest text that is read as a number, in bytes.
const LONGEST: usize = 40;
/// From so many digits on a text is a number and no name.
const FEWEST: usize = 5;
/// The trunk prefix that no number begins with where there is one.
const ZERO: &str = "0";

/// A country's numbering plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    country: &'static str,
    code: &'static str,
    /// Dialled before a number within the country.
    trunk: Option<&'static str>,
    /// How many digits numbers have, as ranges.
    lengths: &'static str,
}

impl Plan {
    fn all() -> impl Iterator<Item = Plan> {
        PLANS.lines().filter_map(|line| {
            let mut parts = line.split(' ');
            let (country, code, trunk, lengths) =
                (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
            Some(Plan { country, code, trunk: (trunk != "-").then_some(trunk), lengths })
        })
    }

    fn has(&self, digits: usize) -> bool {
        self.lengths.split(',').any(|range| {
            let (least, most) = range.split_once('-').unwrap_or((range, range));
            let bounds = least.parse::<usize>().ok().zip(most.parse::<usize>().ok());
            bounds.is_some_and(|(least, most)| (least..=most).contains(&digits))
        })
    }

    /// A number as it is dialled within the country, without what is dialled before it.
    fn bare<'a>(&self, dialled: &'a str) -> &'a str {
        let Some(rest) = self.trunk.and_then(|trunk| dialled.strip_prefix(trunk)) else { return dialled };
        // Elsewhere a number may begin with the same figure.
        let stripped = self.trunk == Some(ZERO) || (self.has(rest.len()) && !self.has(dialled.len()));
        if stripped { rest } else { dialled }
    }
}

/// A country, by its ISO 3166 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(Plan);

/// No country has this code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no country: give its two letters, like US or DE")]
pub struct NoCountry;

impl FromStr for Country {
    type Err = NoCountry;

    fn from_str(code: &str) -> Result<Country, NoCountry> {
        let code = code.trim().to_uppercase();
        Plan::all().find(|plan| plan.country == code).map(Country).ok_or(NoCountry)
    }
}

/// A number that exists as far as its country code and length tell.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number {
    digits: String,
}

/// Why a text is no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// No digits, or too few or too many.
    #[error("{0} is no phone number: give it like +44 7911 123456")]
    Odd(String),
    /// Where it is can't be known.
    #[error("{0} has no country code: give it with one, like +44 7911 123456, or set the default country")]
    Nowhere(String),
    /// The country code is none.
    #[error("there is no country with the code of {0}: check its first digits")]
    Country(String),
    /// A digit is missing, or there is one too many.
    #[error("{0} does not have as many digits as numbers there have: check it")]
    Length(String),
}

impl Number {
    /// Reads a number as it is written or said; one without a country code is in `country`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read(written: &str, country: Option<Country>) -> Result<Number, NumberError> {
        let written = written.trim();
        let shown = || written.chars().take(LONGEST).collect::<String>();
        if written.len() > LONGEST || !is_number(written) {
            return Err(NumberError::Odd(shown()));
        }
        let digits: String = written.chars().filter(char::is_ascii_digit).collect();
        let international = match digits.strip_prefix("00") {
            _ if written.starts_with('+') => Some(digits.as_str()),
            rest => rest,
        };
        let (code, bare, plans) = match (international, country) {
            (Some(digits), _) => {
                let (code, rest, plans) = split(digits).ok_or_else(|| NumberError::Country(shown()))?;
                (code, plans.first().map_or(rest, |plan| plan.bare(rest)), plans)
            }
            (None, Some(Country(plan))) => (plan.code, plan.bare(&digits), vec![plan]),
            (None, None) => return Err(NumberError::Nowhere(shown())),
        };
        if !plans.iter().any(|plan| plan.has(bare.len())) {
            return Err(NumberError::Length(shown()));
        }
        Number::of_digits(&format!("{code}{bare}")).ok_or_else(|| NumberError::Length(shown()))
    }

    /// The digits as WhatsApp itself writes them.
    pub(super) fn of_digits(digits: &str) -> Option<Number> {
        let fit = DIGITS.contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit());
        fit.then(|| Number { digits: digits.to_owned() })
    }

    /// With the country code, without a plus.
    pub fn digits(&self) -> &str {
        &self.digits
    }
}

impl fmt::Display for Number {
    /// In groups, as it is read: "+44 791 112 3456".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, mut rest) =
            split(&self.digits).map_or(("", self.digits.as_str()), |(code, rest, _)| (code, rest));
        write!(f, "+{code}")?;
        while !rest.is_empty() {
            let length = if rest.len() <= 4 { rest.len() } else { 3 };
            let (group, after) = rest.split_at(length);
            write!(f, " {group}")?;
            rest = after;
        }
        Ok(())
    }
}

/// The calling code that a number begins with, what follows it, and the plans of that code. No calling code begins with
/// another one.
fn split(digits: &str) -> Option<(&'static str, &str, Vec<Plan>)> {
    let code = Plan::all().map(|plan| plan.code).find(|code| digits.starts_with(code))?;
    Some((code, &digits[code.len()..], Plan::all().filter(|plan| plan.code == code).collect()))
}

/// Whether a text is meant as a number, right or wrong, and not as a name.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let fit =
        |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-./()\u{2010}\u{2011}\u{2013}".contains(c);
    digits >= FEWEST && text.chars().all(fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str, country: &str) -> Result<String, String> {
        let number = Number::read(written, country.parse().ok()).map_err(|problem| problem.to_string())?;
        Ok(number.digits().to_owned())
    }

    #[test]
    fn the_plans_are_whole_and_no_code_begins_with_another() {
        let plans: Vec<Plan> = Plan::all().collect();
        assert_eq!(plans.len(), PLANS.lines().count());
        for plan in &plans {
            assert!((1..=15).any(|length| plan.has(length)), "{plan:?}");
            let other =
                plans.iter().find(|other| other.code != plan.code && other.code.starts_with(plan.code));
            assert_eq!(other, None, "{plan:?}");
        }
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (written, country, digits) in [
            ("+44 7911 123456", "", "447911123456"),
            ("+1 (650) 253-0000", "", "16502530000"),
            ("0044 7911 123456", "", "447911123456"),
            ("00447911123456", "US", "447911123456"),
            ("07911 123456", "GB", "447911123456"),
            ("(650) 253 0000", "US", "16502530000"),
            ("1-650-253-0000", "us", "16502530000"),
            ("0151 23456789", "DE", "4915123456789"),
            ("+49 (0) 151 23456789", "", "4915123456789"),
            // A leading zero that is part of the number.
            ("02 3661 8300", "IT", "390236618300"),
            ("+39 02 3661 8300", "", "390236618300"),
            ("+1 555 123 4567", "", "15551234567"),
            // A first figure that is dialled before other numbers.
            ("+7 800 555 35 35", "", "78005553535"),
            ("8 912 345 67 89", "RU", "79123456789"),
            ("06 20 123 4567", "HU", "36201234567"),
        ] {
            assert_eq!(read(written, country).as_deref(), Ok(digits), "{written} {country}");
        }
    }

    #[test]
    fn what_is_none_is_said() {
        for (written, country, said) in [
            ("07911 123456", "", "07911 123456 has no country code: give it with one"),
            ("+999 12345678", "", "there is no country with the code of +999 12345678"),
            ("+44 7911 1234", "", "+44 7911 1234 does not have as many digits as numbers there have"),
            ("+1 650 253 00001", "", "does not have as many digits"),
            ("12345", "US", "12345 does not have as many digits"),
            ("+49 151 23456789012", "", "does not have as many digits"),
            ("John", "US", "John is no phone number: give it like +44 7911 123456"),
            ("+44 7911 123456 or +44 7911 123457 or another", "", "is no phone number"),
            ("+44 7911 123456;phone-context=+1", "", "is no phone number"),
        ] {
            let problem = read(written, country).unwrap_err();
            assert!(problem.contains(said), "{written}: {problem}");
        }
        assert_eq!("Germany".parse::<Country>(), Err(NoCountry));
    }

    #[test]
    fn numbers_are_shown_in_groups() {
        let shown = |digits| Number::of_digits(digits).unwrap().to_string();
        assert_eq!(shown("447911123456"), "+44 791 112 3456");
        assert_eq!(shown("16502530000"), "+1 650 253 0000");
        assert_eq!(Number::of_digits("US.1349"), None);
        assert!(is_number("+1 650 253-0000") && !is_number("John 4567") && !is_number("911"));
    }
}
