//! Where a server is. The address is a secret as often as not (`…/mcp/gmail/YOUR_KEY`), so nothing that formats it shows
//! more than scheme, host and `/…`; `env:NAME` stands for a secret that is looked up when connecting and never stored.

use std::env;
use std::fmt;
use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::{Host, Url};

/// A server's address, or `env:NAME` for one.
#[derive(Clone)]
pub(crate) struct Address {
    written: SecretString,
    shown: String,
}

/// Why an address can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AddressError {
    /// No address was given.
    #[error("url is missing, give the address of the server's MCP endpoint")]
    Missing,
    /// Not a URL.
    #[error("url is not an address: {0}")]
    Malformed(String),
    /// Not `http` or `https`.
    #[error("url must start with http:// or https://, not {0}:")]
    Scheme(String),
    /// A link-local address, where cloud machines keep their credentials.
    #[error("url points to the link-local address {0}, set allow_private to allow it")]
    LinkLocal(IpAddr),
    /// Longer than 8 KiB.
    #[error("url is longer than {0} characters")]
    TooLong(usize),
    /// A variable that a secret refers to is not set.
    #[error("environment variable {0} is not set, set it where HomePilot starts and start it again")]
    Unset(String),
}

const MAX: usize = 8192;

impl Address {
    pub(crate) fn parse(text: &str, allow_private: bool) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Missing);
        }
        if text.len() > MAX {
            return Err(AddressError::TooLong(MAX));
        }
        if text.strip_prefix("env:").is_some_and(|name| variable(name) == name.len() && !name.is_empty()) {
            return Ok(Self { written: text.to_owned().into(), shown: text.to_owned() });
        }
        let url = checked(text)?;
        if !allow_private && let Some(ip) = link_local(&url) {
            return Err(AddressError::LinkLocal(ip));
        }
        Ok(Self { shown: shown(&url), written: url.to_string().into() })
    }

    /// The address with every `env:NAME` replaced, for connecting only.
    pub(crate) fn resolve(&self) -> Result<Url, AddressError> {
        checked(resolve_secret(self.written.expose_secret())?.expose_secret())
    }

    /// As written, for storing and comparing.
    pub(crate) fn written(&self) -> &str {
        self.written.expose_secret()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.shown)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.written() == other.written()
    }
}

/// Replaces each `env:NAME` that starts a word or a part of a URL by the variable's value.
pub(crate) fn resolve_secret(text: &str) -> Result<SecretString, AddressError> {
    resolve_with(text, |name| env::var(name).ok())
}

fn resolve_with(text: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<SecretString, AddressError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("env:") {
        let (before, after) = (&rest[..at], &rest[at + 4..]);
        let length = variable(after);
        let starts_a_part = before.is_empty() && out.is_empty() || before.ends_with(['/', '=', ' ', '@']);
        out.push_str(before);
        if length > 0 && starts_a_part {
            let name = &after[..length];
            out.push_str(&lookup(name).ok_or_else(|| AddressError::Unset(name.to_owned()))?);
        } else {
            out.push_str("env:");
            out.push_str(&after[..length]);
        }
        rest = &after[length..];
    }
    out.push_str(rest);
    Ok(out.into())
}

/// Removes an address's secret parts from a text that an error brought along.
pub(crate) fn scrub(text: &str, url: &Url) -> String {
    let mut text = text.replace(url.as_str(), &shown(url));
    let segments = url.path_segments().into_iter().flatten().map(str::to_owned);
    let values = url.query_pairs().map(|(_, value)| value.into_owned());
    let password = url.password().map(str::to_owned);
    for secret in segments.chain(values).chain(password).filter(|part| part.len() >= 6) {
        text = text.replace(&secret, "…");
    }
    text
}

fn variable(text: &str) -> usize {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    if text.starts_with(|c: char| c.is_ascii_digit()) { 0 } else { end }
}

fn checked(text: &str) -> Result<Url, AddressError> {
    let url = Url::parse(text).map_err(|error| AddressError::Malformed(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(AddressError::Scheme(url.scheme().to_owned()));
    }
    if url.host().is_none() {
        return Err(AddressError::Malformed("it names no host".to_owned()));
    }
    Ok(url)
}

/// An address as it may be shown.
pub(crate) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let rest = if matches!(url.path(), "" | "/") && url.query().is_none() { "" } else { "/…" };
    format!("{}://{host}{port}{rest}", url.scheme())
}

