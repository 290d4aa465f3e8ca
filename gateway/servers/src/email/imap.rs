//! A conversation with the server that keeps the mail. Every command waits for its own end, so a connection that is lost
//! half-way is never taken for an answer.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_imap::imap_proto::{
    AttributeValue, Capability, MailboxDatum, Outcome, Response, ResponseCode, Status,
};
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig};

use super::account::{Account, Security};
use super::output::Attachment;
use super::parsing;
use super::problem::{ServerError, Side, Trouble};
use super::quoting;
use crate::web::plain;

/// The longest words of a server that are passed on, in characters.
const LONGEST_SAID: usize = 160;
/// The most responses to one command.
const MOST_RESPONSES: usize = 100_000;

pub(super) type Wire = TlsStream<TcpStream>;
type Client = async_imap::Client<Wire>;

/// A signed-in connection; it ends with the value.
pub(super) struct Session {
    wire: async_imap::Session<Wire>,
    account: Account,
    patience: Duration,
    capabilities: HashSet<String>,
}

/// A folder that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opened {
    /// Changes when the uids of a folder no longer mean what they did.
    pub validity: u32,
    /// How many messages are in it.
    pub exists: u32,
}

/// A message as it was fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fetched {
    pub uid: u32,
    pub seen: bool,
    pub answered: bool,
    /// As the server writes it.
    pub arrived: Option<String>,
    /// In bytes.
    pub size: usize,
    /// The part that was asked for.
    pub bytes: Vec<u8>,
}

impl Session {
    /// Connects and signs in.
    pub async fn open(
        account: &Account,
        tls: Arc<ClientConfig>,
        patience: Duration,
    ) -> Result<Session, ServerError> {
        let at = |trouble| ServerError::at(Side::Imap, account, trouble);
        let limited = async {
            let client = greeted(account, tls, patience / 2).await?;
            let wire = signed_in(client, account).await?;
            Ok(Session { wire, account: account.clone(), patience, capabilities: HashSet::new() })
        };
        let opened = timeout(patience, limited).await.unwrap_or(Err(Trouble::Slow));
        let mut session = opened.map_err(at)?;
        let mut capabilities = HashSet::new();
        session
            .ask("CAPABILITY", |response| {
                if let Response::Capabilities(all) = response {
                    capabilities.extend(all.iter().filter_map(|one| match one {
                        Capability::Atom(name) => Some(name.to_ascii_uppercase()),
                        Capability::Imap4rev1 | Capability::Auth(_) => None,
                    }));
                }
            })
            .await?;
        session.capabilities = capabilities;
        Ok(session)
    }

    /// Whether the server says that it can do something.
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.contains(&capability.to_ascii_uppercase())
    }

    pub fn error(&self, trouble: Trouble) -> ServerError {
        ServerError::at(Side::Imap, &self.account, trouble)
    }

    /// Says a command whose answer is only whether it was done.
    pub async fn command(&mut self, text: &str) -> Result<(), ServerError> {
        self.ask(text, |_| ()).await
    }

    /// Says a command, and hands on what is answered before its end.
    pub async fn ask(
        &mut self,
        text: &str,
        each: impl FnMut(&Response<'_>) + Send,
    ) -> Result<(), ServerError> {
        let answered = timeout(self.patience, ask(&mut self.wire, text, each)).await;
        answered.unwrap_or(Err(Trouble::Slow)).map_err(|trouble| self.error(trouble))
    }

    /// Opens a folder, only to read in it or to change it too. `name` is as on the wire.
    pub async fn select(&mut self, name: &str, to_change: bool) -> Result<Opened, ServerError> {
        let verb = if to_change { "SELECT" } else { "EXAMINE" };
        let mut opened = Opened { validity: 0, exists: 0 };
        self.ask(&format!("{verb} {}", quoting::quoted(name)), |response| match response {
            Response::MailboxData(MailboxDatum::Exists(count)) => opened.exists = *count,
            Response::Data {
                outcome: Outcome { code: Some(ResponseCode::UidValidity(value)), .. }, ..
            } => opened.validity = *value,
            _ => {}
        })
        .await?;
        Ok(opened)
    }

    /// The uids of what fits, the newest first.
    pub async fn search(&mut self, criteria: &str) -> Result<Vec<u32>, ServerError> {
        let mut uids: Vec<u32> = Vec::new();
        self.ask(&format!("UID SEARCH {criteria}"), |response| {
            if let Response::MailboxData(MailboxDatum::Search(found)) = response {
                uids.extend(found);
            }
        })
        .await?;
        uids.sort_unstable_by_key(|uid| std::cmp::Reverse(*uid));
        uids.dedup();
        Ok(uids)
    }

    /// Fetches `what` of the messages that are still there, the newest first.
    pub async fn fetch(&mut self, uids: &[u32], what: &str) -> Result<Vec<Fetched>, ServerError> {
        if uids.is_empty() {
            return Ok(Vec::new());
        }
        let set: Vec<String> = uids.iter().map(u32::to_string).collect();
        let command = format!("UID FETCH {} (UID FLAGS INTERNALDATE RFC822.SIZE {what})", set.join(","));
        let mut all: Vec<Fetched> = Vec::new();
        self.ask(&command, |response| {
            if let Response::Fetch(_, values) = response {
                // A server may speak of other messages too.
                all.extend(fetched(values).filter(|one| uids.contains(&one.uid)));
            }
        })
        .await?;
        all.sort_by_key(|one| std::cmp::Reverse(one.uid));
        Ok(all)
    }

    /// What is attached to a message, by the server's account.
    pub async fn attachments(&mut self, uid: u32) -> Result<Vec<Attachment>, ServerError> {
        let mut listed = None;
        self.ask(&format!("UID FETCH {uid} (BODYSTRUCTURE)"), |response| {
            if let Response::Fetch(_, values) = response {
                let structure = values.iter().find_map(|value| match value {
                    AttributeValue::BodyStructure(structure) => Some(parsing::listed(structure)),
                    _ => None,
                });
                listed = structure.or(listed.take());
            }
        })
        .await?;
        listed.ok_or_else(|| self.error(Trouble::Odd))
    }

    /// Puts a message into a folder.
    pub async fn append(&mut self, folder: &str, flags: &str, message: &[u8]) -> Result<(), ServerError> {
        let appended = timeout(self.patience, self.wire.append(folder, Some(flags), None, message)).await;
        match appended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.error(of_client(error))),
            Err(_) => Err(self.error(Trouble::Slow)),
        }
    }

    /// Says goodbye; whoever does not listen is left.
    pub async fn close(mut self) {
        // It is over either way.
        drop(timeout(Duration::from_secs(2), self.wire.logout()).await);
    }
}

