//! The guide's requests to port 4444, all of them, sent with `curl`; the keys in them are shown nowhere.

use homepilot_gateway::{AuditQuery, Status};
use serde_json::{Value, json};

use crate::log;
use crate::peer::Peer;
use crate::requests::{Request, of_the_guide, shows_no_key};
use crate::rig::Rig;

/// The address of the peer as the request's own is shaped: its path, or none.
fn address(peer: &Peer, request: &Request) -> String {
    if request.server_path().is_empty() { peer.bare_url() } else { peer.url() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_to_the_gateway_does_what_the_guide_says_and_shows_no_key() {
    let log = log::collected();
    let rig = Rig::open().await;
    let requests: Vec<Request> =
        of_the_guide().into_iter().filter(|request| request.url.contains(":4444/")).collect();
    assert_eq!(requests.len(), 12);
    let (mut peers, mut shown) = (Vec::new(), Vec::new());
    for request in &requests {
        let path = match request.server_path() {
            path if path.is_empty() => "/mcp".to_owned(),
            path => path,
        };
        let peer = Peer::start_at(path.leak()).await;
        let given = address(&peer, request);
        let sent = request.clone().registering(&given);
        let send = || {
            let (sent, url) = (sent.clone(), rig.url.clone());
            async move { tokio::task::spawn_blocking(move || sent.send(&url)).await.unwrap() }
        };
        let answer = send().await;
        assert_eq!(answer.status, 201, "{}: {}", request.title, answer.text);
        is_a_registration(request, &answer.body);
        let host_only = peer.bare_url();
        let wanted = if given == host_only { host_only } else { format!("{host_only}/…") };
        assert_eq!(answer.body["url"], wanted, "{}", request.title);
        // The same again is 200 and changes nothing.
        let again = send().await;
        assert_eq!((again.status, &again.body), (200, &answer.body), "{}", request.title);
        shown.extend([answer.text, again.text]);
        peers.push(peer);
    }
    assert_eq!(rig.ids().len(), 12 * 5);
    shown.extend(everything_that_is_shown(&rig).await);

    // Nor when things go wrong: every server is gone, and a call to one is cut off.
    let authorized = rig.granted("klavis-gmail__look", json!({})).await;
    peers.iter_mut().for_each(Peer::kill);
    let done = rig.gateway.execute(authorized, Default::default()).await.state;
    shown.push(format!("{done:?}"));
    for request in &requests {
        rig.gateway.refresh(&request.field("name")).await.unwrap();
    }
    rig.until(|gateway| gateway.servers().iter().all(|view| view.status == Status::Unreachable)).await;
    shown.extend(everything_that_is_shown(&rig).await);
    for text in &shown {
        shows_no_key("an answer", text);
    }
    let log = log.text();
    assert!(log.contains("klavis-gmail"), "nothing was logged");
    shows_no_key("the log", &log);
}

/// The shape that interfaces promise.
fn is_a_registration(request: &Request, view: &Value) {
    let title = &request.title;
    for field in ["id", "registered_at"] {
        assert!(view[field].as_str().is_some_and(|text| !text.is_empty()), "{title}: {field} in {view}");
    }
    for field in ["name", "description"] {
        assert_eq!(view[field], request.field(field), "{title}: {view}");
    }
    assert_eq!(view["status"], "healthy", "{title}: {view}");
    assert_eq!(view["transport"], "streamable_http", "{title}: {view}");
    let look = json!({"name": "look", "description": "Looks what is due.", "class": "unknown"});
    assert!(view["tools"].as_array().is_some_and(|tools| tools.contains(&look)), "{title}: {view}");
}

/// Every answer of the port, the audit, and what the types say of themselves.
async fn everything_that_is_shown(rig: &Rig) -> Vec<String> {
    let mut shown = Vec::new();
    let names = rig.gateway.servers().into_iter().map(|view| format!("/api/servers/{}", view.name));
    for path in ["/api/servers", "/health", "/metrics"].into_iter().map(str::to_owned).chain(names) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("{}{path}", rig.url)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        shown.push(answer.text().await.unwrap());
    }
    shown.push(serde_json::to_string(&rig.gateway.audit(AuditQuery::default()).await.unwrap()).unwrap());
    shown.push(format!(
        "{:?} {:?} {:?} {:?}",
        rig.gateway,
        rig.gateway.servers(),
        rig.gateway.capabilities(),
        rig.gateway.unavailable()
    ));
    shown
}
