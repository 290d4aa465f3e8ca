//! Fifty registered servers, of which ten hang, ten die and come back, and ten change their tools: what is on offer is exactly
//! what is alive, and calls to the twenty healthy ones go on.
//!
//! `cargo test --release -p homepilot-gateway --test peers fifty -- --nocapture` prints how long a call to a healthy server
//! takes alone and among the others. Nothing is asserted about times.

mod caller;
mod hanging;

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use homepilot_gateway::{Gateway, Level, Registration, Status, Unavailable};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use caller::Caller;
use hanging::Hanging;

use crate::peer::Peer;
use crate::rig::Rig;

const ROUNDS: usize = 3;
const USUAL: [&str; 5] = ["remind", "look", "fail", "hang", "big"];

fn ids(gateway: &Gateway) -> BTreeSet<String> {
    gateway.capabilities().iter().map(|capability| capability.id.to_string()).collect()
}

/// `server__tool` for each of some servers of a kind.
fn offered(kind: &str, count: usize, tools: &[&str]) -> BTreeSet<String> {
    (0..count).flat_map(|n| tools.iter().map(move |tool| format!("{kind}-{n}__{tool}"))).collect()
}

fn named(kind: &str, peers: &[Peer]) -> Vec<Registration> {
    peers.iter().enumerate().map(|(n, peer)| Registration::new(format!("{kind}-{n}"), peer.url())).collect()
}

async fn peers(count: usize) -> Vec<Peer> {
    join_all((0..count).map(|_| Peer::start())).await
}

/// What is known of the hanging ones.
fn absent(gateway: &Gateway) -> Vec<Unavailable> {
    gateway.unavailable().into_iter().filter(|entry| entry.server.as_str().starts_with("hanging")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_servers_thirty_misbehave_and_nobody_else_notices() {
    let rig = Rig::open_with(|limits| {
        limits.connect = Duration::from_secs(1);
        limits.list = Duration::from_secs(2);
        limits.idle_check = Duration::from_millis(500);
    })
    .await;
    let (healthy, mut dying, changing) = (peers(20).await, peers(10).await, peers(10).await);
    let hanging: Vec<Hanging> = join_all((0..10).map(|n| Hanging::start(n % 2 == 0))).await;

    // One healthy server alone.
    rig.gateway.register(Registration::new("healthy-0", healthy[0].url())).await.unwrap();
    rig.until(|gateway| ids(gateway) == offered("healthy", 1, &USUAL)).await;
    rig.level("healthy-0", Level::Autonomous, &["look"]).await;
    let alone = Caller::start(&rig.gateway, 1);
    alone.has_made(300).await;
    let alone = alone.stop().await;

    // All of them, at once.
    let mut all = named("healthy", &healthy);
    all.extend(named("dying", &dying));
    all.extend(named("changing", &changing));
    all.extend(hanging.iter().enumerate().map(|(n, it)| Registration::new(format!("hanging-{n}"), it.url())));
    let registered = join_all(all.into_iter().map(|registration| rig.gateway.register(registration))).await;
    assert!(registered.iter().all(Result::is_ok), "{registered:?}");
    assert_eq!(rig.gateway.servers().len(), 50);
    let steady = offered("healthy", 20, &USUAL);
    let usual = |kind| offered(kind, 10, &USUAL);
    rig.until(|gateway| ids(gateway) == &(&steady | &usual("dying")) | &usual("changing")).await;
    for n in 1..20 {
        rig.level(&format!("healthy-{n}"), Level::Autonomous, &["look"]).await;
    }
    let first = absent(&rig.gateway);
    assert_eq!(first.len(), 10, "{first:?}");
    // The odd ones take the connection and say nothing at all.
    for (n, entry) in first.iter().enumerate() {
        let said =
            if n % 2 == 0 { !entry.reason.is_empty() } else { entry.reason.contains("no answer within") };
        assert!(said, "{entry:?}");
    }

    // A call that never ends, to a server that others go on using.
    let authorized = rig.granted("healthy-1__hang", json!({})).await;
    let (gateway, cancel) = (rig.gateway.clone(), CancellationToken::new());
    let token = cancel.clone();
    let endless = tokio::spawn(async move { gateway.execute(authorized, token).await });
    healthy[1].arrived().await;

    let caller = Caller::start(&rig.gateway, 20);
    for round in 0..ROUNDS {
        dying.iter_mut().for_each(Peer::kill);
        let other = if round % 2 == 0 { vec!["hum", "sing"] } else { vec!["hum", "dance"] };
        changing.iter().for_each(|peer| peer.offer(&other));
        let offer = &steady | &offered("changing", 10, &other);
        rig.until(|gateway| ids(gateway) == offer).await;
        // Every healthy server answers while the others are away or hang.
        caller.makes(40).await;
        for peer in &mut dying {
            peer.revive().await;
        }
        rig.until(|gateway| ids(gateway) == &offer | &usual("dying")).await;
        caller.makes(40).await;
    }
    // A tool that says something else about itself is held back, at each of them, until that is approved.
    changing.iter().for_each(|peer| peer.redescribe("hum", "Hums your address book."));
    let without = &(&steady | &usual("dying")) | &offered("changing", 10, &["sing"]);
    rig.until(|gateway| ids(gateway) == without).await;
    for n in 0..10 {
        let name = format!("changing-{n}");
        let view = rig.gateway.server(&name).unwrap();
        let held: Vec<_> = view.quarantined.iter().map(|change| change.name.as_str()).collect();
        assert_eq!(held, ["hum"], "{name}");
        rig.gateway.approve_definition(&name, "hum", view.quarantined[0].tool_hash.as_str()).await.unwrap();
    }
    rig.until(|gateway| ids(gateway) == &without | &offered("changing", 10, &["hum"])).await;
    let among = caller.stop().await;

    assert!(!endless.is_finished(), "the calls to others waited for a call that hangs");
    cancel.cancel();
    endless.await.unwrap();
    // They were away all the time: since the beginning, for the same reason.
    let last = absent(&rig.gateway);
    let since = |entries: &[Unavailable]| entries.iter().map(|entry| entry.since).collect::<Vec<_>>();
    assert_eq!(since(&last), since(&first));
    assert!(hanging.iter().all(|it| it.visits() > 1), "they are tried again");
    let alive = rig.gateway.servers().iter().filter(|view| view.status == Status::Healthy).count();
    assert_eq!((alive, rig.gateway.unavailable().len()), (40, 10));
    println!("a call to a healthy server, alone: {alone}; with 49 others, 30 of them misbehaving: {among}");
}
