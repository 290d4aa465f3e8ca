//! What a calendar holds in a stretch of time: every event at each of its times, exceptions in their places.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Zoned};

use super::document::Component;
use super::event::Event;
use super::stamp::{Kind, Stamp};
use super::zones::Zones;
use crate::dates::{Series, SeriesError, When};
use crate::free::Stretch;
use crate::matching::Item;

/// The most times of one event within a stretch.
const MOST: usize = 400;
/// The most times of all events of one object, which are usually one series and its exceptions.
const MOST_OF_ALL: usize = 4000;

/// Why an event cannot be said to be at any time.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it does not say when it is, or in a zone that nobody knows")]
    Time,
    #[error(transparent)]
    Rule(#[from] SeriesError),
}

/// An event at one of its times.
#[derive(Debug, Clone)]
pub(super) struct Occurrence {
    /// One for all its times: what it lists may be long.
    pub event: Arc<Event>,
    /// In the person's zone.
    pub from: Zoned,
    /// Itself not included.
    pub to: Zoned,
    /// Which time of a series it is, in the form of the series' beginning; none for what comes once.
    pub of_series: Option<Stamp>,
    /// Its id: the event's, and the time if it is one of several.
    pub id: String,
    /// In which of several objects it stands.
    pub place: usize,
}

impl Occurrence {
    /// Whether it takes up hours: not what is for whole days, and not what is marked as taking none.
    pub fn takes_hours(&self) -> bool {
        !self.event.start.is_day() && !self.event.transparent && self.to > self.from
    }

    /// Whether any of it falls into the stretch; what takes no time falls where it begins.
    pub fn overlaps(&self, (from, to): &Stretch) -> bool {
        self.from < *to && (self.to > *from || (self.to == self.from && self.from >= *from))
    }

    /// Its time as a meaning.
    pub fn when(&self) -> When {
        let one_day = self.event.start.is_day() && self.from.date().tomorrow().ok() == Some(self.to.date());
        match self.event.start.is_day() {
            true if one_day => When::Day(self.from.date()),
            false if self.from == self.to => When::At(self.from.clone()),
            true | false => When::Span { from: self.from.clone(), to: self.to.clone() },
        }
    }
}

impl Item for Occurrence {
    fn id(&self) -> &str {
        &self.id
    }

    fn words(&self) -> &str {
        self.event.name()
    }

    fn differs(&self, other: &Occurrence) -> bool {
        self.event.uid != other.event.uid || self.from != other.from
    }
}

/// Every time within `window` of the events in a calendar object, and how many of its events cannot be read.
pub(super) fn occurrences(calendar: &Component, window: &Stretch) -> (Vec<Occurrence>, usize) {
    let home = window.0.time_zone();
    let zones = Zones::of(calendar);
    let mut unreadable = 0;
    let mut series: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for component in calendar.components("VEVENT") {
        match Event::read(component, &zones, home) {
            Some(event) => series.entry(event.uid.clone()).or_default().push(event),
            None => unreadable += 1,
        }
    }
    let mut found = Vec::new();
    for events in series.into_values() {
        let (exceptions, masters): (Vec<Event>, Vec<Event>) =
            events.into_iter().partition(|event| event.instead_of.is_some());
        let masters: Vec<Arc<Event>> = masters.into_iter().map(Arc::new).collect();
        for master in masters.iter().take(MOST) {
            if found.len() >= MOST_OF_ALL {
                break;
            }
            match times(master, &exceptions, &zones, window) {
                Ok(times) => found.extend(times),
                Err(problem) => {
                    tracing::debug!(%problem, "an event of the calendar cannot be read");
                    unreadable += 1;
                }
            }
        }
        let like = masters.first().map(|master| master.start.clone());
        let room = MOST_OF_ALL.saturating_sub(found.len());
        for event in exceptions.into_iter().filter(|event| !event.cancelled).take(room) {
            let instead_of = event.instead_of.clone();
            let key = like.as_ref().zip(instead_of.clone()).and_then(|(like, stamp)| {
                Some(Stamp { wall: stamp.wall_like(like, &zones, home)?, kind: like.kind.clone() })
            });
            let event = Arc::new(event);
            match occurrence(&event, key.or(instead_of), &event.start, &zones, home) {
                Some(time) if time.overlaps(window) => found.push(time),
                Some(_) => {}
                None => unreadable += 1,
            }
        }
    }
    found.sort_by(|one, other| one.from.cmp(&other.from).then(one.event.name().cmp(other.event.name())));
    (found, unreadable)
}

