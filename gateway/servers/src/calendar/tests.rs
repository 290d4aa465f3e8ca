//! Odd calendars, expansion and finding, without a server. `tests/peers/calendar` has the servers.

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::document::{Component, DocumentError};
use super::edit::{self, Edit, Guests, New, Placed};
use super::expansion::{Occurrence, occurrences};
use super::finding::{self, Said};
use super::stamp::Stamp;
use super::tools::Name;
use super::zones::{self, Zones};
use super::{spoken, writing};
use crate::dates;
use crate::placing::Length;
use crate::serving::{Effect, ToolName as _};

/// Wednesday, ten in the morning; the clocks go forward on Sunday the 8th.
const NOW: &str = "2026-03-04T10:00:00-05:00[America/New_York]";

fn at(text: &str) -> Zoned {
    text.parse().unwrap()
}

fn day(text: &str) -> Zoned {
    at(&format!("{text}T00:00:00[America/New_York]"))
}

/// A calendar of events, each given by its lines.
fn calendar(events: &[&str]) -> Component {
    let events: String =
        events.iter().map(|lines| format!("BEGIN:VEVENT\n{}\nEND:VEVENT\n", lines.trim())).collect();
    Component::parse(&format!("BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n")).unwrap()
}

/// The titles and times in a stretch: "standup 03-09 09:00-09:30", and how many can't be read.
fn times(calendar: &Component, from: &str, to: &str) -> (String, usize) {
    let (found, unreadable) = occurrences(calendar, &(day(from), day(to)));
    let shown = |time: &Occurrence| {
        format!("{} {}-{}", time.event.name(), time.from.strftime("%m-%d %H:%M"), time.to.strftime("%H:%M"))
    };
    (found.iter().map(shown).collect::<Vec<_>>().join(", "), unreadable)
}

#[test]
fn an_object_is_written_as_it_came() {
    let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME;X-P=\"a:b\":one\\, two\r\nBEGIN:VEVENT\r\n\
                UID:1\r\nsummary:lower case\r\nDESCRIPTION:folded in the middl\r\n e of a word and wi\r\n\tth a tab\r\n\
                X-A:1\r\nX-A:2\r\nno line at all\r\nX-EMPTY:\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n\
                END:VEVENT\r\nEND:VCALENDAR\r\n";
    let parsed = Component::parse(text).unwrap();
    assert_eq!(parsed.to_string(), text);
    // Ends of lines and empty lines are no content.
    let loose = format!(
        "\u{feff}{}\n\n",
        text.replace("\r\n", "\n\n").replace("\n\n ", "\n ").replace("\n\n\t", "\n\t")
    );
    assert_eq!(Component::parse(&loose).unwrap().to_string(), text);
    let event = parsed.components("VEVENT").next().unwrap();
    assert_eq!(event.text("SUMMARY").as_deref(), Some("lower case"));
    assert_eq!(event.text("DESCRIPTION").as_deref(), Some("folded in the middle of a word and with a tab"));
    assert_eq!(event.properties("X-A").count(), 2);
    assert_eq!((event.text("X-EMPTY"), event.text("LOCATION")), (None, None));
}

#[test]
fn what_is_no_calendar_is_refused() {
    for (text, problem) in [
        ("", DocumentError::NoCalendar),
        ("<html>", DocumentError::NoCalendar),
        ("BEGIN:VCARD\nEND:VCARD", DocumentError::NoCalendar),
        (
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR",
            DocumentError::Unbalanced { name: "VCALENDAR".into() },
        ),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT", DocumentError::Unbalanced { name: "VCALENDAR".into() }),
        ("BEGIN:X\n".repeat(1000).as_str(), DocumentError::Deep),
    ] {
        let shown: String = text.chars().take(30).collect();
        assert_eq!(Component::parse(text), Err(problem), "{shown}");
    }
}

