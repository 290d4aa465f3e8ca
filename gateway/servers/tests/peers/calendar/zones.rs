//! Zones, clock changes, and times of every form.

use serde_json::json;

use super::client::Connector;
use super::peer::{Kind, Peer};

const BERLIN: &str = "BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE";

fn object(zone: &str, event: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//somebody else//EN\n{zone}\n{event}\nEND:VCALENDAR")
}

#[tokio::test(flavor = "multi_thread")]
async fn times_of_every_form_are_said_in_the_persons_zone() {
    for kind in Kind::BOTH {
        let peer = Peer::start(kind).await;
        // Europe changes its clocks three weeks after America.
        let weekly = "BEGIN:VEVENT\nUID:berlin\nDTSTAMP:20260101T000000Z\nSUMMARY:call Berlin\nRRULE:FREQ=WEEKLY;BYDAY=TH\n\
                      DTSTART;TZID=Europe/Berlin:20260219T160000\nDTEND;TZID=Europe/Berlin:20260219T163000\nEND:VEVENT";
        peer.put("berlin", &object(BERLIN, weekly)).await;
        let windows = BERLIN.replace("Europe/Berlin", "W. Europe Standard Time");
        let exchange = "BEGIN:VEVENT\nUID:exchange\nDTSTAMP:20260101T000000Z\nSUMMARY:from Outlook\n\
                        DTSTART;TZID=W. Europe Standard Time:20260402T170000\nDURATION:PT45M\nEND:VEVENT";
        peer.put("exchange", &object(&windows, exchange)).await;
        peer.put_event("floating", "SUMMARY:wake up\nDTSTART:20260305T070000\nDTEND:20260305T071500").await;
        peer.put_event("birthday", "SUMMARY:Anna's birthday\nDTSTART;VALUE=DATE:20200305\nRRULE:FREQ=YEARLY")
            .await;
        peer.put_event("moment", "SUMMARY:rent is due\nDTSTART:20260305T170000Z").await;
        let connector = Connector::start(&peer.url()).await;
        for (day, expected) in [
            (
                "tomorrow",
                "You have four things in your calendar tomorrow: Anna's birthday, all day; wake up, from seven a.m. to seven \
                 fifteen a.m.; call Berlin, from ten a.m. to ten thirty a.m.; and rent is due, at noon.",
            ),
            // America has changed its clocks, Europe has not.
            (
                "march 12th",
                "You have one thing in your calendar on March twelfth: call Berlin, from eleven a.m. to eleven thirty a.m.",
            ),
            (
                "april 2nd",
                "You have two things in your calendar on April second: call Berlin, from ten a.m. to ten thirty a.m.; and \
                 from Outlook, from eleven a.m. to eleven forty-five a.m.",
            ),
        ] {
            assert_eq!(connector.said("list_events", json!({"when": day})).await, expected, "{kind:?} {day}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nine_stays_nine_as_the_clocks_change() {
    for kind in Kind::BOTH {
        let peer = Peer::start(kind).await;
        let connector = Connector::start(&peer.url()).await;
        assert_eq!(
            connector
                .said(
                    "create_event",
                    json!({"title": "standup", "when": "every weekday at nine", "duration": "15 minutes"})
                )
                .await,
            "Done. I put standup in your calendar, every weekday at nine a.m. for fifteen minutes, first tomorrow at nine a.m.",
            "{kind:?}"
        );
        let listed = connector.call("list_events", json!({"when": "from friday to monday"})).await;
        let events = listed.structured_content.unwrap();
        let times: Vec<_> = events["events"].as_array().unwrap().iter().map(|event| &event["from"]).collect();
        assert_eq!(
            times,
            ["2026-03-06T09:00:00-05:00[America/New_York]", "2026-03-09T09:00:00-04:00[America/New_York]"],
            "{kind:?}"
        );
        let all = peer.everything().await;
        for line in [
            "DTSTART;TZID=America/New_York:20260305T090000",
            "BEGIN:VTIMEZONE",
            // Each server has an order of its own for the rest of a rule.
            "BYDAY=2SU",
            "BYDAY=1SU",
        ] {
            assert!(all.contains(line), "{kind:?} {line}: {all}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_keeps_the_form_of_its_time() {
    for kind in Kind::BOTH {
        let peer = Peer::start(kind).await;
        let event = "BEGIN:VEVENT\nUID:berlin\nDTSTAMP:20260101T000000Z\nSUMMARY:train\n\
                     DTSTART;TZID=Europe/Berlin:20260305T160000\nDURATION:PT1H\nEND:VEVENT";
        peer.put("berlin", &object(BERLIN, event)).await;
        peer.put_event("floating", "SUMMARY:wake up\nDTSTART:20260305T070000\nDTEND:20260305T071500").await;
        let connector = Connector::start(&peer.url()).await;
        connector.said("update_event", json!({"event": "the train", "when": "eleven"})).await;
        connector.said("update_event", json!({"event": "wake up", "when": "six thirty a.m."})).await;
        let train = peer.get("berlin").await.unwrap();
        assert!(train.contains("DTSTART;TZID=Europe/Berlin:20260305T170000"), "{kind:?} {train}");
        assert!(train.contains("DTEND;TZID=Europe/Berlin:20260305T180000"), "{kind:?} {train}");
        let floating = peer.get("floating").await.unwrap();
        assert!(floating.contains("DTSTART:20260305T063000\n"), "{kind:?} {floating}");
        assert!(floating.contains("DTEND:20260305T064500\n"), "{kind:?} {floating}");
    }
}
