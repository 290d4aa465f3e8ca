//! One agent: found by its address, and asked.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use a2a::VERSION;
use axum::http::header;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value;
use thiserror::Error;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::card::{Card, CardProblem, MAX_CARD};
use super::errand::{Answer, Errand, Step};
use super::exchange::Exchange;
use super::http::{Http, HttpError, body, status};
use super::place::judge;
use super::wire::{A2A_VERSION, Wire};
use crate::address::Address;
use crate::gateway::Limits;
use crate::upstream::ConnectError;

const WELL_KNOWN: [&str; 2] = ["/.well-known/agent-card.json", "/.well-known/agent.json"];

/// What goes with the requests to an agent, and where it may be.
#[derive(Clone, Default)]
pub struct Access {
    /// Headers to send to the origin of its address, and to no other; `env:NAME` stands for a secret.
    pub headers: BTreeMap<String, SecretString>,
    /// Whether its card may lead to another host in a private network.
    pub allow_private: bool,
}

/// An agent can't be used, and why. Holds no secret.
#[derive(Clone, Debug, Error)]
#[error(transparent)]
pub struct NoAgent(#[from] ConnectError);

/// An agent that was found. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    agent: Arc<Agent>,
}

/// An agent, where its card is and where it is asked.
pub(super) struct Agent {
    pub(super) card: Card,
    card_url: Url,
    /// For the card; `wire` has its own.
    http: Http,
    pub(super) wire: Wire,
    pub(super) limits: Limits,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.headers.keys().collect();
        f.debug_struct("Access").field("headers", &names).field("allow_private", &self.allow_private).finish()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may be a secret.
        f.debug_struct("Client").field("agent", &self.agent.card.name).finish_non_exhaustive()
    }
}

impl Client {
    /// Finds an agent by its address: its card itself, what the card is beside, or a bare host.
    ///
    /// # Errors
    /// Says why it can't be used: it is not there, it is no agent, or its card can't be used.
    pub async fn open(url: &str, access: Access, limits: &Limits) -> Result<Self, NoAgent> {
        let address = Address::parse(url, access.allow_private).map_err(ConnectError::from)?;
        let url = address.resolve().map_err(ConnectError::from)?;
        let http = Http::new(&url, &access.headers, None, limits)?;
        Ok(Self::find(&url, http, access.allow_private, limits).await?)
    }

    /// What the agent says of itself.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.agent.card
    }

    /// Prepares an errand, which is sent when the exchange is first followed. The token stops it at the agent too.
    #[must_use]
    pub fn begin(&self, errand: Errand, cancel: CancellationToken) -> Exchange {
        Exchange::new(self.agent.clone(), errand, cancel)
    }

    /// Does an errand and waits for its answer.
    pub async fn ask(&self, errand: Errand, cancel: CancellationToken) -> Answer {
        let mut exchange = self.begin(errand, cancel);
        loop {
            match exchange.next().await {
                Step::Progress(_) => {}
                Step::Ended(answer) => return answer,
            }
        }
    }

    pub(super) async fn find(
        url: &Url,
        http: Http,
        allow_private: bool,
        limits: &Limits,
    ) -> Result<Self, ConnectError> {
        let search = limits.connect * 2;
        let found = timeout(search, search_card(url, &http)).await;
        let (card_url, card) = found.unwrap_or(Err(ConnectError::TimedOut(search)))?;
        let mut problem = None;
        for offer in &card.offers {
            match judge(&card_url, offer, http.carries_secrets(), allow_private) {
                Ok(place) => {
                    let wire = Wire { http: place.http(&http, allow_private, limits)?, place };
                    let agent = Agent { card, card_url, http, wire, limits: limits.clone() };
                    return Ok(Self { agent: Arc::new(agent) });
                }
                Err(refused) => {
                    problem.get_or_insert(refused);
                }
            }
        }
        Err(problem.unwrap_or(CardProblem::Missing("an interface")).into())
    }

    /// The card as it is at this moment.
    pub(super) async fn look(&self) -> Result<Card, ConnectError> {
        let Agent { card_url, http, limits, .. } = &*self.agent;
        timeout(limits.connect, fetch(card_url, http))
            .await
            .unwrap_or(Err(ConnectError::TimedOut(limits.connect)))
    }

    /// The host that words go to, where it is not the registered one.
    pub(super) fn elsewhere(&self) -> Option<&str> {
        self.agent.wire.place.elsewhere()
    }
}

/// Where the card may be, in this order.
fn candidates(url: &Url) -> Vec<Url> {
    let at = |path: &str| {
        let mut url = url.clone();
        url.set_path(path);
        url
    };
    let path = url.path().trim_end_matches('/');
    if path.ends_with(".json") {
        return vec![url.clone()];
    }
    let mut places: Vec<Url> = WELL_KNOWN.iter().map(|known| at(&format!("{path}{known}"))).collect();
    if !path.is_empty() {
        places.extend(WELL_KNOWN.iter().map(|known| at(known)));
        places.push(url.clone());
    }
    places
}

async fn search_card(url: &Url, http: &Http) -> Result<(Url, Card), ConnectError> {
    let mut first_problem = None;
    for place in candidates(url) {
        match fetch(&place, http).await {
            Ok(card) => return Ok((place, card)),
            Err(problem @ ConnectError::NotAgent(_)) => {
                first_problem.get_or_insert(problem);
            }
            // No other place can help.
            Err(problem) => return Err(problem),
        }
    }
    Err(first_problem.unwrap_or_else(|| ConnectError::NotAgent("it has no card".to_owned())))
}

async fn fetch(url: &Url, http: &Http) -> Result<Card, ConnectError> {
    // Some agents of both versions show the older card to whoever doesn't say this.
    let more = [(header::ACCEPT, "application/json"), (A2A_VERSION, VERSION)];
    let response = http.send(Method::GET, url, &more, None).await.map_err(read_error)?;
    if !response.status().is_success() {
        return Err(ConnectError::NotAgent(format!("there is no agent card, {}", status(response.status()))));
    }
    let body = body(response, url, MAX_CARD).await.map_err(read_error)?;
    let card: Value = serde_json::from_slice(&body).map_err(|_| {
        ConnectError::NotAgent("where its card should be is something else than JSON".to_owned())
    })?;
    Ok(Card::read(&card)?)
}

fn read_error(error: HttpError) -> ConnectError {
    match error {
        HttpError::NoConnection(cause) => ConnectError::NoConnection(cause),
        HttpError::Unauthorized => ConnectError::Unauthorized,
        HttpError::SignIn(_) | HttpError::Broken(_) => ConnectError::NotAgent(error.to_string()),
        HttpError::TooLarge(_) => CardProblem::TooLarge.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_card_is_looked_for() {
        let tried = |url: &str| -> Vec<String> {
            let url = Url::parse(url).unwrap();
            candidates(&url)
                .iter()
                .map(|url| url.as_str().trim_start_matches("http://h").to_owned())
                .collect()
        };
        assert_eq!(tried("http://h"), WELL_KNOWN);
        assert_eq!(tried("http://h/my/card.json?k=1"), ["/my/card.json?k=1"]);
        assert_eq!(
            tried("http://h/a2a/"),
            [
                "/a2a/.well-known/agent-card.json",
                "/a2a/.well-known/agent.json",
                "/.well-known/agent-card.json",
                "/.well-known/agent.json",
                "/a2a/"
            ]
        );
    }
}
