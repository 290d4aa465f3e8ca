//! Whom a call may reach: the recipients a rule allows, compared with those found in a call's arguments.
//!
//! Whatever is not clearly one of the allowed is not: the worst that a misread argument brings is a question.

mod found;
mod names;

use std::fmt::Write as _;

use serde::{Serialize, Serializer};

use crate::plain_text;

pub(super) use found::{Found, in_arguments};

const MAX_RECIPIENTS: usize = 200;
const MAX_LENGTH: usize = 254;

/// The recipients of a rule, at least one, as they were written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Recipients(Vec<String>);

/// How two spellings of one recipient are compared.
#[derive(Debug, PartialEq, Eq)]
enum Key {
    /// An e-mail address.
    Address(String),
    /// Every address of a domain; only a rule says so.
    Domain(String),
    /// A phone number, by its digits.
    Phone(String),
    /// Anything else, letter by letter.
    Name(String),
}

impl Recipients {
    /// # Errors
    /// Says what is wrong with the list.
    pub(crate) fn read(written: &[String]) -> Result<Self, String> {
        if written.is_empty() {
            return Err("it is empty".to_owned());
        }
        if written.len() > MAX_RECIPIENTS {
            return Err(format!("it has more than {MAX_RECIPIENTS} entries"));
        }
        let mut entries: Vec<String> = Vec::new();
        for entry in written {
            let entry = found::unwrapped(entry.trim());
            if entry.is_empty() {
                return Err("it has an empty entry".to_owned());
            }
            if entry.len() > MAX_LENGTH || entry.chars().any(plain_text::hidden) {
                return Err(format!("an entry is longer than {MAX_LENGTH} bytes or has hidden characters"));
            }
            if entry.contains('*') && !matches!(Key::allowed(&entry), Key::Domain(_)) {
                return Err(format!("{entry:?} is no pattern, only *@ and a domain is"));
            }
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        Ok(Self(entries))
    }

    /// As they were written.
    pub(super) fn entries(&self) -> &[String] {
        &self.0
    }

    /// What was found and is not allowed.
    pub(super) fn strangers(&self, found: &[Found]) -> Vec<String> {
        let allowed: Vec<Key> = self.0.iter().map(|entry| Key::allowed(entry)).collect();
        let mut strangers: Vec<String> = Vec::new();
        for Found { whole, parts } in found {
            // A name with a comma in it is one name if the rule writes it so.
            if allowed.contains(&Key::Name(folded(whole.trim()))) {
                continue;
            }
            for part in parts.iter().filter(|part| !allows(&allowed, part)) {
                if !strangers.contains(part) {
                    strangers.push(part.clone());
                }
            }
        }
        strangers
    }
}

/// "bob@x.org is not among the recipients", whoever else there is.
pub(super) fn in_words(strangers: &[String]) -> Option<String> {
    let first = strangers.first()?;
    let mut shown: String = plain_text::description(first).chars().take(80).collect();
    if let more @ 1.. = strangers.len() - 1 {
        // Writing to a String can't fail.
        let _ = write!(shown, " and {more} more are");
    } else {
        shown.push_str(" is");
    }
    Some(format!("{shown} not among the recipients"))
}

impl Serialize for Recipients {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

fn allows(allowed: &[Key], found: &str) -> bool {
    let found = Key::found(found);
    allowed.iter().any(|allowed| match (allowed, &found) {
        (Key::Domain(domain), Key::Address(address)) => {
            address.rsplit_once('@').is_some_and(|(_, of)| of == domain)
        }
        (allowed, found) => allowed == found,
    })
}

impl Key {
    fn allowed(entry: &str) -> Self {
        match entry.strip_prefix("*@") {
            Some(domain) if is_domain(domain) => Key::Domain(domain.to_ascii_lowercase()),
            Some(_) | None => Key::found(entry),
        }
    }

    fn found(text: &str) -> Self {
        let text = text.trim();
        if is_address(text) {
            Key::Address(text.to_ascii_lowercase())
        } else if is_phone(text) {
            Key::Phone(text.chars().filter(char::is_ascii_digit).collect())
        } else {
            Key::Name(folded(text))
        }
    }
}

/// One address and nothing else: no second `@`, no route, no quotes.
pub(super) fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && local.chars().all(|c| c.is_ascii_alphanumeric() || "._+-'=~#$&^{}|/?`".contains(c))
            && is_domain(domain)
    })
}

fn is_domain(text: &str) -> bool {
    !text.is_empty()
        && text
            .split('.')
            .all(|label| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
}

/// Digits in the ways people group them. A minus in front makes it something else, such as the id of a group.
pub(super) fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let body = text.strip_prefix('+').unwrap_or(text);
    (5..=20).contains(&digits)
        && body.starts_with(|c: char| c.is_ascii_digit() || c == '(')
        && body.chars().all(|c| c.is_ascii_digit() || " ()-./".contains(c))
}

