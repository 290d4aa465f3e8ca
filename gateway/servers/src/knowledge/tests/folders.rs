//! Watched folders: what changes in them is known soon, and what can't be read is told.

use std::fs;

use serde_json::{Value, json};

use super::{Machine, titles};

fn settled(listed: &Value) -> bool {
    listed["folders"].as_array().unwrap().iter().all(|folder| folder["left"] == 0)
}

#[tokio::test]
async fn a_folder_is_kept_up_to_date_while_watched_and_after_a_restart() {
    let machine = Machine::new();
    machine.write("docs/one.txt", "The first file is about apples.");
    machine.write("docs/deep/two.md", "# Second\n\nAbout pears.");
    machine.write("docs/.git/hidden.txt", "Hidden.");
    machine.write("docs/picture.png", "x");
    let broken = machine.write("docs/broken.pdf", "%PDF-1.4 nonsense");
    let mut server = machine.start_without_model().await;
    let (said, folder) = server.ask("add_folder", json!({"path": "docs"})).await;
    assert!(
        said.starts_with(
            "Done. I read two documents in docs and will keep up with changes. One file could not be read"
        ),
        "{said}"
    );
    assert!(said.contains("broken.pdf, because it is damaged"), "{said}");
    assert_eq!((&folder["documents"], &folder["left"]), (&json!(2), &json!(0)));
    assert_eq!(folder["unread"][0]["path"], json!(fs::canonicalize(&broken).unwrap()));

    // Added, changed, renamed, deleted, mended.
    machine.write("docs/three.txt", "The third file is about plums.");
    let listed = server.until("an added file is read", |listed| titles(listed).contains(&"three")).await;
    assert_eq!(titles(&listed), ["one", "Second", "three"]);
    machine.write("docs/one.txt", "The first file is about quinces now.");
    let asked = json!({"query": "quinces"});
    server.until("a changed file is read", |listed| settled(listed) && titles(listed).len() == 3).await;
    while server.ask("search_documents", asked.clone()).await.1["passages"] == json!([]) {
        server.done.changed().await.unwrap();
    }
    assert_eq!(server.ask("search_documents", json!({"query": "apples"})).await.1["passages"], json!([]));
    fs::rename(machine.home().join("docs/three.txt"), machine.home().join("docs/deep/fourth.txt")).unwrap();
    server.until("a renamed file is found", |listed| titles(listed) == ["fourth", "one", "Second"]).await;
    fs::remove_file(machine.home().join("docs/one.txt")).unwrap();
    machine.write("docs/broken.pdf", crate::knowledge::reading::tests::pdf(&["Mended."]));
    let listed = server
        .until("files are removed and mended", |listed| titles(listed) == ["broken", "fourth", "Second"])
        .await;
    assert_eq!(listed["folders"][0]["unread"], json!([]));
    server.stop().await;

    machine.write("docs/while-stopped.txt", "About figs.");
    fs::remove_file(machine.home().join("docs/deep/two.md")).unwrap();
    let mut server = machine.start_without_model().await;
    server
        .until("the folder is looked through", |listed| {
            titles(listed) == ["broken", "fourth", "while-stopped"]
        })
        .await;
    server.stop().await;
}

#[tokio::test]
async fn unchanged_files_are_not_read_again() {
    let machine = Machine::new();
    let path = machine.write("docs/one.txt", "The first file.");
    let mut server = machine.start_without_model().await;
    server.ask("add_folder", json!({"path": "docs"})).await;
    let document = server.knowledge.library.store.documents().await.unwrap().remove(0).id;
    let passages = server.knowledge.library.store.ids_of(&document).await.unwrap();
    // Touched, with the same text: the passages stay the ones they were.
    fs::write(&path, "The first file.").unwrap();
    machine.write("docs/two.txt", "The second file.");
    server.until("the second file is read", |listed| titles(listed).len() == 2 && settled(listed)).await;
    assert_eq!(server.knowledge.library.store.ids_of(&document).await.unwrap(), passages);
    server.stop().await;
}

#[tokio::test]
async fn what_was_removed_from_a_folder_stays_out_and_a_removed_folder_is_forgotten() {
    let machine = Machine::new();
    machine.write("docs/one.txt", "The first file.");
    machine.write("docs/two.txt", "The second file.");
    let mut server = machine.start_without_model().await;
    server.ask("add_folder", json!({"path": "docs"})).await;
    server.ask("remove_document", json!({"document": "two"})).await;
    machine.write("docs/two.txt", "The second file, changed.");
    machine.write("docs/three.txt", "The third file.");
    let listed = server.until("the third file is read", |listed| titles(listed).contains(&"three")).await;
    assert_eq!(titles(&listed), ["one", "three"]);
    server.ask("add_document", json!({"path": "docs/two.txt"})).await;
    let overlap = machine.write("docs/deep/x.txt", "Deep.");
    let refused = server.refused("add_folder", json!({"path": overlap.parent().unwrap()})).await;
    assert!(refused.contains("overlaps with the folder docs"), "{refused}");
    server.until("the deep file is read", |listed| titles(listed).contains(&"x")).await;
    let (said, _) = server.ask("remove_document", json!({"document": "the docs folder"})).await;
    assert_eq!(
        said,
        "Done. I removed the folder docs with four documents. The files are still on your disk."
    );
    let (said, _) = server.ask("list_documents", json!({})).await;
    assert_eq!(said, "You have no documents yet.");
    assert!(machine.home().join("docs/one.txt").exists());
    server.stop().await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_found_keeps_its_documents() {
    let machine = Machine::new();
    machine.write("drive/one.txt", "The first file.");
    let server = machine.start_without_model().await;
    server.ask("add_folder", json!({"path": "drive"})).await;
    server.stop().await;
    fs::rename(machine.home().join("drive"), machine.home().join("away")).unwrap();
    let mut server = machine.start_without_model().await;
    let listed = server.until("the folder is looked for", settled).await;
    assert_eq!(titles(&listed), ["one"]);
    let (said, _) = server.ask("list_documents", json!({})).await;
    assert!(said.contains("There is a problem with the folder drive: there is no file or folder"), "{said}");
    server.stop().await;
}
