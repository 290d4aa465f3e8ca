//! Which addresses a page may be read from: web addresses that the whole internet can reach.
//!
//! A page's address comes from a model or from a page, so it is not to be trusted: without the guard it could name this
//! machine, a device of the home network or a cloud machine's credentials. [`Guard::url`] judges what is written in an
//! address, [`CheckedNames`] what its name stands for. The connection goes to exactly the addresses that were judged,
//! because the HTTP client has no other resolver and no proxy.
//!
//! The blocks are those of IANA's special-purpose address registries (RFC 6890 and its updates) and the multicast
//! ranges. Of IPv6 only global unicast (2000::/3) is read from at all, so addresses that carry an IPv4 address inside
//! (mapped, compatible, NAT64) fall out by themselves; 6to4 and Teredo are listed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// The longest address of a page, in bytes.
pub(super) const LONGEST_URL: usize = 2048;

/// Addresses of one name that are looked at; more are left out.
const MOST_ADDRESSES: usize = 16;

/// What kind of address is not read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Loopback.
    ThisMachine,
    /// Private networks, shared ones of providers (CGNAT) and unique local addresses.
    Private,
    /// Link-local addresses, where cloud machines keep their credentials.
    LinkLocal,
    /// Multicast and broadcast.
    Multicast,
    /// Documentation, benchmarks, translation, tunnels and whatever else is set aside.
    Reserved,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::ThisMachine => "this machine itself",
            Kind::Private => "a private network",
            Kind::LinkLocal => "a link-local address",
            Kind::Multicast => "a group of machines",
            Kind::Reserved => "a reserved address",
        })
    }
}

/// Why an address is not read from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("the address cannot be read ({0}): give it like https://example.com/page")]
    Malformed(url::ParseError),
    #[error("the address has {0} characters: {LONGEST_URL} is the most")]
    Long(usize),
    #[error("only http and https pages can be read, not {0}")]
    Scheme(String),
    #[error("the address has a user name or a password in it: leave them out")]
    Credentials,
    #[error("pages are read from ports 80, 443 and those above 1023, not from port {0}")]
    Port(u16),
    #[error("{host} leads to {kind}: only pages on the public internet can be read")]
    Address { host: String, kind: Kind },
}

/// Judges addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard {
    /// Whether this machine and private networks may be read from. Link-local, multicast and reserved addresses never
    /// are.
    pub allow_private: bool,
}

impl Guard {
    /// Reads an address as it was given; a missing scheme means https.
    pub fn parse(self, text: &str) -> Result<Url, Refused> {
        if text.len() > LONGEST_URL {
            return Err(Refused::Long(text.chars().count()));
        }
        let url = match Url::parse(text) {
            Err(url::ParseError::RelativeUrlWithoutBase) => Url::parse(&format!("https://{text}")),
            parsed => parsed,
        };
        let url = url.map_err(Refused::Malformed)?;
        self.url(&url)?;
        Ok(url)
    }

    /// Judges scheme, port, credentials and an address that is written as such. Names are judged when they are resolved.
    pub fn url(self, url: &Url) -> Result<(), Refused> {
        if url.as_str().len() > LONGEST_URL {
            return Err(Refused::Long(url.as_str().len()));
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme(url.scheme().chars().take(20).collect()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        if let Some(port) = url.port()
            && !matches!(port, 80 | 443 | 1024..)
        {
            return Err(Refused::Port(port));
        }
        match url.host() {
            Some(Host::Ipv4(ip)) => self.address(&ip.to_string(), ip.into()),
            Some(Host::Ipv6(ip)) => self.address(&ip.to_string(), ip.into()),
            Some(Host::Domain(_)) => Ok(()),
            None => Err(Refused::Malformed(url::ParseError::EmptyHost)),
        }
    }

    fn address(self, host: &str, ip: IpAddr) -> Result<(), Refused> {
        match special(ip) {
            None => Ok(()),
            Some(Kind::ThisMachine | Kind::Private) if self.allow_private => Ok(()),
            Some(kind) => Err(Refused::Address { host: host.to_owned(), kind }),
        }
    }
}

/// Resolves names and passes on only the addresses that may be read from.
pub(super) struct CheckedNames {
    pub names: Arc<dyn Resolve>,
    pub guard: Guard,
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let found = self.names.resolve(name);
        let guard = self.guard;
        Box::pin(async move {
            let mut allowed = Vec::new();
            let mut refused = None;
            for address in found.await?.take(MOST_ADDRESSES) {
                match guard.address(&host, address.ip()) {
                    Ok(()) => allowed.push(address),
                    Err(refusal) => refused = Some(refusal),
                }
            }
            if let (Some(refusal), true) = (refused, allowed.is_empty()) {
                return Err(refusal.into());
            }
            let allowed: Addrs = Box::new(allowed.into_iter());
            Ok(allowed)
        })
    }
}

/// The system's resolver.
pub(super) struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // Port 0 stands for the port of the page's address.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

/// IPv4 blocks that are set aside: <https://www.iana.org/assignments/iana-ipv4-special-registry> and 224.0.0.0/4.
const SPECIAL_V4: &[(Ipv4Addr, u32, Kind)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, Kind::Reserved),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Kind::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Kind::Private),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Kind::ThisMachine),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Kind::LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Kind::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Kind::Reserved),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Kind::Reserved),
    (Ipv4Addr::new(192, 31, 196, 0), 24, Kind::Reserved),
    (Ipv4Addr::new(192, 52, 193, 0), 24, Kind::Reserved),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Kind::Reserved),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Kind::Private),
    (Ipv4Addr::new(192, 175, 48, 0), 24, Kind::Reserved),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Kind::Reserved),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Kind::Reserved),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Kind::Reserved),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Kind::Multicast),
    (Ipv4Addr::BROADCAST, 32, Kind::Multicast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Kind::Reserved),
];

/// IPv6 blocks that are set aside: <https://www.iana.org/assignments/iana-ipv6-special-registry> and ff00::/8. What is
/// neither here nor in 2000::/3 is reserved.
const SPECIAL_V6: &[(Ipv6Addr, u32, Kind)] = &[
    (Ipv6Addr::LOCALHOST, 128, Kind::ThisMachine),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Kind::Private),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, Kind::LinkLocal),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Kind::Multicast),
    // IETF protocol assignments: Teredo, benchmarks, ORCHID, DETs and single anycast addresses.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Kind::Reserved),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, Kind::Reserved),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, Kind::Reserved),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48, Kind::Reserved),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, Kind::Reserved),
];

/// What an address is set aside for; `None` for one that the internet can reach.
fn special(ip: IpAddr) -> Option<Kind> {
    match ip {
        IpAddr::V4(ip) => {
            let within = |net: Ipv4Addr, prefix: u32| (ip.to_bits() ^ net.to_bits()) >> (32 - prefix) == 0;
            SPECIAL_V4.iter().find(|(net, prefix, _)| within(*net, *prefix)).map(|(.., kind)| *kind)
        }
        IpAddr::V6(ip) => {
            let within = |net: Ipv6Addr, prefix: u32| (ip.to_bits() ^ net.to_bits()) >> (128 - prefix) == 0;
            let listed = SPECIAL_V6.iter().find(|(net, prefix, _)| within(*net, *prefix));
            let global = within(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
            listed.map(|(.., kind)| *kind).or((!global).then_some(Kind::Reserved))
        }
    }
}

#[cfg(test)]
mod tests;
