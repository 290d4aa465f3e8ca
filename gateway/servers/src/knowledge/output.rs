//! Structured output of the tools.

use schemars::JsonSchema;
use serde::Serialize;

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Document {
    /// The document's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is: text, markdown, html, pdf or docx.
    pub format: String,
    /// Where its file is; absent for a text that was given as such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many passages it was cut into.
    pub passages: i64,
    /// How many of them can be found by meaning so far; all can be found by words.
    pub embedded: i64,
    /// When it was last read, RFC 3339.
    pub indexed_at: String,
}

/// A document that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Added {
    /// The document's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether it took the place of an earlier version.
    pub replaced: bool,
    /// How many passages it was cut into.
    pub passages: usize,
    /// About how many words it has.
    pub words: usize,
}

/// A watched folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Folder {
    /// The folder's id.
    pub id: String,
    /// Where it is.
    pub path: String,
    /// How many documents of it are kept.
    pub documents: usize,
    /// How many files have still to be read; absent before the folder was looked through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<usize>,
    /// What is wrong with the folder as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Files that could not be read, at most a hundred.
    pub unread: Vec<Unread>,
}

/// A file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unread {
    /// Where it is.
    pub path: String,
    /// Why.
    pub problem: String,
}

/// What is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Documents {
    /// At most a hundred, by title.
    pub documents: Vec<Document>,
    /// How many there are in all.
    pub total: usize,
    /// Folders that are kept up to date.
    pub folders: Vec<Folder>,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Removed {
    /// The document's or folder's name.
    pub name: String,
    /// How many documents are no longer searched.
    pub documents: usize,
}

/// A passage and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Citation {
    /// The document's id.
    pub document: String,
    /// The document's title.
    pub title: String,
    /// Where its file is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The passage's place in the document, from 1.
    pub passage: i64,
    /// The headings it stands under, the outermost first.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub heading: String,
    /// The page it begins on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// What it says.
    pub text: String,
    /// How close it is to the question in meaning, -1 to 1, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cosine: Option<f32>,
}

/// How was searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Retrieval {
    /// `words_and_meaning`, or `words` when the embedding model can't be used.
    pub by: String,
    /// Why only by words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many passages there are.
    pub passages: i64,
    /// How many of them can be found by meaning so far.
    pub embedded: i64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Found {
    /// The passages, the best first.
    pub passages: Vec<Citation>,
    /// How was searched.
    pub retrieval: Retrieval,
}

/// A document's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Text {
    /// The document.
    pub document: Document,
    /// What it says, from the passage asked for on; at most twenty passages.
    pub text: String,
    /// The first passage in it, from 1.
    pub from: i64,
    /// The passage to go on from; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// An answer from documents.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Answer {
    /// Whether a document has an answer.
    pub found: bool,
    /// The sentences that answer, as the document has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Where they stand first, then other passages that fit.
    pub sources: Vec<Citation>,
    /// How was searched.
    pub retrieval: Retrieval,
}
