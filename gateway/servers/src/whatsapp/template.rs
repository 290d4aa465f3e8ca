//! Templates: messages whose words Meta has approved, for people who have not written for a day.

use serde_json::{Value, json};

/// The longest name, in characters.
pub(super) const LONGEST_NAME: usize = 512;
/// Values at most.
pub(super) const MOST_VALUES: usize = 20;
/// The longest value, in characters.
pub(super) const LONGEST_VALUE: usize = 1024;

/// What fills an approved message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pub name: String,
    /// As Meta writes it: `en_US`.
    pub language: String,
    /// For its places, in their order.
    pub values: Vec<String>,
}

/// A name as it was said or written: "appointment reminder" is `appointment_reminder`. `None` if no template is called so.
pub(super) fn name(said: &str) -> Option<String> {
    let lower = said.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| c.is_whitespace() || c == '_' || c == '-').collect();
    let name = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_");
    let plain = name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
    (plain && (1..=LONGEST_NAME).contains(&name.len())).then_some(name)
}

/// Whether a text is a language as Meta writes it: `en`, `en_US`, `zh_HK`.
pub fn is_language(code: &str) -> bool {
    let mut parts = code.split('_');
    let first = parts.next().unwrap_or_default();
    let letters = |text: &str| text.bytes().all(|c| c.is_ascii_alphanumeric());
    let known = (2..=3).contains(&first.len()) && letters(first);
    known && parts.all(|part| (2..=4).contains(&part.len()) && letters(part)) && code.len() <= 12
}

impl Template {
    /// The content of a message.
    pub fn content(&self) -> Value {
        let mut template = json!({"name": self.name, "language": {"code": self.language}});
        if !self.values.is_empty() {
            let values: Vec<Value> =
                self.values.iter().map(|value| json!({"type": "text", "text": value})).collect();
            template["components"] = json!([{"type": "body", "parameters": values}]);
        }
        json!({"type": "template", "template": template})
    }

    /// How it is written down: "[template hello_world] Ann, Thursday".
    pub fn shown(&self) -> String {
        let head = format!("[template {}]", self.name);
        if self.values.is_empty() { head } else { format!("{head} {}", self.values.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_as_they_are_said() {
        for (said, wanted) in [
            ("hello_world", Some("hello_world")),
            ("Hello World", Some("hello_world")),
            ("order-update 2", Some("order_update_2")),
            ("hello, world", None),
            ("", None),
            ("___", None),
        ] {
            assert_eq!(name(said).as_deref(), wanted, "{said}");
        }
        for code in ["en", "en_US", "zh_HK", "fil"] {
            assert!(is_language(code), "{code}");
        }
        for code in ["", "e", "English", "en-US", "en_", "en_US_and_more"] {
            assert!(!is_language(code), "{code}");
        }
    }

    #[test]
    fn values_are_parameters_of_the_body() {
        let template = |values: &[&str]| Template {
            name: "hello_world".into(),
            language: "en_US".into(),
            values: values.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(
            template(&[]).content(),
            json!({"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}})
        );
        let filled = template(&["Ann", "Thursday"]);
        assert_eq!(
            filled.content()["template"]["components"],
            json!([{"type": "body", "parameters": [{"type": "text", "text": "Ann"}, {"type": "text", "text": "Thursday"}]}])
        );
        assert_eq!(filled.shown(), "[template hello_world] Ann, Thursday");
    }
}
