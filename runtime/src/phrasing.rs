//! What is said about a call, rendered by code from its validated arguments and never by the model.
//!
//! Invariants: every argument is on the screen, complete; recipients and amounts are always said; text that others
//! wrote is stripped of what can't be seen before it is shown or said; nothing we say contains a word of assent of our
//! own, so that our voice can't approve.

mod announced;
mod known;
mod outcome;
mod text;
mod told;
mod value;

use jiff::Zoned;
use serde_json::{Map, Value};

pub use announced::{announcement, reminded};
pub use outcome::{asked_back, is_sayable, outcome, refusal};
pub use told::{told, without_codes};

pub(crate) use text::{capital, words_of};
use text::{ended, listed, one_line};

/// Names of what is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionWords {
    /// The registered server.
    pub server: String,
    /// The tool of that server.
    pub action: String,
}

/// A question about one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// With every detail that is said: "I'll set a reminder to call mom, tomorrow at five p.m. Shall I?"
    pub spoken: String,
    /// After an unclear answer, for a person who has heard the details: "Sorry, I didn't get that. Shall I set the
    /// reminder?"
    pub again: String,
    /// Of the card: "Set the reminder".
    pub title: String,
    /// Every argument.
    pub lines: Vec<Line>,
    /// How a yes has to be given.
    pub yes: YesBy,
}

/// How a yes to a question has to be given for it to count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum YesBy {
    /// In any way.
    #[default]
    Any,
    /// Clicked or typed.
    Screen,
    /// Spoken.
    Voice,
    /// Clicked or typed, with the PIN.
    Pin,
}

impl YesBy {
    /// Whether one that is spoken, or else clicked or typed, can count.
    pub fn takes(self, spoken: bool) -> bool {
        match self {
            YesBy::Any => true,
            YesBy::Screen | YesBy::Pin => !spoken,
            YesBy::Voice => spoken,
        }
    }

    /// How that is said; nothing where any way will do.
    pub fn in_words(self) -> &'static str {
        match self {
            YesBy::Any => "",
            YesBy::Screen => "That needs the button on the screen.",
            YesBy::Voice => "That needs your voice.",
            YesBy::Pin => "That needs your PIN on the screen.",
        }
    }

    /// As the contract writes it.
    pub fn name(self) -> &'static str {
        match self {
            YesBy::Any => "any",
            YesBy::Screen => "screen",
            YesBy::Voice => "voice",
            YesBy::Pin => "pin",
        }
    }
}

/// One argument on the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its name in the tool's schema.
    pub name: String,
    /// Its name in words.
    pub label: String,
    /// Its value in words; may have line breaks.
    pub value: String,
}

/// How every question about a call ends.
pub(crate) const ASKING: &str = "Shall I?";
/// What is the same in many a sentence about a call.
pub(crate) const FIXED: [&str; 5] = [
    ASKING,
    "Sorry, I didn't get that. Shall I?",
    "Done.",
    "The rest is on screen.",
    "The answer is on screen.",
];
/// Characters of arguments after which the rest is left to the screen, recipients and amounts excepted.
const SAID: usize = 320;

/// A call that a question is about.
#[derive(Clone, Copy, Debug)]
pub struct Proposed<'a> {
    /// What is called.
    pub action: &'a ActionWords,
    /// Its arguments, valid against the schema.
    pub arguments: &'a Map<String, Value>,
    /// The tool's schema.
    pub schema: &'a Value,
    /// An argument that is an id, and what people call the thing: the name is said, the id is on the screen.
    pub about: Option<(&'a str, &'a str)>,
    /// The words for what the person did not say ("recipient", "amount"), though tools have answered; the question says so.
    pub foreign: &'a [&'a str],
    /// How a yes has to be given; the question says so.
    pub yes: YesBy,
}

