//! Texts: copied from what was said. What a model shortened, extended or put in other words is pulled back to it.

use serde_json::Value;

use super::{
    heard::{Heard, Place, split},
    slot::parts,
};

/// Names of arguments that hold somebody's own words at length. They may be put in other words, and a date in them is
/// part of what they say.
const CONTENT: &[&str] = &[
    "body",
    "command",
    "content",
    "description",
    "details",
    "keywords",
    "message",
    "note",
    "notes",
    "prompt",
    "q",
    "query",
    "question",
    "request",
    "search",
    "subject",
    "summary",
];
/// Words of a description that allow a form the words did not have: "City, State", an abbreviation, a code.
const FORMS: &[&str] = &["format", "abbreviat", "code", "in the form", "iso "];
/// Words a text does not end with when something was taken off its end.
const DANGLING: &[&str] = &[
    "a", "an", "and", "at", "by", "for", "from", "in", "my", "of", "on", "the", "to", "until", "with",
    "this", "that",
];

/// Whether an argument of this name holds a text at length.
pub(super) fn is_content(name: &str) -> bool {
    parts(name).iter().any(|part| CONTENT.contains(&part.as_str()))
}

/// Whether the description asks for a certain form.
pub(super) fn wants_form(property: &Value) -> bool {
    let description = property.get("description").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    FORMS.iter().any(|form| description.contains(form))
}

/// The text as it was spoken; none if nobody spoke it.
pub(super) fn copy(name: &str, property: &Value, text: &str, heard: &Heard) -> Option<String> {
    if let Some(exact) = heard.spelled(text) {
        return Some(exact);
    }
    match heard.place(text) {
        Place::Copied(spoken) if same_words(text, spoken) => {
            let further = wants_form(property).then(|| heard.qualifier(spoken)).flatten();
            Some(further.map_or_else(|| text.to_owned(), |further| format!("{text}{further}")))
        }
        Place::Copied(spoken) => Some(spoken.to_owned()),
        Place::Reworded => Some(text.to_owned()),
        Place::Partly(_) if is_content(name) || wants_form(property) => Some(text.to_owned()),
        Place::Partly(spoken) => Some(spoken.to_owned()),
        Place::Nowhere => {
            (wants_form(property) && heard.words().any(|w| stands_for(text, &w.key))).then(|| text.to_owned())
        }
    }
}

/// The example, or else the form, that the description gives: "Berkeley, CA" of "in the format 'City, State', such as
/// 'Berkeley, CA'".
pub(super) fn example(property: &Value) -> Option<&str> {
    /// Characters that a tool's line has room for.
    const LONGEST: usize = 24;
    let description = property.get("description").and_then(Value::as_str).filter(|_| wants_form(property))?;
    let after = |lead: &str| description.find(lead).map(|at| &description[at + lead.len()..]);
    let shown = after("such as ")
        .or_else(|| after("e.g. "))
        .or_else(|| after("e.g., "))
        .or_else(|| after("format"))?;
    let quote = shown.find(['\'', '"', '`'])?;
    // What is quoted stands right there, not a sentence further on.
    let near = !shown[..quote].contains('.');
    let mark = shown[quote..].chars().next()?;
    let (example, _) = shown[quote + 1..].split_once(mark).filter(|_| near)?;
    (!example.is_empty() && example.len() <= LONGEST).then_some(example)
}

/// Whether the description names `text`, in quotes, as one of a few that there are.
pub(super) fn is_option(property: &Value, text: &str) -> bool {
    let description = property.get("description").and_then(Value::as_str).unwrap_or_default();
    let few = ["either", "one of", "options", "choices", "possible values", "must be"];
    let lower = description.to_lowercase();
    few.iter().any(|word| lower.contains(word))
        && ['\'', '"', '`'].iter().any(|quote| description.contains(&format!("{quote}{text}{quote}")))
}

/// The same words but for case, punctuation, figures and endings.
fn same_words(text: &str, spoken: &str) -> bool {
    let form = |one: &str, other: &str| {
        let shared = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
        shared + 1 >= one.len().min(other.len())
    };
    (text.is_ascii() || !spoken.is_ascii())
        && split(text)
            .iter()
            .zip(&split(spoken))
            .all(|(a, b)| a.number == b.number && (a.number.is_some() || form(&a.key, &b.key)))
}

/// "CA" for "california", "EUR" for "euro": capitals that the word has in this order, the first one first.
fn stands_for(code: &str, word: &str) -> bool {
    let mut letters = word.chars();
    (2..=3).contains(&code.len())
        && word.len() > code.len()
        && code.chars().all(|c| c.is_ascii_uppercase())
        && code.chars().next().map(|c| c.to_ascii_lowercase()) == word.chars().next()
        && code.chars().all(|c| letters.any(|l| l == c.to_ascii_lowercase()))
}

/// The text without the small words that lost what they led to.
pub(super) fn trimmed(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(last) = text.split_whitespace().next_back()
        && DANGLING.contains(&last.to_lowercase().as_str())
    {
        text = text[..text.len() - last.len()].trim_end();
    }
    text.trim_end_matches([',', ';', '-']).trim_end()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::planner::Conversation;

    #[test]
    fn a_text_is_pulled_back_to_what_was_said() {
        let heard = Heard::of(&Conversation::of(
            "find a house in los angeles california and put eric's bday party at 123 main on john's list",
        ));
        let plain = json!({"description": "What it is."});
        let form = json!({"description": "In the format 'City, State'."});
        for (name, property, text, copied) in [
            ("title", &plain, "Eric's birthday party", Some("eric's bday party")),
            ("title", &plain, "Eric's bday party!", Some("Eric's bday party!")),
            ("title", &plain, "Eric's fancy dinner", Some("eric's")),
            ("body", &plain, "Eric's fancy dinner", Some("Eric's fancy dinner")),
            ("place", &form, "Los Angeles, CA", Some("Los Angeles, CA")),
            ("place", &plain, "Los Angeles, CA", Some("los angeles")),
            ("state", &form, "CA", Some("CA")),
            ("state", &plain, "NY", None),
            ("title", &plain, "urgent", None),
        ] {
            assert_eq!(copy(name, property, text, &heard).as_deref(), copied, "{name}: {text}");
        }
    }

    #[test]
    fn a_form_is_shown_by_its_example() {
        for (description, shown) in [
            ("The city, in the format of 'City, State', such as 'Berkeley, CA'.", Some("Berkeley, CA")),
            ("The code of the country (e.g. \"US\").", Some("US")),
            ("The date in the format 'YYYY-MM-DD'.", Some("YYYY-MM-DD")),
            ("The name, such as 'Bob'.", None),
            ("The format. It's long.", None),
        ] {
            assert_eq!(example(&json!({"description": description})), shown, "{description}");
        }
    }

    #[test]
    fn nothing_is_left_dangling() {
        assert_eq!(trimmed("my dinner event for"), "my dinner event");
        assert_eq!(trimmed("the meeting on the"), "the meeting");
        assert_eq!(trimmed("for the"), "");
    }
}
