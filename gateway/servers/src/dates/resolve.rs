//! A phrase on the calendar: the rules of the module's documentation, at a given moment.

use jiff::civil::{Date, Time};
use jiff::{ToSpan, Zoned};

use super::clock::{Clock, Part};
use super::day::{Day, Unit};
use super::grammar::{Moment, Phrase};
use super::{DateError, Reading, When, midnight, recurrence, say, zoned};

/// What `phrase` means at `now`.
pub(super) fn resolve(phrase: &Phrase, now: &Zoned) -> Result<When, DateError> {
    match phrase {
        Phrase::After(span) => {
            let at = now.checked_add(*span).map_err(|_| beyond())?;
            at.with().subsec_nanosecond(0).build().map(When::At).map_err(|_| beyond())
        }
        Phrase::Repeat(repeat, moment) => recurrence::first(repeat, moment, now).map(When::Every),
        Phrase::Moment(moment) => once(moment, now),
    }
}

fn beyond() -> DateError {
    DateError::Impossible { what: "it is beyond the calendar".to_owned() }
}

/// The dates that were meant.
enum Place {
    /// No day was said.
    Anywhere,
    /// One date.
    On(Date),
    /// One of several equally good dates, the earliest first.
    Either(Vec<Date>),
    /// From a date up to, not including, another; one of several.
    Stretch(Vec<(Date, Date)>),
}

fn once(moment: &Moment, now: &Zoned) -> Result<When, DateError> {
    let place = match &moment.day {
        None => Place::Anywhere,
        Some(day) => place(day, now)?,
    };
    if let Some(through) = &moment.through {
        return through_days(place, through, moment, now);
    }
    let readings: Vec<Result<When, DateError>> = match place {
        Place::Anywhere => vec![anywhere(moment, now)],
        Place::On(date) => vec![on(date, moment, now)],
        Place::Either(dates) => dates.into_iter().map(|date| on(date, moment, now)).collect(),
        Place::Stretch(stretches) => {
            stretches.into_iter().map(|(from, to)| stretch(from, to, moment, now)).collect()
        }
    };
    choose(readings, now)
}

/// The only reading, or the choice: readings that are past are no choice as long as another is left.
fn choose(readings: Vec<Result<When, DateError>>, now: &Zoned) -> Result<When, DateError> {
    let mut good: Vec<When> = Vec::new();
    let mut bad: Option<DateError> = None;
    for reading in readings {
        match reading {
            Ok(when) => good.push(when),
            Err(DateError::Ambiguous { options }) => {
                good.extend(options.into_iter().map(|option| option.when))
            }
            Err(problem) => bad = bad.or(Some(problem)),
        }
    }
    match (good.len(), bad) {
        (0, Some(problem)) => Err(problem),
        (0, None) => Err(beyond()),
        (1, _) => Ok(good.swap_remove(0)),
        _ => {
            let option = |when: When| Reading { spoken: say::option(&when, now), when };
            Err(DateError::Ambiguous { options: good.into_iter().map(option).collect() })
        }
    }
}

