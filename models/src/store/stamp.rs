//! What was verified when: spares hashing a gigabyte at every start.
//!
//! A stamp vouches for a file only while the file's size and modification time are those it had when it was hashed,
//! and the catalogue still asks for that hash. Anything odd about a stamp makes it an empty one.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::catalog::FileSpec;

/// The files of one model that were found right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp(BTreeMap<String, Seal>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seal {
    bytes: u64,
    modified_ns: u64,
    sha256: String,
}

impl Stamp {
    pub(super) fn read(path: &Path) -> Self {
        fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Replaces the stamp at `path` as a whole.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        replace(path, &serde_json::to_vec_pretty(self)?)
    }

    pub(super) fn vouches_for(&self, spec: &FileSpec, metadata: &Metadata) -> bool {
        self.0.get(&spec.name).is_some_and(|seal| {
            seal.sha256 == spec.sha256
                && seal.bytes == metadata.len()
                && seal.bytes == spec.bytes
                && modified_ns(metadata) == Some(seal.modified_ns)
        })
    }

    /// Notes that the file had the catalogue's hash when it had this metadata.
    pub(super) fn note(&mut self, spec: &FileSpec, metadata: &Metadata) {
        // A file system without modification times gets no seal: its files are hashed at every start.
        if let Some(modified_ns) = modified_ns(metadata) {
            let seal = Seal { bytes: metadata.len(), modified_ns, sha256: spec.sha256.clone() };
            self.0.insert(spec.name.clone(), seal);
        }
    }
}

fn modified_ns(metadata: &Metadata) -> Option<u64> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

/// Writes a small file so that it is there wholly or not at all.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