#[test]
fn times_are_read_in_every_form() {
    for (lines, expected) in [
        ("UID:1\nSUMMARY:a\nDTSTART:20260305T150000Z\nDTEND:20260305T160000Z", "a 03-05 10:00-11:00"),
        (
            "UID:1\nSUMMARY:a\nDTSTART;TZID=Europe/Berlin:20260305T150000\nDURATION:PT30M",
            "a 03-05 09:00-09:30",
        ),
        (
            "UID:1\nSUMMARY:a\ndtstart;tzid=\"/mozilla.org/20050126_1/Europe/Berlin\":20260305T150000",
            "a 03-05 09:00-09:00",
        ),
        ("UID:1\nSUMMARY:a\nDTSTART:20260305T150000\nDTEND:20260305T160000", "a 03-05 15:00-16:00"),
        ("UID:1\nSUMMARY:a\nDTSTART;VALUE=DATE:20260305", "a 03-05 00:00-00:00"),
        // An end before the beginning is none.
        ("UID:1\nSUMMARY:a\nDTSTART:20260305T150000Z\nDTEND:20260305T140000Z", "a 03-05 10:00-10:00"),
        (
            "UID:1\nDTSTART:20260305T150000Z\nDTEND:20260305T160000Z",
            "an event without a title 03-05 10:00-11:00",
        ),
        ("UID:1\nSUMMARY:a\nSTATUS:CANCELLED\nDTSTART:20260305T150000Z", ""),
        // Half past two is skipped on that day.
        ("UID:1\nSUMMARY:a\nDTSTART:20260308T023000\nDURATION:PT1H", "a 03-08 03:30-04:30"),
    ] {
        assert_eq!(
            times(&calendar(&[lines]), "2026-03-04", "2026-03-10"),
            (expected.to_owned(), 0),
            "{lines}"
        );
    }
    for lines in [
        "UID:1\nSUMMARY:no time",
        "UID:1\nDTSTART:tomorrow",
        "UID:1\nDTSTART;TZID=Middle Earth:20260305T150000",
        "SUMMARY:no id\nDTSTART:20260305T150000Z",
        "UID:1\nDTSTART:20260305T150000Z\nRRULE:FREQ=SECONDLY",
        "UID:1\nDTSTART:20260305T150000Z\nRRULE:FREQ=WEEKLY;BYDAY=NEVER",
    ] {
        assert_eq!(times(&calendar(&[lines]), "2026-03-04", "2026-03-10"), (String::new(), 1), "{lines}");
    }
}

#[test]
fn repeated_events_are_at_each_of_their_times() {
    let zone = "TZID=America/New_York";
    for (lines, expected) in [
        (
            format!("DTSTART;{zone}:20260306T090000\nRRULE:FREQ=DAILY;COUNT=3"),
            "03-06 09:00, 03-07 09:00, 03-08 09:00",
        ),
        // The end is an instant, the times are wall times.
        (
            format!("DTSTART;{zone}:20260306T090000\nRRULE:FREQ=DAILY;UNTIL=20260308T130000Z"),
            "03-06 09:00, 03-07 09:00, 03-08 09:00",
        ),
        (
            format!("DTSTART;{zone}:20260306T090000\nRRULE:FREQ=DAILY;UNTIL=20260308T125959Z"),
            "03-06 09:00, 03-07 09:00",
        ),
        (
            format!("DTSTART;{zone}:20260306T090000\nRRULE:FREQ=DAILY;UNTIL=20260307"),
            "03-06 09:00, 03-07 09:00",
        ),
        (format!("DTSTART;{zone}:20260306T090000\nRRULE:freq=daily;until=20260301T000000z"), "03-06 09:00"),
        (
            format!(
                "DTSTART;{zone}:20260306T090000\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE;{zone}:20260307T090000"
            ),
            "03-06 09:00, 03-08 09:00, 03-09 09:00",
        ),
        (
            format!(
                "DTSTART;{zone}:20260306T090000\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE:20260307T140000Z,20260308T130000Z"
            ),
            "03-06 09:00, 03-09 09:00",
        ),
        (
            format!("DTSTART;{zone}:20260306T090000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20260307"),
            "03-06 09:00, 03-08 09:00",
        ),
        (format!("DTSTART;{zone}:20260306T090000\nRDATE;{zone}:20260307T100000"), "03-06 09:00, 03-07 10:00"),
        // The beginning is a time of the series, whatever the rule says.
        (
            format!("DTSTART;{zone}:20260305T090000\nRRULE:FREQ=MONTHLY;BYDAY=+2MO"),
            "03-05 09:00, 03-09 09:00",
        ),
        ("DTSTART:20250306T140000Z\nRRULE:FREQ=YEARLY".to_owned(), "03-06 09:00"),
        ("DTSTART;VALUE=DATE:20200229\nRRULE:FREQ=MONTHLY;BYDAY=1SU".to_owned(), ""),
        ("DTSTART;VALUE=DATE:20200308\nRRULE:FREQ=MONTHLY;BYDAY=2SU\nDURATION:P2D".to_owned(), "03-08 00:00"),
    ] {
        let event = format!("UID:1\nSUMMARY:a\n{lines}");
        let (found, unreadable) = occurrences(&calendar(&[&event]), &(day("2026-03-04"), day("2026-03-10")));
        let shown: Vec<String> =
            found.iter().map(|time| time.from.strftime("%m-%d %H:%M").to_string()).collect();
        assert_eq!((shown.join(", ").as_str(), unreadable), (expected, 0), "{lines}");
    }
}

