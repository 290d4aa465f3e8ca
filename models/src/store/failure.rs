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

/// What keeps a model away, as far as it makes a difference to what a person can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No source could be reached, or none had it.
    Unreachable,
    /// A client is missing, and nothing else delivered.
    NoClient {
        /// The client.
        client: &'static str,
        /// The system package that has it.
        install: &'static str,
    },
    /// What came was not the model, and was removed.
    WrongBytes,
    /// There is not enough room.
    DiskFull {
        /// Bytes still needed, at most.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// The store can't be read or written.
    Store,
    /// It was asked to stop.
    Stopped,
}

impl PullError {
    /// What a person can do something about.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Store(_) | Self::Io { .. } => Trouble::Store,
            Self::Cancelled { .. } => Trouble::Stopped,
            Self::DiskFull { needed, free, .. } => Trouble::DiskFull { needed: *needed, free: *free },
            Self::Sources { failures, .. } => of_sources(failures),
        }
    }
}

/// Wrong bytes outrank a missing client, which outranks what can't be reached.
fn of_sources(failures: &[SourceFailure]) -> Trouble {
    let troubles = failures.iter().map(|failure| match &failure.error {
        SourceError::WrongBytes(_) | SourceError::Convert(_) => Trouble::WrongBytes,
        SourceError::NoClient { client, install } => Trouble::NoClient { client, install },
        SourceError::Input { failures, .. } => of_sources(failures),
        SourceError::Client { .. }
        | SourceError::Archive { .. }
        | SourceError::Member { .. }
        | SourceError::Unreachable { .. }
        | SourceError::Status { .. } => Trouble::Unreachable,
    });
    let rank = |trouble: &Trouble| match trouble {
        Trouble::WrongBytes => 2,
        Trouble::NoClient { .. } => 1,
        Trouble::Unreachable | Trouble::DiskFull { .. } | Trouble::Store | Trouble::Stopped => 0,
    };
    troubles.max_by_key(rank).unwrap_or(Trouble::Unreachable)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(errors: Vec<SourceError>) -> PullError {
        let failures =
            errors.into_iter().map(|error| SourceFailure { source_name: "a".into(), error }).collect();
        PullError::Sources { id: "m".parse().unwrap(), file: "f".into(), failures }
    }

    #[test]
    fn what_can_be_mended_outranks_what_can_only_be_waited_for() {
        let away = || SourceError::Unreachable { reason: "no route".into() };
        let wrong = || SourceError::WrongBytes(WrongBytes::Size { expected: 2, found: 1 });
        let no_client = || SourceError::NoClient { client: "pip", install: "python3-pip" };
        let within = SourceError::Input {
            file: "model.bin".into(),
            failures: vec![SourceFailure { source_name: "b".into(), error: wrong() }],
        };
        assert_eq!(sources(vec![away(), away()]).trouble(), Trouble::Unreachable);
        let missing = Trouble::NoClient { client: "pip", install: "python3-pip" };
        assert_eq!(sources(vec![no_client(), away()]).trouble(), missing);
        assert_eq!(sources(vec![no_client(), wrong(), away()]).trouble(), Trouble::WrongBytes);
        assert_eq!(sources(vec![within]).trouble(), Trouble::WrongBytes);
    }
}
