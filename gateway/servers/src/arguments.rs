//! Arguments as they arrive, checked: every problem names the argument and says what to give instead.

use std::ops::RangeInclusive;

use jiff::Zoned;
use jiff::civil::Date;
use rmcp::model::JsonObject;
use serde_json::Value;

use crate::dates::{self, DateError, When};

/// What is wrong with a call's arguments.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArgumentError {
    #[error("{name} is missing: give it as {wanted}")]
    Missing { name: &'static str, wanted: &'static str },
    #[error("{name} must be {wanted}, not {found}")]
    Kind { name: &'static str, wanted: &'static str, found: &'static str },
    #[error("{name} is empty: say what it is about")]
    Empty { name: &'static str },
    #[error("{name} has {length} characters: {longest} is the most, say it shorter")]
    Long { name: &'static str, length: usize, longest: usize },
    #[error("{name} has {count} items: give {} to {}", range.start(), range.end())]
    Count { name: &'static str, count: usize, range: RangeInclusive<usize> },
    #[error("{name} cannot be {found}: give a number from {} to {}", range.start(), range.end())]
    Range { name: &'static str, found: String, range: RangeInclusive<i64> },
    #[error("{name} cannot be \"{found}\": give one of {}", known.join(", "))]
    Choice { name: &'static str, found: String, known: &'static [&'static str] },
    #[error("there is no argument {found}: this tool takes {}", known.join(", "))]
    Unknown { found: String, known: &'static [&'static str] },
    #[error("{name}: {source}")]
    Date {
        name: &'static str,
        #[source]
        source: DateError,
    },
}

/// The arguments of one call.
#[derive(Debug)]
pub(crate) struct Arguments {
    given: JsonObject,
}

impl Arguments {
    /// Refuses any argument that is not `known`; `null` counts as not given.
    pub fn new(
        given: Option<JsonObject>,
        known: &'static [&'static str],
    ) -> Result<Arguments, ArgumentError> {
        let given: JsonObject =
            given.unwrap_or_default().into_iter().filter(|(_, value)| !value.is_null()).collect();
        match given.keys().find(|name| !known.contains(&name.as_str())) {
            Some(found) => Err(ArgumentError::Unknown { found: shortened(found), known }),
            None => Ok(Arguments { given }),
        }
    }

    /// A required text of 1 to `longest` characters, with control characters and runs of spaces made single spaces.
    pub fn text(&self, name: &'static str, longest: usize) -> Result<String, ArgumentError> {
        self.optional_text(name, longest)?.ok_or(ArgumentError::Missing { name, wanted: "a string" })
    }

    /// As [`Arguments::text`], when it is given.
    pub fn optional_text(&self, name: &'static str, longest: usize) -> Result<Option<String>, ArgumentError> {
        self.string(name)?.map(|given| plain(name, given, longest)).transpose()
    }

    /// A list of `count` texts, each of 1 to `longest` characters; one text stands for a list of one.
    pub fn texts(
        &self,
        name: &'static str,
        count: RangeInclusive<usize>,
        longest: usize,
    ) -> Result<Option<Vec<String>>, ArgumentError> {
        let wanted = "a list of strings";
        let texts = match self.given.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => vec![plain(name, text, longest)?],
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| match item {
                    Value::String(text) => plain(name, text, longest),
                    other => Err(ArgumentError::Kind { name, wanted, found: kind(other) }),
                })
                .collect::<Result<Vec<_>, _>>()?,
            Some(other) => return Err(ArgumentError::Kind { name, wanted, found: kind(other) }),
        };
        let given = texts.len();
        if count.contains(&given) {
            Ok(Some(texts))
        } else {
            Err(ArgumentError::Count { name, count: given, range: count })
        }
    }

    /// One of `known`, or the first of them.
    pub fn choice(
        &self,
        name: &'static str,
        known: &'static [&'static str],
    ) -> Result<&'static str, ArgumentError> {
        let given = self.string(name)?;
        let wanted = given.or(known.first().copied()).unwrap_or_default();
        let found = known.iter().copied().find(|choice| *choice == wanted);
        found.ok_or_else(|| ArgumentError::Choice { name, found: shortened(wanted), known })
    }

    /// A whole number within `range`.
    pub fn integer(
        &self,
        name: &'static str,
        range: RangeInclusive<i64>,
    ) -> Result<Option<i64>, ArgumentError> {
        let Some(given) = self.given.get(name) else { return Ok(None) };
        let Value::Number(number) = given else {
            return Err(ArgumentError::Kind { name, wanted: "a whole number", found: kind(given) });
        };
        match number.as_i64().filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(ArgumentError::Range { name, found: number.to_string(), range }),
        }
    }

    /// Yes or no.
    pub fn flag(&self, name: &'static str) -> Result<Option<bool>, ArgumentError> {
        match self.given.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(ArgumentError::Kind { name, wanted: "true or false", found: kind(other) }),
        }
    }

    /// A spoken or written date.
    pub fn when(&self, name: &'static str, now: &Zoned) -> Result<Option<When>, ArgumentError> {
        match self.string(name)? {
            None => Ok(None),
            Some(phrase) if phrase.trim().is_empty() => Err(ArgumentError::Empty { name }),
            Some(phrase) => {
                dates::parse(phrase, now).map(Some).map_err(|source| ArgumentError::Date { name, source })
            }
        }
    }

    /// As [`Arguments::when`], of something that stands on `day`: words without a day are of that day.
    pub fn when_on(&self, name: &'static str, day: Date, now: &Zoned) -> Result<Option<When>, ArgumentError> {
        match self.string(name)? {
            None => Ok(None),
            Some(phrase) if phrase.trim().is_empty() => Err(ArgumentError::Empty { name }),
            Some(phrase) => dates::parse_on(phrase, day, now)
                .map(Some)
                .map_err(|source| ArgumentError::Date { name, source }),
        }
    }

    /// The value as it came, for what only the tool itself can check.
    pub fn value(&self, name: &'static str) -> Option<&Value> {
        self.given.get(name)
    }

    /// A string as it came.
    pub fn string(&self, name: &'static str) -> Result<Option<&str>, ArgumentError> {
        match self.given.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(ArgumentError::Kind { name, wanted: "a string", found: kind(other) }),
        }
    }
}

/// A text of 1 to `longest` characters, with control characters and runs of spaces made single spaces.
pub(crate) fn plain(name: &'static str, given: &str, longest: usize) -> Result<String, ArgumentError> {
    let text = given.replace(char::is_control, " ").split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err(ArgumentError::Empty { name }),
        length if length > longest => Err(ArgumentError::Long { name, length, longest }),
        _ => Ok(text),
    }
}

/// What a wrong value is, in words.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
