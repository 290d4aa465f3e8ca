//! A round: a process with a gateway and a connector, which proposes one call, says yes, runs it, and is killed meanwhile.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use homepilot_gateway::{
    Builtin, DecidedBy, Decision, Gateway, GatewayConfig, Grounds, Passing, PersonaProfile, Proposal,
    Resolution, Status, Verdict,
};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::work::{self, arguments};
use super::{PATIENCE, variable};

#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    pub(super) number: u32,
    /// How long after the call has begun its process is killed.
    pub(super) after: Option<Duration>,
}

impl Round {
    pub(super) fn database(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.db", self.number))
    }
}

/// The process of a round; for whoever runs all tests there is nothing to do.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the rounds"]
async fn a_process_of_its_own() {
    let Some(told) = variable("KILLS_ROUND") else { return };
    let round = Round {
        number: u32::try_from(told["number"].as_u64().unwrap()).unwrap(),
        after: told["after"].as_u64().map(Duration::from_micros),
    };
    let folder = PathBuf::from(told["folder"].as_str().unwrap());
    let opened = Opened::new(&told["place"], &folder, round).await;
    let verdict = opened.gateway.propose(proposal(&told["place"], round.number)).await.unwrap();
    let Verdict::Ask(mut pending) = verdict else { panic!("{verdict:?}") };
    opened.gateway.answer(&pending.approval.id, Decision::Approve, DecidedBy::Api).await.unwrap();
    let Resolution::Granted(authorized) = pending.resolution.wait().await else { panic!("approved") };
    if let Some(after) = round.after {
        std::thread::spawn(move || {
            std::thread::sleep(after);
            let this = rustix::process::getpid();
            rustix::process::kill_process(this, rustix::process::Signal::KILL).unwrap();
        });
    }
    let begun = Instant::now();
    opened.gateway.execute(authorized, Default::default()).await;
    println!("took {}", begun.elapsed().as_micros());
    opened.end().await;
}

/// How a round's process ended.
pub(super) struct Process {
    status: ExitStatus,
    said: String,
}

impl Process {
    pub(super) async fn start(place: &Value, folder: &Path, round: Round) -> Process {
        let after = round.after.map(|after| u64::try_from(after.as_micros()).unwrap());
        let told = json!({"number": round.number, "after": after, "folder": folder, "place": place});
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["kills::round::a_process_of_its_own", "--exact", "--ignored", "--nocapture"]);
        command.env("KILLS_ROUND", told.to_string()).stdin(Stdio::null()).kill_on_drop(true);
        let ended = timeout(PATIENCE, command.output()).await.expect("a round's process hung").unwrap();
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        let process = Process { status: ended.status, said };
        let fine = process.was_killed() || process.status.success();
        assert!(fine, "{round:?}: {}\n{}", process.said, String::from_utf8_lossy(&ended.stderr));
        process
    }

    pub(super) fn was_killed(&self) -> bool {
        self.status.signal() == Some(9)
    }

    /// How long the call took.
    pub(super) fn took(&self) -> Option<Duration> {
        let line = self.said.lines().find_map(|line| line.split_once("took "))?.1;
        line.trim().parse().ok().map(Duration::from_micros)
    }
}

/// A gateway with the connector.
pub(super) struct Opened {
    gateway: Gateway,
    pub(super) url: String,
    /// How many calls were under way when its process died.
    pub(super) recovered: usize,
    _served: JoinSet<()>,
}

impl Opened {
    async fn new(place: &Value, folder: &Path, round: Round) -> Opened {
        let config = GatewayConfig::new(round.database(folder));
        let gateway = timeout(PATIENCE, Gateway::open(config)).await.expect("it opens").unwrap();
        let (url, served) = work::serve(place, &round.database(folder)).await;
        let connector = Builtin {
            name: work::name(place).parse().unwrap(),
            url: url.clone(),
            description: "A connector".to_owned(),
            category: None,
        };
        gateway.ensure_connector(connector).await.unwrap();
        let mut changes = gateway.changes();
        let healthy = async {
            while !gateway.servers().iter().all(|server| server.status == Status::Healthy) {
                changes.changed().await.unwrap();
            }
        };
        timeout(PATIENCE, healthy).await.expect("the connector is reached");
        let recovered = gateway.recovered().len();
        Opened { gateway, url, recovered, _served: served }
    }

    pub(super) async fn end(self) {
        self.gateway.shutdown().await;
    }
}

/// Opened again after a death; the caller tries a second time, under the same key.
pub(super) async fn again(place: &Value, folder: &Path, round: Round) -> Opened {
    let opened = Opened::new(place, folder, round).await;
    match opened.gateway.propose(proposal(place, round.number)).await.unwrap() {
        Verdict::Replayed(_) => {}
        // It had not come to be sent.
        Verdict::Ask(mut pending) => {
            opened.gateway.answer(&pending.approval.id, Decision::Approve, DecidedBy::Api).await.unwrap();
            let Resolution::Granted(authorized) = pending.resolution.wait().await else { panic!("approved") };
            opened.gateway.execute(authorized, Default::default()).await;
        }
        other => panic!("{round:?}: {other:?}"),
    }
    opened
}

fn proposal(place: &Value, number: u32) -> Proposal {
    Proposal {
        persona: PersonaProfile::new("assistant"),
        session: format!("round {number}"),
        capability: work::capability(place).parse().unwrap(),
        arguments: arguments(place, number),
        grounds: Grounds::Caller,
        by_voice: false,
        ttl: PATIENCE,
        idempotency_key: Some(format!("round-{number}").parse().unwrap()),
        passing: Passing::default(),
    }
}
