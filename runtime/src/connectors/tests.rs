use std::{os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use homepilot_gateway::{GatewayConfig, Origin, Registration};
use tempfile::TempDir;

use super::*;
use crate::config::Ports;

const PATIENCE: Duration = Duration::from_secs(60);

/// Nothing listens there; a connector starts without its account.
const WHOLE: &str = "EMAIL_SMTP_HOST=127.0.0.1\nEMAIL_SMTP_PORT=1\nEMAIL_SMTP_USER=ada@example.org\n\
                     EMAIL_SMTP_PASS=TOPSECRET\nEMAIL_IMAP_HOST=127.0.0.1\nEMAIL_IMAP_PORT=1\n";

struct Rig {
    connectors: Connectors,
    gateway: Gateway,
    paths: Paths,
    stopping: CancellationToken,
    _folder: TempDir,
}

impl Rig {
    async fn start(secrets: &str, ports: Ports) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let paths = Paths { data: at("data"), cache: at("cache"), config: at("config"), home: None };
        std::fs::create_dir_all(&paths.config).unwrap();
        save(&paths.secrets(), secrets);
        let mut config = GatewayConfig::new(paths.database());
        config.builtin_classes = builtins::classes();
        let gateway = Gateway::open(config).await.unwrap();
        let stopping = CancellationToken::new();
        let parts = Parts {
            settings: Settings { ports, ..Settings::default() },
            paths: paths.clone(),
            gateway: Some(gateway.clone()),
            tasks: TaskTracker::new(),
            stopping: stopping.clone(),
        };
        let connectors = Connectors::start(parts).await;
        Self { connectors, gateway, paths, stopping, _folder: folder }
    }

    fn status(&self) -> Status {
        self.connectors.states()[Connector::Email as usize].1.clone()
    }

    async fn until(&self, wanted: impl Fn(&Status) -> bool) -> Status {
        let mut changes = self.connectors.changes();
        let reached =
            async { changes.wait_for(|all| wanted(&all[Connector::Email as usize])).await.unwrap().clone() };
        let all = tokio::time::timeout(PATIENCE, reached).await.expect("what was waited for never came");
        all[Connector::Email as usize].clone()
    }
}

/// As an editor does: beside it, then in its place.
fn save(file: &Path, text: &str) {
    let beside = file.with_extension("new");
    std::fs::write(&beside, text).unwrap();
    std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::rename(beside, file).unwrap();
}

fn address(status: &Status) -> SocketAddr {
    match status {
        Status::Running { address, .. } => *address,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_comes_and_goes_with_its_settings() {
    let rig = Rig::start("", Ports::ANY).await;
    assert_eq!(rig.status(), Status::NotSetUp);
    assert!(rig.gateway.server("email").is_none());
    save(&rig.paths.secrets(), "EMAIL_SMTP_HOST=127.0.0.1\n");
    let incomplete = rig.until(|status| matches!(status, Status::Incomplete(_))).await;
    let shown = view(Connector::Email, 9301, &incomplete, &rig.paths);
    assert_eq!(shown["missing"][0]["variable"], "EMAIL_SMTP_USER", "{shown}");
    assert_eq!(shown["missing"][0]["setting"], "connectors.email.smtp_user", "{shown}");
    save(&rig.paths.secrets(), WHOLE);
    let at = address(&rig.until(|status| matches!(status, Status::Running { .. })).await);
    let view = rig.gateway.server("email").unwrap();
    assert_eq!((view.origin, view.tools.len()), (Origin::Connector, 8), "{view:?}");
    // A change of settings is a change of the server behind the same port.
    save(&rig.paths.secrets(), &format!("{WHOLE}EMAIL_FROM=Ada <ada@example.org>\n"));
    save(&rig.paths.secrets(), "what is this\n");
    let with_problem = |status: &Status| matches!(status, Status::Running { problem: Some(_), .. });
    let kept = rig.until(with_problem).await;
    assert_eq!(address(&kept), at);
    assert!(format!("{kept:?}").contains("line 1 is no NAME=value"), "{kept:?}");
    save(&rig.paths.secrets(), WHOLE);
    rig.until(|status| matches!(status, Status::Running { problem: None, .. })).await;
    assert_eq!(rig.gateway.refresh("email").await.unwrap().tools.len(), 8);
    std::fs::remove_file(rig.paths.secrets()).unwrap();
    rig.until(|status| *status == Status::NotSetUp).await;
    assert!(rig.gateway.server("email").is_none());
    // Its port is free as soon as its calls are over.
    let free = async {
        while tokio::net::TcpListener::bind(at).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, free).await.expect("the port stays taken");
    rig.stopping.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn why_it_does_not_start_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let rig = Rig::start(WHOLE, Ports { connectors: [port; Connector::COUNT], ..Ports::ANY }).await;
    let said = format!("{:?}", rig.status());
    assert!(said.contains(&format!("port {port} is taken")) && said.contains("ports.email"), "{said}");
    assert!(rig.gateway.server("email").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_the_users_keeps_its_name() {
    let rig = Rig::start("", Ports::ANY).await;
    let theirs = Registration::new("email", "http://127.0.0.1:1/mcp");
    rig.gateway.register(theirs).await.unwrap();
    save(&rig.paths.secrets(), WHOLE);
    let failed = rig.until(|status| matches!(status, Status::Failed(_))).await;
    assert!(format!("{failed:?}").contains("a server of yours is registered as email"), "{failed:?}");
    assert_eq!(rig.gateway.server("email").unwrap().origin, Origin::User);
    rig.gateway.deregister("email").await.unwrap();
    save(&rig.paths.secrets(), WHOLE);
    rig.until(|status| matches!(status, Status::Running { .. })).await;
}
