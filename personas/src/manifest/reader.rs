//! Typed access to a parsed TOML table that writes down what is wrong and goes on.
//!
//! Every accessor returns `None` for an absent key *and* for one it has reported, so that a caller never complains twice.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::persona::Level;
use crate::problem::{PersonaProblem, nearest, one_of};

/// A value and where it stands in the file, in bytes.
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) span: Option<Range<usize>>,
}

/// A table of the file with the dotted path that leads to it.
pub(super) struct Section<'t> {
    path: String,
    table: &'t DeTable<'t>,
    span: Option<Range<usize>>,
}

impl<'t> Section<'t> {
    pub(super) fn root(table: &'t DeTable<'t>) -> Self {
        Self { path: String::new(), table, span: None }
    }

    /// The dotted name of a key of this section.
    pub(super) fn field(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }
}

/// Collects the problems of one file.
pub(super) struct Reader<'s> {
    source: &'s str,
    file: &'s Path,
    problems: Vec<PersonaProblem>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s str, file: &'s Path) -> Self {
        Self { source, file, problems: Vec::new() }
    }

    /// In the order of the lines; problems without a line last.
    pub(super) fn into_problems(mut self) -> Vec<PersonaProblem> {
        self.problems.sort_by_key(|problem| problem.line.unwrap_or(usize::MAX));
        self.problems
    }

    /// Writes a problem down.
    pub(super) fn report(&mut self, at: Option<Range<usize>>, field: &str, message: &str) {
        let line = at.map(|span| {
            let before = &self.source.as_bytes()[..span.start.min(self.source.len())];
            before.iter().filter(|byte| **byte == b'\n').count() + 1
        });
        let field = (!field.is_empty()).then(|| field.to_owned());
        let message = message.trim().replace('\n', "; ");
        self.problems.push(PersonaProblem { file: self.file.to_owned(), line, field, message });
    }

    /// As [`Reader::report`]; the `None` ends an `Option` chain.
    pub(super) fn refuse<T>(&mut self, at: Option<Range<usize>>, field: &str, message: &str) -> Option<T> {
        self.report(at, field, message);
        None
    }

    /// Refuses every key that isn't in `known`.
    pub(super) fn known_keys(&mut self, section: &Section<'_>, known: &[&str]) {
        for (key, _) in section.table {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let hint = match nearest(name, known) {
                Some(meant) => format!("unknown key; did you mean {:?}?", section.field(meant)),
                None => format!("unknown key; known here: {}", known.join(", ")),
            };
            self.report(Some(key.span()), &section.field(name), &hint);
        }
    }

    fn wrong_type<T>(
        &mut self,
        section: &Section<'_>,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        want: &str,
    ) -> Option<T> {
        let message = format!("must be {want}, not {}", describe(value.get_ref()));
        self.refuse(Some(value.span()), &section.field(key), &message)
    }

    fn missing<T>(&mut self, section: &Section<'_>, key: &str) -> Option<T> {
        self.refuse(section.span.clone(), &section.field(key), "is missing")
    }

    pub(super) fn string(&mut self, section: &Section<'_>, key: &str) -> Option<Found<String>> {
        let value = section.get(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some(Found { value: text.to_owned(), span: Some(value.span()) }),
            None => self.wrong_type(section, key, value, "text in quotes"),
        }
    }

    pub(super) fn required(&mut self, section: &Section<'_>, key: &str) -> Option<Found<String>> {
        if section.get(key).is_none() { self.missing(section, key) } else { self.string(section, key) }
    }

    pub(super) fn boolean(&mut self, section: &Section<'_>, key: &str) -> Option<bool> {
        let value = section.get(key)?;
        match value.get_ref().as_bool() {
            Some(flag) => Some(flag),
            None => self.wrong_type(section, key, value, "true or false"),
        }
    }

    pub(super) fn number(&mut self, section: &Section<'_>, key: &str) -> Option<Found<f64>> {
        let value = section.get(key)?;
        match number(value.get_ref()) {
            Some(number) => Some(Found { value: number, span: Some(value.span()) }),
            None => self.wrong_type(section, key, value, "a number"),
        }
    }

    pub(super) fn level(&mut self, section: &Section<'_>, key: &str) -> Option<Found<Level>> {
        let value = section.get(key)?;
        let level = value.get_ref().as_integer().and_then(|integer| {
            let number = u8::from_str_radix(integer.as_str(), integer.radix()).ok()?;
            Level::try_from(number).ok()
        });
        match level {
            Some(level) => Some(Found { value: level, span: Some(value.span()) }),
            None => {
                let levels = one_of(&[Level::ReadOnly, Level::Confirm, Level::Autonomous]);
                self.wrong_type(section, key, value, &levels)
            }
        }
    }

    pub(super) fn required_level(&mut self, section: &Section<'_>, key: &str) -> Option<Found<Level>> {
        if section.get(key).is_none() { self.missing(section, key) } else { self.level(section, key) }
    }

    /// One of a closed set of words.
    pub(super) fn word<T: Copy>(
        &mut self,
        section: &Section<'_>,
        key: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = self.string(section, key)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(*value);
        }
        let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let quoted: Vec<String> = allowed.iter().map(|word| format!("{word:?}")).collect();
        let hint = nearest(&text.value, &allowed)
            .map(|word| format!("; did you mean {word:?}?"))
            .unwrap_or_default();
        let message = format!("must be {}, not {:?}{hint}", one_of(&quoted), text.value);
        self.refuse(text.span, &section.field(key), &message)
    }

    /// An array of texts; `check` says what is wrong with one.
    pub(super) fn strings(
        &mut self,
        section: &Section<'_>,
        key: &str,
        check: impl Fn(&str) -> Option<String>,
    ) -> Vec<String> {
        let Some(value) = section.get(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type::<()>(section, key, value, "a list of texts such as [\"one\", \"two\"]");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (index, item) in array.iter().enumerate() {
            let name = format!("{key}[{}]", index + 1);
            match item.get_ref().as_str() {
                None => drop(self.wrong_type::<()>(section, &name, item, "text in quotes")),
                Some(text) => match check(text) {
                    Some(wrong) => self.report(Some(item.span()), &section.field(&name), &wrong),
                    None => texts.push(text.to_owned()),
                },
            }
        }
        texts
    }

    pub(super) fn section<'t>(&mut self, parent: &Section<'t>, key: &str) -> Option<Section<'t>> {
        let value = parent.get(key)?;
        match value.get_ref().as_table() {
            Some(table) => Some(Section { path: parent.field(key), table, span: Some(value.span()) }),
            None => {
                let want = format!("a section headed [{}]", parent.field(key));
                self.wrong_type(parent, key, value, &want)
            }
        }
    }

    /// An array of tables; counted from 1 in field names, as people count.
    pub(super) fn sections<'t>(&mut self, parent: &Section<'t>, key: &str) -> Vec<Section<'t>> {
        let Some(value) = parent.get(key) else { return Vec::new() };
        let want = format!("sections headed [[{}]]", parent.field(key));
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type::<()>(parent, key, value, &want);
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (index, item) in array.iter().enumerate() {
            let name = format!("{key}[{}]", index + 1);
            match item.get_ref().as_table() {
                Some(table) => {
                    sections.push(Section { path: parent.field(&name), table, span: Some(item.span()) });
                }
                None => drop(self.wrong_type::<()>(parent, &name, item, &want)),
            }
        }
        sections
    }

    /// Text of a length in characters, trimmed; line breaks and tabs are the only control characters.
    pub(super) fn text(
        &mut self,
        text: Found<String>,
        field: &str,
        length: RangeInclusive<usize>,
    ) -> Option<String> {
        self.bounded(text, field, length, |c| matches!(c, '\n' | '\r' | '\t'))
    }

    /// Text of one line.
    pub(super) fn line_of_text(
        &mut self,
        text: Found<String>,
        field: &str,
        length: RangeInclusive<usize>,
    ) -> Option<String> {
        self.bounded(text, field, length, |_| false)
    }

    fn bounded(
        &mut self,
        text: Found<String>,
        field: &str,
        length: RangeInclusive<usize>,
        control: impl Fn(char) -> bool,
    ) -> Option<String> {
        let trimmed = text.value.trim();
        let count = trimmed.chars().count();
        if let Some(odd) = trimmed.chars().find(|c| is_unspeakable(*c) && !control(*c)) {
            let message = format!("must not hold the character U+{:04X}; remove it", u32::from(odd));
            return self.refuse(text.span, field, &message);
        }
        if length.contains(&count) {
            return Some(trimmed.to_owned());
        }
        let (least, most) = (length.start(), length.end());
        let message = if count == 0 {
            format!("must not be empty; write up to {most} characters")
        } else {
            format!("must be {least} to {most} characters, not {count}")
        };
        self.refuse(text.span, field, &message)
    }
}

/// Control characters, and the marks that reorder text on a screen (Unicode's bidirectional controls).
fn is_unspeakable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(float) => float.as_str().parse().ok(),
        DeValue::Integer(integer) => {
            i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|whole| whole as f64)
        }
        DeValue::String(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    }
}

fn describe(value: &DeValue<'_>) -> String {
    fn plain(value: impl Display) -> String {
        value.to_string()
    }
    match value {
        DeValue::String(text) => format!("{:?}", shorten(text)),
        DeValue::Integer(integer) => plain(integer),
        DeValue::Float(float) => plain(float),
        DeValue::Boolean(flag) => plain(flag),
        DeValue::Datetime(when) => plain(when),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