/// Lower case. A letter that is not ASCII and whose lower case is (the Kelvin sign) stays, because it names somebody else.
fn folded(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if !c.is_ascii() && c.to_lowercase().any(|lower| lower.is_ascii()) {
            out.push(c);
        } else {
            out.extend(c.to_lowercase());
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn strangers(allowed: &[&str], value: Value) -> Vec<String> {
        let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        let arguments = json!({"to": value});
        let found = in_arguments(&Default::default(), arguments.as_object().unwrap());
        Recipients::read(&allowed).unwrap().strangers(&found)
    }

    #[test]
    fn who_is_allowed() {
        let allowed = ["bob@x.org", "*@example.org", "+49 (30) 123-456", "#team", "Smith, Ann", "-100200300"];
        for value in [
            json!("bob@x.org"),
            json!(" BOB@X.ORG "),
            json!("Bob <bob@x.org>"),
            json!("\"Bob, the builder\" <bob@x.org>"),
            json!("anyone@Example.org"),
            json!("bob@x.org, Ann <ann@example.org>; #Team"),
            json!(["bob@x.org", "#team"]),
            json!("4930123456"),
            json!("+49 30 123456"),
            json!(4_930_123_456_u64),
            json!("smith, ann"),
            json!(-100_200_300),
        ] {
            assert!(strangers(&allowed, value.clone()).is_empty(), "{value}");
        }
    }

    #[test]
    fn who_is_not() {
        let allowed = ["bob@x.org", "*@example.org", "+49 (30) 123-456", "#team", "100200300"];
        for (value, stranger) in [
            (json!("bob@x.org.evil.net"), "bob@x.org.evil.net"),
            (json!("eve@sub.example.org"), "eve@sub.example.org"),
            (json!("eve@evil.net@example.org"), "eve@evil.net@example.org"),
            (json!("eve%evil.net@example.org"), "eve%evil.net@example.org"),
            (json!("eve@evil.net <bob@x.org>"), "eve@evil.net <bob@x.org>"),
            (json!("\"eve@evil.net\" <bob@x.org>"), "\"eve@evil.net\" <bob@x.org>"),
            (json!("Bob <bob@x.org> <eve@evil.net>"), "Bob <bob@x.org> <eve@evil.net>"),
            (json!("<bob@x.org> eve@evil.net"), "<bob@x.org> eve@evil.net"),
            (json!("bob@x.org (eve@evil.net)"), "bob@x.org (eve@evil.net)"),
            (json!("bob@x.org,eve@evil.net"), "eve@evil.net"),
            (json!("bob@x.org\neve@evil.net"), "eve@evil.net"),
            (json!("\"bob@x.org, eve@evil.net"), "\"bob@x.org, eve@evil.net"),
            (json!(["bob@x.org", ["eve@evil.net"]]), "eve@evil.net"),
            (json!({"email": "bob@x.org", "id": "eve"}), "eve"),
            (json!("bob@x.org\u{200b}"), "bob@x.org\u{200b}"),
            (json!("b\u{43e}b@x.org"), "b\u{43e}b@x.org"),
            (json!("#te\u{212a}m"), "#te\u{212a}m"),
            (json!("+49 30 123457"), "+49 30 123457"),
            (json!("tel:+4930123456"), "tel:+4930123456"),
            (json!("*@example.org"), "*@example.org"),
            (json!("-100200300"), "-100200300"),
        ] {
            assert_eq!(strangers(&allowed, value.clone()), [stranger], "{value}");
        }
        assert!(!strangers(&["k"], json!("\u{212a}")).is_empty(), "the Kelvin sign is not k");
    }

    #[test]
    fn lists_that_say_nothing_clear() {
        for (written, wanted) in [
            (vec![], "it is empty"),
            (vec!["  "], "it has an empty entry"),
            (vec!["*"], "\"*\" is no pattern, only *@ and a domain is"),
            (vec!["b*@x.org"], "\"b*@x.org\" is no pattern, only *@ and a domain is"),
            (vec!["*@"], "\"*@\" is no pattern, only *@ and a domain is"),
            (vec!["bob\u{202e}"], "an entry is longer than 254 bytes or has hidden characters"),
        ] {
            let written: Vec<String> = written.into_iter().map(str::to_owned).collect();
            assert_eq!(Recipients::read(&written).unwrap_err(), wanted);
        }
    }

    #[test]
    fn words() {
        let of = |names: &[&str]| in_words(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["bob@x.org"]).unwrap(), "bob@x.org is not among the recipients");
        assert_eq!(of(&["a", "b", "c"]).unwrap(), "a and 2 more are not among the recipients");
    }
}
