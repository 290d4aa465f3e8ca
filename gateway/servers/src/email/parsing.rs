//! Messages as they arrive, taken apart: whatever strangers wrote is made plain and cut to a length.

use std::borrow::Cow;

use async_imap::imap_proto::{BodyContentCommon, BodyStructure};
use jiff::Timestamp;
use mail_parser::{
    Address, ContentType, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders as _, PartType,
};

use super::markup;
use super::output::Attachment;
use crate::web::plain;

/// The longest subject that is passed on, in characters.
const LONGEST_SUBJECT: usize = 200;
/// The longest name of a sender, in characters.
const LONGEST_NAME: usize = 80;
/// The longest address that is taken for one, in bytes.
const LONGEST_ADDRESS: usize = 320;
/// The longest Message-ID that is answered to, in bytes.
const LONGEST_ID: usize = 250;
/// The most Message-IDs of a thread, and the most people of a field.
const MOST_REFERENCES: usize = 20;
const MOST_PEOPLE: usize = 100;
/// The longest text of an email that is passed on, in characters.
const LONGEST_TEXT: usize = 6000;
/// The most parts of a message that are read as its text.
const MOST_PARTS: usize = 10;
/// The most attachments that are listed.
const MOST_ATTACHMENTS: usize = 50;
/// The longest name of a file, and of its kind, in characters.
const LONGEST_FILE: usize = 120;
const LONGEST_KIND: usize = 80;
/// The most messages within a message, and the most lists of parts, that are taken apart.
const MOST_NESTED: usize = 100;

/// Somebody in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub name: Option<String>,
    pub address: String,
}

impl Person {
    /// The name, or the address where there is none.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.address)
    }
}

/// What stands above a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub from: Option<Person>,
    pub to: Vec<Person>,
    pub cc: Vec<Person>,
    pub reply_to: Vec<Person>,
    pub subject: String,
    pub date: Option<Timestamp>,
    /// Without angle brackets.
    pub id: Option<String>,
    pub references: Vec<String>,
}

/// What stands in a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Body {
    /// Paragraphs, one a line.
    pub text: String,
    /// Whether there is more.
    pub cut: bool,
    pub attachments: Vec<Attachment>,
}

/// Reads the header of a message, or what there is of it.
pub(super) fn head(bytes: &[u8]) -> Head {
    let bytes = tamed(bytes);
    MessageParser::default().parse(bytes.as_ref()).map(|message| head_of(&message)).unwrap_or_default()
}

/// Reads a whole message, or its beginning.
pub(super) fn letter(bytes: &[u8]) -> (Head, Body) {
    let bytes = tamed(bytes);
    let Some(message) = MessageParser::default().parse(bytes.as_ref()) else { return Default::default() };
    let (text, cut) = text(&message);
    (head_of(&message), Body { text, cut, attachments: attachments(&message) })
}

/// A message without the headers that would make it grow while it is read. The library keeps a message within a message in
/// it, and drops them one within the other: a mebibyte of them is more than a stack holds. One that is encoded, which RFC
/// 2046 forbids, it copies once for each message in it, and a list of parts it looks for to the end of all bytes. What is
/// too much, encoded, or a digest, in which everything is a message, gets a kind that nobody knows, and is an attachment.
fn tamed(bytes: &[u8]) -> Cow<'_, [u8]> {
    let small = bytes.to_ascii_lowercase();
    let mut tamed = Cow::Borrowed(bytes);
    let (mut start, mut end, mut nested) = (0, 0, 0);
    for line in small.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        let is_empty = matches!(line, b"\n" | b"\r\n");
        if !is_empty && end < small.len() {
            continue;
        }
        // Lines without an empty one between them: a header is never more than that.
        let header = &small[start..end];
        let mut at = std::mem::replace(&mut start, end);
        if !has(header, b"content-type") {
            continue;
        }
        let encoded = has(header, b"base64") || has(header, b"quoted-printable");
        for line in header.split_inclusive(|byte| *byte == b'\n') {
            let slash = line.iter().position(|byte| *byte == b'/').unwrap_or(line.len());
            let kinds: [(&[u8], usize, bool); 4] = [
                (b"rfc822", slash, encoded),
                (b"global", slash, encoded),
                (b"digest", slash, true),
                (b"multipart", 0, false),
            ];
            for (kind, from, always) in kinds {
                for place in places(&line[from..], kind) {
                    nested += 1;
                    if always || nested > MOST_NESTED {
                        tamed.to_mut()[at + from + place] = b'x';
                    }
                }
            }
            at += line.len();
        }
    }
    tamed
}

