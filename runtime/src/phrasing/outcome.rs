//! What is said after a call, or instead of one. Every sentence says whether something was done.

use super::{
    ActionWords,
    text::{beginning, capital, ended, one_line, spoken, words_of},
};
use crate::turn::{Ids, RESULT_CHARS, StepOutcome, StepState};

/// A longer answer of a tool is shown, not said.
const SAID: usize = 320;
/// Of a question of an agent's.
const QUESTION: usize = 600;
/// A briefing is written to be spoken and is under a minute long: 140 words.
const BRIEFING: usize = 1400;

/// Phrases the end of a call. `text` is the tool's own text or the reason; it is said only if it is short and plain,
/// since it may come from anywhere. Where it is not, `told` is, if there is one.
pub fn outcome(action: &ActionWords, state: StepState, text: &str, told: Option<&str>) -> StepOutcome {
    let result = text.chars().take(RESULT_CHARS).collect();
    let text = plain(told.unwrap_or(text), longest(action));
    let deed = words_of(&action.action);
    let server = words_of(&action.server);
    let because = text.as_deref().map(|t| format!(": {}", t.trim_end_matches('.'))).unwrap_or_default();
    let say = match state {
        StepState::Succeeded => {
            text.map_or_else(|| format!("Done: {deed}. The answer is on screen."), |text| ended(&text))
        }
        // Put into words by `asked_back`.
        StepState::Asks => format!("{} waits for more{because}.", capital(&server)),
        StepState::Failed => format!("That didn't work. {} reports an error{because}.", capital(&server)),
        StepState::NotSent => format!("I couldn't do that, and nothing was done{because}."),
        StepState::Unknown => {
            format!(
                "I don't know whether that was done{because}. Please check with {server} before you try again."
            )
        }
    };
    StepOutcome { state, say, result, ids: Ids::default() }
}

/// What an agent wants to know before it goes on: who asks, and its question, as far as it can be said.
pub fn asked_back(action: &ActionWords, question: &str) -> StepOutcome {
    let server = capital(&words_of(&action.server));
    let words: Vec<String> = spoken(&one_line(question))
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(|word| if word.contains("://") { "a link".to_owned() } else { word.to_owned() })
        .collect();
    let whole = words.join(" ");
    let mut said: String = whole.chars().take(QUESTION).collect();
    if said.len() < whole.len() {
        let cut = said.rfind(' ').unwrap_or(said.len());
        said.truncate(cut);
        said.push_str("… It asks more than I can say.");
    }
    let say = if said.is_empty() {
        format!("{server} waits for more, and does not say for what. What shall I tell it?")
    } else {
        format!("{server} asks: {}", ended(&said))
    };
    let result = question.chars().take(RESULT_CHARS).collect();
    StepOutcome { state: StepState::Asks, say, result, ids: Ids::default() }
}

/// A refusal of policy, with its reason. A capability in it is said by the words of its name.
pub fn refusal(reason: &str) -> String {
    let said = |word: &str| match word.split_once("__") {
        Some((_, tool)) => format!("to {}", words_of(tool)),
        None => word.to_owned(),
    };
    let reason = reason.split(' ').map(said).collect::<Vec<_>>().join(" ");
    match plain(&reason, SAID) {
        Some(reason) => {
            format!("I'm not allowed to do that: {}. Nothing was done.", reason.trim_end_matches('.'))
        }
        None => "I'm not allowed to do that. Nothing was done.".to_owned(),
    }
}

/// Whether a tool's text can be said as it is.
pub fn is_sayable(action: &ActionWords, text: &str) -> bool {
    plain(text, longest(action)).is_some()
}

fn longest(action: &ActionWords) -> usize {
    if action.server == homepilot_servers::briefing::NAME { BRIEFING } else { SAID }
}

/// The text as one spoken line, if it is short, made of words and asks nothing: a tool doesn't get to put questions.
fn plain(text: &str, longest: usize) -> Option<String> {
    let raw = text.trim();
    let marked =
        raw.starts_with(['{', '[', '<', '|', '#', '-', '*']) || raw.contains("```") || raw.contains("://");
    let line = one_line(raw);
    let short = !line.is_empty() && line.chars().count() <= longest && raw.lines().count() <= 4;
    (short && !marked && !line.contains('?') && !line.contains(['{', '<', '|']))
        .then(|| beginning_or_all(&spoken(&line), longest))
}

fn beginning_or_all(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest { text.to_owned() } else { beginning(text, longest) }
}
