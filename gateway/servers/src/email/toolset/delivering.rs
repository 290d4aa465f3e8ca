//! Sending: what is written down before and after, and what is done when nobody can tell.

use jiff::Zoned;

use super::Mail;
use crate::answered::Answer;
use crate::arguments::Arguments;
use crate::email::composing::{Letter, Outgoing, message_id};
use crate::email::finding::Found;
use crate::email::folders::{Folder, Folders, Role};
use crate::email::imap::Session;
use crate::email::journal::Asked;
use crate::email::output;
use crate::email::problem::{CallError, ServerError};
use crate::email::sending::Handed;
use crate::email::{addressing, quoting, spoken};

/// How often a copy is looked for while it may still appear.
const LOOKS: u32 = 4;
/// Servers that put a copy of what they send among the sent mail themselves, a moment later.
const KEEPING_COPIES: [&str; 4] = ["gmail.com", "googlemail.com", "office365.com", "outlook.com"];

impl Mail {
    /// Sends a message, once.
    pub(super) async fn deliver(
        &self,
        asked: &Asked,
        letter: Letter,
        verb: &str,
        now: &Zoned,
    ) -> Result<Answer, CallError> {
        let options = &self.parts.options;
        let id = message_id(&options.sender, asked.tool, &asked.key);
        let outgoing = letter.write(&options.sender, id, now.timestamp())?;
        let Some(envelope) = &outgoing.envelope else { return Err(CallError::NobodyToAnswer) };
        let mut sending = self.sending().await?;
        sending.announce(envelope, outgoing.bytes.is_ascii()).await?;
        let journal = &self.parts.journal;
        journal.going(asked, &outgoing.id).await?;
        let mut copied = false;
        match sending.hand_over(&outgoing.bytes).await {
            Handed::Over => {}
            Handed::Back(error) => {
                journal.not_gone(asked).await?;
                return Err(error.into());
            }
            Handed::Unclear(error) => {
                if !self.appears(&outgoing).await {
                    return Err(CallError::Unknown(unclear(&error)));
                }
                copied = true;
            }
        }
        // Whatever becomes of the copy, it went out.
        self.remember(asked, &sent(&outgoing, verb, copied)?).await;
        sending.close().await;
        if !copied {
            copied = self.copy(&outgoing).await;
        }
        let answer = sent(&outgoing, verb, copied)?;
        self.remember(asked, &answer).await;
        Ok(answer)
    }

    /// Writes down that an email went out. Where that fails it is known as under way, and still not sent again.
    async fn remember(&self, asked: &Asked, answer: &Answer) {
        if let Err(error) = self.parts.journal.done(asked, answer).await {
            tracing::warn!(%error, "an email went out, and that could not be written down");
        }
    }

    /// The same call again, after one of which nobody could tell: only the sent mail can.
    pub(super) async fn look_again(&self, asked: &Asked, arguments: &Arguments) -> Result<Answer, CallError> {
        let id = message_id(&self.parts.options.sender, asked.tool, &asked.key);
        let mut session = self.session().await?;
        let found = copies(&mut session, &id, true).await;
        session.close().await;
        if found? == 0 {
            return Err(CallError::Unknown(
                "i can't tell whether this email went out when it was asked for before: it is not among your sent \
                 mail, and I don't send it a second time; look there, and ask anew if it is missing"
                    .to_owned(),
            ));
        }
        let subject = arguments.string("subject").ok().flatten().unwrap_or_default().to_owned();
        let list = |name| {
            let given = addressing::list(arguments, name).unwrap_or_default();
            given.iter().map(|one| one.email.to_string()).collect()
        };
        let structured =
            output::Sent { message_id: id, to: list("to"), cc: list("cc"), subject, copied: true };
        let answer = Answer::new("Your email went out: it is among your sent mail.".to_owned(), &structured)?;
        self.parts.journal.done(asked, &answer).await?;
        Ok(answer)
    }

    /// Whether a copy of a message turns up that only the server can have put there.
    async fn appears(&self, outgoing: &Outgoing) -> bool {
        let own = &self.parts.options.sender.mailbox().email;
        let everybody = outgoing.letter.to.iter().chain(&outgoing.letter.cc);
        let to_self = everybody.clone().any(|one| addressing::same(&one.email, own));
        for _ in 0..LOOKS {
            tokio::time::sleep(self.parts.options.appearing / LOOKS).await;
            let looked = async {
                let mut session = self.session().await?;
                let found = copies(&mut session, &outgoing.id, to_self).await;
                session.close().await;
                found
            };
            match looked.await {
                Ok(0) => {}
                Ok(_) => return true,
                Err(error) => tracing::debug!(%error, "the sent mail can't be looked at"),
            }
        }
        false
    }

