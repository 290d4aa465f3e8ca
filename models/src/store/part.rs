//! A file that is being put together: hashed while it is written, resumable where it was committed, and moved into
//! place only when it has the right bytes.
//!
//! `NAME.part` holds the bytes, `NAME.part.json` says how far they are known to be on disk and which parts of which
//! source they are. What lies behind the last commit is cut off on resuming, so that a crash in the middle of a write
//! costs one part and never the file. The whole is hashed again on resuming: the disk is trusted no more than the net.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::stamp;
use crate::catalog::FileSpec;

/// What differs from the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WrongBytes {
    /// The size, in bytes.
    Size {
        /// What the catalogue says.
        expected: u64,
        /// What is there; for a source that went on past the end, one more than expected.
        found: u64,
    },
    /// The SHA-256.
    Hash {
        /// What the catalogue says.
        expected: String,
        /// What is there.
        found: String,
    },
}

impl fmt::Display for WrongBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { expected, found } => write!(f, "expected {expected} bytes, found {found}"),
            Self::Hash { expected, found } => write!(f, "expected sha256 {expected}, found {found}"),
        }
    }
}

/// What is on disk for certain.
#[derive(Default, Serialize, Deserialize)]
struct Journal {
    /// The source the bytes came from.
    source: String,
    /// Where each of its parts ended.
    ends: Vec<u64>,
}

/// How a part may go on from what an earlier pull left.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Resume {
    /// After the parts of the same source.
    SameSource,
    /// Anywhere: the source can start at any byte, and all sources have the same bytes.
    AnyByte,
}

/// A file being put together.
pub(super) struct Part {
    path: PathBuf,
    journal_path: PathBuf,
    journal: Journal,
    file: File,
    hasher: Sha256,
    len: u64,
    expected: FileSpecBytes,
}

struct FileSpecBytes {
    bytes: u64,
    sha256: String,
}

