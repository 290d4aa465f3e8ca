//! The spoken version: what matters first, never more words than fit into a minute.

use jiff::Zoned;

use super::brief::Brief;
use super::gathering::{Gathered, State};
use super::item::{Item, Stamp};
use super::plain;
use super::source::{Kind, Period};
use crate::dates::{self, When};
use crate::sentences::sentence;

/// The most words: under a minute at 150 words a minute.
pub const LONGEST_SPOKEN: usize = 140;
/// Words of one thing.
const THING: usize = 10;
/// Things of one group, at most; less are read out as long as it is too long.
const READ_OUT: usize = 4;
/// Sources that are named as left out.
const LEFT_OUT: usize = 3;
const REST: &str = "The rest is on the screen.";

/// The things of a group, with how their number is said.
pub(super) struct Group<'a> {
    pub one: &'static str,
    pub many: &'static str,
    pub items: Vec<&'a Item>,
    /// Whether a source holds more than was read of it.
    pub cut: bool,
}

/// The groups of a briefing that hold anything, in the order they are told.
pub(super) fn groups<'a>(brief: &Brief, gathered: &'a [Gathered], period: &Period) -> Vec<Group<'a>> {
    let rules = brief.rules().iter();
    let all = rules.map(|rule| {
        let takes = |item: &&Item| rule.takes(item, period);
        let of_kind = gathered.iter().filter(|one| rule.kinds.contains(&one.source.kind));
        let cut = of_kind.map(|one| &one.found).any(|found| found.total > found.items.len());
        let mut items: Vec<&Item> = gathered.iter().flat_map(|one| &one.found.items).filter(takes).collect();
        items.sort_by_cached_key(|item| order(item, &period.now));
        Group { one: rule.one, many: rule.many, items, cut }
    });
    all.filter(|group| !group.items.is_empty()).collect()
}

/// What has a time by its time; mail the newest first.
fn order(item: &Item, now: &Zoned) -> (bool, i64) {
    let second = |stamp: &Stamp| match stamp {
        Stamp::At(at) => at.timestamp().as_second(),
        Stamp::Day(day) => day.to_zoned(now.time_zone().clone()).map_or(0, |at| at.timestamp().as_second()),
    };
    match (&item.when, &item.created) {
        (Some(when), _) => (false, second(when)),
        (None, Some(created)) => (false, -second(created)),
        (None, None) => (true, 0),
    }
}

