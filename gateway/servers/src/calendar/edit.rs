//! Calendar objects made and changed. What is not changed on purpose stays as it came, see [`super::document`].

use icalendar::Property;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Zoned};
use sha2::{Digest, Sha256};

use super::document::Component;
use super::event::{Event, bare};
use super::expansion::Occurrence;
use super::stamp::{Kind, Stamp};
use super::writing::MARK;
use super::zones::{self, Zones};
use crate::placing::Length;

/// When something is.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub from: Zoned,
    /// Itself not included.
    pub to: Zoned,
    pub length: Length,
}

/// A new event.
pub(super) struct New<'a> {
    pub uid: &'a str,
    pub title: &'a str,
    pub location: Option<&'a str>,
    pub notes: Option<&'a str>,
    pub placed: &'a Placed,
    /// The value of an `RRULE`.
    pub rule: Option<&'a str>,
    pub guests: &'a Guests,
}

/// Who is invited, and by whom.
#[derive(Debug, Clone, Default)]
pub(super) struct Guests {
    /// The person's own address; none if nobody is invited.
    pub organizer: Option<String>,
    /// Addresses.
    pub invited: Vec<String>,
}

/// What is to be different.
#[derive(Debug, Clone, Default)]
pub(super) struct Edit {
    pub title: Option<String>,
    pub location: Option<String>,
    pub notes: Option<String>,
    pub placed: Option<Placed>,
    pub guests: Guests,
}

