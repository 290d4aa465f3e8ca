//! Finding messages: what is looked for in the server's own words, and which message a person means.

use std::collections::HashSet;

use jiff::{Timestamp, ToSpan as _, Zoned};

use super::folders::{Folder, Folders, Role};
use super::imap::{Fetched, Opened, Session};
use super::output::Entry;
use super::parsing::{self, Head};
use super::problem::{CallError, ServerError};
use super::quoting::searched;

/// What of each message is fetched for a list: its header, up to 16 KiB.
const HEAD: &str = "BODY.PEEK[HEADER.FIELDS (FROM TO CC REPLY-TO SUBJECT DATE MESSAGE-ID IN-REPLY-TO REFERENCES)]\
                    <0.16384>";
/// Messages about whose hour of arrival the server is asked.
const MOST_AT_THE_EDGE: usize = 1000;
/// Messages that are compared to tell which is meant.
const MOST_COMPARED: usize = 20;
/// Candidates that are read out.
const MOST_OFFERED: usize = 3;
/// Words that say nothing about which email is meant.
const EMPTY: &str = "the a an my our your this that email emails e-mail mail mails message messages letter from by \
    of about with subject on for to re one latest last newest recent most just";

/// What is looked for. Everything that is given has to fit.
#[derive(Debug, Default, Clone)]
pub(super) struct Criteria {
    /// Words anywhere in it.
    pub query: Option<String>,
    pub from: Option<String>,
    pub subject: Option<String>,
    pub unread: bool,
    pub since: Option<Zoned>,
}

/// A message that was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub folder: Folder,
    pub validity: u32,
    pub fetched: Fetched,
    pub head: Head,
}

/// Where a message lies: `INBOX:1763900000:42`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Id {
    pub folder: String,
    pub validity: u32,
    pub uid: u32,
}

impl Id {
    pub fn read(text: &str) -> Option<Id> {
        let mut parts = text.trim().rsplitn(3, ':');
        let uid = parts.next()?.parse().ok().filter(|uid| *uid != 0)?;
        let validity = parts.next()?.parse().ok()?;
        Some(Id { folder: parts.next().filter(|folder| !folder.is_empty())?.to_owned(), validity, uid })
    }
}

impl Found {
    /// When it was sent; when it arrived, if it does not say or says a time to come.
    pub fn date(&self, now: Timestamp) -> Timestamp {
        let arrived = self.fetched.arrived.as_deref().and_then(arrival);
        self.head.date.filter(|date| *date <= now).or(arrived).unwrap_or(now)
    }

    pub fn id(&self) -> String {
        format!("{}:{}:{}", self.folder.wire, self.validity, self.fetched.uid)
    }

    /// Who it is from, as it is said.
    pub fn sender(&self) -> &str {
        self.head.from.as_ref().map_or("somebody without a name", |from| from.called())
    }

    pub fn subject(&self) -> &str {
        if self.head.subject.is_empty() { "no subject" } else { &self.head.subject }
    }

    pub fn entry(&self, now: &Zoned) -> Entry {
        Entry {
            id: self.id(),
            from: self.sender().to_owned(),
            address: self.head.from.as_ref().map(|from| from.address.clone()).unwrap_or_default(),
            subject: self.head.subject.clone(),
            date: self
                .date(now.timestamp())
                .to_zoned(now.time_zone().clone())
                .strftime("%FT%T%:z")
                .to_string(),
            unread: !self.fetched.seen,
            answered: self.fetched.answered,
            folder: self.folder.name.clone(),
        }
    }
}

/// `17-Jul-1996 02:44:25 -0700`, as servers write it.
fn arrival(written: &str) -> Option<Timestamp> {
    let read = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", written.trim()).ok()?;
    read.to_timestamp().ok()
}