    /// Puts a copy among the sent mail, unless the server has or will. Tells whether there is one.
    async fn copy(&self, outgoing: &Outgoing) -> bool {
        let host = self.parts.options.smtp.host.to_lowercase();
        if KEEPING_COPIES.iter().any(|keeping| host.ends_with(keeping)) {
            return true;
        }
        let copied = async {
            let mut session = self.session().await?;
            let (mut folders, sent) = folder(&mut session, Role::Sent).await?;
            let sent = match sent {
                Some(sent) => sent,
                None => folders.make(&mut session, "Sent").await?,
            };
            if !holds(&mut session, &sent, &outgoing.id).await? {
                session.append(&sent.wire, "(\\Seen)", &outgoing.bytes).await?;
            }
            session.close().await;
            Ok::<(), CallError>(())
        };
        match copied.await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "an email went out, and no copy of it could be kept");
                false
            }
        }
    }

    /// Writes a draft, once.
    pub(super) async fn draft(
        &self,
        asked: &Asked,
        letter: Letter,
        now: &Zoned,
    ) -> Result<Answer, CallError> {
        let options = &self.parts.options;
        let id = message_id(&options.sender, asked.tool, &asked.key);
        let outgoing = letter.write(&options.sender, id, now.timestamp())?;
        let mut begun = false;
        let drafts = match self.put_draft(&outgoing, &mut begun).await {
            // It is there or it is not: the Message-ID tells which.
            Err(CallError::Server(error)) if begun && error.is_unsure() => {
                self.put_draft(&outgoing, &mut begun).await.map_err(|_| {
                    let said = "i can't tell whether the draft was kept: look among your drafts before you ask again";
                    CallError::Unknown(said.to_owned())
                })?
            }
            put => put?,
        };
        let letter = &outgoing.letter;
        let about =
            if letter.subject.is_empty() { String::new() } else { format!(" about {}", letter.subject) };
        let structured = output::Draft {
            message_id: outgoing.id.clone(),
            folder: drafts.name.clone(),
            to: letter.to.iter().map(|one| one.email.to_string()).collect(),
            subject: letter.subject.clone(),
        };
        let whom =
            if letter.to.is_empty() { String::new() } else { format!(" to {}", spoken::people(letter)) };
        let text = format!("I put an email{whom}{about} into your drafts. It was not sent.");
        let answer = Answer::new(text, &structured)?;
        self.parts.journal.done(asked, &answer).await?;
        Ok(answer)
    }

    /// `begun` tells whether it may be there although this failed.
    async fn put_draft(&self, outgoing: &Outgoing, begun: &mut bool) -> Result<Folder, CallError> {
        let mut session = self.session().await?;
        let (mut folders, drafts) = folder(&mut session, Role::Drafts).await?;
        let drafts = match drafts {
            Some(drafts) => drafts,
            None => folders.make(&mut session, "Drafts").await?,
        };
        if !holds(&mut session, &drafts, &outgoing.id).await? {
            *begun = true;
            session.append(&drafts.wire, "(\\Draft \\Seen)", &outgoing.bytes).await?;
        }
        session.close().await;
        Ok(drafts)
    }

    /// Marks an email as answered, as mail programs do; nothing depends on it.
    pub(super) async fn mark_answered(&self, found: &Found) {
        let marked = async {
            let mut session = self.session().await?;
            let opened = session.select(&found.folder.wire, true).await?;
            if opened.validity == found.validity {
                session.command(&format!("UID STORE {} +FLAGS (\\Answered)", found.fetched.uid)).await?;
            }
            session.close().await;
            Ok::<(), ServerError>(())
        };
        if let Err(error) = marked.await {
            tracing::debug!(%error, "an email could not be marked as answered");
        }
    }
}

async fn folder(session: &mut Session, role: Role) -> Result<(Folders, Option<Folder>), ServerError> {
    let folders = Folders::list(session).await?;
    let found = folders.role(role).cloned();
    Ok((folders, found))
}

/// Whether a folder holds the message of an id.
pub(super) async fn holds(session: &mut Session, folder: &Folder, id: &str) -> Result<bool, ServerError> {
    session.select(&folder.wire, false).await?;
    let criteria = format!("HEADER Message-ID {}", quoting::quoted(id));
    Ok(!session.search(&criteria).await?.is_empty())
}

/// In how many of the places where mail that went out turns up it did.
async fn copies(session: &mut Session, id: &str, to_self: bool) -> Result<usize, ServerError> {
    let folders = Folders::list(session).await?;
    let mut places: Vec<&Folder> =
        [Role::Sent, Role::All].iter().filter_map(|role| folders.role(*role)).collect();
    if to_self {
        places.extend(folders.role(Role::Inbox));
    }
    let mut count = 0;
    for place in places {
        count += usize::from(holds(session, place, id).await?);
    }
    Ok(count)
}

fn sent(outgoing: &Outgoing, verb: &str, copied: bool) -> Result<Answer, serde_json::Error> {
    let letter = &outgoing.letter;
    let addresses =
        |list: &[lettre::message::Mailbox]| list.iter().map(|one| one.email.to_string()).collect();
    let structured = output::Sent {
        message_id: outgoing.id.clone(),
        to: addresses(&letter.to),
        cc: addresses(&letter.cc),
        subject: letter.subject.clone(),
        copied,
    };
    let mut text = format!("{verb} {}, about {}.", spoken::people(letter), letter.subject);
    if !copied {
        text.push_str(" No copy could be put among your sent mail.");
    }
    Answer::new(text, &structured)
}

/// It is kept, so it does not say to whom.
fn unclear(error: &ServerError) -> String {
    format!(
        "i can't tell whether the email went out: the connection to {} ended while it was handed over, and it is not \
         among your sent mail; look there before you send it again, I don't send it a second time by myself",
        error.host
    )
}
