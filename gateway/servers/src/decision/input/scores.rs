//! Scores in the forms they come in: by option, by criterion, as rows, as cells, or as they were spoken.

use serde_json::{Map, Value};

use super::super::names::{listed, without};
use super::super::scales;
use super::{Arguments, HIGHEST, InputError, LINE_CHARS, LOWEST, find, plain, split, wrong};

/// By option and criterion; none where no score was given.
pub(crate) type Given = Vec<Vec<Option<f64>>>;

/// The scores that were given.
pub(crate) fn scores(
    arguments: &Arguments,
    options: &[String],
    criteria: &[String],
) -> Result<Given, InputError> {
    let given = vec![vec![None; criteria.len()]; options.len()];
    let mut sheet = Sheet { options, criteria, given };
    match arguments.value("scores") {
        None => {}
        Some(Value::String(text)) => sheet.spoken(text)?,
        Some(Value::Object(members)) => sheet.by_name(members)?,
        Some(Value::Array(items)) if !items.is_empty() && items.iter().all(Value::is_array) => {
            sheet.rows(items)?
        }
        Some(Value::Array(items)) => {
            for item in items {
                match item {
                    Value::String(text) => sheet.spoken(text)?,
                    Value::Object(members) if members.contains_key("score") => sheet.cell(members)?,
                    Value::Object(members) => sheet.by_name(members)?,
                    other => return Err(wrong("scores", "a list like [\"Honda price 7\"]", other).into()),
                }
            }
        }
        Some(other) => return Err(wrong("scores", "a list like [\"Honda price 7\"]", other).into()),
    }
    Ok(sheet.given)
}

struct Sheet<'a> {
    options: &'a [String],
    criteria: &'a [String],
    given: Given,
}

impl Sheet<'_> {
    /// `{"Honda": {"price": 7}}`, `{"Honda": [7, 9]}`, or the same by criterion.
    fn by_name(&mut self, members: &Map<String, Value>) -> Result<(), InputError> {
        for (name, inner) in members {
            let option = find("options", name, self.options);
            let by_option = option.is_ok();
            // A name that is neither is reported as an unknown option.
            let at = option.or_else(|unknown| find("criteria", name, self.criteria).map_err(|_| unknown))?;
            let across = if by_option { self.criteria } else { self.options };
            let place = |other: usize| if by_option { (at, other) } else { (other, at) };
            match inner {
                Value::Object(cells) => {
                    for (name, score) in cells {
                        let other = find(if by_option { "criteria" } else { "options" }, name, across)?;
                        self.put(place(other), score)?;
                    }
                }
                Value::Array(row) if row.len() == across.len() => {
                    for (other, score) in row.iter().enumerate() {
                        self.put(place(other), score)?;
                    }
                }
                score @ (Value::Number(_) | Value::String(_)) if across.len() == 1 => {
                    self.put(place(0), score)?
                }
                _ => return Err(row_error(name, across)),
            }
        }
        Ok(())
    }

    /// A row for each option, in their order.
    fn rows(&mut self, rows: &[Value]) -> Result<(), InputError> {
        if rows.len() != self.options.len() {
            let known = listed(self.options);
            return Err(InputError::Row {
                what: "the list of scores".to_owned(),
                wanted: self.options.len(),
                known,
            });
        }
        for (option, row) in rows.iter().enumerate() {
            let row = row.as_array().filter(|row| row.len() == self.criteria.len());
            let row = row.ok_or_else(|| row_error(&self.options[option], self.criteria))?;
            for (criterion, score) in row.iter().enumerate() {
                self.put((option, criterion), score)?;
            }
        }
        Ok(())
    }

    /// `{"option": "Honda", "criterion": "price", "score": 7}`.
    fn cell(&mut self, members: &Map<String, Value>) -> Result<(), InputError> {
        let name = |name| members.get(name).and_then(Value::as_str).unwrap_or_default();
        let option = find("options", name("option"), self.options)?;
        let criterion = find("criteria", name("criterion"), self.criteria)?;
        self.put((option, criterion), members.get("score").unwrap_or(&Value::Null))
    }

    /// "the Honda gets 7 for price and 9 for safety".
    fn spoken(&mut self, text: &str) -> Result<(), InputError> {
        let text = plain("scores", text, LINE_CHARS)?.replace(" and a half", " point five");
        let names = || self.options.iter().chain(self.criteria);
        let and = if names().any(|name| name.contains(" and ")) { ";" } else { " and " };
        let mut option = None;
        for piece in split(&text, &[",", ";", and], ";") {
            let misread = |sheet: &Self| InputError::Score { text: piece.clone(), example: sheet.example() };
            let mut rest = piece.clone();
            if let Some((at, left)) = longest(&piece, self.options) {
                option = Some(at);
                rest = left;
            }
            let only = (self.criteria.len() == 1).then_some(0);
            let (criterion, rest) = match longest(&rest, self.criteria) {
                Some((at, left)) => (Some(at), left),
                None => (only, rest),
            };
            let score = scales::score(&without_fillers(&rest));
            let (Some(option), Some(criterion), Some(score)) = (option, criterion, score) else {
                return Err(misread(self));
            };
            self.keep((option, criterion), score)?;
        }
        Ok(())
    }

    fn put(&mut self, place: (usize, usize), score: &Value) -> Result<(), InputError> {
        let read = match score {
            Value::Null => return Ok(()),
            Value::Number(number) => number.as_f64(),
            Value::String(text) => scales::score(text),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let misread = || InputError::Score {
            text: score.to_string().chars().take(40).collect(),
            example: self.example(),
        };
        self.keep(place, read.ok_or_else(misread)?)
    }

    fn keep(&mut self, (option, criterion): (usize, usize), score: f64) -> Result<(), InputError> {
        let names = || (self.options[option].clone(), self.criteria[criterion].clone());
        if !(LOWEST..=HIGHEST).contains(&score) {
            let (option, criterion) = names();
            return Err(InputError::ScoreRange { option, criterion, found: score.to_string() });
        }
        if self.given[option][criterion].replace(score).is_some() {
            let (option, criterion) = names();
            return Err(InputError::ScoreTwice { option, criterion });
        }
        Ok(())
    }

    fn example(&self) -> String {
        let first = |names: &[String]| names.first().cloned().unwrap_or_default();
        format!("{} {} 7", first(self.options), first(self.criteria))
    }
}

fn row_error(name: &str, across: &[String]) -> InputError {
    InputError::Row { what: name.to_owned(), wanted: across.len(), known: listed(across) }
}

/// The longest of `names` that stands in `text`, and the text without it.
fn longest(text: &str, names: &[String]) -> Option<(usize, String)> {
    let found = names.iter().enumerate().filter_map(|(at, name)| Some((at, without(text, name)?)));
    found.max_by_key(|(at, _)| names[*at].len())
}

/// What is left of "the … gets 7 for …" around the names.
fn without_fillers(text: &str) -> String {
    const FILLERS: [&str; 13] =
        ["the", "a", "an", "gets", "has", "scores", "score", "is", "for", "on", "in", "of", "with"];
    let words = text.split_whitespace().filter(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        // "out of ten" keeps its "of".
        !word.is_empty() && (!FILLERS.contains(&word.as_str()) || (word == "of" && text.contains("out of")))
    });
    words.collect::<Vec<_>>().join(" ")
}
