//! A point in time as calendars write it: a day, an instant, a wall time in a zone, or a wall time wherever one is.

use icalendar::Property;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::document::parameter;
use super::zones::Zones;

/// Such a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Midnight for a day.
    pub wall: DateTime,
    pub kind: Kind,
}

/// What a wall time is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole day, wherever one is.
    Day,
    Utc,
    /// Of the zone with this name, as the object writes it.
    Zone(String),
    /// Of whatever zone one is in.
    Floating,
}

const DAY: &str = "%Y%m%d";
const WALL: &str = "%Y%m%dT%H%M%S";

impl Stamp {
    /// A whole day.
    pub fn day(day: Date) -> Stamp {
        Stamp { wall: day.to_datetime(Time::midnight()), kind: Kind::Day }
    }

    /// An instant.
    pub fn utc(at: Timestamp) -> Stamp {
        Stamp { wall: at.to_zoned(TimeZone::UTC).datetime(), kind: Kind::Utc }
    }

    /// An instant, written in the form that `like` has.
    pub fn like(at: &Zoned, like: &Stamp, zones: &Zones) -> Stamp {
        match &like.kind {
            Kind::Day | Kind::Utc => Stamp::utc(at.timestamp()),
            Kind::Floating => Stamp { wall: at.datetime(), kind: Kind::Floating },
            Kind::Zone(name) => match zones.get(name) {
                Some(zone) => {
                    Stamp { wall: at.with_time_zone(zone).datetime(), kind: Kind::Zone(name.clone()) }
                }
                None => Stamp::utc(at.timestamp()),
            },
        }
    }

    /// The points that a property lists; what cannot be read is left out. A period stands for its beginning.
    pub fn list(property: &Property) -> Vec<Stamp> {
        let zone = parameter(property, "TZID");
        property.value().split(',').filter_map(|value| Stamp::read(value, zone)).collect()
    }

    /// The point that a property says.
    pub fn of(property: &Property) -> Option<Stamp> {
        Stamp::list(property).into_iter().next()
    }

    fn read(value: &str, zone: Option<&str>) -> Option<Stamp> {
        let value = value.trim().split('/').next()?;
        if value.len() == 8 {
            return Some(Stamp::day(Date::strptime(DAY, value).ok()?));
        }
        let (wall, utc) = match value.strip_suffix(['Z', 'z']) {
            Some(wall) => (wall, true),
            None => (value, false),
        };
        let wall = DateTime::strptime(WALL, wall).ok()?;
        let kind = match zone {
            _ if utc => Kind::Utc,
            Some(zone) => Kind::Zone(zone.to_owned()),
            None => Kind::Floating,
        };
        Some(Stamp { wall, kind })
    }

    /// Whether it is a whole day.
    pub fn is_day(&self) -> bool {
        self.kind == Kind::Day
    }

    /// The zone in which its wall time is one; none if the name means nothing to anybody.
    pub fn zone(&self, zones: &Zones, home: &TimeZone) -> Option<TimeZone> {
        match &self.kind {
            Kind::Day | Kind::Floating => Some(home.clone()),
            Kind::Utc => Some(TimeZone::UTC),
            Kind::Zone(name) => zones.get(name),
        }
    }

    /// The instant, for a person who is in the zone `home`.
    pub fn at(&self, zones: &Zones, home: &TimeZone) -> Option<Zoned> {
        let at = self.wall.to_zoned(self.zone(zones, home)?).ok()?;
        Some(at.with_time_zone(home.clone()))
    }

    /// Its wall time in another point's form, to be compared with that one's.
    pub fn wall_like(&self, like: &Stamp, zones: &Zones, home: &TimeZone) -> Option<DateTime> {
        if self.kind == like.kind || self.is_day() || like.is_day() {
            return Some(self.wall);
        }
        let at = self.wall.to_zoned(self.zone(zones, home)?).ok()?;
        Some(at.with_time_zone(like.zone(zones, home)?).datetime())
    }

    /// The same so much later on the clock.
    pub fn later(&self, by: SignedDuration) -> Stamp {
        let wall = self.wall.checked_add(by).unwrap_or(self.wall);
        Stamp { wall, kind: self.kind.clone() }
    }

    /// The value without its zone: `20261126T150000`.
    pub fn value(&self) -> String {
        match self.kind {
            Kind::Day => self.wall.strftime(DAY).to_string(),
            Kind::Utc => format!("{}Z", self.wall.strftime(WALL)),
            Kind::Zone(_) | Kind::Floating => self.wall.strftime(WALL).to_string(),
        }
    }

    /// The property that says it.
    pub fn property(&self, name: &str) -> Property {
        let mut property = Property::new(name, self.value());
        match &self.kind {
            Kind::Day => {
                property.add_parameter("VALUE", "DATE");
            }
            Kind::Zone(zone) => {
                property.add_parameter("TZID", zone);
            }
            Kind::Utc | Kind::Floating => {}
        }
        property
    }
}
