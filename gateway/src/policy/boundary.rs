//! Boundaries of level 2: inside them a call runs unasked, outside it is asked about.
//!
//! They are read from JSON, stored and shown in the same form:
//! `{"recipients": ["bob@x.org"], "hours": {"from": "08:00", "to": "18:30", "days": ["mon"]}, "calls_per_hour": 3}`.

mod hours;

use jiff::civil::DateTime;
use serde::Serialize;
use serde_json::{Map, Value};
use thiserror::Error;

use hours::Hours;

use super::grounds::Grounds;
use super::recipients::{self, Recipients};
use crate::capability::Class;

const MAX_CALLS: u32 = 10_000;
const WRITE_RECIPIENTS: &str =
    r##"write it as ["bob@example.org", "*@example.org", "+49 30 1234567", "#team"], with at least one"##;
const WRITE_HOURS: &str =
    r#"write it as {"from": "08:00", "to": "18:30", "days": ["mon", "tue"]}, days may be left out"#;
const WRITE_CALLS: &str = "write it as a whole number from 1 to 10000";

/// What a level 2 rule is bounded by; at least one thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Boundaries {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recipients: Option<Recipients>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hours: Option<Hours>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) calls_per_hour: Option<u32>,
}

impl Boundaries {
    /// Whom the rule lets be reached, as they were written: names, addresses, numbers and `*@domain`.
    #[must_use]
    pub fn recipients(&self) -> &[String] {
        self.recipients.as_ref().map_or(&[], Recipients::entries)
    }
}

/// A boundary that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BoundaryError {
    /// There is no such boundary.
    #[error("boundary {name:?} is unknown, use actions, recipients, hours or calls_per_hour")]
    Unknown {
        /// What was given.
        name: String,
    },
    /// It is not written as it has to be.
    #[error("boundary {name:?} can't be used: {problem}; {write}")]
    Shape {
        /// The boundary.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
        /// How to write it.
        write: &'static str,
    },
    /// At other levels nothing would look at it.
    #[error("boundaries hold at level 2 only; set level 2, or leave them out")]
    Level,
}

/// What a call is compared with its boundaries by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment<'a> {
    /// The local time.
    pub(crate) now: DateTime,
    /// The calls of the last hour in the rule's reach; none where they were not counted.
    pub(crate) calls: Option<u32>,
    /// None where there is no call yet.
    pub(crate) sent: Option<Sent<'a>>,
}

/// What a call sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent<'a> {
    /// The tool's input schema.
    pub(crate) schema: &'a Map<String, Value>,
    pub(crate) arguments: &'a Map<String, Value>,
    pub(crate) grounds: &'a Grounds,
}

impl Boundaries {
    /// Reads everything but `actions`; none if nothing else is there.
    ///
    /// # Errors
    /// Names the boundary and says how to write it.
    pub(crate) fn read(written: &Map<String, Value>) -> Result<Option<Self>, BoundaryError> {
        let mut read = Self { recipients: None, hours: None, calls_per_hour: None };
        for (name, value) in written {
            match name.as_str() {
                "actions" => {}
                "recipients" => {
                    let shape = |problem| BoundaryError::Shape {
                        name: "recipients",
                        problem,
                        write: WRITE_RECIPIENTS,
                    };
                    let names: Option<Vec<String>> = value.as_array().and_then(|names| {
                        names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
                    });
                    let names = names.ok_or_else(|| shape("it is not a list of texts".to_owned()))?;
                    read.recipients = Some(Recipients::read(&names).map_err(shape)?);
                }
                "hours" => {
                    let shape = |problem| BoundaryError::Shape { name: "hours", problem, write: WRITE_HOURS };
                    read.hours = Some(Hours::read(value).map_err(shape)?);
                }
                "calls_per_hour" => {
                    let calls = value.as_u64().and_then(|calls| u32::try_from(calls).ok());
                    let calls = calls.filter(|calls| (1..=MAX_CALLS).contains(calls));
                    let shape = || BoundaryError::Shape {
                        name: "calls_per_hour",
                        problem: format!("it is {value}"),
                        write: WRITE_CALLS,
                    };
                    read.calls_per_hour = Some(calls.ok_or_else(shape)?);
                }
                _ => return Err(BoundaryError::Unknown { name: name.clone() }),
            }
        }
        let none = Self { recipients: None, hours: None, calls_per_hour: None };
        Ok((read != none).then_some(read))
    }

