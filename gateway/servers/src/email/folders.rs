//! Which folder is which: by the marks of RFC 6154, else by the names that Gmail, Outlook and others give them.

use async_imap::imap_proto::{MailboxDatum, NameAttribute, Response};

use super::imap::Session;
use super::problem::{CallError, ServerError};
use super::quoting;

/// The most folders that are looked through.
pub(super) const MOST_SEARCHED: usize = 20;

/// What a folder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Inbox,
    Sent,
    Drafts,
    Archive,
    /// Everything, as Gmail has it.
    All,
    Junk,
    Trash,
    None,
}

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    /// As on the wire.
    pub wire: String,
    /// As people read it.
    pub name: String,
    pub role: Role,
}

/// All folders of an account.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    all: Vec<Folder>,
    /// What parts a folder from the one it is in.
    delimiter: String,
    /// What every folder but the inbox lies in: `INBOX.` at some servers.
    prefix: String,
}

impl Folders {
    /// Asks for them.
    pub async fn list(session: &mut Session) -> Result<Folders, ServerError> {
        let special = if session.can("SPECIAL-USE") && session.can("LIST-EXTENDED") {
            " RETURN (SPECIAL-USE)"
        } else {
            ""
        };
        let mut found = Vec::new();
        let mut delimiter = "/".to_owned();
        let list = format!("LIST \"\" \"*\"{special}");
        session
            .ask(&list, |response| {
                let Response::MailboxData(MailboxDatum::List(one)) = response else { return };
                if let Some(own) = &one.delimiter {
                    delimiter = own.to_string();
                }
                if !one.name_attributes.contains(&NameAttribute::NoSelect) {
                    found.push((one.name.to_string(), marked(&one.name_attributes)));
                }
            })
            .await?;
        Ok(Folders::of(found, delimiter))
    }

    /// Names as on the wire, with the roles that are marked.
    fn of(found: Vec<(String, Role)>, delimiter: String) -> Folders {
        let mut all: Vec<Folder> = found
            .into_iter()
            .map(|(wire, role)| Folder { name: quoting::decoded(&wire), wire, role })
            .collect();
        for folder in &mut all {
            if folder.wire.eq_ignore_ascii_case("INBOX") {
                folder.role = Role::Inbox;
            }
        }
        for role in [Role::Sent, Role::Drafts, Role::Archive, Role::All, Role::Junk, Role::Trash] {
            if all.iter().any(|folder| folder.role == role) {
                continue;
            }
            let named = usual_names(role).iter().find_map(|usual| {
                all.iter()
                    .position(|folder| folder.role == Role::None && is_called(folder, usual, &delimiter))
            });
            if let Some(place) = named {
                all[place].role = role;
            }
        }
        let inside = format!("INBOX{delimiter}");
        let others: Vec<_> = all.iter().filter(|folder| folder.role != Role::Inbox).collect();
        let is_inside = !others.is_empty() && others.iter().all(|folder| folder.wire.starts_with(&inside));
        Folders { all, delimiter, prefix: if is_inside { inside } else { String::new() } }
    }

    /// The folder of a role.
    pub fn role(&self, role: Role) -> Option<&Folder> {
        self.all.iter().find(|folder| folder.role == role)
    }

    /// The folder of a name as on the wire.
    pub fn wire(&self, wire: &str) -> Option<&Folder> {
        self.all.iter().find(|folder| folder.wire == wire)
    }

    /// The folder that a person means by a name.
    pub fn called(&self, name: &str) -> Option<&Folder> {
        self.all.iter().find(|folder| is_called(folder, name, &self.delimiter))
    }

    /// Where mail is looked for: everything at once where there is such a folder, else one after the other.
    pub fn searched(&self) -> Vec<&Folder> {
        if let Some(all) = self.role(Role::All) {
            return self.role(Role::Inbox).into_iter().chain([all]).collect();
        }
        let fits = |folder: &&Folder| !matches!(folder.role, Role::Junk | Role::Trash | Role::Drafts);
        let mut found: Vec<&Folder> = self.all.iter().filter(fits).collect();
        found.sort_by_key(|folder| match folder.role {
            Role::Inbox => 0,
            Role::Archive => 1,
            Role::Sent => 2,
            _ => 3,
        });
        found.truncate(MOST_SEARCHED);
        found
    }

    /// Makes a folder of this name, and returns it.
    pub async fn make(&mut self, session: &mut Session, name: &str) -> Result<Folder, CallError> {
        let cleaned: String = name
            .chars()
            .map(|c| if self.delimiter.contains(c) || matches!(c, '*' | '%' | '/' | '\\') { ' ' } else { c })
            .collect();
        let cleaned = cleaned.split_whitespace().collect::<Vec<_>>().join(" ");
        if cleaned.is_empty() {
            return Err(CallError::NoLabel { label: name.to_owned() });
        }
        let wire = format!("{}{}", self.prefix, quoting::encoded(&cleaned));
        session.command(&format!("CREATE {}", quoting::quoted(&wire))).await?;
        // Mail programs show what is subscribed to; a server that has no such thing says so, and that is fine.
        session.command(&format!("SUBSCRIBE {}", quoting::quoted(&wire))).await.ok();
        let folder = Folder { name: quoting::decoded(&wire), wire, role: Role::None };
        self.all.push(folder.clone());
        Ok(folder)
    }
}

