//! What the tools say of themselves: names, descriptions and schemas, written for a small planner.

use rmcp::model::Tool;
use serde_json::{Value, json};

use super::output::{Added, Answer, Documents, Folder, Found, Removed, Text};
use crate::definition::{Definition, integer, text};
use crate::serving::{Effect, ToolName};

/// The longest path, in characters.
pub(super) const LONGEST_PATH: usize = 1_000;
/// The longest title or name, in characters.
pub(super) const LONGEST_TITLE: usize = 200;
/// The longest text that is given as such, in characters.
pub(super) const LONGEST_TEXT: usize = 200_000;
/// The longest question, in characters.
pub(super) const LONGEST_QUESTION: usize = 500;
/// The most passages of a search, and how many are usual.
pub(super) const PASSAGES: (i64, i64) = (20, 5);
/// The last passage a document may have.
pub(super) const LAST_PASSAGE: i64 = 200_000;

/// A tool of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    AddDocument,
    AddFolder,
    ListDocuments,
    RemoveDocument,
    SearchDocuments,
    GetDocument,
    AnswerFromDocuments,
}

impl ToolName for Name {
    const ALL: &'static [Name] = &[
        Name::AddDocument,
        Name::AddFolder,
        Name::ListDocuments,
        Name::RemoveDocument,
        Name::SearchDocuments,
        Name::GetDocument,
        Name::AnswerFromDocuments,
    ];

    fn name(self) -> &'static str {
        match self {
            Name::AddDocument => "add_document",
            Name::AddFolder => "add_folder",
            Name::ListDocuments => "list_documents",
            Name::RemoveDocument => "remove_document",
            Name::SearchDocuments => "search_documents",
            Name::GetDocument => "get_document",
            Name::AnswerFromDocuments => "answer_from_documents",
        }
    }

    fn effect(self) -> Effect {
        match self {
            Name::ListDocuments | Name::SearchDocuments | Name::GetDocument | Name::AnswerFromDocuments => {
                Effect::Read
            }
            Name::AddDocument | Name::AddFolder => Effect::Write,
            // A text that was given as such is kept nowhere else.
            Name::RemoveDocument => Effect::Destructive,
        }
    }

    fn describe(self) -> Tool {
        let (properties, required) = self.input();
        let definition = Definition {
            name: self.name(),
            title: self.title(),
            description: self.description(),
            properties,
            required,
            effect: self.effect(),
            idempotent: true,
            open_world: false,
        };
        match self {
            Name::AddDocument => definition.tool::<Added>(),
            Name::AddFolder => definition.tool::<Folder>(),
            Name::ListDocuments => definition.tool::<Documents>(),
            Name::RemoveDocument => definition.tool::<Removed>(),
            Name::SearchDocuments => definition.tool::<Found>(),
            Name::GetDocument => definition.tool::<Text>(),
            Name::AnswerFromDocuments => definition.tool::<Answer>(),
        }
    }
}

impl Name {
    fn title(self) -> &'static str {
        match self {
            Name::AddDocument => "Add a document",
            Name::AddFolder => "Add a folder of documents",
            Name::ListDocuments => "List documents",
            Name::RemoveDocument => "Remove a document",
            Name::SearchDocuments => "Search documents",
            Name::GetDocument => "Read a document",
            Name::AnswerFromDocuments => "Answer from documents",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Name::AddDocument => {
                "Add one file, or a text with a title, to the user's documents. Use it for \"add the file …\" and \
                 \"remember this note …\". Give a path, or a title and a text."
            }
            Name::AddFolder => {
                "Add all files of a folder to the user's documents and keep them up to date. Use it for \"add my folder …\"."
            }
            Name::ListDocuments => {
                "Say which documents and folders were added, and which files could not be read. Use it for \"which documents do you have?\"."
            }
            Name::RemoveDocument => {
                "Forget a document, or a folder with its documents. Files stay on the disk. Use it for \"remove the document …\"."
            }
            Name::SearchDocuments => {
                "Find passages in the user's own documents about something. Use it for \"find … in my documents\" and \
                 \"which document mentions …\"."
            }
            Name::GetDocument => {
                "Read the text of one of the user's documents. Use it for \"open the document …\"."
            }
            Name::AnswerFromDocuments => {
                "Answer a question from the user's own documents, with the source. Use it for \"what does the manual say about …\" \
                 and \"according to my documents, …\". Not for general knowledge."
            }
        }
    }

    /// Properties, and which of them are required.
    fn input(self) -> (Value, &'static [&'static str]) {
        let named = |description| text(description, LONGEST_PATH, &["boiler manual", "lease.pdf"]);
        match self {
            Name::AddDocument => (
                json!({
                    "path": text(
                        "The file, as a whole path or from the home folder.",
                        LONGEST_PATH,
                        &["Documents/lease.pdf", "~/notes/boiler.md"],
                    ),
                    "title": text("The title; needed with a text.", LONGEST_TITLE, &["Boiler manual"]),
                    "text": text(
                        "The text itself, plain or Markdown, when there is no file.",
                        LONGEST_TEXT,
                        &["The spare key is with Anna."],
                    ),
                }),
                &[],
            ),
            Name::AddFolder => (
                json!({
                    "path": text(
                        "The folder, as a whole path or from the home folder.",
                        LONGEST_PATH,
                        &["Documents/house", "~/notes"],
                    ),
                }),
                &["path"],
            ),
            Name::ListDocuments => (
                json!({ "name": named("Only documents with these words in their names. Leave it out for all.") }),
                &[],
            ),
            Name::RemoveDocument => (
                json!({ "document": named("Words of the document's or folder's name, its path or id.") }),
                &["document"],
            ),
            Name::SearchDocuments => (
                json!({
                    "query": text("What to look for.", LONGEST_QUESTION, &["boiler pressure", "notice period of the flat"]),
                    "document": named("Only in this document, if the user named one. Leave it out for all."),
                    "limit": integer("How many passages.", (1, PASSAGES.0), PASSAGES.1),
                }),
                &["query"],
            ),
            Name::GetDocument => (
                json!({
                    "document": named("Words of the document's name, its path or id."),
                    "from": integer("The passage to begin with.", (1, LAST_PASSAGE), 1),
                }),
                &["document"],
            ),
            Name::AnswerFromDocuments => (
                json!({
                    "question": text(
                        "The question, as asked.",
                        LONGEST_QUESTION,
                        &["what pressure should the boiler have", "when does the lease end"],
                    ),
                    "document": named("Only from this document, if the user named one. Leave it out for all."),
                }),
                &["question"],
            ),
        }
    }
}
