//! Where the programs are that `make peers` installs.

use std::path::{Path, PathBuf};

/// Something in `target/peers`, or where `HOMEPILOT_PEERS` says.
pub(crate) fn installed(path: &str) -> PathBuf {
    let folder =
        std::env::var_os("HOMEPILOT_PEERS").map_or_else(|| repository().join("target/peers"), PathBuf::from);
    let file = folder.join(path);
    assert!(file.exists(), "{} is missing: run `make peers`", file.display());
    file
}

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}
