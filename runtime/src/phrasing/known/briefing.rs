//! Briefings, with every source that they read; without any the server says what to do about it.

use homepilot_servers::briefing::{self, Source};

use super::{Given, Known};
use crate::phrasing::text::{listed, spoken};

pub(super) fn phrase(action: &str, given: &Given) -> Option<Known> {
    let sources = match given.arguments.get(briefing::SOURCES_ARGUMENT) {
        None => String::new(),
        Some(named) => {
            let of = |id: &serde_json::Value| Some(spoken(&Source::named(id.as_str()?)?.spoken()));
            let named: Vec<String> = named.as_array()?.iter().map(of).collect::<Option<_>>()?;
            format!(" from {}", listed(&named))
        }
    };
    if !given.only(&[briefing::SOURCES_ARGUMENT, "since"]) {
        return None;
    }
    let since = given.arguments.get("since").map(|since| since.as_str().map(spoken));
    let known = |deed: &'static str| Known { whole: format!("{deed}{sources}"), short: deed };
    Some(match (action, since) {
        ("daily_digest", None) => known("put together your daily digest"),
        ("weekly_summary", None) => known("put together your weekly summary"),
        ("status_report", None) => known("put together your status report"),
        ("what_changed_since", Some(Some(since))) => {
            let since = since.strip_prefix("since ").unwrap_or(&since);
            let comma = if sources.is_empty() { "" } else { "," };
            Known {
                whole: format!("tell you what changed since {since}{comma}{sources}"),
                short: "tell you what changed",
            }
        }
        _ => return None,
    })
}
