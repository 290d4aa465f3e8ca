//! What a person or a planner gave, read strictly: what can't be understood is an error that says how to say it, and is
//! never guessed at.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::grid::{HIGHEST, LOWEST};
use super::names::{capital, listed, place, same};
use super::scales::{self, IMPORTANT, Weight};
use crate::arguments::{ArgumentError, Arguments, plain};

mod risks;
mod scores;

pub(super) use risks::{Risk, risks};
pub(super) use scores::scores;

/// Options of one decision.
pub(super) const OPTIONS: RangeInclusive<usize> = 2..=8;
/// Criteria of one decision.
pub(super) const CRITERIA: RangeInclusive<usize> = 1..=12;
/// Points or risks that are given.
pub(super) const ITEMS: RangeInclusive<usize> = 1..=12;
/// Characters of an option.
pub(super) const OPTION_CHARS: usize = 80;
/// Characters of a criterion.
pub(super) const CRITERION_CHARS: usize = 40;
/// Characters of a point or a risk.
pub(super) const ITEM_CHARS: usize = 120;
/// Characters of a question or a plan.
pub(super) const QUESTION_CHARS: usize = 300;
/// Characters of one text of scores or of a criterion with its weight.
pub(super) const LINE_CHARS: usize = 400;
/// Items of any list that is looked at before its own limit is told.
const MOST_ITEMS: usize = 100;
/// The greatest weight given as a number.
pub(super) const HEAVIEST: f64 = 1000.0;

/// Why what was given can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    #[error("give me at least two options to choose from")]
    FewOptions,
    #[error("{count} options are too many: give me at most {}", OPTIONS.end())]
    ManyOptions { count: usize },
    #[error("give me at least one criterion, such as price")]
    NoCriteria,
    #[error("{count} criteria are too many: give me at most {}", CRITERIA.end())]
    ManyCriteria { count: usize },
    #[error("two {what} are called {name}: give each a name of its own")]
    Twice { what: &'static str, name: String },
    #[error("I don't understand the weight of {name}: say a number, or a word like very important")]
    Weight { name: String },
    #[error("the weight of {name} must be from 0 to {HEAVIEST}")]
    WeightRange { name: String },
    #[error("some weights are numbers and some are words: give all of them in one way")]
    MixedWeights,
    #[error("no criterion counts for anything: make at least one important")]
    NoWeight,
    #[error("I don't understand the score \"{text}\": say it like \"{example}\"")]
    Score { text: String, example: String },
    #[error("the score of {option} on {criterion} is {found}: scores go from {LOWEST} to {HIGHEST}")]
    ScoreRange { option: String, criterion: String, found: String },
    #[error("{option} has two scores on {criterion}: give one")]
    ScoreTwice { option: String, criterion: String },
    #[error("{name} is not one of the {what}: they are {known}")]
    Unknown { what: &'static str, name: String, known: String },
    #[error("{what} needs {wanted} scores in this order: {known}")]
    Row { what: String, wanted: usize, known: String },
    #[error("the {what} of {risk} must be from 1 to 5, or a word like {example}")]
    Rating { what: &'static str, risk: String, example: &'static str },
    #[error("a risk needs words: say what could go wrong")]
    NoRisk,
}

/// A criterion and what it counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Criterion {
    pub name: String,
    /// Its importance, as it was given.
    pub importance: Option<String>,
    /// What that means among the others.
    pub weight: f64,
    /// Whether the model proposed it.
    pub drafted: bool,
}

