//! Where the rigs that are shared with the tool servers' own tests find what `make peers` installs.

use std::path::PathBuf;

pub(crate) fn installed(path: &str) -> PathBuf {
    homepilot_tests::peers::installed(path).unwrap()
}
