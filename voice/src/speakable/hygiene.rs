//! Characters that no voice can say, first and last.

use std::sync::LazyLock;

use regex::Regex;

/// A longer run without a space is no word, and would stop the voice for half a minute.
const LONGEST_WORD: usize = 60;

/// Takes out control, zero-width, bidirectional and private characters and emoji, and makes quotes and spaces plain.
pub(super) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\u{2028}' | '\u{2029}' => clean.push('\n'),
            '\u{2018}' | '\u{2019}' | '\u{201b}' => clean.push('\''),
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => clean.push('"'),
            '\u{2010}' | '\u{2011}' => clean.push('-'),
            '\u{2022}' | '\u{25cf}' | '\u{25e6}' | '\u{2023}' => clean.push('-'),
            '\u{2192}' | '\u{21d2}' => clean.push_str(" to "),
            c if is_silent(c) => {}
            c if is_picture(c) => clean.push(' '),
            c if c.is_whitespace() || c.is_control() => clean.push(' '),
            c => clean.push(c),
        }
    }
    clean
}

/// Has no sound and no width: joins what stands around it.
fn is_silent(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}'
        | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}' | '\u{e000}'..='\u{f8ff}' | '\u{20e3}')
}

/// Emoji, arrows, dingbats, box drawing.
fn is_picture(c: char) -> bool {
    matches!(c,
        '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
        | '\u{1f000}'..='\u{1faff}' | '\u{a9}' | '\u{ae}' | '\u{2122}')
}

static LEFTOVERS: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"[\\{}\[\]<>|^~_=*#`]+"));
static SPACE_BEFORE_MARK: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"\s+([,.!?;:])(\s|$)"));
static DOUBLE_MARKS: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"([,;:])(?:\s*[,;:])+"));
static MARK_AFTER_END: LazyLock<Regex> = LazyLock::new(|| super::pattern(r"([!?])\s*[,;:]+(\s|$)"));

/// The last pass: no symbols left over, single spaces, no mark without a word, no endless word.
pub(super) fn settle(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = LEFTOVERS.replace_all(line, " ");
        let words: Vec<&str> =
            line.split_whitespace().filter(|word| word.chars().count() <= LONGEST_WORD).collect();
        let line = words.join(" ");
        let line = SPACE_BEFORE_MARK.replace_all(&line, "$1$2");
        let line = DOUBLE_MARKS.replace_all(&line, "$1");
        let line = MARK_AFTER_END.replace_all(&line, "$1$2");
        let line = line.trim_start_matches([',', ';', ':', '.', '-', ' ']).trim_end();
        if line.chars().any(char::is_alphanumeric) {
            lines.push(line.to_owned());
        }
    }
    // A line's end is a pause: a reader of lists breathes there.
    let last = lines.len().saturating_sub(1);
    for line in &mut lines[..last] {
        if !line.ends_with(['.', '!', '?', ':', ';', ',', '"']) {
            line.push('.');
        }
    }
    lines.join(" ")
}
