//! The grammar's table: what people say at one known moment, and what it means.

use jiff::Zoned;

use super::{DateError, When, find, parse, say};

/// Wednesday morning; the clocks go forward on the coming Sunday, March 8th, at two.
const NOW: &str = "2026-03-04T10:00:00-05:00[America/New_York]";

fn at(text: &str) -> Zoned {
    text.parse().unwrap()
}

fn short(at: &Zoned) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// A meaning on one line.
fn line(result: &Result<When, DateError>) -> String {
    match result {
        Ok(When::At(at)) => short(at),
        Ok(When::Day(day)) => day.to_string(),
        Ok(When::Span { from, to }) => format!("{} .. {}", short(from), short(to)),
        Ok(When::Every(every)) => {
            format!("{} @ {}", super::say::every(every), short(&every.first))
        }
        Err(DateError::Unknown { words }) => format!("unknown: {}", words.join(" ")),
        Err(DateError::Ambiguous { options }) => {
            let all: Vec<String> = options.iter().map(|option| line(&Ok(option.when.clone()))).collect();
            format!("ambiguous: {}", all.join(" | "))
        }
        Err(DateError::Past { .. }) => "past".to_owned(),
        Err(DateError::Impossible { .. }) => "impossible".to_owned(),
        Err(DateError::Vague { .. }) => "vague".to_owned(),
    }
}

