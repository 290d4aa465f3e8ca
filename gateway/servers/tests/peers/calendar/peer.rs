//! A CalDAV server that is not ours, with one person, Ada, and one calendar.

use std::process::Stdio;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, StatusCode};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::installed::installed;

pub(crate) const USER: &str = "ada";
/// Somebody whose name is an address.
pub(crate) const ADDRESS: &str = "ada@example.org";
pub(crate) const PASSWORD: &str = "TOPSECRET";

/// Starting Python takes seconds on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Radicale,
    Xandikos,
}

impl Kind {
    pub(crate) const BOTH: [Kind; 2] = [Kind::Radicale, Kind::Xandikos];
}

/// A server under way; it ends with the value.
pub(crate) struct Peer {
    pub(crate) kind: Kind,
    pub(crate) port: u16,
    scheme: &'static str,
    http: Client,
    _folder: TempDir,
    _child: Child,
}

impl Peer {
    pub(crate) async fn start(kind: Kind) -> Peer {
        Peer::start_with(kind, None).await
    }

    /// Radicale behind TLS, with a certificate and its key as PEM.
    pub(crate) async fn start_secure(certificate: &str, key: &str) -> Peer {
        Peer::start_with(Kind::Radicale, Some((certificate, key))).await
    }

    async fn start_with(kind: Kind, tls: Option<(&str, &str)>) -> Peer {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(installed("python/bin/python"));
        match kind {
            Kind::Radicale => {
                let users = [USER, ADDRESS].map(|user| format!("{user}:{PASSWORD}\n"));
                std::fs::write(at("users"), users.concat()).unwrap();
                command.args(["-m", "radicale", "--auth-type=htpasswd", "--auth-htpasswd-encryption=plain"]);
                command.arg(format!("--auth-htpasswd-filename={}", at("users").display()));
                command.arg(format!("--storage-filesystem-folder={}", at("data").display()));
                command.arg(format!("--hosts=127.0.0.1:{port}"));
                if let Some((certificate, key)) = tls {
                    std::fs::write(at("certificate"), certificate).unwrap();
                    std::fs::write(at("key"), key).unwrap();
                    command.arg("--ssl");
                    command.arg(format!("--certificate={}", at("certificate").display()));
                    command.arg(format!("--key={}", at("key").display()));
                }
            }
            Kind::Xandikos => {
                command.args(["-m", "xandikos", "serve", "--defaults", "--no-detect-systemd"]);
                command.args(["--current-user-principal", "/ada/", "-l", "127.0.0.1"]);
                command.args(["-p", &port.to_string()]);
                command.arg("-d").arg(at("data")).arg("--state-dir").arg(at("state"));
            }
        }
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = quiet.kill_on_drop(true).spawn().unwrap();
        let listening = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, listening).await.expect("the calendar's server starts");
        let trusted =
            tls.map(|(certificate, _)| reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap());
        let http = Client::builder().tls_certs_merge(trusted).build().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let peer = Peer { kind, port, scheme, http, _folder: folder, _child: child };
        if kind == Kind::Radicale {
            peer.make_calendar("work", "Work").await;
        }
        peer
    }

    /// Its address, as a person would give it.
    pub(crate) fn url(&self) -> String {
        format!("{}://127.0.0.1:{}/", self.scheme, self.port)
    }

    /// Where the first calendar is.
    pub(crate) fn home(&self) -> &'static str {
        match self.kind {
            Kind::Radicale => "ada/work/",
            Kind::Xandikos => "ada/calendars/calendar/",
        }
    }

    /// Gives Radicale's other person a calendar.
    pub(crate) async fn make_home_of_address(&self) {
        let url = format!("{}{ADDRESS}/work/", self.url());
        let request = self.http.request(Method::from_bytes(b"MKCALENDAR").unwrap(), url);
        let made = request.basic_auth(ADDRESS, Some(PASSWORD)).send().await.unwrap();
        assert_eq!(made.status(), StatusCode::CREATED);
    }

    /// Adds a calendar beside the first.
    pub(crate) async fn make_calendar(&self, id: &str, name: &str) {
        let folder = match self.kind {
            Kind::Radicale => "ada",
            Kind::Xandikos => "ada/calendars",
        };
        let body = format!(
            r#"<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop>
            <displayname>{name}</displayname></prop></set></C:mkcalendar>"#
        );
        let made = self.send("MKCALENDAR", &format!("{folder}/{id}/"), "application/xml", &body, &[]).await;
        assert_eq!(made.0, StatusCode::CREATED, "{}", made.1);
    }

    /// Puts an object into the first calendar, as somebody else.
    pub(crate) async fn put(&self, name: &str, object: &str) {
        let object = object.trim().lines().map(str::trim_start).collect::<Vec<_>>().join("\r\n") + "\r\n";
        self.put_exactly(name, &object).await;
    }

    /// The same, to the letter.
    pub(crate) async fn put_exactly(&self, name: &str, object: &str) {
        let path = format!("{}{name}.ics", self.home());
        let (status, said) = self.send("PUT", &path, "text/calendar; charset=utf-8", object, &[]).await;
        assert!(status.is_success(), "{status} {said}");
    }

    /// An event on its own: `lines` are what it has beside its UID, which is `name`.
    pub(crate) async fn put_event(&self, name: &str, lines: &str) {
        let lines = lines.trim();
        self.put(
            name,
            &format!(
                "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//somebody else//EN\nBEGIN:VEVENT\nUID:{name}\n\
                 DTSTAMP:20260101T000000Z\n{lines}\nEND:VEVENT\nEND:VCALENDAR"
            ),
        )
        .await;
    }

    /// An object of the first calendar, unfolded; none if it is not there.
    pub(crate) async fn get(&self, name: &str) -> Option<String> {
        let path = format!("{}{name}.ics", self.home());
        let (status, text) = self.send("GET", &path, "text/plain", "", &[]).await;
        match status {
            StatusCode::NOT_FOUND => None,
            status => {
                assert!(status.is_success(), "{status} {text}");
                Some(text.replace("\r\n ", "").replace("\r\n", "\n"))
            }
        }
    }

    /// Every object of the first calendar, unfolded.
    pub(crate) async fn everything(&self) -> String {
        let query = r#"<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><C:calendar-data/></prop>
            <C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>"#;
        let (status, text) =
            self.send("REPORT", self.home(), "application/xml", query, &[("depth", "1")]).await;
        assert!(status.is_success(), "{status} {text}");
        text.replace("&#13;", "").replace('\r', "").replace("\n ", "")
    }

    /// How many events of this title stand in the first calendar.
    pub(crate) async fn count(&self, title: &str) -> usize {
        self.everything().await.matches(&format!("SUMMARY:{title}\n")).count()
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, String) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.url()));
        request = request.basic_auth(USER, Some(PASSWORD)).header(CONTENT_TYPE, kind).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}
