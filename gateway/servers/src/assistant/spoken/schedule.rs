//! Sentences about the schedule.

use jiff::Zoned;

use crate::assistant::held::Held;
use crate::dates::{self, When};
use crate::free::Stretch;
use crate::placing::Length;
use crate::sentences::{asked_for, counted, list as listed, second_person, sentence, within};

/// After an entry was added.
pub(in crate::assistant) fn added(held: &Held<'_>, overlaps: &[Held<'_>], now: &Zoned) -> String {
    let title = titled(held);
    let when = match &held.entry.repeat {
        None => time(held, None, now),
        Some(repeat) => {
            let first = dates::say(&start(held), now);
            let long = match held.entry.length {
                Length::Minutes(minutes) => format!(" for {}", dates::say_length(minutes)),
                Length::Days(_) => String::new(),
            };
            format!("{}{long}, first {first}", repeat.words)
        }
    };
    let done = sentence(format!("Done. I put {title} on your schedule, {when}"));
    let mut names: Vec<String> = Vec::new();
    for other in overlaps {
        let name = second_person(&other.entry.title);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.as_slice() {
        [] => done,
        [one] => format!("{done} {}", sentence(format!("That overlaps with {one}"))),
        [one, two] => format!("{done} {}", sentence(format!("That overlaps with {one} and {two}"))),
        [one, two, ..] => {
            let more = dates::cardinal(names.len() - 2);
            format!("{done} {}", sentence(format!("That overlaps with {one}, {two} and {more} more")))
        }
    }
}

/// What is on the schedule on a day or in a stretch; nothing asked is the coming week.
pub(in crate::assistant) fn list(held: &[Held<'_>], asked: Option<&When>, now: &Zoned) -> String {
    let asked_words = asked_for(asked, now);
    if held.is_empty() {
        return sentence(format!("You have nothing on your schedule {asked_words}"));
    }
    let head = format!("You have {} on your schedule {asked_words}", counted(held.len(), "thing", "things"));
    let each = held.iter().map(|held| format!("{}, {}", titled(held), time(held, asked, now)));
    listed(&head, each, held.len())
}

/// Free time of at least `minutes`, and the entries for whole days beside it.
pub(in crate::assistant) fn free(
    found: &[Stretch],
    minutes: u32,
    asked: Option<&When>,
    days: &[Held<'_>],
    now: &Zoned,
) -> String {
    let least = dates::say_length(minutes);
    let asked_words = asked_for(asked, now);
    let span = |(from, to): &Stretch| within(&When::Span { from: from.clone(), to: to.clone() }, asked, now);
    let told = if found.is_empty() {
        sentence(format!("You don't have {least} free {asked_words}"))
    } else {
        listed(&format!("You have {least} free {asked_words}"), found.iter().map(span), found.len())
    };
    match days {
        [] => told,
        [one, ..] => format!("{told} {}", sentence(format!("{}, {}", titled(one), time(one, None, now)))),
    }
}

fn titled(held: &Held<'_>) -> String {
    second_person(&held.entry.title)
}

fn start(held: &Held<'_>) -> When {
    match held.entry.length {
        Length::Minutes(_) => When::At(held.from.clone()),
        Length::Days(_) => When::Day(held.from.date()),
    }
}

/// "tomorrow from noon to one p.m. at Luigi's"; without the day when that day was asked for.
fn time(held: &Held<'_>, asked: Option<&When>, now: &Zoned) -> String {
    let when = match held.entry.length {
        Length::Minutes(_) => within(&held.when(), asked, now),
        Length::Days(_) if matches!(asked, Some(When::Day(_))) => "all day".to_owned(),
        Length::Days(1) => format!("{}, all day", dates::say(&held.when(), now)),
        Length::Days(_) => dates::say(&held.when(), now),
    };
    match &held.entry.location {
        None => when,
        Some(place) => format!("{when}, {}", second_person(place)),
    }
}
