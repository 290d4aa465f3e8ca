//! Words that only make sense after others, read by code where that is exact: "and the day after?", "no, make it five",
//! "the other John", "cancel that", "do it again", and short answers to our own questions. What is not exact is left to
//! the model.
//!
//! A pending call is changed in place. After a call was done the same words mean another call: a read is made again; a
//! write that was done is changed by a tool of the same server, or taken back by one and then made as it should have
//! been, and never repeated by a correction.

mod answer;
mod namesake;
mod phrase;
mod undo;

pub(super) use phrase::{Word, join, parts, split};
pub(super) use undo::named;

use jiff::Zoned;
use serde_json::{Map, Value};

use super::{Conversation, Decision, Draft, Past, PastState, Tool, Toolbox, arguments::required, edit};
use phrase::Manner;

/// What the utterance comes to, if code alone can tell.
pub fn follow_up(conversation: &Conversation, toolbox: &Toolbox, now: &Zoned) -> Option<Decision> {
    let said = conversation.utterance.as_str();
    if let Some(draft) = &conversation.editing {
        let tool = toolbox.tool(&draft.tool)?;
        return namesake::chosen(conversation, tool, &draft.arguments)
            .or_else(|| call(tool, changed(&draft.arguments, tool, said, now)?));
    }
    if let Some(asked) = &conversation.asked {
        let draft = asked.draft.as_ref()?;
        let tool = toolbox.tool(&draft.tool)?;
        if answer::is_request(said, toolbox) {
            return None;
        }
        return call(tool, answer::completed(&draft.arguments, &tool.schema, (&asked.request, said), now)?);
    }
    let past = conversation.past.last();
    if crate::answer::takes_back(said) || past.is_some_and(|past| undo::names(said, past)) {
        return Some(undo::taken_back(past, toolbox));
    }
    after(conversation, past?, toolbox, now)
}

/// The same words after a call was made, or was not.
fn after(conversation: &Conversation, past: &Past, toolbox: &Toolbox, now: &Zoned) -> Option<Decision> {
    let tool = toolbox.tool(&past.tool)?;
    let said = conversation.utterance.as_str();
    if phrase::is_again(said) {
        return call(tool, past.arguments.clone());
    }
    let elliptic = phrase::elliptic(said, &tool.name);
    // What is known not to have happened is asked for anew, as corrected.
    let done = !past.reads && matches!(past.state, PastState::Done | PastState::Unknown);
    match namesake::chosen(conversation, tool, &past.arguments) {
        Some(Decision::Call { arguments, .. }) if done => return undo::redone(past, &arguments, toolbox),
        Some(decision) => return Some(decision),
        None => {}
    }
    match elliptic.manner {
        Manner::Plain if done || !dates_only(&elliptic.phrase, now) => return None,
        Manner::Plain | Manner::Correction | Manner::Addition => {}
    }
    if answer::is_order(&elliptic.phrase, toolbox) {
        return None;
    }
    let arguments = edit::replaced(&past.arguments, &tool.schema, &elliptic.phrase, now)?;
    match elliptic.manner {
        Manner::Correction if done => undo::redone(past, &arguments, toolbox),
        Manner::Correction | Manner::Addition | Manner::Plain => call(tool, arguments),
    }
}

/// A change of a call that waits for its yes.
fn changed(
    arguments: &Map<String, Value>,
    tool: &Tool,
    said: &str,
    now: &Zoned,
) -> Option<Map<String, Value>> {
    let words = split(said);
    let elliptic = phrase::elliptic(said, &tool.name);
    edit::exchanged(arguments, &words)
        .or_else(|| edit::replaced(arguments, &tool.schema, &elliptic.phrase, now))
        .or_else(|| edit::retime(arguments, &tool.schema, said, now))
}

fn dates_only(phrase: &[Word<'_>], now: &Zoned) -> bool {
    !phrase.is_empty() && homepilot_servers::dates::parse(&join(phrase), now).is_ok()
}

/// A call with everything that the tool requires.
fn call(tool: &Tool, arguments: Map<String, Value>) -> Option<Decision> {
    let whole = required(&tool.schema).all(|name| arguments.contains_key(name));
    whole.then(|| Decision::Call { tool: tool.id.clone(), arguments })
}

/// A question that the next words answer.
fn ask(question: String, draft: Option<Draft>) -> Decision {
    Decision::Ask { question, draft }
}

#[cfg(test)]
mod tests;
