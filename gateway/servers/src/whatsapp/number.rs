//! Phone numbers: from how they are said or written to the digits that WhatsApp takes, E.164 without its plus.

use std::fmt;
use std::str::FromStr;

use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, PhoneNumber, Type, country};

/// Digits of a number with its country code.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// The longest text that is read as a number, in bytes.
const LONGEST: usize = 40;
/// From so many digits on a text is a number and no name.
const FEWEST: usize = 5;
/// A country, by its ISO 3166 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(country::Id);

/// No country has this code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no country: give its two letters, like US or DE")]
pub struct NoCountry;

impl FromStr for Country {
    type Err = NoCountry;

    fn from_str(code: &str) -> Result<Country, NoCountry> {
        code.trim().to_uppercase().parse().map(Country).map_err(|_| NoCountry)
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
        let (international, digits) = match digits.strip_prefix("00") {
            _ if written.starts_with('+') => (true, digits.as_str()),
            Some(rest) => (true, rest),
            None => (false, digits.as_str()),
        };
        let parsed = if international {
            phonenumber::parse(None, format!("+{digits}"))
        } else {
            let Some(country) = country else { return Err(NumberError::Nowhere(shown())) };
            phonenumber::parse(Some(country.0), digits)
        };
        let number = parsed.map_err(|problem| match problem {
            phonenumber::ParseError::InvalidCountryCode => NumberError::Country(shown()),
            phonenumber::ParseError::TooShortAfterIdd
            | phonenumber::ParseError::TooShortNsn
            | phonenumber::ParseError::TooLong => NumberError::Length(shown()),
            phonenumber::ParseError::NoNumber | phonenumber::ParseError::MalformedInteger(_) => {
                NumberError::Odd(shown())
            }
        })?;
        if !has_possible_length(&number) {
            return Err(NumberError::Length(shown()));
        }
        let digits = number.format().mode(Mode::E164).to_string().trim_start_matches('+').to_owned();
        Number::of_digits(&digits).ok_or_else(|| NumberError::Odd(shown()))
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
    /// In groups, as it is read: "+44 7911 123456".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match phonenumber::parse(None, format!("+{}", self.digits)) {
            Ok(number) => write!(f, "{}", number.format().mode(Mode::International)),
            Err(_) => write!(f, "+{}", self.digits),
        }
    }
}

/// Whether a text is meant as a number, right or wrong, and not as a name.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let fit =
        |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-./()\u{2010}\u{2011}\u{2013}".contains(c);
    digits >= FEWEST && text.chars().all(fit)
}

/// Reads the countries' numbering plans, which takes a moment, so that the first call need not.
pub(super) fn warm_up() {
    std::sync::LazyLock::force(&WARM);
}

static WARM: std::sync::LazyLock<bool> = std::sync::LazyLock::new(|| DATABASE.by_id("US").is_some());

/// Whether it is in a country's plan, or at least as long as mobile numbers there are: the plans age, and a range that they
/// don't know yet is no reason to refuse.
fn has_possible_length(number: &PhoneNumber) -> bool {
    if number.is_valid() {
        return true;
    }
    let code = number.code().value();
    let national =
        number.format().mode(Mode::E164).to_string().len().saturating_sub(1 + code.to_string().len());
    let plans = DATABASE.by_code(&code).unwrap_or_default();
    let mobile = plans.iter().filter_map(|plan| plan.descriptors().get(Type::Mobile));
    let lengths: Vec<u16> = mobile.flat_map(|kind| kind.possible_length().iter().copied()).collect();
    lengths.is_empty() || lengths.iter().any(|length| usize::from(*length) == national)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str, country: &str) -> Result<String, String> {
        let number = Number::read(written, country.parse().ok()).map_err(|problem| problem.to_string())?;
        Ok(number.digits().to_owned())
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
            ("+1 555 123 4567", "", "15551234567"),
            ("+7 800 555 35 35", "", "78005553535"),
        ] {
            assert_eq!(read(written, country).as_deref(), Ok(digits), "{written} {country}");
        }
    }

    #[test]
    fn what_is_none_is_said() {
        for (written, country, said) in [
            ("07911 123456", "", "07911 123456 has no country code: give it with one"),
            ("+999 12345678", "", "there is no country with the code of +999 12345678"),
            ("+44 7911 12345", "", "+44 7911 12345 does not have as many digits as numbers there have"),
            ("+1 650 253 00001", "", "does not have as many digits"),
            ("12345", "US", "12345 does not have as many digits"),
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
        assert_eq!(shown("447911123456"), "+44 7911 123456");
        assert_eq!(shown("390236618300"), "+39 02 3661 8300");
        assert_eq!(Number::of_digits("US.1349"), None);
        assert!(is_number("+1 650 253-0000") && !is_number("John 4567") && !is_number("911"));
    }
}
