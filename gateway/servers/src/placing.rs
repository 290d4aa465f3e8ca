//! Where something stands in a person's time: what a spoken time takes up when it is put down, and which stretch is meant
//! when it is looked through.

use std::ops::Range;

use jiff::civil::{Date, Time};
use jiff::{ToSpan, Zoned};

use crate::dates::{self, When};
use crate::free::{self, Stretch};

/// How long something takes if nobody says, in minutes.
pub(crate) const USUAL: u32 = 60;

/// How much free time is looked for if nobody says, in minutes.
pub(crate) const USUAL_FREE: u32 = 30;

/// The longest stretch that is looked through, in days.
pub(crate) const LONGEST_DAYS: i64 = 366;

/// The longest stretch in which free time is looked for, in days.
const LONGEST_FREE: i64 = 31;

/// How many days are looked at if nobody says, today included.
const COMING: i64 = 7;

/// How long something takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Minutes(u32),
    /// Whole days.
    Days(u32),
}

/// Why a time cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlacingError {
    #[error(
        "what is {what} can be listed for a day or a stretch of days, not for a repetition: say a day like \"tomorrow\""
    )]
    RepeatedDay { what: &'static str },
    #[error("{spoken} has an end of its own: say at what time it begins, or leave out the duration")]
    TwoLengths { spoken: String },
    #[error(
        "an entry without an hour is for whole days: say at what time it begins, or leave out the duration"
    )]
    LengthOfDays,
    #[error("{spoken} is too long: say at most {days} days")]
    TooLong { spoken: String, days: i64 },
}

/// The first time of what is put down for `when`, and how long it takes.
pub(crate) fn place(
    when: &When,
    minutes: Option<u32>,
    now: &Zoned,
) -> Result<(Zoned, Zoned, Length), PlacingError> {
    let spoken = || dates::say(when, now).trim_start_matches("on ").to_owned();
    let timed = |from: &Zoned| {
        let minutes = minutes.unwrap_or(USUAL);
        Ok((from.clone(), end(from, i64::from(minutes).minutes())?, Length::Minutes(minutes)))
    };
    let days = |day: Date, days: u32| {
        if minutes.is_some() {
            return Err(PlacingError::LengthOfDays);
        }
        let from = midnight(day, now)?;
        Ok((from.clone(), end(&from, i64::from(days).days())?, Length::Days(days)))
    };
    match when {
        When::At(at) => timed(at),
        When::Every(every) if every.at.is_some() => timed(&every.first),
        When::Every(every) => days(every.first.date(), 1),
        When::Day(day) => days(*day, 1),
        When::Span { from, to } => {
            if minutes.is_some() {
                return Err(PlacingError::TwoLengths { spoken: spoken() });
            }
            let length = whole_days(from, to);
            if length.unwrap_or(to.duration_since(from).as_hours() / 24) > LONGEST_DAYS {
                return Err(PlacingError::TooLong { spoken: spoken(), days: LONGEST_DAYS });
            }
            let length = match length {
                Some(days) => Length::Days(u32::try_from(days).unwrap_or(1)),
                None => Length::Minutes(u32::try_from(to.duration_since(from).as_mins()).unwrap_or(1).max(1)),
            };
            Ok((from.clone(), to.clone(), length))
        }
    }
}

/// The stretch that is looked through for `when`: the coming week if nothing was said, and the whole day of an hour.
/// `what` is "on the schedule".
pub(crate) fn listed(when: Option<&When>, what: &'static str, now: &Zoned) -> Result<Stretch, PlacingError> {
    let day = |day: Date| Ok::<_, PlacingError>((midnight(day, now)?, midnight(next(day), now)?));
    let (from, to) = match when {
        None => (midnight(now.date(), now)?, midnight(ahead(now.date(), COMING), now)?),
        Some(When::At(at)) => day(at.date())?,
        Some(When::Day(date)) => day(*date)?,
        Some(When::Span { from, to }) => (from.clone(), to.clone()),
        Some(When::Every(_)) => return Err(PlacingError::RepeatedDay { what }),
    };
    limit(&from, &to, LONGEST_DAYS, now)?;
    Ok((from, to))
}

/// How what was listed for `when` is spoken of: an hour stands for its day.
pub(crate) fn asked(when: Option<When>) -> Option<When> {
    match when {
        Some(When::At(at)) => Some(When::Day(at.date())),
        other @ (None | Some(When::Day(_) | When::Span { .. } | When::Every(_))) => other,
    }
}

/// The stretches in which free time of `minutes` is looked for: hours that were said are taken as they were said, of whole
/// days the given `hours`.
pub(crate) fn windows(
    when: Option<&When>,
    minutes: u32,
    hours: &Range<i8>,
    now: &Zoned,
) -> Result<Vec<Stretch>, PlacingError> {
    Ok(match when {
        None => free::hours_of_days(now.date(), ahead(now.date(), COMING), hours, now),
        Some(When::At(at)) => vec![(at.clone(), end(at, i64::from(minutes).minutes())?)],
        Some(When::Day(day)) => free::hours_of_days(*day, next(*day), hours, now),
        Some(When::Span { from, to }) => {
            limit(from, to, LONGEST_FREE, now)?;
            match whole_days(from, to) {
                Some(_) => free::hours_of_days(from.date(), to.date(), hours, now),
                None => free::still((from.clone(), to.clone()), now).into_iter().collect(),
            }
        }
        Some(When::Every(_)) => return Err(PlacingError::RepeatedDay { what: "free" }),
    })
}

/// The first instant of a day in the zone of `now`.
pub(crate) fn midnight(day: Date, now: &Zoned) -> Result<Zoned, PlacingError> {
    let start = day.to_zoned(now.time_zone().clone());
    start.map_err(|_| PlacingError::TooLong { spoken: "that".to_owned(), days: LONGEST_DAYS })
}

/// The day after.
pub(crate) fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

fn ahead(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

fn end(from: &Zoned, length: jiff::Span) -> Result<Zoned, PlacingError> {
    let end = from.checked_add(length);
    end.map_err(|_| PlacingError::TooLong { spoken: "that".to_owned(), days: LONGEST_DAYS })
}

/// How many days a stretch has that goes from midnight to midnight.
fn whole_days(from: &Zoned, to: &Zoned) -> Option<i64> {
    let whole = from.time() == Time::midnight() && to.time() == Time::midnight();
    whole.then(|| i64::from((to.date() - from.date()).get_days()))
}

fn limit(from: &Zoned, to: &Zoned, days: i64, now: &Zoned) -> Result<(), PlacingError> {
    let spoken = || dates::say(&When::Span { from: from.clone(), to: to.clone() }, now);
    if i64::from((to.date() - from.date()).get_days()) > days {
        Err(PlacingError::TooLong { spoken: spoken(), days })
    } else {
        Ok(())
    }
}
