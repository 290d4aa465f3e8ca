//! PDF, page by page.

use homepilot_models::cancel::Cancel;
use pdf_extract::{Document, PlainTextOutput, output_doc_page};

use super::blocks::{Blocks, Reading};
use super::{ReadError, plain};

/// The most pages of a document.
pub(super) const MOST_PAGES: usize = 2_000;

pub(super) fn read(bytes: &[u8], stop: &Cancel) -> Result<Reading, ReadError> {
    let damaged = |error: String| ReadError::Damaged(error.chars().take(100).collect());
    let mut document = Document::load_mem(bytes).map_err(|error| damaged(error.to_string()))?;
    if document.is_encrypted() && document.decrypt("").is_err() {
        return Err(ReadError::Locked);
    }
    let pages = document.get_pages();
    if pages.len() > MOST_PAGES {
        return Err(ReadError::Pages);
    }
    let mut blocks = Blocks::default();
    for page in pages.into_keys() {
        if stop.is_cancelled() {
            return Err(ReadError::Slow);
        }
        let mut text = String::new();
        output_doc_page(&document, &mut PlainTextOutput::new(&mut text), page)
            .map_err(|error| damaged(error.to_string()))?;
        blocks.page(page);
        plain::paragraphs(&joined(&text), &mut blocks)?;
    }
    Ok(blocks.finish())
}

/// Words that were cut at the end of a line, put together again.
fn joined(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    for line in text.lines() {
        let cut = whole.strip_suffix("-\n").is_some_and(|before| before.ends_with(char::is_lowercase));
        if cut && line.starts_with(char::is_lowercase) {
            whole.truncate(whole.len() - 2);
        }
        whole.push_str(line.trim_end());
        whole.push('\n');
    }
    whole
}
