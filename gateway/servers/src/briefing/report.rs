//! What a briefing answers with: structured output, and a Markdown report with its sources.

use jiff::Zoned;
use schemars::JsonSchema;
use serde::Serialize;

use super::brief::Brief;
use super::gathering::{Gathered, State};
use super::item::Item;
use super::plain;
use super::source::{Kind, Period};
use super::spoken::{self, Group};

/// Bytes of the Markdown report; what is beyond is counted.
const LONGEST: usize = 48 * 1024;
/// Things in the structured output.
const ITEMS: usize = 300;

/// A briefing.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Report {
    /// What is spoken: at most 140 words.
    pub spoken: String,
    /// The whole as Markdown, with a section for each source.
    pub markdown: String,
    /// Every source that was asked, and how it stands with it.
    pub sources: Vec<SourceReport>,
    /// What is told, at most 300 things.
    pub items: Vec<Item>,
    /// How many things of each group there are.
    pub counts: Vec<Count>,
}

/// How it stands with a source.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct SourceReport {
    /// `server__tool`, or a server's name if it is away.
    pub id: String,
    /// What it holds, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// How it stands with it.
    pub state: State,
    /// How many things it holds.
    pub items: usize,
    /// Why it was left out, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How many things of a group there are.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Count {
    /// "tasks are overdue"
    pub of: String,
    /// How many.
    pub count: usize,
}

/// A briefing of what was gathered.
pub(super) fn report(
    brief: &Brief,
    gathered: &[Gathered],
    away: &[(String, String)],
    period: &Period,
) -> Report {
    let groups = spoken::groups(brief, gathered, period);
    let mut items: Vec<Item> = Vec::new();
    for item in groups.iter().flat_map(|group| &group.items) {
        if items.len() < ITEMS && !items.contains(item) {
            items.push((*item).clone());
        }
    }
    let read = gathered.iter().map(|one| SourceReport {
        id: one.source.id.clone(),
        kind: Some(one.source.kind),
        state: one.state,
        items: one.found.total,
        reason: one.reason.clone(),
    });
    let missing = away.iter().map(|(server, reason)| SourceReport {
        id: server.clone(),
        kind: None,
        state: State::Missing,
        items: 0,
        reason: Some(format!("could not be reached, {reason}")),
    });
    let sources: Vec<SourceReport> = read.chain(missing).collect();
    Report {
        spoken: spoken::spoken(brief, &groups, gathered, away, &period.now),
        markdown: markdown(brief, &groups, gathered, &sources, &period.now),
        counts: groups
            .iter()
            .map(|group| Count { of: group.many.to_owned(), count: group.items.len() })
            .collect(),
        items,
        sources,
    }
}

fn markdown(
    brief: &Brief,
    groups: &[Group<'_>],
    gathered: &[Gathered],
    sources: &[SourceReport],
    now: &Zoned,
) -> String {
    let mut text = format!("# {}\n\n{}\n", brief.title(), now.strftime("%A, %B %-d, %Y, %H:%M"));
    let (mut links, mut left) = (Vec::new(), 0);
    for one in gathered.iter().filter(|one| one.state == State::Read) {
        text.push_str(&format!("\n## {}\n", plain::markdown(&one.source.spoken())));
        let mut empty = true;
        for group in groups {
            let of_source: Vec<&Item> =
                group.items.iter().copied().filter(|item| item.source == one.source.id).collect();
            if of_source.is_empty() {
                continue;
            }
            empty = false;
            let part = Group { items: of_source, cut: one.found.total > one.found.items.len(), ..*group };
            text.push_str(&format!("\n**{}**\n\n", spoken::head(&part)));
            for item in &part.items {
                if text.len() > LONGEST {
                    left += 1;
                } else {
                    text.push_str(&line(item, &mut links, now));
                }
            }
        }
        if empty {
            text.push_str("\nNothing to tell.\n");
        }
    }
    if left > 0 {
        text.push_str(&format!("\n{left} more are not shown.\n"));
    }
    text.push_str("\n## Sources\n\n");
    for source in sources {
        let id = plain::markdown(&source.id);
        text.push_str(&match &source.reason {
            Some(reason) => format!("- {id}: left out, it {}\n", plain::markdown(reason)),
            None => format!("- {id}: {} found\n", source.items),
        });
    }
    for (number, link) in links.iter().enumerate() {
        text.push_str(&format!("{}. <{link}>\n", number + 1));
    }
    text
}

fn line(item: &Item, links: &mut Vec<String>, now: &Zoned) -> String {
    let mut line = format!("- {}", plain::markdown(&item.title));
    if let Some(when) = &item.when {
        line.push_str(&format!(", {}", spoken::moment(when, now)));
    }
    if let Some(from) = &item.from {
        line.push_str(&format!(", from {}", plain::markdown(from)));
    }
    if let Some(place) = &item.place {
        line.push_str(&format!(", at {}", plain::markdown(place)));
    }
    if let Some(link) = &item.link {
        let number = links.iter().position(|known| known == link).unwrap_or_else(|| {
            links.push(link.clone());
            links.len() - 1
        });
        line.push_str(&format!(" \\[{}\\]", number + 1));
    }
    line.push('\n');
    line
}