const TABLE: &[(&str, &str)] = &[
    // Hours alone.
    ("six", "2026-03-04 18:00"),
    ("at six", "2026-03-04 18:00"),
    ("at five", "2026-03-04 17:00"),
    ("at nine", "2026-03-04 21:00"),
    ("at ten", "2026-03-04 22:00"),
    ("at eleven", "2026-03-04 11:00"),
    ("at twelve", "2026-03-04 12:00"),
    ("at 12:30", "2026-03-04 12:30"),
    ("noon", "2026-03-04 12:00"),
    ("at midday", "2026-03-04 12:00"),
    ("midnight", "2026-03-05 00:00"),
    ("5pm", "2026-03-04 17:00"),
    ("5 p.m.", "2026-03-04 17:00"),
    ("five p m", "2026-03-04 17:00"),
    ("at 5:30 PM", "2026-03-04 17:30"),
    ("530 pm", "2026-03-04 17:30"),
    ("17:30", "2026-03-04 17:30"),
    ("at 05:30", "2026-03-05 05:30"),
    ("at seventeen thirty", "2026-03-04 17:30"),
    ("9 am", "2026-03-05 09:00"),
    ("12 am", "2026-03-05 00:00"),
    ("12 pm", "2026-03-04 12:00"),
    ("five o'clock", "2026-03-04 17:00"),
    ("5 o clock", "2026-03-04 17:00"),
    ("five oclock", "2026-03-04 17:00"),
    ("six-thirty", "2026-03-04 18:30"),
    ("six thirty", "2026-03-04 18:30"),
    ("five oh five", "2026-03-04 17:05"),
    ("half past six", "2026-03-04 18:30"),
    ("half six", "2026-03-04 18:30"),
    ("quarter to nine", "2026-03-04 20:45"),
    ("a quarter past three", "2026-03-04 15:15"),
    ("quarter to one", "2026-03-04 12:45"),
    ("ten to five", "2026-03-04 16:50"),
    ("twenty past four", "2026-03-04 16:20"),
    ("twenty-five minutes to nine", "2026-03-04 20:35"),
    ("three minutes past two", "2026-03-04 14:03"),
    ("quarter to nine in the morning", "2026-03-05 08:45"),
    ("half past eleven", "2026-03-04 11:30"),
    ("quarter to noon", "2026-03-04 11:45"),
    ("quarter to midnight", "2026-03-04 23:45"),
    ("around five", "2026-03-04 17:00"),
    ("by six", "2026-03-04 18:00"),
    ("at seven in the morning", "2026-03-05 07:00"),
    ("at seven in the evening", "2026-03-04 19:00"),
    ("three in the afternoon", "2026-03-04 15:00"),
    ("at eleven at night", "2026-03-04 23:00"),
    // Days with hours.
    ("tomorrow at five", "2026-03-05 17:00"),
    ("tomorrow at seven", "2026-03-05 07:00"),
    ("at five tomorrow", "2026-03-05 17:00"),
    ("five pm tomorrow", "2026-03-05 17:00"),
    ("Tomorrow, at 5 p.m.", "2026-03-05 17:00"),
    ("tomorrow at noon", "2026-03-05 12:00"),
    ("tomorrow morning at nine", "2026-03-05 09:00"),
    ("nine tomorrow morning", "2026-03-05 09:00"),
    ("three thirty tomorrow afternoon", "2026-03-05 15:30"),
    ("tomorrow evening at eight", "2026-03-05 20:00"),
    ("tomorrow night at ten", "2026-03-05 22:00"),
    ("today at three", "2026-03-04 15:00"),
    ("today at eight", "2026-03-04 20:00"),
    ("tonight at eight", "2026-03-04 20:00"),
    ("tonight at two", "2026-03-05 02:00"),
    ("tonight at midnight", "2026-03-05 00:00"),
    ("at six this evening", "2026-03-04 18:00"),
    ("this afternoon at four", "2026-03-04 16:00"),
    ("friday at ten", "2026-03-06 10:00"),
    ("on friday at ten", "2026-03-06 10:00"),
    ("ten on friday", "2026-03-06 10:00"),
    ("friday morning at nine", "2026-03-06 09:00"),
    ("nine in the morning on friday", "2026-03-06 09:00"),
    ("fri at 3pm", "2026-03-06 15:00"),
    ("this friday at noon", "2026-03-06 12:00"),
    ("next monday at nine", "2026-03-09 09:00"),
    ("the day after tomorrow at six", "2026-03-06 18:00"),
    ("in three days at noon", "2026-03-07 12:00"),
    ("wednesday at nine", "ambiguous: 2026-03-04 21:00 | 2026-03-11 09:00"),
    ("wednesday at 9 am", "2026-03-11 09:00"),
    ("march 5th at 3:30 pm", "2026-03-05 15:30"),
    ("the third of may at noon", "2026-05-03 12:00"),
    ("at seven on the 21st", "2026-03-21 07:00"),
    ("friday the 6th at ten", "2026-03-06 10:00"),
    ("thursday, march 5th at five p.m.", "2026-03-05 17:00"),
    ("next week on tuesday at two", "2026-03-10 14:00"),
    // Days.
    ("today", "2026-03-04"),
    ("tomorrow", "2026-03-05"),
    ("the day after tomorrow", "2026-03-06"),
    ("friday", "2026-03-06"),
    ("by friday", "2026-03-06"),
    ("this coming friday", "2026-03-06"),
    ("monday", "2026-03-09"),
    ("next monday", "2026-03-09"),
    ("friday next week", "2026-03-13"),
    ("next friday", "ambiguous: 2026-03-06 | 2026-03-13"),
    ("next friday at ten", "ambiguous: 2026-03-06 10:00 | 2026-03-13 10:00"),
    ("wednesday", "ambiguous: 2026-03-04 | 2026-03-11"),
    ("this wednesday", "2026-03-04"),
    ("next wednesday", "2026-03-11"),
    ("the third of may", "2026-05-03"),
    ("may third", "2026-05-03"),
    ("3 may", "2026-05-03"),
    ("May 3, 2027", "2027-05-03"),
    ("may third twenty twenty-seven", "2027-05-03"),
    ("march 5th", "2026-03-05"),
    ("march 3rd", "2027-03-03"),
    ("march 4", "2026-03-04"),
    ("on the 21st", "2026-03-21"),
    ("the twenty-first", "2026-03-21"),
    ("on the third", "2026-04-03"),
    ("the 31st", "2026-03-31"),
    ("the first of next month", "2026-04-01"),
    ("the 15th of this month", "2026-03-15"),
    ("12/25", "2026-12-25"),
    ("3/5", "ambiguous: 2026-03-05 | 2026-05-03"),
    ("5/5", "2026-05-05"),
    ("in three days", "2026-03-07"),
    ("in a week", "2026-03-11"),
    ("in two weeks", "2026-03-18"),
    ("in a month", "2026-04-04"),
    ("a week from friday", "2026-03-13"),
    ("two weeks from now", "2026-03-18"),
    ("two days after tomorrow", "2026-03-07"),
    ("end of the month", "2026-03-31"),
    ("by the end of the month", "2026-03-31"),
    ("the beginning of next month", "2026-04-01"),
    ("the last day of the month", "2026-03-31"),
    ("the end of the year", "2026-12-31"),
    ("end of the week", "ambiguous: 2026-03-06 | 2026-03-08"),
    ("end of the day", "2026-03-04"),
    ("the last friday of the month", "2026-03-27"),
    ("the first monday of next month at nine", "2026-04-06 09:00"),
    ("the first monday of the month", "past"),
    // Stretches.
    ("tomorrow morning", "2026-03-05 09:00 .. 2026-03-05 12:00"),
    ("the day after tomorrow in the morning", "2026-03-06 09:00 .. 2026-03-06 12:00"),
    ("this evening", "2026-03-04 18:00 .. 2026-03-04 22:00"),
    ("tonight", "2026-03-04 20:00 .. 2026-03-05 00:00"),
    ("in the afternoon", "2026-03-04 13:00 .. 2026-03-04 18:00"),
    ("friday afternoon", "2026-03-06 13:00 .. 2026-03-06 18:00"),
    ("this weekend", "2026-03-07 00:00 .. 2026-03-09 00:00"),
    (
        "next weekend",
        "ambiguous: 2026-03-07 00:00 .. 2026-03-09 00:00 | 2026-03-14 00:00 .. 2026-03-16 00:00",
    ),
    ("next week", "2026-03-09 00:00 .. 2026-03-16 00:00"),
    ("this month", "2026-03-01 00:00 .. 2026-04-01 00:00"),
    ("next year", "2027-01-01 00:00 .. 2028-01-01 00:00"),
    ("tomorrow from two to four", "2026-03-05 14:00 .. 2026-03-05 16:00"),
    ("between nine and half past ten tomorrow", "2026-03-05 09:00 .. 2026-03-05 10:30"),
    ("2 to 4 pm on friday", "2026-03-06 14:00 .. 2026-03-06 16:00"),
    ("friday from nine to five", "2026-03-06 09:00 .. 2026-03-06 17:00"),
    ("tomorrow at seven until nine", "2026-03-05 07:00 .. 2026-03-05 09:00"),
    ("at ten to five", "2026-03-04 16:50"),
    ("from monday to wednesday", "2026-03-09 00:00 .. 2026-03-12 00:00"),
    // Lengths.
    ("in twenty minutes", "2026-03-04 10:20"),
    ("in 5 mins", "2026-03-04 10:05"),
    ("twenty minutes from now", "2026-03-04 10:20"),
    ("in an hour", "2026-03-04 11:00"),
    ("in half an hour", "2026-03-04 10:30"),
    ("in an hour and a half", "2026-03-04 11:30"),
    ("in one and a half hours", "2026-03-04 11:30"),
    ("in a quarter of an hour", "2026-03-04 10:15"),
    ("in three quarters of an hour", "2026-03-04 10:45"),
    ("in two hours and ten minutes", "2026-03-04 12:10"),
    ("in a couple of hours", "2026-03-04 12:00"),
    ("in ninety minutes", "2026-03-04 11:30"),
    ("in ten seconds", "2026-03-04 10:00"),
    ("in a minute", "2026-03-04 10:01"),
    ("an hour and a half from now", "2026-03-04 11:30"),
    ("half an hour from now", "2026-03-04 10:30"),
    ("within the hour", "unknown: within the hour"),
    // Repetitions.
    ("every day at 7 am", "every day at seven a.m. @ 2026-03-05 07:00"),
    ("at seven every day", "every day at seven a.m. @ 2026-03-05 07:00"),
    ("daily at noon", "every day at noon @ 2026-03-04 12:00"),
    ("every monday at nine", "every Monday at nine a.m. @ 2026-03-09 09:00"),
    ("mondays at nine", "every Monday at nine a.m. @ 2026-03-09 09:00"),
    ("every monday and thursday at five", "every Monday and Thursday at five p.m. @ 2026-03-05 17:00"),
    ("every weekday at eight", "every weekday at eight a.m. @ 2026-03-05 08:00"),
    ("every morning", "every day at nine a.m. @ 2026-03-05 09:00"),
    ("every evening at eight", "every day at eight p.m. @ 2026-03-04 20:00"),
    ("every other friday at ten", "every other week on Friday at ten a.m. @ 2026-03-06 10:00"),
    ("every two weeks on friday", "every other week on Friday @ 2026-03-06 00:00"),
    ("every three days at noon", "every three days at noon @ 2026-03-04 12:00"),
    ("every month on the first at nine", "every month on the first at nine a.m. @ 2026-04-01 09:00"),
    ("the first of every month", "every month on the first @ 2026-04-01 00:00"),
    ("the last day of every month at noon", "every month on the last day at noon @ 2026-03-31 12:00"),
    (
        "on the 15th of every other month at six",
        "every other month on the fifteenth at six p.m. @ 2026-03-15 18:00",
    ),
    (
        "the last friday of every month at ten",
        "every month on the last Friday at ten a.m. @ 2026-03-27 10:00",
    ),
    (
        "every last friday of the month at four",
        "every month on the last Friday at four p.m. @ 2026-03-27 16:00",
    ),
    (
        "every first monday of the month at nine",
        "every month on the first Monday at nine a.m. @ 2026-04-06 09:00",
    ),
    ("monthly on the second tuesday at noon", "every month on the second Tuesday at noon @ 2026-03-10 12:00"),
    ("every second friday at ten", "every other week on Friday at ten a.m. @ 2026-03-06 10:00"),
    ("every other week on monday at nine", "every other week on Monday at nine a.m. @ 2026-03-09 09:00"),
    ("every weekend at ten", "every Saturday and Sunday at ten a.m. @ 2026-03-07 10:00"),
    ("every month on the 32nd", "impossible"),
    ("every year on february 30th", "impossible"),
    ("the fifth friday of every month", "unknown: the fifth friday of every month"),
    ("every 15th of the month", "every month on the fifteenth @ 2026-03-15 00:00"),
    ("every year on march 5th", "every year on March fifth @ 2026-03-05 00:00"),
    ("weekly on tuesday at six", "every Tuesday at six p.m. @ 2026-03-10 18:00"),
    // Written.
    ("2026-03-05T17:00:00-05:00", "2026-03-05 17:00"),
    ("2026-03-05T22:00:00Z", "2026-03-05 17:00"),
    ("2026-03-05T17:00[America/New_York]", "2026-03-05 17:00"),
    ("2026-03-05T23:00+01:00[Europe/Berlin]", "2026-03-05 17:00"),
    ("2026-03-05T17:00", "2026-03-05 17:00"),
    ("2026-03-05 17:00", "2026-03-05 17:00"),
    ("2026-03-05", "2026-03-05"),
    ("2026-03-05T17:00/2026-03-05T18:00", "2026-03-05 17:00 .. 2026-03-05 18:00"),
    ("2026-03-04T14:56:00Z", "2026-03-04 09:56"),
    ("2026-03-04T14:50:00Z", "past"),
    ("2026-03-03", "past"),
    // What has no meaning, or not one.
    ("yesterday", "past"),
    ("today at nine in the morning", "past"),
    ("this morning at eight", "past"),
    ("march 3rd 2026", "past"),
    ("tomorrow at midnight", "ambiguous: 2026-03-05 00:00 | 2026-03-06 00:00"),
    ("saturday at midnight", "ambiguous: 2026-03-07 00:00 | 2026-03-08 00:00"),
    ("this weekend at ten", "ambiguous: 2026-03-07 10:00 | 2026-03-08 10:00"),
    ("next week at five", "vague"),
    ("february 30th", "impossible"),
    ("april 31", "impossible"),
    ("february 29 2027", "impossible"),
    ("friday the 7th", "impossible"),
    ("at 25:00", "unknown: 25:00"),
    ("13 pm", "unknown: 13 pm"),
    ("soon", "unknown: soon"),
    ("tomorrow at the office", "unknown: office"),
    ("when the cows come home", "unknown: when cows come home"),
    ("five six seven", "unknown: five six seven"),
    ("", "unknown: "),
];

