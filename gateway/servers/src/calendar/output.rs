//! Structured output of the tools.

use schemars::JsonSchema;
use serde::Serialize;

/// An event, at one of its times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Event {
    /// The event's id, which names this one of its times.
    pub id: String,
    /// What it is.
    pub title: String,
    /// When it begins: RFC 9557, or an ISO date if it is for whole days.
    pub from: String,
    /// When it ends, itself not included: RFC 9557, or an ISO date if it is for whole days.
    pub to: String,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The calendar that it stands in.
    pub calendar: String,
    /// Whether it comes again and again.
    pub repeats: bool,
    /// Addresses of those who are invited.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attendees: Vec<String>,
    /// Titles of what was there at the same time when it was put there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlaps: Option<Vec<String>>,
}

/// A part of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Events {
    /// At most a hundred, the earliest first; a repeated event at each of its times.
    pub events: Vec<Event>,
    /// How many there are in all.
    pub total: usize,
    /// How many stand in the calendar that can't be read.
    pub unreadable: usize,
}

/// A stretch of free time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FreeTime {
    /// When it begins, RFC 9557.
    pub from: String,
    /// When it ends, RFC 9557.
    pub to: String,
    /// How long it is, in minutes.
    pub minutes: i64,
}

/// Whether the person is free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Availability {
    /// Whether nothing takes up any of the time asked about.
    pub free: bool,
    /// Free time within it, at most a hundred, the earliest first.
    pub times: Vec<FreeTime>,
    /// What takes up some of it, and what is for whole days, at most a hundred.
    pub events: Vec<Event>,
    /// How many events stand in the calendar that can't be read.
    pub unreadable: usize,
}
