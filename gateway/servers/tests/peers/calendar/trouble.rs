//! Whatever can be wrong with the account or the way to it.

use serde_json::json;

use super::client::{Connector, text};
use super::options;
use super::peer::{Kind, PASSWORD, Peer};
use super::relay::{Fate, Relay};

#[tokio::test(flavor = "multi_thread")]
async fn trouble_is_said_with_what_to_do_and_without_the_password() {
    let peer = Peer::start(Kind::Radicale).await;
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = options(&peer.url(), folder.path());
    wrong.password = "hunter22".into();
    let shown = format!("{wrong:?}");
    let tried = wrong.try_out().await.unwrap_err();
    let connector = Connector::start_with(wrong).await;
    let said = connector.refused("list_events", json!({})).await;
    assert!(said.contains("refuses the name or the password: check CALDAV_USER and CALDAV_PASS"), "{said}");
    assert_eq!(tried, said);
    assert!(!said.contains("hunter22") && !shown.contains("hunter22"), "{said} {shown}");

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let away = Connector::start(&format!("http://{nobody}/")).await;
    for (tool, arguments) in
        [("list_events", json!({})), ("create_event", json!({"title": "dentist", "when": "friday at two"}))]
    {
        let said = away.refused(tool, arguments).await;
        assert!(said.contains("can't be reached") && said.contains("CALDAV_URL"), "{said}");
    }

    let page = options(&format!("{}ada/nowhere/", peer.url()), folder.path()).try_out().await.unwrap();
    assert_eq!(page, "signed in at 127.0.0.1: Work");
    let mut other = options(&peer.url(), folder.path());
    other.calendar = Some("chess".into());
    assert_eq!(other.try_out().await.unwrap_err(), "there is no calendar \"chess\": there are Work");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_ends_at_any_step_of_reading_is_no_answer_and_works_again() {
    for kind in Kind::BOTH {
        let peer = Peer::start(kind).await;
        peer.put_event("dentist", "SUMMARY:dentist\nDTSTART:20260305T200000Z\nDTEND:20260305T210000Z").await;
        let mut failed = 0;
        for step in 0..12 {
            let relay = Relay::start(peer.port, None).await;
            let connector = Connector::start(&relay.url()).await;
            relay.judged(move |_, before| if before == step { Fate::Answerless } else { Fate::Passes });
            let result = connector.call("list_events", json!({"when": "tomorrow"})).await;
            if result.is_error == Some(true) {
                assert!(text(&result).contains("try again"), "{kind:?} {step} {}", text(&result));
                failed += 1;
            } else {
                assert!(text(&result).contains("dentist"), "{kind:?} {step} {}", text(&result));
            }
            relay.judged(|_, _| Fate::Passes);
            let said = connector.said("list_events", json!({"when": "tomorrow"})).await;
            assert!(said.contains("dentist"), "{kind:?} {step} {said}");
        }
        assert!(failed >= 6, "{kind:?}: only {failed} steps were broken off");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_counted() {
    let peer = Peer::start(Kind::Radicale).await;
    peer.put_event("good", "SUMMARY:dentist\nDTSTART:20260305T200000Z\nDTEND:20260305T210000Z").await;
    peer.put_event("odd", "SUMMARY:beep\nDTSTART:20260305T150000Z\nRRULE:FREQ=HOURLY;COUNT=3").await;
    let connector = Connector::start(&peer.url()).await;
    assert_eq!(
        connector.said("list_events", json!({"when": "tomorrow"})).await,
        "You have one thing in your calendar tomorrow: dentist, from three p.m. to four p.m. One event in the calendar can't \
         be read."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_ones_own_is_trusted_when_it_is_given() {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let peer = Peer::start_secure(&certificate, &key).await;
    let folder = tempfile::tempdir().unwrap();
    let strange = options(&peer.url(), folder.path()).try_out().await.unwrap_err();
    assert!(strange.contains("can't be reached") && !strange.contains(PASSWORD), "{strange}");
    let mut trusting = options(&peer.url(), folder.path());
    trusting.authorities = Some(certificate);
    assert_eq!(trusting.try_out().await.unwrap(), "signed in at 127.0.0.1: Work");
    trusting.authorities = Some("no certificate".into());
    assert!(trusting.check().is_err());
    trusting.authorities = Some("-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n".into());
    assert!(trusting.check().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_does_not_follow_a_redirect_to_another_server() {
    use axum::http::{HeaderMap, StatusCode, header};
    use axum::response::IntoResponse as _;
    // No real server sends people away from itself on demand.
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let elsewhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let away = format!("http://{}/dav/", elsewhere.local_addr().unwrap());
    let hears = axum::Router::new().fallback(async move |headers: HeaderMap| {
        sender.send(headers.contains_key(header::AUTHORIZATION)).unwrap();
        StatusCode::NOT_FOUND
    });
    let sends = axum::Router::new().fallback(async move |uri: axum::http::Uri| match uri.path() {
        "/.well-known/caldav" => (StatusCode::FOUND, [(header::LOCATION, away.clone())]).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    });
    let here = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", here.local_addr().unwrap());
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(async move { axum::serve(elsewhere, hears).await });
    serving.spawn(async move { axum::serve(here, sends).await });
    let folder = tempfile::tempdir().unwrap();
    let said = options(&url, folder.path()).try_out().await.unwrap_err();
    assert!(said.contains("which the password must not be sent to"), "{said}");
    assert!(heard.try_recv().is_err(), "the other server was asked");
}
