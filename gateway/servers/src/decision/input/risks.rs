//! Risks as they are given: in words, with or without how likely and how bad they are.

use serde_json::Value;

use super::super::risk::MOST;
use super::super::scales;
use super::{ArgumentError, Arguments, ITEM_CHARS, ITEMS, InputError, once, plain, wrong};

/// A risk, as far as it was given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Risk {
    pub name: String,
    pub likelihood: Option<u8>,
    pub impact: Option<u8>,
}

/// The risks that were given; empty if none were.
pub(crate) fn risks(arguments: &Arguments) -> Result<Vec<Risk>, InputError> {
    let items = match arguments.value("risks") {
        None => return Ok(Vec::new()),
        Some(Value::String(text)) => vec![Value::String(text.clone())],
        Some(Value::Array(items)) => items.clone(),
        Some(other) => return Err(wrong("risks", "a list of strings", other).into()),
    };
    let count = items.len();
    if !ITEMS.contains(&count) {
        return Err(ArgumentError::Count { name: "risks", count, range: ITEMS }.into());
    }
    let risks: Vec<Risk> = items.iter().map(risk).collect::<Result<_, _>>()?;
    let names: Vec<String> = risks.iter().map(|risk| risk.name.clone()).collect();
    once("risks", &names)?;
    Ok(risks)
}

fn risk(item: &Value) -> Result<Risk, InputError> {
    match item {
        Value::String(text) => spoken(&plain("risks", text, ITEM_CHARS)?),
        Value::Object(members) => {
            let known = |name: &&String| matches!(name.as_str(), "risk" | "likelihood" | "impact");
            if let Some(name) = members.keys().find(|name| !known(name)) {
                let known = "risk, likelihood and impact".to_owned();
                return Err(InputError::Unknown { what: "parts of a risk", name: name.clone(), known });
            }
            let Some(Value::String(name)) = members.get("risk") else { return Err(InputError::NoRisk) };
            let name = plain("risks", name, ITEM_CHARS)?;
            let rating = |what: &'static str, example, read: fn(&str) -> Option<u8>| {
                let wrong = || InputError::Rating { what, risk: name.clone(), example };
                match members.get(what) {
                    None | Some(Value::Null) => Ok(None),
                    Some(Value::Number(number)) => number
                        .as_u64()
                        .and_then(|number| u8::try_from(number).ok())
                        .filter(|number| (1..=MOST).contains(number))
                        .map(Some)
                        .ok_or_else(wrong),
                    Some(Value::String(text)) => read(text).map(Some).ok_or_else(wrong),
                    Some(_) => Err(wrong()),
                }
            };
            let likelihood = rating("likelihood", "likely", scales::likelihood)?;
            let impact = rating("impact", "severe", scales::impact)?;
            Ok(Risk { name, likelihood, impact })
        }
        other => Err(wrong("risks", "a list of strings", other).into()),
    }
}

/// "rain on the day, likely, minor": what is not a rating is part of the name. Of two bare figures the likelihood comes
/// first.
fn spoken(text: &str) -> Result<Risk, InputError> {
    let mut risk = Risk { name: String::new(), likelihood: None, impact: None };
    for part in text.split([',', ';', ':', '(', ')']).map(str::trim).filter(|part| !part.is_empty()) {
        let (likelihood, impact) = (scales::likelihood(part), scales::impact(part));
        let named = scales::names_rating(part);
        if risk.name.is_empty() {
            risk.name = part.to_owned();
        } else if risk.likelihood.is_none() && likelihood.is_some() && (!named || impact.is_none()) {
            risk.likelihood = likelihood;
        } else if risk.impact.is_none() && impact.is_some() {
            risk.impact = impact;
        } else if named {
            let (what, example) = if part.to_lowercase().contains("impact") {
                ("impact", "severe")
            } else {
                ("likelihood", "likely")
            };
            return Err(InputError::Rating { what, risk: risk.name, example });
        } else {
            risk.name = format!("{}, {part}", risk.name);
        }
    }
    if risk.name.is_empty() { Err(InputError::NoRisk) } else { Ok(risk) }
}
