//! A house with mail of its own: Dovecot and Postfix from Debian, in a temporary folder, on ports of their own, with TLS by
//! a certificate made for the occasion. Nothing of the system's own mail is touched.

use std::fmt::Write as _;
use std::net::TcpListener as StdListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use homepilot_servers::email::{self, Account, Options, Security, Sender};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Mail takes seconds to arrive on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long the servers may take to end by themselves.
const ENDING: Duration = Duration::from_secs(5);
pub(crate) const PASSWORD: &str = "geheim-und-lang";

/// Whose mail a server keeps a copy of by itself, as Gmail does.
pub(crate) const COPIED: &str = "bob@example.org";
/// Whose it does not.
pub(crate) const ADA: &str = "ada@example.org";

pub(crate) struct Ports {
    pub(crate) imaps: u16,
    pub(crate) imap: u16,
    pub(crate) smtps: u16,
    pub(crate) submission: u16,
    lmtp: u16,
    auth: u16,
}

/// The two servers, until it is dropped.
pub(crate) struct House {
    folder: TempDir,
    pub(crate) ports: Ports,
    pub(crate) certificate: String,
    pub(crate) key: String,
    children: Vec<Child>,
}

impl Drop for House {
    fn drop(&mut self) {
        // Postfix's own process is behind a script, which ends with it.
        let quiet = |command: &mut Command| {
            command.stdout(Stdio::null()).stderr(Stdio::null()).status().ok();
        };
        quiet(Command::new("postfix").arg("-c").arg(self.at("postfix")).arg("abort"));
        if let Some(dovecot) = self.children.first() {
            quiet(Command::new("sh").args(["-c", "kill $0", &dovecot.id().to_string()]));
        }
        for child in &mut self.children {
            let end = Instant::now() + ENDING;
            while Instant::now() < end && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(20));
            }
            child.kill().ok();
            child.wait().ok();
        }
    }
}

