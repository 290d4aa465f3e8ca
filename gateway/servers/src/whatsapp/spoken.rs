//! The sentences that are spoken: short, in the second person, one line for the sum and one for the messages.

use jiff::Zoned;

use super::message::{Direction, Standing};
use super::output::{Item, Marked, Messages};
use crate::dates::{self, When};
use crate::sentences::{READ_OUT, counted, sentence};
use crate::web::plain;

/// The longest that is read out of one message, in characters.
const LONGEST: usize = 160;
/// Names that the sum holds.
const NAMES: usize = 3;

/// Why there is nothing.
pub(super) const DEAF: &str =
    "The webhook is not set up, so messages can't come in: HomePilot's guide to WhatsApp says how.";

/// After a message was sent.
pub(super) fn sent(name: &str, standing: Standing, heard: bool) -> String {
    match standing {
        Standing::Delivered => sentence(format!("Done. Your message has arrived at {name}")),
        Standing::Read => sentence(format!("Done. {name} has read your message")),
        Standing::Unread
        | Standing::Sending
        | Standing::Unknown
        | Standing::Accepted
        | Standing::Sent
        | Standing::Failed => {
            let told = sentence(format!("Done. I sent your message to {name}"));
            if heard {
                told
            } else {
                format!("{told} Whether it arrives can't be seen here, because the webhook is not set up.")
            }
        }
    }
}

/// A list of messages: of everybody, or of the person called `name`.
pub(super) fn messages(list: &Messages, name: Option<&str>, unread: bool, now: &Zoned) -> String {
    let kind = if unread {
        ("unread WhatsApp message", "unread WhatsApp messages")
    } else {
        ("WhatsApp message", "WhatsApp messages")
    };
    let count = counted(list.total, kind.0, kind.1);
    let sum = match name {
        Some(name) if unread => format!("You have {count} from {name}."),
        Some(name) => format!("There are {count} between you and {name}."),
        None if list.messages.is_empty() => format!("You have {count}."),
        None => format!("You have {count}, from {}.", names(list)),
    };
    let sum = match (name, list.total) {
        (Some(name), 1) if !unread => format!("There is one WhatsApp message between you and {name}."),
        _ => sum,
    };
    let told: Vec<String> = list.messages.iter().take(READ_OUT).map(|item| said(item, now)).collect();
    let missed: Vec<String> = list.missed.iter().map(missed).collect();
    let lines = [vec![sum], missed, if told.is_empty() { Vec::new() } else { vec![told.join(" ")] }];
    lines.concat().join("\n")
}

/// Who wrote: "John, Ann and two more".
fn names(list: &Messages) -> String {
    let mut names: Vec<&str> = Vec::new();
    for item in &list.messages {
        if !names.contains(&item.who.name.as_str()) {
            names.push(&item.who.name);
        }
    }
    let more = names.len().saturating_sub(NAMES);
    names.truncate(NAMES);
    let more = (more > 0).then(|| format!("{} more", dates::cardinal(more)));
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).chain(more).collect();
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        Some(only) => only,
        None => String::new(),
    }
}

/// "John wrote today at five p.m.: I'll be late."
fn said(item: &Item, now: &Zoned) -> String {
    let when = when(item, now);
    let text = text(item);
    let name = &item.who.name;
    sentence(match item.direction {
        Direction::In => format!("{name} wrote {when}: {text}"),
        Direction::Out => match state(item.standing) {
            Some(state) => format!("You wrote {name} {when}, {state}: {text}"),
            None => format!("You wrote {name} {when}: {text}"),
        },
    })
}

fn when(item: &Item, now: &Zoned) -> String {
    item.at
        .parse::<Zoned>()
        .map_or_else(|_| item.at.clone(), |at| dates::say(&When::At(to_the_minute(at)), now))
}

/// Seconds are nobody's business.
fn to_the_minute(at: Zoned) -> Zoned {
    at.with().second(0).subsec_nanosecond(0).build().unwrap_or(at)
}

fn text(item: &Item) -> String {
    let line = item.text.split_whitespace().collect::<Vec<_>>().join(" ");
    plain::shortened(&line, LONGEST)
}

fn state(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::Delivered => Some("and it has arrived"),
        Standing::Read => Some("and it was read"),
        Standing::Failed => Some("and it did not arrive"),
        Standing::Unknown => Some("and nobody knows whether it was sent"),
        Standing::Sending => Some("which is on its way"),
        Standing::Unread | Standing::Accepted | Standing::Sent => None,
    }
}

/// "Your message to Sara did not arrive: …"
fn missed(item: &Item) -> String {
    let name = &item.who.name;
    match (item.standing, &item.trouble) {
        (Standing::Failed, Some(trouble)) => {
            sentence(format!("Your message to {name} did not arrive: {trouble}"))
        }
        (Standing::Failed, None) => format!("Your message to {name} did not arrive."),
        _ => format!("It is not known whether your message to {name} was sent."),
    }
}

/// After messages were marked as read.
pub(super) fn marked(done: &Marked, name: Option<&str>) -> String {
    match (done.from.as_slice(), name) {
        ([], Some(name)) => format!("There is nothing unread from {name}."),
        ([], None) => "There is nothing unread on WhatsApp.".to_owned(),
        ([only], _) => {
            let count = counted(done.messages, "message", "messages");
            sentence(format!("Done. I marked {count} from {} as read", only.name))
        }
        (several, _) => {
            let count = counted(done.messages, "message", "messages");
            let people = dates::cardinal(several.len());
            format!("Done. I marked {count} from {people} people as read.")
        }
    }
}

#[cfg(test)]
mod tests;
