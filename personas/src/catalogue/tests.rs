use std::path::Path;
use std::sync::Arc;

use super::Catalogue;
use crate::persona::{Origin, PersonaId};

fn id(text: &str) -> PersonaId {
    text.parse().unwrap()
}

fn persona(id: &str, name: &str) -> String {
    format!("id = {id:?}\nname = {name:?}\ninstructions = 'Be kind.'\n")
}

fn write(dir: &Path, file: &str, text: &str) {
    std::fs::write(dir.join(file), text).unwrap();
}

fn name(catalogue: &Catalogue, of: &str) -> Option<String> {
    catalogue.get(&id(of)).map(|persona| persona.name.clone())
}

#[test]
fn without_a_directory_the_built_in_ones_are_listed_in_their_order() {
    let missing = tempfile::tempdir().unwrap().path().join("none");
    for dir in [None, Some(missing.as_path())] {
        let catalogue = Catalogue::load(dir);
        let ids: Vec<String> = catalogue.list().iter().map(|persona| persona.id.to_string()).collect();
        assert_eq!(ids, ["assistant", "secretary", "kids", "chief-of-staff", "companion"]);
        assert!(catalogue.problems().is_empty());
    }
}

#[test]
fn a_users_file_adds_or_replaces_and_its_removal_brings_the_built_in_back() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "mine.toml", &persona("kids", "Our Kids"));
    write(dir.path(), "new.toml", &persona("a-gardener", "Gardener"));
    write(dir.path(), "notes.txt", "not a persona");
    write(dir.path(), ".draft.toml", "not = a persona");
    let catalogue = Catalogue::load(Some(dir.path()));
    let shared = catalogue.clone();
    assert!(catalogue.problems().is_empty());
    assert_eq!(name(&catalogue, "kids").as_deref(), Some("Our Kids"));
    assert_eq!(catalogue.get(&id("kids")).unwrap().origin, Origin::File(dir.path().join("mine.toml")));
    assert_eq!(catalogue.list().last().map(|last| last.name.clone()).as_deref(), Some("Gardener"));

    std::fs::remove_file(dir.path().join("mine.toml")).unwrap();
    std::fs::remove_file(dir.path().join("new.toml")).unwrap();
    assert!(catalogue.reload());
    assert_eq!(shared.get(&id("kids")).unwrap().origin, Origin::BuiltIn);
    assert_eq!(name(&shared, "a-gardener"), None);
}

#[test]
fn a_file_gone_bad_keeps_its_last_good_persona_through_any_number_of_reloads() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "mine.toml", &persona("kids", "Our Kids"));
    write(dir.path(), "other.toml", "id = 'broken'");
    let catalogue = Catalogue::load(Some(dir.path()));
    assert_eq!(catalogue.problems().len(), 2, "{:?}", catalogue.problems());
    assert_eq!(name(&catalogue, "broken"), None);

    write(dir.path(), "mine.toml", "id = 'kids'\nname = 3\ninstructions = 'x'");
    assert!(catalogue.reload());
    assert!(!catalogue.reload());
    assert_eq!(name(&catalogue, "kids").as_deref(), Some("Our Kids"));
    let bad: Vec<_> =
        catalogue.problems().into_iter().filter(|problem| problem.file.ends_with("mine.toml")).collect();
    assert_eq!(bad.iter().map(|problem| problem.line).collect::<Vec<_>>(), [Some(2)]);

    write(dir.path(), "mine.toml", &persona("kids", "Mended"));
    catalogue.reload();
    assert_eq!(name(&catalogue, "kids").as_deref(), Some("Mended"));
}

#[test]
fn two_files_of_one_id_are_a_problem_of_the_second() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.toml", &persona("twin", "First"));
    write(dir.path(), "b.toml", &persona("twin", "Second"));
    let catalogue = Catalogue::load(Some(dir.path()));
    assert_eq!(name(&catalogue, "twin").as_deref(), Some("First"));
    let problems = catalogue.problems();
    assert!(
        matches!(&problems[..], [only] if only.file.ends_with("b.toml") && only.message.contains("a.toml"))
    );
}

#[test]
fn files_that_are_no_text_are_named_and_the_rest_load() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bytes.toml"), b"id = 'a'\nname = '\xff'").unwrap();
    write(dir.path(), "huge.toml", &"# padding\n".repeat(7000));
    std::fs::create_dir(dir.path().join("folder.toml")).unwrap();
    write(dir.path(), "good.toml", &persona("good", "Good"));
    let catalogue = Catalogue::load(Some(dir.path()));
    assert_eq!(name(&catalogue, "good").as_deref(), Some("Good"));
    let problems = catalogue.problems();
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert_eq!(problems[0].line, Some(2));
}

#[test]
fn what_did_not_change_keeps_its_identity() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "mine.toml", &persona("mine", "Mine"));
    let catalogue = Catalogue::load(Some(dir.path()));
    let (mine, kids) = (catalogue.get(&id("mine")).unwrap(), catalogue.get(&id("kids")).unwrap());
    write(dir.path(), "new.toml", &persona("new", "New"));
    assert!(catalogue.reload());
    assert!(Arc::ptr_eq(&mine, &catalogue.get(&id("mine")).unwrap()));
    assert!(Arc::ptr_eq(&kids, &catalogue.get(&id("kids")).unwrap()));
}
