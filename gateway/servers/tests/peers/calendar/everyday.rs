//! What a calendar is used for every day.

use serde_json::json;

use super::client::{Connector, text};
use super::peer::{ADDRESS, Kind, Peer};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_free_puts_the_dentist_there_moves_it_and_calls_it_off() {
    for kind in Kind::BOTH {
        let peer = Peer::start(kind).await;
        let connector = Connector::start(&peer.url()).await;
        let asked = json!({"when": "thursday afternoon"});
        assert_eq!(
            connector.said("check_availability", asked.clone()).await,
            "Yes, you're free tomorrow from one p.m. to six p.m.",
            "{kind:?}"
        );
        assert_eq!(
            connector.said("create_event", json!({"title": "my dentist", "when": "tomorrow at three"})).await,
            "Done. I put your dentist in your calendar, tomorrow from three p.m. to four p.m."
        );
        assert_eq!(
            connector.said("check_availability", asked.clone()).await,
            "Partly: you have one thing tomorrow from one p.m. to six p.m.: your dentist, tomorrow from three p.m. to four \
             p.m. You're free: tomorrow from one p.m. to three p.m.; and tomorrow from four p.m. to six p.m."
        );
        let busy = connector.call("check_availability", json!({"when": "tomorrow at three"})).await;
        assert_eq!(
            text(&busy),
            "No, you have one thing tomorrow at three p.m.: your dentist, tomorrow from three p.m. to four p.m."
        );
        let structured = busy.structured_content.unwrap();
        assert_eq!((&structured["free"], &structured["times"]), (&json!(false), &json!([])));
        assert_eq!(
            connector
                .said(
                    "create_event",
                    json!({"title": "call with Sara", "when": "tomorrow at half past three", "duration": "an hour",
                           "location": "room 4", "notes": "bring the papers"}),
                )
                .await,
            "Done. I put call with Sara in your calendar, tomorrow from three thirty p.m. to four thirty p.m., room 4. That \
             overlaps with your dentist."
        );
        assert_eq!(
            connector.said("update_event", json!({"event": "the call with Sara", "when": "five"})).await,
            "Done. I changed call with Sara, tomorrow from five p.m. to six p.m., room 4."
        );
        assert_eq!(
            connector.said("list_events", json!({"when": "tomorrow"})).await,
            "You have two things in your calendar tomorrow: your dentist, from three p.m. to four p.m.; and call with Sara, \
             from five p.m. to six p.m., room 4."
        );
        let all = peer.everything().await;
        for line in ["DTSTART:20260305T200000Z", "DTSTART:20260305T220000Z", "DESCRIPTION:bring the papers"] {
            assert!(all.contains(line), "{kind:?} {line}: {all}");
        }
        assert_eq!(
            connector.said("cancel_event", json!({"event": "the dentist", "day": "thursday"})).await,
            "Done. I took your dentist out of your calendar, tomorrow from three p.m. to four p.m."
        );
        assert_eq!((peer.count("my dentist").await, peer.count("call with Sara").await), (0, 1));
        assert_eq!(
            connector.refused("cancel_event", json!({"event": "the dentist"})).await,
            "no event in the calendar fits \"the dentist\": list the events and use words of one of them"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_days_are_told_and_take_no_hours() {
    for kind in Kind::BOTH {
        let peer = Peer::start(kind).await;
        let connector = Connector::start(&peer.url()).await;
        assert_eq!(
            connector
                .said("create_event", json!({"title": "vacation", "when": "from friday to saturday"}))
                .await,
            "Done. I put vacation in your calendar, from March sixth through March seventh.",
            "{kind:?}"
        );
        assert!(peer.everything().await.contains("DTEND;VALUE=DATE:20260308"));
        assert_eq!(
            connector.said("check_availability", json!({"when": "saturday from two to three"})).await,
            "Yes, you're free on Saturday from two p.m. to three p.m. Vacation, from March sixth through March seventh."
        );
        assert_eq!(
            connector.said("update_event", json!({"event": "vacation", "when": "sunday"})).await,
            "Done. I changed vacation, from March eighth through March ninth."
        );
        assert_eq!(
            connector.said("list_events", json!({"when": "monday"})).await,
            "You have one thing in your calendar on Monday: vacation, all day."
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_events_one_is_asked_about() {
    let peer = Peer::start(Kind::Radicale).await;
    let connector = Connector::start(&peer.url()).await;
    for when in ["thursday at nine", "friday at ten"] {
        connector.said("create_event", json!({"title": "meeting with Bo", "when": when})).await;
    }
    let which = connector.refused("update_event", json!({"event": "the meeting", "when": "at noon"})).await;
    assert_eq!(
        which,
        "several events fit: meeting with Bo, tomorrow from nine a.m. to ten a.m.; and meeting with Bo, on Friday from ten \
         a.m. to eleven a.m.: say which one"
    );
    assert_eq!(
        connector.said("update_event", json!({"event": "the meeting on friday", "when": "at noon"})).await,
        "Done. I changed meeting with Bo, on Friday from noon to one p.m."
    );
    let nothing = connector.refused("update_event", json!({"event": "meeting", "day": "thursday"})).await;
    assert!(nothing.starts_with("nothing was changed"), "{nothing}");
    let listed = connector.call("list_events", json!({})).await.structured_content.unwrap();
    let id = listed["events"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        connector.said("update_event", json!({"event": id, "title": "review", "when": "friday"})).await,
        "Done. I changed meeting with Bo to review, on Friday from nine a.m. to ten a.m."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn calendars_are_told_apart_by_name() {
    for kind in Kind::BOTH {
        let peer = Peer::start(kind).await;
        peer.make_calendar("family", "Family").await;
        let connector = Connector::start(&peer.url()).await;
        assert_eq!(
            connector
                .said(
                    "create_event",
                    json!({"title": "swimming", "when": "friday at four", "calendar": "family calendar"})
                )
                .await,
            "Done. I put swimming in the calendar Family, on Friday from four p.m. to five p.m.",
            "{kind:?}"
        );
        // Whoever is free is free by all of them.
        let asked = json!({"when": "friday from four to five"});
        let said = connector.said("check_availability", asked.clone()).await;
        assert!(said.starts_with("No, you have one thing"), "{said}");
        let none = connector.refused("list_events", json!({"calendar": "chess"})).await;
        assert!(
            none.starts_with("there is no calendar \"chess\": there are ") && none.contains("Family"),
            "{none}"
        );

        // One calendar that is named in the settings is the only one.
        let folder = tempfile::tempdir().unwrap();
        let mut only = super::options(&peer.url(), folder.path());
        only.calendar = Some("Family".into());
        let connector = Connector::start_with(only).await;
        let created = connector.call("create_event", json!({"title": "judo", "when": "monday at six"})).await;
        assert_eq!(created.structured_content.unwrap()["calendar"], "Family");
        // As is one whose own address is given.
        let at = format!(
            "{}{}",
            peer.url(),
            peer.home().replace("work", "family").replace("calendar/", "family/")
        );
        let connector = Connector::start(&at).await;
        let created =
            connector.call("create_event", json!({"title": "chess", "when": "monday at eight"})).await;
        assert_eq!(created.structured_content.unwrap()["calendar"], "Family", "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_invited_by_a_server_that_does_that_and_it_is_said_where_none_does() {
    let arguments = json!({"title": "review", "when": "friday at ten", "attendees": ["bo@example.org"]});
    let put = "Done. I put review in your calendar, on Friday from ten a.m. to eleven a.m.";
    for (kind, said) in [
        (
            Kind::Radicale,
            "One person stands on it, but your calendar's server sends no invitations: tell them yourself.",
        ),
        (Kind::Xandikos, "Your calendar's server invites one person."),
    ] {
        let peer = Peer::start(kind).await;
        if kind == Kind::Radicale {
            peer.make_home_of_address().await;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut options = super::options(&peer.url(), folder.path());
        options.user = ADDRESS.to_owned();
        let connector = Connector::start_with(options).await;
        let invited = connector.call("create_event", arguments.clone()).await;
        assert_eq!(text(&invited), format!("{put} {said}"), "{kind:?}");
        assert_eq!(invited.structured_content.unwrap()["attendees"], json!(["bo@example.org"]));
        let odd = json!({"event": "review", "attendees": ["bo at example dot org"]});
        let odd = connector.refused("update_event", odd).await;
        assert!(odd.starts_with("\"bo at example dot org\" is no mail address"), "{odd}");
        let more = json!({"event": "review", "attendees": ["Bo@example.org", "cy@example.org"]});
        let more = connector.call("update_event", more).await.structured_content.unwrap();
        assert_eq!(more["attendees"], json!(["bo@example.org", "cy@example.org"]), "{kind:?}");
    }
    // Neither the server nor the name says which address is Ada's.
    let peer = Peer::start(Kind::Radicale).await;
    let refused = Connector::start(&peer.url()).await.refused("create_event", arguments).await;
    assert!(refused.starts_with("nobody can be invited"), "{refused}");
    assert_eq!(peer.count("review").await, 0);
}