/// Phrases the question about a call.
pub fn question(proposed: Proposed<'_>, now: &Zoned) -> Question {
    let Proposed { action, arguments, schema, foreign, yes, .. } = proposed;
    let lines = arguments
        .iter()
        .map(|(name, value)| Line {
            name: one_line(name),
            label: words_of(name),
            value: value::written(value, schema["properties"].get(name.as_str()), now),
        })
        .collect();
    let (whole, short) = match known::phrase(&action.server, &action.action, arguments, schema, now) {
        Some(known) => (known.whole, known.short.to_owned()),
        None => {
            let deed = format!("use {} to {}", words_of(&action.server), deed(action));
            (generic(&deed, proposed, now), deed)
        }
    };
    let mut title = short.clone();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Question {
        spoken: format!("I'll {} {}{}{ASKING}", ended(&whole), origin(foreign), way(yes)),
        again: format!("Sorry, I didn't get that. {}Shall I {short}?", way(yes)),
        title,
        lines,
        yes,
    }
}

/// "That needs your voice. "
fn way(yes: YesBy) -> String {
    match yes.in_words() {
        "" => String::new(),
        words => format!("{words} "),
    }
}

/// "The recipient didn't come from you. "
fn origin(foreign: &[&str]) -> String {
    let mut named: Vec<String> = Vec::new();
    for word in foreign {
        let word = (*word).to_owned();
        if !named.contains(&word) {
            named.push(word);
        }
    }
    if named.is_empty() {
        return String::new();
    }
    format!("The {} didn't come from you. ", listed(&named))
}

/// "GMAIL_SEARCH_EMAILS" of the server "gmail" is "search emails".
fn deed(action: &ActionWords) -> String {
    let words = words_of(&action.action);
    let server = words_of(&action.server);
    words.strip_prefix(&format!("{server} ")).map_or(words.clone(), str::to_owned)
}

fn generic(deed: &str, proposed: Proposed<'_>, now: &Zoned) -> String {
    let Proposed { arguments, schema, about, .. } = proposed;
    let mut given: Vec<(&String, &Value)> = arguments.iter().filter(|(_, v)| !v.is_null()).collect();
    given.sort_by_key(|(name, _)| rank(name));
    let mut said = Vec::new();
    let (mut length, mut left) = (0, 0);
    for (name, value) in given {
        let label = words_of(name);
        let (label, words) = match about.filter(|(argument, _)| argument == name) {
            Some((_, called)) => {
                (label.rsplit_once(' ').map_or("", |(kind, _)| kind), text::spoken(&one_line(called)))
            }
            None => (label.as_str(), value::said(value, schema["properties"].get(name.as_str()), now)),
        };
        let part = match label {
            // What is looked for needs no label of its own.
            "query" | "q" | "text" | "" => words,
            label => format!("{label} {words}"),
        };
        if length > 0 && length + part.chars().count() > SAID && rank(name) > Rank::Amount {
            left += 1;
            continue;
        }
        length += part.chars().count();
        said.push(part);
    }
    if left > 0 {
        said.push(format!("and {left} more on screen"));
    }
    if said.is_empty() { deed.to_owned() } else { format!("{deed}: {}", said.join(", ")) }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Recipient,
    Amount,
    Subject,
    Other,
    Body,
}

/// In which order arguments are said, by the words of their names.
fn rank(name: &str) -> Rank {
    let label = words_of(name);
    let has = |words: &[&str]| label.split(' ').any(|w| words.contains(&w));
    if has(&[
        "to",
        "cc",
        "bcc",
        "recipient",
        "recipients",
        "attendee",
        "attendees",
        "invitees",
        "guests",
        "email",
        "phone",
        "number",
        "contact",
        "contacts",
        "channel",
        "user",
        "account",
        "iban",
        "payee",
        "url",
        "address",
    ]) {
        Rank::Recipient
    } else if has(&["amount", "price", "total", "sum", "currency", "quantity", "count", "cost"]) {
        Rank::Amount
    } else if has(&["subject", "title", "name", "query", "q", "from", "when", "date", "time", "start"]) {
        Rank::Subject
    } else if has(&["body", "message", "text", "content", "html", "description", "note", "notes"]) {
        Rank::Body
    } else {
        Rank::Other
    }
}

#[cfg(test)]
mod tests;
