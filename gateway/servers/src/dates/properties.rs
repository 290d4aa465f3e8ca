//! What holds at any moment, for any instant and any text.

use jiff::Zoned;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::{DateError, When, find, parse, say};

fn moments() -> impl Strategy<Value = Zoned> {
    let zones = ["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"];
    (0..zones.len(), 1_600_000_000_i64..2_500_000_000).prop_map(move |(zone, second)| {
        jiff::Timestamp::from_second(second).unwrap().in_tz(zones[zone]).unwrap()
    })
}

proptest! {
    #[test]
    fn any_instant_said_is_read_back(now in moments(), ahead in 1_i64..60 * 24 * 500) {
        let when = now.checked_add(jiff::SignedDuration::from_mins(ahead)).unwrap();
        let when = when.with().second(0).subsec_nanosecond(0).build().unwrap();
        // The second of two equal wall times has the same words as the first.
        let repeated = when.datetime().to_zoned(when.time_zone().clone()).unwrap() != when;
        if when > now && !repeated {
            let spoken = say(&When::At(when.clone()), &now);
            prop_assert_eq!(parse(&spoken, &now), Ok(When::At(when)), "{}", spoken);
        }
    }

    #[test]
    fn any_day_said_is_read_back(now in moments(), ahead in 0_i64..2000) {
        let day = now.date().checked_add(jiff::Span::new().days(ahead)).unwrap();
        let spoken = say(&When::Day(day), &now);
        prop_assert_eq!(parse(&spoken, &now), Ok(When::Day(day)), "{}", spoken);
    }

    #[test]
    fn no_text_breaks_it_and_no_found_range_is_off(text in any::<String>(), now in moments()) {
        if let Some(found) = find(&text, &now) {
            prop_assert!(found.ranges.iter().all(|range| text.get(range.clone()).is_some()));
        }
        let _checked_for_panics_only = parse(&text, &now);
    }

    #[test]
    fn no_row_of_date_words_breaks_it(
        words in proptest::collection::vec(proptest::sample::select(WORDS), 0..8),
        now in moments(),
    ) {
        let text = words.join(" ");
        match parse(&text, &now) {
            Ok(When::At(at)) => prop_assert!(at > now, "{} is over", text),
            Ok(When::Every(every)) => prop_assert!(every.first > now, "{} is over", text),
            Ok(When::Span { from, to }) => prop_assert!(from < to && to > now, "{} is over", text),
            Ok(When::Day(day)) => prop_assert!(day >= now.date(), "{} is over", text),
            Err(DateError::Ambiguous { options }) => prop_assert!(options.len() > 1, "{}", text),
            Err(_) => {}
        }
    }
}

const WORDS: &[&str] = &[
    "at", "on", "in", "the", "from", "to", "of", "and", "a", "every", "next", "this", "tomorrow", "today",
    "tonight", "friday", "monday", "may", "february", "first", "29th", "31st", "2027", "five", "seven",
    "twelve", "twenty", "thirty", "half", "quarter", "past", "pm", "am", "noon", "midnight", "morning",
    "evening", "night", "week", "weekend", "month", "day", "days", "hours", "minutes", "end", "other",
    "until", "between", "17:30", "3/5", "now", "o'clock", "after",
];
