//! Files as text: what can be read, within which limits, and where in a document each stretch of text stands.
//!
//! A document comes from anywhere, and the crates that read PDF and docx can panic, recurse or go on for ever on a
//! hostile one. So a file is read on a thread of its own, with a stack of 64 MiB, a place for two at a time, a panic
//! caught, and given up after [`LONGEST_READ`].
//!
//! Control characters other than line ends, and characters that turn the direction of writing, do not get past here.

mod blocks;
mod docx;
mod html;
mod markdown;
mod pdf;
mod plain;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use homepilot_models::cancel::Cancel;
use tokio::sync::{Semaphore, oneshot};

pub(super) use blocks::{Block, Reading, tidy};

/// The largest file, in bytes.
pub(super) const LARGEST_FILE: u64 = 50 * 1024 * 1024;
/// The most text of one document, in bytes of UTF-8: about 800,000 English words.
pub(super) const LARGEST_TEXT: usize = 5 * 1024 * 1024;
/// How long one file may take.
pub(super) const LONGEST_READ: Duration = Duration::from_secs(30);
/// What the threads that read can use of their stacks, in bytes.
const STACK: usize = 64 * 1024 * 1024;
/// Files that are read at the same time. One that never ends keeps its place.
const AT_ONCE: usize = 2;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Plain,
    Markdown,
    Html,
    Pdf,
    Docx,
}

/// Why a document could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReadError {
    #[error("it is not text: the encodings that can be read are UTF-8, UTF-16 with a mark, and Windows-1252")]
    NotText,
    #[error("it has more than 5 MB of text: split it up")]
    Long,
    #[error("it has no text; a scanned document has to go through text recognition first")]
    Empty,
    #[error("it is locked with a password: save it without one")]
    Locked,
    #[error("it has more than {} pages: split it up", pdf::MOST_PAGES)]
    Pages,
    #[error("it unpacks to more than 100 MB: split it up")]
    Unpacked,
    #[error("it is damaged, or has something in it that cannot be read ({0})")]
    Damaged(String),
    #[error("reading it takes longer than 30 seconds")]
    Slow,
    #[error("other files that take too long are still being read: try again later, or restart HomePilot")]
    Stuck,
}

impl Format {
    /// By the ending of its name.
    pub fn of(path: &Path) -> Option<Format> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "txt" | "text" | "rst" | "org" => Some(Format::Plain),
            "md" | "markdown" => Some(Format::Markdown),
            "html" | "htm" | "xhtml" => Some(Format::Html),
            "pdf" => Some(Format::Pdf),
            "docx" => Some(Format::Docx),
            _ => None,
        }
    }

    /// Its name in the structured output and the database.
    pub fn name(self) -> &'static str {
        match self {
            Format::Plain => "text",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Pdf => "pdf",
            Format::Docx => "docx",
        }
    }
}

/// Reads bytes in the calling thread, for as long as it takes or until `stop`.
pub(super) fn read(format: Format, bytes: &[u8], stop: &Cancel) -> Result<Reading, ReadError> {
    let reading = match format {
        Format::Plain => plain::read(bytes),
        Format::Markdown => markdown::read(&plain::decode(bytes)?),
        Format::Html => html::read(&plain::decode(bytes)?),
        Format::Pdf => pdf::read(bytes, stop),
        Format::Docx => docx::read(bytes),
    }?;
    if reading.blocks.is_empty() { Err(ReadError::Empty) } else { Ok(reading) }
}

/// Reads files apart from everything else.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    places: Arc<Semaphore>,
    longest: Duration,
}

impl Reader {
    pub fn new() -> Reader {
        Reader { places: Arc::new(Semaphore::new(AT_ONCE)), longest: LONGEST_READ }
    }

    /// What the bytes say. A thread that does not end in time is left to itself and keeps its place: it can't be ended
    /// from outside, and joining it would hold up everything.
    pub async fn read(&self, format: Format, bytes: Vec<u8>) -> Result<Reading, ReadError> {
        let waited = tokio::time::timeout(self.longest, self.places.clone().acquire_owned()).await;
        let Ok(Ok(place)) = waited else { return Err(ReadError::Stuck) };
        let (reply, result) = oneshot::channel();
        let stop = Cancel::new();
        let seen = stop.clone();
        let work = move || {
            let read = catch_unwind(AssertUnwindSafe(|| read(format, &bytes, &seen)));
            drop(place);
            // Whoever waited may have given up.
            drop(
                reply.send(read.unwrap_or_else(|_| Err(ReadError::Damaged("its reader failed".to_owned())))),
            );
        };
        if let Err(error) = thread::Builder::new().name("document".to_owned()).stack_size(STACK).spawn(work) {
            return Err(ReadError::Damaged(format!("no thread could be started: {error}")));
        }
        match tokio::time::timeout(self.longest, result).await {
            Ok(Ok(read)) => read,
            Ok(Err(_)) => Err(ReadError::Damaged("its reader failed".to_owned())),
            Err(_) => {
                stop.cancel();
                Err(ReadError::Slow)
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