#[test]
fn the_table_holds() {
    let now = at(NOW);
    let wrong: Vec<String> = TABLE
        .iter()
        .filter_map(|(phrase, expected)| {
            let found = line(&parse(phrase, &now));
            (found != *expected).then(|| format!("{phrase:?}: {found} instead of {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), TABLE.len(), wrong.join("\n"));
}

#[test]
fn everything_said_or_written_back_is_read_as_the_same() {
    let now = at(NOW);
    for (phrase, _) in TABLE {
        let readings = match parse(phrase, &now) {
            Ok(when) => vec![(say(&when, &now), when)],
            Err(DateError::Ambiguous { options }) => {
                options.into_iter().map(|option| (option.spoken, option.when)).collect()
            }
            Err(_) => continue,
        };
        for (spoken, when) in readings {
            // A written instant may be a little late; its words are over.
            if when.moment().is_none_or(|moment| *moment > now) {
                assert_eq!(
                    line(&parse(&spoken, &now)),
                    line(&Ok(when.clone())),
                    "{phrase:?} said as {spoken:?}"
                );
            }
            assert_eq!(
                parse(&when.wire(), &now).as_ref(),
                Ok(&when),
                "{phrase:?} written as {}",
                when.wire()
            );
        }
    }
}

#[test]
fn what_is_said_is_exact() {
    let now = at(NOW);
    for (phrase, spoken) in [
        ("tomorrow at five", "tomorrow at five p.m."),
        ("in 7 hours and 20 minutes", "today at five twenty p.m."),
        ("monday at nine", "on Monday at nine a.m."),
        ("the third of may at noon", "on May third at noon"),
        ("march 3rd at 9:05 am", "on March third at nine oh five a.m."),
        ("march 4th 2027 at 9 am", "on March fourth, 2027 at nine a.m."),
        ("in ten seconds", "in ten seconds"),
        ("midnight", "tomorrow at twelve a.m."),
        ("friday", "on Friday"),
        ("tomorrow morning", "tomorrow from nine a.m. to noon"),
        ("tonight", "today from eight p.m. to midnight"),
        ("this weekend", "from March seventh through March eighth"),
    ] {
        assert_eq!(say(&parse(phrase, &now).unwrap(), &now), spoken, "{phrase}");
    }
}

#[test]
fn the_errors_can_be_spoken() {
    let now = at(NOW);
    let message = |phrase: &str| parse(phrase, &now).unwrap_err().to_string();
    assert_eq!(
        message("next friday"),
        "this can be Friday, March sixth, or Friday, March thirteenth: say which"
    );
    assert_eq!(message("friday the 7th"), "there is no such date: March seventh is a Saturday, not a Friday");
    assert_eq!(message("yesterday"), "yesterday is in the past: say a time that is still to come");
    assert!(message("tomorrow at the office").contains("\"office\""));
}

#[test]
fn the_calendars_edges_hold() {
    let zoned = |now: &str, phrase: &str| match parse(phrase, &at(now)) {
        Ok(When::At(at)) => at.to_string(),
        other => line(&other),
    };
    let before_gap = "2026-03-07T20:00:00-05:00[America/New_York]";
    let before_fold = "2026-10-31T20:00:00-04:00[America/New_York]";
    for (now, phrase, expected) in [
        // The clocks skip from two to three: the compatible rule moves forward by the gap.
        (before_gap, "tomorrow at 2:30 am", "2026-03-08T03:30:00-04:00[America/New_York]"),
        (before_gap, "in twelve hours", "2026-03-08T09:00:00-04:00[America/New_York]"),
        (before_gap, "tomorrow at noon", "2026-03-08T12:00:00-04:00[America/New_York]"),
        // One o'clock comes twice: the first.
        (before_fold, "tomorrow at 1:30 am", "2026-11-01T01:30:00-04:00[America/New_York]"),
        (before_fold, "in six and a half hours", "2026-11-01T01:30:00-05:00[America/New_York]"),
        // A zone that skips midnight itself.
        (
            "2018-11-03T12:00:00-03:00[America/Sao_Paulo]",
            "midnight",
            "2018-11-04T01:00:00-02:00[America/Sao_Paulo]",
        ),
        // Year end and leap days.
        ("2026-12-31T22:00:00Z[UTC]", "in three hours", "2027-01-01T01:00:00+00:00[UTC]"),
        ("2026-12-31T22:00:00Z[UTC]", "tomorrow at nine", "2027-01-01T09:00:00+00:00[UTC]"),
        ("2026-12-31T22:00:00Z[UTC]", "january first", "2027-01-01"),
        ("2026-12-31T22:00:00Z[UTC]", "at nine", "2027-01-01T09:00:00+00:00[UTC]"),
        ("2028-02-28T12:00:00Z[UTC]", "tomorrow", "2028-02-29"),
        ("2026-02-28T12:00:00Z[UTC]", "tomorrow", "2026-03-01"),
        ("2026-02-28T12:00:00Z[UTC]", "february 29th", "2028-02-29"),
        ("2028-02-29T12:00:00Z[UTC]", "in a year", "2029-02-28"),
        ("2026-01-31T12:00:00Z[UTC]", "in a month", "2026-02-28"),
        ("2026-01-31T12:00:00Z[UTC]", "the 30th", "2026-03-30"),
        ("2028-02-10T12:00:00Z[UTC]", "end of the month", "2028-02-29"),
        ("2026-02-10T12:00:00Z[UTC]", "the 30th of this month", "impossible"),
        // "next" is clear once this week's day is over.
        ("2026-03-07T12:00:00Z[UTC]", "next friday", "2026-03-13"),
        ("2026-03-06T12:00:00Z[UTC]", "next friday", "2026-03-13"),
        ("2026-03-07T12:00:00Z[UTC]", "next weekend", "2026-03-14 00:00 .. 2026-03-16 00:00"),
        ("2026-03-04T01:00:00Z[UTC]", "tonight at two", "2026-03-04T02:00:00+00:00[UTC]"),
        ("2026-03-04T23:30:00Z[UTC]", "at eleven", "2026-03-05T11:00:00+00:00[UTC]"),
    ] {
        assert_eq!(zoned(now, phrase), expected, "{phrase} at {now}");
    }
}

#[test]
fn short_times_are_exact_to_the_second() {
    let now = at(NOW);
    assert_eq!(
        parse("in ten seconds", &now),
        Ok(When::At(at("2026-03-04T10:00:10-05:00[America/New_York]")))
    );
    assert_eq!(
        parse("in a minute and ten seconds", &now),
        Ok(When::At(at("2026-03-04T10:01:10-05:00[America/New_York]")))
    );
}

#[test]
fn what_is_past_is_said_with_its_hour_first() {
    let now = at(NOW);
    for (past, said) in [
        ("2026-03-04T08:30:00-05:00[America/New_York]", "eight thirty a.m. today"),
        ("2026-03-03T17:00:00-05:00[America/New_York]", "five p.m. yesterday"),
        ("2026-03-01T12:00:00-05:00[America/New_York]", "noon on March first, 2026"),
    ] {
        assert_eq!(super::say_hour_first(&at(past), &now), said);
    }
}

#[test]
fn phrases_are_found_in_utterances() {
    let now = at(NOW);
    for (text, phrase, rest, meaning) in [
        ("call mom tomorrow at five", "tomorrow at five", "call mom", "2026-03-05 17:00"),
        (
            "remind me tomorrow to call mom at five",
            "tomorrow at five",
            "remind me to call mom",
            "2026-03-05 17:00",
        ),
        ("tomorrow at five call mom", "tomorrow at five", "call mom", "2026-03-05 17:00"),
        (
            "take the bins out every monday at nine",
            "every monday at nine",
            "take the bins out",
            "every Monday at nine a.m. @ 2026-03-09 09:00",
        ),
        ("in twenty minutes turn off the oven", "in twenty minutes", "turn off the oven", "2026-03-04 10:20"),
        (
            "book a table for two on friday at half past seven",
            "on friday at half past seven",
            "book a table for two",
            "2026-03-06 07:30",
        ),
        ("book a table for two on friday", "on friday", "book a table for two", "2026-03-06"),
        (
            "move it from three to four tomorrow",
            "from three to four tomorrow",
            "move it",
            "2026-03-05 15:00 .. 2026-03-05 16:00",
        ),
        ("call mom. at five feed the cat", "at five", "call mom. feed the cat", "2026-03-04 17:00"),
        ("buy milk by friday please", "by friday", "buy milk please", "2026-03-06"),
        ("send Anna the report 5pm.", "5pm", "send Anna the report .", "2026-03-04 17:00"),
        ("meet Zoë tomorrow morning", "tomorrow morning", "meet Zoë", "2026-03-05 09:00 .. 2026-03-05 12:00"),
        ("finish it next friday", "next friday", "finish it", "ambiguous: 2026-03-06 | 2026-03-13"),
    ] {
        let found = find(text, &now).unwrap_or_else(|| panic!("nothing in {text:?}"));
        let got = (found.phrase.as_str(), found.rest(text), line(&found.when));
        assert_eq!(got, (phrase, rest.to_owned(), meaning.to_owned()), "{text}");
    }
    for text in [
        "buy two apples",
        "five people sat in the sun",
        "call mom",
        "",
        "play song number six",
        "a second opinion",
    ] {
        assert_eq!(find(text, &now), None, "{text}");
    }
}
