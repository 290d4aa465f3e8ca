//! What is on offer: names, pages and changes.

use rmcp::model::{PaginatedRequestParams, SubscriptionFilter};
use rmcp::service::ServiceError;

use super::*;
use crate::tests::peer::Peer;

#[tokio::test(flavor = "multi_thread")]
async fn every_tool_has_its_servers_name_and_its_own_definition() {
    let (rig, one, other) = (Rig::open().await, Peer::start().await, Peer::start().await);
    rig.register("desk", one.url()).await;
    rig.register("home", other.url()).await;
    let url = rig.serve().await;
    for speaks in BOTH {
        let client = Person::new(None).connect(&url, speaks).await;
        let tools = tools(&client).await;
        let names: Vec<_> = tools.iter().map(|tool| tool.name.to_string()).collect();
        assert_eq!(names[..2], ["desk__remind", "desk__look"]);
        assert!(names.contains(&"home__remind".to_owned()));
        assert_eq!(tools[0].description.as_deref(), Some("Sets a reminder."));
        assert_eq!(tools[0].input_schema["required"], json!(["text"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_name_means_the_one_server_that_offers_it() {
    let (rig, one, other) = (Rig::open().await, Peer::start().await, Peer::start().await);
    rig.register("desk", one.url()).await;
    rig.level("desk", Level::ReadOnly, &["look"]).await;
    let url = rig.serve().await;
    for speaks in BOTH {
        let client = Person::new(None).connect(&url, speaks).await;
        assert_eq!(text(&call(&client, "look", json!({})).await.unwrap()), "nothing due");
        let Err(ServiceError::McpError(error)) = call(&client, "no_such", json!({})).await else {
            panic!("it was taken")
        };
        assert_eq!(error.message, "unknown tool \"no_such\", tools/list has the names");
    }
    rig.register("home", other.url()).await;
    for speaks in BOTH {
        let client = Person::new(None).connect(&url, speaks).await;
        let Err(ServiceError::McpError(error)) = call(&client, "look", json!({})).await else {
            panic!("it was guessed")
        };
        assert_eq!(error.message, "\"look\" is offered more than once, use one of: desk__look, home__look");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_and_a_subscription_hear_of_changes() {
    let (rig, peer, other) = (Rig::open().await, Peer::start().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    let url = rig.serve().await;
    let person = Person::new(None);
    let _session = person.connect(&url, Speaks::Sessions).await;
    let stateless = Person::new(None).connect(&url, Speaks::Stateless).await;
    let filter = SubscriptionFilter::builder().tools_list_changed().build();
    let mut subscription = stateless.listen(filter).await.unwrap();
    rig.register("home", other.url()).await;
    within(person.tools_changed.notified()).await;
    assert!(matches!(
        within(subscription.next()).await.unwrap(),
        Some(rmcp::model::ServerNotification::ToolListChangedNotification(_))
    ));
    assert!(tools(&stateless).await.iter().any(|tool| tool.name == "home__look"));
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lists_come_in_pages() {
    let rig = Rig::open().await;
    let mut peers = Vec::new();
    for n in 0..21 {
        let peer = Peer::start().await;
        rig.register(&format!("s{n:02}"), peer.url()).await;
        peers.push(peer);
    }
    let url = rig.serve().await;
    let client = Person::new(None).connect(&url, Speaks::Sessions).await;
    let first = client.list_tools(None).await.unwrap();
    assert_eq!(first.tools.len(), 100);
    let cursor = PaginatedRequestParams::default().with_cursor(first.next_cursor);
    let second = client.list_tools(Some(cursor)).await.unwrap();
    assert_eq!((second.tools.len(), second.next_cursor), (5, None));
}