/// A command to its end.
async fn ask(
    wire: &mut async_imap::Session<Wire>,
    text: &str,
    mut each: impl FnMut(&Response<'_>) + Send,
) -> Result<(), Trouble> {
    let id = wire.run_command(text).await.map_err(of_client)?;
    for _ in 0..MOST_RESPONSES {
        let Some(response) = wire.read_response().await.map_err(|error| of_io(&error))? else {
            return Err(Trouble::Lost);
        };
        match response.parsed() {
            Response::Done { tag, status, outcome } if *tag == id => {
                return match status {
                    Status::Ok | Status::PreAuth => Ok(()),
                    Status::No | Status::Bad => Err(Trouble::Refused(said(outcome))),
                    Status::Bye => Err(Trouble::Lost),
                };
            }
            other => each(other),
        }
    }
    Err(Trouble::Odd)
}

/// A connection with TLS, and the server's greeting behind it.
async fn greeted(account: &Account, tls: Arc<ClientConfig>, silence: Duration) -> Result<Client, Trouble> {
    let mut socket = connected(account).await?;
    if account.security == Security::StartTls {
        let mut plain = async_imap::Client::new(socket);
        match timeout(silence, plain.read_response()).await {
            Ok(Ok(Some(_))) => {}
            Ok(Ok(None)) => return Err(Trouble::Lost),
            // A server that waits for TLS says nothing.
            Ok(Err(_)) | Err(_) => return Err(Trouble::NoTls),
        }
        plain.run_command_and_check_ok("STARTTLS", None).await.map_err(|error| match of_client(error) {
            Trouble::Lost => Trouble::Lost,
            _ => Trouble::NoTls,
        })?;
        // Whatever was said before TLS is left behind with its buffer.
        socket = plain.into_inner();
    }
    let mut client = async_imap::Client::new(encrypted(account, tls, socket).await?);
    if account.security == Security::Tls {
        match client.read_response().await {
            Ok(Some(_)) => {}
            Ok(None) => return Err(Trouble::Lost),
            Err(error) => return Err(of_io(&error)),
        }
    }
    Ok(client)
}

/// A connection to an account's server, without TLS yet.
pub(super) async fn connected(account: &Account) -> Result<TcpStream, Trouble> {
    let places = tokio::net::lookup_host((account.host.as_str(), account.port)).await;
    let mut why = "there is no such address".to_owned();
    for place in places.map_err(|_| Trouble::NoName)? {
        match TcpStream::connect(place).await {
            Ok(socket) => {
                // Commands are short and wait for their answers.
                socket.set_nodelay(true).ok();
                return Ok(socket);
            }
            Err(error) => why = plain_words(&error),
        }
    }
    Err(Trouble::Unreachable(why))
}

/// TLS over a connection, with the server that the account names.
pub(super) async fn encrypted(
    account: &Account,
    tls: Arc<ClientConfig>,
    socket: TcpStream,
) -> Result<Wire, Trouble> {
    let name = ServerName::try_from(account.host.clone()).map_err(|_| Trouble::NoName)?;
    TlsConnector::from(tls).connect(name, socket).await.map_err(|error| of_tls(&error))
}

async fn signed_in(client: Client, account: &Account) -> Result<async_imap::Session<Wire>, Trouble> {
    let (user, password) = (account.user.as_str(), account.password.expose_secret());
    let signed_in = if user.is_ascii() && password.is_ascii() {
        client.login(user, password).await
    } else {
        client.authenticate("PLAIN", Plain { user, password }).await
    };
    signed_in.map_err(|(error, _)| match error {
        async_imap::error::Error::No(said) if said.contains("PRIVACYREQUIRED") => Trouble::NoWayIn,
        async_imap::error::Error::No(said) if said.contains("UNAVAILABLE") => {
            Trouble::Refused("it is busy, try again later".to_owned())
        }
        async_imap::error::Error::No(_) => Trouble::Password,
        async_imap::error::Error::Bad(_) => Trouble::NoWayIn,
        other => of_client(other),
    })
}

/// SASL PLAIN, for names and passwords beyond ASCII.
struct Plain<'a> {
    user: &'a str,
    password: &'a str,
}

