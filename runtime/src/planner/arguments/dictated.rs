//! What is dictated goes on to its end: a model that writes "call Anna" of "remind me to call Anna and then pack the bags"
//! gets the rest of it back.

use homepilot_servers::dates;
use jiff::Zoned;
use serde_json::{Map, Value};

use super::slot::{Slot, parts};
use crate::planner::agenda::dictated_tails;

/// Names of arguments that say to whom, whose words end with the name.
const TO_WHOM: &[&str] =
    &["to", "cc", "recipient", "recipients", "contact", "person", "name", "who", "attendees"];

/// Lengthens the text that ends where a tail of what is dictated begins. Time words between the two, and behind the
/// tail, are none of it.
pub(super) fn to_its_end(settled: &mut Map<String, Value>, slots: &[Slot], utterance: &str, now: &Zoned) {
    let tails = dictated_tails(utterance);
    if tails.is_empty() {
        return;
    }
    let times = dates::find(utterance, now).map(|found| found.ranges).unwrap_or_default();
    let lower = utterance.to_ascii_lowercase();
    for tail in tails {
        let end = times.iter().map(|time| time.start).find(|start| tail.contains(start)).unwrap_or(tail.end);
        let further = utterance[tail.start..end].trim_end_matches(|c: char| !c.is_alphanumeric());
        let text = settled.iter_mut().find_map(|(name, value)| {
            let free = !slots.iter().any(|slot| slot.name == *name)
                && !parts(name).iter().any(|part| TO_WHOM.contains(&part.as_str()));
            let Value::String(text) = value else { return None };
            let from = lower.find(&text.to_ascii_lowercase()).filter(|_| free && !text.is_empty())?;
            let until = from + text.len();
            let between = utterance.get(until..tail.start)?;
            let timed = times.iter().filter(|time| until <= time.start && time.end <= tail.start);
            let timed: usize = timed.map(|time| letters(&utterance[time.clone()])).sum();
            (letters(between) == timed).then_some(text)
        });
        if let Some(text) = text {
            text.push(' ');
            text.push_str(further);
        }
    }
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

#[cfg(test)]
mod tests {
    use jiff::{civil::date, tz::TimeZone};
    use serde_json::json;

    use crate::planner::{Conversation, arguments::settle};

    #[test]
    fn a_shortened_text_gets_its_end_back() {
        let now = date(2026, 3, 10).at(9, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap();
        let text = json!({"type": "string"});
        let schema = json!({"properties": {"text": text, "to": text, "when": {"x-homepilot": "when"}}});
        for (said, written, kept) in [
            (
                "remind me to ring Olga and then pack the bags",
                "ring Olga",
                "ring Olga and then pack the bags",
            ),
            (
                "Remind me to ring Olga, and then pack the bags tomorrow at noon.",
                "ring Olga",
                "ring Olga and then pack the bags",
            ),
            (
                "remind me tomorrow at noon to ring Olga and then pack the bags, then rest a bit",
                "ring Olga",
                "ring Olga and then pack the bags then rest a bit",
            ),
            (
                "remind me to ring Olga tomorrow at noon and then pack the bags",
                "ring Olga",
                "ring Olga and then pack the bags",
            ),
            ("remind me to ring Olga and then pack", "ring Olga and then pack", "ring Olga and then pack"),
            // A request of its own is none of it.
            ("add a task to ring Olga and then delete the task about bags", "ring Olga", "ring Olga"),
        ] {
            let arguments = json!({"text": written}).as_object().unwrap().clone();
            let settled = settle(arguments, &schema, &Conversation::of(said), &now).unwrap();
            assert_eq!(settled["text"], kept, "{said}");
        }
        let arguments = json!({"to": "Olga"}).as_object().unwrap().clone();
        let said = Conversation::of("tell my sister Olga that and then smile at her");
        assert_eq!(settle(arguments, &schema, &said, &now).unwrap()["to"], "Olga");
    }
}
