//! What changed between two definitions of a tool, for a person to read: field by field, a line for each change.
//!
//! The new text comes from whoever may want to deceive the reader, so it can't imitate the page: every text is on one line, in
//! quotes, with line breaks and hidden characters as escapes; letters outside ASCII are named in a changed text, because some
//! look like others. Each field has its own share of the page, so that noise in one can't push a change in another off it.

mod schema;

use std::fmt::Write as _;
use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use super::definition::Definition;
use crate::plain_text;

/// The longest diff, in bytes: the shares below, with their headings, stay under it.
const MAX_DIFF: usize = 8 * 1024;
const _: () = assert!(ARGUMENTS + ANNOTATIONS + DESCRIPTION + TITLE + OUTPUT + 5 * 80 <= MAX_DIFF);
const ARGUMENTS: usize = 3000;
const ANNOTATIONS: usize = 700;
const DESCRIPTION: usize = 2500;
const TITLE: usize = 500;
const OUTPUT: usize = 900;

/// How much of a changed stretch of text is shown.
const CHANGED: usize = 600;
/// How much of an unchanged stretch is shown at either end.
const AROUND: usize = 40;
/// A line that doesn't fit is shown in part if this much of it fits, in bytes.
const WORTH_CUTTING: usize = 80;
/// How long words are matched; beyond it the diff is coarser, never wrong.
const EFFORT: Duration = Duration::from_millis(50);

/// The changes from the approved definition to the one that is offered.
pub(crate) fn between(approved: &Definition, offered: &Definition) -> String {
    let mut page = String::new();
    let mut field = |heading: &str, share: usize, write: &dyn Fn(&mut Section)| {
        let mut section = Section { lines: String::new(), share, left_out: 0 };
        write(&mut section);
        section.close(heading, &mut page);
    };
    let schemas = |name: &'static str| {
        move |section: &mut Section| schema::compare(section, approved.object(name), offered.object(name))
    };
    field("arguments", ARGUMENTS, &schemas("inputSchema"));
    field("annotations", ANNOTATIONS, &|section| {
        schema::members(section, approved.object("annotations"), offered.object("annotations"));
    });
    for (heading, share) in [("description", DESCRIPTION), ("title", TITLE)] {
        field(heading, share, &|section| section.text(approved.string(heading), offered.string(heading)));
    }
    field("result", OUTPUT, &schemas("outputSchema"));
    if page.is_empty() {
        page.push_str("the definition changed in a way that can't be shown here\n");
    }
    page
}

/// One field's lines, up to its share of the page.
struct Section {
    lines: String,
    share: usize,
    left_out: usize,
}

impl Section {
    fn line(&mut self, line: &str) {
        // Writing to a String can't fail; so below.
        let room = self.share.saturating_sub(self.lines.len() + 8);
        if line.len() <= room {
            let _ = writeln!(self.lines, "  {line}");
            return;
        }
        if room >= WORTH_CUTTING {
            let _ = writeln!(self.lines, "  {} …", &line[..line.floor_char_boundary(room - 4)]);
        }
        self.left_out += 1;
    }

    fn close(mut self, heading: &str, page: &mut String) {
        if self.left_out > 0 {
            let _ = writeln!(self.lines, "  … and {} more lines that don't fit here", self.left_out);
        }
        if !self.lines.is_empty() {
            let _ = write!(page, "{heading}\n{}", self.lines);
        }
    }

    /// The words that differ, each stretch on a line of its own, between what stays.
    fn text(&mut self, before: &str, after: &str) {
        if before == after {
            return;
        }
        let words = TextDiff::configure().timeout(EFFORT).diff_words(before, after);
        let mut run = Run::default();
        for change in words.iter_all_changes() {
            let word = change.value();
            match change.tag() {
                // A space between two changed words belongs to the change.
                ChangeTag::Equal if run.changing() && word.trim().is_empty() => run.gap.push_str(word),
                ChangeTag::Equal => {
                    run.end_change(self);
                    run.same.push_str(word);
                }
                ChangeTag::Delete => run.change(self).0.push_str(word),
                ChangeTag::Insert => run.change(self).1.push_str(word),
            }
        }
        run.end_change(self);
        run.end_same(self);
    }
}

/// The stretch of text that is being collected.
#[derive(Default)]
struct Run {
    same: String,
    gone: String,
    new: String,
    gap: String,
}

impl Run {
    fn changing(&self) -> bool {
        !self.gone.is_empty() || !self.new.is_empty()
    }

    fn change(&mut self, section: &mut Section) -> (&mut String, &mut String) {
        self.end_same(section);
        let gap = std::mem::take(&mut self.gap);
        self.gone.push_str(&gap);
        self.new.push_str(&gap);
        (&mut self.gone, &mut self.new)
    }

    fn end_same(&mut self, section: &mut Section) {
        let same = std::mem::take(&mut self.same);
        if !same.is_empty() {
            section.line(&format!("  {}", unchanged(&same)));
        }
    }

    fn end_change(&mut self, section: &mut Section) {
        for (sign, text) in [('-', std::mem::take(&mut self.gone)), ('+', std::mem::take(&mut self.new))] {
            if !text.is_empty() {
                section.line(&format!("{sign} {}", changed(&text)));
            }
        }
        self.same.push_str(&std::mem::take(&mut self.gap));
    }
}

fn unchanged(text: &str) -> String {
    let length = text.chars().count();
    if length <= 2 * AROUND + 3 {
        return quoted(text);
    }
    let first: String = text.chars().take(AROUND).collect();
    let last: String = text.chars().skip(length - AROUND).collect();
    format!("{} … {}", quoted(&first), quoted(&last))
}

/// A changed text in quotes, with what may be mistaken in it spelled out.
fn changed(text: &str) -> String {
    let length = text.chars().count();
    let shown: String = text.chars().take(CHANGED).collect();
    let mut line = quoted(&shown);
    if length > CHANGED {
        let _ = write!(line, " … and {} more characters", length - CHANGED);
    }
    let mut foreign: Vec<char> = shown.chars().filter(|c| !c.is_ascii() && !escaped(*c)).collect();
    foreign.sort_unstable();
    foreign.dedup();
    if !foreign.is_empty() {
        let named: Vec<String> =
            foreign.iter().take(12).map(|c| format!("{c} is U+{:04X}", u32::from(*c))).collect();
        let more = if foreign.len() > 12 { ", …" } else { "" };
        let _ = write!(line, " ({}{more})", named.join(", "));
    }
    line
}

/// On one line, in quotes, with everything that can't be seen as an escape.
fn quoted(text: &str) -> String {
    format!("\"{}\"", visible(text))
}

fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if escaped(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

fn escaped(c: char) -> bool {
    plain_text::hidden(c)
        || (c != ' ' && c.is_whitespace())
        || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{2800}' | '\u{f0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests;