fn place(day: &Day, now: &Zoned) -> Result<Place, DateError> {
    let today = now.date();
    let plus = |date: Date, days: i64| date.checked_add(days.days()).map_err(|_| beyond());
    let until = |day: jiff::civil::Weekday| i64::from(day.since(today.weekday()));
    let monday = plus(today, -i64::from(today.weekday().to_monday_zero_offset()))?;
    Ok(match day {
        Day::Offset(days) => Place::On(plus(today, *days)?),
        Day::Weekday(day) if until(*day) == 0 => Place::Either(vec![today, plus(today, 7)?]),
        Day::Weekday(day) | Day::This(day) => Place::On(plus(today, until(*day))?),
        Day::Next(day) => {
            let days = if until(*day) == 0 { 7 } else { until(*day) };
            let coming = plus(today, days)?;
            let this_week = coming < plus(monday, 7)?;
            if this_week { Place::Either(vec![coming, plus(coming, 7)?]) } else { Place::On(coming) }
        }
        Day::InWeek { weeks, day } => {
            Place::On(plus(monday, weeks * 7 + i64::from(day.to_monday_zero_offset()))?)
        }
        Day::Ahead(span) => Place::On(today.checked_add(*span).map_err(|_| beyond())?),
        Day::Plus { days, from } => match place(from, now)? {
            Place::On(date) => Place::On(plus(date, *days)?),
            Place::Either(dates) => {
                Place::Either(dates.into_iter().map(|date| plus(date, *days)).collect::<Result<_, _>>()?)
            }
            Place::Anywhere | Place::Stretch(_) => return Err(beyond()),
        },
        Day::Of { month, day, year, weekday } => {
            let date = of(*month, *day, *year, today)?;
            check(date, *weekday, today).map(Place::On)?
        }
        Day::Nth { day, weekday, months } => {
            let date = nth(*day, *months, today)?;
            check(date, *weekday, today).map(Place::On)?
        }
        Day::NthWeekday { nth, day, months } => {
            let month = today.first_of_month().checked_add(months.months()).map_err(|_| beyond())?;
            Place::On(month.nth_weekday_of_month(*nth, *day).map_err(|_| beyond())?)
        }
        Day::Slashes { first, second, year } => {
            let mut dates: Vec<Date> = [(*first, *second), (*second, *first)]
                .into_iter()
                .filter(|(month, _)| (1..=12).contains(month))
                .filter_map(|(month, day)| of(month, day, *year, today).ok())
                .collect();
            dates.sort_unstable();
            dates.dedup();
            match dates.len() {
                0 => return Err(DateError::Impossible { what: format!("{first}/{second}") }),
                1 => Place::On(dates[0]),
                _ => Place::Either(dates),
            }
        }
        Day::Stretch { unit, ahead } => stretches(*unit, *ahead, today)?,
        Day::Edge { unit: Unit::Week | Unit::Weekend, ahead, last } => {
            let week = plus(monday, ahead * 7)?;
            if *last { Place::Either(vec![plus(week, 4)?, plus(week, 6)?]) } else { Place::On(week) }
        }
        Day::Edge { unit, ahead, last } => match stretches(*unit, *ahead, today)? {
            Place::Stretch(found) => match found.first() {
                Some((from, to)) => Place::On(if *last { plus(*to, -1)? } else { *from }),
                None => return Err(beyond()),
            },
            other => other,
        },
    })
}

/// The next date with this month and day that exists, or the one in `year`.
fn of(month: i8, day: i8, year: Option<i16>, today: Date) -> Result<Date, DateError> {
    let impossible = || {
        let year = year.map_or(String::new(), |year| format!(" in {year}"));
        DateError::Impossible { what: format!("{} has no day {day}{year}", say::month(month)) }
    };
    if let Some(year) = year {
        return Date::new(year, month, day).map_err(|_| impossible());
    }
    // February 29th comes at least every eight years.
    (today.year()..=today.year().saturating_add(8))
        .filter_map(|year| Date::new(year, month, day).ok())
        .find(|date| *date >= today)
        .ok_or_else(impossible)
}

/// The next such day of a month that exists, or the one so many months ahead.
fn nth(day: i8, months: Option<i64>, today: Date) -> Result<Date, DateError> {
    let impossible = || DateError::Impossible { what: format!("that month has no day {day}") };
    let in_month = |ahead: i64| {
        let first = today.first_of_month().checked_add(ahead.months()).ok()?;
        Date::new(first.year(), first.month(), day).ok()
    };
    match months {
        Some(ahead) => in_month(ahead).ok_or_else(impossible),
        None => (0..=3).filter_map(in_month).find(|date| *date >= today).ok_or_else(impossible),
    }
}

/// `date` if it is the weekday that was said with it.
fn check(date: Date, weekday: Option<jiff::civil::Weekday>, today: Date) -> Result<Date, DateError> {
    match weekday {
        Some(said) if said != date.weekday() => Err(DateError::Impossible {
            what: format!(
                "{} is a {}, not a {}",
                say::date(date, today),
                say::weekday(date.weekday()),
                say::weekday(said)
            ),
        }),
        Some(_) | None => Ok(date),
    }
}

