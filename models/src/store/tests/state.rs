//! Finished files, stamps and damage.

use std::fs::{self, File, FileTimes};

use super::super::testing::{catalog, hub, noise, sha256, store};
use super::super::*;

fn put(store: &Store, bytes: &[u8]) -> PathBuf {
    let path = store.dir().join("m/f");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_model_is_verified_by_hash_once_and_then_by_its_stamp() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = noise(1000, 1);
    let catalog = catalog(&bytes, &hub("https://example.org/f"));
    let store = store(dir.path(), &catalog, Fetchers::default());
    let id: ModelId = "m".parse().unwrap();
    let entry = catalog.get(&id).unwrap();

    assert_eq!(store.state(entry), ModelState::Missing);
    let error = store.verified(&id).unwrap_err().to_string();
    assert!(
        error.contains("f of the model m is not in") && error.contains("homepilot models pull m"),
        "{error}"
    );

    let path = put(&store, &bytes);
    assert_eq!(store.state(entry), ModelState::Present);
    let model = store.verified(&id).unwrap();
    assert_eq!(
        (model.path(), model.file("f"), model.file("g")),
        (path.as_path(), Some(path.as_path()), None)
    );
    assert_eq!(model.sha256(), sha256(&bytes));

    // One bit, with size and time as they were: only hashing can tell.
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let mut damaged = bytes.clone();
    damaged[500] ^= 1;
    fs::write(&path, &damaged).unwrap();
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_times(FileTimes::new().set_modified(modified))
        .unwrap();
    assert!(store.verified(&id).is_ok());
    let error = store.verify(&id).unwrap_err().to_string();
    for part in ["m/f is damaged", &sha256(&bytes), &sha256(&damaged), "homepilot models pull m"] {
        assert!(error.contains(part), "{error}");
    }

    // With another time the stamp is worth nothing.
    let later = modified + std::time::Duration::from_secs(1);
    File::options().write(true).open(&path).unwrap().set_times(FileTimes::new().set_modified(later)).unwrap();
    assert!(matches!(store.verified(&id), Err(StoreError::Corrupt { .. })));
    assert!(matches!(store.state(entry), ModelState::Corrupt { file, .. } if file == "f"));
}

#[test]
fn a_stamp_that_lies_or_is_no_stamp_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = noise(1000, 1);
    let catalog = catalog(&bytes, &hub("https://example.org/f"));
    let store = store(dir.path(), &catalog, Fetchers::default());
    let id: ModelId = "m".parse().unwrap();
    put(&store, &noise(1000, 2));
    let stamp = dir.path().join("m/verified.json");
    let lie = format!(r#"{{"f":{{"bytes":1000,"modified_ns":1,"sha256":"{}"}}}}"#, sha256(&bytes));
    for text in [lie.as_str(), "", "{}", "[1]", "\u{0}"] {
        fs::write(&stamp, text).unwrap();
        assert!(matches!(store.verified(&id), Err(StoreError::Corrupt { .. })), "{text}");
    }
}

#[test]
fn a_truncated_file_is_named_by_its_size_and_an_unknown_model_by_the_known_ones() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = catalog(&noise(1000, 1), &hub("https://example.org/f"));
    let store = store(dir.path(), &catalog, Fetchers::default());
    put(&store, &noise(999, 1));
    let error = store.verified(&"m".parse().unwrap()).unwrap_err().to_string();
    assert!(error.contains("expected 1000 bytes, found 999"), "{error}");
    let error = store.verified(&"n".parse().unwrap()).unwrap_err().to_string();
    assert_eq!(error, "no model is called n; known are m");
}

#[test]
fn the_default_directory_follows_the_environment() {
    let dir = |vars: &[(&str, &str)]| {
        let vars: Vec<(String, OsString)> = vars.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        default_dir(|name| vars.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
    };
    let path = |path: &str| Some(PathBuf::from(path));
    assert_eq!(dir(&[("HOME", "/h")]), path("/h/.cache/homepilot/models"));
    assert_eq!(dir(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")]), path("/c/homepilot/models"));
    // The specification has relative paths ignored.
    assert_eq!(dir(&[("HOME", "/h"), ("XDG_CACHE_HOME", "c")]), path("/h/.cache/homepilot/models"));
    assert_eq!(dir(&[]), None);
}