/// The number of a group in words: "Three tasks are overdue".
pub(super) fn head(group: &Group<'_>) -> String {
    let said = match group.items.len() {
        1 => group.one.to_owned(),
        count => format!("{} {}", dates::cardinal(count), group.many),
    };
    if group.cut { format!("At least {}", lower(&said)) } else { capital(&said) }
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The whole briefing.
pub(super) fn spoken(
    brief: &Brief,
    groups: &[Group<'_>],
    gathered: &[Gathered],
    away: &[(String, String)],
    now: &Zoned,
) -> String {
    let opening = opening(brief, now);
    let next = next(brief, gathered, now);
    let left_out = left_out(gathered, away);
    let nothing = groups.is_empty() && gathered.iter().any(|one| one.state == State::Read);
    for read_out in (0..=READ_OUT).rev() {
        let mut parts = vec![opening.clone()];
        let mut cut = false;
        if nothing {
            parts.push(brief.nothing().to_owned());
        }
        for group in groups {
            cut |= group.items.len() > read_out;
            parts.push(told(group, read_out, now));
        }
        parts.extend(next.clone());
        parts.extend(left_out.clone());
        if cut {
            parts.push(REST.to_owned());
        }
        let text = parts.join(" ");
        if words(&text) <= LONGEST_SPOKEN {
            return text;
        }
    }
    // Six heads and the names of what was left out fit; this holds for whatever else comes.
    let kept = opening.split(' ').chain(left_out.iter().flat_map(|text| text.split(' ')));
    kept.take(LONGEST_SPOKEN).collect::<Vec<_>>().join(" ")
}

pub(super) fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn told(group: &Group<'_>, read_out: usize, now: &Zoned) -> String {
    if read_out == 0 {
        return sentence(head(group));
    }
    let mut things: Vec<String> = group.items.iter().take(read_out).map(|item| thing(item, now)).collect();
    let more = group.items.len() - things.len();
    if more > 0 {
        things.push(format!("and {} more", dates::cardinal(more)));
    } else if let [_, .., last] = things.as_mut_slice() {
        *last = format!("and {last}");
    }
    sentence(format!("{}: {}", head(group), things.join("; ")))
}

/// "stand-up, today at eleven a.m.", "Budget, from Sara".
fn thing(item: &Item, now: &Zoned) -> String {
    let mut said = plain::speech(&item.title, THING);
    if said.is_empty() {
        said = "something without a name".to_owned();
    }
    let mail = matches!(item.kind, Kind::Mail | Kind::Messages);
    if let Some(from) = item.from.as_ref().filter(|_| mail) {
        let name = from.split('<').next().unwrap_or_default();
        said = format!("{said}, from {}", plain::speech(if name.trim().is_empty() { from } else { name }, 4));
    }
    if let Some(when) = item.when.as_ref().filter(|_| !item.finished) {
        said = format!("{said}, {}", moment(when, now));
    }
    said
}

pub(super) fn moment(when: &Stamp, now: &Zoned) -> String {
    let when = match when {
        Stamp::At(at) => When::At(at.clone()),
        Stamp::Day(day) => When::Day(*day),
    };
    dates::say(&when, now)
}

fn opening(brief: &Brief, now: &Zoned) -> String {
    let day = moment(&Stamp::Day(now.date()), now);
    match brief {
        Brief::Daily => "Here is your day.".to_owned(),
        Brief::Weekly => "Here is your week.".to_owned(),
        Brief::Status => sentence(format!("This is how things stand {day}")),
        Brief::Since(since) => sentence(format!("This is what changed since {}", said_since(since, now))),
    }
}

fn said_since(since: &Zoned, now: &Zoned) -> String {
    let whole = since.time() == jiff::civil::Time::midnight();
    if whole && since.date() == now.date() {
        return "midnight".to_owned();
    }
    if whole && now.date().yesterday().is_ok_and(|day| day == since.date()) {
        return "yesterday".to_owned();
    }
    let stamp = if whole { Stamp::Day(since.date()) } else { Stamp::At(since.clone()) };
    moment(&stamp, now).trim_start_matches("on ").to_owned()
}

/// What comes next, in a status report.
fn next(brief: &Brief, gathered: &[Gathered], now: &Zoned) -> Option<String> {
    match brief {
        Brief::Status => {}
        Brief::Daily | Brief::Weekly | Brief::Since(_) => return None,
    }
    let coming = |item: &&Item| !item.finished && item.when.as_ref().is_some_and(|when| !when.is_over(now));
    let items = gathered.iter().flat_map(|one| &one.found.items).filter(coming);
    let item = items.min_by_key(|item| order(item, now))?;
    Some(sentence(format!("Next comes {}", thing(item, now))))
}

/// "Left out: gmail's inbox did not answer in time, ask again later."
fn left_out(gathered: &[Gathered], away: &[(String, String)]) -> Option<String> {
    let named = gathered.iter().filter(|one| one.state != State::Read).map(|one| {
        let reason = one.reason.as_deref().unwrap_or("could not be read");
        format!("{} {}", one.source.spoken(), plain::speech(reason, 14))
    });
    let away =
        away.iter().map(|(server, _)| format!("{} could not be reached", server.replace(['-', '_'], " ")));
    let all: Vec<String> = named.chain(away).collect();
    let more = all.len().saturating_sub(LEFT_OUT);
    let mut shown: Vec<String> = all.into_iter().take(LEFT_OUT).collect();
    if shown.is_empty() {
        return None;
    }
    if more > 0 {
        shown.push(format!("and {} more", dates::cardinal(more)));
    }
    Some(sentence(format!("Left out: {}", shown.join("; "))))
}
