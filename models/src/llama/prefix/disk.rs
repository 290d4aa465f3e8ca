//! Evaluated prefixes on disk: `DIR/prefix/KEY.kv`, KEY being the SHA-256 of the weights' hash and the text.
//!
//! llama.cpp trusts a state file to the point of aborting, so each one ends in a SHA-256 over its key and its bytes and
//! is read only if that holds: a torn, damaged, renamed or foreign file is deleted and the prefix evaluated again.
//! Nothing here is worth failing for; what goes wrong is logged. 12-28 kB a token, so only the newest are kept.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use llama_cpp_2::token::LlamaToken;
use sha2::{Digest, Sha256};
use tracing::warn;

use crate::llama::session::{Sequence, Session};

/// Files kept: personas times tool sets, at 10-25 MB each.
const KEPT: usize = 12;

/// Part of every seal: raised when the engine evaluates or stores differently, so that older files are made anew.
const FORMAT: &[u8] = b"homepilot prefix 1, llama-cpp-sys-2 0.1.161\0";

/// After this long a file that is not finished is nobody's.
const ABANDONED: Duration = Duration::from_secs(3600);

const SEAL_BYTES: usize = 32;

pub(super) struct Disk {
    model: String,
    dir: PathBuf,
}

impl Disk {
    pub(super) fn new(model: &str, cache_dir: PathBuf) -> Self {
        Self { model: model.to_owned(), dir: cache_dir.join("prefix") }
    }

    /// Reads `text`'s evaluation into `sequence`; false if there is none that can be trusted, and `sequence` is empty.
    pub(super) fn restore(
        &self,
        session: &mut Session,
        sequence: Sequence,
        text: &str,
        tokens: &[LlamaToken],
    ) -> bool {
        let key = self.key(text);
        let path = self.path(&key);
        match sealed(&path, &key) {
            Ok(true) => {}
            Ok(false) => {
                warn!(file = %path.display(), "a cached prefix is damaged and is made anew");
                remove(&path);
                return false;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return false,
            Err(error) => {
                warn!(file = %path.display(), %error, "a cached prefix can't be read and is made anew");
                return false;
            }
        }
        match session.restore(sequence, tokens.len(), &path) {
            Ok(stored) if stored == tokens => {
                touch(&path);
                true
            }
            Ok(_) | Err(_) => {
                warn!(file = %path.display(), "a cached prefix does not fit the model and is made anew");
                session.clear(sequence);
                remove(&path);
                false
            }
        }
    }

    /// Writes `sequence` under `text`'s key, under a name of its own first.
    pub(super) fn save(&self, session: &Session, sequence: Sequence, text: &str, tokens: &[LlamaToken]) {
        let key = self.key(text);
        if let Err(error) = self.write(session, sequence, &key, tokens) {
            warn!(dir = %self.dir.display(), %error, "an evaluated prefix could not be kept");
        }
        if let Err(error) = self.prune() {
            warn!(dir = %self.dir.display(), %error, "old prefixes could not be removed");
        }
    }

    fn write(
        &self,
        session: &Session,
        sequence: Sequence,
        key: &str,
        tokens: &[LlamaToken],
    ) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        let file = tempfile::Builder::new().prefix("unfinished-").tempfile_in(&self.dir)?;
        session.save(sequence, tokens, file.path()).map_err(io::Error::other)?;
        let seal = seal(key, &mut File::open(file.path())?, u64::MAX)?;
        OpenOptions::new().append(true).open(file.path())?.write_all(&seal)?;
        file.persist(self.path(key)).map(drop).map_err(|error| error.error)
    }

    fn prune(&self) -> io::Result<()> {
        let mut finished = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let changed = entry.metadata()?.modified()?;
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "kv") {
                finished.push((changed, path));
            } else if changed.elapsed().is_ok_and(|age| age > ABANDONED) {
                remove(&path);
            }
        }
        finished.sort_by(|a, b| b.cmp(a));
        finished.iter().skip(KEPT).for_each(|(_, path)| remove(path));
        Ok(())
    }

    fn key(&self, text: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.model);
        hash.update(text);
        hex(&hash.finalize())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.dir.join(format!("{key}.kv"))
    }
}

/// Whether a file ends in the seal of its key and its bytes.
fn sealed(path: &Path, key: &str) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let Some(body) = file.metadata()?.len().checked_sub(SEAL_BYTES as u64) else {
        return Ok(false);
    };
    let expected = seal(key, &mut file, body)?;
    let mut found = [0; SEAL_BYTES];
    file.read_exact(&mut found)?;
    Ok(found == expected)
}

fn seal(key: &str, file: &mut File, bytes: u64) -> io::Result<[u8; SEAL_BYTES]> {
    let mut hash = Sha256::new();
    hash.update(FORMAT);
    hash.update(key);
    let mut left = bytes;
    let mut buffer = vec![0; 1 << 16];
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let read = file.read(&mut buffer[..most])?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        left -= read as u64;
    }
    Ok(hash.finalize().into())
}

/// Marks a file as used, for [`Disk::prune`]; not worth an error.
fn touch(path: &Path) {
    let touched =
        OpenOptions::new().append(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
    if let Err(error) = touched {
        warn!(file = %path.display(), %error, "a cached prefix could not be marked as used");
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        warn!(file = %path.display(), %error, "a cached prefix could not be removed");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