impl Part {
    /// Opens the part of `spec` in `dir`, keeping what an earlier pull committed if it can be gone on from.
    pub(super) fn open(dir: &Path, spec: &FileSpec, source: &str, resume: Resume) -> io::Result<Self> {
        let (path, journal_path) = paths(dir, &spec.name);
        let mut journal = read_journal(&journal_path);
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        let mut len = journal.ends.last().copied().unwrap_or(0);
        let usable = journal.source == source || resume == Resume::AnyByte;
        if !usable || len > spec.bytes || file.metadata()?.len() < len {
            journal.ends.clear();
            len = 0;
        }
        journal.source = source.to_owned();
        file.set_len(len)?;
        let mut hasher = Sha256::new();
        io::copy(&mut BufReader::with_capacity(BLOCK, &file), &mut HashWriter(&mut hasher))?;
        file.seek(SeekFrom::End(0))?;
        let expected = FileSpecBytes { bytes: spec.bytes, sha256: spec.sha256.clone() };
        Ok(Self { path, journal_path, journal, file, hasher, len, expected })
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Bytes to come.
    pub(super) fn remaining(&self) -> u64 {
        self.expected.bytes - self.len
    }

    /// How many parts of the source are committed.
    pub(super) fn parts(&self) -> usize {
        self.journal.ends.len()
    }

    /// Throws away everything since the start.
    pub(super) fn restart(&mut self) -> io::Result<()> {
        self.journal.ends.clear();
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.hasher = Sha256::new();
        self.len = 0;
        Ok(())
    }

    /// Makes sure that what was written survives, and notes that a part of the source ends here.
    pub(super) fn commit(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.journal.ends.push(self.len);
        stamp::replace(&self.journal_path, &serde_json::to_vec(&self.journal)?)
    }

    /// Moves the file to `to` if it has the right bytes; else removes it. Either way nothing of the part is left.
    pub(super) fn finish(self, to: &Path) -> io::Result<Result<(), WrongBytes>> {
        let found = hex(self.hasher);
        let wrong = if self.len != self.expected.bytes {
            Some(WrongBytes::Size { expected: self.expected.bytes, found: self.len })
        } else if found != self.expected.sha256 {
            Some(WrongBytes::Hash { expected: self.expected.sha256, found })
        } else {
            None
        };
        if let Some(wrong) = wrong {
            fs::remove_file(&self.path)?;
            remove_if_there(&self.journal_path)?;
            return Ok(Err(wrong));
        }
        self.file.sync_all()?;
        fs::rename(&self.path, to)?;
        if let Some(dir) = to.parent() {
            File::open(dir)?.sync_all()?;
        }
        remove_if_there(&self.journal_path)?;
        Ok(Ok(()))
    }

    /// Removes the part and what is known about it.
    pub(super) fn discard(self) -> io::Result<()> {
        remove_if_there(&self.path)?;
        remove_if_there(&self.journal_path)
    }
}

/// The error of a write past the expected size.
#[derive(Debug, thiserror::Error)]
#[error("the source has more than the expected {expected} bytes")]
pub(super) struct TooLong {
    pub(super) expected: u64,
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.remaining() {
            return Err(io::Error::other(TooLong { expected: self.expected.bytes }));
        }
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.len += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Bytes of `spec` that an earlier pull committed in `dir`.
pub(super) fn committed(dir: &Path, spec: &FileSpec) -> u64 {
    let (path, journal_path) = paths(dir, &spec.name);
    let len = fs::metadata(path).map_or(0, |metadata| metadata.len());
    read_journal(&journal_path).ends.last().copied().unwrap_or(0).min(len)
}

/// Whether the file at `path` has the bytes of `spec`.
pub(super) fn hash_file(path: &Path, spec: &FileSpec) -> io::Result<Result<(), WrongBytes>> {
    let file = File::open(path)?;
    let found = file.metadata()?.len();
    if found != spec.bytes {
        return Ok(Err(WrongBytes::Size { expected: spec.bytes, found }));
    }
    let mut hasher = Sha256::new();
    io::copy(&mut BufReader::with_capacity(BLOCK, file), &mut HashWriter(&mut hasher))?;
    let found = hex(hasher);
    if found == spec.sha256 {
        Ok(Ok(()))
    } else {
        Ok(Err(WrongBytes::Hash { expected: spec.sha256.clone(), found }))
    }
}

/// Bytes read or written at once.
pub(super) const BLOCK: usize = 256 * 1024;

struct HashWriter<'a>(&'a mut Sha256);

impl Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn hex(hasher: Sha256) -> String {
    use fmt::Write as _;
    hasher.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn paths(dir: &Path, name: &str) -> (PathBuf, PathBuf) {
    (dir.join(format!("{name}.part")), dir.join(format!("{name}.part.json")))
}

fn read_journal(path: &Path) -> Journal {
    let mut text = Vec::new();
    // A journal has one number a part; a longer one is not ours.
    let read = File::open(path).and_then(|file| file.take(1 << 20).read_to_end(&mut text));
    read.ok().and_then(|_| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(bytes: &[u8]) -> FileSpec {
        let mut hasher = Sha256::new();
        hasher.update(bytes);
        FileSpec { name: "f".into(), bytes: bytes.len() as u64, sha256: hex(hasher), sources: Vec::new() }
    }

    #[test]
    fn what_was_not_committed_is_cut_off_and_the_rest_is_hashed_again() {
        let dir = tempfile::tempdir().unwrap();
        let spec = spec(b"one two three");
        let mut part = Part::open(dir.path(), &spec, "a", Resume::SameSource).unwrap();
        part.write_all(b"one ").unwrap();
        part.commit().unwrap();
        part.write_all(b"gone").unwrap();
        drop(part);
        assert_eq!(committed(dir.path(), &spec), 4);

        let mut part = Part::open(dir.path(), &spec, "a", Resume::SameSource).unwrap();
        assert_eq!((part.len(), part.parts()), (4, 1));
        part.write_all(b"two three").unwrap();
        let to = dir.path().join("f");
        assert_eq!(part.finish(&to).unwrap(), Ok(()));
        assert_eq!(fs::read(&to).unwrap(), b"one two three");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn another_source_starts_again_unless_it_can_start_anywhere() {
        let dir = tempfile::tempdir().unwrap();
        let spec = spec(b"12345678");
        let mut part = Part::open(dir.path(), &spec, "a", Resume::SameSource).unwrap();
        part.write_all(b"1234").unwrap();
        part.commit().unwrap();
        drop(part);
        assert_eq!(Part::open(dir.path(), &spec, "b", Resume::AnyByte).unwrap().len(), 4);
        assert_eq!(Part::open(dir.path(), &spec, "b", Resume::SameSource).unwrap().len(), 0);
    }

    #[test]
    fn wrong_bytes_are_removed_and_named() {
        let dir = tempfile::tempdir().unwrap();
        let expected = spec(b"right");
        let to = dir.path().join("f");
        let mut part = Part::open(dir.path(), &expected, "a", Resume::SameSource).unwrap();
        part.write_all(b"wrong").unwrap();
        part.commit().unwrap();
        let wrong = part.finish(&to).unwrap().unwrap_err();
        assert_eq!(
            wrong,
            WrongBytes::Hash { expected: expected.sha256.clone(), found: spec(b"wrong").sha256 }
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

        let mut part = Part::open(dir.path(), &expected, "a", Resume::SameSource).unwrap();
        assert!(part.write_all(b"right and more").unwrap_err().get_ref().unwrap().is::<TooLong>());
        part.write_all(b"rig").unwrap();
        assert_eq!(part.finish(&to).unwrap(), Err(WrongBytes::Size { expected: 5, found: 3 }));
    }
}
