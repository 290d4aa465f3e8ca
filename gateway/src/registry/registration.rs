//! The request to register a server, and the check that makes a record of it.

use std::collections::BTreeMap;
use std::fmt;

use axum::http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::{Kind, Origin, RegisterError, fresh_id};
use crate::address::{Address, AddressError};
use crate::endpoint::{Endpoint, Program, ProgramError};
use crate::oauth::OAuthSettings;
use crate::plain_text;
use crate::store::{ServerRecord, now};

const MAX_HEADERS: usize = 32;
const MAX_CATEGORY: usize = 40;

/// How a server is to be spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransportChoice {
    /// Find out.
    #[default]
    Auto,
    /// MCP over streamable HTTP.
    StreamableHttp,
    /// The older HTTP+SSE.
    Sse,
    /// A child process.
    Stdio,
    /// A2A, whichever binding and version the agent's card names.
    A2a,
}

impl TransportChoice {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            TransportChoice::Auto => "auto",
            TransportChoice::StreamableHttp => "streamable_http",
            TransportChoice::Sse => "sse",
            TransportChoice::Stdio => "stdio",
            TransportChoice::A2a => "a2a",
        }
    }

    pub(crate) fn from_stored(text: &str) -> Self {
        match text {
            "streamable_http" => TransportChoice::StreamableHttp,
            "sse" => TransportChoice::Sse,
            "stdio" => TransportChoice::Stdio,
            "a2a" => TransportChoice::A2a,
            _ => TransportChoice::Auto,
        }
    }
}

/// A server to register; `name` and `url` are enough. Its `Debug` shows no secret.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The name its tools appear under.
    pub name: String,
    /// Its address; `env:NAME` stands for a secret. Not for `stdio`.
    #[serde(default)]
    pub url: Option<String>,
    /// What it does.
    #[serde(default)]
    pub description: String,
    /// What kind of thing it is.
    #[serde(default)]
    pub category: Option<String>,
    /// How to speak to it; none finds out.
    #[serde(default)]
    pub transport: Option<TransportChoice>,
    /// For `stdio`: the program.
    #[serde(default)]
    pub command: Option<String>,
    /// For `stdio`: its arguments; `env:NAME` stands for a secret.
    #[serde(default)]
    pub args: Vec<String>,
    /// For `stdio`: its environment, besides `PATH` and a few more; `env:NAME` stands for a secret.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Headers to send; `env:NAME` stands for a secret.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How to authorise.
    #[serde(default)]
    pub auth: Option<Auth>,
    /// Whether its annotations are believed.
    #[serde(default)]
    pub trusted: bool,
    /// Whether link-local addresses are allowed.
    #[serde(default)]
    pub allow_private: bool,
    /// A tool server, a gateway, or an agent.
    #[serde(default)]
    pub kind: Kind,
}

/// How to authorise with a server.
#[derive(Clone, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// `Authorization: Bearer TOKEN`; `env:NAME` stands for a secret.
    Bearer {
        /// The token.
        token: String,
    },
    /// OAuth 2.1.
    #[serde(rename = "oauth")]
    OAuth(OAuthSettings),
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("name", &self.name)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

impl Registration {
    /// A registration of the two things that are needed.
    #[must_use]
    pub fn new(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self { name: name.into(), url: Some(url.into()), ..Self::default() }
    }

    /// Whether a child process is to be started: it says `stdio`, or gives a command and no address.
    #[must_use]
    pub fn is_program(&self) -> bool {
        match self.transport.unwrap_or_default() {
            TransportChoice::Stdio => true,
            TransportChoice::Auto => self.command.is_some() && self.url.is_none(),
            TransportChoice::StreamableHttp | TransportChoice::Sse | TransportChoice::A2a => false,
        }
    }

