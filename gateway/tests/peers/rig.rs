//! A gateway on a port of the system's choice, with a database of its own that is removed afterwards.

use std::time::Duration;

use homepilot_gateway::{
    Authorized, Class, DecidedBy, Decision, Done, Gateway, GatewayConfig, Grounds, Level, Limits, Passing,
    PersonaProfile, Proposal, ProposeError, Registration, Resolution, RulePatch, ServerView, Status,
    TransportChoice, Verdict, http,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::installed::CommandLine;

pub(crate) struct Rig {
    pub(crate) gateway: Gateway,
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    pub(crate) folder: TempDir,
    server: JoinHandle<std::io::Result<()>>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Rig {
    /// With short waits before trying again; everything else as in the product.
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub(crate) async fn open_with(change: impl FnOnce(&mut Limits)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = GatewayConfig::new(folder.path().join("homepilot.db"));
        config.limits.backoff_first = Duration::from_millis(50);
        config.limits.backoff_last = Duration::from_millis(400);
        // A Python server takes seconds to start where all cores are busy.
        config.limits.connect = Duration::from_secs(20);
        change(&mut config.limits);
        let gateway = Gateway::open(config).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = http::router(gateway.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Self { gateway, url, folder, server }
    }

    /// Registers a server that must be healthy at once.
    pub(crate) async fn register(&self, registration: Registration) -> ServerView {
        let view = self.gateway.register(registration).await.unwrap().view;
        assert_eq!(view.status, Status::Healthy, "{}: {:?}", view.name, view.reason);
        view
    }

    /// Waits until something about the servers is true.
    pub(crate) async fn until(&self, wanted: impl Fn(&Gateway) -> bool) {
        let mut changes = self.gateway.changes();
        let reached = async {
            while !wanted(&self.gateway) {
                changes.changed().await.unwrap();
            }
        };
        if tokio::time::timeout(Duration::from_secs(60), reached).await.is_err() {
            panic!(
                "what was waited for never came; there is {:?}, without {:?}",
                self.ids(),
                self.gateway.unavailable()
            );
        }
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.gateway.capabilities().iter().map(|capability| capability.id.to_string()).collect()
    }

    pub(crate) fn class(&self, capability: &str) -> Class {
        self.gateway.capability(&capability.parse().unwrap()).unwrap().class
    }

    pub(crate) async fn level(&self, server: &str, level: Level, actions: &[&str]) {
        let actions = Some(actions.iter().map(ToString::to_string).collect());
        let patch =
            RulePatch { tool: server.into(), level, actions, persona: None, boundaries: None, approve: None };
        self.gateway.set_rule(patch).await.unwrap();
    }

    pub(crate) async fn propose(&self, capability: &str, arguments: Value) -> Result<Verdict, ProposeError> {
        self.gateway.propose(proposal(capability, arguments)).await
    }

    /// Asks, answers yes, and hands over the right to run.
    pub(crate) async fn granted(&self, capability: &str, arguments: Value) -> Authorized {
        let mut pending = match self.propose(capability, arguments).await.unwrap() {
            Verdict::Ask(pending) => pending,
            other => panic!("not asked: {other:?}"),
        };
        self.gateway.answer(&pending.approval.id, Decision::Approve, DecidedBy::Api).await.unwrap();
        match pending.resolution.wait().await {
            Resolution::Granted(authorized) => authorized,
            other => panic!("not granted: {other:?}"),
        }
    }

    /// A call that was asked about and approved.
    pub(crate) async fn call(&self, capability: &str, arguments: Value) -> Done {
        let authorized = self.granted(capability, arguments).await;
        self.gateway.execute(authorized, CancellationToken::new()).await.state
    }

    /// The text of a call that must succeed.
    pub(crate) async fn answer(&self, capability: &str, arguments: Value) -> String {
        match self.call(capability, arguments).await {
            Done::Succeeded { text, .. } => text,
            other => panic!("{capability}: {other:?}"),
        }
    }
}

/// The registration of a child process.
pub(crate) fn child(name: &str, line: CommandLine) -> Registration {
    Registration {
        name: name.to_owned(),
        transport: Some(TransportChoice::Stdio),
        command: Some(line.program),
        args: line.arguments,
        ..Registration::default()
    }
}

/// A proposal of a persona that has no rules of its own.
pub(crate) fn proposal(capability: &str, arguments: Value) -> Proposal {
    let Value::Object(arguments) = arguments else { panic!("not an object: {arguments}") };
    Proposal {
        persona: PersonaProfile::new("assistant"),
        session: "s1".into(),
        capability: capability.parse().unwrap(),
        arguments,
        grounds: Grounds::Caller,
        by_voice: false,
        ttl: Duration::from_secs(60),
        idempotency_key: None,
        passing: Passing::default(),
    }
}
