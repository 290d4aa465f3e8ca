//! Where the values of a call come from: said by the person, or only answered by a tool.
//!
//! What a tool answers is data that anybody may have written. A recipient, an account, a link or an amount that the person
//! did not say, in a conversation in which tools have answered, is not taken over by a write without a question, whatever
//! the level. The worst that a misread value brings is a question.

mod spoken;

use serde::Serialize;
use serde_json::{Map, Value};

use super::boundary::{Boundaries, Sent};
use super::recipients;
use crate::capability::words;
use spoken::Spoken;

/// Nesting beyond this is not followed; the arguments are checked against the schema to the same depth.
const DEPTH: usize = 32;

/// Arguments that name an account.
const ACCOUNT: &str = "account iban bic swift wallet card payee beneficiary routing";
/// Arguments that hold an amount of money or of things.
const AMOUNT: &str = "amount price total sum fee tip cost quantity";
/// Arguments that hold a link.
const LINK: &str = "url uri link links href webhook callback endpoint website domain";

/// What the values of a call may have come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Grounds {
    /// From whoever proposes it; no tool's answer stands between.
    #[default]
    Caller,
    /// From a conversation in which tools have answered.
    Conversation {
        /// What the person said in it.
        spoken: Vec<String>,
    },
}

/// An argument whose value the person did not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unspoken {
    /// Its name, at the top of the arguments.
    pub argument: String,
    /// What it is.
    pub kind: ValueKind,
}

/// What a value is good for that must not come from a tool's answer alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// Whom it reaches.
    Recipient,
    /// An account.
    Account,
    /// A link.
    Link,
    /// How much.
    Amount,
}

impl ValueKind {
    /// The word it is spoken of by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::Account => "account",
            Self::Link => "link",
            Self::Amount => "amount",
        }
    }
}

/// Every argument of a call that reaches, pays or points somewhere the person did not say. Recipients that the deciding rule
/// lists are known.
pub(super) fn unspoken(sent: &Sent<'_>, boundaries: &[&Boundaries]) -> Vec<Unspoken> {
    let Grounds::Conversation { spoken } = sent.grounds else { return Vec::new() };
    let spoken = Spoken::of(spoken);
    let mut unspoken = Vec::new();
    for (name, value) in sent.arguments {
        let mut kinds = Vec::new();
        let alone = Map::from_iter([(name.clone(), value.clone())]);
        let found = recipients::in_arguments(sent.schema, &alone);
        let strangers = boundaries.iter().filter_map(|known| known.recipients.as_ref()).fold(
            found.iter().flat_map(|found| found.parts.clone()).collect::<Vec<String>>(),
            |left, known| {
                let strangers = known.strangers(&found);
                left.into_iter().filter(|part| strangers.contains(part)).collect()
            },
        );
        if strangers.iter().any(|part| !spoken.holds(part)) {
            kinds.push(ValueKind::Recipient);
        }
        leaves(name, value, None, 0, &mut |kind, text| {
            let held = match kind {
                Some(ValueKind::Link) if text.contains(char::is_whitespace) => {
                    links(text).all(|l| spoken.holds(l))
                }
                Some(_) => spoken.holds(text),
                None => links(text).all(|link| spoken.holds(link)),
            };
            if !held {
                kinds.push(kind.unwrap_or(ValueKind::Link));
            }
        });
        kinds.sort_unstable();
        kinds.dedup();
        unspoken.extend(kinds.into_iter().map(|kind| Unspoken { argument: name.clone(), kind }));
    }
    unspoken
}