fn has(bytes: &[u8], word: &[u8]) -> bool {
    places(bytes, word).next().is_some()
}

fn places(bytes: &[u8], word: &[u8]) -> impl Iterator<Item = usize> {
    bytes.windows(word.len()).enumerate().filter(move |(_, at)| *at == word).map(|(place, _)| place)
}

fn head_of(message: &Message<'_>) -> Head {
    let mut references: Vec<String> = ids(message.references());
    references.extend(ids(message.in_reply_to()));
    let mut thread: Vec<String> = Vec::new();
    for one in references {
        if !thread.contains(&one) {
            thread.push(one);
        }
    }
    let surplus = thread.len().saturating_sub(MOST_REFERENCES);
    Head {
        from: people(message.from()).into_iter().next(),
        to: people(message.to()),
        cc: people(message.cc()),
        reply_to: people(message.reply_to()),
        subject: plain::line(message.subject().unwrap_or_default(), LONGEST_SUBJECT),
        date: message
            .date()
            .filter(|date| date.is_valid())
            .and_then(|date| Timestamp::from_second(date.to_timestamp()).ok()),
        id: message.message_id().and_then(usable_id),
        references: thread.split_off(surplus),
    }
}

fn people(address: Option<&Address<'_>>) -> Vec<Person> {
    let all = address.into_iter().flat_map(Address::iter);
    let person = |one: &mail_parser::Addr<'_>| {
        let address = one.address().map(str::trim).filter(|address| address.len() <= LONGEST_ADDRESS)?;
        let address: String = address.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
        let name = one.name().map(|name| plain::line(name, LONGEST_NAME)).filter(|name| !name.is_empty());
        (!address.is_empty()).then_some(Person { name, address })
    };
    all.filter_map(person).take(MOST_PEOPLE).collect()
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(id) => usable_id(id).into_iter().collect(),
        HeaderValue::TextList(all) => all.iter().filter_map(|id| usable_id(id)).collect(),
        _ => Vec::new(),
    }
}

/// A Message-ID that can be written into a header as it is.
fn usable_id(id: &str) -> Option<String> {
    let id = id.trim();
    let fits = id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b',' | b';'));
    (fits && !id.is_empty() && id.len() <= LONGEST_ID).then(|| id.to_owned())
}

fn text(message: &Message<'_>) -> (String, bool) {
    let parts = message.text_body.iter().filter_map(|place| message.part(*place));
    let cut_off = message.attachments().filter(|part| is_cut_off(message, part));
    let texts = parts.chain(cut_off).take(MOST_PARTS).filter_map(|part| match &part.body {
        PartType::Text(text) if part.is_content_type("text", "html") => Some(markup::text(text)),
        PartType::Text(text) => Some(text.to_string()),
        PartType::Html(html) => Some(markup::text(html)),
        _ => None,
    });
    let whole = texts.collect::<Vec<_>>().join("\n");
    let own = own_words(&plain::paragraphs(&whole));
    let short = plain::shortened(&own, LONGEST_TEXT);
    let cut = short.chars().count() < own.chars().count();
    (short, cut)
}

/// Whether a part is the text of a message that ends before its text does: the library takes it for an attachment.
fn is_cut_off(message: &Message<'_>, part: &MessagePart<'_>) -> bool {
    let is_attached = part.content_disposition().is_some_and(ContentType::is_attachment);
    message.text_body.is_empty() && part.is_encoding_problem && part.is_text() && !is_attached
}

