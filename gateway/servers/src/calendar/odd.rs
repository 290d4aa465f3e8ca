//! Calendars that nobody keeps: cut off, spoilt, doubled, deep, and made to grow while they are read; and what servers
//! answer that are none.

use std::sync::Arc;

use http::response::Parts;
use jiff::Zoned;
use libdav::caldav::{FindCalendars, GetCalendarResources, ListCalendarResources};
use libdav::dav::FindPropertyHrefs;
use libdav::names;
use libdav::requests::{DavRequest as _, ParseResponseError};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};

use super::document::{Component, DocumentError};
use super::expansion::{Occurrence, occurrences};
use crate::free::Stretch;

/// An object with most of what an object may have.
const WHOLE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VTIMEZONE\r\nTZID:Home\r\n\
    BEGIN:STANDARD\r\nDTSTART:19701101T020000\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19700308T020000\r\n\
    TZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n\
    BEGIN:VEVENT\r\nUID:a\r\nSUMMARY;LANGUAGE=en:Stand\\, up\r\nDTSTART;TZID=Home:20260302T090000\r\nDURATION:PT15M\r\n\
    RRULE:FREQ=DAILY;COUNT=5\r\nEXDATE;TZID=Home:20260303T090000\r\nRDATE:20260310T120000Z\r\n\
    ATTENDEE;PARTSTAT=DECLINED;CN=\"B, b\":mailto:b@x.org\r\nDESCRIPTION:folded\r\n  here\r\n\
    BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:a\r\n\
    RECURRENCE-ID;TZID=Home:20260304T090000\r\nDTSTART;TZID=Home:20260304T100000\r\nSUMMARY:Later\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:d\r\nDTSTART;VALUE=DATE:20260305\r\nDTEND;VALUE=DATE:20260307\r\nEND:VEVENT\r\nEND:VCALENDAR";

fn march() -> Stretch {
    let at = |text: &str| text.parse::<Zoned>().unwrap();
    (at("2026-03-01T00:00:00[America/New_York]"), at("2026-04-01T00:00:00[America/New_York]"))
}