/// "the recipient and the amount did not come from the person".
pub(super) fn in_words(unspoken: &[Unspoken]) -> Option<String> {
    let mut kinds: Vec<ValueKind> = unspoken.iter().map(|one| one.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let named: Vec<String> = kinds.iter().map(|kind| format!("the {}", kind.as_str())).collect();
    let (last, before) = named.split_last()?;
    let all = if before.is_empty() { last.clone() } else { format!("{} and {last}", before.join(", ")) };
    Some(format!("{all} did not come from the person"))
}

/// Every text and number, with what its name, or a name above it, or its own shape says it is.
fn leaves(
    name: &str,
    value: &Value,
    above: Option<ValueKind>,
    depth: usize,
    each: &mut impl FnMut(Option<ValueKind>, &str),
) {
    if depth > DEPTH {
        return;
    }
    let kind = named(name).or(above);
    match value {
        Value::Null | Value::Bool(_) => {}
        // Numbers elsewhere count, order or identify.
        Value::Number(number) => {
            if matches!(kind, Some(ValueKind::Amount | ValueKind::Account)) {
                each(kind, &written(number));
            }
        }
        Value::String(text) => each(kind.or_else(|| is_iban(text).then_some(ValueKind::Account)), text),
        Value::Array(items) => {
            for item in items {
                leaves(name, item, above, depth + 1, each);
            }
        }
        Value::Object(object) => {
            for (inner, value) in object {
                leaves(inner, value, kind, depth + 1, each);
            }
        }
    }
}

fn named(name: &str) -> Option<ValueKind> {
    let words = words(name);
    let any = |list: &str| words.iter().any(|word| list.split(' ').any(|one| one == word));
    [(ACCOUNT, ValueKind::Account), (LINK, ValueKind::Link), (AMOUNT, ValueKind::Amount)]
        .into_iter()
        .find_map(|(list, kind)| any(list).then_some(kind))
}

/// A whole number without its point: what is said of 20.0 is "twenty".
fn written(number: &serde_json::Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The links in a text.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().filter(|piece| {
        piece.contains("://") || piece.get(..4).is_some_and(|www| www.eq_ignore_ascii_case("www."))
    })
}

/// Two letters, two digits, and eight or more of both.
fn is_iban(text: &str) -> bool {
    let joined: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    (12..=34).contains(&joined.len())
        && joined.iter().all(char::is_ascii_alphanumeric)
        && joined[..2].iter().all(char::is_ascii_uppercase)
        && joined[2..4].iter().all(char::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kinds(spoken: &str, arguments: Value, boundaries: Option<Value>) -> Vec<(String, &'static str)> {
        let grounds = Grounds::Conversation { spoken: vec![spoken.to_owned()] };
        let schema = Map::new();
        let arguments = arguments.as_object().unwrap();
        let read = boundaries.and_then(|b| Boundaries::read(b.as_object().unwrap()).unwrap());
        let boundaries: Vec<&Boundaries> = read.iter().collect();
        let sent = Sent { schema: &schema, arguments, grounds: &grounds };
        unspoken(&sent, &boundaries).into_iter().map(|one| (one.argument, one.kind.as_str())).collect()
    }

    #[test]
    fn what_the_person_said_is_theirs_however_it_was_written_down() {
        for (spoken, arguments) in [
            ("mail ann at example dot org about lunch", json!({"to": "ann@example.org", "body": "lunch"})),
            ("Email Ann@Example.org", json!({"to": ["ann@example.org"]})),
            ("text plus four nine three zero, one two three four", json!({"phone": "+49 30 1234"})),
            ("pay Tom twenty five euros", json!({"payee": "Tom", "amount": 25})),
            ("pay him 19.50", json!({"amount": 19.5})),
            ("pay two hundred and five", json!({"amount": 205.0})),
            ("open www dot example dot com slash docs", json!({"url": "www.example.com/docs"})),
            ("tell the #general channel", json!({"channel": "general"})),
            ("invite Bob and Ann Smith", json!({"attendees": ["Ann Smith", "Bob"]})),
        ] {
            assert_eq!(kinds(spoken, arguments.clone(), None), [], "{arguments}");
        }
    }

    #[test]
    fn what_only_a_tool_said_is_not() {
        for (spoken, arguments, wanted) in [
            ("send it to Ann", json!({"to": "eve@evil.example"}), vec![("to", "recipient")]),
            // A part of what was said is somebody else.
            ("mail ann@example.com", json!({"to": "ann@example.co"}), vec![("to", "recipient")]),
            (
                "pay the bill",
                json!({"recipient": "Ann", "amount": 98.7}),
                vec![("recipient", "recipient"), ("amount", "amount")],
            ),
            ("pay it", json!({"note": "US133000000121212121212"}), vec![("note", "account")]),
            ("post my summary", json!({"text": "see https://evil.example/x"}), vec![("text", "link")]),
            ("post it", json!({"webhook": "evil.example"}), vec![("webhook", "link")]),
            ("pay it", json!({"transfer": {"amount": {"value": 5}}}), vec![("transfer", "amount")]),
        ] {
            let got = kinds(spoken, arguments.clone(), None);
            let got: Vec<(&str, &str)> = got.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
            assert_eq!(got, wanted, "{arguments}");
        }
    }

    #[test]
    fn a_rules_own_recipients_are_known() {
        let rule = json!({"recipients": ["*@example.org"]});
        assert_eq!(kinds("tell Ann", json!({"to": "ann@example.org"}), Some(rule.clone())), []);
        assert_eq!(kinds("tell Ann", json!({"to": "ann@evil.example"}), Some(rule)).len(), 1);
    }

    #[test]
    fn words_for_it() {
        let one = |kind| Unspoken { argument: "a".into(), kind };
        assert_eq!(in_words(&[]), None);
        assert_eq!(in_words(&[one(ValueKind::Link)]).unwrap(), "the link did not come from the person");
        assert_eq!(
            in_words(&[one(ValueKind::Amount), one(ValueKind::Recipient)]).unwrap(),
            "the recipient and the amount did not come from the person"
        );
    }
}
