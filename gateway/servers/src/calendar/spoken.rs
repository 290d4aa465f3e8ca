//! The sentences that are spoken.

use jiff::Zoned;

use super::expansion::Occurrence;
use crate::dates::{self, When};
use crate::free::Stretch;
use crate::sentences::{asked_for, counted, list as listed, second_person, sentence, within};

/// After an event was put into the calendar; `repeats` is "every Monday at nine a.m.".
pub(super) fn created(
    time: &Occurrence,
    repeats: Option<&str>,
    calendar: Option<&str>,
    overlaps: &[Occurrence],
    now: &Zoned,
) -> String {
    let title = titled(time);
    let when = match repeats {
        None => when(time, None, now),
        Some(words) => {
            let long = if time.event.start.is_day() { String::new() } else { lasting(time) };
            format!("{words}{long}, first {}{}", dates::say(&begin(time), now), place(time))
        }
    };
    let which = calendar.map_or_else(|| "your calendar".to_owned(), |name| format!("the calendar {name}"));
    let done = sentence(format!("Done. I put {title} in {which}, {when}"));
    let mut names: Vec<String> = overlaps.iter().map(titled).collect();
    names.dedup();
    match names.as_slice() {
        [] => done,
        [one] => format!("{done} {}", sentence(format!("That overlaps with {one}"))),
        [one, two] => format!("{done} {}", sentence(format!("That overlaps with {one} and {two}"))),
        [one, two, rest @ ..] => {
            let more = dates::cardinal(rest.len());
            format!("{done} {}", sentence(format!("That overlaps with {one}, {two} and {more} more")))
        }
    }
}

/// What becomes of invitations.
pub(super) fn invited(guests: usize, schedules: bool) -> String {
    let people = counted(guests, "person", "people");
    if schedules {
        format!("Your calendar's server invites {people}.")
    } else {
        let stand = if guests == 1 { "stands" } else { "stand" };
        let people = capital(&people);
        format!(
            "{people} {stand} on it, but your calendar's server sends no invitations: tell them yourself."
        )
    }
}

/// After an event was changed.
pub(super) fn updated(before: &Occurrence, after: &Occurrence, whole: bool, now: &Zoned) -> String {
    let (old, new) = (titled(before), titled(after));
    let named = if old == new { new } else { format!("{old} to {new}") };
    let every = if whole { ", every time" } else { "" };
    let moved = before.from != after.from || before.to != after.to;
    let when = if moved || !whole { format!(", {}", when(after, None, now)) } else { place(after) };
    let when = if whole && moved { format!(", {}", hours(after)) } else { when };
    sentence(format!("Done. I changed {named}{every}{when}"))
}

/// "from nine a.m. to nine thirty a.m."
fn hours(time: &Occurrence) -> String {
    let day = time.from.date();
    let said = dates::say(&time.when(), &time.from);
    let today = dates::say(&When::Day(day), &time.from);
    said.strip_prefix(&format!("{today} ")).map_or(said.clone(), str::to_owned)
}

/// Of somebody else's event.
pub(super) fn foreign(organizer: &str) -> String {
    format!("It was organized by {organizer}, so the change may stay in your own calendar alone.")
}

/// After an event was taken out.
pub(super) fn cancelled(time: &Occurrence, whole: bool, now: &Zoned) -> String {
    let title = titled(time);
    sentence(if whole && time.event.repeats() {
        format!("Done. I took {title} out of your calendar, every time")
    } else {
        format!("Done. I took {title} out of your calendar, {}", when(time, None, now))
    })
}

/// What is in the calendar on a day or in a stretch; nothing asked is the coming week.
pub(super) fn list(times: &[Occurrence], unreadable: usize, asked: Option<&When>, now: &Zoned) -> String {
    let words = asked_for(asked, now);
    let told = if times.is_empty() {
        sentence(format!("You have nothing in your calendar {words}"))
    } else {
        let head = format!("You have {} in your calendar {words}", counted(times.len(), "thing", "things"));
        listed(&head, times.iter().map(|time| named(time, asked, now)), times.len())
    };
    told + &unread(unreadable)
}

/// Whether the person is free; `free` are the stretches that are long enough.
pub(super) fn availability(
    busy: &[Occurrence],
    days: &[Occurrence],
    free: &[Stretch],
    unreadable: usize,
    (minutes, asked): (u32, Option<&When>),
    now: &Zoned,
) -> String {
    let words = asked_for(asked, now);
    let span = |(from, to): &Stretch| within(&When::Span { from: from.clone(), to: to.clone() }, asked, now);
    let told = if busy.is_empty() && !free.is_empty() {
        sentence(format!("Yes, you're free {words}"))
    } else if busy.is_empty() {
        sentence(format!("There is no time left {words}"))
    } else {
        let events = listed(
            &format!("you have {} {words}", counted(busy.len(), "thing", "things")),
            busy.iter().map(|time| named(time, asked, now)),
            busy.len(),
        );
        match free {
            [] if matches!(asked, Some(When::At(_))) => format!("No, {events}"),
            [] => format!("No, {events} You don't have {} free.", dates::say_length(minutes)),
            [only] => format!("Partly: {events} {}", sentence(format!("You're free {}", span(only)))),
            _ => format!("Partly: {events} {}", listed("You're free", free.iter().map(span), free.len())),
        }
    };
    let whole = match days {
        [] => String::new(),
        [one, ..] => format!(" {}", sentence(capital(&named(one, None, now)))),
    };
    told + &whole + &unread(unreadable)
}

fn unread(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => " One event in the calendar can't be read.".to_owned(),
        more => format!(" {} events in the calendar can't be read.", capital(&dates::cardinal(more))),
    }
}

/// "the dentist, tomorrow from three p.m. to four p.m., Main Street"
pub(super) fn named(time: &Occurrence, asked: Option<&When>, now: &Zoned) -> String {
    format!("{}, {}", titled(time), when(time, asked, now))
}

fn titled(time: &Occurrence) -> String {
    second_person(time.event.name())
}

fn begin(time: &Occurrence) -> When {
    if time.event.start.is_day() { When::Day(time.from.date()) } else { When::At(time.from.clone()) }
}

fn lasting(time: &Occurrence) -> String {
    let minutes = u32::try_from(time.to.duration_since(&time.from).as_mins()).unwrap_or(0);
    if minutes == 0 { String::new() } else { format!(" for {}", dates::say_length(minutes)) }
}

/// "tomorrow from noon to one p.m., Luigi's"; without the day when that day was asked for.
fn when(time: &Occurrence, asked: Option<&When>, now: &Zoned) -> String {
    let said = match (time.when(), asked) {
        (_, Some(When::Day(_))) if time.event.start.is_day() => "all day".to_owned(),
        (day @ When::Day(_), _) => format!("{}, all day", dates::say(&day, now)),
        (other, _) => within(&other, asked, now),
    };
    said + &place(time)
}

fn place(time: &Occurrence) -> String {
    let place = time.event.location.as_deref();
    place.map_or_else(String::new, |place| format!(", {}", second_person(place)))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
