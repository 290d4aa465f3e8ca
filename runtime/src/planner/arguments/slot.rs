//! Which arguments hold a date or a time, and how they want it written.

use homepilot_servers::dates::When;
use jiff::{Zoned, civil::Date};
use serde_json::Value;

/// What a temporal argument takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Our own servers: every meaning, in its wire form.
    Ours,
    /// A moment, a day or a clock time written by this pattern (strftime).
    Pattern(&'static str),
    /// The words as they were spoken.
    Words,
}

/// Which end of a stretch an argument holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// The first moment.
    Start,
    /// The last moment.
    End,
    /// All of it.
    Whole,
}

/// An argument that holds a date or a time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slot<'a> {
    pub name: &'a str,
    pub form: Form,
    pub edge: Edge,
    /// Takes a day.
    pub day: bool,
    /// Takes a clock time.
    pub clock: bool,
    /// Takes how often something repeats.
    pub repeats: bool,
}

/// How descriptions write patterns; the longer ones first.
const PATTERNS: [(&str, &str); 22] = [
    ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S"),
    ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S"),
    ("YYYY-MM-DDTHH:MM:SSZ", "%Y-%m-%dT%H:%M:%SZ"),
    ("YYYY-MM-DDTHH:MM:SS", "%Y-%m-%dT%H:%M:%S"),
    ("YYYY-MM-DD HH:MM:SS", "%Y-%m-%d %H:%M:%S"),
    ("YYYY-MM-DDTHH:MM", "%Y-%m-%dT%H:%M"),
    ("YYYY-MM-DD HH:MM", "%Y-%m-%d %H:%M"),
    ("%Y-%m-%d", "%Y-%m-%d"),
    ("%m/%d/%Y", "%m/%d/%Y"),
    ("%H:%M:%S", "%H:%M:%S"),
    ("%H:%M", "%H:%M"),
    ("YYYY-MM-DD", "%Y-%m-%d"),
    ("YYYY/MM/DD", "%Y/%m/%d"),
    ("YYYYMMDD", "%Y%m%d"),
    ("MM/DD/YYYY", "%m/%d/%Y"),
    ("MM-DD-YYYY", "%m-%d-%Y"),
    ("DD/MM/YYYY", "%d/%m/%Y"),
    ("DD-MM-YYYY", "%d-%m-%Y"),
    ("DD.MM.YYYY", "%d.%m.%Y"),
    ("HH:MM:SS", "%H:%M:%S"),
    ("HH:MM", "%H:%M"),
    ("ISO 8601", INSTANT),
];
const INSTANT: &str = "%Y-%m-%dT%H:%M:%S%:z";
/// Parts of a name that speak of time and mean no moment.
const NO_MOMENT: &[&str] = &[
    "zone", "zones", "span", "frame", "unit", "units", "format", "limit", "out", "id", "period", "count",
    "number",
];

/// The temporal arguments of a schema, in its order.
pub(super) fn slots(schema: &Value) -> Vec<Slot<'_>> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let found: Vec<Slot<'_>> =
        properties.into_iter().flatten().filter_map(|(name, property)| slot(name, property)).collect();
    let apart = |take: fn(&Slot<'_>) -> bool| found.iter().any(|s| s.form == Form::Words && take(s));
    let (days, clocks) = (apart(|s| s.day && !s.clock), apart(|s| s.clock && !s.day));
    found
        .iter()
        .cloned()
        // An argument that alone is there for the moment takes both of it.
        .map(|s| {
            let apart = days && clocks || s.form != Form::Words || s.repeats;
            if apart { s } else { Slot { day: true, clock: true, ..s } }
        })
        .collect()
}

