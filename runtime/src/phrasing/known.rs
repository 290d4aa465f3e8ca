//! Sentences for the tools that come with HomePilot, the connectors' included. Everybody else's are phrased from their names.
//!
//! A text that the person gave may be a thing or something to do, so it stands behind a colon wherever one of the two
//! would be wrong: "add the task: milk".

mod assistant;
mod briefing;
mod calendar;
mod decision;
mod email;
mod knowledge;
mod web;
mod whatsapp;

use jiff::Zoned;
use serde_json::{Map, Value};

use super::value::said;

/// How a known call is said.
pub(super) struct Known {
    /// "set a reminder to call mom, tomorrow at five p.m."
    pub whole: String,
    /// "set the reminder"
    pub short: &'static str,
}

/// The sentence of a built-in tool; `None` for any other, and when there is an argument that the sentence would not
/// mention.
pub(super) fn phrase(
    server: &str,
    action: &str,
    arguments: &Map<String, Value>,
    schema: &Value,
    now: &Zoned,
) -> Option<Known> {
    let given = Given { arguments, schema, now };
    match server {
        homepilot_servers::assistant::NAME => assistant::phrase(action, &given),
        homepilot_servers::briefing::NAME => briefing::phrase(action, &given),
        homepilot_servers::calendar::NAME => calendar::phrase(action, &given),
        homepilot_servers::decision::NAME => decision::phrase(action, &given),
        homepilot_servers::email::NAME => email::phrase(action, &given),
        homepilot_servers::knowledge::NAME => knowledge::phrase(action, &given),
        homepilot_servers::web::NAME => web::phrase(action, &given),
        homepilot_servers::whatsapp::NAME => whatsapp::phrase(action, &given),
        _ => None,
    }
}

/// The arguments of a call.
struct Given<'a> {
    arguments: &'a Map<String, Value>,
    schema: &'a Value,
    now: &'a Zoned,
}

impl Given<'_> {
    /// Whether there are no others.
    fn only(&self, names: &[&str]) -> bool {
        self.arguments.keys().all(|name| names.contains(&name.as_str()))
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.arguments.get(name).filter(|value| !value.is_null())
    }

    /// Whether an argument is true.
    fn is(&self, name: &str) -> bool {
        self.value(name) == Some(&Value::Bool(true))
    }

    /// An argument in words.
    fn get(&self, name: &str) -> Option<String> {
        Some(said(self.value(name)?, Some(&self.schema["properties"][name]), self.now))
    }

    /// The person's own words in the second person, without the mark at their end.
    fn text(&self, name: &str) -> Option<String> {
        let text = yours(&self.get(name)?);
        Some(text.trim_end_matches(['.', '!', '?', ' ']).to_owned())
    }

    /// `text` with an argument behind it, if it was given.
    fn after(&self, text: String, joint: &str, name: &str) -> String {
        match self.get(name) {
            Some(value) => format!("{text}{joint}{}", yours(&value)),
            None => text,
        }
    }

    /// `text` with the days that are meant: "for Friday", not "for on Friday".
    fn days(&self, text: &str, name: &str) -> String {
        match self.get(name) {
            Some(days) => {
                let bare = days.strip_prefix("on ").or_else(|| days.strip_prefix("from ")).unwrap_or(&days);
                format!("{text} for {bare}")
            }
            None => text.to_owned(),
        }
    }
}

/// The person's "my" is our "your".
fn yours(text: &str) -> String {
    let turn = |word: &str| match word.to_lowercase().as_str() {
        "my" => "your".to_owned(),
        "me" => "you".to_owned(),
        "mine" => "yours".to_owned(),
        "myself" => "yourself".to_owned(),
        _ => word.to_owned(),
    };
    text.split(' ').map(turn).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
