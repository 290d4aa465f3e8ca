//! Changes of a pending call that need no model: "no, make it six" moves the one moment of the call, and nothing else.

use homepilot_servers::dates::{self, When};
use jiff::{ToSpan as _, Zoned};
use serde_json::{Map, Value};

use super::arguments::{exact, is_temporal, words};

/// What may stand around the new time without meaning more.
const FILLERS: &[&str] = &[
    "a", "actually", "at", "be", "better", "but", "can", "change", "could", "do", "for", "i", "instead",
    "it", "let", "let's", "make", "mean", "meant", "move", "no", "nope", "not", "of", "oh", "okay", "on",
    "please", "rather", "said", "say", "set", "should", "sorry", "that", "the", "this", "time", "to", "um",
    "uh", "wait", "want", "we", "yes", "you",
];

/// The arguments with their moment moved, if `said` is about nothing else. A clock time alone keeps the day.
pub fn retime(
    arguments: &Map<String, Value>,
    schema: &Value,
    said: &str,
    now: &Zoned,
) -> Option<Map<String, Value>> {
    let properties = schema.get("properties")?.as_object()?;
    let mut temporal = properties.iter().filter(|(name, p)| is_temporal(p) && arguments.contains_key(*name));
    let ((name, property), None) = (temporal.next()?, temporal.next()) else { return None };
    let rest = |text: &str| {
        words(text).into_iter().filter(|word| !FILLERS.contains(&word.as_str())).collect::<Vec<_>>()
    };
    // A bare number is no time in a longer sentence; here, where nothing else is said, it is.
    let (phrase, when) = match dates::find(said, now) {
        Some(found) if rest(&found.rest(said)).is_empty() => (found.phrase, found.when),
        Some(_) => return None,
        None => {
            let phrase = rest(said).join(" ");
            let when = dates::parse(&phrase, now);
            (phrase, when)
        }
    };
    let before = dates::parse(arguments.get(name)?.as_str()?, now).ok()?;
    let when = same_day(&before, &phrase).or_else(|| when.ok())?;
    let mut moved = arguments.clone();
    moved.insert(name.clone(), Value::String(exact(&when, property, &phrase)));
    Some(moved)
}

/// `phrase` on the day of `before`, if it is a clock time and names no day of its own.
fn same_day(before: &When, phrase: &str) -> Option<When> {
    let day_before = before.moment()?.checked_sub(1.day()).ok()?.start_of_day().ok()?;
    dates::parse(&format!("tomorrow at {phrase}"), &day_before)
        .or_else(|_| dates::parse(&format!("tomorrow {phrase}"), &day_before))
        .ok()
        .filter(|when| matches!(when, When::At(_)))
}

#[cfg(test)]
mod tests {
    use jiff::{civil::date, tz::TimeZone};
    use serde_json::json;

    use super::*;

    fn moved(said: &str) -> Option<String> {
        let now = date(2026, 3, 10).at(9, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap();
        let schema = json!({"properties": {
            "text": {"type": "string"}, "when": {"type": "string", "x-homepilot": "when"}
        }});
        let arguments = json!({"text": "call mom", "when": "2026-03-12T17:00:00+00:00[UTC]"});
        let moved = retime(arguments.as_object().unwrap(), &schema, said, &now)?;
        assert_eq!(moved["text"], "call mom");
        Some(moved["when"].as_str().unwrap().to_owned())
    }

    #[test]
    fn a_clock_time_keeps_the_day_and_a_day_of_its_own_wins() {
        assert_eq!(moved("No, make it six.").unwrap(), "2026-03-12T18:00:00+00:00[UTC]");
        assert_eq!(moved("No, make it 6.").unwrap(), "2026-03-12T18:00:00+00:00[UTC]");
        assert_eq!(moved("make it half past six please").unwrap(), "2026-03-12T18:30:00+00:00[UTC]");
        assert_eq!(moved("no, tomorrow at eight in the morning").unwrap(), "2026-03-11T08:00:00+00:00[UTC]");
    }

    #[test]
    fn anything_else_is_left_to_the_model() {
        assert_eq!(moved("no, remind me to call dad at six"), None);
        assert_eq!(moved("no, make it longer"), None);
    }
}
