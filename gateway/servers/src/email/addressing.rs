//! Addresses as they are given: checked before anything is built of them.

use lettre::Address;
use lettre::message::Mailbox;

use super::problem::CallError;
use super::tools::{LONGEST_ADDRESS, MOST_RECIPIENTS};
use crate::arguments::Arguments;

/// The longest name beside an address, in characters.
const LONGEST_NAME: usize = 100;

/// `ada@example.org` or `Ada Bell <ada@example.org>`, and nothing else in the text.
pub(super) fn mailbox(text: &str) -> Option<Mailbox> {
    let text = text.trim();
    if text.chars().any(char::is_control) || text.chars().count() > LONGEST_ADDRESS {
        return None;
    }
    let Some(before) = text.strip_suffix('>') else {
        return address(text.strip_prefix("mailto:").unwrap_or(text))
            .map(|address| Mailbox::new(None, address));
    };
    let (name, inside) = before.rsplit_once('<')?;
    let name = name.trim().trim_matches('"').trim();
    let named = !name.is_empty() && name.chars().count() <= LONGEST_NAME;
    Some(Mailbox::new(named.then(|| name.to_owned()), address(inside.trim())?))
}

/// One that mail can be sent to: its domain has a dot, so that "ada@home" is asked about rather than lost.
fn address(text: &str) -> Option<Address> {
    let address: Address = text.parse().ok()?;
    let is_literal = address.domain().starts_with('[');
    (is_literal || address.domain().split('.').filter(|part| !part.is_empty()).count() > 1).then_some(address)
}

/// The addresses of an argument: a list, or one text with commas. None twice.
pub(super) fn list(arguments: &Arguments, name: &'static str) -> Result<Vec<Mailbox>, CallError> {
    let given = arguments.texts(name, 1..=MOST_RECIPIENTS, LONGEST_ADDRESS)?.unwrap_or_default();
    let mut all: Vec<Mailbox> = Vec::new();
    for text in &given {
        for part in parts(text) {
            let one = mailbox(part)
                .ok_or_else(|| CallError::NoAddress { name, found: part.chars().take(60).collect() })?;
            if !all.iter().any(|known| same(&known.email, &one.email)) {
                all.push(one);
            }
        }
    }
    if all.len() > MOST_RECIPIENTS {
        return Err(CallError::ManyRecipients { name, count: all.len() });
    }
    Ok(all)
}

/// Whether mail to both comes to the same place, as far as can be told.
pub(super) fn same(one: &Address, other: &Address) -> bool {
    one.user().eq_ignore_ascii_case(other.user()) && one.domain().eq_ignore_ascii_case(other.domain())
}

/// What stands between commas and semicolons that are not within quotes.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let split = move |c: char| {
        quoted ^= c == '"';
        !quoted && matches!(c, ',' | ';')
    };
    text.split(split).map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_an_address_is_taken_whole() {
        for (text, wanted) in [
            ("ada@example.org", "ada@example.org"),
            (" mailto:ada@example.org ", "ada@example.org"),
            ("Ada Bell <ada@example.org>", "\"Ada Bell\" <ada@example.org>"),
            ("\"Bell, Ada\" <ada@example.org>", "\"Bell, Ada\" <ada@example.org>"),
            ("<ada@example.org>", "ada@example.org"),
            ("ada+list@mail.example.org", "ada+list@mail.example.org"),
            ("ada@[127.0.0.1]", "ada@[127.0.0.1]"),
        ] {
            let read = mailbox(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.to_string().replace('"', ""), wanted.replace('"', ""), "{text}");
        }
        for text in [
            "",
            "Ada",
            "ada at example.org",
            "ada@home",
            "ada@example.org\r\nBcc: eve@example.org",
            "ada@example.org, eve@example.org",
            "ada@example.org eve@example.org",
            "<ada@example.org> eve@example.org",
            "Ada <ada@example.org",
            "Ada <eve@example.org> <ada@exa mple.org>",
            "@example.org",
            "ada@",
            "ada@@example.org",
        ] {
            assert_eq!(mailbox(text), None, "{text:?}");
        }
    }

    #[test]
    fn lists_are_split_and_every_problem_names_what_was_given() {
        let read = |given: serde_json::Value| {
            let object = json!({ "to": given }).as_object().unwrap().clone();
            list(&Arguments::new(Some(object), &["to"]).unwrap(), "to")
        };
        let all = read(json!(["a@x.org, \"B, B\" <b@x.org>", "A@X.org; c@x.org"])).unwrap();
        let all: Vec<_> = all.iter().map(|one| one.email.to_string()).collect();
        assert_eq!(all, ["a@x.org", "b@x.org", "c@x.org"]);
        assert_eq!(read(json!("a@x.org")).unwrap().len(), 1);
        let said = read(json!(["a@x.org", "Sara"])).unwrap_err().to_string();
        assert_eq!(said, "to: \"Sara\" is no email address: give one like ada@example.org");
        let many: Vec<_> = (0..=MOST_RECIPIENTS / 2).map(|n| format!("a{n}@x.org,b{n}@x.org")).collect();
        assert!(matches!(read(json!(many)), Err(CallError::ManyRecipients { .. })));
    }
}
