//! Moving emails out of the inbox, and putting them under labels. A label is a folder with a copy in it, as it is at Gmail.

use super::Mail;
use crate::arguments::Arguments;
use crate::email::finding::{self, Found};
use crate::email::folders::{Folder, Folders, Role};
use crate::email::imap::Session;
use crate::email::journal::{Answer, Asked};
use crate::email::output::Filed;
use crate::email::problem::{CallError, ServerError};
use crate::email::quoting::quoted;
use crate::email::tools::LONGEST_WORDS;

impl Mail {
    pub(super) async fn archive(&self, asked: &Asked, arguments: &Arguments) -> Result<Answer, CallError> {
        let words = arguments.text("email", LONGEST_WORDS)?;
        let mut session = self.session().await?;
        let mut folders = Folders::list(&mut session).await?;
        let found = finding::one(&mut session, &folders, &words, false).await?;
        let archive = folders.role(Role::Archive).or_else(|| folders.role(Role::All)).cloned();
        let archive = match archive {
            Some(archive) => archive,
            None => folders.make(&mut session, "Archive").await?,
        };
        if found.folder.wire != archive.wire {
            match moved(&mut session, &found, &archive).await {
                Err(error) if error.is_loss() => {
                    session = self.session().await?;
                    if lies(&mut session, &found).await? {
                        moved(&mut session, &found, &archive).await?;
                    }
                }
                moved => moved?,
            }
        }
        session.close().await;
        let text = format!("I archived {} from {}.", found.subject(), found.sender());
        self.filed(asked, &found, &archive, text).await
    }

    pub(super) async fn label(
        &self,
        asked: &Asked,
        arguments: &Arguments,
        label: &str,
    ) -> Result<Answer, CallError> {
        let words = arguments.text("email", LONGEST_WORDS)?;
        let mut session = self.session().await?;
        let mut folders = Folders::list(&mut session).await?;
        let found = finding::one(&mut session, &folders, &words, true).await?;
        let folder = match folders.called(label).cloned() {
            Some(folder) => folder,
            None => folders.make(&mut session, label).await?,
        };
        match labelled(&mut session, &found, &folder).await {
            // A copy that is there already is not made again.
            Err(error) if error.is_loss() => {
                session = self.session().await?;
                labelled(&mut session, &found, &folder).await?;
            }
            labelled => labelled?,
        }
        session.close().await;
        let text = format!("I put {} from {} under {}.", found.subject(), found.sender(), folder.name);
        self.filed(asked, &found, &folder, text).await
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

/// Moves a message; a server without MOVE copies it and takes the first one away.
async fn moved(session: &mut Session, found: &Found, to: &Folder) -> Result<(), ServerError> {
    session.select(&found.folder.wire, true).await?;
    let (uid, name) = (found.fetched.uid, quoted(&to.wire));
    if session.can("MOVE") {
        session.command(&format!("UID MOVE {uid} {name}")).await?;
        return Ok(());
    }
    if !is_in(session, found, to).await? {
        session.select(&found.folder.wire, true).await?;
        session.command(&format!("UID COPY {uid} {name}")).await?;
    }
    session.select(&found.folder.wire, true).await?;
    session.command(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)")).await?;
    // Without UIDPLUS whatever is marked as deleted goes with it, as in every mail program.
    let expunge = if session.can("UIDPLUS") { format!("UID EXPUNGE {uid}") } else { "EXPUNGE".to_owned() };
    session.command(&expunge).await?;
    Ok(())
}

async fn labelled(session: &mut Session, found: &Found, under: &Folder) -> Result<(), ServerError> {
    if found.folder.wire == under.wire || is_in(session, found, under).await? {
        return Ok(());
    }
    session.select(&found.folder.wire, false).await?;
    session.command(&format!("UID COPY {} {}", found.fetched.uid, quoted(&under.wire))).await?;
    Ok(())
}

/// Whether a copy of a message lies in a folder, as far as its Message-ID can tell.
async fn is_in(session: &mut Session, found: &Found, folder: &Folder) -> Result<bool, ServerError> {
    let Some(id) = &found.head.id else { return Ok(false) };
    session.select(&folder.wire, false).await?;
    let criteria = format!("HEADER Message-ID {}", quoted(&format!("<{id}>")));
    Ok(!session.search(&criteria).await?.is_empty())
}

/// Whether a message is still where it was found.
async fn lies(session: &mut Session, found: &Found) -> Result<bool, ServerError> {
    let opened = session.select(&found.folder.wire, false).await?;
    let still = session.fetch(&[found.fetched.uid], "UID").await?;
    Ok(opened.validity == found.validity && !still.is_empty())
}