fn stretches(unit: Unit, ahead: i64, today: Date) -> Result<Place, DateError> {
    let plus = |date: Date, span: jiff::Span| date.checked_add(span).map_err(|_| beyond());
    let monday = plus(today, (-i64::from(today.weekday().to_monday_zero_offset())).days())?;
    let from = match unit {
        Unit::Weekend => {
            let this = plus(monday, 5.days())?;
            let weekend = |saturday: Date| Ok::<_, DateError>((saturday, plus(saturday, 2.days())?));
            let next = plus(this, 7.days())?;
            // Once the weekend has begun, "next" can only be the one after it.
            return Ok(Place::Stretch(match ahead {
                0 => vec![weekend(this)?],
                _ if today < this => vec![weekend(this)?, weekend(next)?],
                _ => vec![weekend(next)?],
            }));
        }
        Unit::Week => plus(monday, (ahead * 7).days())?,
        Unit::Month => plus(today.first_of_month(), ahead.months())?,
        Unit::Year => plus(today.first_of_year(), ahead.years())?,
    };
    let to = match unit {
        Unit::Weekend | Unit::Week => plus(from, 7.days())?,
        Unit::Month => plus(from, 1.month())?,
        Unit::Year => plus(from, 1.year())?,
    };
    Ok(Place::Stretch(vec![(from, to)]))
}

fn through_days(from: Place, through: &Day, moment: &Moment, now: &Zoned) -> Result<When, DateError> {
    let first = |place: Place| match place {
        Place::On(date) => Some(date),
        Place::Either(dates) => dates.first().copied(),
        Place::Anywhere | Place::Stretch(_) => None,
    };
    if moment.clock.is_some() || moment.part.is_some() {
        return Err(DateError::Vague { what: "a stretch of days".to_owned() });
    }
    let (Some(from), Some(mut last)) = (first(from), first(place(through, now)?)) else {
        return Err(beyond());
    };
    if last < from && matches!(through, Day::Weekday(_) | Day::This(_)) {
        last = last.checked_add(1.week()).map_err(|_| beyond())?;
    }
    if last < from {
        return Err(DateError::Impossible { what: "it ends before it begins".to_owned() });
    }
    let end = last.tomorrow().map_err(|_| beyond())?;
    current(When::Span { from: midnight(from, now)?, to: midnight(end, now)? }, now)
}

fn stretch(from: Date, to: Date, moment: &Moment, now: &Zoned) -> Result<When, DateError> {
    if moment.clock.is_none() && moment.part.is_none() {
        return current(When::Span { from: midnight(from, now)?, to: midnight(to, now)? }, now);
    }
    let second = from.tomorrow().map_err(|_| beyond())?;
    // A weekend has two days to choose from; anything longer is no choice to be read out.
    if second.tomorrow().is_ok_and(|third| third == to) {
        return choose(vec![on(from, moment, now), on(second, moment, now)], now);
    }
    Err(DateError::Vague { what: say::days(from, to, now.date()) })
}

fn anywhere(moment: &Moment, now: &Zoned) -> Result<When, DateError> {
    let today = now.date();
    let tomorrow = today.tomorrow().map_err(|_| beyond())?;
    match on(today, moment, now) {
        Err(DateError::Past { .. }) => on(tomorrow, moment, now),
        found => found,
    }
}

/// The moment on a given date.
pub(super) fn on(date: Date, moment: &Moment, now: &Zoned) -> Result<When, DateError> {
    let Some(clock) = moment.clock else {
        let Some(part) = moment.part else {
            return current(When::Day(date), now);
        };
        let (from, to) = part.hours();
        let from = at(date, from, 0, now)?;
        let to = if to == 24 {
            midnight(date.tomorrow().map_err(|_| beyond())?, now)?
        } else {
            at(date, to, 0, now)?
        };
        return current(When::Span { from, to }, now);
    };
    if let Some(until) = moment.until {
        return between(date, clock, until, moment.part, now);
    }
    let candidates = candidates(clock, moment, date, now)?;
    let future = candidates.iter().find(|at| *at > now).cloned();
    match (future, candidates.into_iter().next()) {
        (Some(_), Some(first))
            if clock == Clock::Midnight
                && moment.day.is_some()
                && moment.part.is_none()
                && date > now.date() =>
        {
            let end = midnight(date.tomorrow().map_err(|_| beyond())?, now)?;
            choose(vec![Ok(When::At(first)), Ok(When::At(end))], now)
        }
        (Some(at), _) => Ok(When::At(at)),
        (None, Some(first)) => Err(DateError::Past { spoken: say::when(&When::At(first), now) }),
        (None, None) => Err(beyond()),
    }
}

