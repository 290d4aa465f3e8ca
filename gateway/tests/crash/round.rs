//! Our own process of a round: three calls at once, asked about, approved and run.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use homepilot_gateway::{
    DecidedBy, Decision, Gateway, GatewayConfig, Grounds, PersonaProfile, Proposal, Registration, Resolution,
    Status, Verdict,
};
use serde_json::json;

use crate::deadly::Deadly;
use crate::plan::{Death, Plan};
use crate::{Site, variable};

pub(crate) const CALLS: u32 = 3;

pub(crate) async fn run(site: Site) {
    std::fs::write(&site.caller, std::process::id().to_string()).unwrap();
    let round: u32 = variable("CRASH_ROUND").parse().unwrap();
    let plan = Plan::of(round);
    if let Death::After(time) = plan.death {
        std::thread::spawn(move || {
            std::thread::sleep(time);
            crate::kill(rustix::process::getpid());
        });
    }
    let death = plan.death.clone();
    let gateway = Gateway::open_with(config(&site.database), |inner| {
        Arc::new(Deadly { inner, death, seen: Default::default() })
    })
    .await
    .unwrap();
    gateway.register(Registration::new("shelf", variable("CRASH_URL"))).await.unwrap();
    healthy(&gateway).await;
    let calls = (0..CALLS).map(|number| {
        let (gateway, site, wanted) = (&gateway, &site, proposal(round, number, &plan));
        async move {
            // With the peer gone it may be refused; what matters is what is left behind.
            if let Ok(verdict) = gateway.propose(wanted.clone()).await {
                go_on(gateway, site, &wanted, verdict).await;
            }
        }
    });
    futures::future::join_all(calls).await;
    gateway.shutdown().await;
}

/// Approves what is asked and runs it. Tells whether it was answered from the journal instead.
pub(crate) async fn go_on(gateway: &Gateway, site: &Site, wanted: &Proposal, verdict: Verdict) -> bool {
    match verdict {
        Verdict::Ask(mut pending) => {
            let row = wanted.arguments["row"].as_str().unwrap();
            let mut log = OpenOptions::new().append(true).create(true).open(&site.approvals).unwrap();
            log.write_all(format!("{row}\n").as_bytes()).unwrap();
            gateway.answer(&pending.approval.id, Decision::Approve, DecidedBy::Api).await.unwrap();
            match pending.resolution.wait().await {
                Resolution::Granted(authorized) => {
                    gateway.execute(authorized, Default::default()).await;
                }
                other => panic!("approved, and then {other:?}"),
            }
            false
        }
        Verdict::Replayed(_) => true,
        Verdict::Allowed(authorized) => panic!("not asked: {authorized:?}"),
        Verdict::Denied(denial) => panic!("{denial:?}"),
    }
}

pub(crate) fn config(database: &Path) -> GatewayConfig {
    let mut config = GatewayConfig::new(database);
    config.limits.backoff_first = Duration::from_millis(20);
    config.limits.backoff_last = Duration::from_millis(100);
    config.limits.grace = Duration::from_secs(1);
    config
}

pub(crate) async fn healthy(gateway: &Gateway) {
    let mut changes = gateway.changes();
    while !gateway.servers().iter().all(|server| server.status == Status::Healthy) {
        changes.changed().await.unwrap();
    }
}

/// The first and the last call of a round have a key.
pub(crate) fn has_key(number: u32) -> bool {
    number != 1
}

pub(crate) fn proposal(round: u32, number: u32, plan: &Plan) -> Proposal {
    let then = if number == 0 { plan.then() } else { "answer" };
    let arguments = json!({"row": format!("{round}-{number}"), "then": then});
    Proposal {
        persona: PersonaProfile::new("assistant"),
        session: format!("round {round}"),
        capability: "shelf__append".parse().unwrap(),
        arguments: arguments.as_object().unwrap().clone(),
        grounds: Grounds::Caller,
        by_voice: false,
        ttl: Duration::from_secs(60),
        idempotency_key: has_key(number).then(|| format!("{round}-{number}").parse().unwrap()),
        passing: homepilot_gateway::Passing::default(),
    }
}

pub(crate) struct Process(Child);

#[derive(Debug)]
pub(crate) struct Ended(ExitStatus);

impl Ended {
    pub(crate) fn was_killed(&self) -> bool {
        self.0.signal() == Some(9)
    }

    pub(crate) fn was_fine(&self) -> bool {
        self.0.success()
    }
}

impl Process {
    pub(crate) fn start(folder: &Path, url: String, round: u32) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .env("CRASH_ROLE", "round")
            .env("CRASH_FOLDER", folder)
            .env("CRASH_URL", url)
            .env("CRASH_ROUND", round.to_string())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    pub(crate) fn wait(mut self, limit: Duration) -> Ended {
        let (ended, waiting) = std::sync::mpsc::channel();
        let process = rustix::process::Pid::from_child(&self.0);
        let started = Instant::now();
        let watch = std::thread::spawn(move || {
            if waiting.recv_timeout(limit).is_err() {
                crate::kill(process);
            }
        });
        let status = self.0.wait().unwrap();
        // The watch is gone if the time is over, which is found below.
        ended.send(()).unwrap_or(());
        watch.join().unwrap();
        assert!(started.elapsed() < limit, "the round's process hung");
        Ended(status)
    }
}
