//! Why a call was not carried out, in words for the person: what to do, and which setting to change if it is one.

use std::fmt;

use super::account::Account;
use super::tools::MOST_RECIPIENTS;
use crate::arguments::ArgumentError;
use crate::database::StoreError;
use crate::dates::DateError;

/// Why a call was not carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error("since: {0}")]
    Since(#[from] DateError),
    #[error("{name}: \"{found}\" is no email address: give one like ada@example.org")]
    NoAddress { name: &'static str, found: String },
    #[error("{name} has {count} addresses: {MOST_RECIPIENTS} is the most")]
    ManyRecipients { name: &'static str, count: usize },
    #[error("the message can't be written: {0}")]
    Unwritten(String),
    #[error("no email fits \"{words}\": use words of its sender or its subject")]
    Nothing { words: String },
    #[error("{0}")]
    Which(String),
    #[error("that email is not there any more: list the inbox again")]
    Gone,
    #[error("the email does not say who could be answered: send a new one instead")]
    NobodyToAnswer,
    #[error("the label \"{label}\" can't be a folder's name: use letters, digits and spaces")]
    NoLabel { label: String },
    #[error("{0}")]
    Unknown(String),
    #[error("the call was given up")]
    GivenUp,
    #[error("the answer cannot be written: {0}")]
    Answer(#[from] serde_json::Error),
}

/// Which of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Smtp,
    Imap,
}

impl Side {
    fn variable(self) -> &'static str {
        match self {
            Side::Smtp => "EMAIL_SMTP",
            Side::Imap => "EMAIL_IMAP",
        }
    }
}

/// What went wrong at a server, and where it is.
#[derive(Debug)]
pub(super) struct ServerError {
    pub side: Side,
    pub host: String,
    pub port: u16,
    pub trouble: Trouble,
}

/// What went wrong at a server. None of it has changed anything, unless it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Its name means nothing.
    NoName,
    /// It can't be reached.
    Unreachable(String),
    /// Its certificate does not hold.
    Certificate(String),
    /// It speaks no TLS there.
    NoTls,
    /// It refuses the name or the password.
    Password,
    /// It knows no way to sign in with a password.
    NoWayIn,
    /// The connection ended.
    Lost,
    /// It took too long.
    Slow,
    /// It said no, in its own words.
    Refused(String),
    /// What it said makes no sense.
    Odd,
}

impl ServerError {
    pub fn at(side: Side, account: &Account, trouble: Trouble) -> ServerError {
        ServerError { side, host: account.host.clone(), port: account.port, trouble }
    }

    /// Whether the same again could well go better.
    pub fn is_loss(&self) -> bool {
        matches!(self.trouble, Trouble::Lost)
    }

    /// Whether a command may have been carried out although it failed.
    pub fn is_unsure(&self) -> bool {
        matches!(self.trouble, Trouble::Lost | Trouble::Slow | Trouble::Odd)
    }
}

impl std::error::Error for ServerError {}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ServerError { host, port, .. } = self;
        let set = self.side.variable();
        match &self.trouble {
            Trouble::NoName => {
                write!(f, "there is no server {host}: check {set}_HOST, and that you are online")
            }
            Trouble::Unreachable(why) => write!(
                f,
                "{host} does not answer on port {port} ({why}): check {set}_HOST and {set}_PORT, and that you are online"
            ),
            Trouble::Certificate(why) => write!(
                f,
                "the certificate of {host} can't be trusted ({why}), so nothing was said to it: check {set}_HOST; if \
                 the server is your own, put its certificate into a file and set EMAIL_CA_FILE"
            ),
            Trouble::NoTls => write!(
                f,
                "{host} does not begin with TLS as expected on port {port}: check {set}_PORT and {set}_SECURITY"
            ),
            Trouble::Password => write!(
                f,
                "{host} refuses the user name or the password: check {set}_USER and {set}_PASS{}; Gmail, Outlook and \
                 others want an app password here",
                match self.side {
                    Side::Smtp => "",
                    Side::Imap => " (those of SMTP hold if they are not set)",
                }
            ),
            Trouble::NoWayIn => write!(
                f,
                "{host} lets nobody in by a password: switch that on in its settings, or check {set}_HOST and {set}_PORT"
            ),
            Trouble::Lost => {
                write!(f, "the connection to {host} was lost and nothing was changed: try again in a moment")
            }
            Trouble::Slow => write!(f, "{host} took too long and nothing was changed: try again in a moment"),
            Trouble::Refused(said) => write!(f, "{host} refuses: {said}"),
            Trouble::Odd => {
                write!(f, "{host} answers what can't be understood: check {set}_HOST and {set}_PORT")
            }
        }
    }
}
