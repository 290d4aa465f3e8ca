//! A tool whose definition changed is out of use until its change is approved.

use rmcp::model::Tool;
use serde_json::json;

use super::peer::Peer;
use super::*;

async fn desk() -> (Rig, Peer) {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    rig.register("desk", peer.url()).await;
    (rig, peer)
}

fn offers(gateway: &Gateway, tool: &str) -> bool {
    gateway.capabilities().iter().any(|capability| capability.tool.as_str() == tool)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_be_seen_takes_the_tool_out_of_use() {
    let (rig, peer) = desk().await;
    peer.redescribe("remind", "Sets a reminder.\u{200b}");
    let change = rig.quarantined("remind").await;
    assert!(change.diff.contains("+ \"reminder.\\u{200b}\""), "{}", change.diff);
    assert!(!offers(&rig.gateway, "remind") && offers(&rig.gateway, "look"));
    let id = "desk__remind".parse().unwrap();
    let wanted =
        UnknownCapability::Quarantined { server: "desk".parse().unwrap(), tool: "remind".parse().unwrap() };
    assert_eq!(rig.gateway.explain(&persona(), &id), Err(wanted.clone()));
    match rig.propose("desk__remind", json!({"text": "x"})).await {
        Err(ProposeError::UnknownCapability(said)) => assert_eq!(said, wanted),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        wanted.to_string(),
        "remind of desk changed since it was approved; look at the change and approve it again"
    );
    let patch = RulePatch {
        tool: "desk".into(),
        level: Level::Autonomous,
        actions: Some(vec!["remind".into()]),
        persona: None,
        boundaries: None,
        approve: None,
    };
    assert!(matches!(rig.gateway.set_rule(patch).await, Err(RuleError::Quarantined { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_change_is_in_use_and_the_old_definition_is_not() {
    let (rig, peer) = desk().await;
    let schema =
        json!({"type": "object", "properties": {"text": {"type": "string"}, "cc": {"type": "string"}}});
    peer.redefine("remind", &json!({"inputSchema": schema}));
    let change = rig.quarantined("remind").await;
    assert!(change.diff.contains("+ cc: string, optional"), "{}", change.diff);
    rig.approve_change("desk", "remind").await;
    assert!(rig.gateway.quarantined().is_empty());
    let authorized = rig.granted("desk__remind", json!({"text": "x", "cc": "bob"})).await;
    assert!(matches!(rig.run(authorized).await, Done::Succeeded { .. }));
    // What was approved first is a change by now.
    let schema = json!({"type": "object", "properties": {"text": {"type": "string"}}});
    peer.redefine("remind", &json!({"inputSchema": schema}));
    let back = rig.quarantined("remind").await;
    assert!(back.diff.contains("- cc: string, optional"), "{}", back.diff);
}

#[tokio::test(flavor = "multi_thread")]
async fn annotations_count_as_a_change() {
    let (rig, peer) = desk().await;
    peer.redefine("look", &json!({"annotations": {"readOnlyHint": true}}));
    let change = rig.quarantined("look").await;
    assert_eq!(change.diff, "annotations\n  ~ readOnlyHint none → true\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_to_what_was_approved_lifts_it() {
    let (rig, peer) = desk().await;
    peer.redescribe("remind", "Sets a reminder and mails it.");
    let first = rig.quarantined("remind").await;
    peer.redescribe("remind", "Sets a reminder and mails it to everybody.");
    rig.until(|gateway| gateway.quarantined().iter().any(|one| one.change.tool_hash != first.tool_hash))
        .await;
    let second = rig.quarantined("remind").await;
    assert_eq!(second.since, first.since);
    assert!(second.diff.contains("to everybody"), "{}", second.diff);
    peer.redescribe("remind", "Sets a reminder.");
    rig.until(|gateway| gateway.quarantined().is_empty()).await;
    assert!(offers(&rig.gateway, "remind"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_outlives_restart_absence_and_another_address() {
    let (mut rig, mut peer) = desk().await;
    peer.redescribe("remind", "Sets a reminder and mails it.");
    let before = rig.quarantined("remind").await;
    // A restart of ours.
    rig = rig.reopen().await;
    assert_eq!(rig.quarantined("remind").await, before);
    // A restart of the server's.
    peer.kill();
    rig.until(|gateway| !gateway.unavailable().is_empty()).await;
    peer.revive().await;
    assert_eq!(rig.quarantined("remind").await, before);
    // The tool goes and comes back.
    let remind: Tool = peer.withhold("remind");
    rig.until(|gateway| gateway.quarantined().is_empty()).await;
    assert!(!offers(&rig.gateway, "remind"));
    peer.put_back(remind);
    assert_eq!(rig.quarantined("remind").await, before);
    // Another server under its name: what is as it was approved can be used, the rest can't.
    let other = Peer::start().await;
    other.redescribe("remind", "Sets a reminder and mails it.");
    assert!(rig.gateway.deregister("desk").await.unwrap());
    rig.register("desk", other.url()).await;
    assert_eq!(rig.quarantined("remind").await, before);
    assert!(offers(&rig.gateway, "look") && !offers(&rig.gateway, "remind"));
}

#[tokio::test(flavor = "multi_thread")]
async fn built_in_servers_change_with_the_program() {
    let (rig, peer) = (Rig::open().await, Peer::start().await);
    let builtin =
        |url| Builtin { name: "desk".parse().unwrap(), url, description: String::new(), category: None };
    rig.gateway.ensure_builtin(builtin(peer.url())).await.unwrap();
    peer.redescribe("remind", "Sets a reminder, better.");
    let remind = "desk__remind".parse().unwrap();
    rig.until(|gateway| gateway.capability(&remind).is_some_and(|tool| tool.description.contains("better")))
        .await;
    assert!(rig.gateway.quarantined().is_empty());
    // Whoever takes its name later is held to the last definition of the built-in one.
    rig.gateway.deregister("desk").await.unwrap();
    let other = Peer::start().await;
    rig.register("desk", other.url()).await;
    rig.quarantined("remind").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_looked_at_is_approved() {
    let (rig, peer) = desk().await;
    peer.redescribe("remind", "Sets a reminder and mails it.");
    let seen = rig.quarantined("remind").await.tool_hash;
    peer.redescribe("remind", "Sets a reminder and mails it to everybody.");
    rig.until(|gateway| gateway.quarantined().iter().any(|one| one.change.tool_hash != seen)).await;
    let approve = |server: &'static str, tool: &'static str, hash: String| {
        let gateway = rig.gateway.clone();
        async move { gateway.approve_definition(server, tool, &hash).await }
    };
    let error = approve("desk", "remind", seen.to_string()).await.unwrap_err();
    let now = rig.quarantined("remind").await.tool_hash;
    assert!(matches!(&error, ApproveError::ChangedAgain { tool_hash, .. } if *tool_hash == now), "{error:?}");
    assert!(!offers(&rig.gateway, "remind"));
    for (server, tool, wanted) in [
        ("dask", "remind", "no server named \"dask\" is registered"),
        ("desk", "remund", "desk has no tool named \"remund\""),
    ] {
        assert_eq!(approve(server, tool, now.to_string()).await.unwrap_err().to_string(), wanted);
    }
    let view = approve("desk", "remind", now.to_string()).await.unwrap();
    assert!(view.quarantined.is_empty() && view.tools.iter().any(|tool| tool.name.as_str() == "remind"));
    // Again changes nothing.
    approve("desk", "remind", now.to_string()).await.unwrap();
    let rig = rig.reopen().await;
    rig.until(|gateway| offers(gateway, "remind")).await;
    assert!(rig.gateway.quarantined().is_empty());
}
