//! What comes again and again, and its exceptions.

use serde_json::json;

use super::client::Connector;
use super::peer::{Kind, Peer};

/// Mondays at nine in New York, without the 16th, and on the 23rd at eleven.
/// With its zone: without, Radicale finds no time of it on its last day.
const STANDUP: &str = "BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//somebody else//EN
BEGIN:VTIMEZONE
TZID:America/New_York
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:standup
DTSTAMP:20260101T000000Z
SUMMARY:standup
DTSTART;TZID=America/New_York:20260202T090000
DTEND;TZID=America/New_York:20260202T093000
RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20260406T130000Z
EXDATE;TZID=America/New_York:20260316T090000
X-TEAM:blue
END:VEVENT
BEGIN:VEVENT
UID:standup
DTSTAMP:20260101T000000Z
SUMMARY:long standup
RECURRENCE-ID;TZID=America/New_York:20260323T090000
DTSTART;TZID=America/New_York:20260323T110000
DTEND;TZID=America/New_York:20260323T120000
END:VEVENT
END:VCALENDAR";

/// The days and hours of everything until May.
async fn times(connector: &Connector) -> String {
    let listed = connector.call("list_events", json!({"when": "2026-03-04/2026-05-01"})).await;
    let listed = listed.structured_content.unwrap();
    let each = listed["events"].as_array().unwrap().iter().map(|event| {
        let (title, from) = (event["title"].as_str().unwrap(), event["from"].as_str().unwrap());
        format!("{title} {}", &from[5..16])
    });
    each.collect::<Vec<_>>().join(", ")
}

#[tokio::test(flavor = "multi_thread")]
async fn exceptions_are_in_their_places() {
    for kind in Kind::BOTH {
        let peer = Peer::start(kind).await;
        peer.put("standup", STANDUP).await;
        let connector = Connector::start(&peer.url()).await;
        assert_eq!(
            times(&connector).await,
            "standup 03-09T09:00, long standup 03-23T11:00, standup 03-30T09:00, standup 04-06T09:00",
            "{kind:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_time_or_all_of_them_are_changed_and_called_off() {
    for kind in Kind::BOTH {
        let peer = Peer::start(kind).await;
        peer.put("standup", STANDUP).await;
        let connector = Connector::start(&peer.url()).await;
        assert_eq!(
            connector.refused("cancel_event", json!({"event": "standup"})).await,
            "standup comes again and again: say which day, or that every time is meant"
        );
        assert_eq!(
            connector
                .said(
                    "update_event",
                    json!({"event": "standup", "day": "monday", "when": "ten", "location": "room 4"})
                )
                .await,
            "Done. I changed standup, on Monday from ten a.m. to ten thirty a.m., room 4.",
            "{kind:?}"
        );
        assert_eq!(
            connector.said("cancel_event", json!({"event": "standup", "day": "march 30th"})).await,
            "Done. I took standup out of your calendar, on March thirtieth from nine a.m. to nine thirty a.m."
        );
        assert_eq!(
            times(&connector).await,
            "standup 03-09T10:00, long standup 03-23T11:00, standup 04-06T09:00",
            "{kind:?}"
        );
        let object = peer.get("standup").await.unwrap();
        for line in [
            "RECURRENCE-ID;TZID=America/New_York:20260309T090000",
            "DTSTART;TZID=America/New_York:20260309T100000",
            "EXDATE;TZID=America/New_York:20260316T090000",
            "EXDATE;TZID=America/New_York:20260330T090000",
            "UNTIL=20260406T130000Z",
        ] {
            assert!(object.contains(line), "{kind:?} {line}: {object}");
        }
        // What is said of every time leaves exceptions with times of their own where they are.
        assert_eq!(
            connector
                .said(
                    "update_event",
                    json!({"event": "standup", "day": "april 6th", "when": "eight", "duration": "an hour", "whole_series": true}),
                )
                .await,
            "Done. I changed standup, every time, from eight a.m. to nine a.m.",
            "{kind:?}"
        );
        assert_eq!(
            times(&connector).await,
            "standup 03-09T10:00, long standup 03-23T11:00, standup 04-06T08:00",
            "{kind:?}"
        );
        let moved = json!({"event": "standup", "day": "april 6th", "when": "april 7th at eight", "whole_series": true});
        let moved = connector.refused("update_event", moved).await;
        assert!(moved.contains("to another hour of the same day only"), "{moved}");
        assert_eq!(
            connector
                .said("cancel_event", json!({"event": "standup", "day": "april 6th", "whole_series": true}))
                .await,
            "Done. I took standup out of your calendar, every time."
        );
        assert_eq!((times(&connector).await.as_str(), peer.get("standup").await), ("", None), "{kind:?}");
    }
}
