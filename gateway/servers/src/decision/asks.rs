//! What the model is asked to draft: the instruction, the schema, and what is kept of the answer.
//!
//! Each draft is short, so that whoever needs the model next waits for seconds at most: lists of three, scores for at
//! most [`CELLS`] cells.

use serde_json::{Map, Value, json};

use super::drafting::{Draft, DraftError};
use super::grid::{HIGHEST, LOWEST};
use super::names::{same, uncapital};
use super::risk::{MOST, Rating};

/// Scores drafted at once.
pub(super) const CELLS: usize = 8;
/// Criteria drafted.
const CRITERIA: usize = 3;
/// Advantages, disadvantages and risks drafted.
const POINTS: usize = 3;
/// Characters of a drafted criterion.
const CRITERION_CHARS: usize = 24;
/// Characters of a drafted point, about ten words.
const POINT_CHARS: usize = 70;

/// Criteria by which to choose among `options`.
pub(super) fn criteria(question: Option<&str>, options: &[String]) -> Draft {
    Draft {
        instruction: "Name three criteria for the user's decision, each in one or two words.",
        example: Some((
            "Decision: which job to take\nOptions: the bank; the school",
            r#"{"criteria": ["salary", "commute", "working hours"]}"#,
        )),
        data: about(question, options),
        schema: list("criteria", CRITERIA, CRITERION_CHARS),
        max_tokens: 48,
    }
}

/// The criteria of the answer; an option is none.
pub(super) fn read_criteria(answer: &Value, options: &[String]) -> Result<Vec<String>, DraftError> {
    let criteria = read_list(answer, "criteria", CRITERION_CHARS, options)?;
    Ok(criteria.iter().map(|criterion| uncapital(criterion)).collect())
}

/// Scores of all `options` on `criteria`; at most [`CELLS`] of them.
pub(super) fn scores(question: Option<&str>, options: &[String], criteria: &[String]) -> Draft {
    let score = json!({"type": "integer", "minimum": LOWEST as i64, "maximum": HIGHEST as i64});
    let row = object(options.iter().map(|option| (option.clone(), score.clone())));
    let names: usize = options.iter().map(|option| option.len()).sum();
    Draft {
        instruction: "Score every option on each criterion from 1 (bad for the user) to 10 (good for the user). Give different \
                      options different scores where they differ.",
        example: None,
        data: format!("{}\nCriteria: {}", about(question, options), criteria.join(", ")),
        schema: object(criteria.iter().map(|criterion| (criterion.clone(), row.clone()))),
        // The names are forced, and have a token for every two characters at worst.
        max_tokens: 24 + criteria.len() * (8 + names / 2 + 8 * options.len()) + criteria.concat().len() / 2,
    }
}

/// The scores of the answer, by criterion and option.
pub(super) fn read_scores(
    answer: &Value,
    options: &[String],
    criteria: &[String],
) -> Result<Vec<Vec<f64>>, DraftError> {
    let cell = |criterion: &String, option: &String| {
        let score = answer.get(criterion)?.get(option)?.as_f64()?;
        (LOWEST..=HIGHEST).contains(&score).then_some(score)
    };
    let row = |criterion| options.iter().map(|option| cell(criterion, option)).collect();
    let rows: Option<Vec<Vec<f64>>> = criteria.iter().map(row).collect();
    rows.ok_or_else(|| unusable(answer))
}

/// Which side of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    For,
    Against,
}

/// Points for or against.
pub(super) fn points(side: Side, question: &str) -> Draft {
    let (instruction, example) = match side {
        Side::For => (
            "Give three different advantages of it, each in at most eight words.",
            (
                "Decision: get a dog",
                r#"{"points": ["it keeps you company at home", "daily walks keep you fit", "it guards the house"]}"#,
            ),
        ),
        Side::Against => (
            "Give three different disadvantages of it, each in at most eight words.",
            (
                "Decision: get a dog",
                r#"{"points": ["food and vet cost money", "holidays are harder to plan", "it needs walks in any weather"]}"#,
            ),
        ),
    };
    Draft {
        instruction,
        example: Some(example),
        data: format!("Decision: {question}"),
        schema: list("points", POINTS, POINT_CHARS),
        max_tokens: 96,
    }
}

/// The points of the answer that are not `known` from the other side.
pub(super) fn read_points(answer: &Value, known: &[String]) -> Result<Vec<String>, DraftError> {
    read_list(answer, "points", POINT_CHARS, known)
}

/// Risks of a plan.
pub(super) fn risks(plan: &str) -> Draft {
    Draft {
        instruction: "Name three different things that could go wrong with the plan, each in at most eight words.",
        example: Some((
            "Plan: a trip to the mountains in March",
            r#"{"risks": ["snow closes the road", "the car breaks down", "someone falls ill"]}"#,
        )),
        data: format!("Plan: {plan}"),
        schema: list("risks", POINTS, POINT_CHARS),
        max_tokens: 96,
    }
}