/// The times of one event, without those that exceptions stand in for.
fn times(
    event: &Arc<Event>,
    exceptions: &[Event],
    zones: &Zones,
    window: &Stretch,
) -> Result<Vec<Occurrence>, Unreadable> {
    let home = window.0.time_zone();
    if event.cancelled {
        return Ok(Vec::new());
    }
    if !event.repeats() {
        let once = occurrence(event, None, &event.start, zones, home).ok_or(Unreadable::Time)?;
        return Ok(if once.overlaps(window) { vec![once] } else { Vec::new() });
    }
    let like = &event.start;
    let wall = |stamp: &Stamp| stamp.wall_like(like, zones, home);
    let replaced = exceptions.iter().filter_map(|event| event.instead_of.as_ref());
    let left_out: Vec<&Stamp> = event.without.iter().chain(replaced).collect();
    let days: HashSet<_> =
        left_out.iter().filter(|stamp| stamp.is_day()).map(|stamp| stamp.wall.date()).collect();
    let walls: HashSet<DateTime> =
        left_out.iter().filter(|stamp| !stamp.is_day()).filter_map(|stamp| wall(stamp)).collect();
    let zone = like.zone(zones, home).ok_or(Unreadable::Time)?;
    let mut starts: Vec<DateTime> = vec![like.wall];
    starts.extend(event.more.iter().filter_map(wall));
    if let Some(rule) = &event.rule
        && let Some(series) = series(rule, like, &zone)?
    {
        let end = window.1.timestamp();
        starts.extend(series.times().take_while(|time| time.at.timestamp() < end).map(|time| time.wall));
    }
    starts.sort();
    starts.dedup();
    let kept = starts.into_iter().filter(|at| !walls.contains(at) && !days.contains(&at.date()));
    let each = kept.filter_map(|wall| {
        let start = Stamp { wall, kind: like.kind.clone() };
        occurrence(event, Some(start.clone()), &start, zones, home)
    });
    Ok(each.filter(|time| time.overlaps(window)).take(MOST).collect())
}

fn occurrence(
    event: &Arc<Event>,
    of_series: Option<Stamp>,
    start: &Stamp,
    zones: &Zones,
    home: &TimeZone,
) -> Option<Occurrence> {
    let from = start.at(zones, home)?;
    let to = event.extent.end(&from);
    let id = match &of_series {
        None => event.uid.clone(),
        Some(stamp) => format!("{}/{}", event.uid, stamp.value()),
    };
    Some(Occurrence { event: event.clone(), from, to, of_series, id, place: 0 })
}

/// The series of a rule; none if it ended before it began. Its times are wall times, so its end becomes one too.
fn series(rule: &str, start: &Stamp, zone: &TimeZone) -> Result<Option<Series>, SeriesError> {
    let mut fields = Vec::new();
    for field in rule.to_ascii_uppercase().replace([' ', '+'], "").split(';') {
        match field.split_once('=') {
            Some(("UNTIL", until)) => {
                let Some(until) = until_wall(until, start, zone) else {
                    return Err(SeriesError::Often { rule: rule.to_owned() });
                };
                if until < start.wall {
                    return Ok(None);
                }
                fields.push(format!("UNTIL={}", until.strftime("%Y%m%dT%H%M%SZ")));
            }
            Some(_) => fields.push(field.to_owned()),
            None => {}
        }
    }
    Series::read(&fields.join(";"), start.wall, zone.clone()).map(Some)
}

fn until_wall(until: &str, start: &Stamp, zone: &TimeZone) -> Option<DateTime> {
    let until = Stamp::of(&icalendar::Property::new("UNTIL", until))?;
    Some(match until.kind {
        Kind::Day if start.is_day() => until.wall,
        // The last second of that day.
        Kind::Day => until.wall.checked_add(SignedDuration::from_secs(24 * 3600 - 1)).ok()?,
        Kind::Utc => until.wall.to_zoned(TimeZone::UTC).ok()?.with_time_zone(zone.clone()).datetime(),
        Kind::Floating | Kind::Zone(_) => until.wall,
    })
}
