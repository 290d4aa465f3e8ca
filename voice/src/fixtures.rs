//! What the tests need from outside: recordings, and weights.

use crate::vad::Silero;
use homepilot_models::store::{self, Store, VerifiedModel};
use std::path::{Path, PathBuf};

/// The evaluation sets: `HOMEPILOT_EVAL`, or `../shared/eval` beside the workspace. `None` on a machine without them:
/// tests then keep to what they can generate.
pub(crate) fn eval() -> Option<PathBuf> {
    let dir = std::env::var_os("HOMEPILOT_EVAL")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/eval"), PathBuf::from);
    dir.is_dir().then_some(dir)
}

/// Every `.wav` file of a folder, in order.
pub(crate) fn recordings(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wav"))
        .collect();
    files.sort();
    files
}

/// The real voice activity model, from where the product keeps it.
pub(crate) fn silero() -> Silero {
    Silero::load(&model("silero-vad-16k")).unwrap()
}

/// A model of the catalogue; the tests that need one fail without it, and say how to get it.
pub(crate) fn model(id: &str) -> VerifiedModel {
    let dir = store::default_dir(|name| std::env::var_os(name)).expect("HOME or XDG_CACHE_HOME");
    let store = Store::open(dir).unwrap_or_else(|error| panic!("{error}"));
    store.verified(&id.parse().unwrap()).unwrap_or_else(|error| panic!("{error}"))
}
