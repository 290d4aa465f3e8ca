//! The zones of a calendar object.
//!
//! A `TZID` is a name that the object gives. Nearly always it is an IANA name, or ends with one; else the rules of the
//! object's own `VTIMEZONE` are taken, which is how Exchange writes "W. Europe Standard Time". A zone that neither says is
//! unknown, and what stands in it cannot be read: guessing an hour would be worse.

use std::collections::HashMap;

use icalendar::Property;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::{Dst, Offset, TimeZone};
use jiff::{Timestamp, ToSpan, Zoned};

use super::document::Component;
use super::stamp::Stamp;

/// The zones that an object describes itself, by their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Zones {
    described: HashMap<String, TimeZone>,
}

impl Zones {
    /// Those of a calendar object.
    pub fn of(calendar: &Component) -> Zones {
        let described = calendar.components("VTIMEZONE").filter_map(|zone| {
            let name = zone.text("TZID")?;
            let known = zone.text("X-LIC-LOCATION").and_then(|place| TimeZone::get(&place).ok());
            Some((name, known.or_else(|| described(zone))?))
        });
        Zones { described: described.collect() }
    }

    /// The zone of this name.
    pub fn get(&self, name: &str) -> Option<TimeZone> {
        iana(name).or_else(|| self.described.get(name.trim()).cloned())
    }
}

/// The zone whose IANA name this is, or ends with: `/mozilla.org/20050126_1/Europe/Berlin`.
fn iana(name: &str) -> Option<TimeZone> {
    let mut rest = name.trim().trim_start_matches('/');
    loop {
        if let Ok(zone) = TimeZone::get(rest) {
            return Some(zone);
        }
        rest = rest.split_once('/')?.1;
    }
}

/// The zone that a `VTIMEZONE` describes: its latest rules, as a rule of POSIX.
fn described(zone: &Component) -> Option<TimeZone> {
    let latest = |name| {
        let parts = zone.components(name).filter_map(Observance::read);
        parts.max_by_key(|part| part.from)
    };
    let Some(summer) = latest("DAYLIGHT") else {
        return Some(TimeZone::fixed(latest("STANDARD")?.offset));
    };
    let winter = latest("STANDARD")?;
    let (summer_rule, winter_rule) = (summer.rule?, winter.rule?);
    let posix = format!(
        "<STD>{}<DST>{},{summer_rule},{winter_rule}",
        posix_offset(winter.offset),
        posix_offset(summer.offset)
    );
    TimeZone::posix(&posix).ok()
}

/// A part of a `VTIMEZONE`.
struct Observance {
    from: DateTime,
    offset: Offset,
    /// When it begins each year, as POSIX writes it: `M3.5.0/02:00:00`.
    rule: Option<String>,
}

impl Observance {
    fn read(part: &Component) -> Option<Observance> {
        let from = Stamp::of(&part.property("DTSTART")?)?.wall;
        let offset = offset(&part.text("TZOFFSETTO")?)?;
        let rule = part.text("RRULE").and_then(|rule| posix_rule(&rule.to_ascii_uppercase(), from));
        Some(Observance { from, offset, rule })
    }
}

/// `FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU` at a time of day.
fn posix_rule(rule: &str, from: DateTime) -> Option<String> {
    let field = |name: &str| {
        let fields = rule.split(';').filter_map(|field| field.split_once('='));
        fields.filter(|(own, _)| *own == name).map(|(_, value)| value).next()
    };
    let (month, day) = (field("BYMONTH")?.parse::<i8>().ok()?, field("BYDAY")?);
    if field("FREQ") != Some("YEARLY") || day.len() < 3 || !day.is_ascii() {
        return None;
    }
    let (nth, day) = day.split_at(day.len() - 2);
    let nth = match nth.parse::<i8>().ok()? {
        -1 => 5,
        nth @ 1..=4 => nth,
        _ => return None,
    };
    let day = DAYS.iter().position(|(name, _)| *name == day)?;
    Some(format!("M{month}.{nth}.{day}/{}", from.time().strftime("%H:%M:%S")))
}

/// Sunday first, as POSIX counts.
const DAYS: [(&str, Weekday); 7] = [
    ("SU", Weekday::Sunday),
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
];

/// `+0100` or `-033000`.
fn offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let part = |from: usize| digits.get(from..from + 2).and_then(|part| part.parse::<i32>().ok());
    let seconds = part(0)? * 3600 + part(2)? * 60 + part(4).unwrap_or(0);
    Offset::from_seconds(sign * seconds).ok()
}

