//! Signing in to tool servers: OAuth 2.1, on rmcp's `auth` module, which speaks with the authorization server.
//!
//! What is built here around it: whose tokens they are and where they rest, one renewal at a time for each server, a renewal
//! that goes on when nobody waits for it any more (a rotated refresh token must not get lost), and when a person is asked.
//!
//! Invariants: a token is only ever sent to the server it was issued for; nothing here formats a token, a code, a verifier or
//! a client secret; an error from the other side is told in our words, since theirs may echo what was sent.

mod account;
mod accounts;
mod client;
mod credentials;
mod refusal;
mod sign_in;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

pub(crate) use account::{Account, Surroundings};
pub(crate) use accounts::Accounts;
pub(crate) use client::OAuthHttpClient;
pub(crate) use refusal::{Refusal, in_our_words};
pub use sign_in::{SignInAnswer, SignInError};

const MAX_SCOPES: usize = 64;
const MAX_TEXT: usize = 2048;

/// How to sign in to a server. Its `Debug` shows no secret.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuthSettings {
    /// The client that the authorization server knows already; without one, HomePilot introduces itself.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Its secret; `env:NAME` stands for one.
    #[serde(default)]
    pub client_secret: Option<SecretString>,
    /// What to ask for; without any, what the server says it needs.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Who signs in.
    #[serde(default)]
    pub grant: Grant,
    /// Where a document that describes this client is published, for authorization servers that read one.
    #[serde(default)]
    pub client_metadata_url: Option<String>,
}

/// Who signs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// A person, in the browser.
    #[default]
    AuthorizationCode,
    /// HomePilot by itself, with a client id and a secret.
    ClientCredentials,
}

/// The settings as they are stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    client_id: Option<String>,
    client_secret: Option<String>,
    scopes: Vec<String>,
    grant: Grant,
    client_metadata_url: Option<String>,
}

impl fmt::Debug for OAuthSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthSettings")
            .field("scopes", &self.scopes)
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}

impl OAuthSettings {
    /// What can't be used about them, in words for whoever registers the server.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        let texts = [self.client_id.as_deref(), self.client_metadata_url.as_deref()];
        let secret = self.client_secret.as_ref().map(|secret| secret.expose_secret());
        let bad_text = |text: &str| text.is_empty() || text.len() > MAX_TEXT;
        if texts.into_iter().chain([secret]).flatten().any(bad_text) {
            return Some("auth: client_id, client_secret and client_metadata_url are 1 to 2048 bytes each");
        }
        if self.client_secret.is_some() && self.client_id.is_none() {
            return Some("auth: client_secret needs the client_id it belongs to");
        }
        if self.grant == Grant::ClientCredentials && self.client_secret.is_none() {
            return Some("auth: grant \"client_credentials\" needs client_id and client_secret");
        }
        if self.scopes.len() > MAX_SCOPES {
            return Some("auth: more than 64 scopes");
        }
        // RFC 6749, section 3.3.
        let scope_byte = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if self.scopes.iter().any(|scope| bad_text(scope) || !scope.bytes().all(scope_byte)) {
            return Some("auth: a scope is one word of visible ASCII without quotes or backslashes");
        }
        let metadata = self.client_metadata_url.as_deref().map(Url::parse);
        let usable = |url: &Url| url.scheme() == "https" && url.path() != "/";
        if metadata.is_some_and(|url| !url.as_ref().is_ok_and(usable)) {
            return Some("auth: client_metadata_url must be an https address with a path");
        }
        None
    }

    /// As stored.
    pub(crate) fn to_stored(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Stored {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.as_ref().map(|secret| secret.expose_secret().to_owned()),
            scopes: self.scopes.clone(),
            grant: self.grant,
            client_metadata_url: self.client_metadata_url.clone(),
        })
    }

    /// Read back.
    pub(crate) fn from_stored(text: &str) -> Result<Self, serde_json::Error> {
        let stored: Stored = serde_json::from_str(text)?;
        Ok(Self {
            client_id: stored.client_id,
            client_secret: stored.client_secret.map(SecretString::from),
            scopes: stored.scopes,
            grant: stored.grant,
            client_metadata_url: stored.client_metadata_url,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn settings(value: Value) -> OAuthSettings {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_can_be_used() {
        for (given, wanted) in [
            (json!({}), None),
            (json!({"client_id": "a", "client_secret": "env:S", "scopes": ["mail.read", "a:b"]}), None),
            (json!({"client_secret": "s"}), Some("auth: client_secret needs the client_id it belongs to")),
            (
                json!({"client_id": "a", "grant": "client_credentials"}),
                Some("auth: grant \"client_credentials\" needs client_id and client_secret"),
            ),
            (
                json!({"scopes": ["two words"]}),
                Some("auth: a scope is one word of visible ASCII without quotes or backslashes"),
            ),
            (
                json!({"client_metadata_url": "http://a.example/b"}),
                Some("auth: client_metadata_url must be an https address with a path"),
            ),
        ] {
            assert_eq!(settings(given.clone()).problem(), wanted, "{given}");
        }
    }

    #[test]
    fn stored_and_read_back_and_never_shown() {
        let given = settings(json!({"client_id": "a", "client_secret": "TOPSECRET", "scopes": ["x"]}));
        let back = OAuthSettings::from_stored(&given.to_stored().unwrap()).unwrap();
        assert_eq!(back.client_secret.as_ref().unwrap().expose_secret(), "TOPSECRET");
        assert_eq!((back.client_id.as_deref(), back.scopes.len(), back.grant), (Some("a"), 1, given.grant));
        assert!(!format!("{given:?}").contains("TOPSECRET"));
    }
}
