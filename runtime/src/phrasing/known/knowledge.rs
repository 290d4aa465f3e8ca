//! The person's own documents.

use super::{Given, Known};

pub(super) fn phrase(action: &str, given: &Given) -> Option<Known> {
    let (names, short): (&[&str], _) = match action {
        "add_document" => (&["path", "title", "text"], "add that to your documents"),
        "add_folder" => (&["path"], "add the folder"),
        "list_documents" => (&["name"], "list your documents"),
        "remove_document" => (&["document"], "remove that from your documents"),
        "search_documents" => (&["query", "document", "limit"], "search your documents"),
        "get_document" => (&["document", "from"], "read the document"),
        "answer_from_documents" => (&["question", "document"], "look that up in your documents"),
        _ => return None,
    };
    if !given.only(names) {
        return None;
    }
    let whole = match action {
        "add_document" => match (given.get("path"), given.text("title"), given.text("text")) {
            (Some(path), None, None) => format!("add this file to your documents: {path}"),
            (None, Some(title), Some(text)) => format!("add {title} to your documents: {text}"),
            (Some(_), _, _) | (None, _, _) => return None,
        },
        "add_folder" => {
            format!("add this folder to your documents and keep it up to date: {}", given.get("path")?)
        }
        "list_documents" => match given.text("name") {
            Some(name) => format!("list your documents that are called {name}"),
            None => "list your documents".to_owned(),
        },
        "remove_document" => format!("remove this from your documents: {}", given.text("document")?),
        "search_documents" => {
            let found = format!("search your documents for: {}", given.text("query")?);
            let found = given.after(found, ", only in ", "document");
            given.get("limit").map_or(found.clone(), |limit| format!("{found}, up to {limit} passages"))
        }
        "get_document" => {
            given.after(format!("read this document: {}", given.text("document")?), ", from passage ", "from")
        }
        "answer_from_documents" => {
            let asked = format!("look this up in your documents: {}", given.text("question")?);
            given.after(asked, ", only in ", "document")
        }
        _ => return None,
    };
    Some(Known { whole, short })
}
