//! Word documents: paragraphs, headings by their style, tables row by row.

use std::io::{self, Cursor, Read};

use docx_rs::{
    DocumentChild, Paragraph, StructuredDataTag, StructuredDataTagChild, Table, TableCellContent, TableChild,
    TableRowChild, read_docx,
};
use zip::ZipArchive;

use super::ReadError;
use super::blocks::{Blocks, Reading};

/// The most that a document's parts may unpack to, in bytes.
const LARGEST_UNPACKED: u64 = 100 * 1024 * 1024;

pub(super) fn read(bytes: &[u8]) -> Result<Reading, ReadError> {
    unpacks(bytes)?;
    let document = read_docx(bytes).map_err(|error| ReadError::Damaged(error.to_string()))?;
    let mut blocks = Blocks::default();
    for child in &document.document.children {
        match child {
            DocumentChild::Paragraph(child) => paragraph(child, &mut blocks)?,
            DocumentChild::Table(child) => table(child, &mut blocks)?,
            DocumentChild::StructuredDataTag(child) => tag(child, &mut blocks)?,
            _ => {}
        }
    }
    Ok(blocks.finish())
}

/// Whether it stays within bounds, by unpacking it: what its directory says of the sizes need not be true.
fn unpacks(bytes: &[u8]) -> Result<(), ReadError> {
    let damaged = |error: String| ReadError::Damaged(error);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(error.to_string()))?;
    let mut left = LARGEST_UNPACKED;
    for part in 0..archive.len() {
        let part = archive.by_index(part).map_err(|error| damaged(error.to_string()))?;
        let unpacked = io::copy(&mut part.take(left + 1), &mut io::sink());
        let unpacked = unpacked.map_err(|error| damaged(error.to_string()))?;
        left = left.checked_sub(unpacked).ok_or(ReadError::Unpacked)?;
    }
    Ok(())
}

fn paragraph(paragraph: &Paragraph, blocks: &mut Blocks) -> Result<(), ReadError> {
    let text = paragraph.raw_text();
    let style =
        paragraph.property.style.as_ref().map(|style| style.val.to_ascii_lowercase()).unwrap_or_default();
    match (style.as_str(), style.strip_prefix("heading").and_then(|level| level.trim().parse().ok())) {
        ("title", _) => blocks.title(&text),
        (_, Some(level @ 1..=9)) => blocks.heading(level, &text),
        _ => blocks.text(&text)?,
    }
    Ok(())
}

fn tag(tag: &StructuredDataTag, blocks: &mut Blocks) -> Result<(), ReadError> {
    for child in &tag.children {
        match child {
            StructuredDataTagChild::Paragraph(child) => paragraph(child, blocks)?,
            StructuredDataTagChild::Table(child) => table(child, blocks)?,
            StructuredDataTagChild::StructuredDataTag(child) => self::tag(child, blocks)?,
            _ => {}
        }
    }
    Ok(())
}

fn table(table: &Table, blocks: &mut Blocks) -> Result<(), ReadError> {
    for TableChild::TableRow(row) in &table.rows {
        let mut cells = Vec::new();
        for TableRowChild::TableCell(cell) in &row.cells {
            let mut words = Vec::new();
            for child in &cell.children {
                match child {
                    TableCellContent::Paragraph(child) => words.push(child.raw_text()),
                    TableCellContent::Table(child) => self::table(child, blocks)?,
                    _ => {}
                }
            }
            cells.push(words.join(" "));
        }
        blocks.text(&cells.join("; "))?;
    }
    Ok(())
}
