//! Why a pull fails, for people: every message says what happened and what helps.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::StoreError;
use super::part::WrongBytes;
use crate::catalog::ModelId;
use crate::convert::ConvertError;

/// Why a model could not be pulled.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// There is no such model, or it is not whole after all.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was asked to stop; what was fetched is kept.
    #[error("pulling {id} was stopped; the next pull goes on from there")]
    Cancelled {
        /// The model.
        id: ModelId,
    },
    /// It does not fit; what was fetched is kept.
    #[error(
        "disk full: {} needs {} more for {id} and has {} free; make room and pull again, what was fetched is kept",
        dir.display(), Size(*needed), Size(*free)
    )]
    DiskFull {
        /// The model.
        id: ModelId,
        /// The store's directory.
        dir: PathBuf,
        /// Bytes still needed, at most.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// The store could not be read or written.
    #[error("pulling {id} failed at {}: {source}", path.display())]
    Io {
        /// The model.
        id: ModelId,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No source delivered the file.
    #[error("{file} of {id} could not be had from any source: {}", list(failures))]
    Sources {
        /// The model.
        id: ModelId,
        /// The file.
        file: String,
        /// What was tried, in order.
        failures: Vec<SourceFailure>,
    },
}

/// A source and what was wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{source_name}: {error}")]
pub struct SourceFailure {
    /// The source, as the catalogue has it.
    pub source_name: String,
    /// What went wrong.
    #[source]
    pub error: SourceError,
}

/// Why a source did not deliver.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The registry's client is not on this machine.
    #[error("{client} is not installed: install it (Debian and Ubuntu: `apt install {install}`)")]
    NoClient {
        /// The client.
        client: &'static str,
        /// The system package that has it.
        install: &'static str,
    },
    /// The registry's client failed.
    #[error("{client} could not fetch {package}: {reason}")]
    Client {
        /// The client.
        client: &'static str,
        /// The package and its version.
        package: String,
        /// What the client said.
        reason: String,
    },
    /// A package can't be unpacked.
    #[error("the package {package} is damaged: {reason}")]
    Archive {
        /// The package.
        package: String,
        /// What is wrong.
        reason: String,
    },
    /// A package has not the one member we look for.
    #[error("the package {package} has {found} members that match {member} instead of one")]
    Member {
        /// The package.
        package: String,
        /// The member's pattern.
        member: String,
        /// How many match.
        found: usize,
    },
    /// A hub can't be reached, or broke off.
    #[error("it can't be reached: {reason}")]
    Unreachable {
        /// Why.
        reason: String,
    },
    /// A hub refused.
    #[error("it answered with status {status}")]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// The bytes are not the catalogue's; they were removed.
    #[error("it delivered a wrong file, which was removed: {0}")]
    WrongBytes(WrongBytes),
    /// What a conversion starts from could not be had.
    #[error("{file}: {}", list(failures))]
    Input {
        /// The file.
        file: String,
        /// What was tried, in order.
        failures: Vec<SourceFailure>,
    },
    /// What was fetched can't be converted.
    #[error("it can't be converted: {0}")]
    Convert(#[from] ConvertError),
}

fn list(failures: &[SourceFailure]) -> String {
    failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Bytes for people.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes @ 0..1_000_000 => write!(f, "{bytes} bytes"),
            bytes => write!(f, "{} MB", bytes.div_ceil(1_000_000)),
        }
    }
}
