//! The calendar: what is put there, when, and who is invited.

use super::{Given, Known};

pub(super) fn phrase(action: &str, given: &Given) -> Option<Known> {
    let (names, short): (&[&str], _) = match action {
        "create_event" => (
            &["title", "when", "duration", "location", "notes", "attendees", "calendar"],
            "put that into your calendar",
        ),
        "update_event" => (
            &["event", "day", "title", "when", "duration", "location", "notes", "attendees", "whole_series"],
            "change the event",
        ),
        "cancel_event" => (&["event", "day", "whole_series"], "cancel the event"),
        "list_events" => (&["when", "calendar"], "read your calendar"),
        "check_availability" => (&["when", "duration"], "look for free time in your calendar"),
        _ => return None,
    };
    if !given.only(names) {
        return None;
    }
    let whole = match action {
        "create_event" => {
            let put = match given.get("calendar") {
                Some(calendar) => format!("put this into your calendar {calendar}: "),
                None => "put this into your calendar: ".to_owned(),
            };
            invited(given, details(given, given.after(put + &given.text("title")?, ", ", "when")))
        }
        "update_event" => {
            let becomes = given.get("title").map(|title| format!("the name {title}"));
            let when = given.get("when");
            let first = match (becomes, when) {
                (Some(name), Some(when)) => format!("{}: {name}, {when}", one(given, "change")?),
                (Some(name), None) => format!("{}: {name}", one(given, "change")?),
                (None, Some(when)) => {
                    format!("{}, to {}", one(given, "move")?, when.trim_start_matches("on "))
                }
                (None, None) => one(given, "change")?,
            };
            invited(given, details(given, first))
        }
        "cancel_event" => one(given, "cancel")?,
        "list_events" => {
            let calendar = given.after("read your calendar".to_owned(), " ", "calendar");
            given.days(&calendar, "when")
        }
        "check_availability" => {
            let long = given.get("duration").map(|long| long.trim_start_matches("for ").to_owned());
            let free = long.map_or("free time".to_owned(), |long| format!("{long} of free time"));
            given.after(format!("look into your calendar for {free}"), " ", "when")
        }
        _ => return None,
    };
    Some(Known { whole, short })
}

/// "cancel all repetitions of the event the dentist, on Thursday"
fn one(given: &Given, deed: &str) -> Option<String> {
    let event = given.text("event")?;
    let event = event.strip_prefix("the ").unwrap_or(&event);
    let which = if given.is("whole_series") { "the whole series of events" } else { "the event" };
    Some(given.after(format!("{deed} {which} {event}"), ", ", "day"))
}

fn details(given: &Given, event: String) -> String {
    let long = given.get("duration").map(|long| long.trim_start_matches("for ").to_owned());
    let event = long.map_or(event.clone(), |long| format!("{event}, for {long}"));
    let event = given.after(event, ", at ", "location");
    given.after(event, ", with the note: ", "notes")
}

fn invited(given: &Given, event: String) -> String {
    match given.get("attendees") {
        Some(guests) => format!("{event}, and invite {guests}"),
        None => event,
    }
}
