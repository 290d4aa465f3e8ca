//! What the store's tests stand on: wheels made here, an index that is a directory, and a hub on the loopback.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

use super::*;

pub(super) fn sha256(bytes: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(bytes);
    part::hex(hasher)
}

/// Bytes that deflate can't shrink to nothing and that differ by `seed`.
pub(super) fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..len).map(|_| next()).collect()
}

/// A directory that pip takes for an index.
pub(super) struct Index(tempfile::TempDir);

impl Index {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(format!("{}-1.0-py3-none-any.whl", name.replace('-', "_")))
    }

    /// Puts version 1.0 of a package with these members there.
    pub(super) fn add(&self, name: &str, members: &[(&str, &[u8])]) {
        let info = format!("{}-1.0.dist-info", name.replace('-', "_"));
        let mut wheel = zip::ZipWriter::new(File::create(self.path(name)).unwrap());
        let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n");
        let files = [
            (format!("{info}/METADATA"), metadata.as_bytes()),
            (
                format!("{info}/WHEEL"),
                &b"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"[..],
            ),
            (format!("{info}/RECORD"), b""),
        ];
        let given = members.iter().map(|(name, bytes)| ((*name).to_owned(), *bytes));
        for (name, bytes) in given.chain(files) {
            wheel.start_file(name, SimpleFileOptions::default()).unwrap();
            wheel.write_all(bytes).unwrap();
        }
        wheel.finish().unwrap();
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// pip that sees this index and nothing else.
    pub(super) fn fetchers(&self) -> Fetchers {
        let env = [
            ("PIP_FIND_LINKS", self.0.path().as_os_str()),
            ("PIP_NO_INDEX", "1".as_ref()),
            ("PIP_CONFIG_FILE", "/dev/null".as_ref()),
        ];
        let env = env.map(|(name, value)| (OsString::from(name), value.to_owned())).to_vec();
        Fetchers { env, ..Fetchers::default() }
    }
}

/// A catalogue of one model, `m`, with one file, `f`, of these bytes.
pub(super) fn catalog(bytes: &[u8], sources: &str) -> Catalog {
    let text = format!(
        "[[model]]\nid = \"m\"\nkind = \"vad\"\ntitle = \"M\"\nlicence = \"\"\nmin_memory_mb = 1\nverified_here = false\n\
         [[model.file]]\nname = \"f\"\nbytes = {}\nsha256 = \"{}\"\n{sources}",
        bytes.len(),
        sha256(bytes)
    );
    Catalog::parse(&text).unwrap()
}

pub(super) fn pypi(packages: &[&str], member: &str) -> String {
    format!(
        "[[model.file.source]]\nkind = \"pypi\"\npackages = {packages:?}\nversion = \"1.0\"\nmember = {member:?}\n"
    )
}

pub(super) fn hub(url: &str) -> String {
    format!("[[model.file.source]]\nkind = \"hub\"\nurl = {url:?}\n")
}

pub(super) fn store(dir: &Path, catalog: &Catalog, fetchers: Fetchers) -> Store {
    Store::with(dir.to_owned(), Cow::Owned(catalog.clone()), fetchers, FreeSpace::default()).unwrap()
}

/// What a pull said.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) steps: Vec<(String, u64, u64)>,
    pub(super) notes: Vec<String>,
}

impl Progress for Heard {
    fn step(&mut self, what: &str, done: u64, total: u64) {
        self.steps.push((what.to_owned(), done, total));
    }

    fn note(&mut self, message: &str) {
        self.notes.push(message.to_owned());
    }
}

/// A request as far as the tests look at it.
pub(super) struct Request {
    pub(super) path: String,
    pub(super) range: Option<String>,
}

/// What to answer.
pub(super) struct Answer {
    pub(super) status: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// Break off after so many bytes of the body.
    pub(super) cut: Option<usize>,
}

impl Answer {
    pub(super) fn ok(body: &[u8]) -> Self {
        Self { status: "200 OK", headers: Vec::new(), body: body.to_vec(), cut: None }
    }
}

/// An HTTP server on the loopback, one request a connection.
pub(super) struct Hub {
    pub(super) url: String,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Hub {
    pub(super) fn serve(answer: impl Fn(&str, &Request) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let closing = Arc::new(AtomicBool::new(false));
        let (seen, base) = (Arc::clone(&closing), url.clone());
        let serve = move || {
            for stream in listener.incoming() {
                if seen.load(Ordering::Acquire) {
                    return;
                }
                let mut stream = stream.unwrap();
                let Some(request) = read_request(&stream) else {
                    continue;
                };
                let answer = answer(&base, &request);
                let mut head = format!("HTTP/1.1 {}\r\nconnection: close\r\n", answer.status);
                for (name, value) in &answer.headers {
                    head += &format!("{name}: {value}\r\n");
                }
                head += &format!("content-length: {}\r\n\r\n", answer.body.len());
                let body = &answer.body[..answer.cut.unwrap_or(answer.body.len())];
                // The client may have left, as it does when it is told to.
                drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)));
            }
        };
        Self { url, closing, thread: Some(thread::spawn(serve)) }
    }
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let mut range = None;
    for line in lines {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("range: ") {
            range = Some(value.to_owned());
        }
    }
    Some(Request { path, range })
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        let address = self.url.trim_start_matches("http://");
        drop(TcpStream::connect(address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}