/// The risks of the answer.
pub(super) fn read_risks(answer: &Value) -> Result<Vec<String>, DraftError> {
    let risks = read_list(answer, "risks", POINT_CHARS, &[])?;
    Ok(risks.iter().map(|risk| uncapital(risk)).collect())
}

/// How likely and how bad `risks` are.
pub(super) fn ratings(plan: &str, risks: &[String]) -> Draft {
    let figure = json!({"type": "integer", "minimum": 1, "maximum": MOST});
    let rating = object([("likelihood".to_owned(), figure.clone()), ("impact".to_owned(), figure)]);
    Draft {
        instruction: "For each risk of the plan give its likelihood from 1 (rare) to 5 (almost certain) and its impact from 1 \
                      (harmless) to 5 (catastrophic).",
        example: Some((
            "Plan: a trip to the mountains in March\nRisks:\n1. snow closes the road\n2. a stone hits the car",
            r#"{"1": {"likelihood": 4, "impact": 3}, "2": {"likelihood": 1, "impact": 4}}"#,
        )),
        data: numbered(plan, risks),
        schema: object((1..=risks.len()).map(|number| (number.to_string(), rating.clone()))),
        max_tokens: 8 + 24 * risks.len(),
    }
}

/// The ratings of the answer.
pub(super) fn read_ratings(answer: &Value, risks: usize) -> Result<Vec<Rating>, DraftError> {
    let read = |number: usize| {
        let rating = answer.get(number.to_string())?;
        let figure = |name| {
            let figure = u8::try_from(rating.get(name)?.as_u64()?).ok()?;
            (1..=MOST).contains(&figure).then_some(figure)
        };
        Some(Rating { likelihood: figure("likelihood")?, impact: figure("impact")? })
    };
    (1..=risks).map(read).collect::<Option<_>>().ok_or_else(|| unusable(answer))
}

/// What would help against `risks`.
pub(super) fn measures(plan: &str, risks: &[String]) -> Draft {
    let measure = json!({"type": "string", "minLength": 1, "maxLength": POINT_CHARS});
    Draft {
        instruction: "For each risk of the plan say what the user can do about it, in at most eight words.",
        example: Some((
            "Plan: a trip to the mountains in March\nRisks:\n1. snow closes the road\n2. someone falls ill",
            r#"{"1": "check the road report before leaving", "2": "pack a first aid kit"}"#,
        )),
        data: numbered(plan, risks),
        schema: object((1..=risks.len()).map(|number| (number.to_string(), measure.clone()))),
        max_tokens: 8 + 32 * risks.len(),
    }
}

/// The measures of the answer; none where what was written was cut off.
pub(super) fn read_measures(answer: &Value, risks: usize) -> Vec<Option<String>> {
    let read = |number: usize| phrase(answer.get(number.to_string())?, POINT_CHARS);
    (1..=risks).map(read).collect()
}

fn about(question: Option<&str>, options: &[String]) -> String {
    let question = question.map(|question| format!("Decision: {question}\n")).unwrap_or_default();
    format!("{question}Options: {}", options.join("; "))
}

fn numbered(plan: &str, risks: &[String]) -> String {
    let lines: Vec<String> =
        risks.iter().enumerate().map(|(index, risk)| format!("\n{}. {risk}", index + 1)).collect();
    format!("Plan: {plan}\nRisks:{}", lines.concat())
}

fn list(name: &str, count: usize, chars: usize) -> Value {
    let items = json!({"type": "string", "minLength": 1, "maxLength": chars});
    let list = json!({"type": "array", "items": items, "minItems": count, "maxItems": count});
    object([(name.to_owned(), list)])
}

fn object(properties: impl IntoIterator<Item = (String, Value)>) -> Value {
    let properties: Map<String, Value> = properties.into_iter().collect();
    let required: Vec<&String> = properties.keys().collect();
    json!({"type": "object", "required": required, "additionalProperties": false, "properties": properties})
}

/// Whole phrases, each once, none of `known`. An error if none is left.
fn read_list(answer: &Value, name: &str, chars: usize, known: &[String]) -> Result<Vec<String>, DraftError> {
    let items = answer.get(name).and_then(Value::as_array).ok_or_else(|| unusable(answer))?;
    let mut kept: Vec<String> = Vec::new();
    for text in items.iter().filter_map(|item| phrase(item, chars)) {
        if !kept.iter().chain(known).any(|other| same(other, &text)) {
            kept.push(text);
        }
    }
    if kept.is_empty() { Err(unusable(answer)) } else { Ok(kept) }
}

/// A phrase in plain words without a full stop. One that reached its bound was cut off, and half a thought is none.
fn phrase(value: &Value, chars: usize) -> Option<String> {
    let text = value.as_str()?;
    let words = text.replace(|c: char| c.is_control() || matches!(c, '*' | '#' | '`' | '|'), " ");
    let plain = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = plain.trim_end_matches(['.', ';', ',']).to_owned();
    (plain.chars().any(char::is_alphabetic) && text.chars().count() < chars).then_some(plain)
}

fn unusable(answer: &Value) -> DraftError {
    DraftError::Unusable(answer.to_string())
}
