//! What others write into the same calendar.

use serde_json::json;
use tokio::sync::mpsc;

use super::client::{Connector, text};
use super::peer::{Kind, Peer};
use super::relay::Relay;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_kept() {
    let odd = [
        "X-ALPHA;X-P=\"a;b:c\",\"d\":one\\, two\\; three\\\\",
        "X-ALPHA:second of its name",
        "CATEGORIES:Work,Some\\, thing",
        "GEO:37.386013;-122.082932",
        "ATTENDEE;CN=\"Doe, John\";PARTSTAT=ACCEPTED;X-NUM-GUESTS=0:mailto:john@example.org",
        "ORGANIZER;CN=Ann:mailto:ann@example.org",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT15M",
        "DESCRIPTION:soon",
        "END:VALARM",
    ];
    for kind in Kind::BOTH {
        let peer = Peer::start(kind).await;
        let lines =
            format!("SUMMARY:review\nDTSTART:20260305T150000Z\nDTEND:20260305T160000Z\n{}", odd.join("\n"));
        peer.put_event("review", &lines).await;
        let stood = peer.get("review").await.unwrap();
        let connector = Connector::start(&peer.url()).await;
        let said = connector.said("update_event", json!({"event": "review", "when": "noon"})).await;
        assert_eq!(
            said,
            "Done. I changed review, tomorrow from noon to one p.m. It was organized by ann@example.org, so the change may \
             stay in your own calendar alone.",
            "{kind:?}"
        );
        let stands = peer.get("review").await.unwrap();
        // Servers may write lines in an order of their own; what stood there stands there.
        let changed = ["DTSTART", "DTEND", "DTSTAMP", "SEQUENCE", "LAST-MODIFIED"];
        for line in stood.lines().filter(|line| !changed.iter().any(|name| line.starts_with(name))) {
            assert!(stands.lines().any(|kept| kept == line), "{kind:?} {line}: {stands}");
        }
        for line in ["DTSTART:20260305T170000Z", "DTEND:20260305T180000Z", "SEQUENCE:1"] {
            assert!(stands.lines().any(|kept| kept == line), "{kind:?} {line}: {stands}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_wrote_meanwhile_is_not_overwritten() {
    let other =
        "SUMMARY:dentist\nLOCATION:the new practice\nDTSTART:20260305T200000Z\nDTEND:20260305T210000Z";
    for kind in Kind::BOTH {
        for (method, tool, arguments) in [
            ("PUT", "update_event", json!({"event": "dentist", "when": "four"})),
            ("DELETE", "cancel_event", json!({"event": "dentist"})),
        ] {
            let peer = Peer::start(kind).await;
            let (sender, mut held) = mpsc::channel(1);
            let relay = Relay::start(peer.port, Some((method, sender))).await;
            peer.put_event("dentist", &other.replace("the new practice", "the old one")).await;
            let connector = Connector::start(&relay.url()).await;
            let (result, ()) = tokio::join!(connector.call(tool, arguments), async {
                let request = held.recv().await.unwrap();
                peer.put_event("dentist", other).await;
                request.go_on.send(()).unwrap();
            });
            assert_eq!(result.is_error, Some(true), "{kind:?} {tool}");
            assert_eq!(
                text(&result),
                "somebody changed it meanwhile: nothing of theirs was overwritten, look at it again and say what is to be done"
            );
            let stands = peer.get("dentist").await.unwrap();
            assert!(stands.contains("LOCATION:the new practice"), "{kind:?} {tool} {stands}");
            assert!(stands.contains("DTSTART:20260305T200000Z"), "{kind:?} {tool} {stands}");
        }
    }
}
