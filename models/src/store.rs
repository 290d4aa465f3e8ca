//! The directory of models: what is there, whether it is whole, and fetching what is not.
//!
//! Layout: `DIR/ID/NAME` are finished files, `DIR/ID/verified.json` is the stamp that says which of them had the right
//! hash at which size and modification time, `DIR/.pull/ID/` is work in progress and `DIR/.pull/ID.lock` is held by
//! the process that pulls.
//!
//! Invariants: a file reaches `DIR/ID/` only by a rename after its SHA-256 was found right and it was synced; a
//! [`VerifiedModel`] exists only for files that have the catalogue's hashes, by the stamp or by hashing; nothing that
//! was fetched is run.

mod archive;
mod failure;
mod hub;
mod packages;
mod part;
mod pull;
mod space;
mod stamp;
#[cfg(test)]
mod testing;

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use failure::{PullError, SourceError, SourceFailure, Trouble};
pub use packages::Fetchers;
pub use part::WrongBytes;
pub use pull::Progress;
pub use space::FreeSpace;

use crate::catalog::{Catalog, Entry, FileSpec, ModelId};
use stamp::Stamp;

/// Why a model can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such entry.
    #[error("no model is called {id}; known are {known}")]
    Unknown {
        /// The name asked for.
        id: ModelId,
        /// The catalogue's names.
        known: String,
    },
    /// A file of it has not been fetched.
    #[error("{file} of the model {id} is not in {}: run `homepilot models pull {id}`", dir.display())]
    Missing {
        /// The model.
        id: ModelId,
        /// The first file that is missing.
        file: String,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// A file of it is there and is not what the catalogue says.
    #[error("{} is damaged ({damage}): run `homepilot models pull {id}` to fetch it again", path.display())]
    Corrupt {
        /// The model.
        id: ModelId,
        /// The damaged file.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
    },
    /// The directory can't be used.
    #[error("{} can't be used as the model store: {source}", path.display())]
    Io {
        /// What could not be read or made.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Not the catalogue's bytes.
    Bytes(WrongBytes),
    /// It could not be read.
    Unreadable(String),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(wrong) => wrong.fmt(f),
            Self::Unreadable(reason) => f.write_str(reason),
        }
    }
}

/// What the store has of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelState {
    /// Nothing.
    Missing,
    /// Something; a pull goes on from there.
    Partial {
        /// Bytes that need not be fetched again.
        have: u64,
        /// Bytes that have to be fetched for the whole.
        total: u64,
    },
    /// Everything, with the right hashes.
    Present,
    /// A finished file that is not what the catalogue says.
    Corrupt {
        /// The file's name.
        file: String,
        /// What is wrong with it.
        damage: Damage,
    },
}

/// Where the product keeps models: `$XDG_CACHE_HOME/homepilot/models`, or `~/.cache/homepilot/models`.
/// `var` looks up an environment variable; [`None`] when neither variable is set to an absolute path.
pub fn default_dir(var: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| var(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(cache.join("homepilot/models"))
}

/// A directory of models.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
    catalog: Cow<'static, Catalog>,
    fetchers: Fetchers,
    space: FreeSpace,
}

/// How far to trust a finished file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Its stamp will do.
    Stamp,
    /// Only its hash will.
    Hash,
}

/// What is known of a finished file.
enum FileState {
    Absent,
    Whole,
    Damaged(Damage),
}

impl Store {
    /// Opens the directory with the catalogue compiled in, and makes it if it is not there.
    pub fn open(dir: PathBuf) -> Result<Store, StoreError> {
        Self::with(dir, Cow::Borrowed(Catalog::builtin()), Fetchers::default(), FreeSpace::default())
    }

