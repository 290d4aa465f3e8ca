//! Repetitions on the calendar.

use jiff::civil::{Date, Time, Weekday};
use jiff::{ToSpan, Zoned};

use super::clock::Clock;
use super::grammar::Moment;
use super::repeat::Repeat;
use super::{DateError, midnight, resolve, say, zoned};

/// Something that comes again and again in the zone of its first time.
#[derive(Debug, Clone, PartialEq)]
pub struct Every {
    /// On which days.
    pub rule: Rule,
    /// At what wall time; none if it was not said.
    pub at: Option<Time>,
    /// The first time, from which "every other" is counted; midnight if there is no wall time.
    pub first: Zoned,
}

/// The days of a repetition. Days that a month does not have are left out, as in RFC 5545.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Every so many days.
    Days(u32),
    /// On these weekdays, in every so-manieth week, Monday first.
    Weeks {
        /// 1 is every week.
        every: u32,
        /// At least one, in order and once each.
        on: Vec<Weekday>,
    },
    /// On this day of every so-manieth month.
    Months {
        /// 1 is every month.
        every: u32,
        /// 1 to 31.
        on: i8,
    },
    /// Once a year.
    Years {
        /// 1 to 12.
        month: i8,
        /// 1 to 31.
        day: i8,
    },
}

/// The furthest day looked at: a leap day in nine years' time, or the ninety-ninth month.
const HORIZON: i64 = 366 * 9;

impl Every {
    /// The first time strictly after `after`, if there is one within nine years.
    pub fn next_after(&self, after: &Zoned) -> Option<Zoned> {
        let zone = self.first.time_zone();
        let start = after.with_time_zone(zone.clone()).date().max(self.first.date());
        (0..=HORIZON)
            .filter_map(|days| start.checked_add(days.days()).ok())
            .filter(|date| self.rule.falls_on(*date, self.first.date()))
            .filter_map(|date| {
                date.to_datetime(self.at.unwrap_or(Time::midnight())).to_zoned(zone.clone()).ok()
            })
            .find(|at| at > after)
    }
}

impl Rule {
    /// Whether the rule, counted from `anchor`, falls on `date`.
    fn falls_on(&self, date: Date, anchor: Date) -> bool {
        let days = |from: Date, to: Date| i64::from((to - from).get_days());
        let monday = |date: Date| {
            date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).unwrap_or(date)
        };
        let months = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month());
        match self {
            Rule::Days(every) => days(anchor, date).rem_euclid(i64::from(*every)) == 0,
            Rule::Weeks { every, on } => {
                on.contains(&date.weekday())
                    && days(monday(anchor), monday(date)).rem_euclid(7 * i64::from(*every)) == 0
            }
            Rule::Months { every, on } => {
                date.day() == *on && (months(date) - months(anchor)).rem_euclid(i64::from(*every)) == 0
            }
            Rule::Years { month, day } => date.month() == *month && date.day() == *day,
        }
    }
}

/// Lays a spoken repetition on the calendar, beginning after `now`.
pub(super) fn first(repeat: &Repeat, moment: &Moment, now: &Zoned) -> Result<Every, DateError> {
    let today = now.date();
    if moment.until.is_some() {
        return Err(DateError::Vague { what: "a repeated stretch of time".to_owned() });
    }
    let rule = match repeat {
        Repeat::Days(every) => Rule::Days(*every),
        Repeat::Weeks { every, on } => {
            let mut on = if on.is_empty() { vec![today.weekday()] } else { on.clone() };
            on.sort_by_key(|day| day.to_monday_zero_offset());
            on.dedup();
            Rule::Weeks { every: *every, on }
        }
        Repeat::Months { every, on } => Rule::Months { every: *every, on: on.unwrap_or(today.day()) },
        Repeat::Years { on } => {
            let (month, day) = on.unwrap_or((today.month(), today.day()));
            Rule::Years { month, day }
        }
    };
    let at = match (moment.clock, moment.part) {
        (Some(clock), _) => Some(wall_time(clock, moment)?),
        (None, Some(part)) => Time::new(part.hours().0, 0, 0, 0).ok(),
        (None, None) => None,
    };
    let impossible = || DateError::Impossible { what: say::rule(&rule) };
    // The first day is the first that fits at all, so that "every other" counts from there.
    let loose = match &rule {
        Rule::Days(_) => Rule::Days(1),
        Rule::Weeks { on, .. } => Rule::Weeks { every: 1, on: on.clone() },
        Rule::Months { on, .. } => Rule::Months { every: 1, on: *on },
        Rule::Years { .. } => rule.clone(),
    };
    for days in 0..=HORIZON {
        let date = today.checked_add(days.days()).map_err(|_| impossible())?;
        if !loose.falls_on(date, today) {
            continue;
        }
        let first = match at {
            Some(time) => zoned(date, time, now)?,
            None => midnight(date, now)?,
        };
        if first > *now {
            return Ok(Every { rule, at, first });
        }
    }
    Err(impossible())
}

/// The wall time of a repetition; today's hour plays no part in it.
fn wall_time(clock: Clock, moment: &Moment) -> Result<Time, DateError> {
    use super::clock::Part;
    let (hour, minute) = match clock {
        Clock::Midnight => (0, 0),
        Clock::Exact(time) => return Ok(time),
        Clock::Open { hour, minute } => match moment.part {
            Some(Part::Morning) => (hour % 12, minute),
            Some(Part::Afternoon) => (hour % 12 + 12, minute),
            Some(Part::Evening | Part::Night) if hour == 12 => (0, minute),
            Some(Part::Night) if hour < 5 => (hour, minute),
            Some(Part::Evening | Part::Night) => (hour % 12 + 12, minute),
            None => (resolve::open_hour(hour), minute),
        },
    };
    Time::new(hour, minute, 0, 0).map_err(|_| DateError::Impossible { what: format!("{hour}:{minute:02}") })
}
