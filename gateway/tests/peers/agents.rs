//! Agents on the official SDKs of PyPI and npm, of both versions of A2A and in both of its bindings that are spoken here.

use std::time::Duration;

use homepilot_gateway::a2a::{Access, Client, Ending, Errand, Step};
use homepilot_gateway::{Class, Done, Kind, Limits, Registration, Status, TransportChoice};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::installed::{installed, node_agent, python_agent, text};
use crate::program::Program;
use crate::rig::Rig;

const SKILL: &str = "travel__trip_plan";

/// Every agent that is spoken to: an SDK, and how it is told to be asked.
const AGENTS: [(Sdk, &[&str]); 6] = [
    (Sdk::Python, &[]),
    (Sdk::Python, &["--no-streaming"]),
    (Sdk::Python, &["--binding", "HTTP+JSON"]),
    (Sdk::Python, &["--version", "0.3"]),
    (Sdk::Node, &[]),
    (Sdk::Node, &["--legacy"]),
];

#[derive(Clone, Copy, Debug)]
enum Sdk {
    Python,
    Node,
}

/// Starts one on a port; 0 lets the system choose. Returns its address without a path.
async fn start(sdk: Sdk, port: u16, arguments: &[&str]) -> (Program, String) {
    let peers = text(&installed("node_modules/@a2a-js/sdk/package.json"));
    let line = match sdk {
        Sdk::Python => python_agent(),
        Sdk::Node => node_agent(),
    };
    let line = line.with(["--port".to_owned(), port.to_string()]).with(arguments.iter().copied());
    let mut program = Program::start(&line, &[("PEERS", &peers)]);
    let said = program.says(0, "listening on ").await;
    (program, said.trim_start_matches("listening on ").to_owned())
}

fn registration(url: &str) -> Registration {
    Registration { kind: Kind::Agent, ..Registration::new("travel", url) }
}

