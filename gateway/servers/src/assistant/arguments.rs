//! Arguments as they arrive, checked: every problem names the argument and says what to give instead.

use jiff::Zoned;
use rmcp::model::JsonObject;
use serde_json::Value;

use super::tools::LONGEST_TEXT;
use crate::dates::{self, DateError, When};

/// What is wrong with a call's arguments.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArgumentError {
    #[error("{name} is missing: give it as a string")]
    Missing { name: &'static str },
    #[error("{name} must be a string, not {found}")]
    NotText { name: &'static str, found: &'static str },
    #[error("{name} is empty: say what it is about")]
    Empty { name: &'static str },
    #[error("{name} has {length} characters: {LONGEST_TEXT} is the most, say it shorter")]
    Long { name: &'static str, length: usize },
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
    #[error("a reminder needs an hour: say it like \"{spoken} at nine a.m.\"")]
    NoHour { spoken: String },
    #[error("{spoken} has begun: say a time that is still to come")]
    Begun { spoken: String },
}

/// The arguments of one call.
#[derive(Debug)]
pub(super) struct Arguments {
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
            Some(found) => Err(ArgumentError::Unknown { found: found.chars().take(40).collect(), known }),
            None => Ok(Arguments { given }),
        }
    }

    /// A text of 1 to 500 characters, with control characters and runs of spaces made single spaces.
    pub fn text(&self, name: &'static str) -> Result<String, ArgumentError> {
        let given = self.string(name)?.ok_or(ArgumentError::Missing { name })?;
        let plain = given.replace(char::is_control, " ");
        let text = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        match text.chars().count() {
            0 => Err(ArgumentError::Empty { name }),
            length if length > LONGEST_TEXT => Err(ArgumentError::Long { name, length }),
            _ => Ok(text),
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
        found.ok_or_else(|| ArgumentError::Choice { name, found: wanted.chars().take(40).collect(), known })
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

    fn string(&self, name: &'static str) -> Result<Option<&str>, ArgumentError> {
        let found = match self.given.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => return Ok(Some(text)),
            Some(Value::Null) => "null",
            Some(Value::Bool(_)) => "a boolean",
            Some(Value::Number(_)) => "a number",
            Some(Value::Array(_)) => "a list",
            Some(Value::Object(_)) => "an object",
        };
        Err(ArgumentError::NotText { name, found })
    }
}

/// The instant at which a reminder for `when` is due.
pub(super) fn due(when: &When, now: &Zoned) -> Result<Zoned, ArgumentError> {
    let Some(moment) = when.moment() else {
        return Err(ArgumentError::NoHour {
            spoken: dates::say(when, now).trim_start_matches("on ").to_owned(),
        });
    };
    let running = matches!(when, When::Span { .. }) && moment <= now;
    if running { Err(ArgumentError::Begun { spoken: dates::say(when, now) }) } else { Ok(moment.clone()) }
}
