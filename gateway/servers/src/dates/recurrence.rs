//! Repetitions on the calendar: a spoken one as a rule of RFC 5545, and the times of such a rule.
//!
//! A rule is expanded on wall times without a zone, and each of them is laid into the zone by the compatible rule: nine
//! in the morning stays nine across a clock change. Days that a month does not have are left out, as RFC 5545 says.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rrule::RRuleSet;

use super::clock::Clock;
use super::grammar::Moment;
use super::repeat::Repeat;
use super::{DateError, resolve, say};

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

/// The days of a repetition.
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
        /// Which day of the month.
        on: MonthDay,
    },
    /// Once a year.
    Years {
        /// 1 to 12.
        month: i8,
        /// 1 to 31.
        day: i8,
    },
}

/// A day of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonthDay {
    /// 1 to 31.
    Nth(i8),
    /// The last one.
    Last,
    /// "the first monday": 1 to 4, or -1 for the last.
    Weekday {
        /// Which of them.
        nth: i8,
        /// Of which weekday.
        day: Weekday,
    },
}

/// How far ahead the first time is looked for: a leap day may be eight years away.
const YEARS: i16 = 9;

/// The most times of a series that are looked through from its start: 54 years of a daily one.
const MOST: usize = 20_000;

/// The most times of one day that a rule may list. The crate makes all times of a whole year at once, and three lists of
/// hours, minutes and seconds name every second of it.
const MOST_A_DAY: usize = 24;

impl Every {
    /// The repetition as a series that begins at its first time.
    pub fn series(&self) -> Result<Series, SeriesError> {
        let wall = self.first.date().to_datetime(self.at.unwrap_or(Time::midnight()));
        Series::read(&self.rule.rfc5545(), wall, self.first.time_zone().clone())
    }
}

impl Rule {
    /// The value of an `RRULE`.
    pub fn rfc5545(&self) -> String {
        let names = |days: &[Weekday]| days.iter().copied().map(short).collect::<Vec<_>>().join(",");
        match self {
            Rule::Days(every) => format!("FREQ=DAILY;INTERVAL={every}"),
            Rule::Weeks { every, on } => {
                format!("FREQ=WEEKLY;INTERVAL={every};WKST=MO;BYDAY={}", names(on))
            }
            Rule::Months { every, on } => {
                let on = match on {
                    MonthDay::Nth(day) => format!("BYMONTHDAY={day}"),
                    MonthDay::Last => "BYMONTHDAY=-1".to_owned(),
                    MonthDay::Weekday { nth, day } => format!("BYDAY={nth}{}", short(*day)),
                };
                format!("FREQ=MONTHLY;INTERVAL={every};{on}")
            }
            Rule::Years { month, day } => format!("FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}"),
        }
    }
}

fn short(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "MO",
        Weekday::Tuesday => "TU",
        Weekday::Wednesday => "WE",
        Weekday::Thursday => "TH",
        Weekday::Friday => "FR",
        Weekday::Saturday => "SA",
        Weekday::Sunday => "SU",
    }
}

/// Why a text is no rule.
#[derive(Debug, thiserror::Error)]
pub enum SeriesError {
    /// RFC 5545 knows no such rule.
    #[error("\"{rule}\" is no rule of repetition: {cause}")]
    Rule {
        /// The text.
        rule: String,
        /// What is wrong with it.
        #[source]
        cause: Box<rrule::RRuleError>,
    },
    /// It lists too many times of a day.
    #[error("\"{rule}\" names more than {MOST_A_DAY} times of a day")]
    Many {
        /// The text.
        rule: String,
    },
    /// It repeats more often than daily.
    #[error("\"{rule}\" does not repeat by days, weeks, months or years")]
    Often {
        /// The text.
        rule: String,
    },
}

/// The times of a rule.
#[derive(Debug, Clone)]
pub struct Series {
    set: RRuleSet,
    zone: TimeZone,
}