    /// Opens the directory with a catalogue and surroundings of one's own.
    pub fn with(
        dir: PathBuf,
        catalog: Cow<'static, Catalog>,
        fetchers: Fetchers,
        space: FreeSpace,
    ) -> Result<Store, StoreError> {
        match fs::create_dir_all(dir.join(".pull")) {
            Ok(()) => Ok(Store { dir, catalog, fetchers, space }),
            Err(source) => Err(StoreError::Io { path: dir, source }),
        }
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The catalogue.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// What is here of a model. Quick when its stamp is good; a finished file without one is hashed.
    pub fn state(&self, entry: &Entry) -> ModelState {
        let mut stamp = Stamp::read(&self.stamp_path(entry));
        let mut have = 0;
        let mut whole = 0;
        for spec in &entry.files {
            match self.examine(entry, spec, &mut stamp, Trust::Stamp) {
                FileState::Whole => {
                    whole += 1;
                    have += spec.fetched_bytes();
                }
                FileState::Absent => have += pull::fetched(&self.work_dir(entry), spec),
                FileState::Damaged(damage) => return ModelState::Corrupt { file: spec.name.clone(), damage },
            }
        }
        if whole == entry.files.len() {
            ModelState::Present
        } else if have == 0 {
            ModelState::Missing
        } else {
            ModelState::Partial { have, total: entry.bytes_to_fetch() }
        }
    }

    /// The model, if every file is whole by its stamp; a file whose stamp is missing or stale is hashed.
    pub fn verified(&self, id: &ModelId) -> Result<VerifiedModel, StoreError> {
        self.check(self.entry(id)?, Trust::Stamp)
    }

    /// The model, if every file is whole by its hash, whatever its stamp says.
    pub fn verify(&self, id: &ModelId) -> Result<VerifiedModel, StoreError> {
        self.check(self.entry(id)?, Trust::Hash)
    }

    fn entry(&self, id: &ModelId) -> Result<&Entry, StoreError> {
        self.catalog.get(id).ok_or_else(|| {
            let known: Vec<&str> = self.catalog.entries().iter().map(|entry| entry.id.as_str()).collect();
            StoreError::Unknown { id: id.clone(), known: known.join(", ") }
        })
    }

    fn check(&self, entry: &Entry, trust: Trust) -> Result<VerifiedModel, StoreError> {
        let dir = self.model_dir(entry);
        let path = self.stamp_path(entry);
        let mut stamp = Stamp::read(&path);
        let before = stamp.clone();
        let mut files = Vec::with_capacity(entry.files.len());
        for spec in &entry.files {
            match self.examine(entry, spec, &mut stamp, trust) {
                FileState::Whole => files.push(VerifiedFile {
                    name: spec.name.clone(),
                    path: dir.join(&spec.name),
                    sha256: spec.sha256.clone(),
                }),
                FileState::Absent => {
                    return Err(StoreError::Missing { id: entry.id.clone(), file: spec.name.clone(), dir });
                }
                FileState::Damaged(damage) => {
                    let path = dir.join(&spec.name);
                    return Err(StoreError::Corrupt { id: entry.id.clone(), path, damage });
                }
            }
        }
        if stamp != before
            && let Err(error) = stamp.write(&path)
        {
            // The model is good all the same; the next look hashes again.
            tracing::warn!(path = %path.display(), %error, "the stamp of a verified model could not be written");
        }
        Ok(VerifiedModel { id: entry.id.clone(), files })
    }

    /// Looks at one finished file and notes in the stamp what it found.
    fn examine(&self, entry: &Entry, spec: &FileSpec, stamp: &mut Stamp, trust: Trust) -> FileState {
        let path = self.model_dir(entry).join(&spec.name);
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return FileState::Absent,
            Err(error) => return FileState::Damaged(Damage::Unreadable(error.to_string())),
        };
        if trust == Trust::Stamp && stamp.vouches_for(spec, &metadata) {
            return FileState::Whole;
        }
        match part::hash_file(&path, spec) {
            Ok(Ok(())) => {
                stamp.note(spec, &metadata);
                FileState::Whole
            }
            Ok(Err(wrong)) => FileState::Damaged(Damage::Bytes(wrong)),
            Err(error) => FileState::Damaged(Damage::Unreadable(error.to_string())),
        }
    }

    fn model_dir(&self, entry: &Entry) -> PathBuf {
        self.dir.join(entry.id.as_str())
    }

    fn stamp_path(&self, entry: &Entry) -> PathBuf {
        self.model_dir(entry).join("verified.json")
    }

    fn work_dir(&self, entry: &Entry) -> PathBuf {
        self.dir.join(".pull").join(entry.id.as_str())
    }
}

/// A model whose files have the catalogue's hashes. Only the store makes one:
///
/// ```compile_fail,E0451
/// let model = homepilot_models::store::VerifiedModel { id: "x".parse().unwrap(), files: Vec::new() };
/// ```
#[derive(Clone, Debug)]
pub struct VerifiedModel {
    id: ModelId,
    files: Vec<VerifiedFile>,
}

#[derive(Clone, Debug)]
struct VerifiedFile {
    name: String,
    path: PathBuf,
    sha256: String,
}

impl VerifiedModel {
    /// The catalogue's name of it.
    pub fn id(&self) -> &ModelId {
        &self.id
    }

    /// The first file: the weights.
    pub fn path(&self) -> &Path {
        // A catalogue with an entry without files is refused when it is read.
        &self.files[0].path
    }

    /// The first file's SHA-256, 64 lower-case hexadecimal digits: a key for what is derived from the weights.
    pub fn sha256(&self) -> &str {
        &self.files[0].sha256
    }

    /// Any file, by the catalogue's name of it.
    pub fn file(&self, name: &str) -> Option<&Path> {
        self.files.iter().find(|file| file.name == name).map(|file| file.path.as_path())
    }
}

#[cfg(test)]
mod tests;
