//! Two providers for Gmail beside each other; one goes down in the middle of a call.

use std::path::{Path, PathBuf};
use std::time::Duration;

use homepilot_gateway::{Done, Registration, Status};
use serde_json::json;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{StandIn, arguments};
use crate::pages::KEY;
use crate::rig::Rig;

/// One of the two, with what it has done in a file, and a pipe that holds its calls once it exists.
struct Gmail {
    stand_in: StandIn,
    words: Vec<String>,
    address: String,
    file: PathBuf,
    pipe: PathBuf,
}

impl Gmail {
    async fn start(folder: &Path, name: &str, address: &str, reads: &str) -> Self {
        let (file, pipe) = (folder.join(format!("{name}.txt")), folder.join(format!("{name}.pipe")));
        let mut words = arguments(["--file", file.to_str().unwrap(), "--pipe", pipe.to_str().unwrap()]);
        let address = address.replace("KEY", KEY);
        words.extend(arguments(["--at", &address, &format!("read:{reads}"), "write:gmail_send_email"]));
        Self { stand_in: StandIn::start(&words).await, words, address, file, pipe }
    }

    fn url(&self) -> String {
        format!("{}{}", self.stand_in.url, self.address)
    }

    fn done(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        text.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    }

    /// Ends it, and hands over what starts it again where it was.
    async fn kill(self) -> (Vec<String>, PathBuf) {
        let words = [arguments(["--port", &self.stand_in.port()]), self.words].concat();
        self.stand_in.program.kill().await;
        (words, self.file)
    }
}

fn email() -> serde_json::Value {
    json!({"to": "design@example.org", "text": "The logo is fine."})
}

#[tokio::test(flavor = "multi_thread")]
async fn one_goes_down_in_the_middle_of_a_call_and_the_other_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::open_with(|limits| limits.idle_check = Duration::from_millis(200)).await;
    let zapier = Gmail::start(folder.path(), "zapier", "/mcp/KEY", "gmail_find_email").await;
    let klavis = Gmail::start(folder.path(), "klavis", "/mcp/gmail/KEY", "gmail_search_emails").await;
    rig.register(Registration::new("zapier-gmail", zapier.url())).await;
    rig.register(Registration::new("klavis-gmail", klavis.url())).await;
    let of_klavis = ["klavis-gmail__gmail_search_emails", "klavis-gmail__gmail_send_email"];
    let both = ["zapier-gmail__gmail_find_email", "zapier-gmail__gmail_send_email"];
    let offered = || {
        let mut ids = rig.ids();
        ids.sort();
        ids
    };
    assert_eq!(offered(), [of_klavis, both].concat());
    rig.answer(both[0], json!({"query": "design"})).await;

    // A mail is on its way when its provider goes down.
    assert!(std::process::Command::new("mkfifo").arg(&zapier.pipe).status().unwrap().success());
    let authorized = rig.granted(both[1], email()).await;
    let gateway = rig.gateway.clone();
    let call = tokio::spawn(async move { gateway.execute(authorized, CancellationToken::new()).await.state });
    let pipe = zapier.pipe.clone();
    // Opening it for writing returns when the provider has it open for reading: the call is under way.
    let opened = tokio::task::spawn_blocking(move || std::fs::OpenOptions::new().write(true).open(pipe));
    let _writer = timeout(Duration::from_secs(60), opened).await.unwrap().unwrap().unwrap();
    assert_eq!(zapier.done(), ["gmail_find_email", "gmail_send_email"]);
    std::fs::remove_file(&zapier.pipe).unwrap();
    let (words, file) = zapier.kill().await;
    let done = call.await.unwrap();
    assert!(matches!(&done, Done::Unknown { reason } if !reason.is_empty()), "{done:?}");

    // Only its tools are gone, and it says why; the other one reads and sends.
    rig.until(|gateway| gateway.capabilities().len() == 2).await;
    assert_eq!(offered(), of_klavis);
    let away = rig.gateway.unavailable();
    assert_eq!(away.len(), 1, "{away:?}");
    assert!(away[0].server.as_str() == "zapier-gmail" && !away[0].reason.is_empty(), "{away:?}");
    assert!(!format!("{done:?} {away:?}").contains(KEY));
    assert!(rig.propose(both[1], email()).await.is_err(), "what is away can't be asked about");
    rig.answer(of_klavis[0], json!({"query": "design"})).await;
    rig.answer(of_klavis[1], email()).await;
    assert_eq!(klavis.done(), ["gmail_search_emails", "gmail_send_email"]);
    assert_eq!(rig.gateway.server("klavis-gmail").unwrap().status, Status::Healthy);

    // It comes back by itself, and the mail that may have gone is not sent again.
    let _zapier = StandIn::start(&words).await;
    rig.until(|gateway| gateway.capabilities().len() == 4).await;
    assert_eq!(offered(), [of_klavis, both].concat());
    rig.answer(both[0], json!({"query": "design"})).await;
    let done = std::fs::read_to_string(file).unwrap();
    let done: Vec<&str> = done.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(done, ["gmail_find_email", "gmail_send_email", "gmail_find_email"]);
    assert_eq!(klavis.done().len(), 2);
}