async fn python() -> (Rig, Program) {
    let (program, url) = start(Sdk::Python, 0, &[]).await;
    let rig = Rig::open().await;
    rig.register(registration(&url)).await;
    (rig, program)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_agent_is_registered_asked_and_answered() {
    for (sdk, arguments) in AGENTS {
        let (mut program, url) = start(sdk, 0, arguments).await;
        let rig = Rig::open().await;
        let view = rig.register(registration(&url)).await;
        assert_eq!((view.kind, view.transport), (Kind::Agent, TransportChoice::A2a));
        assert_eq!((rig.ids(), rig.class(SKILL)), (vec![SKILL.to_owned()], Class::Unknown));
        let skill = rig.gateway.capability(&SKILL.parse().unwrap()).unwrap();
        assert_eq!(skill.description, "Plans and books trips. For example: A weekend in Rome");

        let authorized = rig.granted(SKILL, json!({"message": "hello there"})).await;
        let outcome = rig.gateway.execute(authorized, CancellationToken::new()).await;
        let hello = Done::Succeeded { text: "You said: hello there".into(), structured: None };
        assert_eq!(outcome.state, hello, "{sdk:?} {arguments:?}");
        let heard = program.says(0, "heard ").await;
        assert!(heard.contains(outcome.entry.as_str()), "{heard}");

        let asked = rig.call(SKILL, json!({"message": "ask me"})).await;
        let asks = Done::Asks { question: "Which day?".into() };
        assert_eq!(asked, asks, "{sdk:?} {arguments:?}");
        let booked = rig.answer(SKILL, json!({"message": "Thursday"})).await;
        assert_eq!(booked, "Booked for Thursday.", "{sdk:?} {arguments:?}");
        assert_eq!(rig.answer(SKILL, json!({"message": "thanks"})).await, "You said: thanks");

        let failed = rig.call(SKILL, json!({"message": "fail"})).await;
        let paper = Done::ToolFailed { text: "It failed: The printer is out of paper.".into() };
        assert_eq!(failed, paper, "{sdk:?} {arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_makes_is_put_together() {
    let (rig, _program) = python().await;
    let made = rig.call(SKILL, json!({"message": "data"})).await;
    let text = "Here it is.\n[a file, plan.pdf, application/pdf]".to_owned();
    assert_eq!(made, Done::Succeeded { text, structured: Some(json!({"nights": 2.0})) });
    assert_eq!(rig.answer(SKILL, json!({"message": "count"})).await, "one two three");
    let declined = Done::ToolFailed { text: "It declined: I only do trips.".into() };
    assert_eq!(rig.call(SKILL, json!({"message": "decline"})).await, declined);
    let sign_in = "It wants you to sign in with it first: Sign in at the travel desk.";
    assert_eq!(rig.call(SKILL, json!({"message": "login"})).await, Done::ToolFailed { text: sign_in.into() });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_errand_is_followed_and_stopped() {
    for arguments in [&[] as &[&str], &["--no-streaming"], &["--version", "0.3"]] {
        let (mut program, url) = start(Sdk::Python, 0, arguments).await;
        let client = Client::open(&url, Access::default(), &Limits::default()).await.unwrap();
        assert_eq!((client.card().name.as_str(), client.card().skills.len()), ("Travel agent", 1));
        let errand =
            Errand { words: "wait".to_owned(), message_id: "errand-1".to_owned(), ..Errand::default() };
        let cancel = CancellationToken::new();
        let mut exchange = client.begin(errand, cancel.clone());
        while exchange.next().await != Step::Progress("thinking".to_owned()) {}
        assert!(program.says(0, "heard ").await.contains("errand-1"));
        program.says(0, "waiting").await;
        cancel.cancel();
        let ended = loop {
            if let Step::Ended(answer) = exchange.next().await {
                break answer;
            }
        };
        assert_eq!(ended.ending, Ending::Canceled, "{arguments:?}: {ended:?}");
        program.says(0, "cancelled").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_agent_is_excluded_and_comes_back() {
    let (program, url) = start(Sdk::Python, 0, &[]).await;
    let rig = Rig::open_with(|limits| limits.idle_check = Duration::from_millis(200)).await;
    rig.register(registration(&url)).await;
    program.kill().await;
    rig.until(|gateway| gateway.capabilities().is_empty()).await;
    let gone = rig.gateway.unavailable().remove(0);
    assert_eq!(gone.server.as_str(), "travel");
    assert!(gone.reason.starts_with("no connection"), "{}", gone.reason);
    assert!(rig.propose(SKILL, json!({"message": "hello"})).await.is_err());
    let port = url.rsplit(':').next().unwrap().parse().unwrap();

    let (program, _) = start(Sdk::Python, port, &[]).await;
    rig.until(|gateway| gateway.capabilities().len() == 1).await;
    assert_eq!(rig.answer(SKILL, json!({"message": "hello"})).await, "You said: hello");
    program.kill().await;

    // Back with a card that says something else, it is held back until that is approved.
    let (_program, _) = start(Sdk::Python, port, &["--about", "Plans trips and pays for them."]).await;
    rig.until(|gateway| !gateway.quarantined().is_empty()).await;
    assert!(rig.ids().is_empty());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let address = format!("{}/api/servers/travel", rig.url);
    let view: Value = client.get(&address).send().await.unwrap().json().await.unwrap();
    assert_eq!((&view["kind"], &view["status"]), (&json!("agent"), &json!("healthy")));
    let held = &view["quarantined"][0];
    assert!(held["diff"].as_str().unwrap().contains("pays for them"), "{held}");
    let approve = format!("{address}/tools/trip_plan/approve");
    let approved = client.post(&approve).json(&json!({"tool_hash": held["tool_hash"]})).send().await.unwrap();
    assert_eq!(approved.status(), 200);
    rig.until(|gateway| gateway.capabilities().len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_itself_is_an_address_too() {
    let (_program, url) = start(Sdk::Python, 0, &[]).await;
    let rig = Rig::open().await;
    for (name, path) in [("card", "/.well-known/agent-card.json"), ("place", "/a2a")] {
        let registration =
            Registration { kind: Kind::Agent, ..Registration::new(name, format!("{url}{path}")) };
        assert_eq!(rig.register(registration).await.status, Status::Healthy);
    }
}
