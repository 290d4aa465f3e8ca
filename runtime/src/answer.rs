//! Answers to a spoken question, recognised by code and never by the model.
//!
//! The grammar of a yes is closed: a reply is a yes only if every word of it is understood as assent, courtesy or a
//! repetition of the question ([`assent`]), and no word of denial, hesitation or doubt stands anywhere in it
//! ([`denial`]). Whatever this module doesn't know is unclear, and unclear is asked again once. The grammar is English;
//! whole replies of some other languages are known by their meaning in it ([`tongues`]).

mod assent;
mod denial;
mod echo;
mod expected;
mod listening;
mod tongues;
mod words;

pub use echo::{is_echo, is_within};
pub use expected::{EXPECTED, settled};
pub use listening::is_listening_sound;
pub use tongues::reply_in;

use words::words;

/// What a reply to a question means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Do it.
    Yes,
    /// Don't.
    No,
    /// Don't, and leave the matter.
    Cancel,
    /// Ask again.
    Repeat,
    /// Not like this: the words that say what changes.
    Edit {
        /// The reply without the yes or no before the change, as it was said.
        remainder: String,
    },
    /// Be quiet.
    StopSpeaking,
    /// Anything else; never a yes.
    Unclear,
}

/// Says what `reply` means as an answer to `question` (the words that were asked; without them a reply that repeats
/// parts of the question is unclear).
pub fn recognise(reply: &str, question: Option<&str>) -> Answer {
    let said = words(reply);
    let asked = question.map(words).unwrap_or_default();
    if said.is_empty() {
        return Answer::Unclear;
    }
    if denial::silences(&said) {
        return Answer::StopSpeaking;
    }
    if denial::asks_again(&said) && !assent::is_assent(&said, &asked) {
        return Answer::Repeat;
    }
    if denial::denies(&said) {
        return denied(reply, &said, &asked);
    }
    let doubtful = denial::holds(&said) || denial::hedges(&said) || reply.contains('?');
    if !doubtful && assent::is_assent(&said, &asked) {
        return Answer::Yes;
    }
    if denial::hedges(&said) && denial::change(&said, &asked).is_none_or(|_| !reply.contains("but")) {
        return Answer::Unclear;
    }
    edit(reply, &said, &asked).unwrap_or(Answer::Unclear)
}

/// Whether the whole utterance only dismisses what is going on ("never mind", "stop please"). Stricter than
/// [`recognise`], for use where no question is open and "cancel my meeting" is a request.
pub fn is_dismissal(utterance: &str) -> bool {
    denial::dismisses(&words(utterance))
}

/// Whether the utterance wants the last thing undone and names nothing ("cancel that", "take it back"). What it is depends
/// on what was done.
pub fn takes_back(utterance: &str) -> bool {
    const AROUND: &[&str] =
        &["no", "please", "oh", "okay", "just", "actually", "wait", "sorry", "now", "again", "um", "uh"];
    let said = words(utterance);
    let said: Vec<&str> = said.iter().map(|w| w.text.as_str()).filter(|w| !AROUND.contains(w)).collect();
    match said.as_slice() {
        ["undo"] | ["take", "that" | "it" | "this", "back"] | ["undo", "what", "you", "just", "did"] => true,
        ["cancel" | "delete" | "remove" | "revert" | "undo", rest @ ..] => {
            matches!(rest, ["that" | "it" | "this"] | ["that" | "this", "one"] | ["the", "last", "one"])
        }
        _ => false,
    }
}

fn denied(reply: &str, said: &[words::Word], asked: &[words::Word]) -> Answer {
    if let Some(edit) = edit(reply, said, asked) {
        return edit;
    }
    if denial::leaves_open(said) {
        return Answer::Unclear;
    }
    if denial::cancels(said) {
        // "yes, cancel it", asked whether to cancel something: neither word may decide alone.
        let both = said.iter().filter(|w| denial::DENY.contains(&w.text.as_str()));
        let asked_so =
            both.clone().count() > 0 && both.clone().all(|w| asked.iter().any(|q| q.text == w.text));
        return if asked_so { Answer::Unclear } else { Answer::Cancel };
    }
    if assent::is_question(said) && !said.iter().any(|w| matches!(w.text.as_str(), "no" | "nope" | "nah")) {
        return Answer::Unclear;
    }
    Answer::No
}

fn edit(reply: &str, said: &[words::Word], asked: &[words::Word]) -> Option<Answer> {
    let from = denial::change(said, asked)?;
    let remainder = reply[said[from].at..].trim().to_owned();
    (!remainder.is_empty()).then_some(Answer::Edit { remainder })
}

#[cfg(test)]
mod tests;
