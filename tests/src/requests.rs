//! The requests of the integrations guide (`tests/peers/guide.http`), and `curl`, which sends them.

use std::process::Command;

use serde_json::Value;

/// One request, as the guide has it.
#[derive(Clone, Debug)]
pub struct Request {
    /// What it is about.
    pub title: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// Where the guide sends it.
    pub url: String,
    /// The body as it is written there; empty for none.
    pub body: String,
}

/// The secrets that stand in for the guide's placeholders, longest placeholder first.
pub const KEYS: [(&str, &str); 3] = [
    ("YOUR_ENDPOINT_ID", "5up3r-s3cr3t-endpoint-id"),
    ("YOUR_ENDPOINT", "0th3r-s3cr3t-endpoint"),
    ("YOUR_KEY", "m0st-s3cr3t-key"),
];

/// Every request of the guide, in its order.
///
/// # Panics
/// When the file is malformed.
#[must_use]
pub fn of_the_guide() -> Vec<Request> {
    include_str!("../peers/guide.http")
        .split("### ")
        .skip(1)
        .map(|part| {
            let mut lines = part.splitn(3, '\n');
            let (title, first) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
            let Some((method, url)) = first.split_once(' ') else { panic!("no request under {title:?}") };
            let body = lines.next().unwrap_or_default().trim();
            Request {
                title: title.to_owned(),
                method: method.to_owned(),
                url: url.to_owned(),
                body: body.to_owned(),
            }
        })
        .collect()
}

impl Request {
    /// One field of the body.
    #[must_use]
    pub fn field(&self, name: &str) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body[name].as_str().unwrap_or_default().to_owned()
    }

    /// The path of the server it registers, with the keys put in; empty for a bare host.
    #[must_use]
    pub fn server_path(&self) -> String {
        let url = self.field("url");
        let after_scheme = url.split_once("://").map_or("", |(_, rest)| rest);
        let path = after_scheme.find('/').map_or("", |at| &after_scheme[at..]);
        KEYS.iter().fold(path.to_owned(), |path, (placeholder, key)| path.replace(placeholder, key))
    }

    /// The same request with another address of the server it registers.
    #[must_use]
    pub fn registering(mut self, url: &str) -> Self {
        self.body = self.body.replace(&self.field("url"), url);
        self
    }

    /// Sends it to `base` (`http://host:port`) instead of the guide's, with the program `curl`.
    ///
    /// # Panics
    /// When there is no `curl`, or no answer.
    #[must_use]
    pub fn send(&self, base: &str) -> Answer {
        let path = self.url.splitn(4, '/').nth(3).unwrap_or_default();
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--noproxy", "*", "--write-out", "\n%{http_code}"]);
        if !self.body.is_empty() {
            curl.args(["-X", &self.method, "-H", "Content-Type: application/json", "-d", &self.body]);
        }
        let output = match curl.arg(format!("{base}/{path}")).output() {
            Ok(output) => output,
            Err(error) => panic!("curl can't be started, install it: {error}"),
        };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let Some((text, status)) = text.rsplit_once('\n').filter(|_| output.status.success()) else {
            panic!("{}: {text} {}", self.title, String::from_utf8_lossy(&output.stderr))
        };
        Answer {
            status: status.parse().unwrap_or(0),
            body: serde_json::from_str(text).unwrap_or_default(),
            text: text.to_owned(),
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, if it is JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

/// Panics if a key is in a text.
///
/// # Panics
/// If one is.
pub fn shows_no_key(what: &str, text: &str) {
    for (placeholder, key) in KEYS {
        assert!(!text.contains(key), "{what} shows the key that stands for {placeholder}: {text}");
    }
}
