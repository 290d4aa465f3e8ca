//! An event as it stands in a calendar object: read as far as it can be answered about, nothing more.

use icalendar::Property;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, ToSpan, Zoned};

use super::document::{Component, parameter};
use super::stamp::Stamp;
use super::zones::Zones;

/// A `VEVENT`.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub uid: String,
    /// As the calendar has it; "an event without a title" is said for none.
    pub title: Option<String>,
    pub location: Option<String>,
    pub start: Stamp,
    pub extent: Extent,
    /// The value of its `RRULE`.
    pub rule: Option<String>,
    /// Times beside the rule.
    pub more: Vec<Stamp>,
    /// Times of the rule that are left out.
    pub without: Vec<Stamp>,
    /// Which time of a series it stands for.
    pub instead_of: Option<Stamp>,
    /// Whether it takes no time in the calendar (`TRANSP`).
    pub transparent: bool,
    /// Whether it was called off and is only kept as such.
    pub cancelled: bool,
    pub organizer: Option<String>,
    pub attendees: Vec<Attendee>,
}

/// How long an event takes.
#[derive(Debug, Clone)]
pub(super) enum Extent {
    /// Real time.
    Exact(SignedDuration),
    /// By the calendar: "P1D".
    Nominal(Span),
    /// Whole days.
    Days(i64),
}

/// Somebody who is invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attendee {
    /// Without `mailto:`, in small letters.
    pub address: String,
    pub declined: bool,
}

impl Event {
    /// Reads one; none if it does not say when it is.
    pub fn read(component: &Component, zones: &Zones, home: &TimeZone) -> Option<Event> {
        let start = Stamp::of(&component.property("DTSTART")?)?;
        let stamps = |name: &str| component.properties(name).flat_map(|line| Stamp::list(&line)).collect();
        let is =
            |name: &str, value: &str| component.text(name).is_some_and(|own| own.eq_ignore_ascii_case(value));
        Some(Event {
            uid: component.text("UID")?,
            title: component.text("SUMMARY").map(|title| plain(&title)),
            location: component.text("LOCATION").map(|place| plain(&place)),
            extent: extent(component, &start, zones, home)?,
            start,
            rule: component.text("RRULE"),
            more: stamps("RDATE"),
            without: stamps("EXDATE"),
            instead_of: component.property("RECURRENCE-ID").and_then(|line| Stamp::of(&line)),
            transparent: is("TRANSP", "TRANSPARENT"),
            cancelled: is("STATUS", "CANCELLED"),
            organizer: component.property("ORGANIZER").map(|line| address(&line)),
            attendees: component.properties("ATTENDEE").map(|line| Attendee::read(&line)).collect(),
        })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        self.title.as_deref().unwrap_or("an event without a title")
    }

    /// Whether it comes more than once.
    pub fn repeats(&self) -> bool {
        self.rule.is_some() || !self.more.is_empty()
    }

    /// Whether one of these addresses was invited and said no.
    pub fn declined_by(&self, own: &[String]) -> bool {
        self.attendees.iter().any(|attendee| attendee.declined && own.contains(&attendee.address))
    }
}

impl Extent {
    /// The end of what begins at `from`.
    pub fn end(&self, from: &Zoned) -> Zoned {
        let end = match self {
            Extent::Exact(length) => from.checked_add(*length),
            Extent::Nominal(span) => from.checked_add(*span),
            Extent::Days(days) => from.checked_add((*days).days()),
        };
        end.unwrap_or_else(|_| from.clone()).max(from.clone())
    }
}

impl Attendee {
    fn read(line: &Property) -> Attendee {
        let declined = parameter(line, "PARTSTAT").is_some_and(|said| said.eq_ignore_ascii_case("DECLINED"));
        Attendee { address: address(line), declined }
    }
}

/// `mailto:Ann@example.org` as `ann@example.org`.
pub(super) fn address(line: &Property) -> String {
    bare(line.value())
}

/// An address without its scheme, in small letters.
pub(super) fn bare(address: &str) -> String {
    let address = address.trim().to_lowercase();
    address.strip_prefix("mailto:").unwrap_or(&address).to_owned()
}

/// Its length: by its end, by its duration, else a day for a day and no time at all for an hour.
fn extent(component: &Component, start: &Stamp, zones: &Zones, home: &TimeZone) -> Option<Extent> {
    let end = component.property("DTEND").and_then(|line| Stamp::of(&line));
    let duration = component.text("DURATION").and_then(|text| text.parse::<Span>().ok());
    if start.is_day() {
        let days = match (end, duration) {
            (Some(end), _) => i64::from((end.wall.date() - start.wall.date()).get_days()),
            (None, Some(span)) => i64::from(span.get_days()) + i64::from(span.get_weeks()) * 7,
            (None, None) => 1,
        };
        return Some(Extent::Days(days.max(1)));
    }
    Some(match (end, duration) {
        (Some(end), _) => {
            let length = end.at(zones, home)?.duration_since(&start.at(zones, home)?);
            Extent::Exact(length.max(SignedDuration::ZERO))
        }
        (None, Some(span)) => Extent::Nominal(span),
        (None, None) => Extent::Exact(SignedDuration::ZERO),
    })
}

/// Somebody else's words on one line: without control characters and runs of spaces, and not without end.
fn plain(text: &str) -> String {
    const LONGEST: usize = 500;
    let text = text.replace(char::is_control, " ").split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars().take(LONGEST).collect()
}
