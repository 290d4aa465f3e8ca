//! Repetitions over clock changes, leap days, month ends and year ends.

use jiff::Zoned;

use super::{Series, When, parse};

/// Wednesday morning; the clocks go forward on the coming Sunday, March 8th, at two.
const NOW: &str = "2026-03-04T10:00:00-05:00[America/New_York]";

fn at(text: &str) -> Zoned {
    text.parse().unwrap()
}

/// The first times of a repetition that was said at `now`.
fn times(now: &str, phrase: &str, count: usize) -> String {
    let Ok(When::Every(every)) = parse(phrase, &at(now)) else { panic!("{phrase}") };
    let series = every.series().unwrap();
    let found: Vec<Zoned> = series.times().take(count).map(|time| time.at).collect();
    assert_eq!(found.first(), Some(&every.first), "{phrase}");
    for pair in found.windows(2) {
        assert_eq!(
            series.after(pair[0].timestamp()).map(|time| time.at).as_ref(),
            Some(&pair[1]),
            "{phrase}"
        );
    }
    found.iter().map(|at| at.strftime("%Y-%m-%d %H:%M %:z").to_string()).collect::<Vec<_>>().join(", ")
}

#[test]
fn repetitions_go_on() {
    let utc = "2026-03-04T10:00:00Z[UTC]";
    let year_end = "2026-12-30T10:00:00Z[UTC]";
    for (now, phrase, expected) in [
        (utc, "every other friday at ten", "03-06 10:00, 03-20 10:00, 04-03 10:00"),
        (
            utc,
            "every other week on monday and friday at ten",
            "03-06 10:00, 03-16 10:00, 03-20 10:00, 03-30 10:00",
        ),
        (utc, "every weekday at nine", "03-05 09:00, 03-06 09:00, 03-09 09:00, 03-10 09:00"),
        (utc, "every three days at noon", "03-04 12:00, 03-07 12:00, 03-10 12:00"),
        // Months without a 31st are left out.
        (utc, "every month on the 31st at noon", "03-31 12:00, 05-31 12:00, 07-31 12:00"),
        (utc, "the last day of every month at noon", "03-31 12:00, 04-30 12:00, 05-31 12:00"),
        (utc, "the last friday of every month at ten", "03-27 10:00, 04-24 10:00, 05-29 10:00"),
        (utc, "every first monday of the month at nine", "04-06 09:00, 05-04 09:00, 06-01 09:00"),
        (utc, "the 15th of every other month at six", "03-15 18:00, 05-15 18:00, 07-15 18:00"),
        (year_end, "every day at nine", "12-31 09:00, 2027-01-01 09:00, 2027-01-02 09:00"),
        (year_end, "every other week on thursday at nine", "12-31 09:00, 2027-01-14 09:00, 2027-01-28 09:00"),
        (year_end, "every weekday at nine", "12-31 09:00, 2027-01-01 09:00, 2027-01-04 09:00"),
        (year_end, "the last day of every month at noon", "12-31 12:00, 2027-01-31 12:00, 2027-02-28 12:00"),
    ] {
        let found =
            times(now, phrase, expected.split(", ").count()).replace(" +00:00", "").replace("2026-", "");
        assert_eq!(found, expected, "{phrase}");
    }
    let leap = "2028-02-27T10:00:00Z[UTC]";
    assert_eq!(
        times(leap, "every day at nine", 4).replace(" +00:00", ""),
        "2028-02-28 09:00, 2028-02-29 09:00, 2028-03-01 09:00, 2028-03-02 09:00"
    );
    assert_eq!(
        times(utc, "every year on february 29 at noon", 3).replace(" +00:00", ""),
        "2028-02-29 12:00, 2032-02-29 12:00, 2036-02-29 12:00"
    );
}

#[test]
fn a_wall_time_stays_as_the_clocks_change() {
    let spring = "2026-03-06T20:00:00-05:00[America/New_York]";
    let autumn = "2026-10-30T20:00:00-04:00[America/New_York]";
    for (now, phrase, expected) in [
        (spring, "every day at 9 am", "03-07 09:00 -05:00, 03-08 09:00 -04:00, 03-09 09:00 -04:00"),
        (autumn, "every day at 9 am", "10-31 09:00 -04:00, 11-01 09:00 -05:00, 11-02 09:00 -05:00"),
        // Skipped: moved by the gap on that day alone.
        (spring, "every day at 2:30 am", "03-07 02:30 -05:00, 03-08 03:30 -04:00, 03-09 02:30 -04:00"),
        // Twice: the first.
        (autumn, "every day at 1:30 am", "10-31 01:30 -04:00, 11-01 01:30 -04:00, 11-02 01:30 -05:00"),
        (spring, "every sunday at noon", "03-08 12:00 -04:00, 03-15 12:00 -04:00"),
    ] {
        let found = times(now, phrase, expected.split(", ").count()).replace("2026-", "");
        assert_eq!(found, expected, "{phrase}");
    }
}

#[test]
fn rules_are_rfc_5545_and_others_are_refused() {
    let now = at(NOW);
    for (phrase, rule) in [
        ("every day at noon", "FREQ=DAILY;INTERVAL=1"),
        ("every other friday at noon", "FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=FR"),
        ("every weekday at noon", "FREQ=WEEKLY;INTERVAL=1;WKST=MO;BYDAY=MO,TU,WE,TH,FR"),
        ("every month on the first monday at noon", "FREQ=MONTHLY;INTERVAL=1;BYDAY=1MO"),
        ("every month on the last friday at noon", "FREQ=MONTHLY;INTERVAL=1;BYDAY=-1FR"),
        ("every month on the last day at noon", "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=-1"),
        ("every year on march 5th at noon", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5"),
    ] {
        let Ok(When::Every(every)) = parse(phrase, &now) else { panic!("{phrase}") };
        assert_eq!(every.rule.rfc5545(), rule, "{phrase}");
    }
    let start = now.datetime();
    for rule in [
        "",
        "FREQ=SECONDLY",
        "FREQ=HOURLY;INTERVAL=1",
        "FREQ=DAILY;INTERVAL=x",
        "FREQ=DAILY\nRRULE:FREQ=SECONDLY",
    ] {
        assert!(Series::read(rule, start, now.time_zone().clone()).is_err(), "{rule}");
    }
}