    /// Every boundary that a call is outside of, in words. What is not known is not compared.
    pub(super) fn outside(&self, moment: &Moment<'_>, class: Class) -> Vec<String> {
        let mut outside = Vec::new();
        if let Some(hours) = self.hours.as_ref().filter(|hours| !hours.contain(moment.now)) {
            outside.push(format!("outside {hours}"));
        }
        if let (Some(limit), Some(calls)) = (self.calls_per_hour, moment.calls)
            && calls >= limit
        {
            let word = if calls == 1 { "call" } else { "calls" };
            outside.push(format!("{calls} {word} this hour already, the limit is {limit}"));
        }
        if let (Some(allowed), Some(Sent { schema, arguments, .. })) = (&self.recipients, &moment.sent) {
            let found = recipients::in_arguments(schema, arguments);
            outside.extend(recipients::in_words(&allowed.strangers(&found)));
            // What only reads reaches nobody; anything else may.
            if found.is_empty() && class != Class::Read {
                outside.push("no recipient can be found in the arguments".to_owned());
            }
        }
        outside
    }
}

#[cfg(test)]
mod odd;
#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Option<Boundaries>, String> {
        Boundaries::read(value.as_object().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn it_is_shown_as_it_is_written() {
        for value in [
            json!({"recipients": ["bob@x.org", "*@example.org"]}),
            json!({"hours": {"from": "08:00", "to": "18:30"}}),
            json!({"hours": {"from": "22:00", "to": "06:00", "days": ["mon", "sun"]}, "calls_per_hour": 3}),
        ] {
            let boundaries = read(value.clone()).unwrap().unwrap();
            assert_eq!(serde_json::to_value(&boundaries).unwrap(), value);
        }
        assert_eq!(read(json!({"actions": ["x"]})), Ok(None));
    }

    #[test]
    fn what_cannot_be_used_says_how_to_write_it() {
        for (value, wanted) in [
            (
                json!({"hour": 1}),
                "boundary \"hour\" is unknown, use actions, recipients, hours or calls_per_hour",
            ),
            (
                json!({"calls_per_hour": 0}),
                "boundary \"calls_per_hour\" can't be used: it is 0; write it as a whole number from 1 to 10000",
            ),
            (
                json!({"calls_per_hour": "3"}),
                "boundary \"calls_per_hour\" can't be used: it is \"3\"; write it as a whole number from 1 to 10000",
            ),
            (
                json!({"recipients": []}),
                "boundary \"recipients\" can't be used: it is empty; write it as [\"bob@example.org\", \
                 \"*@example.org\", \"+49 30 1234567\", \"#team\"], with at least one",
            ),
            (
                json!({"recipients": "bob@x.org"}),
                "boundary \"recipients\" can't be used: it is not a list of texts; write it as [\"bob@example.org\", \
                 \"*@example.org\", \"+49 30 1234567\", \"#team\"], with at least one",
            ),
            (
                json!({"hours": {"from": "08:00", "to": "08:00"}}),
                "boundary \"hours\" can't be used: from and to are the same; write it as {\"from\": \"08:00\", \
                 \"to\": \"18:30\", \"days\": [\"mon\", \"tue\"]}, days may be left out",
            ),
        ] {
            assert_eq!(read(value).unwrap_err(), wanted);
        }
        for value in
            [json!({"calls_per_hour": 1.5}), json!({"calls_per_hour": 10_001}), json!({"recipients": null})]
        {
            assert!(read(value.clone()).is_err(), "{value}");
        }
    }
}