fn free_port() -> u16 {
    StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn run(command: &mut Command) {
    let ran = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

impl House {
    pub(crate) async fn open() -> House {
        for program in ["dovecot", "postfix"] {
            let known =
                ["/usr/sbin", "/usr/bin", "/sbin"].iter().any(|at| Path::new(at).join(program).exists());
            assert!(known, "{program} is missing: run runtime/prerequisites.sh test");
        }
        // They drop their rights themselves, so they have to have them.
        let id = Command::new("id").arg("-u").output().unwrap();
        assert_eq!(id.stdout.trim_ascii(), b"0", "Dovecot and Postfix are started by root only");
        let folder = tempfile::Builder::new().prefix("hp-mail-").tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let ports = Ports {
            imaps: free_port(),
            imap: free_port(),
            smtps: free_port(),
            submission: free_port(),
            lmtp: free_port(),
            auth: free_port(),
        };
        let mut house = House { folder, ports, certificate, key, children: Vec::new() };
        house.furnish();
        house.start();
        let Ports { imaps, smtps, lmtp, auth, .. } = house.ports;
        for port in [imaps, smtps, lmtp, auth] {
            house.until(|| async move { TcpStream::connect(("127.0.0.1", port)).await.is_ok() }).await;
        }
        house
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn furnish(&self) {
        for folder in ["run", "state", "mail", "queue", "data", "postfix"] {
            std::fs::create_dir(self.at(folder)).unwrap();
        }
        let write = |name: &str, text: &str| std::fs::write(self.at(name), text).unwrap();
        write("cert.pem", &self.certificate);
        write("key.pem", &self.key);
        write("users", &format!("{ADA}:{{PLAIN}}{PASSWORD}::::::\n{COPIED}:{{PLAIN}}{PASSWORD}::::::\n"));
        let Ports { imaps, imap, smtps, submission, lmtp, auth } = self.ports;
        let text = |template: &str| {
            let numbers = [
                ("IMAPS", imaps),
                ("IMAP", imap),
                ("SMTPS", smtps),
                ("SUBMISSION", submission),
                ("LMTP", lmtp),
                ("AUTH", auth),
            ];
            let mut text = template.replace("@FOLDER@", &self.folder.path().display().to_string());
            for (name, port) in numbers {
                text = text.replace(&format!("@{name}@"), &port.to_string());
            }
            text
        };
        write("dovecot.conf", &text(include_str!("dovecot.conf")));
        write("postfix/main.cf", &text(include_str!("main.cf")));
        write("postfix/master.cf", &text(include_str!("master.cf")));
        run(Command::new("chown").arg("dovecot:dovecot").arg(self.at("mail")));
        run(Command::new("chown").arg("postfix").arg(self.at("data")));
        self.furnish_queue();
    }

    /// What Postfix would make itself, with checks of the whole installation, which take seconds.
    fn furnish_queue(&self) {
        let make = |owner: &str, mode: u32, names: &[&str]| {
            let folders: Vec<_> = names.iter().map(|name| self.at("queue").join(name)).collect();
            for folder in &folders {
                std::fs::create_dir(folder).unwrap();
                std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).unwrap();
            }
            run(Command::new("chown").arg(owner).args(folders));
        };
        let own = ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming"];
        make("postfix", 0o700, &own);
        make("postfix", 0o700, &["private", "saved", "trace"]);
        make("postfix:postdrop", 0o730, &["maildrop"]);
        make("postfix:postdrop", 0o710, &["public"]);
        make("root", 0o755, &["pid"]);
        std::fs::write(self.at("queue/quick-start"), "").unwrap();
    }

    fn start(&mut self) {
        let started = self.at("started.log");
        let log = || Stdio::from(std::fs::File::create(&started).unwrap());
        let mut dovecot = Command::new("dovecot");
        dovecot.arg("-F").arg("-c").arg(self.at("dovecot.conf"));
        let mut postfix = Command::new("postfix");
        postfix.arg("-c").arg(self.at("postfix")).arg("start-fg");
        for mut command in [dovecot, postfix] {
            let child = command.stdin(Stdio::null()).stdout(log()).stderr(log()).spawn().unwrap();
            self.children.push(child);
        }
    }

    /// Waits until something is true, and shows the servers' logs if that takes too long.
    pub(crate) async fn until<F: Future<Output = bool>>(&self, wanted: impl Fn() -> F) {
        let waiting = async {
            while !wanted().await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            let mut logs = String::new();
            for name in ["dovecot.log", "postfix.log", "started.log"] {
                writeln!(logs, "{name}\n{}", std::fs::read_to_string(self.at(name)).unwrap_or_default())
                    .unwrap();
            }
            panic!("what was waited for never came\n{logs}");
        }
    }

    /// An account with TLS from the first byte.
    pub(crate) fn account(user: &str, port: u16) -> Account {
        Account {
            host: "localhost".to_owned(),
            port,
            security: Security::Tls,
            user: user.to_owned(),
            password: PASSWORD.into(),
        }
    }

    pub(crate) fn options(&self, user: &str) -> Options {
        let (smtp, imap) = (House::account(user, self.ports.smtps), House::account(user, self.ports.imaps));
        let sender = Sender::parse(user).unwrap();
        let database = self.at(&format!("{user}.db"));
        Options { authority: Some(self.certificate.clone()), ..Options::new(database, smtp, imap, sender) }
    }

    /// The messages of a folder as they lie on the disk, with their file names; `""` is the inbox.
    pub(crate) fn messages(&self, user: &str, folder: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for part in ["new", "cur"] {
            let place = self.at("mail").join(user).join(folder).join(part);
            for file in std::fs::read_dir(place).into_iter().flatten() {
                let path = file.unwrap().path();
                // It may be moved on by the server meanwhile.
                if let Ok(bytes) = std::fs::read(&path) {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    found.push((name, String::from_utf8_lossy(&bytes).into_owned()));
                }
            }
        }
        found
    }

    /// In how many messages of a folder some text stands.
    pub(crate) fn count(&self, user: &str, folder: &str, text: &str) -> usize {
        self.messages(user, folder).iter().filter(|(_, message)| message.contains(text)).count()
    }

    /// Whether Postfix has passed everything on.
    pub(crate) fn has_nothing_queued(&self) -> bool {
        let queue = Command::new("postqueue").arg("-c").arg(self.at("postfix")).arg("-p").output().unwrap();
        String::from_utf8_lossy(&queue.stdout).contains("queue is empty")
    }

    /// Puts messages into the inbox of somebody, as they are, in the order they are given.
    pub(crate) fn put<'a>(&self, user: &str, messages: impl IntoIterator<Item = &'a [u8]>) {
        let home = self.at("mail").join(user);
        for part in ["new", "cur", "tmp"] {
            std::fs::create_dir_all(home.join(part)).unwrap();
        }
        for (number, message) in messages.into_iter().enumerate() {
            let name = format!("{}.M{number:08}P1.house", 1_700_000_000 + number);
            std::fs::write(home.join("new").join(name), message).unwrap();
        }
        run(Command::new("chown").arg("-R").arg("dovecot:dovecot").arg(home));
    }
}

/// A mail server of ours under way.
pub(crate) struct Mail {
    url: String,
    client: reqwest::Client,
    _served: JoinSet<()>,
}

/// What a call was answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) failed: bool,
    /// Nobody can know whether it was done, programs are told.
    pub(crate) unknown: bool,
    pub(crate) text: String,
    pub(crate) structured: Value,
}

impl Mail {
    pub(crate) async fn serve(options: Options) -> Mail {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let mut served = JoinSet::new();
        served.spawn(async move {
            email::serve(listener, options, CancellationToken::new()).await.unwrap();
        });
        Mail { url, client: reqwest::Client::new(), _served: served }
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Said {
        self.keyed(tool, arguments, None).await
    }

    pub(crate) async fn keyed(&self, tool: &str, arguments: Value, key: Option<&str>) -> Said {
        let mut params = json!({"name": tool, "arguments": arguments});
        if let Some(key) = key {
            params["_meta"] = json!({homepilot_servers::IDEMPOTENCY_KEY: key});
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let request = self
            .client
            .post(&self.url)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
            .json(&body);
        let answered = tokio::time::timeout(PATIENCE * 2, request.send()).await.expect("an answer").unwrap();
        let answered: Value = answered.json().await.unwrap();
        let result = &answered["result"];
        assert!(result.is_object(), "{answered}");
        let text = result["content"][0]["text"].as_str().unwrap_or_default().to_owned();
        assert!(!text.contains(PASSWORD), "{text}");
        let failed = result["isError"].as_bool().unwrap_or(false);
        let unknown = result["_meta"][homepilot_servers::OUTCOME_KEY] == "unknown";
        Said { failed, unknown, text, structured: result["structuredContent"].clone() }
    }

    /// A call that has to be carried out.
    pub(crate) async fn does(&self, tool: &str, arguments: Value) -> Said {
        let said = self.call(tool, arguments).await;
        assert!(!said.failed, "{tool}: {}", said.text);
        said
    }
}