/// The times in March of events, each given by its lines, and how many cannot be read.
fn times(events: &[String]) -> (Vec<Occurrence>, usize) {
    let events: String = events.iter().map(|lines| format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n")).collect();
    let calendar = Component::parse(&format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n")).unwrap();
    occurrences(&calendar, &march())
}

/// Reads a text as an object and follows its events; what is written of it is read as the same.
fn followed(text: &str) -> Result<usize, DocumentError> {
    let calendar = Component::parse(text)?;
    assert_eq!(Component::parse(&calendar.to_string()).as_ref(), Ok(&calendar), "{text:?}");
    let (found, _unreadable) = occurrences(&calendar, &march());
    assert!(found.iter().all(|time| time.from <= time.to && time.event.name().len() <= text.len().max(40)));
    Ok(found.len())
}

#[test]
fn an_object_that_is_cut_is_none() {
    assert_eq!(followed(WHOLE), Ok(6));
    for end in 0..WHOLE.len() {
        let error = Component::parse(&WHOLE[..end]).expect_err("it has no end");
        assert!(!error.to_string().is_empty(), "cut at {end}");
    }
}

#[test]
fn odd_objects_are_refused_by_name_or_read_as_far_as_they_go() {
    let lines = |lines: &str| format!("BEGIN:VCALENDAR\n{lines}\nEND:VCALENDAR");
    for text in [
        lines(""),
        lines("BEGIN:\nEND:"),
        lines("BEGIN:VEVENT\nDTSTART:99999999T999999Z\nUID:\nEND:VEVENT"),
        lines("BEGIN:VEVENT\nUID:1\nDTSTART;TZID=:20260302T090000\nDURATION:P9999999999W\nEND:VEVENT"),
        lines("BEGIN:VEVENT\nUID:1\nDTSTART:20260302T090000Z\nDTEND:00010101T000000Z\nEND:VEVENT"),
        lines("BEGIN:VEVENT\nUID:1\nDTSTART:20260302T090000Z\nDURATION:-P1D\nEND:VEVENT"),
        lines("BEGIN:VEVENT\nUID:1\nDTSTART:99991231T235959Z\nDURATION:P9999D\nRRULE:FREQ=DAILY\nEND:VEVENT"),
        lines("BEGIN:VEVENT\nUID:1\nDTSTART:00010101T000000\nRRULE:FREQ=DAILY;UNTIL=00000000\nEND:VEVENT"),
        lines("BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Berlin/////:20260302T090000\nEND:VEVENT"),
        lines(";=:\n:\n;\n\\\nX;Y;Z\nX;Y=\"\n é\u{301}:\n\t\n"),
        lines(
            "BEGIN:VTIMEZONE\nTZID:Z\nBEGIN:STANDARD\nDTSTART:20260101T000000\nTZOFFSETTO:+9999\nEND:STANDARD\nEND:VTIMEZONE",
        ),
        lines(
            "BEGIN:VTIMEZONE\nTZID:Z\nBEGIN:DAYLIGHT\nDTSTART:1\nRRULE:BYDAY=99SU;BYMONTH=99\nEND:DAYLIGHT\nEND:VTIMEZONE",
        ),
        WHOLE.replace("\r\n", "\r"),
        WHOLE.replace("\r\n", "\n\r"),
        WHOLE.to_lowercase(),
        format!("{WHOLE}\r\n{WHOLE}"),
        format!("\u{feff}\u{feff}{WHOLE}\0"),
    ] {
        if let Err(error) = followed(&text) {
            assert!(!error.to_string().is_empty(), "{text:?}");
        }
    }
}

#[test]
fn what_is_deep_is_refused_and_what_is_long_is_read() {
    for (open, close) in [("BEGIN:VEVENT\n", "END:VEVENT\n"), ("BEGIN:VCALENDAR\n", "END:VCALENDAR\n")] {
        let deep = format!("{}{}", open.repeat(10_000), close.repeat(10_000));
        assert_eq!(Component::parse(&deep), Err(DocumentError::Deep));
    }
    let line = |lines: String| format!("BEGIN:VCALENDAR\n{lines}\nEND:VCALENDAR");
    for long in [
        line(format!("X:{}", "\n a".repeat(10_000))),
        line("X:1\n".repeat(10_000)),
        line(format!("X{}:1", ";P=1".repeat(2_000))),
        line("BEGIN:VEVENT\nEND:VEVENT\n".repeat(5_000)),
    ] {
        assert_eq!(followed(&long), Ok(0));
    }
}

#[test]
fn a_rule_without_end_gives_no_more_than_fits_a_stretch() {
    let rule = |start: &str, rule: &str| format!("UID:1\nDTSTART:{start}\nRRULE:{rule}");
    for (rule, most) in [
        (rule("20260301T120000Z", "FREQ=DAILY;COUNT=4294967295"), 31),
        (
            rule(
                "20260301T120000Z",
                "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23",
            ),
            400,
        ),
        (rule("20260301T120000Z", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), 1),
        (rule("20260301T120000Z", "FREQ=SECONDLY"), 0),
        (rule("20260301T120000Z", "FREQ=DAILY;INTERVAL=0"), 1),
        (rule("00010101T120000Z", "FREQ=DAILY"), 0),
    ] {
        let (found, unreadable) = times(std::slice::from_ref(&rule));
        assert!(found.len() <= most && unreadable <= 1, "{rule}: {} and {unreadable}", found.len());
    }
    let sixty = (0..60).map(|number| number.to_string()).collect::<Vec<_>>().join(",");
    let bomb = format!("FREQ=YEARLY;BYHOUR=0,1,2,3;BYMINUTE={sixty};BYSECOND={sixty}");
    let (found, unreadable) = times(&[rule("20260301T120000Z", &bomb)]);
    assert_eq!((found.len(), unreadable), (0, 1));
}

#[test]
fn what_a_series_lists_is_kept_once_for_all_its_times() {
    let left_out = (0..5_000).map(|n| format!("EXDATE:19{:02}0101T120000Z\n", n % 100)).collect::<String>();
    let (found, _) = times(&[format!("UID:1\nDTSTART:20260301T120000Z\n{left_out}RRULE:FREQ=DAILY")]);
    let [first, .., last] = found.as_slice() else { panic!("{}", found.len()) };
    assert_eq!((first.event.without.len(), found.len()), (5_000, 31));
    assert!(Arc::ptr_eq(&first.event, &last.event));
}

#[test]
fn many_series_in_one_object_come_to_an_end() {
    let daily = |n| format!("UID:{n}\nDTSTART:20260301T120000Z\nRRULE:FREQ=DAILY");
    let (found, _) = times(&(0..200).map(daily).collect::<Vec<_>>());
    assert!((4_000..4_400).contains(&found.len()), "{}", found.len());
}

/// What a server answers to a question about calendars and what stands in them.
const MULTISTATUS: &str = "<?xml version=\"1.0\"?>\
    <d:multistatus xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><d:response><d:href>/c/1%20a.ics</d:href>\
    <d:propstat><d:prop><d:getetag>\"1\"</d:getetag><d:resourcetype><d:collection/><c:calendar/></d:resourcetype>\
    <d:displayname>Home</d:displayname><d:current-user-principal><d:href>/p/</d:href></d:current-user-principal>\
    <c:calendar-home-set><d:href>/h/</d:href></c:calendar-home-set>\
    <c:calendar-data><![CDATA[BEGIN:VCALENDAR]]></c:calendar-data></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>\
    </d:response></d:multistatus>";

/// Reads an answer as each of those that are asked for; what was refused is named.
fn answered(body: &[u8]) -> usize {
    fn named<T>(read: Result<T, ParseResponseError>) -> usize {
        match read {
            Ok(_) => 1,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                0
            }
        }
    }
    let parts: Parts = http::Response::builder().status(207).body(()).unwrap().into_parts().0;
    let resources = GetCalendarResources::new("/c/").with_hrefs(["/c/1.ics"]);
    named(resources.parse_response(&parts, body))
        + named(ListCalendarResources::new("/c/").parse_response(&parts, body))
        + named(FindCalendars::new("/c/").parse_response(&parts, body))
        + named(FindPropertyHrefs::new("/", &names::CURRENT_USER_PRINCIPAL).parse_response(&parts, body))
}

#[test]
fn an_answer_in_xml_that_is_cut_is_none() {
    assert!(answered(MULTISTATUS.as_bytes()) >= 3);
    for end in 0..MULTISTATUS.len() {
        assert_eq!(answered(&MULTISTATUS.as_bytes()[..end]), 0, "cut at {end}");
    }
}

#[test]
fn xml_that_would_grow_or_go_deep_does_neither() {
    let laughs: String =
        (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    let laughs = format!("<!DOCTYPE d [<!ENTITY l0 \"ha\">{laughs}]><d>&l9;</d>");
    let outside = "<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><d>&x;</d>";
    for bomb in [laughs.as_str(), outside, "", "\0", "<", "<a", "<a></b>", "<a>&nothing;</a>"] {
        assert_eq!(answered(bomb.as_bytes()), 0, "{bomb}");
    }
    assert_eq!(answered(b"\xff\xfe<\0a\0/\0>\0"), 0);
    let deep = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
    let spoilt = MULTISTATUS.replace("<d:displayname>Home</d:displayname>", &deep);
    for deep in [deep, spoilt, "<a>&#0;</a>".to_owned()] {
        let _checked_for_panics_only = answered(deep.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_text_breaks_the_reading_of_objects(text in any::<String>()) {
        let _checked_for_panics_only = followed(&text);
        let _checked_for_panics_only = followed(&format!("BEGIN:VCALENDAR\n{text}\nEND:VCALENDAR"));
    }

    #[test]
    fn a_spoilt_object_is_read_or_refused_by_name(
        spoil in prop::collection::vec((0..WHOLE.len(), any::<u8>()), 1..6),
        (one, other) in (0..WHOLE.len(), 0..WHOLE.len()),
    ) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for (at, byte) in spoil {
            bytes[at] = byte;
        }
        // A stretch of it stands in it twice.
        let twice = [&bytes[..one.max(other)], &bytes[one.min(other)..]].concat();
        for spoilt in [bytes, twice] {
            if let Err(error) = followed(&String::from_utf8_lossy(&spoilt)) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn any_lines_are_written_as_they_were_read(lines in prop::collection::vec("[A-Z-]{1,9}(;[A-Z]{1,3}=[a-z]{0,3})?:\\PC{0,40}", 0..8)) {
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.starts_with("BEGIN") && !line.starts_with("END")).collect();
        let text = format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", lines.iter().map(|line| format!("{line}\r\n")).collect::<String>());
        let written = Component::parse(&text).map(|calendar| calendar.to_string());
        prop_assert_eq!(written, Ok(text));
    }

    #[test]
    fn a_spoilt_answer_in_xml_is_read_or_refused_by_name(
        spoil in prop::collection::vec((0..MULTISTATUS.len(), any::<u8>()), 1..5),
        (one, other) in (0..MULTISTATUS.len(), 0..MULTISTATUS.len()),
        free in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = MULTISTATUS.as_bytes().to_vec();
        for (at, byte) in spoil {
            bytes[at] = byte;
        }
        let twice = [&bytes[..one.max(other)], &bytes[one.min(other)..]].concat();
        for spoilt in [bytes, twice, free] {
            let _checked_for_panics_only = answered(&spoilt);
        }
    }
}
