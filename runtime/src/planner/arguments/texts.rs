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
const DANGLING: &[&str] = &["a", "an", "and", "for", "from", "my", "of", "the", "this", "until", "with"];
/// Words that lead to what follows them, if that has an article.
const LEADING: &[&str] = &["at", "for", "from", "in", "into", "of", "off", "on", "onto", "out", "to", "with"];
/// Articles and what stands for one.
const ARTICLES: &[&str] = &["a", "an", "her", "his", "my", "our", "the", "their", "your"];

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
///
/// Of one that is `needed` what was spoken is kept, however little; an optional one was meant or it was not.
pub(super) fn copy(name: &str, property: &Value, text: &str, needed: bool, heard: &Heard) -> Option<String> {
    if let Some(exact) = heard.spelled(text) {
        return Some(exact);
    }
    let free = !is_content(name) && !wants_form(property);
    match heard.place(text) {
        Place::Copied(spoken) => {
            let same = same_words(text, spoken);
            let text = if same { text } else { spoken };
            let further =
                is_qualified(property).then(|| heard.qualifier(spoken)).flatten().unwrap_or_default();
            let text = if free { object(unled(text, heard), heard) } else { text };
            Some(format!("{text}{further}"))
        }
        Place::Reworded(Some(around)) if free => Some(around.to_owned()),
        Place::Reworded(_) => Some(text.to_owned()),
        Place::Partly(..) if !free => Some(text.to_owned()),
        // Half of it at least, or it was made up around a word.
        Place::Partly(spoken, share) => (needed || share >= 0.5).then(|| spoken.to_owned()),
        Place::Nowhere => {
            (wants_form(property) && heard.words().any(|w| stands_for(text, &w.key))).then(|| text.to_owned())
        }
    }
}

/// Whether the description shows a value with a comma in it: 'Berkeley, CA'.
fn is_qualified(property: &Value) -> bool {
    let description = property.get("description").and_then(Value::as_str).unwrap_or_default();
    ['\'', '"']
        .iter()
        .any(|quote| description.split(*quote).skip(1).step_by(2).any(|shown| shown.contains(", ")))
}

/// "dishes" of "dishes off" in "take dishes off my list": the last word leads to what follows.
fn unled<'a>(text: &'a str, heard: &Heard) -> &'a str {
    let said = heard.utterance();
    let words = split(text);
    let (Some(at), Some(last)) = (said.position(&words), words.last()) else { return text };
    let follows = said.words.get(at + words.len()).map(|w| said.plain(w)).unwrap_or_default();
    let leads = LEADING.contains(&last.key.as_str()) && ARTICLES.contains(&follows.as_str());
    if words.len() > 1 && leads { text[..last.range.start].trim_end() } else { text }
}

/// What is to be done or made, of a text that is nearly the whole utterance: "pay the rent" of "make a reminder to pay the
/// rent".
fn object<'a>(text: &'a str, heard: &Heard) -> &'a str {
    /// Words before the command.
    const POLITE: &[&str] = &[
        "please", "can", "could", "would", "will", "you", "hey", "ok", "okay", "i", "need", "want", "like",
        "to",
    ];
    const COMMANDS: &[&str] = &[
        "add", "book", "cancel", "clear", "create", "delete", "give", "make", "mark", "put", "remind",
        "remove", "schedule", "set",
    ];
    /// What is commanded, and the words around it.
    const MADE: &[&str] = &[
        "a",
        "about",
        "alarm",
        "an",
        "appointment",
        "calendar",
        "called",
        "event",
        "for",
        "me",
        "my",
        "named",
        "new",
        "note",
        "of",
        "on",
        "reminder",
        "task",
        "that",
        "the",
        "to",
        "up",
    ];
    let said = &heard.utterance().words;
    let words = split(text);
    let most = words.len() * 3 >= said.len() * 2 && words.len() > 2;
    let mut rest = words.iter().skip_while(|w| POLITE.contains(&w.key.as_str()));
    if !most || !rest.next().is_some_and(|w| COMMANDS.contains(&w.key.as_str())) {
        return text;
    }
    match rest.find(|w| !MADE.contains(&w.key.as_str())) {
        Some(first) => text.get(first.range.start..).unwrap_or(text),
        None => text,
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
            ("title", &plain, "Eric's dinner", Some("eric's")),
            ("title", &plain, "Eric's fancy dinner", None),
            ("body", &plain, "Eric's fancy dinner", Some("Eric's fancy dinner")),
            ("place", &form, "Los Angeles, CA", Some("Los Angeles, CA")),
            ("place", &plain, "Los Angeles, CA", Some("los angeles")),
            ("state", &form, "CA", Some("CA")),
            ("state", &plain, "NY", None),
            ("title", &plain, "urgent", None),
        ] {
            assert_eq!(copy(name, property, text, false, &heard).as_deref(), copied, "{name}: {text}");
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
    fn a_command_is_not_what_it_is_about() {
        for (said, text, copied) in [
            ("make a reminder to pay the rent", "make a reminder to pay the rent", "pay the rent"),
            ("can you clear my day from meetings", "clear my day from meetings", "day from meetings"),
            ("take dishes off my list", "dishes off", "dishes"),
            ("bring the plants in tonight", "bring the plants in", "bring the plants in"),
            ("remind me to set the table", "set the table", "set the table"),
            ("remind me to call mom", "call mom", "call mom"),
        ] {
            let heard = Heard::of(&Conversation::of(said));
            assert_eq!(copy("title", &json!({}), text, true, &heard).as_deref(), Some(copied), "{said}");
        }
    }

    #[test]
    fn nothing_is_left_dangling() {
        assert_eq!(trimmed("my dinner event for"), "my dinner event");
        assert_eq!(trimmed("the meeting of the"), "the meeting");
        assert_eq!(trimmed("for the"), "");
    }
}
