//! Where an agent is asked: the interface that its card names, judged like an address that a stranger gave, because it is one.
//!
//! The card of a registered address may name another one. On the same host it is taken; another host gets no secret, and must
//! not lie in a network that the stranger has no business in, by its address or by what its name stands for.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::card::{CardProblem, Offer};
use super::http::Http;
use super::tongue::Tongue;
use crate::address::{is_public, shown};
use crate::gateway::Limits;
use crate::upstream::{ConnectError, http};

/// Where and how an agent is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) url: Url,
    pub(super) tongue: Tongue,
    pub(super) tenant: Option<String>,
    pub(super) whose: Whose,
}

/// Whose a place is, compared with the address that was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The registered origin: what was registered with it goes there.
    Registered,
    /// Another origin of the registered host.
    SameHost,
    /// Another host.
    Elsewhere(String),
}

/// Judges an interface of a card that was found at `card`, at the registered host.
pub(super) fn judge(
    card: &Url,
    offer: &Offer,
    secrets: bool,
    allow_private: bool,
) -> Result<Place, CardProblem> {
    let odd = || CardProblem::Interface("an address that can't be used".to_owned());
    let mut url = card.join(&offer.url).map_err(|_| odd())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() || !url.username().is_empty() {
        return Err(odd());
    }
    // What a program listens at is not where it is reached.
    if is_unspecified(&url) && is_loopback(card) {
        url.set_host(card.host_str()).map_err(|_| odd())?;
    }
    let place = |url: Url, whose| Place { url, tongue: offer.tongue, tenant: offer.tenant.clone(), whose };
    let same_host = url.host() == card.host() || is_loopback(&url) && is_loopback(card);
    let same_origin = same_host
        && url.scheme() == card.scheme()
        && url.port_or_known_default() == card.port_or_known_default();
    if same_origin {
        return Ok(place(url, Whose::Registered));
    }
    if secrets {
        return Err(CardProblem::Secrets(shown(&url)));
    }
    if same_host {
        return Ok(place(url, Whose::SameHost));
    }
    let private = match url.host() {
        Some(Host::Ipv4(ip)) => !is_public(ip.into()),
        Some(Host::Ipv6(ip)) => !is_public(ip.into()),
        Some(Host::Domain(_)) => is_loopback(&url),
        None => true,
    };
    if private && !allow_private {
        return Err(CardProblem::Private(shown(&url)));
    }
    let host = url.host_str().unwrap_or_default().to_owned();
    Ok(place(url, Whose::Elsewhere(host)))
}

impl Place {
    /// The client for this place: the registered one for the registered origin, one without anything for every other.
    pub(super) fn http(
        &self,
        registered: &Http,
        allow_private: bool,
        limits: &Limits,
    ) -> Result<Http, ConnectError> {
        let builder = http::builder(&self.url, limits);
        let builder = match self.whose {
            Whose::Registered => return Ok(registered.clone()),
            Whose::Elsewhere(_) if !allow_private => builder.dns_resolver(Arc::new(PublicOnly)),
            Whose::SameHost | Whose::Elsewhere(_) => builder,
        };
        let client = builder.build().map_err(|error| ConnectError::NoConnection(http::innermost(&error)))?;
        Ok(Http::bare(client))
    }

    /// The host that the words go to, where it is not the registered one.
    pub(super) fn elsewhere(&self) -> Option<&str> {
        match &self.whose {
            Whose::Registered | Whose::SameHost => None,
            Whose::Elsewhere(host) => Some(host),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    http::is_loopback(url) || is_unspecified(url)
}

fn is_unspecified(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_unspecified(),
        Some(Host::Ipv6(ip)) => ip.is_unspecified(),
        Some(Host::Domain(_)) | None => false,
    }
}

/// Finds only addresses of the public network, at the moment of connecting.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("it is in a private network, set allow_private to allow it".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(card: &str, offered: &str, secrets: bool, allow_private: bool) -> Result<String, String> {
        let offer = Offer { url: offered.into(), tongue: Tongue::JsonRpc, tenant: None };
        judge(&Url::parse(card).unwrap(), &offer, secrets, allow_private)
            .map(|place| {
                format!(
                    "{}{}",
                    place.url,
                    place.elsewhere().map(|host| format!(" at {host}")).unwrap_or_default()
                )
            })
            .map_err(|problem| problem.to_string())
    }

    #[test]
    fn where_a_card_may_lead() {
        let local = "http://127.0.0.1:9000/.well-known/agent-card.json";
        let remote = "https://agent.example/.well-known/agent-card.json";
        for (card, offered, wanted) in [
            (local, "http://localhost:9000/rpc", "http://localhost:9000/rpc"),
            (local, "http://0.0.0.0:9000/", "http://127.0.0.1:9000/"),
            (local, "/rpc", "http://127.0.0.1:9000/rpc"),
            (remote, "https://agent.example:8443/rpc", "https://agent.example:8443/rpc"),
            (remote, "https://api.example/rpc", "https://api.example/rpc at api.example"),
            (remote, "https://93.184.216.34/", "https://93.184.216.34/ at 93.184.216.34"),
        ] {
            assert_eq!(judged(card, offered, false, false), Ok(wanted.to_owned()), "{offered}");
        }
        for offered in [
            "http://localhost:4444/mcp",
            "http://127.0.0.1/",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://169.254.169.254/latest",
            "http://10.0.0.7/",
            "http://[::ffff:10.0.0.7]/",
            "http://[fd00::1]/",
        ] {
            let refused = judged(remote, offered, false, false).unwrap_err();
            assert!(refused.contains("a private network"), "{offered}: {refused}");
            assert!(judged(remote, offered, false, true).is_ok(), "{offered}");
        }
        assert!(judged(local, "http://192.168.1.5/", false, false).is_err(), "another machine");
        for odd in ["ftp://agent.example/", "http://user:pass@agent.example/", "http://", "data:,x"] {
            assert_eq!(
                judged(remote, odd, false, true).unwrap_err(),
                "it names an address that can't be used"
            );
        }
    }

    #[test]
    fn secrets_stay_with_the_origin() {
        let card = "https://agent.example/card.json";
        assert!(judged(card, "https://agent.example/rpc/KEY", true, false).is_ok());
        for offered in ["https://api.example/KEY", "http://agent.example/", "https://agent.example:8443/"] {
            let refused = judged(card, offered, true, true).unwrap_err();
            assert!(
                refused.contains("where your secrets don't belong") && !refused.contains("KEY"),
                "{refused}"
            );
        }
    }
}