/// One time of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// What the rule says; a series of the same rule that starts here goes on in the same way.
    pub wall: DateTime,
    /// The instant: `wall` in the zone, moved where a clock change skips it.
    pub at: Zoned,
}

impl Series {
    /// A rule (the value of an `RRULE`) that starts at a wall time of `zone`.
    pub fn read(rule: &str, start: DateTime, zone: TimeZone) -> Result<Series, SeriesError> {
        let daily = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"];
        let plain = rule.chars().all(|c| c.is_ascii_alphanumeric() || "=;,-".contains(c));
        if !plain || !daily.iter().any(|unit| rule.contains(&format!("FREQ={unit}"))) {
            return Err(SeriesError::Often { rule: rule.to_owned() });
        }
        if times_a_day(rule) > MOST_A_DAY {
            return Err(SeriesError::Many { rule: rule.to_owned() });
        }
        // UTC has no clock changes, so the crate's times are the wall times.
        let lines = format!("DTSTART:{}Z\nRRULE:{rule}", start.strftime("%Y%m%dT%H%M%S"));
        let set = lines.parse::<RRuleSet>();
        let set = set.map_err(|cause| SeriesError::Rule { rule: rule.to_owned(), cause: Box::new(cause) })?;
        Ok(Series { set: set.limit(), zone })
    }

    /// Its times from the start on, at most [`MOST`].
    pub fn times(&self) -> impl Iterator<Item = Occurrence> {
        (&self.set).into_iter().take(MOST).map_while(|time| {
            let wall = Timestamp::from_second(time.timestamp()).ok()?.to_zoned(TimeZone::UTC).datetime();
            Some(Occurrence { at: wall.to_zoned(self.zone.clone()).ok()?, wall })
        })
    }

    /// The first time strictly after `after`.
    pub fn after(&self, after: Timestamp) -> Option<Occurrence> {
        self.times().find(|time| time.at.timestamp() > after)
    }
}

/// How many times of a day a rule lists.
fn times_a_day(rule: &str) -> usize {
    let rule = rule.to_ascii_uppercase();
    let listed = |name: &str| {
        let lists = rule.split(';').filter_map(|field| field.strip_prefix(name));
        lists.map(|list| list.split(',').count()).max().unwrap_or(1)
    };
    ["BYHOUR=", "BYMINUTE=", "BYSECOND="].into_iter().map(listed).fold(1, usize::saturating_mul)
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
        Repeat::Months { every, on } => {
            Rule::Months { every: *every, on: on.unwrap_or(MonthDay::Nth(today.day())) }
        }
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
    if !exists(&rule) {
        return Err(impossible());
    }
    // The first day is the first that fits at all, so that "every other" counts from there.
    let loose = match &rule {
        Rule::Days(_) => Rule::Days(1),
        Rule::Weeks { on, .. } => Rule::Weeks { every: 1, on: on.clone() },
        Rule::Months { on, .. } => Rule::Months { every: 1, on: *on },
        Rule::Years { .. } => rule.clone(),
    };
    let start = today.to_datetime(at.unwrap_or(Time::midnight()));
    let series = Series::read(&loose.rfc5545(), start, now.time_zone().clone()).map_err(|_| impossible())?;
    let soon = series.times().take_while(|time| time.wall.year() <= today.year().saturating_add(YEARS));
    let first = soon.map(|time| time.at).find(|at| at > now).ok_or_else(impossible)?;
    Ok(Every { rule, at, first })
}

/// Whether the calendar has such a day at all: rrule would look for a February 30th until the end of time.
fn exists(rule: &Rule) -> bool {
    // 2028 is a leap year.
    match rule {
        Rule::Years { month, day } => Date::new(2028, *month, *day).is_ok(),
        Rule::Months { on: MonthDay::Nth(day), .. } => (1..=31).contains(day),
        Rule::Months { on: MonthDay::Weekday { nth, .. }, .. } => (1..=4).contains(nth) || *nth == -1,
        Rule::Days(_) | Rule::Weeks { .. } | Rule::Months { on: MonthDay::Last, .. } => true,
    }
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