/// An id of the form of a UUID that a call's mark stands for; the same call makes the same event.
pub(super) fn uid(mark: &str) -> String {
    let hash = Sha256::digest(mark);
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.iter()).for_each(|(byte, from)| *byte = *from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// The object of a new event.
pub(super) fn created(new: &New<'_>, now: &Zoned) -> Component {
    let mut calendar = Component::new("VCALENDAR");
    calendar.add(Property::new("VERSION", "2.0"));
    calendar.add(Property::new("PRODID", "-//HomePilot//Calendar//EN"));
    let (start, end) = stamps(new.placed, new.rule.is_some());
    if let Kind::Zone(name) = &start.kind {
        calendar.push(zones::component(name, &new.placed.from));
    }
    let mut event = Component::new("VEVENT");
    event.add(Property::new("UID", new.uid));
    event.add(Stamp::utc(now.timestamp()).property("DTSTAMP"));
    event.add(Stamp::utc(now.timestamp()).property("CREATED"));
    event.add(Property::new("SUMMARY", new.title));
    event.add(start.property("DTSTART"));
    event.add(end.property("DTEND"));
    let lines = [("RRULE", new.rule), ("LOCATION", new.location), ("DESCRIPTION", new.notes)];
    for (name, value) in lines {
        if let Some(value) = value {
            event.add(Property::new(name, value));
        }
    }
    event.add(Property::new("SEQUENCE", "0"));
    invite(&mut event, new.guests);
    calendar.push(event);
    calendar
}

/// The first time and its end as they are written: a day as a day, an hour that comes once as an instant, one that comes
/// again and again on the clock of its zone.
fn stamps(placed: &Placed, repeats: bool) -> (Stamp, Stamp) {
    let written = |at: &Zoned| match (placed.length, repeats) {
        (Length::Days(_), _) => Stamp::day(at.date()),
        (Length::Minutes(_), false) => Stamp::utc(at.timestamp()),
        (Length::Minutes(_), true) => Stamp {
            wall: at.datetime(),
            kind: match at.time_zone().iana_name() {
                Some("UTC" | "Etc/UTC") => Kind::Utc,
                Some(name) => Kind::Zone(name.to_owned()),
                None => Kind::Floating,
            },
        },
    };
    (written(&placed.from), written(&placed.to))
}

fn invite(event: &mut Component, guests: &Guests) {
    let known: Vec<String> = event.properties("ATTENDEE").map(|line| bare(line.value())).collect();
    let new: Vec<&String> = guests.invited.iter().filter(|guest| !known.contains(&bare(guest))).collect();
    if new.is_empty() {
        return;
    }
    if let (Some(own), None) = (&guests.organizer, event.property("ORGANIZER")) {
        event.add(Property::new("ORGANIZER", format!("mailto:{own}")));
    }
    for guest in new {
        let mut line = Property::new("ATTENDEE", format!("mailto:{guest}"));
        line.add_parameter("ROLE", "REQ-PARTICIPANT");
        line.add_parameter("PARTSTAT", "NEEDS-ACTION");
        line.add_parameter("RSVP", "TRUE");
        event.add(line);
    }
}

/// One time of a series changed, or what comes once.
pub(super) fn changed(
    document: &Component,
    time: &Occurrence,
    edit: &Edit,
    mark: &str,
    now: &Zoned,
) -> Component {
    let (zones, home) = (Zones::of(document), now.time_zone());
    let mut document = document.clone();
    let change = |event: &mut Component| {
        if let Some(placed) = &edit.placed {
            place(event, placed, &zones);
        }
        describe(event, edit, None);
        touch(event, mark, now);
    };
    let own = |event: &Component| event.text("UID").as_deref() == Some(time.event.uid.as_str());
    let Some(instead_of) = &time.of_series else {
        document.components_mut("VEVENT").filter(|event| own(event)).for_each(change);
        return document;
    };
    let same = |event: &Component| own(event) && stands_for(event, instead_of, &zones, home);
    let mut found = false;
    for exception in document.components_mut("VEVENT").filter(|event| same(event)) {
        change(exception);
        found = true;
    }
    if found {
        return document;
    }
    let master = |event: &&Component| own(event) && event.property("RECURRENCE-ID").is_none();
    let master = document.components("VEVENT").find(master).cloned();
    if let Some(mut exception) = master {
        ["RRULE", "RDATE", "EXDATE", "EXRULE"].iter().for_each(|name| exception.remove(name));
        let (start, end) = times_like(&time.from, &time.to, &time.event.start, &zones);
        exception.set(start.property("DTSTART"));
        exception.set(end.property("DTEND"));
        exception.remove("DURATION");
        exception.set(instead_of.property("RECURRENCE-ID"));
        change(&mut exception);
        document.push(exception);
    }
    document
}

/// A whole series changed: every time so much later on the clock and of another length, if so.
pub(super) fn changed_whole(
    document: &Component,
    uid: &str,
    edit: &Edit,
    moved: Option<(SignedDuration, SignedDuration)>,
    mark: &str,
    now: &Zoned,
) -> Component {
    let (zones, home) = (Zones::of(document), now.time_zone());
    let mut document = document.clone();
    let before = document
        .components("VEVENT")
        .find(|event| event.text("UID").as_deref() == Some(uid) && event.property("RECURRENCE-ID").is_none())
        .cloned();
    for event in document.components_mut("VEVENT").filter(|event| event.text("UID").as_deref() == Some(uid)) {
        let exception = event.property("RECURRENCE-ID").is_some();
        if let Some((by, length)) = moved {
            // An exception that has a time of its own keeps it.
            let along = |read: &Event| {
                read.instead_of
                    .as_ref()
                    .is_none_or(|of| of.wall_like(&read.start, &zones, home) == Some(read.start.wall))
            };
            if let Some(read) = Event::read(event, &zones, home).filter(along) {
                let start = read.start.later(by);
                event.set(start.property("DTSTART"));
                event.set(start.later(length).property("DTEND"));
                event.remove("DURATION");
            }
            shift(event, by);
        }
        describe(event, edit, before.as_ref().filter(|_| exception));
        touch(event, mark, now);
    }
    document
}

/// Takes one time out of a series; none if nothing is left of the object.
pub(super) fn without(
    document: &Component,
    time: &Occurrence,
    instead_of: &Stamp,
    mark: &str,
    now: &Zoned,
) -> Option<Component> {
    let (zones, home) = (Zones::of(document), now.time_zone());
    let mut document = document.clone();
    let own = |event: &Component| event.text("UID").as_deref() == Some(time.event.uid.as_str());
    document.retain_components(|event| {
        event.name != "VEVENT" || !own(event) || !stands_for(event, instead_of, &zones, home)
    });
    let master = |event: &&mut Component| own(event) && event.property("RECURRENCE-ID").is_none();
    if let Some(event) = document.components_mut("VEVENT").find(master) {
        event.add(instead_of.property("EXDATE"));
        touch(event, mark, now);
    }
    let left = document.components("VEVENT").next().is_some();
    left.then_some(document)
}

/// Whether a component is the exception for this time of its series.
fn stands_for(event: &Component, time: &Stamp, zones: &Zones, home: &TimeZone) -> bool {
    let own = event.property("RECURRENCE-ID").and_then(|line| Stamp::of(&line));
    own.and_then(|own| own.wall_like(time, zones, home)).is_some_and(|wall| wall == time.wall)
}

/// Puts an event to another time, written as its own time was.
fn place(event: &mut Component, placed: &Placed, zones: &Zones) {
    let old = event.property("DTSTART").and_then(|line| Stamp::of(&line));
    let (start, end) = match (old, placed.length) {
        (_, Length::Days(_)) | (None, _) => stamps(placed, false),
        (Some(old), Length::Minutes(_)) => {
            (Stamp::like(&placed.from, &old, zones), Stamp::like(&placed.to, &old, zones))
        }
    };
    event.set(start.property("DTSTART"));
    event.set(end.property("DTEND"));
    event.remove("DURATION");
}

fn times_like(from: &Zoned, to: &Zoned, like: &Stamp, zones: &Zones) -> (Stamp, Stamp) {
    if like.is_day() {
        return (Stamp::day(from.date()), Stamp::day(to.date()));
    }
    (Stamp::like(from, like, zones), Stamp::like(to, like, zones))
}

/// Changes the words; of an exception only those that are the series' own.
fn describe(event: &mut Component, edit: &Edit, series: Option<&Component>) {
    let lines = [("SUMMARY", &edit.title), ("LOCATION", &edit.location), ("DESCRIPTION", &edit.notes)];
    for (name, value) in lines {
        let of_its_own = series.is_some_and(|series| series.text(name) != event.text(name));
        if let Some(value) = value.as_ref().filter(|_| !of_its_own) {
            event.set(Property::new(name, value.as_str()));
        }
    }
    invite(event, &edit.guests);
}

/// Moves what names the times of a series: the exceptions' names, the times left out and added, and the rule's end.
fn shift(event: &mut Component, by: SignedDuration) {
    for name in ["EXDATE", "RDATE", "RECURRENCE-ID"] {
        let stamps: Vec<Stamp> = event.properties(name).flat_map(|line| Stamp::list(&line)).collect();
        if !stamps.iter().any(Stamp::is_day) {
            event.remove(name);
            stamps.iter().for_each(|stamp| event.add(stamp.later(by).property(name)));
        }
    }
    let Some(rule) = event.text("RRULE") else { return };
    let fields = rule.split(';').map(|field| {
        let until = field.strip_prefix("UNTIL=").map(|until| Property::new("UNTIL", until));
        match until.and_then(|until| Stamp::of(&until)).filter(|until| !until.is_day()) {
            Some(until) => format!("UNTIL={}", until.later(by).value()),
            None => field.to_owned(),
        }
    });
    let rule = fields.collect::<Vec<_>>().join(";");
    event.set(Property::new("RRULE", rule));
}

/// Says that an event was changed, when, and by which call.
fn touch(event: &mut Component, mark: &str, now: &Zoned) {
    let sequence = event.text("SEQUENCE").and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    event.set(Property::new("SEQUENCE", sequence.saturating_add(1).to_string()));
    event.set(Stamp::utc(now.timestamp()).property("DTSTAMP"));
    event.set(Stamp::utc(now.timestamp()).property("LAST-MODIFIED"));
    event.set(Property::new(MARK, mark));
}