/// The slot that one argument is, if it is one.
pub(super) fn slot<'a>(name: &'a str, property: &Value) -> Option<Slot<'a>> {
    let text = |key: &str| property.get(key).and_then(Value::as_str);
    if property.get("enum").is_some() || text("type").is_some_and(|kind| kind != "string") {
        return None;
    }
    let parts = parts(name);
    let has = |known: &[&str]| parts.iter().any(|part| known.contains(&part.as_str()));
    let edge = if has(&["start", "starting", "begin", "from", "after", "since"]) {
        Edge::Start
    } else if has(&["end", "ending", "until", "till", "to", "before"]) {
        Edge::End
    } else {
        Edge::Whole
    };
    let pattern = |pattern: &'static str| Slot {
        name,
        form: Form::Pattern(pattern),
        edge,
        day: pattern.contains("%d"),
        clock: pattern.contains("%H"),
        repeats: false,
    };
    if text("x-homepilot") == Some("when") {
        return Some(Slot {
            name,
            form: Form::Ours,
            edge: Edge::Whole,
            day: true,
            clock: true,
            repeats: true,
        });
    }
    match text("format") {
        Some("date-time") => return Some(pattern(INSTANT)),
        Some("date") => return Some(pattern("%Y-%m-%d")),
        Some("time") => return Some(pattern("%H:%M:%S")),
        Some(_) | None => {}
    }
    if has(NO_MOMENT) {
        return None;
    }
    let description = text("description").unwrap_or_default().replace("ISO-8601", "ISO 8601");
    if let Some((_, written)) = PATTERNS.iter().find(|(shown, _)| description.contains(shown)) {
        return Some(pattern(written));
    }
    let day = has(&["date", "day", "when", "datetime", "due", "deadline"]);
    let clock = has(&["time", "when", "datetime"]);
    let repeats = has(&["recurrence", "recurring", "repeat", "repeats", "repetition"]);
    let edge = if repeats { Edge::Whole } else { edge };
    (day || clock || repeats).then_some(Slot {
        name,
        form: Form::Words,
        edge,
        day: day && !repeats,
        clock: clock && !repeats,
        repeats,
    })
}

/// The words of a name: "start_time" and "startTime" have two.
pub(super) fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower) {
            parts.push(String::new());
        }
        lower = c.is_lowercase();
        if let Some(part) = parts.last_mut().filter(|_| c.is_alphanumeric()) {
            part.extend(c.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

impl Slot<'_> {
    /// The value for `when`; `None` where the argument can't hold it.
    pub fn write(&self, when: &When) -> Option<String> {
        let pattern = match self.form {
            Form::Ours => return Some(when.wire()),
            Form::Pattern(pattern) => pattern,
            Form::Words => return None,
        };
        let at = |moment: &Zoned| Some(moment.strftime(pattern).to_string());
        match (when, self.edge) {
            (When::At(moment), Edge::Start | Edge::Whole) => at(moment),
            (When::Day(day), Edge::Whole) if !self.clock => Some(day.strftime(pattern).to_string()),
            (When::Day(day), Edge::Whole) if pattern == INSTANT => Some(day.to_string()),
            (When::Day(day), Edge::Start) if self.day => Some(edge(*day, 0, pattern)),
            (When::Day(day), Edge::End) if self.day => Some(edge(*day, LAST, pattern)),
            (When::Span { from, .. }, Edge::Start | Edge::Whole) => at(from),
            (When::Span { to, .. }, Edge::End) => {
                let midnight = to.time() == jiff::civil::Time::midnight();
                // A stretch ends before its end: the last second of the day, where it is a day.
                let last = if midnight {
                    to.checked_sub(jiff::SignedDuration::from_secs(1)).ok()?
                } else {
                    to.clone()
                };
                at(&last)
            }
            (When::Every(every), Edge::Whole | Edge::Start) => at(&every.first),
            (When::At(_) | When::Every(_), Edge::End) | (When::Day(_), _) => None,
        }
    }

    /// A written moment in this argument's form, if each of its parts was spoken: `said` by its number, a month also by
    /// its lower-case `name`. An hour after noon may have been said by the twelve-hour clock.
    pub fn rewritten(
        &self,
        text: &str,
        said: impl Fn(f64) -> bool,
        name: impl Fn(&str) -> bool,
    ) -> Option<(String, Half)> {
        let Form::Pattern(pattern) = self.form else { return None };
        let (day, clock) = WRITTEN.iter().find_map(|form| {
            let parsed = jiff::fmt::strtime::parse(form, text).ok()?;
            let dated = form.contains("%d").then(|| parsed.to_date().ok()).flatten();
            Some((dated, form.contains("%H").then(|| parsed.to_time().ok()).flatten()))
        })?;
        let day_said = day.is_none_or(|day| {
            said(day.year().into())
                && said(day.day().into())
                && (said(day.month().into()) || name(&day.strftime("%B").to_string().to_lowercase()))
        });
        let clock_said = clock.is_none_or(|time| {
            let hour = said(time.hour().into()) || time.hour() > 12 && said((time.hour() - 12).into());
            hour && (time.minute() == 0 || said(time.minute().into())) && time.second() == 0
        });
        // A clock time has no place in a day, and the other way round.
        let fits = (!self.day || day.is_some()) && (!self.clock || clock.is_some() || !self.day);
        if !(day_said && clock_said && fits) {
            return None;
        }
        let at = day.unwrap_or(Date::ZERO).to_datetime(clock.unwrap_or_default());
        let half =
            if clock.is_some_and(|time| (1..=12).contains(&time.hour())) { Half::Open } else { Half::Told };
        Some((at.strftime(pattern.strip_suffix("%:z").unwrap_or(pattern)).to_string(), half))
    }
}

/// Whether a written hour tells which half of the day it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// One to twelve: the words may say "in the evening".
    Open,
    /// Beyond twelve, or no hour at all.
    Told,
}