#[test]
fn exceptions_stand_in_for_times_of_their_series() {
    let series = "UID:1\nSUMMARY:standup\nDTSTART;TZID=America/New_York:20260304T090000\nDURATION:PT15M\nRRULE:FREQ=DAILY;COUNT=5";
    let moved =
        "UID:1\nSUMMARY:long one\nRECURRENCE-ID:20260305T140000Z\nDTSTART:20260305T160000Z\nDURATION:PT1H";
    let called_off = "UID:1\nRECURRENCE-ID;TZID=America/New_York:20260306T090000\nDTSTART;TZID=America/New_York:20260306T090000\n\
                      STATUS:CANCELLED";
    let found = times(&calendar(&[moved, series, called_off]), "2026-03-04", "2026-03-10").0;
    assert_eq!(
        found,
        "standup 03-04 09:00-09:15, long one 03-05 11:00-12:00, standup 03-07 09:00-09:15, standup 03-08 09:00-09:15"
    );
    // Somebody who is invited to one time alone has no more than that.
    assert_eq!(times(&calendar(&[moved]), "2026-03-04", "2026-03-10").0, "long one 03-05 11:00-12:00");
}

#[test]
fn zones_that_only_the_object_knows_are_read_by_its_rules() {
    let zone = "BEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\n\
                TZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\n\
                DTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\n\
                END:DAYLIGHT\nEND:VTIMEZONE\nBEGIN:VTIMEZONE\nTZID:Somewhere\nBEGIN:STANDARD\nDTSTART:16010101T000000\n\
                TZOFFSETFROM:-0330\nTZOFFSETTO:-0330\nEND:STANDARD\nEND:VTIMEZONE\n";
    let parsed = Component::parse(&format!("BEGIN:VCALENDAR\n{zone}END:VCALENDAR")).unwrap();
    let zones = Zones::of(&parsed);
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let read = zones.get("W. Europe Standard Time").unwrap();
    for hour in 0..366 * 24 {
        let moment = day("2026-01-01").timestamp() + jiff::SignedDuration::from_hours(hour);
        assert_eq!(read.to_offset(moment), berlin.to_offset(moment), "{moment}");
    }
    let fixed = zones.get("Somewhere").unwrap().to_offset(day("2026-07-01").timestamp());
    assert_eq!(fixed.seconds(), -12_600);
    assert!(zones.get("Nowhere").is_none());
}

#[test]
fn a_zone_that_is_written_is_read_back_to_the_same() {
    for name in ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "Europe/London"]
    {
        let zone = TimeZone::get(name).unwrap();
        let from =
            "2026-06-01T09:00".parse::<jiff::civil::DateTime>().unwrap().to_zoned(zone.clone()).unwrap();
        let mut parsed = Component::new("VCALENDAR");
        // A name that only the object knows.
        parsed.push(zones::component("X", &from));
        let read = Zones::of(&parsed).get("X").unwrap();
        for hours in 0..3 * 366 * 24 {
            let moment = from.timestamp() + jiff::SignedDuration::from_hours(hours);
            assert_eq!(read.to_offset(moment), zone.to_offset(moment), "{name} {moment}");
        }
    }
    // Morocco's follow the moon: they are listed one by one.
    let from = "2026-06-01T09:00".parse::<jiff::civil::DateTime>().unwrap();
    let from = from.to_zoned(TimeZone::get("Africa/Casablanca").unwrap()).unwrap();
    let written = zones::component("Africa/Casablanca", &from);
    assert!(
        written.components("STANDARD").count() > 5 && !written.to_string().contains("RRULE"),
        "{written}"
    );
}

