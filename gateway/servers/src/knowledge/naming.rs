//! Which document or folder a person means.

use super::access;
use super::store::{DocumentRow, FolderRow};

/// What words stand for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meant<'a> {
    Document(&'a DocumentRow),
    Folder(&'a FolderRow),
    /// Names of what fits equally well, at most five.
    Several(Vec<String>),
    Nothing,
}

/// The document or folder that `words` name: by id or path, by its whole title or file name, or by words of them.
pub(super) fn find<'a>(words: &str, documents: &'a [DocumentRow], folders: &'a [FolderRow]) -> Meant<'a> {
    let wanted = plain(words);
    let whole = documents.iter().filter(|row| {
        row.id.0 == words
            || row.path.as_deref() == Some(words)
            || plain(&row.title) == wanted
            || file_name(row).is_some_and(|name| plain(&name) == wanted)
    });
    let folder_words = wanted.strip_prefix("folder ").or(wanted.strip_suffix(" folder")).unwrap_or(&wanted);
    let whole_folder =
        folders.iter().filter(|row| row.path == words || plain(&folder_name(row)) == folder_words);
    match one(whole.collect(), whole_folder.collect()) {
        Meant::Nothing => {}
        found => return found,
    }
    let all: Vec<&str> =
        wanted.split(' ').filter(|word| !matches!(*word, "the" | "my" | "document" | "file")).collect();
    if all.is_empty() {
        return Meant::Nothing;
    }
    let some = documents.iter().filter(|row| has(&all, &names(row)));
    let some_folders = folders.iter().filter(|row| has(&all, &format!("{} folder", folder_name(row))));
    one(some.collect(), some_folders.collect())
}

/// Whether a document's title and file name have all these words.
pub(super) fn has_words(words: &str, row: &DocumentRow) -> bool {
    has(&plain(words).split(' ').collect::<Vec<_>>(), &names(row))
}

fn has(words: &[&str], name: &str) -> bool {
    let name = plain(name);
    words.iter().all(|word| name.split(' ').any(|part| part == *word))
}

fn names(row: &DocumentRow) -> String {
    format!("{} {}", row.title, file_name(row).unwrap_or_default())
}

fn one<'a>(documents: Vec<&'a DocumentRow>, folders: Vec<&'a FolderRow>) -> Meant<'a> {
    match (documents.as_slice(), folders.as_slice()) {
        ([], []) => Meant::Nothing,
        ([document], []) => Meant::Document(document),
        ([], [folder]) => Meant::Folder(folder),
        _ => {
            let names = documents.iter().map(|row| label(row));
            let folders = folders.iter().map(|row| format!("the folder {}", folder_name(row)));
            Meant::Several(names.chain(folders).take(5).collect())
        }
    }
}

/// A document's title, with its file's name where that says more.
fn label(row: &DocumentRow) -> String {
    match file_name(row) {
        Some(name) if plain(&name) != plain(&row.title) => format!("{} ({name})", row.title),
        _ => row.title.clone(),
    }
}

/// The name of a document's file.
fn file_name(row: &DocumentRow) -> Option<String> {
    row.path.as_ref().map(|path| access::name(path.as_ref()))
}

/// A folder's name for people.
pub(super) fn folder_name(row: &FolderRow) -> String {
    access::name(row.path.as_ref())
}

/// In lower case, words only.
fn plain(text: &str) -> String {
    let words = text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::store::{DocumentId, FolderId};
    use super::*;

    fn document(title: &str, path: Option<&str>) -> DocumentRow {
        DocumentRow {
            id: DocumentId(format!("id of {title}")),
            title: title.to_owned(),
            format: "text".to_owned(),
            path: path.map(str::to_owned),
            folder: None,
            bytes: 1,
            indexed_at: Timestamp::UNIX_EPOCH,
            passages: 1,
            embedded: 0,
        }
    }

    #[test]
    fn documents_and_folders_are_found_by_what_people_call_them() {
        let documents = [
            document("Lease agreement", Some("/home/ann/flat/lease.pdf")),
            document("Boiler manual", Some("/home/ann/flat/boiler-manual.pdf")),
            document("Boiler warranty", None),
        ];
        let folders = [FolderRow { id: FolderId("f".to_owned()), path: "/home/ann/flat".to_owned() }];
        for (words, title) in [
            ("lease agreement", "Lease agreement"),
            ("lease.pdf", "Lease agreement"),
            ("the lease", "Lease agreement"),
            ("/home/ann/flat/boiler-manual.pdf", "Boiler manual"),
            ("id of Boiler warranty", "Boiler warranty"),
            ("my boiler manual document", "Boiler manual"),
        ] {
            assert!(
                matches!(find(words, &documents, &folders), Meant::Document(row) if row.title == title),
                "{words}"
            );
        }
        for words in ["flat", "the flat folder", "folder flat", "/home/ann/flat"] {
            assert!(matches!(find(words, &documents, &folders), Meant::Folder(_)), "{words}");
        }
        let both = Meant::Several(vec![
            "Boiler manual (boiler-manual.pdf)".to_owned(),
            "Boiler warranty".to_owned(),
        ]);
        assert_eq!(find("boiler", &documents, &folders), both);
        for words in ["car", "", "the", "!"] {
            assert_eq!(find(words, &documents, &folders), Meant::Nothing, "{words}");
        }
    }
}