/// POSIX counts to the west.
fn posix_offset(offset: Offset) -> String {
    let seconds = -offset.seconds();
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.abs();
    format!("{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// How many years of a zone are written down where its changes follow no rule.
const YEARS: i64 = 10;

/// The `VTIMEZONE` of a zone for what begins at `from`.
pub(super) fn component(name: &str, from: &Zoned) -> Component {
    let mut zone = Component::new("VTIMEZONE");
    zone.add(Property::new("TZID", name));
    // From the year before, so that what begins in January has a rule too.
    let year = from.date().first_of_year().saturating_sub(1.year());
    let start = year.to_zoned(from.time_zone().clone()).map_or(from.timestamp(), |start| start.timestamp());
    let end = start.checked_add((YEARS * 366 * 24).hours()).unwrap_or(Timestamp::MAX);
    let changes: Vec<Change> = from
        .time_zone()
        .following(start)
        .take_while(|change| change.timestamp() < end)
        .map(|change| Change::new(from.time_zone(), change.timestamp(), change.offset(), change.dst()))
        .collect();
    let before = from.time_zone().to_offset_info(start);
    if changes.is_empty() {
        let since = before.offset().to_datetime(start);
        zone.push(observance("STANDARD", since, before.offset(), before.offset(), None));
        return zone;
    }
    for dst in [Dst::No, Dst::Yes] {
        let kind = if dst.is_dst() { "DAYLIGHT" } else { "STANDARD" };
        let these: Vec<&Change> = changes.iter().filter(|change| change.dst == dst).collect();
        match (these.first(), rule(&these)) {
            (Some(first), Some(rule)) => {
                zone.push(observance(kind, first.wall, first.before, first.after, Some(&rule)));
            }
            (Some(_), None) => {
                for change in these {
                    zone.push(observance(kind, change.wall, change.before, change.after, None));
                }
            }
            (None, _) => {}
        }
    }
    zone
}

struct Change {
    /// The wall time at which it happens, on the clock before it.
    wall: DateTime,
    before: Offset,
    after: Offset,
    dst: Dst,
}

impl Change {
    fn new(zone: &TimeZone, at: Timestamp, after: Offset, dst: Dst) -> Change {
        let earlier = at.checked_sub(1.second()).unwrap_or(at);
        let before = zone.to_offset_info(earlier).offset();
        Change { wall: before.to_datetime(at), before, after, dst }
    }
}

/// The yearly rule that all of these changes follow, if there is one.
fn rule(changes: &[&Change]) -> Option<String> {
    let first = changes.first()?;
    let same = |change: &&Change| {
        (change.wall.month(), change.wall.weekday(), change.wall.time(), change.before, change.after)
            == (first.wall.month(), first.wall.weekday(), first.wall.time(), first.before, first.after)
    };
    let years = changes.windows(2).all(|pair| pair[1].wall.year() == pair[0].wall.year() + 1);
    if changes.len() < 5 || !changes.iter().all(same) || !years {
        return None;
    }
    let nth = |change: &Change| (change.wall.day() - 1) / 7 + 1;
    let last = |change: &&Change| change.wall.day() + 7 > change.wall.date().days_in_month();
    let nth = if changes.iter().all(last) {
        -1
    } else if changes.iter().all(|change| nth(change) == nth(first)) {
        nth(first)
    } else {
        return None;
    };
    let (day, _) = DAYS.iter().find(|(_, day)| *day == first.wall.weekday())?;
    Some(format!("FREQ=YEARLY;BYMONTH={};BYDAY={nth}{day}", first.wall.month()))
}

fn observance(kind: &str, from: DateTime, before: Offset, after: Offset, rule: Option<&str>) -> Component {
    let mut part = Component::new(kind);
    part.add(Property::new("DTSTART", from.strftime("%Y%m%dT%H%M%S").to_string()));
    part.add(Property::new("TZOFFSETFROM", written(before)));
    part.add(Property::new("TZOFFSETTO", written(after)));
    if let Some(rule) = rule {
        part.add(Property::new("RRULE", rule));
    }
    part
}

fn written(offset: Offset) -> String {
    let (sign, seconds) =
        if offset.seconds() < 0 { ('-', -offset.seconds()) } else { ('+', offset.seconds()) };
    let rest = if seconds % 60 == 0 { String::new() } else { format!("{:02}", seconds % 60) };
    format!("{sign}{:02}{:02}{rest}", seconds / 3600, seconds / 60 % 60)
}