/// The instants that a clock time on `date` can mean, the best first. The second is taken only when the first is over.
fn candidates(clock: Clock, moment: &Moment, date: Date, now: &Zoned) -> Result<Vec<Zoned>, DateError> {
    let tomorrow = date.tomorrow().map_err(|_| beyond())?;
    let today = date == now.date();
    let spec: Vec<(Date, i8, i8)> = match clock {
        Clock::Midnight if today || moment.part.is_some() => vec![(tomorrow, 0, 0)],
        Clock::Midnight => vec![(date, 0, 0)],
        Clock::Exact(time) => vec![(date, time.hour(), time.minute())],
        Clock::Open { hour, minute } => {
            let half = |hour: i8, pm: bool| hour % 12 + if pm { 12 } else { 0 };
            match moment.part {
                Some(Part::Morning) => vec![(date, half(hour, false), minute)],
                Some(Part::Afternoon) => vec![(date, half(hour, true), minute)],
                Some(Part::Evening) if hour == 12 => vec![(tomorrow, 0, minute)],
                Some(Part::Evening) => vec![(date, half(hour, true), minute)],
                // After midnight it is still "tonight" until five.
                Some(Part::Night) if hour == 12 || hour < 5 => {
                    let small = half(hour, false);
                    let running = today && now.hour() < 5;
                    if running {
                        vec![(date, small, minute), (tomorrow, small, minute)]
                    } else {
                        vec![(tomorrow, small, minute)]
                    }
                }
                Some(Part::Night) => vec![(date, half(hour, true), minute)],
                None if (7..=11).contains(&hour) && today => {
                    vec![(date, hour, minute), (date, hour + 12, minute)]
                }
                None => vec![(date, open_hour(hour), minute)],
            }
        }
    };
    spec.into_iter().map(|(date, hour, minute)| at(date, hour, minute, now)).collect()
}

/// The waking hour that an hour without a half of the day means: 1 to 6 in the afternoon, 7 to 12 as they stand.
pub(super) fn open_hour(hour: i8) -> i8 {
    if (1..=6).contains(&hour) { hour + 12 } else { hour }
}

fn between(
    date: Date,
    from: Clock,
    until: Clock,
    part: Option<Part>,
    now: &Zoned,
) -> Result<When, DateError> {
    // "two to four p.m." and "nine to noon" say the half of the day once, at the end.
    let from = match (from, until) {
        (Clock::Open { hour, minute }, Clock::Exact(end)) if part.is_none() => {
            let half = if end.hour() >= 12 { 12 } else { 0 };
            let same = Time::new(hour % 12 + half, minute, 0, 0).ok().filter(|start| *start < end);
            same.map_or(from, Clock::Exact)
        }
        _ => from,
    };
    let alone = |clock| Moment { part, clock: Some(clock), ..Moment::default() };
    let starts = candidates(from, &alone(from), date, now)?;
    let Some(start) = starts.iter().find(|at| *at > now).or(starts.first()).cloned() else {
        return Err(beyond());
    };
    let next = start.date().tomorrow().map_err(|_| beyond())?;
    let ends: Vec<(i8, i8)> = match until {
        Clock::Midnight => vec![(0, 0)],
        Clock::Exact(time) => vec![(time.hour(), time.minute())],
        Clock::Open { hour, minute } => vec![(hour % 12, minute), (hour % 12 + 12, minute)],
    };
    let mut ends = ends
        .iter()
        .flat_map(|&(hour, minute)| [at(start.date(), hour, minute, now), at(next, hour, minute, now)])
        .collect::<Result<Vec<_>, _>>()?;
    ends.sort();
    let Some(end) = ends.into_iter().find(|end| *end > start) else { return Err(beyond()) };
    current(When::Span { from: start, to: end }, now)
}

fn at(date: Date, hour: i8, minute: i8, now: &Zoned) -> Result<Zoned, DateError> {
    let time = Time::new(hour, minute, 0, 0).map_err(|_| beyond())?;
    zoned(date, time, now)
}

/// `when` unless all of it is over.
fn current(when: When, now: &Zoned) -> Result<When, DateError> {
    let over = match &when {
        When::At(at) => at <= now,
        When::Day(date) => *date < now.date(),
        When::Span { to, .. } => to <= now,
        When::Every(_) => false,
    };
    if over { Err(DateError::Past { spoken: say::when(&when, now) }) } else { Ok(when) }
}
