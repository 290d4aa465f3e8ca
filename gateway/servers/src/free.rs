//! Free time: what is left of some hours around what is held in them.

use std::ops::Range;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, ToSpan, Zoned};

/// From an instant up to, not including, another.
pub(crate) type Stretch = (Zoned, Zoned);

/// Free time begins at a whole five minutes.
const STEP: i64 = 5 * 60;

/// The stretches of at least `minutes` within `windows` and around `busy`, the earliest first.
pub(crate) fn gaps(windows: &[Stretch], busy: &[Stretch], minutes: u32) -> Vec<Stretch> {
    let mut busy: Vec<&Stretch> = busy.iter().collect();
    busy.sort();
    let least = SignedDuration::from_mins(i64::from(minutes));
    let mut free = Vec::new();
    for (open, close) in windows {
        let mut from = open.clone();
        for (start, end) in busy.iter().copied() {
            if *start > from && start.min(close).duration_since(&from) >= least {
                free.push((from.clone(), start.min(close).clone()));
            }
            from = from.max(end.clone());
        }
        if from < *close && close.duration_since(&from) >= least {
            free.push((from, close.clone()));
        }
    }
    free
}

/// The given hours of every day in `[from, to)`, without what is over at `now`.
pub(crate) fn hours_of_days(from: Date, to: Date, hours: &Range<i8>, now: &Zoned) -> Vec<Stretch> {
    let at = |day: Date, hour: i8| {
        let (day, hour) = if hour >= 24 { (day.tomorrow().ok()?, 0) } else { (day, hour) };
        day.to_datetime(Time::new(hour, 0, 0, 0).ok()?).to_zoned(now.time_zone().clone()).ok()
    };
    let days = from.series(1.day()).take_while(|day| *day < to);
    days.filter_map(|day| still((at(day, hours.start)?, at(day, hours.end)?), now)).collect()
}

/// The part of a stretch that is to come, from a whole five minutes on.
pub(crate) fn still((from, to): Stretch, now: &Zoned) -> Option<Stretch> {
    if from >= *now {
        return (to > from).then_some((from, to));
    }
    let step = now.timestamp().as_second().div_euclid(STEP);
    let exact = now.timestamp().as_second() == step * STEP && now.subsec_nanosecond() == 0;
    let seconds = if exact { step * STEP } else { (step + 1) * STEP };
    let from = jiff::Timestamp::from_second(seconds).ok()?.to_zoned(now.time_zone().clone());
    (to > from).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use jiff::Zoned;

    use super::{gaps, hours_of_days};

    fn at(clock: &str) -> Zoned {
        let (day, clock) = clock.split_once(' ').unwrap_or(("04", clock));
        format!("2026-03-{day}T{clock}:00-05:00[America/New_York]").replace("-05:00", "").parse().unwrap()
    }

    fn shown(found: &[(Zoned, Zoned)]) -> String {
        let all =
            found.iter().map(|(from, to)| format!("{}-{}", from.strftime("%d %H:%M"), to.strftime("%H:%M")));
        all.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn what_is_free_is_what_nothing_takes() {
        for (busy, minutes, expected) in [
            (&[][..], 30, "04 08:00-20:00"),
            (&[("09:00", "10:00")][..], 30, "04 08:00-09:00, 04 10:00-20:00"),
            (&[("09:00", "10:00")][..], 61, "04 10:00-20:00"),
            (&[("09:00", "12:00"), ("10:00", "11:00")][..], 30, "04 08:00-09:00, 04 12:00-20:00"),
            (&[("10:00", "11:00"), ("09:00", "10:30")][..], 30, "04 08:00-09:00, 04 11:00-20:00"),
            (&[("06:00", "08:30"), ("19:45", "22:00")][..], 30, "04 08:30-19:45"),
            (&[("07:00", "21:00")][..], 1, ""),
            (&[("08:00", "20:00")][..], 1, ""),
            (&[("21:00", "22:00")][..], 30, "04 08:00-20:00"),
            (&[("08:20", "19:50")][..], 15, "04 08:00-08:20"),
        ] {
            let busy: Vec<_> = busy.iter().map(|(from, to)| (at(from), at(to))).collect();
            assert_eq!(shown(&gaps(&[(at("08:00"), at("20:00"))], &busy, minutes)), expected, "{busy:?}");
        }
    }

    #[test]
    fn hours_are_those_to_come_and_keep_their_wall_time() {
        let day = |day: i8| jiff::civil::date(2026, 3, day);
        assert_eq!(
            shown(&hours_of_days(day(4), day(6), &(8..20), &at("10:02"))),
            "04 10:05-20:00, 05 08:00-20:00"
        );
        assert_eq!(shown(&hours_of_days(day(4), day(5), &(8..20), &at("10:05"))), "04 10:05-20:00");
        assert_eq!(shown(&hours_of_days(day(4), day(5), &(8..20), &at("20:00"))), "");
        assert_eq!(shown(&hours_of_days(day(4), day(5), &(20..24), &at("10:00"))), "04 20:00-00:00");
        // The clocks go forward on the 8th.
        let spring = hours_of_days(day(7), day(10), &(0..24), &at("06 10:00"));
        let hours: Vec<i64> = spring.iter().map(|(from, to)| to.duration_since(from).as_hours()).collect();
        assert_eq!(hours, [24, 23, 24]);
    }
}
