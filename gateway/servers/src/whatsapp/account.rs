//! The account that sends: which number, with what right, and where.

use std::fmt;

use secrecy::SecretString;
use url::{Host, Url};

/// Meta's own address.
const GRAPH: &str = "https://graph.facebook.com";
/// The version of the Graph API unless another is set.
const VERSION: &str = "v25.0";
/// Digits of an id of Meta's at most.
const LONGEST_ID: usize = 32;

/// A business number, and the right to send from it.
#[derive(Clone)]
pub struct Account {
    base: Url,
    version: String,
    number_id: String,
    pub(super) token: SecretString,
}

/// What proves that a notice comes from Meta.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The app's secret: every notice is signed with it.
    pub app_secret: SecretString,
    /// The word that Meta says when the webhook is set up.
    pub verify_token: SecretString,
}

/// What is wrong with an account's settings. The messages repeat no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The number itself instead of its id, mostly.
    #[error(
        "is no phone number id: give the digits under \"Phone number ID\" in Meta's app dashboard (WhatsApp, API Setup), \
         not the number itself"
    )]
    NumberId,
    /// Neither an address nor one that a token may go to.
    #[error("is no https address (http is for this machine only)")]
    Base,
    /// No version.
    #[error("is no version of the Graph API: give it like v25.0")]
    Version,
}

impl Account {
    /// At Meta's own address.
    ///
    /// # Errors
    /// The id is none.
    pub fn new(number_id: &str, token: SecretString) -> Result<Account, AccountError> {
        let number_id = number_id.trim().to_owned();
        let is_id =
            (1..=LONGEST_ID).contains(&number_id.len()) && number_id.bytes().all(|c| c.is_ascii_digit());
        if !is_id {
            return Err(AccountError::NumberId);
        }
        let base = Url::parse(GRAPH).map_err(|_| AccountError::Base)?;
        Ok(Account { base, version: VERSION.to_owned(), number_id, token })
    }

    /// At an address that speaks the Graph API.
    ///
    /// # Errors
    /// It is none. Over http the token could be read on the way, so that is for this machine only.
    pub fn at(self, base: &str) -> Result<Account, AccountError> {
        let base = Url::parse(base.trim()).map_err(|_| AccountError::Base)?;
        let fit = match base.scheme() {
            "https" => base.host().is_some(),
            "http" => is_loopback(&base),
            _ => false,
        };
        if fit { Ok(Account { base, ..self }) } else { Err(AccountError::Base) }
    }

    /// With another version of the Graph API.
    ///
    /// # Errors
    /// It is none.
    pub fn version(self, version: &str) -> Result<Account, AccountError> {
        let numbers = version.strip_prefix('v').and_then(|numbers| numbers.split_once('.'));
        let is_number =
            |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
        match numbers {
            Some((major, minor)) if is_number(major) && is_number(minor) => {
                Ok(Account { version: version.to_owned(), ..self })
            }
            Some(_) | None => Err(AccountError::Version),
        }
    }

    pub(super) fn number_id(&self) -> &str {
        &self.number_id
    }

    /// Where messages go.
    pub(super) fn messages(&self) -> Url {
        let mut url = self.base.clone();
        let before = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{before}/{}/{}/messages", self.version, self.number_id));
        url
    }

    /// Whether it is at this machine, to which no proxy leads.
    pub(super) fn is_here(&self) -> bool {
        is_loopback(&self.base)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("host", &self.base.host_str().unwrap_or_default())
            .field("version", &self.version)
            .field("number_id", &self.number_id)
            .finish_non_exhaustive()
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account::new("106540352242922", "EAAtopsecret".into()).unwrap()
    }

    #[test]
    fn messages_go_to_the_numbers_own_place() {
        assert_eq!(
            account().messages().as_str(),
            "https://graph.facebook.com/v25.0/106540352242922/messages"
        );
        let here = account().at("http://127.0.0.1:8090/whatsapp/").unwrap().version("v18.0").unwrap();
        assert_eq!(here.messages().as_str(), "http://127.0.0.1:8090/whatsapp/v18.0/106540352242922/messages");
        assert!(here.is_here() && !account().is_here());
    }

    #[test]
    fn what_is_wrong_is_said_and_nothing_is_shown() {
        for id in ["", "+1 555 078 3881", "my number"] {
            assert_eq!(Account::new(id, "t".into()).unwrap_err(), AccountError::NumberId, "{id}");
        }
        for base in ["http://graph.example.org", "ftp://127.0.0.1", "graph.facebook.com", ""] {
            assert_eq!(account().at(base).unwrap_err(), AccountError::Base, "{base}");
        }
        for version in ["25.0", "v25", "v.0", "v25.0/x", "latest"] {
            assert_eq!(account().version(version).unwrap_err(), AccountError::Version, "{version}");
        }
        let webhook = Webhook { app_secret: "topsecret".into(), verify_token: "topsecret".into() };
        let shown =
            format!("{:?} {webhook:?}", account().at("https://me:topsecret@graph.example.org/").unwrap());
        assert!(shown.contains("graph.example.org") && !shown.contains("topsecret"), "{shown}");
    }
}
