//! Reading what came, or the conversation with one person.

use jiff::{SignedDuration, Timestamp, Zoned};

use super::contact::{LONGEST_NAME, Person};
use super::message::Message;
use super::output::{Item, Messages};
use super::server::{CallError, WhatsApp, shown};
use super::spoken;
use super::store::Wanted;
use super::tools::{MOST, USUAL};
use crate::arguments::Arguments;

/// How long it is told that a message did not arrive.
const MISSED: SignedDuration = SignedDuration::from_hours(24);
/// Messages that did not arrive that are told.
const MOST_MISSED: i64 = 5;

/// The messages, in words and for programs.
pub(super) async fn list(
    whatsapp: &WhatsApp,
    arguments: &Arguments,
    now: &Zoned,
) -> Result<(String, Messages), CallError> {
    let limit = arguments.integer("limit", 1..=MOST)?.unwrap_or(USUAL);
    let unread = arguments.flag("unread")?.unwrap_or(false);
    let person = match arguments.optional_text("person", LONGEST_NAME)? {
        Some(given) => Some(whatsapp.who(&given).await?),
        None => None,
    };
    let store = &whatsapp.parts.store;
    let people = whatsapp.people().await?;
    let id = person.as_ref().map(|person| person.id.clone());
    let (messages, total) = store.messages(&Wanted { person: id.clone(), unread }, limit).await?;
    let since = now.timestamp().checked_sub(MISSED).unwrap_or(Timestamp::MIN);
    let missed = if person.is_none() { store.missed(since, MOST_MISSED).await? } else { Vec::new() };
    let item = |message: Message| item(message, &people, now);
    let list = Messages {
        messages: messages.into_iter().map(item).collect(),
        total,
        missed: missed.into_iter().map(item).collect(),
    };
    let name = person.as_ref().map(Person::name);
    let told = spoken::messages(&list, name.as_deref(), unread, now);
    let deaf = whatsapp.parts.options.webhook.is_none() && list.messages.is_empty();
    let told = if deaf { format!("{told} {}", spoken::DEAF) } else { told };
    Ok((told, list))
}

fn item(message: Message, people: &[Person], now: &Zoned) -> Item {
    let known = people.iter().find(|person| person.id == message.person);
    let who = known.map_or_else(|| shown(&Person::stranger(&message.person)), shown);
    Item {
        id: message.wamid,
        direction: message.direction,
        who,
        text: message.text,
        at: message.at.to_zoned(now.time_zone().clone()).to_string(),
        standing: message.standing,
        trouble: message.trouble,
    }
}
