//! What the webhook brings, read leniently: messages that came and what became of those that were sent. Anything else, and
//! whatever can't be read, is left out; what others wrote is cleaned of what can't be seen.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::contact::LONGEST_NAME;
use super::message::{LONGEST_TEXT, Standing};
use super::number::Number;
use super::refusal::Fault;
use crate::web::plain;

/// The most notices that one payload brings.
pub(super) const MOST: usize = 1000;
/// The longest id that is kept, in bytes.
const LONGEST_ID: usize = 512;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Notice {
    Received(Received),
    Became(Became),
}

/// A message that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Received {
    pub wamid: String,
    pub from: Ids,
    /// What they call themselves.
    pub name: Option<String>,
    pub text: String,
    pub at: Timestamp,
}

/// What became of a message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Became {
    pub wamid: String,
    /// Our id, if we sent it.
    pub ours: Option<String>,
    pub standing: Standing,
    /// Why it failed.
    pub trouble: Option<String>,
}

/// By what a person is known: at least one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ids {
    /// The digits of their number, unless they hide it.
    pub number: Option<String>,
    /// WhatsApp's id for them.
    pub user: Option<String>,
}

impl Ids {
    fn new(number: Option<String>, user: Option<String>) -> Option<Ids> {
        let number = number.filter(|number| Number::of_digits(number).is_some());
        let user = user.filter(|user| is_user_id(user));
        (number.is_some() || user.is_some()).then_some(Ids { number, user })
    }

    /// The id that they are kept under.
    pub fn person(&self) -> &str {
        self.number.as_deref().or(self.user.as_deref()).unwrap_or_default()
    }
}

/// `US.13491208655302741918`: a country, and whatever letters and digits follow.
fn is_user_id(text: &str) -> bool {
    let country = text.get(..2).is_some_and(|code| code.bytes().all(|c| c.is_ascii_uppercase()));
    let rest = text.get(2..).unwrap_or_default();
    let plain = rest.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'.');
    country && rest.starts_with('.') && plain && text.len() <= LONGEST_ID
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
struct Part {
    metadata: Metadata,
    #[serde(default)]
    contacts: Vec<Value>,
    #[serde(default)]
    messages: Vec<Value>,
    #[serde(default)]
    statuses: Vec<Value>,
}

#[derive(Deserialize)]
struct Metadata {
    phone_number_id: String,
}

#[derive(Deserialize)]
struct Sender {
    #[serde(default)]
    profile: Option<Profile>,
    #[serde(default)]
    wa_id: Option<String>,
    #[serde(default)]
    user_id: Option<String>,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Incoming {
    id: String,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    from_user_id: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct StatusPart {
    id: String,
    status: String,
    #[serde(default)]
    biz_opaque_callback_data: Option<String>,
    #[serde(default)]
    errors: Vec<Fault>,
}

/// The notices of a payload that are about the number with this id.
pub(super) fn read(payload: &Value, number_id: &str, now: Timestamp, secret: &str) -> Vec<Notice> {
    let Ok(payload) = Payload::deserialize(payload) else { return Vec::new() };
    let parts = payload.entry.into_iter().flat_map(|entry| entry.changes);
    let parts = parts.filter_map(|change| Part::deserialize(change.value).ok());
    let ours = parts.filter(|part| part.metadata.phone_number_id == number_id);
    ours.flat_map(|part| notices(&part, now, secret)).take(MOST).collect()
}

fn notices(part: &Part, now: Timestamp, secret: &str) -> Vec<Notice> {
    // Every message looks through the senders.
    let senders: Vec<Sender> =
        part.contacts.iter().take(MOST).filter_map(|sender| Sender::deserialize(sender).ok()).collect();
    let received = part.messages.iter().filter_map(|message| received(message, &senders, now));
    let became = part.statuses.iter().filter_map(|status| became(status, secret));
    received.map(Notice::Received).chain(became.map(Notice::Became)).take(MOST).collect()
}

fn received(message: &Value, senders: &[Sender], now: Timestamp) -> Option<Received> {
    let incoming = Incoming::deserialize(message).ok()?;
    if incoming.id.is_empty() || incoming.id.len() > LONGEST_ID {
        return None;
    }
    let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
    let sender = senders
        .iter()
        .find(|sender| same(&sender.wa_id, &incoming.from) || same(&sender.user_id, &incoming.from_user_id));
    let user = incoming.from_user_id.or_else(|| sender?.user_id.clone());
    let name = sender.and_then(|sender| sender.profile.as_ref()?.name.as_deref());
    Some(Received {
        text: content(&incoming.kind, message)?,
        wamid: incoming.id,
        from: Ids::new(incoming.from, user)?,
        name: name.map(|name| plain::line(name, LONGEST_NAME)).filter(|name| !name.is_empty()),
        // Nobody writes in the future.
        at: incoming.timestamp.and_then(|written| moment(&written)).map_or(now, |at| at.min(now)),
    })
}

/// What a message says, or what it is where it says nothing. `None` for what nobody wrote.
fn content(kind: &str, message: &Value) -> Option<String> {
    let at = |place: &str| {
        message.pointer(place).and_then(Value::as_str).map(plain::paragraphs).filter(|text| !text.is_empty())
    };
    let captioned = |what: &str, place: &str| match at(place) {
        Some(caption) => format!("[{what}] {caption}"),
        None => format!("[{what}]"),
    };
    let text = match kind {
        "text" => at("/text/body").unwrap_or_else(|| "[nothing]".to_owned()),
        "button" => at("/button/text").unwrap_or_else(|| "[a button]".to_owned()),
        "interactive" => ["/interactive/button_reply/title", "/interactive/list_reply/title"]
            .into_iter()
            .find_map(at)
            .unwrap_or_else(|| "[a choice]".to_owned()),
        "reaction" => captioned("a reaction", "/reaction/emoji"),
        "image" => captioned("a picture", "/image/caption"),
        "video" => captioned("a video", "/video/caption"),
        "document" => captioned("a document", "/document/filename"),
        "audio" => "[a voice message]".to_owned(),
        "sticker" => "[a sticker]".to_owned(),
        "location" => captioned("a place", "/location/name"),
        "contacts" => captioned("a contact", "/contacts/0/name/formatted_name"),
        // A change of number and the like.
        "system" => return None,
        _ => "[something that can't be shown here]".to_owned(),
    };
    Some(text.chars().take(LONGEST_TEXT).collect())
}

fn became(status: &Value, secret: &str) -> Option<Became> {
    let part = StatusPart::deserialize(status).ok()?;
    let ours = part.biz_opaque_callback_data.filter(|id| id.len() <= LONGEST_ID);
    if part.id.is_empty() || part.id.len() > LONGEST_ID {
        return None;
    }
    let standing = match part.status.as_str() {
        "sent" => Standing::Sent,
        "delivered" => Standing::Delivered,
        "read" | "played" => Standing::Read,
        "failed" => Standing::Failed,
        _ => return None,
    };
    let failed = standing == Standing::Failed;
    let trouble = part.errors.first().map(|fault| fault.in_words(secret).to_string()).filter(|_| failed);
    Some(Became { wamid: part.id, ours, standing, trouble })
}

/// Seconds since 1970 as Meta writes them; RFC 3339 as others do.
fn moment(written: &str) -> Option<Timestamp> {
    let seconds = written.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    seconds.or_else(|| written.parse().ok())
}

#[cfg(test)]
mod odd;
#[cfg(test)]
mod tests;
