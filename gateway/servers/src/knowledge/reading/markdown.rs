//! Markdown, as CommonMark with tables. Front matter, HTML and addresses of links are left out.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::ReadError;
use super::blocks::{Blocks, Reading};

pub(super) fn read(text: &str) -> Result<Reading, ReadError> {
    let mut blocks = Blocks::default();
    into(text, &mut blocks)?;
    Ok(blocks.finish())
}

/// Adds what the Markdown says to `blocks`.
pub(super) fn into(text: &str, blocks: &mut Blocks) -> Result<(), ReadError> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS | Options::ENABLE_TASKLISTS;
    let mut words = String::new();
    let mut metadata = false;
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::MetadataBlock(_)) => metadata = true,
            Event::End(TagEnd::MetadataBlock(_)) => metadata = false,
            Event::Text(_) | Event::Code(_) if metadata => {}
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak => words.push(' '),
            Event::HardBreak => words.push('\n'),
            Event::End(TagEnd::TableCell) => words.push_str("; "),
            Event::End(TagEnd::Heading(level)) => blocks.heading(level as u8, &std::mem::take(&mut words)),
            Event::End(TagEnd::TableHead | TagEnd::TableRow) => {
                let row = std::mem::take(&mut words);
                blocks.text(row.trim_end_matches("; "))?;
            }
            // A list's item ends where the list within it begins.
            Event::Start(
                Tag::Item | Tag::List(_) | Tag::Paragraph | Tag::CodeBlock(_) | Tag::Heading { .. },
            )
            | Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::CodeBlock) => {
                blocks.text(&std::mem::take(&mut words))?;
            }
            _ => {}
        }
    }
    blocks.text(&words)
}