/// The options. One text that names several counts as all of them: "the Honda or the Toyota".
pub(super) fn options(arguments: &Arguments) -> Result<Vec<String>, InputError> {
    let given = arguments.texts("options", 0..=MOST_ITEMS, LINE_CHARS)?.unwrap_or_default();
    let given = match &given[..] {
        [one] => split(one, &[" or ", " versus ", " vs. ", " vs ", ",", ";"], " and "),
        _ => given,
    };
    let options: Vec<String> =
        given.iter().map(|option| option.trim_end_matches(['.', '?']).to_owned()).collect();
    match options.len() {
        0 | 1 => return Err(InputError::FewOptions),
        count if count > *OPTIONS.end() => return Err(InputError::ManyOptions { count }),
        _ => {}
    }
    for option in &options {
        plain("options", option, OPTION_CHARS)?;
    }
    once("options", &options)?;
    Ok(options)
}

/// The criteria that were given, with their weights; empty if none were.
pub(super) fn criteria(arguments: &Arguments) -> Result<Vec<Criterion>, InputError> {
    let given: Vec<(String, Option<String>)> = match arguments.value("criteria") {
        None => return Ok(Vec::new()),
        Some(Value::String(text)) => {
            let text = plain("criteria", text, LINE_CHARS)?;
            let mut pieces: Vec<String> = Vec::new();
            for piece in split(&text, &[",", ";", " and "], " and ") {
                match pieces.last_mut() {
                    Some(last) if scales::weight(&piece).is_some() => *last = format!("{last}: {piece}"),
                    _ => pieces.push(piece),
                }
            }
            pieces.iter().map(|piece| weighted(piece)).collect()
        }
        Some(Value::Array(items)) => items.iter().map(criterion).collect::<Result<_, _>>()?,
        Some(Value::Object(weights)) => weights
            .iter()
            .map(|(name, weight)| Ok((name.clone(), importance(name, Some(weight))?)))
            .collect::<Result<_, InputError>>()?,
        Some(other) => return Err(wrong("criteria", "a list of strings", other).into()),
    };
    match given.len() {
        0 => return Err(InputError::NoCriteria),
        count if count > *CRITERIA.end() => return Err(InputError::ManyCriteria { count }),
        _ => {}
    }
    let names: Vec<String> =
        given.iter().map(|(name, _)| plain("criteria", name, CRITERION_CHARS)).collect::<Result<_, _>>()?;
    once("criteria", &names)?;
    weigh(names.into_iter().zip(given).map(|(name, (_, importance))| (name, importance)).collect())
}

/// Criteria that the model proposed: all count the same.
pub(super) fn proposed(names: Vec<String>) -> Vec<Criterion> {
    let criterion = |name| Criterion { name, importance: None, weight: 1.0, drafted: true };
    names.into_iter().map(criterion).collect()
}

fn criterion(item: &Value) -> Result<(String, Option<String>), InputError> {
    match item {
        Value::String(text) => Ok(weighted(&plain("criteria", text, LINE_CHARS)?)),
        Value::Object(members) => {
            let known = |name: &&String| matches!(name.as_str(), "name" | "weight");
            if let Some(name) = members.keys().find(|name| !known(name)) {
                let known = "name and weight".to_owned();
                return Err(InputError::Unknown { what: "parts of a criterion", name: name.clone(), known });
            }
            let Some(Value::String(name)) = members.get("name") else {
                return Err(ArgumentError::Missing { name: "name of a criterion", wanted: "a string" }.into());
            };
            Ok((name.clone(), importance(name, members.get("weight"))?))
        }
        other => Err(wrong("criteria", "a list of strings", other).into()),
    }
}

fn importance(name: &str, weight: Option<&Value>) -> Result<Option<String>, InputError> {
    match weight {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(InputError::Weight { name: name.to_owned() }),
    }
}

