//! Messages as they go out. The library writes the headers, so nothing that was dictated can end one and begin another.

use jiff::Timestamp;
use lettre::Message;
use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use sha2::{Digest as _, Sha256};

use super::account::Sender;
use super::addressing::{mailbox, same};
use super::finding::Found;
use super::parsing::{Head, Person};
use super::problem::CallError;
use super::tools::LONGEST_BODY;
use crate::arguments::{ArgumentError, Arguments};

/// Bytes of a key's hash that a Message-ID is made of.
const ID_BYTES: usize = 16;
/// The longest subject of an answer, in characters.
const LONGEST_SUBJECT: usize = 250;
/// The most people that one answer goes to.
const MOST_ANSWERED: usize = 50;

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub subject: String,
    pub body: String,
    /// The message that is answered.
    pub answers: Option<Answers>,
}

/// The thread that an answer belongs to. Message-IDs without angle brackets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answers {
    pub id: Option<String>,
    pub thread: Vec<String>,
}

/// A message that can be handed over.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    /// With angle brackets.
    pub id: String,
    pub bytes: Vec<u8>,
    pub envelope: Option<Envelope>,
    pub letter: Letter,
}

/// The text of a message: lines are kept, other control characters are not.
pub(super) fn body(arguments: &Arguments) -> Result<String, CallError> {
    let name = "body";
    let given = arguments.string(name)?.ok_or(ArgumentError::Missing { name, wanted: "a string" })?;
    let text: String =
        given.replace("\r\n", "\n").chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let text = text.trim();
    match text.chars().count() {
        0 => Err(ArgumentError::Empty { name }.into()),
        length if length > LONGEST_BODY => {
            Err(ArgumentError::Long { name, length, longest: LONGEST_BODY }.into())
        }
        _ => Ok(text.to_owned()),
    }
}

/// The same for the same key and sender, and for no other.
pub(super) fn message_id(sender: &Sender, tool: &str, key: &str) -> String {
    let hash = Sha256::digest(format!("{}\n{tool}\n{key}", sender.address()));
    let hex: String = hash.iter().take(ID_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("<homepilot.{hex}@{}>", sender.mailbox().email.domain())
}

impl Letter {
    /// Writes it. Without anybody to go to it is a draft.
    pub fn write(self, sender: &Sender, id: String, now: Timestamp) -> Result<Outgoing, CallError> {
        let mut builder = Message::builder()
            .from(writable(sender.mailbox()))
            .date(now.into())
            .message_id(Some(id.clone()))
            .subject(&self.subject)
            .header(ContentType::TEXT_PLAIN);
        for one in &self.to {
            builder = builder.to(writable(one));
        }
        for one in &self.cc {
            builder = builder.cc(writable(one));
        }
        if let Some(Answers { id: Some(id), thread }) = &self.answers {
            let all: Vec<String> =
                thread.iter().filter(|other| *other != id).chain([id]).map(|id| format!("<{id}>")).collect();
            builder = builder.in_reply_to(format!("<{id}>")).references(all.join(" "));
        }
        let everybody: Vec<_> = self.to.iter().chain(&self.cc).map(|one| one.email.clone()).collect();
        let unwritten = |error: &dyn std::fmt::Display| CallError::Unwritten(error.to_string());
        let from = sender.mailbox().email.clone();
        let envelope = match everybody.is_empty() {
            true => None,
            false => Some(Envelope::new(Some(from.clone()), everybody).map_err(|error| unwritten(&error))?),
        };
        // The library wants somebody that it goes to, and a draft may have nobody yet; this is in no header.
        let stand_in = Envelope::new(Some(from.clone()), vec![from]).map_err(|error| unwritten(&error))?;
        let message = builder
            .envelope(envelope.clone().unwrap_or(stand_in))
            .body(self.body.clone())
            .map_err(|error| unwritten(&error))?;
        Ok(Outgoing { id, bytes: message.formatted(), envelope, letter: self })
    }

    /// An answer to a message: to who wrote it, or to everybody who got it.
    pub fn answer(found: &Found, body: String, all: bool, sender: &Sender) -> Result<Letter, CallError> {
        let head = &found.head;
        let is_own = |one: &Mailbox| same(&one.email, &sender.mailbox().email);
        let mut to = answered(head, sender)?;
        let mut cc = Vec::new();
        if all {
            cc = head.to.iter().chain(&head.cc).filter_map(readable).collect();
            cc.retain(|one| !is_own(one) && !to.iter().any(|known| same(&known.email, &one.email)));
            let mut distinct: Vec<Mailbox> = Vec::new();
            for one in cc {
                if !distinct.iter().any(|known| same(&known.email, &one.email)) {
                    distinct.push(one);
                }
            }
            cc = distinct;
            cc.truncate(MOST_ANSWERED);
        }
        to.truncate(MOST_ANSWERED);
        let answers = Answers { id: head.id.clone(), thread: head.references.clone() };
        Ok(Letter { to, cc, subject: answering(&head.subject), body, answers: Some(answers) })
    }
}

/// Who is answered. What a message asks for is no reason to write to another house than the one it came from.
fn answered(head: &Head, sender: &Sender) -> Result<Vec<Mailbox>, CallError> {
    let from = head.from.as_ref().and_then(readable);
    if let Some(own) = &from
        && same(&own.email, &sender.mailbox().email)
    {
        // One's own message goes on to those it went to.
        let to: Vec<Mailbox> = head.to.iter().filter_map(readable).collect();
        return if to.is_empty() { Err(CallError::NobodyToAnswer) } else { Ok(to) };
    }
    let wanted: Vec<Mailbox> = head.reply_to.iter().filter_map(readable).collect();
    let Some(from) = from else { return Err(CallError::NobodyToAnswer) };
    let is_elsewhere = |one: &&Mailbox| !is_same_house(one.email.domain(), from.email.domain());
    match wanted.iter().find(is_elsewhere) {
        Some(other) => Err(CallError::Which(format!(
            "that email is from {} and wants the answer to go to {}: send an email to the one that you mean",
            from.email, other.email
        ))),
        None if wanted.is_empty() => Ok(vec![from]),
        None => Ok(wanted),
    }
}

/// One is the other, or a part of it.
fn is_same_house(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
    let within = |part: &str, whole: &str| part.strip_suffix(whole).is_some_and(|rest| rest.ends_with('.'));
    one == other || within(&one, &other) || within(&other, &one)
}

/// With a name that the library can write: it panics at control characters.
fn writable(mailbox: &Mailbox) -> Mailbox {
    let name = mailbox.name.as_ref().map(|name| name.chars().filter(|c| !c.is_control()).collect());
    Mailbox::new(name, mailbox.email.clone())
}

fn readable(person: &Person) -> Option<Mailbox> {
    let address = mailbox(&person.address)?.email;
    Some(Mailbox::new(person.name.clone(), address))
}

/// "Re: Lunch", however often it went back and forth.
fn answering(subject: &str) -> String {
    let is_answer = |subject: &str| {
        let start: String = subject.chars().take(4).collect::<String>().to_lowercase();
        ["re:", "aw:", "sv:", "ré:"].iter().any(|mark| start.starts_with(mark))
    };
    let subject = if is_answer(subject) { subject.to_owned() } else { format!("Re: {subject}") };
    subject.trim().chars().take(LONGEST_SUBJECT).collect()
}

#[cfg(test)]
mod tests;
