//! Plain text, and bytes as text.

use std::borrow::Cow;

use super::blocks::{Blocks, Reading};
use super::{LARGEST_TEXT, ReadError};

/// Paragraphs are separated by empty lines.
pub(super) fn read(bytes: &[u8]) -> Result<Reading, ReadError> {
    let mut blocks = Blocks::default();
    paragraphs(&decode(bytes)?, &mut blocks)?;
    Ok(blocks.finish())
}

/// The stretches between empty lines.
pub(super) fn paragraphs(text: &str, into: &mut Blocks) -> Result<(), ReadError> {
    let mut paragraph = String::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            into.text(&std::mem::take(&mut paragraph))?;
        } else {
            paragraph.push_str(line);
            paragraph.push('\n');
        }
    }
    into.text(&paragraph)
}

/// UTF-8, UTF-16 with a byte order mark, or Windows-1252, in which any bytes without control characters can be written.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    // Before the tidying; no text that fits is larger, since a character has at most twice the bytes in UTF-8.
    if bytes.len() > 4 * LARGEST_TEXT {
        return Err(ReadError::Long);
    }
    let text = match bytes {
        [0xef, 0xbb, 0xbf, text @ ..] => String::from_utf8_lossy(text),
        [0xff, 0xfe, text @ ..] => utf16(text, u16::from_le_bytes)?.into(),
        [0xfe, 0xff, text @ ..] => utf16(text, u16::from_be_bytes)?.into(),
        text => match std::str::from_utf8(text) {
            Ok(text) => text.into(),
            Err(_) => text.iter().map(|byte| windows_1252(*byte)).collect::<String>().into(),
        },
    };
    let control = |char: char| char.is_control() && !matches!(char, '\n' | '\r' | '\t' | '\u{c}' | '\u{85}');
    if text.chars().any(|char| char == '\0')
        || text.chars().filter(|char| control(*char)).count() * 20 > text.len()
    {
        return Err(ReadError::NotText);
    }
    Ok(text)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, ReadError> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return Err(ReadError::NotText) };
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16(&units).map_err(|_| ReadError::NotText)
}

/// By the WHATWG's table: only 0x80 to 0x9f are not Latin-1.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}
