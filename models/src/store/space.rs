//! How much room there is, so that a download that can't fit is refused before it starts.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

type Probe = dyn Fn(&Path) -> io::Result<u64> + Send + Sync;

/// Asks for the bytes that this user may still write below a path.
#[derive(Clone)]
pub struct FreeSpace(Arc<Probe>);

impl FreeSpace {
    /// A probe of one's own, as for a quota that the file system doesn't show.
    pub fn new(probe: impl Fn(&Path) -> io::Result<u64> + Send + Sync + 'static) -> Self {
        Self(Arc::new(probe))
    }

    /// Free bytes below `path`; [`None`] when the file system doesn't say.
    pub(super) fn below(&self, path: &Path) -> Option<u64> {
        match (self.0)(path) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                tracing::debug!(path = %path.display(), %error, "free space is not known");
                None
            }
        }
    }
}

impl Default for FreeSpace {
    /// What the file system says.
    fn default() -> Self {
        Self::new(|path| {
            let stat = rustix::fs::statvfs(path)?;
            Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
        })
    }
}

impl fmt::Debug for FreeSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FreeSpace")
    }
}

/// Whether an error says that the disk, or the user's share of it, is full.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_probe_reads_this_file_system() {
        assert!(FreeSpace::default().below(&std::env::temp_dir()).is_some());
        assert_eq!(FreeSpace::default().below(Path::new("/nowhere/at/all")), None);
    }
}