/// "price: very important", "price (3)", "price, 40%" and "price is very important" apart; a text without a weight is a
/// name.
fn weighted(text: &str) -> (String, Option<String>) {
    for separator in [':', '=', '(', ','] {
        if let Some((name, weight)) = text.split_once(separator)
            && !name.trim().is_empty()
            && scales::weight(weight).is_some()
        {
            return (name.trim().to_owned(), Some(tidy(weight)));
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    for at in 1..words.len() {
        let tail = words[at..].join(" ");
        if scales::weight(&tail).is_some() {
            return (words[..at].join(" "), Some(tidy(&tail)));
        }
    }
    (text.to_owned(), None)
}

fn tidy(weight: &str) -> String {
    let plain = weight.trim().trim_end_matches(')');
    plain.strip_prefix("is ").unwrap_or(plain).to_owned()
}

/// A criterion without a weight counts as "important" beside words, and as the mean beside numbers.
fn weigh(given: Vec<(String, Option<String>)>) -> Result<Vec<Criterion>, InputError> {
    let read = |(name, importance): &(String, Option<String>)| {
        let Some(text) = importance else { return Ok(None) };
        let weight = scales::weight(text).ok_or_else(|| InputError::Weight { name: name.clone() })?;
        match weight {
            Weight::Number(number) if !(0.0..=HEAVIEST).contains(&number) => {
                Err(InputError::WeightRange { name: name.clone() })
            }
            Weight::Number(_) | Weight::Words(_) => Ok(Some(weight)),
        }
    };
    let weights: Vec<Option<Weight>> = given.iter().map(read).collect::<Result<_, InputError>>()?;
    let numbers: Vec<f64> = weights
        .iter()
        .filter_map(|weight| if let Some(Weight::Number(number)) = weight { Some(*number) } else { None })
        .collect();
    let words = weights.iter().any(|weight| matches!(weight, Some(Weight::Words(_))));
    if words && !numbers.is_empty() {
        return Err(InputError::MixedWeights);
    }
    let unsaid = match (words, numbers.len()) {
        (true, _) => IMPORTANT,
        (false, 0) => 1.0,
        (false, count) => numbers.iter().sum::<f64>() / count as f64,
    };
    let value = |weight: Option<Weight>| match weight {
        Some(Weight::Number(value) | Weight::Words(value)) => value,
        None => unsaid,
    };
    let criteria: Vec<Criterion> = given
        .into_iter()
        .zip(weights)
        .map(|((name, importance), weight)| Criterion {
            name,
            importance,
            weight: value(weight),
            drafted: false,
        })
        .collect();
    if criteria.iter().all(|criterion| criterion.weight <= 0.0) {
        return Err(InputError::NoWeight);
    }
    Ok(criteria)
}

/// The pieces of a text between `separators`; between `last` if that leaves one.
fn split(text: &str, separators: &[&str], last: &str) -> Vec<String> {
    let mut pieces = vec![text];
    for separator in separators {
        pieces = pieces.into_iter().flat_map(|piece| piece.split(separator)).collect();
    }
    if let [one] = pieces[..] {
        pieces = one.split(last).collect();
    }
    let trimmed = pieces.into_iter().map(|piece| {
        let piece = piece.trim();
        let piece = piece.strip_prefix("and ").or(piece.strip_prefix("or ")).unwrap_or(piece);
        piece.trim().to_owned()
    });
    trimmed.filter(|piece| !piece.is_empty()).collect()
}

fn once(what: &'static str, names: &[String]) -> Result<(), InputError> {
    let twice = |(index, name): (usize, &String)| {
        names[..index].iter().any(|other| same(other, name)).then(|| name.clone())
    };
    match names.iter().enumerate().find_map(twice) {
        Some(name) => Err(InputError::Twice { what, name }),
        None => Ok(()),
    }
}

fn find(what: &'static str, name: &str, names: &[String]) -> Result<usize, InputError> {
    let unknown = || InputError::Unknown {
        what,
        name: capital(&name.chars().take(OPTION_CHARS).collect::<String>()),
        known: listed(names),
    };
    place(name, names).ok_or_else(unknown)
}

fn wrong(name: &'static str, wanted: &'static str, found: &Value) -> ArgumentError {
    ArgumentError::Kind { name, wanted, found: crate::arguments::kind(found) }
}

#[cfg(test)]
mod tests;