fn new(title: &str, placed: &Placed, rule: Option<&str>) -> Component {
    let guests = Guests::default();
    let new = New { uid: "1", title, location: None, notes: None, placed, rule, guests: &guests };
    edit::created(&new, &at(NOW))
}

fn hour(from: &str, minutes: u32) -> Placed {
    let from = at(from);
    let to = from.checked_add(jiff::Span::new().minutes(i64::from(minutes))).unwrap();
    Placed { from, to, length: Length::Minutes(minutes) }
}

#[test]
fn words_cannot_write_lines_of_their_own() {
    let placed = hour("2026-03-05T15:00:00[America/New_York]", 60);
    let title = "lunch, with; Sara\\Ann\nDTSTART:19700101T000000Z";
    let written = new(title, &placed, None).to_string();
    let read = Component::parse(&written).unwrap();
    let event = read.components("VEVENT").next().unwrap();
    assert_eq!((event.properties("DTSTART").count(), event.text("SUMMARY").as_deref()), (1, Some(title)));
    assert!(written.lines().all(|line| line.len() <= 75), "{written}");
}

#[test]
fn a_time_of_a_series_is_changed_by_an_exception_that_keeps_the_rest() {
    let zone = "America/New_York";
    let series = calendar(&[&format!(
        "UID:1\nSUMMARY:standup\nX-TEAM:blue\nDTSTART;TZID={zone}:20260305T090000\nDTEND;TZID={zone}:20260305T091500\nRRULE:FREQ=DAILY;COUNT=3"
    )]);
    let found = occurrences(&series, &(day("2026-03-06"), day("2026-03-07"))).0;
    let edit = Edit { placed: Some(hour("2026-03-06T10:00:00[America/New_York]", 15)), ..Edit::default() };
    let changed = edit::changed(&series, &found[0], &edit, "mark", &at(NOW));
    assert_eq!(
        times(&changed, "2026-03-04", "2026-03-10").0,
        "standup 03-05 09:00-09:15, standup 03-06 10:00-10:15, standup 03-07 09:00-09:15"
    );
    let exception = changed.components("VEVENT").nth(1).unwrap();
    assert_eq!(exception.text("X-TEAM").as_deref(), Some("blue"));
    assert!(exception.property("RRULE").is_none());
    // The same time again: the exception itself.
    let found = occurrences(&changed, &(day("2026-03-06"), day("2026-03-07"))).0;
    let edit = Edit { title: Some("retro".into()), ..Edit::default() };
    let again = edit::changed(&changed, &found[0], &edit, "mark", &at(NOW));
    assert_eq!(again.components("VEVENT").count(), 2);
    assert!(times(&again, "2026-03-06", "2026-03-07").0.starts_with("retro 03-06 10:00"));
    // Without it neither the exception nor the time of the rule is left.
    let time = &occurrences(&again, &(day("2026-03-06"), day("2026-03-07"))).0[0];
    let without = edit::without(&again, time, time.of_series.as_ref().unwrap(), "mark", &at(NOW)).unwrap();
    assert_eq!(
        times(&without, "2026-03-04", "2026-03-10").0,
        "standup 03-05 09:00-09:15, standup 03-07 09:00-09:15"
    );
    assert_eq!(without.components("VEVENT").count(), 1);
}