/// The ways models write moments, with and without a clock time.
const WRITTEN: [&str; 9] = [
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%H:%M:%S",
    "%H:%M",
];

/// Second of the day on which it ends.
const LAST: i32 = 24 * 60 * 60 - 1;

fn edge(day: Date, second: i32, pattern: &str) -> String {
    let time = jiff::civil::Time::midnight()
        .checked_add(jiff::SignedDuration::from_secs(i64::from(second)))
        .unwrap_or(jiff::civil::Time::MAX);
    let at = day.to_datetime(time);
    // A moment without a zone has no offset to write.
    at.strftime(pattern.strip_suffix("%:z").unwrap_or(pattern)).to_string()
}

#[cfg(test)]
mod tests {
    use jiff::{civil::date, tz::TimeZone};
    use serde_json::json;

    use super::*;

    #[test]
    fn names_descriptions_and_formats_tell_which_arguments_are_moments() {
        let schema = json!({"properties": {
            "date": {"type": "string"},
            "time": {"type": "string"},
            "title": {"type": "string"},
            "timezone": {"type": "string", "description": "time zone"},
            "time_zone": {"type": "string"},
            "from": {"type": "string", "description": "sender"},
            "startTime": {"type": "string", "description": "in the pattern of %Y-%m-%d %H:%M:%S"},
            "end_range": {"type": "string", "description": "Format: %H:%M:%S"},
            "due": {"format": "date-time"},
            "days": {"type": "integer"},
            "day": {"enum": ["monday"]}
        }});
        let found: Vec<_> = slots(&schema).iter().map(|s| (s.name, s.form, s.edge, s.day, s.clock)).collect();
        assert_eq!(
            found,
            [
                ("date", Form::Words, Edge::Whole, true, false),
                ("time", Form::Words, Edge::Whole, false, true),
                ("startTime", Form::Pattern("%Y-%m-%d %H:%M:%S"), Edge::Start, true, true),
                ("end_range", Form::Pattern("%H:%M:%S"), Edge::End, false, true),
                ("due", Form::Pattern(INSTANT), Edge::Whole, true, true),
            ]
        );
        let alone = json!({"properties": {"time": {"type": "string"}}});
        assert!(slots(&alone)[0].day && slots(&alone)[0].clock);
    }

    #[test]
    fn a_day_has_a_beginning_and_an_end() {
        let schema = json!({"properties": {
            "start_time": {"description": "%Y-%m-%d %H:%M:%S"}, "end_time": {"description": "%Y-%m-%d %H:%M:%S"},
            "date": {"description": "MM/DD/YYYY"}, "at": {"description": "HH:MM"}
        }});
        let written =
            |when: &When| -> Vec<Option<String>> { slots(&schema).iter().map(|s| s.write(when)).collect() };
        let some = |text: &str| Some(text.to_owned());
        let day = date(2026, 3, 10);
        assert_eq!(
            written(&When::Day(day)),
            [some("2026-03-10 00:00:00"), some("2026-03-10 23:59:59"), some("03/10/2026"), None]
        );
        let at = day.at(17, 30, 0, 0).to_zoned(TimeZone::UTC).unwrap();
        assert_eq!(
            written(&When::At(at.clone())),
            [some("2026-03-10 17:30:00"), None, some("03/10/2026"), some("17:30")]
        );
        let to = date(2026, 3, 12).at(0, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap();
        assert_eq!(written(&When::Span { from: at, to })[1], some("2026-03-11 23:59:59"));
    }
}
