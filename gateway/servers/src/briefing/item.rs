//! One thing that a source holds.

use jiff::Zoned;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::source::Kind;

/// A time as a source gave it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stamp {
    At(Zoned),
    Day(Date),
}

impl Stamp {
    /// Its day in the user's zone.
    pub fn day(&self, now: &Zoned) -> Date {
        match self {
            Stamp::At(at) => at.with_time_zone(now.time_zone().clone()).date(),
            Stamp::Day(day) => *day,
        }
    }

    /// Whether all of it is over.
    pub fn is_over(&self, now: &Zoned) -> bool {
        match self {
            Stamp::At(at) => at < now,
            Stamp::Day(day) => *day < now.date(),
        }
    }

    /// Whether it lies between two moments; a day does if any of it may.
    pub fn is_within(&self, from: &Zoned, to: &Zoned) -> bool {
        match self {
            Stamp::At(at) => from <= at && at <= to,
            Stamp::Day(day) => from.date() <= *day && *day <= to.date(),
        }
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Stamp::At(at) => serializer.collect_str(at),
            Stamp::Day(day) => serializer.collect_str(day),
        }
    }
}

/// One thing that a source holds. Its texts are those of the source, cleaned and cut.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Item {
    /// The source's id.
    pub source: String,
    /// What the source holds.
    pub kind: Kind,
    /// What it is, at most 200 characters.
    pub title: String,
    /// When it is due, or begins: RFC 9557, or an ISO date for a whole day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub when: Option<Stamp>,
    /// When it was made or received.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub created: Option<Stamp>,
    /// When it was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub changed: Option<Stamp>,
    /// When it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub done: Option<Stamp>,
    /// Whether nothing is left to do about it.
    pub finished: bool,
    /// Who sent or wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}