#[test]
fn an_event_is_found_by_words_and_day_and_never_guessed() {
    let all = calendar(&[
        "UID:1\nSUMMARY:dentist\nDTSTART:20260305T200000Z\nDURATION:PT1H",
        "UID:2\nSUMMARY:dentist for Tom\nDTSTART:20260306T200000Z\nDURATION:PT1H",
        "UID:3\nSUMMARY:standup\nDTSTART;TZID=America/New_York:20260302T090000\nDURATION:PT15M\nRRULE:FREQ=DAILY",
        "UID:4\nSUMMARY:lunch with Sara\nDTSTART:20260307T170000Z\nDURATION:PT1H",
    ]);
    let now = at(NOW);
    for (words, day, whole, expected) in [
        ("lunch", None, false, "4"),
        ("the lunch with sara on saturday", None, false, "4"),
        ("dentist", None, false, "1"),
        ("the one for Tom", None, false, "2"),
        ("dentist", Some("friday"), false, "2"),
        ("standup", Some("friday"), false, "3/20260306T090000"),
        ("standup", None, false, "standup comes again and again: say which day, or that every time is meant"),
        ("standup", None, true, "3/20260304T090000"),
        ("3", None, true, "3/20260304T090000"),
        ("3/20260306T090000", None, false, "3/20260306T090000"),
        (
            "dinner",
            None,
            false,
            "no event in the calendar fits \"dinner\": list the events and use words of one of them",
        ),
    ] {
        let day = day.map(|day| dates::parse(day, &now).unwrap());
        let window = finding::window(day.as_ref(), &now).unwrap();
        let times = occurrences(&all, &window).0;
        let said = Said { words, day: day.as_ref(), whole };
        let found = finding::find(&said, &times, &now);
        let found = found.map_or_else(|problem| problem.to_string(), |time| time.id.clone());
        assert_eq!(found, expected, "{words} {day:?}");
    }
}

#[test]
fn answers_can_be_spoken() {
    let now = at(NOW);
    let all = calendar(&[
        "UID:1\nSUMMARY:my dentist\nLOCATION:Main Street\nDTSTART:20260305T200000Z\nDURATION:PT1H",
        "UID:2\nSUMMARY:vacation\nDTSTART;VALUE=DATE:20260305",
    ]);
    let times = occurrences(&all, &(day("2026-03-05"), day("2026-03-06"))).0;
    let asked = dates::parse("tomorrow afternoon", &now).unwrap();
    let (days, busy): (Vec<Occurrence>, Vec<Occurrence>) =
        times.iter().cloned().partition(|time| !time.takes_hours());
    assert_eq!(
        spoken::availability(&busy, &days, &[], 2, (30, Some(&asked)), &now),
        "No, you have one thing tomorrow from one p.m. to six p.m.: your dentist, tomorrow from three p.m. to four p.m., Main \
         Street. You don't have half an hour free. Vacation, tomorrow, all day. Two events in the calendar can't be read."
    );
    assert_eq!(
        spoken::availability(&[], &[], &[], 0, (30, None), &now),
        "There is no time left in the coming week."
    );
    assert_eq!(
        spoken::list(&times, 0, None, &now),
        "You have two things in your calendar in the coming week: vacation, tomorrow, all day; and your dentist, tomorrow \
         from three p.m. to four p.m., Main Street."
    );
    assert_eq!(spoken::invited(2, true), "Your calendar's server invites two people.");
}

#[test]
fn a_call_stands_for_one_event() {
    let mark = writing::mark("create_event", "key");
    assert_eq!(mark, writing::mark("create_event", "key"));
    assert_eq!(edit::uid(&mark), edit::uid(&mark));
    for other in [writing::mark("create_event", "key2"), writing::mark("update_event", "key")] {
        assert_ne!(edit::uid(&mark), edit::uid(&other));
    }
    assert!(!mark.contains("key"));
    assert_eq!(edit::uid(&mark).len(), 36);
}

#[test]
fn stamps_are_written_as_they_are_read() {
    for line in [
        "DTSTART;VALUE=DATE:20260305",
        "DTSTART:20260305T150000Z",
        "DTSTART:20260305T150000",
        "DTSTART;TZID=Europe/Berlin:20260305T150000",
    ] {
        let stamp = Stamp::of(&line.parse().unwrap()).unwrap();
        let written: String = stamp.property("DTSTART").try_into().unwrap();
        assert_eq!(written.trim_end(), line);
    }
}

#[test]
fn tools_are_what_they_say() {
    let effects: Vec<Effect> = Name::ALL.iter().map(|tool| tool.effect()).collect();
    assert_eq!(effects, [Effect::Write, Effect::Read, Effect::Read, Effect::Write, Effect::Destructive]);
    for tool in Name::ALL {
        let described = tool.describe();
        let known: Vec<&str> =
            described.input_schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(known, tool.arguments(), "{tool:?}");
    }
}
