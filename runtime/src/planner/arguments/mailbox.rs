//! Arguments that take an e-mail address: a name is none, and what a server would refuse is asked for instead.

use serde_json::{Map, Value};

/// A name that is short enough to be asked about.
const WORDS: usize = 3;

/// The first required argument that wants an address and was given something else, with the question for it.
pub(super) fn missing(
    settled: &Map<String, Value>,
    schema: &Value,
    required: &[&str],
) -> Option<(String, String)> {
    required.iter().find_map(|name| {
        let property = schema.get("properties")?.get(name).filter(|property| wanted(property))?;
        let given = settled.get(*name)?;
        let given = given.as_array().map_or(std::slice::from_ref(given), Vec::as_slice);
        let other = given.iter().filter_map(Value::as_str).find(|text| !text.contains('@'))?;
        Some(((*name).to_owned(), question(other, property)))
    })
}

/// Whether nothing but an address fits: its format says so, or its description names an address and no other way.
fn wanted(property: &Value) -> bool {
    let within = [Some(property), property.get("items")];
    let texts = |key: &'static str| within.into_iter().flatten().filter_map(move |p| p.get(key)?.as_str());
    if texts("format").any(|format| matches!(format, "email" | "idn-email")) {
        return true;
    }
    let described = texts("description").map(str::to_lowercase).collect::<Vec<_>>().join(" ");
    let words: Vec<&str> =
        described.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| !word.is_empty()).collect();
    let address = words.windows(2).any(|pair| {
        matches!(pair[0], "email" | "e-mail" | "mail") && matches!(pair[1], "address" | "addresses")
    });
    address
        && !words.iter().any(|word| matches!(*word, "or" | "name" | "names" | "username" | "contact" | "id"))
}

fn question(given: &str, property: &Value) -> String {
    // "my boss" is nobody's name, and would be said back as ours.
    let own = |word: &str| matches!(word.to_lowercase().as_str(), "my" | "our" | "me" | "us" | "myself");
    let plain = |word: &str| !own(word) && word.chars().all(|c| c.is_alphabetic() || c == '\'');
    let words: Vec<&str> = given.split_whitespace().collect();
    let named = (1..=WORDS).contains(&words.len()) && words.iter().all(|word| plain(word));
    match property.get("type").and_then(Value::as_str) {
        _ if named => format!("What is {given}'s e-mail address?"),
        Some("array") => "Which e-mail addresses should it be?".to_owned(),
        _ => "Which e-mail address should it be?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(property: Value, value: Value) -> Option<String> {
        let schema = json!({"properties": {"to": property}, "required": ["to"]});
        let settled = json!({"to": value}).as_object().cloned().unwrap();
        missing(&settled, &schema, &["to"]).map(|(_, question)| question)
    }

    #[test]
    fn a_name_where_only_an_address_fits_is_asked_about() {
        let described = |text: &str| json!({"type": "string", "description": text});
        for (property, value, question) in [
            (described("Recipient email address"), json!("Anna"), Some("What is Anna's e-mail address?")),
            (
                json!({"type": "string", "format": "email"}),
                json!("my boss"),
                Some("Which e-mail address should it be?"),
            ),
            (
                json!({"type": "array", "items": {"type": "string", "format": "email"}}),
                json!(["a@example.org", "the whole team 7"]),
                Some("Which e-mail addresses should it be?"),
            ),
            (described("Recipient email address"), json!("anna@example.org"), None),
            (described("Name or email address of the recipient"), json!("Anna"), None),
            (described("The recipient."), json!("Anna"), None),
            (described("The subject of the email."), json!("Hello"), None),
        ] {
            assert_eq!(asked(property.clone(), value).as_deref(), question, "{property}");
        }
    }
}
