//! Moving emails out of the inbox, and putting them under labels. A label is a folder with a copy in it, as it is at Gmail.

use super::Mail;
use super::delivering::holds;
use crate::answered::Answer;
use crate::arguments::Arguments;
use crate::email::finding::{self, Found};
use crate::email::folders::{Folder, Folders, Role};
use crate::email::imap::Session;
use crate::email::journal::Asked;
use crate::email::output::Filed;
use crate::email::problem::{CallError, ServerError};
use crate::email::quoting::quoted;
use crate::email::tools::{LONGEST_LABEL, LONGEST_WORDS, Name};

/// What is done to an email.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filing {
    /// It goes from where it is to a folder.
    Move,
    /// A copy of it goes to a folder.
    Label,
}

impl Mail {
    pub(super) async fn archive(&self, asked: &Asked, arguments: &Arguments) -> Result<Answer, CallError> {
        let words = arguments.text("email", LONGEST_WORDS)?;
        let mut session = self.session().await?;
        let mut folders = Folders::list(&mut session).await?;
        let found = finding::one(&mut session, &folders, &words, false).await?;
        let archive = match archive_of(&folders).cloned() {
            Some(archive) => archive,
            None => folders.make(&mut session, "Archive").await?,
        };
        self.file(asked, session, &found, &archive, Filing::Move).await?;
        let text = format!("I archived {} from {}.", found.subject(), found.sender());
        self.filed(asked, &found, &archive, text).await
    }

    pub(super) async fn label(&self, asked: &Asked, arguments: &Arguments) -> Result<Answer, CallError> {
        let words = arguments.text("email", LONGEST_WORDS)?;
        let label = arguments.text("label", LONGEST_LABEL)?;
        let mut session = self.session().await?;
        let mut folders = Folders::list(&mut session).await?;
        let found = finding::one(&mut session, &folders, &words, true).await?;
        let folder = match folders.called(&label).cloned() {
            Some(folder) => folder,
            None => folders.make(&mut session, &label).await?,
        };
        self.file(asked, session, &found, &folder, Filing::Label).await?;
        let text = format!("I put {} from {} under {}.", found.subject(), found.sender(), folder.name);
        self.filed(asked, &found, &folder, text).await
    }

    /// Whether a call that was cut off while it changed something did change it, and what it is answered then.
    pub(super) async fn was_filed(
        &self,
        tool: Name,
        arguments: &Arguments,
        id: &str,
    ) -> Result<Option<Answer>, CallError> {
        let mut session = self.session().await?;
        let folders = Folders::list(&mut session).await?;
        let (to, from) = match tool {
            Name::ArchiveEmail => (archive_of(&folders), folders.role(Role::Inbox)),
            _ => (folders.called(&arguments.text("label", LONGEST_LABEL)?), None),
        };
        let Some(to) = to.filter(|_| !id.is_empty()) else { return Ok(None) };
        let is_there = holds(&mut session, to, id).await?;
        let is_gone = match from {
            Some(from) => !holds(&mut session, from, id).await?,
            None => true,
        };
        session.close().await;
        if !is_there || !is_gone {
            return Ok(None);
        }
        let filed = Filed { from: String::new(), subject: String::new(), folder: to.name.clone() };
        Ok(Some(Answer::new(format!("That email is in {}.", to.name), &filed)?))
    }

    /// Files an email, and finds out whether it was if the connection is lost meanwhile.
    async fn file(
        &self,
        asked: &Asked,
        mut session: Session,
        found: &Found,
        to: &Folder,
        filing: Filing,
    ) -> Result<(), CallError> {
        if found.folder.wire == to.wire {
            return Ok(());
        }
        let id = found.head.id.as_ref().map(|id| format!("<{id}>")).unwrap_or_default();
        self.parts.journal.going(asked, &id).await?;
        let error = match filing.carry_out(&mut session, found, to).await {
            Ok(()) => {
                session.close().await;
                return Ok(());
            }
            Err(error) => error,
        };
        if !error.is_unsure() {
            self.parts.journal.not_gone(asked).await?;
            return Err(error.into());
        }
        let again = async {
            let mut session = self.session().await?;
            if !filing.is_done(&mut session, found, to).await? {
                filing.carry_out(&mut session, found, to).await?;
            }
            session.close().await;
            Ok::<(), ServerError>(())
        };
        again.await.map_err(|_| {
            CallError::Unknown(format!(
                "i can't tell whether the email was put where it belongs: the connection to {} was lost; ask again in a \
                 moment, it is not done twice",
                error.host
            ))
        })
    }

    async fn filed(
        &self,
        asked: &Asked,
        found: &Found,
        folder: &Folder,
        text: String,
    ) -> Result<Answer, CallError> {
        let filed = Filed {
            from: found.sender().to_owned(),
            subject: found.head.subject.clone(),
            folder: folder.name.clone(),
        };
        let answer = Answer::new(text, &filed)?;
        self.parts.journal.done(asked, &answer).await?;
        Ok(answer)
    }
}

fn archive_of(folders: &Folders) -> Option<&Folder> {
    folders.role(Role::Archive).or_else(|| folders.role(Role::All))
}

impl Filing {
    async fn carry_out(self, session: &mut Session, found: &Found, to: &Folder) -> Result<(), ServerError> {
        let (uid, name) = (found.fetched.uid, quoted(&to.wire));
        let moves = self == Filing::Move;
        if moves && session.can("MOVE") {
            session.select(&found.folder.wire, true).await?;
            return session.command(&format!("UID MOVE {uid} {name}")).await;
        }
        if !is_in(session, found, to).await? {
            session.select(&found.folder.wire, false).await?;
            session.command(&format!("UID COPY {uid} {name}")).await?;
        }
        if moves {
            session.select(&found.folder.wire, true).await?;
            session.command(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)")).await?;
            // Without UIDPLUS whatever is marked as deleted goes with it, as in every mail program.
            let expunge =
                if session.can("UIDPLUS") { format!("UID EXPUNGE {uid}") } else { "EXPUNGE".to_owned() };
            session.command(&expunge).await?;
        }
        Ok(())
    }

    async fn is_done(self, session: &mut Session, found: &Found, to: &Folder) -> Result<bool, ServerError> {
        match self {
            Filing::Move => Ok(!lies(session, found).await?),
            Filing::Label => is_in(session, found, to).await,
        }
    }
}

/// Whether a copy of a message lies in a folder, as far as its Message-ID can tell.
async fn is_in(session: &mut Session, found: &Found, folder: &Folder) -> Result<bool, ServerError> {
    match &found.head.id {
        Some(id) => holds(session, folder, &format!("<{id}>")).await,
        None => Ok(false),
    }
}

/// Whether a message is still where it was found.
async fn lies(session: &mut Session, found: &Found) -> Result<bool, ServerError> {
    let opened = session.select(&found.folder.wire, false).await?;
    let still = session.fetch(&[found.fetched.uid], "UID").await?;
    Ok(opened.validity == found.validity && !still.is_empty())
}
