//! What the schedule holds in a stretch of time: every entry at each of its times.

use jiff::civil::Date;
use jiff::{ToSpan, Zoned};

use super::store::EntryRow;
use crate::dates::When;
use crate::placing::Length;

/// The most times of one repeated entry within a stretch.
const MOST: usize = 400;

/// An entry at one of its times.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Held<'a> {
    pub entry: &'a EntryRow,
    /// In the user's zone.
    pub from: Zoned,
    /// Itself not included.
    pub to: Zoned,
}

impl Held<'_> {
    /// Whether it takes up hours; an entry for whole days takes up none.
    pub fn takes_hours(&self) -> bool {
        matches!(self.entry.length, Length::Minutes(_))
    }

    pub fn overlaps(&self, from: &Zoned, to: &Zoned) -> bool {
        self.from < *to && self.to > *from
    }

    /// Its time as a meaning.
    pub fn when(&self) -> When {
        match self.entry.length {
            Length::Days(1) => When::Day(self.from.date()),
            Length::Days(_) | Length::Minutes(_) => {
                When::Span { from: self.from.clone(), to: self.to.clone() }
            }
        }
    }
}

/// Everything that falls into `[from, to)`, the earliest first.
pub(super) fn held<'a>(entries: &'a [EntryRow], from: &Zoned, to: &Zoned) -> Vec<Held<'a>> {
    let mut all: Vec<Held<'a>> = Vec::new();
    for entry in entries {
        let series = entry.repeat.as_ref().and_then(|repeat| repeat.series(entry.starts_at, &entry.zone));
        match series {
            None => {
                all.extend(at(entry, entry.starts_at.to_zoned(from.time_zone().clone()), entry.wall.date()))
            }
            Some(series) => {
                let times = series.times().take_while(|time| time.at < *to);
                let times = times.filter_map(|time| {
                    at(entry, time.at.with_time_zone(from.time_zone().clone()), time.wall.date())
                });
                all.extend(times.filter(|held| held.overlaps(from, to)).take(MOST));
            }
        }
    }
    all.retain(|held| held.overlaps(from, to));
    all.sort_by(|one, other| one.from.cmp(&other.from).then(one.entry.title.cmp(&other.entry.title)));
    all
}

/// `entry` at one time; whole days are those of the user's calendar, wherever the user is.
fn at(entry: &EntryRow, from: Zoned, day: Date) -> Option<Held<'_>> {
    let (from, to) = match entry.length {
        Length::Minutes(minutes) => {
            let to = from.checked_add(i64::from(minutes).minutes()).ok()?;
            (from, to)
        }
        Length::Days(days) => {
            let zone = from.time_zone().clone();
            let end = day.checked_add(i64::from(days).days()).ok()?;
            (day.to_zoned(zone.clone()).ok()?, end.to_zoned(zone).ok()?)
        }
    };
    Some(Held { entry, from, to })
}