/// A text without the message that it answers, where that is all that follows.
fn own_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut end = lines.len();
    if let Some(place) = lines.iter().position(|line| line.starts_with("-----Original Message")) {
        end = place;
    }
    let quotes = |line: &str| line.starts_with('>');
    if lines[..end].last().is_some_and(|line| quotes(line)) {
        while end > 0 && quotes(lines[end - 1]) {
            end -= 1;
        }
        // "On Monday Sara wrote:"
        if end > 0 && lines[end - 1].ends_with(':') {
            end -= 1;
        }
    }
    if let Some(place) = lines[..end].iter().position(|line| *line == "--") {
        end = place;
    }
    // A message that is nothing else says what it has.
    if end == 0 { text.to_owned() } else { lines[..end].join("\n") }
}

fn attachments(message: &Message<'_>) -> Vec<Attachment> {
    let whole = message.attachments().filter(|part| !is_cut_off(message, part));
    let listed = whole.filter_map(|part| {
        let kind = part.content_type().map_or(Cow::Borrowed("application/octet-stream"), |kind| {
            Cow::Owned(match kind.subtype() {
                Some(subtype) => format!("{}/{subtype}", kind.ctype()),
                None => kind.ctype().to_owned(),
            })
        });
        let nested = part.message().and_then(Message::subject);
        let name = part.attachment_name().or(nested);
        // A picture within the text is a part of the text.
        if name.is_none() && matches!(part.body, PartType::InlineBinary(_)) {
            return None;
        }
        Some(attachment(name, &kind, part.len()))
    });
    listed.take(MOST_ATTACHMENTS).collect()
}

fn attachment(name: Option<&str>, kind: &str, size: usize) -> Attachment {
    let name = name.map(|name| plain::line(name, LONGEST_FILE)).filter(|name| !name.is_empty());
    let kind = plain::line(kind, LONGEST_KIND).to_lowercase();
    Attachment { name: name.unwrap_or_else(|| "a file without a name".to_owned()), kind, size }
}

/// What is attached, by the server's own account of a message that is too large to be fetched whole.
pub(super) fn listed(structure: &BodyStructure<'_>) -> Vec<Attachment> {
    let mut found = Vec::new();
    let mut open = vec![structure];
    while let Some(part) = open.pop() {
        let (common, size) = match part {
            BodyStructure::Multipart { bodies, .. } => {
                open.extend(bodies.iter().rev());
                continue;
            }
            BodyStructure::Basic { common, other, .. } | BodyStructure::Message { common, other, .. } => {
                (common, other.octets)
            }
            BodyStructure::Text { common, other, .. } if is_attached(common) => (common, other.octets),
            BodyStructure::Text { .. } => continue,
        };
        // The size is of what goes over the wire, and base64 makes four bytes of three.
        let size = usize::try_from(size).unwrap_or(usize::MAX) / 4 * 3;
        let name = named(common).map(|name| decoded(&name));
        found.push(attachment(name.as_deref(), &format!("{}/{}", common.ty.ty, common.ty.subtype), size));
        if found.len() == MOST_ATTACHMENTS {
            break;
        }
    }
    found
}

fn is_attached(common: &BodyContentCommon<'_>) -> bool {
    common.disposition.as_ref().is_some_and(|disposition| disposition.ty.eq_ignore_ascii_case("attachment"))
}

fn named(common: &BodyContentCommon<'_>) -> Option<String> {
    let disposition = common.disposition.as_ref().and_then(|disposition| disposition.params.as_ref());
    let of = |params: Option<&Vec<(Cow<'_, str>, Cow<'_, str>)>>, wanted: &str| {
        params?.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.to_string())
    };
    of(disposition, "filename").or_else(|| of(common.ty.params.as_ref(), "name"))
}

/// A file's name with its encoded words read.
fn decoded(name: &str) -> String {
    let header: String = name.chars().filter(|c| !c.is_control()).collect();
    let subject = format!("Subject: {header}\r\n\r\n");
    let read = MessageParser::default().parse(subject.as_bytes());
    read.and_then(|message| message.subject().map(str::to_owned)).unwrap_or(header)
}

#[cfg(test)]
mod odd;
#[cfg(test)]
mod tests;
