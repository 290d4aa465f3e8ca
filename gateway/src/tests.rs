//! The gateway against real MCP servers in this process, on ports of their own.

mod agent;
mod agents;
mod approvals;
mod audit;
mod boundaries;
mod edits;
mod federation;
mod full_disk;
mod http;
mod journal;
mod keys;
mod oauth;
mod odd;
#[allow(dead_code, reason = "shared with tests/peers, which uses other parts of it")]
mod peer;
mod programs;
mod provider;
mod quarantine;
mod servers;
mod sse;
mod upkeep;
mod yes_by;

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::*;

/// A gateway whose waits are short, and the folder its database is in.
struct Rig {
    gateway: Gateway,
    folder: TempDir,
}

impl Rig {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { gateway: open(folder.path()).await, folder }
    }

    async fn reopen(self) -> Self {
        self.gateway.shutdown().await;
        let gateway = open(self.folder.path()).await;
        Self { gateway, folder: self.folder }
    }

    /// Registers the peer under a name by the three fields of the guide.
    async fn register(&self, name: &str, url: String) -> ServerView {
        self.gateway.register(Registration::new(name, url)).await.unwrap().view
    }

    /// Waits until something about the servers is true.
    async fn until(&self, wanted: impl Fn(&Gateway) -> bool) {
        let mut changes = self.gateway.changes();
        let reached = async {
            while !wanted(&self.gateway) {
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(60), reached).await.expect("what was waited for never came");
    }

    async fn level(&self, server: &str, level: Level, actions: &[&str]) {
        let actions = Some(actions.iter().map(ToString::to_string).collect());
        let patch =
            RulePatch { tool: server.into(), level, actions, persona: None, boundaries: None, approve: None };
        self.gateway.set_rule(patch).await.unwrap();
    }

    /// Waits until a tool is in quarantine, and approves its change.
    async fn approve_change(&self, server: &str, tool: &str) {
        let change = self.quarantined(tool).await;
        self.gateway.approve_definition(server, tool, change.tool_hash.as_str()).await.unwrap();
    }

    /// Waits until a tool is in quarantine.
    async fn quarantined(&self, tool: &str) -> ChangedTool {
        let find = |gateway: &Gateway| {
            gateway.quarantined().into_iter().map(|one| one.change).find(|one| one.name.as_str() == tool)
        };
        self.until(|gateway| find(gateway).is_some()).await;
        find(&self.gateway).unwrap()
    }

    async fn propose(&self, capability: &str, arguments: Value) -> Result<Verdict, ProposeError> {
        self.gateway.propose(proposal(capability, arguments, Duration::from_secs(60))).await
    }

    async fn ask(&self, capability: &str, arguments: Value) -> Pending {
        match self.propose(capability, arguments).await.unwrap() {
            Verdict::Ask(pending) => pending,
            other => panic!("not asked: {other:?}"),
        }
    }

    /// Asks, answers yes, and hands over the right to run.
    async fn granted(&self, capability: &str, arguments: Value) -> Authorized {
        let pending = self.ask(capability, arguments).await;
        self.approved(pending).await
    }

    async fn approved(&self, mut pending: Pending) -> Authorized {
        self.gateway.answer(&pending.approval.id, Decision::Approve, DecidedBy::Voice).await.unwrap();
        match pending.resolution.wait().await {
            Resolution::Granted(authorized) => authorized,
            other => panic!("not granted: {other:?}"),
        }
    }

    async fn run(&self, authorized: Authorized) -> Done {
        self.gateway.execute(authorized, Default::default()).await.state
    }

    /// What the audit says of every step, oldest first.
    async fn steps(&self) -> Vec<String> {
        let query = AuditQuery { every_step: true, ..AuditQuery::default() };
        let rows = self.gateway.audit(query).await.unwrap();
        rows.into_iter().rev().map(|row| row.summary).collect()
    }

    async fn states(&self) -> Vec<AuditState> {
        self.gateway
            .audit(AuditQuery::default())
            .await
            .unwrap()
            .into_iter()
            .map(|entry| entry.state)
            .collect()
    }
}

async fn open(folder: &Path) -> Gateway {
    Gateway::open(config(folder)).await.unwrap()
}

fn config(folder: &Path) -> GatewayConfig {
    let mut config = GatewayConfig::new(folder.join("homepilot.db"));
    config.limits.idle_check = Duration::from_millis(200);
    config.limits.backoff_first = Duration::from_millis(50);
    config.limits.backoff_last = Duration::from_millis(400);
    config.builtin_classes = vec![("desk".parse().unwrap(), "remind".parse().unwrap(), Class::Write)];
    config
}

fn persona() -> PersonaProfile {
    PersonaProfile::new("assistant")
}

fn proposal(capability: &str, arguments: Value, ttl: Duration) -> Proposal {
    Proposal {
        persona: persona(),
        session: "s1".into(),
        capability: capability.parse().unwrap(),
        arguments: object(arguments),
        grounds: Grounds::Caller,
        by_voice: true,
        ttl,
        idempotency_key: None,
        passing: Passing::default(),
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}
