//! What is said: short sentences, without ids, paths or Markdown.

use super::access;
use super::answering::Answer;
use super::library::{Added, Search};
use super::output::{Document, Folder};
use super::sentence;
use super::store::PassageRow;
use crate::dates;
use crate::sentences::{counted, list, sentence};

/// The most words of an extract that is read out.
const LONGEST_EXTRACT: usize = 60;

pub(super) fn added(added: &Added) -> String {
    let done = if added.replaced { "I read the new version of" } else { "I added" };
    sentence(format!("Done. {done} {}, {}", added.title, counted(added.passages, "passage", "passages")))
}

pub(super) fn folder_added(name: &str, folder: &Folder) -> String {
    if let Some(problem) = &folder.problem {
        return sentence(format!("I added the folder {name}, but {problem}"));
    }
    let kept = counted(folder.documents, "document", "documents");
    let left = match folder.left {
        Some(0) => format!("Done. I read {kept} in {name} and will keep up with changes."),
        Some(left) => {
            format!(
                "I added the folder {name}. I have read {kept}, and {} to go.",
                counted(left, "file is", "files are")
            )
        }
        None => format!("I added the folder {name} and will read its files."),
    };
    match unread(folder) {
        Some(unread) => format!("{left} {unread}"),
        None => left,
    }
}

fn unread(folder: &Folder) -> Option<String> {
    let why = |(path, problem): (&str, &str)| format!("{}, because {problem}", access::name(path.as_ref()));
    let all = folder.unread.iter().map(|unread| (unread.path.as_str(), unread.problem.as_str()));
    let head = format!("{} could not be read", capital(&counted(folder.unread.len(), "file", "files")));
    (!folder.unread.is_empty()).then(|| list(&head, all.map(why).take(2), folder.unread.len()))
}

pub(super) fn documents(documents: &[Document], total: usize, folders: &[Folder], named: bool) -> String {
    if total == 0 && folders.is_empty() {
        return if named { "You have no document of that name." } else { "You have no documents yet." }
            .to_owned();
    }
    let head = format!("You have {}", counted(total, "document", "documents"));
    let mut said = match total {
        0 => sentence(head),
        _ => list(&head, documents.iter().map(|document| document.title.clone()), total),
    };
    for folder in folders.iter().filter(|_| !named) {
        let name = access::name(folder.path.as_ref());
        if let Some(left) = folder.left.filter(|left| *left > 0) {
            said.push_str(&format!(
                " In {name}, {} still to be read.",
                counted(left, "file is", "files are")
            ));
        }
        if let Some(problem) = &folder.problem {
            said.push_str(&format!(
                " {}",
                sentence(format!("There is a problem with the folder {name}: {problem}"))
            ));
        }
        if let Some(unread) = unread(folder) {
            said.push_str(&format!(" In {name}: {unread}"));
        }
    }
    said
}

pub(super) fn removed(name: &str, folder: Option<usize>) -> String {
    match folder {
        None => format!("Done. I removed {name} from your documents."),
        Some(documents) => {
            let documents = counted(documents, "document", "documents");
            format!("Done. I removed the folder {name} with {documents}. The files are still on your disk.")
        }
    }
}

pub(super) fn found(search: &Search) -> String {
    let Some(best) = search.hits.first() else {
        return "I found nothing about that in your documents.".to_owned();
    };
    let how_many = counted(search.hits.len(), "passage", "passages");
    let source = source(&best.passage);
    let text = best.passage.text.get(best.passage.overlap..).unwrap_or_default();
    let begins = sentence::split(text).first().copied().unwrap_or_default();
    match search.hits.len() {
        1 => format!("I found {how_many}, in {source}. It begins: {}", extract(begins)),
        _ => format!("I found {how_many}. The best is in {source}. It begins: {}", extract(begins)),
    }
}

pub(super) fn text(document: &Document, text: &str) -> String {
    let format = match document.format.as_str() {
        "pdf" => "a PDF",
        "docx" => "a Word document",
        "html" => "a web page",
        _ => "a text",
    };
    let begins = sentence::split(text).first().copied().unwrap_or_default();
    let passages = counted(usize::try_from(document.passages).unwrap_or(0), "passage", "passages");
    format!("{} is {format} of {passages}. It begins: {}", document.title, extract(begins))
}

pub(super) fn answer(answer: Option<&Answer>, any: bool) -> String {
    match answer {
        Some(answer) => {
            format!("{} That's from {}.", extract(&answer.sentences.join(" ")), source(&answer.from.passage))
        }
        None if any => "I found nothing in your documents that answers that.".to_owned(),
        None => "You have no documents yet. Add one, or a folder, and ask again.".to_owned(),
    }
}

/// A document's title, and the page where it has pages.
fn source(passage: &PassageRow) -> String {
    match passage.page.and_then(|page| usize::try_from(page).ok()) {
        Some(page) => format!("{}, page {}", passage.title, dates::cardinal(page)),
        None => passage.title.clone(),
    }
}

/// As much of a text as is fit to be heard, as a sentence.
fn extract(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().take(LONGEST_EXTRACT + 1).collect();
    let cut = words.len() > LONGEST_EXTRACT;
    words.truncate(LONGEST_EXTRACT);
    let said = words.join(" ").replace(['*', '_', '`', '#', '|', '<', '>'], "");
    if cut { format!("{said} and so on.") } else { sentence(said) }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
