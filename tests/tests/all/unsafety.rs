//! Where Rust's checks are switched off: in the places that gateway/SECURITY.md names, each of which says why it is sound.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use homepilot_tests::peers::repository;

/// The lint, put together so that this file does not name it.
const LINT: &str = concat!("unsafe", "_code");
/// The files that may allow it, and in how many places.
const AUDITED: [(&str, usize); 2] = [("models/src/llama/backend.rs", 2), ("voice/src/asr/abort.rs", 2)];

#[test]
fn nothing_is_unsafe_but_what_was_audited() {
    let root = repository();
    let workspace = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    assert!(workspace.contains(&format!("{LINT} = \"deny\"")), "the workspace's lints deny it");
    let mut found = BTreeMap::new();
    for package in crate::arrows::metadata()["packages"].as_array().unwrap() {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let text = fs::read_to_string(manifest).unwrap();
        assert!(
            text.contains("[lints]\nworkspace = true"),
            "{} does not take the workspace's lints",
            manifest.display()
        );
        for file in sources(manifest.parent().unwrap()) {
            let places = fs::read_to_string(&file).unwrap().matches(LINT).count();
            if places > 0 {
                found.insert(file.strip_prefix(&root).unwrap().display().to_string(), places);
            }
        }
    }
    let audited = AUDITED.map(|(file, places)| (file.to_owned(), places));
    assert_eq!(found, BTreeMap::from(audited), "audit it, then name it here and in gateway/SECURITY.md");
}

/// All Rust files under a folder that are ours.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | "node_modules") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
