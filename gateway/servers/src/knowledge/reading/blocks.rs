//! A document as stretches of text, each under its headings and on its page.

use super::{LARGEST_TEXT, ReadError};

/// One paragraph, list item, table row or the like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::knowledge) struct Block {
    /// The headings it stands under, the outermost first, joined by " > "; empty for none.
    pub heading: String,
    /// The page it stands on, from 1, where the format has pages.
    pub page: Option<u32>,
    pub text: String,
}

/// What a document says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::knowledge) struct Reading {
    /// The title it gives itself.
    pub title: Option<String>,
    pub blocks: Vec<Block>,
}

/// Collects blocks in the order of the document.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    reading: Reading,
    headings: Vec<(u8, String)>,
    page: Option<u32>,
    length: usize,
}

impl Blocks {
    /// From here on the text is on this page.
    pub fn page(&mut self, page: u32) {
        self.page = Some(page);
    }

    /// A heading; the first of level 1 is the title unless there is one.
    pub fn heading(&mut self, level: u8, text: &str) {
        let text = one_line(text);
        if text.is_empty() {
            return;
        }
        if level == 1 && self.reading.title.is_none() {
            self.reading.title = Some(text.clone());
        }
        self.headings.retain(|(above, _)| *above < level);
        self.headings.push((level, text));
    }

    pub fn title(&mut self, text: &str) {
        let text = one_line(text);
        if !text.is_empty() {
            self.reading.title = Some(text);
        }
    }

    /// A stretch of text.
    pub fn text(&mut self, text: &str) -> Result<(), ReadError> {
        let text = tidy(text);
        if text.is_empty() {
            return Ok(());
        }
        self.length += text.len();
        if self.length > LARGEST_TEXT {
            return Err(ReadError::Long);
        }
        let headings: Vec<&str> = self.headings.iter().map(|(_, text)| text.as_str()).collect();
        self.reading.blocks.push(Block { heading: headings.join(" > "), page: self.page, text });
        Ok(())
    }

    pub fn finish(self) -> Reading {
        self.reading
    }
}

/// The longest heading or title, in characters.
const LONGEST_HEADING: usize = 200;

fn one_line(text: &str) -> String {
    let words = tidy(text).split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(LONGEST_HEADING).collect()
}

/// Without what can't be seen, and with single spaces; line ends stay.
pub(in crate::knowledge) fn tidy(text: &str) -> String {
    let seen: String = text.chars().filter(|char| *char == '\n' || *char == '\t' || !unseen(*char)).collect();
    let lines = seen.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Controls, and the format characters that hide text or turn its direction (Unicode 16, general category Cf, without
/// the joiners that some scripts are written with).
fn unseen(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
