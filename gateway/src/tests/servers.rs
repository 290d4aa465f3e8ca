//! Registering, discovering, and noticing who is there.

use serde_json::json;

use super::peer::Peer;
use super::*;

fn tool_ids(gateway: &Gateway) -> Vec<String> {
    gateway.capabilities().iter().map(|capability| capability.id.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_discovered_and_used() {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    let view = rig.register("desk", peer.url()).await;
    assert_eq!((view.status, view.transport), (Status::Healthy, TransportChoice::StreamableHttp));
    assert_eq!(
        tool_ids(&rig.gateway),
        ["desk__remind", "desk__look", "desk__fail", "desk__hang", "desk__big"]
    );
    let authorized = rig.granted("desk__remind", json!({"text": "call mom"})).await;
    assert_eq!(
        rig.run(authorized).await,
        Done::Succeeded { text: "reminder set: {\"text\":\"call mom\"}".into(), structured: None }
    );
    assert_eq!(peer.done(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_host_is_enough() {
    for path in ["/mcp", "/"] {
        let (rig, peer) = (Rig::open().await, Peer::start_at(path).await);
        let view = rig.register("desk", peer.bare_url()).await;
        assert_eq!(view.status, Status::Healthy, "{path}: {:?}", view.reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_again_changes_nothing_and_another_url_is_refused() {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    let first = rig.gateway.register(Registration::new("desk", peer.url())).await.unwrap();
    let again = rig.gateway.register(Registration::new("desk", peer.url())).await.unwrap();
    assert!(first.created && !again.created);
    assert_eq!(first.view, again.view);
    let other = rig.gateway.register(Registration::new("desk", "http://127.0.0.1:1/mcp")).await;
    assert!(matches!(other, Err(RegisterError::Conflict { .. })), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_server_is_registered_and_comes_by_itself() {
    let (rig, mut peer) = (Rig::open().await, Peer::start().await);
    peer.kill();
    let view = rig.register("desk", peer.url()).await;
    assert_eq!(view.status, Status::Unreachable);
    assert_eq!(view.reason.as_deref(), Some("no connection: Connection refused (os error 111)"));
    assert!(rig.gateway.capabilities().is_empty());
    peer.revive().await;
    rig.until(|gateway| gateway.capabilities().len() == 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_leaves_and_comes_back() {
    let (rig, mut peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    peer.kill();
    rig.until(|gateway| gateway.capabilities().is_empty()).await;
    let unavailable = rig.gateway.unavailable();
    assert_eq!(unavailable[0].server.as_str(), "desk");
    assert!(unavailable[0].reason.starts_with("no connection"), "{}", unavailable[0].reason);
    let refused = rig.propose("desk__look", json!({})).await;
    assert!(
        matches!(refused, Err(ProposeError::UnknownCapability(UnknownCapability::Unavailable { .. }))),
        "{refused:?}"
    );
    peer.revive().await;
    rig.until(|gateway| gateway.capabilities().len() == 5).await;
    assert_eq!(rig.gateway.server("desk").unwrap().since, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_no_mcp_server_says_so_without_secrets() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp/gmail/TOPSECRET", listener.local_addr().unwrap());
    let page =
        axum::Router::new().fallback(|uri: axum::http::Uri| async move { format!("you asked for {uri}") });
    let server = tokio::spawn(async move { axum::serve(listener, page).await });
    let rig = Rig::open().await;
    let view = rig.register("odd", url).await;
    assert_eq!(view.status, Status::Unreachable);
    assert!(
        view.reason.as_deref().unwrap().starts_with("it does not answer as an MCP server"),
        "{:?}",
        view.reason
    );
    let shown = format!("{view:?} {:?} {}", rig.gateway.unavailable(), serde_json::to_string(&view).unwrap());
    assert!(!shown.contains("TOPSECRET"), "{shown}");
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_tool_list_is_followed() {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    let look = "desk__look".parse().unwrap();
    let mut tool = peer.withhold("look");
    rig.until(|gateway| gateway.capability(&look).is_none()).await;
    tool.name = "look_again".into();
    peer.put_back(tool);
    let again = "desk__look_again".parse().unwrap();
    rig.until(|gateway| gateway.capability(&again).is_some()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_server_is_gone_at_once_and_its_rules_with_it() {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    rig.level("desk", Level::Autonomous, &[]).await;
    assert!(rig.gateway.deregister("desk").await.unwrap());
    assert!(rig.gateway.capabilities().is_empty() && rig.gateway.rules().is_empty());
    assert!(!rig.gateway.deregister("desk").await.unwrap());
    rig.register("desk", peer.url()).await;
    assert!(matches!(rig.propose("desk__look", json!({})).await.unwrap(), Verdict::Ask(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_can_be_switched_off_and_on() {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    let switch = |enabled| ServerPatch { enabled: Some(enabled), ..ServerPatch::default() };
    assert_eq!(rig.gateway.patch("desk", switch(false)).await.unwrap().status, Status::Disabled);
    assert!(rig.gateway.capabilities().is_empty());
    assert_eq!(rig.gateway.patch("desk", switch(true)).await.unwrap().status, Status::Healthy);
    assert!(matches!(rig.gateway.patch("nope", switch(true)).await, Err(PatchError::NotFound(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_builtin_moves_with_its_port_and_has_its_classes() {
    let (rig, first, second) = (Rig::open().await, Peer::start().await, Peer::start().await);
    let builtin = |peer: &Peer| Builtin {
        name: "desk".parse().unwrap(),
        url: peer.url(),
        description: "The desk".into(),
        category: None,
    };
    let before = rig.gateway.ensure_builtin(builtin(&first)).await.unwrap();
    let after = rig.gateway.ensure_builtin(builtin(&second)).await.unwrap();
    assert_eq!((before.id, rig.gateway.servers().len()), (after.id, 1));
    assert_eq!((after.origin, after.status), (Origin::Builtin, Status::Healthy));
    let class = |name: &str| rig.gateway.capability(&name.parse().unwrap()).unwrap().class;
    assert_eq!((class("desk__remind"), class("desk__look")), (Class::Write, Class::Unknown));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_comes_and_goes_and_its_rules_stay() {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    let name: ServerName = "desk".parse().unwrap();
    let connector =
        Builtin { name: name.clone(), url: peer.url(), description: "The desk".into(), category: None };
    let view = rig.gateway.ensure_connector(connector.clone()).await.unwrap();
    assert_eq!((view.origin, view.status), (Origin::Connector, Status::Healthy));
    let class = rig.gateway.capability(&"desk__remind".parse().unwrap()).unwrap().class;
    assert_eq!(class, Class::Write, "as the catalogue says of our own");
    rig.level("desk", Level::Confirm, &["remind"]).await;
    rig.gateway.retire_connector(&name).await.unwrap();
    assert!(rig.gateway.server("desk").is_none() && rig.gateway.capabilities().is_empty());
    assert_eq!(rig.gateway.rules().len(), 1);
    let rig = rig.reopen().await;
    assert!(rig.gateway.server("desk").is_none(), "it is gone for good");
    let back = rig.gateway.ensure_connector(connector).await.unwrap();
    assert_eq!((back.origin, rig.gateway.rules().len()), (Origin::Connector, 1));
    let rig = rig.reopen().await;
    assert_eq!(rig.gateway.server("desk").unwrap().origin, Origin::Connector, "as it was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_server_is_not_retired_and_a_connector_is_not_removed() {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    rig.gateway.retire_connector(&"desk".parse().unwrap()).await.unwrap();
    assert_eq!(rig.gateway.server("desk").unwrap().origin, Origin::User);
    assert!(crate::http::keep_connectors(&rig.gateway, "desk").is_ok());
    rig.gateway.deregister("desk").await.unwrap();
    let name = "desk".parse().unwrap();
    let connector = Builtin { name, url: peer.url(), description: "The desk".into(), category: None };
    rig.gateway.ensure_connector(connector).await.unwrap();
    let refused = crate::http::keep_connectors(&rig.gateway, "desk").unwrap_err();
    assert_eq!((refused.status.as_u16(), refused.code), (409, "connector"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_builtin_does_not_take_the_name_of_a_users_server() {
    let (rig, theirs, ours) = (Rig::open().await, Peer::start().await, Peer::start().await);
    let view = rig.register("desk", theirs.url()).await;
    let name = "desk".parse().unwrap();
    let builtin = Builtin { name, url: ours.url(), description: "The desk".into(), category: None };
    let refused = rig.gateway.ensure_builtin(builtin).await;
    assert!(matches!(refused, Err(RegisterError::Conflict { .. })), "{refused:?}");
    let kept = rig.gateway.server("desk").unwrap();
    assert_eq!((kept.id, kept.origin), (view.id, Origin::User));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_builtin_catalogue_says_nothing_about_a_namesake() {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    assert_eq!(rig.gateway.capability(&"desk__remind".parse().unwrap()).unwrap().class, Class::Unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_and_rules_survive_a_restart() {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    let view = rig.register("desk", peer.url()).await;
    rig.level("desk", Level::ReadOnly, &["look"]).await;
    rig.level("desk", Level::Autonomous, &["remind"]).await;
    let rules = rig.gateway.rules();
    let rig = rig.reopen().await;
    rig.until(|gateway| gateway.capabilities().len() == 5).await;
    assert_eq!(rig.gateway.server("desk").unwrap(), view_with_pin(view));
    assert_eq!(rig.gateway.rules(), rules);
    let verdict = rig.propose("desk__look", json!({})).await.unwrap();
    assert!(matches!(verdict, Verdict::Allowed(_)), "{verdict:?}");
}

/// The view as it is once `look` has been pinned.
fn view_with_pin(mut view: ServerView) -> ServerView {
    for tool in view.tools.iter_mut().filter(|tool| tool.name.as_str() == "look") {
        tool.class = Class::Read;
    }
    view
}