/// Whether an address is one of the public network, and not of this machine, a private network or a special purpose.
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, third, _] = ip.octets();
            let special = ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_documentation()
                || ip.is_multicast()
                // This network, carriers' networks, protocol assignments, benchmarks, reserved and broadcast (RFC 6890).
                || first == 0
                || (first == 100 && (64..128).contains(&second))
                || (first == 192 && second == 0 && third == 0)
                || (first == 198 && (18..20).contains(&second))
                || first >= 240;
            !special
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_public(ip.into()),
            // Only 2000::/3 is given out; 2001:db8::/32 is documentation, 2002::/16 and 64:ff9b::/96 stand for IPv4 addresses.
            None => {
                let [first, second, ..] = ip.segments();
                first & 0xe000 == 0x2000
                    && first != 0x2002
                    && !(first == 0x2001 && (second == 0 || second == 0xdb8))
            }
        },
    }
}

fn link_local(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(ip) if ip.is_link_local() => Some(ip.into()),
        Host::Ipv6(ip) if ip.is_unicast_link_local() => Some(ip.into()),
        Host::Ipv6(ip) if ip.to_ipv4_mapped().is_some_and(|ip| ip.is_link_local()) => Some(ip.into()),
        Host::Ipv4(_) | Host::Ipv6(_) | Host::Domain(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_shown() {
        for (given, wanted) in [
            ("http://localhost:9300", "http://localhost:9300"),
            ("https://api.klavis.ai/mcp/gmail/TOPSECRET", "https://api.klavis.ai/…"),
            ("https://user:TOPSECRET@host/", "https://host"),
            ("https://host/?key=TOPSECRET", "https://host/…"),
            ("env:GMAIL_URL", "env:GMAIL_URL"),
        ] {
            let address = Address::parse(given, false).unwrap();
            assert_eq!(address.to_string(), wanted);
            assert_eq!(format!("{address:?}"), format!("Address({wanted})"));
        }
    }

    #[test]
    fn refusals() {
        for (given, wanted) in [
            ("", "url is missing, give the address of the server's MCP endpoint"),
            ("localhost:9300", "url must start with http:// or https://, not localhost:"),
            ("file:///etc/passwd", "url must start with http:// or https://, not file:"),
            (
                "http://169.254.169.254/latest",
                "url points to the link-local address 169.254.169.254, set allow_private to allow it",
            ),
        ] {
            assert_eq!(Address::parse(given, false).unwrap_err().to_string(), wanted);
        }
        assert!(Address::parse("http://[::ffff:169.254.169.254]/", false).is_err());
        assert!(Address::parse("http://169.254.1.1/", true).is_ok());
        assert!(Address::parse("http://192.168.1.10:8123", false).is_ok());
    }

    #[test]
    fn which_addresses_are_public() {
        for ip in ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn variables_are_put_in_where_a_part_starts() {
        let lookup = |name: &str| (name == "KEY").then(|| "s3cret".to_owned());
        for (given, wanted) in [
            ("https://h/mcp/env:KEY", "https://h/mcp/s3cret"),
            ("https://h/mcp?k=env:KEY&v=1", "https://h/mcp?k=s3cret&v=1"),
            ("Bearer env:KEY", "Bearer s3cret"),
            ("env:KEY", "s3cret"),
            ("notenv:KEY", "notenv:KEY"),
        ] {
            assert_eq!(resolve_with(given, lookup).unwrap().expose_secret(), wanted);
        }
        assert_eq!(resolve_with("env:NOPE", lookup).unwrap_err(), AddressError::Unset("NOPE".to_owned()));
    }

    #[test]
    fn errors_are_scrubbed() {
        let url = Url::parse("https://h.example/mcp/TOPSECRET?key=HUSHHUSH").unwrap();
        let text = scrub(&format!("error sending request for url ({url}): TOPSECRET, HUSHHUSH"), &url);
        assert_eq!(text, "error sending request for url (https://h.example/…): …, …");
    }
}