impl Criteria {
    /// As the server wants them, of messages that arrived `since` a day or later.
    fn said(&self, since: Option<jiff::civil::Date>, literals: bool) -> String {
        let mut all = Vec::new();
        if self.unread {
            all.push("UNSEEN".to_owned());
        }
        // Word by word, so that "design team" finds design-team@example.org too.
        for (key, words) in [("FROM", &self.from), ("SUBJECT", &self.subject), ("TEXT", &self.query)] {
            for word in words.iter().flat_map(|words| telling(words)) {
                all.push(format!("{key} {}", searched(&word, literals)));
            }
        }
        if let Some(date) = since {
            all.push(format!("SINCE {}", date.strftime("%-d-%b-%Y")));
        }
        with_charset(if all.is_empty() { "ALL".to_owned() } else { all.join(" ") })
    }
}

fn with_charset(criteria: String) -> String {
    if criteria.is_ascii() { criteria } else { format!("CHARSET UTF-8 {criteria}") }
}

/// The words that tell which one is meant; all of them, if none does.
fn telling(words: &str) -> Vec<String> {
    let clean = |word: &str| {
        let word =
            word.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '@' | '$' | '€' | '#' | '+'));
        word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word).to_owned()
    };
    let all: Vec<String> = words.split_whitespace().map(clean).filter(|word| !word.is_empty()).collect();
    let empty = |word: &String| EMPTY.split_whitespace().any(|one| one.eq_ignore_ascii_case(word));
    let telling: Vec<String> = all.iter().filter(|word| !empty(word)).cloned().collect();
    if telling.is_empty() { all } else { telling }
}

/// The uids of a folder that fit, the newest first.
pub(super) async fn matching(session: &mut Session, criteria: &Criteria) -> Result<Vec<u32>, ServerError> {
    let literals = session.can("LITERAL+") || session.can("LITERAL-");
    let Some(since) = &criteria.since else { return session.search(&criteria.said(None, literals)).await };
    // Servers compare days, in a zone of their own: what arrived about that day is looked at.
    let day = since.date();
    let from = day.checked_sub(1.day()).unwrap_or(day);
    let after = day.checked_add(2.days()).unwrap_or(day);
    let all = session.search(&criteria.said(Some(from), literals)).await?;
    let surely: HashSet<u32> =
        session.search(&criteria.said(Some(after), literals)).await?.into_iter().collect();
    let edge: Vec<u32> =
        all.iter().filter(|uid| !surely.contains(uid)).take(MOST_AT_THE_EDGE).copied().collect();
    let fetched = session.fetch(&edge, "UID").await?;
    let early: Vec<u32> = fetched
        .iter()
        .filter(|one| one.arrived.as_deref().and_then(arrival).is_some_and(|at| at < since.timestamp()))
        .map(|one| one.uid)
        .collect();
    Ok(all.into_iter().filter(|uid| !early.contains(uid)).collect())
}

/// Reads the headers of some messages of the folder that is open.
pub(super) async fn heads(
    session: &mut Session,
    folder: &Folder,
    opened: Opened,
    uids: &[u32],
) -> Result<Vec<Found>, ServerError> {
    let fetched = session.fetch(uids, HEAD).await?;
    let found = fetched.into_iter().map(|mut fetched| {
        let head = parsing::head(&std::mem::take(&mut fetched.bytes));
        Found { folder: folder.clone(), validity: opened.validity, fetched, head }
    });
    Ok(found.collect())
}

/// The newest of a folder that fit, and how many there are.
pub(super) async fn newest(
    session: &mut Session,
    folder: &Folder,
    criteria: &Criteria,
    limit: usize,
) -> Result<(Vec<Found>, usize), ServerError> {
    let opened = session.select(&folder.wire, false).await?;
    if opened.exists == 0 {
        return Ok((Vec::new(), 0));
    }
    let uids = matching(session, criteria).await?;
    let found = heads(session, folder, opened, &uids[..uids.len().min(limit)]).await?;
    Ok((found, uids.len()))
}

