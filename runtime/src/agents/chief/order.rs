//! What comes first: what is said to be urgent, then what has the earlier time, then the rest as it was said; what can wait
//! comes last.

use homepilot_servers::dates;
use jiff::{Timestamp, Zoned};

/// How soon a part is wanted; the smaller, the sooner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    AtOnce,
    By(Timestamp),
    Sometime,
    Last,
}

/// The parts in the order they are dealt with.
pub(super) fn ordered(mut parts: Vec<String>, now: &Zoned) -> Vec<String> {
    parts.sort_by_cached_key(|part| wanted(part, now));
    parts
}

fn wanted(part: &str, now: &Zoned) -> Wanted {
    const LAST: &[&str] =
        &["no rush", "no hurry", "not urgent", "whenever", "when you have time", "can wait", "low priority"];
    const AT_ONCE: &[&str] = &[
        "urgent",
        "urgently",
        "immediately",
        "right away",
        "right now",
        "at once",
        "asap",
        "as soon as possible",
        "top priority",
        "high priority",
        "first of all",
        "most important",
    ];
    let spaced = |text: &str| {
        let plain: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
        format!(" {} ", plain.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let said = spaced(part);
    let any = |phrases: &[&str]| phrases.iter().any(|phrase| said.contains(&spaced(phrase)));
    if any(LAST) {
        return Wanted::Last;
    }
    if any(AT_ONCE) {
        return Wanted::AtOnce;
    }
    let when = dates::find(part, now).and_then(|found| found.when.ok());
    match when {
        Some(dates::When::Day(day)) => day
            .to_zoned(now.time_zone().clone())
            .map_or(Wanted::Sometime, |midnight| Wanted::By(midnight.timestamp())),
        Some(when) => when.moment().map_or(Wanted::Sometime, |at| Wanted::By(at.timestamp())),
        None => Wanted::Sometime,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgent_then_soon_then_as_said_then_what_can_wait() {
        let now: Zoned = "2026-11-23T09:00[Europe/Berlin]".parse().unwrap();
        let said = [
            "water the plants when you have time",
            "put buy bread on my list",
            "remind me on Thursday at noon to pay the rent",
            "remind me today at four to call the bank",
            "what is on my list",
            "this is urgent, remind me next week to call the doctor",
        ];
        let order = ordered(said.map(str::to_owned).to_vec(), &now);
        assert_eq!(order, [said[5], said[3], said[2], said[1], said[4], said[0]]);
    }
}