fn marked(attributes: &[NameAttribute<'_>]) -> Role {
    let role = |attribute: &NameAttribute<'_>| match attribute {
        NameAttribute::Sent => Some(Role::Sent),
        NameAttribute::Drafts => Some(Role::Drafts),
        NameAttribute::Archive => Some(Role::Archive),
        NameAttribute::All => Some(Role::All),
        NameAttribute::Junk => Some(Role::Junk),
        NameAttribute::Trash => Some(Role::Trash),
        _ => None,
    };
    attributes.iter().find_map(role).unwrap_or(Role::None)
}

/// Names by which folders go, the likeliest first.
fn usual_names(role: Role) -> &'static [&'static str] {
    match role {
        Role::Sent => &[
            "Sent",
            "Sent Mail",
            "Sent Items",
            "Sent Messages",
            "Gesendet",
            "Gesendete Elemente",
            "Gesendete Objekte",
            "Envoyés",
            "Éléments envoyés",
            "Enviados",
            "Posta inviata",
            "Verzonden",
        ],
        Role::Drafts => {
            &["Drafts", "Draft", "Entwürfe", "Brouillons", "Borradores", "Bozze", "Concepten", "Rascunhos"]
        }
        Role::Archive => &["Archive", "Archives", "Archiv", "Archivio", "Archivo", "Archief"],
        Role::All => &["All Mail", "Alle Nachrichten", "Tous les messages", "Todos", "Tutti i messaggi"],
        Role::Junk => &["Junk", "Spam", "Junk Email", "Junk E-mail", "Bulk Mail"],
        Role::Trash => {
            &["Trash", "Bin", "Deleted Items", "Deleted Messages", "Papierkorb", "Gelöschte Elemente"]
        }
        Role::Inbox | Role::None => &[],
    }
}

/// By its whole name or by the last part of it, whatever its capitals.
fn is_called(folder: &Folder, name: &str, delimiter: &str) -> bool {
    let name = name.to_lowercase();
    let own = folder.name.to_lowercase();
    own == name || own.rsplit(delimiter).next() == Some(name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(names: &[(&str, Role)], delimiter: &str) -> Vec<(Role, String)> {
        let found = names.iter().map(|(name, role)| (quoting::encoded(name), *role)).collect();
        let folders = Folders::of(found, delimiter.to_owned());
        [Role::Inbox, Role::Sent, Role::Drafts, Role::Archive, Role::All, Role::Junk, Role::Trash]
            .into_iter()
            .filter_map(|role| Some((role, folders.role(role)?.name.clone())))
            .collect()
    }

    #[test]
    fn folders_are_known_by_their_marks_and_by_the_names_of_the_great_providers() {
        let none = |names: &[&'static str]| names.iter().map(|name| (*name, Role::None)).collect::<Vec<_>>();
        let gmail =
            none(&["INBOX", "[Gmail]/All Mail", "[Gmail]/Drafts", "[Gmail]/Sent Mail", "[Gmail]/Spam"]);
        let found = roles(&gmail, "/");
        assert!(found.contains(&(Role::Sent, "[Gmail]/Sent Mail".to_owned())), "{found:?}");
        assert!(found.contains(&(Role::All, "[Gmail]/All Mail".to_owned())), "{found:?}");
        let outlook = none(&["Inbox", "Sent Items", "Drafts", "Archive", "Junk Email", "Deleted Items"]);
        let found = roles(&outlook, "/");
        let wanted = ["Inbox", "Sent Items", "Drafts", "Archive", "Junk Email", "Deleted Items"];
        assert_eq!(found.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), wanted, "{found:?}");
        let german = none(&["INBOX", "INBOX.Entwürfe", "INBOX.Gesendet", "INBOX.Archiv"]);
        let found = roles(&german, ".");
        assert!(found.contains(&(Role::Drafts, "INBOX.Entwürfe".to_owned())), "{found:?}");
        // A mark goes before a name.
        let marked = [("INBOX", Role::None), ("Sent", Role::None), ("Postausgang", Role::Sent)];
        assert_eq!(roles(&marked, "/")[1], (Role::Sent, "Postausgang".to_owned()));
    }

    #[test]
    fn mail_is_looked_for_in_the_inbox_first_and_never_in_junk() {
        let names = ["Work", "Junk", "Sent", "INBOX", "Trash", "Archive", "Drafts"];
        let found = names.iter().map(|name| ((*name).to_owned(), Role::None)).collect();
        let folders = Folders::of(found, "/".to_owned());
        let searched: Vec<_> = folders.searched().iter().map(|folder| folder.name.clone()).collect();
        assert_eq!(searched, ["INBOX", "Archive", "Sent", "Work"]);
        assert_eq!(folders.called("archive").unwrap().name, "Archive");
    }
}