/// The one message that is meant by an id or by words, of the inbox or, if that has none and `everywhere`, of any folder.
pub(super) async fn one(
    session: &mut Session,
    folders: &Folders,
    words: &str,
    everywhere: bool,
) -> Result<Found, CallError> {
    if let Some(id) = Id::read(words)
        && let Some(folder) = folders.wire(&id.folder)
    {
        let opened = session.select(&folder.wire, false).await?;
        let found = if opened.validity == id.validity {
            heads(session, folder, opened, &[id.uid]).await?
        } else {
            Vec::new()
        };
        return found.into_iter().next().ok_or(CallError::Gone);
    }
    let criteria = meant(words, session.can("LITERAL+") || session.can("LITERAL-"));
    for folder in folders.searched() {
        if folder.role != Role::Inbox && !everywhere {
            continue;
        }
        let opened = session.select(&folder.wire, false).await?;
        if opened.exists == 0 {
            continue;
        }
        let uids = session.search(&criteria).await?;
        let found = heads(session, folder, opened, &uids[..uids.len().min(MOST_COMPARED)]).await?;
        if !found.is_empty() {
            return chosen(found, words);
        }
    }
    Err(CallError::Nothing { words: words.chars().take(60).collect() })
}

/// Every telling word is in the sender or the subject.
fn meant(words: &str, literals: bool) -> String {
    let told = telling(words);
    let empty = |word: &String| EMPTY.split_whitespace().any(|one| one.eq_ignore_ascii_case(word));
    // "the latest email"
    if told.iter().all(empty) {
        return "ALL".to_owned();
    }
    let each = told.iter().map(|word| {
        let word = searched(word, literals);
        format!("OR FROM {word} SUBJECT {word}")
    });
    with_charset(each.collect::<Vec<_>>().join(" "))
}

/// The newest, unless what fits is from different people: then nobody but the person knows which one is meant.
fn chosen(found: Vec<Found>, words: &str) -> Result<Found, CallError> {
    let address = |found: &Found| found.head.from.as_ref().map(|from| from.address.to_lowercase());
    let told = telling(words);
    let is_newest =
        EMPTY.split_whitespace().any(|one| told.first().is_some_and(|word| one == word.to_lowercase()));
    let mut senders: Vec<&Found> = Vec::new();
    for one in &found {
        if !senders.iter().any(|known| address(known) == address(one)) {
            senders.push(one);
        }
    }
    if senders.len() > 1 && !is_newest {
        let offered: Vec<String> = senders
            .iter()
            .take(MOST_OFFERED)
            .map(|one| format!("\"{}\" from {}", one.subject(), one.sender()))
            .collect();
        return Err(CallError::Which(format!("that can be {}: say which", offered.join(", or "))));
    }
    found.into_iter().next().ok_or(CallError::Gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_are_said_word_by_word() {
        let criteria = Criteria {
            from: Some("the design team".into()),
            subject: Some("José's \"plan\"".into()),
            unread: true,
            ..Criteria::default()
        };
        let said = criteria.said(Some(jiff::civil::date(2026, 2, 1)), true);
        assert_eq!(
            said,
            "CHARSET UTF-8 UNSEEN FROM \"design\" FROM \"team\" SUBJECT {5+}\r\nJosé SUBJECT \"plan\" SINCE 1-Feb-2026"
        );
        assert_eq!(Criteria::default().said(None, true), "ALL");
    }

    #[test]
    fn the_email_that_is_meant_is_described_by_its_telling_words() {
        assert_eq!(meant("the latest email", true), "ALL");
        assert_eq!(meant("Sara's email", true), "OR FROM \"Sara\" SUBJECT \"Sara\"");
        assert_eq!(
            meant("the mail from Bob about lunch", true),
            "OR FROM \"Bob\" SUBJECT \"Bob\" OR FROM \"lunch\" SUBJECT \"lunch\""
        );
    }

    #[test]
    fn ids_come_back() {
        let id = Id { folder: "a:b".into(), validity: 7, uid: 42 };
        assert_eq!(Id::read("a:b:7:42"), Some(id));
        for text in ["Sara", "a:b", "a:7:0", ":7:1", "note: 7:x"] {
            assert_eq!(Id::read(text), None, "{text}");
        }
    }

    #[test]
    fn arrivals_are_read() {
        assert_eq!(arrival(" 7-Jul-2026 02:44:25 -0700").unwrap().to_string(), "2026-07-07T09:44:25Z");
        assert_eq!(arrival("yesterday"), None);
    }
}
