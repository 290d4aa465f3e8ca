//! Help with a decision.

use serde_json::Value;

use super::{Given, Known, said, yours};

pub(super) fn phrase(action: &str, given: &Given) -> Option<Known> {
    let (names, short): (&[&str], _) = match action {
        "pros_and_cons" => (&["question", "pros", "cons"], "weigh up the pros and cons"),
        "decision_matrix" => (&["options", "criteria", "scores", "question"], "compare them"),
        "risk_assessment" => (&["plan", "risks"], "go through the risks"),
        "compare_options" => (&["options", "criteria", "question"], "compare them"),
        _ => return None,
    };
    if !given.only(names) {
        return None;
    }
    let whole = match action {
        "pros_and_cons" => {
            let choice = format!("weigh up the pros and cons: {}", given.text("question")?);
            let choice = given.after(choice, ". For it: ", "pros");
            given.after(choice, ". Against it: ", "cons")
        }
        "risk_assessment" => {
            let plan = format!("go through the risks of this plan: {}", given.text("plan")?);
            with(plan, ". You named: ", lines(given, "risks", "risk")?)
        }
        "decision_matrix" | "compare_options" => {
            let compared = format!("compare {}", yours(&given.get("options")?));
            let compared = with(compared, " by ", lines(given, "criteria", "name")?);
            let scored = match given.value("scores") {
                None => compared,
                Some(Value::Array(scores)) if scores.iter().all(Value::is_string) => {
                    given.after(compared, ", with these scores: ", "scores")
                }
                Some(_) => format!("{compared}, with the scores on screen"),
            };
            match given.text("question") {
                Some(question) => format!("{scored}, for this question: {question}"),
                None => scored,
            }
        }
        _ => return None,
    };
    Some(Known { whole, short })
}

fn with(text: String, joint: &str, lines: Option<String>) -> String {
    lines.map_or(text.clone(), |lines| format!("{text}{joint}{lines}"))
}

/// A list whose items are words, or things with a name and what is said of them; `None` if it is of another kind.
fn lines(given: &Given, list: &str, name: &str) -> Option<Option<String>> {
    let Some(value) = given.value(list) else { return Some(None) };
    let line = |item: &Value| match item {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => {
            let named = fields.get(name)?.as_str()?.to_owned();
            let others = fields.iter().filter(|(field, _)| *field != name).map(|(field, value)| {
                match value {
                    // "very important" needs no label.
                    Value::String(words) if field == "weight" => words.clone(),
                    _ => format!("{field} {}", said(value, None, given.now)),
                }
            });
            Some(std::iter::once(named).chain(others).collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    let lines: Vec<Value> =
        value.as_array()?.iter().map(|item| line(item).map(Value::from)).collect::<Option<_>>()?;
    Some(Some(yours(&said(&Value::Array(lines), None, given.now))))
}