    fn program(&self) -> Result<Program, RegisterError> {
        if self.url.is_some() || !self.headers.is_empty() || self.auth.is_some() {
            return Err(RegisterError::Refused("url, headers and auth don't belong to transport \"stdio\""));
        }
        let command = self.command.as_deref().ok_or(ProgramError::Missing)?;
        Ok(Program::parse(command, self.args.clone(), self.env.clone())?)
    }

    /// The transport as it is kept, which the kind decides where it can't be chosen.
    fn transport(&self) -> Result<TransportChoice, RegisterError> {
        match (self.kind, self.transport.unwrap_or_default()) {
            (Kind::Agent, TransportChoice::Auto | TransportChoice::A2a) if !self.is_program() => {
                Ok(TransportChoice::A2a)
            }
            (Kind::Agent, _) => Err(RegisterError::Refused(
                "an agent is reached by its url, its card says how: leave transport and command out",
            )),
            (Kind::Server | Kind::Gateway, TransportChoice::A2a) => Err(RegisterError::Refused(
                "transport \"a2a\" is that of an agent: register it with kind \"agent\"",
            )),
            (Kind::Server | Kind::Gateway, chosen) => Ok(chosen),
        }
    }

    pub(super) fn checked(self) -> Result<ServerRecord, RegisterError> {
        let name = self.name.parse()?;
        let chosen = self.transport()?;
        let (transport, endpoint) = if self.is_program() {
            (TransportChoice::Stdio, Endpoint::Program(self.program()?))
        } else {
            if self.command.is_some() || !self.args.is_empty() || !self.env.is_empty() {
                return Err(RegisterError::Refused("command, args and env belong to transport \"stdio\""));
            }
            let url = self.url.as_deref().ok_or(AddressError::Missing)?;
            let address = Address::parse(url, self.allow_private)?;
            (chosen, Endpoint::Url(address))
        };
        let mut headers = self.headers;
        let mut oauth = None;
        match self.auth {
            Some(Auth::Bearer { token }) => {
                headers.insert("authorization".to_owned(), format!("Bearer {token}"));
            }
            Some(Auth::OAuth(settings)) => {
                if let Some(problem) = settings.problem() {
                    return Err(RegisterError::Refused(problem));
                }
                if headers.keys().any(|name| name.eq_ignore_ascii_case("authorization")) {
                    return Err(RegisterError::Refused(
                        "auth \"oauth\" and an authorization header exclude each other",
                    ));
                }
                oauth = Some(settings);
            }
            None => {}
        }
        check_headers(&headers)?;
        let category = self.category.map(|category| plain_text::description(&category));
        if category.as_ref().is_some_and(|category| category.len() > MAX_CATEGORY) {
            return Err(RegisterError::Refused("category is longer than 40 bytes"));
        }
        Ok(ServerRecord {
            id: fresh_id(),
            name,
            endpoint,
            description: plain_text::description(&self.description),
            category,
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value.into()))
                .collect(),
            transport,
            origin: Origin::User,
            kind: self.kind,
            trusted: self.trusted,
            allow_private: self.allow_private,
            enabled: true,
            registered_at: now(),
            oauth,
        })
    }
}

fn check_headers(headers: &BTreeMap<String, String>) -> Result<(), RegisterError> {
    /// Set by the transport itself.
    const RESERVED: &[&str] = &[
        "accept",
        "content-type",
        "content-length",
        "host",
        "connection",
        "transfer-encoding",
        "mcp-session-id",
        "mcp-protocol-version",
        "a2a-version",
        "last-event-id",
    ];
    if headers.len() > MAX_HEADERS {
        return Err(RegisterError::Refused("more than 32 headers"));
    }
    for (name, value) in headers {
        let problem = if HeaderName::from_bytes(name.as_bytes()).is_err() {
            "is not a header name"
        } else if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
            "is set by the gateway itself"
        } else if HeaderValue::from_str(value).is_err() {
            "has a value that can't be sent"
        } else {
            continue;
        };
        return Err(RegisterError::Header { name: name.clone(), problem });
    }
    Ok(())
}

#[cfg(test)]
mod odd;
