//! Phrases and rules that nobody means: of any characters, without end, and made to be followed for ever.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, proptest};

use super::recurrence::{Series, SeriesError};
use super::{DateError, LONGEST, find, length, parse, parse_on, parse_since};

const NOW: &str = "2026-03-04T10:00:00-05:00[America/New_York]";

fn now() -> Zoned {
    NOW.parse().unwrap()
}

/// The first times of a rule that starts at `NOW`.
fn first(rule: &str, count: usize) -> Result<Vec<Timestamp>, SeriesError> {
    let series = Series::read(rule, now().datetime(), TimeZone::get("America/New_York").unwrap())?;
    Ok(series.times().take(count).map(|time| time.at.timestamp()).collect())
}

fn numbers(to: u32) -> String {
    (0..to).map(|number| number.to_string()).collect::<Vec<_>>().join(",")
}

#[test]
fn what_is_said_without_end_is_refused_by_its_length() {
    for word in ["every ", "tomorrow ", "half past ", "((((", "5", "\u{202e}", "é"] {
        let phrase = word.repeat(10_000);
        assert!(
            parse(&phrase, &now()).is_err_and(|error: DateError| !error.to_string().is_empty()),
            "{word}"
        );
        assert!(parse_on(&phrase, now().date(), &now()).is_err(), "{word}");
        assert!(parse_since(&phrase, &now()).is_err_and(|error| !error.to_string().is_empty()), "{word}");
        assert!(length(&phrase).is_err_and(|error| !error.to_string().is_empty()), "{word}");
    }
    // The longest that is looked at at all.
    for word in ["five ", "at ", "1/", "9999999999 ", "january ", "every ", "P", "PT1H", "-", "+1"] {
        let phrase = word.repeat(LONGEST / word.len());
        let _checked_for_panics_only =
            (parse(&phrase, &now()), parse_since(&phrase, &now()), length(&phrase));
    }
}

#[test]
fn a_rule_that_would_fill_the_memory_is_refused() {
    let (hours, minutes) = (numbers(24), numbers(60));
    for rule in [
        format!("FREQ=YEARLY;BYHOUR={hours};BYMINUTE={minutes};BYSECOND={minutes}"),
        format!("FREQ=DAILY;BYMINUTE={minutes}"),
        format!("FREQ=DAILY;BYHOUR={hours};BYSECOND=0,30"),
        format!("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR={hours};BYMINUTE=0,30"),
    ] {
        assert!(matches!(first(&rule, 1), Err(SeriesError::Many { .. })), "{rule}");
    }
    assert_eq!(first(&format!("FREQ=DAILY;BYHOUR={hours}"), 30).unwrap().len(), 30);
}

#[test]
fn a_rule_that_never_ends_or_never_comes_is_followed_only_so_far() {
    for (rule, most) in [
        ("FREQ=DAILY;COUNT=4294967295", 20_000),
        ("FREQ=DAILY", 20_000),
        ("FREQ=YEARLY;INTERVAL=65535", 1),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 0),
        ("FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", 0),
        ("FREQ=DAILY;COUNT=0", 0),
    ] {
        let Ok(times) = first(rule, usize::MAX) else { continue };
        assert!(times.len() <= most, "{rule}: {}", times.len());
    }
}

#[test]
fn what_is_no_rule_is_refused_by_name() {
    for rule in [
        "",
        "FREQ=",
        "FREQ=DAILY;",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;COUNT=99999999999999999999",
        "FREQ=DAILY;INTERVAL=99999999999999999999",
        "FREQ=DAILY;BYDAY=9999999MO",
        "FREQ=DAILY;BYMONTH=0",
        "FREQ=DAILY;UNTIL=99999999T999999Z",
        "FREQ=DAILY\nEXDATE:20260304T100000Z",
        "FREQ=SECONDLY",
        "FREQ=HOURLY;COUNT=3",
        "RRULE:FREQ=DAILY",
        "FREQ=DAILY;BYSETPOS=",
    ] {
        if let Err(error) = first(rule, 10) {
            assert!(error.to_string().len() > 20, "{rule}: {error}");
        }
    }
    for rule in ["", "FREQ=", "FREQ=SECONDLY", "FREQ=HOURLY;COUNT=3", "FREQ=DAILY\nEXDATE:20260304T100000Z"] {
        assert!(first(rule, 1).is_err(), "{rule}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_row_of_what_rules_are_made_of_breaks_it(
        parts in prop::collection::vec(prop::sample::select(PARTS), 0..4),
        free in "[A-Z0-9=;,+-]{0,30}",
    ) {
        for rule in [format!("FREQ=YEARLY;{}", parts.join(";")), format!("FREQ=WEEKLY;{free}"), free] {
            match first(&rule, 50) {
                Ok(times) => prop_assert!(times.len() <= 50, "{}", rule),
                Err(error) => prop_assert!(!error.to_string().is_empty(), "{}", rule),
            }
        }
    }

    #[test]
    fn no_text_breaks_what_reads_lengths_and_past_moments(text in any::<String>(), day in 0_i64..3_000) {
        let day = now().date().checked_add(jiff::Span::new().days(day)).unwrap();
        if let Ok(minutes) = length(&text) {
            prop_assert!(minutes > 0);
        }
        if let Ok(at) = parse_since(&text, &now()) {
            prop_assert!(at <= now());
        }
        let _checked_for_panics_only = parse_on(&text, day, &now());
    }

    #[test]
    fn a_moment_is_found_in_a_long_text(before in "[a-z ]{0,400}", after in "[a-z ]{0,400}") {
        let text = format!("{before}, {after}");
        if let Some(found) = find(&text, &now()) {
            prop_assert!(found.ranges.iter().all(|range| text.get(range.clone()).is_some()));
        }
    }
}

/// What a rule is made of.
const PARTS: &[&str] = &[
    "FREQ=DAILY",
    "INTERVAL=2",
    "INTERVAL=65535",
    "INTERVAL=0",
    "COUNT=3",
    "COUNT=4294967295",
    "UNTIL=20260401T000000Z",
    "UNTIL=00010101T000000Z",
    "BYMONTH=2",
    "BYMONTHDAY=30",
    "BYMONTHDAY=-31",
    "BYYEARDAY=366",
    "BYYEARDAY=-366",
    "BYWEEKNO=53",
    "BYDAY=5MO",
    "BYDAY=-53SU",
    "BYHOUR=0,12,23",
    "BYMINUTE=59",
    "BYSECOND=59",
    "BYSETPOS=-1",
    "BYSETPOS=366",
    "WKST=SU",
];