impl async_imap::Authenticator for Plain<'_> {
    type Response = String;

    fn process(&mut self, _: &[u8]) -> String {
        format!("\0{}\0{}", self.user, self.password)
    }
}

fn fetched(values: &[AttributeValue<'_>]) -> Option<Fetched> {
    let mut fetched = Fetched::default();
    for value in values {
        match value {
            AttributeValue::Uid(uid) => fetched.uid = *uid,
            AttributeValue::Flags(flags) => {
                let has = |wanted: &str| flags.iter().any(|flag| flag.eq_ignore_ascii_case(wanted));
                (fetched.seen, fetched.answered) = (has("\\Seen"), has("\\Answered"));
            }
            AttributeValue::InternalDate(date) => fetched.arrived = Some(date.to_string()),
            AttributeValue::Rfc822Size(size) => fetched.size = usize::try_from(*size).unwrap_or(usize::MAX),
            AttributeValue::BodySection { data: Some(data), .. } => fetched.bytes = data.to_vec(),
            _ => {}
        }
    }
    (fetched.uid != 0).then_some(fetched)
}

fn said(outcome: &Outcome<'_>) -> String {
    let words = outcome.information.as_deref().unwrap_or("it gives no reason");
    plain::line(words, LONGEST_SAID)
}

fn of_client(error: async_imap::error::Error) -> Trouble {
    use async_imap::error::Error;
    match error {
        Error::Io(error) => of_io(&error),
        Error::ConnectionLost => Trouble::Lost,
        Error::Bad(said) | Error::No(said) => Trouble::Refused(plain::line(information(&said), LONGEST_SAID)),
        Error::Append => Trouble::Refused("it does not take the message".to_owned()),
        // A name or a password that can't be said, an answer that makes no sense.
        _ => Trouble::Odd,
    }
}

/// The server's own words in the library's.
fn information(said: &str) -> &str {
    let inside = said.split_once("info: Some(\"").and_then(|(_, rest)| rest.rsplit_once("\")"));
    inside.map_or("it gives no reason", |(words, _)| words)
}

/// What an error of a connection that was made means.
pub(super) fn of_io(error: &std::io::Error) -> Trouble {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::UnexpectedEof
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected => Trouble::Lost,
        ErrorKind::TimedOut => Trouble::Slow,
        _ => Trouble::Odd,
    }
}

/// What an error of a handshake means.
pub(super) fn of_tls(error: &std::io::Error) -> Trouble {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(inner) => of_rustls(inner),
        None => of_io(error),
    }
}

pub(super) fn of_rustls(error: &rustls::Error) -> Trouble {
    use rustls::CertificateError as C;
    match error {
        rustls::Error::InvalidCertificate(why) => Trouble::Certificate(
            match why {
                C::Expired | C::ExpiredContext { .. } => "it has expired",
                C::NotValidYet | C::NotValidYetContext { .. } => "it is not valid yet",
                C::NotValidForName | C::NotValidForNameContext { .. } => "it is for another name",
                C::UnknownIssuer => "nobody known has signed it",
                C::Revoked => "it was revoked",
                _ => "it is damaged",
            }
            .to_owned(),
        ),
        _ => Trouble::NoTls,
    }
}

pub(super) fn plain_words(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        ErrorKind::TimedOut => "it does not answer".to_owned(),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "there is no way to it".to_owned(),
        _ => plain::line(&error.to_string(), LONGEST_SAID),
    }
}
