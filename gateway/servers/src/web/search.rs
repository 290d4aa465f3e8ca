//! The web search behind the tool: a SearXNG of one's own, or Tavily. Both answer the same question with the same finds.

use std::fmt;
use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;
use url::{Host, Url};

use super::output::{Found, Provider};
use super::plain;

mod searxng;
mod tavily;

/// Tavily's own address.
pub const TAVILY: &str = "https://api.tavily.com";

/// The longest time that a search takes.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer of a provider, in bytes.
const LONGEST_ANSWER: usize = 2 * 1024 * 1024;
/// The longest title of a find, in characters.
const LONGEST_TITLE: usize = 200;
/// The longest snippet of a find, in characters.
const LONGEST_SNIPPET: usize = 500;

/// Who searches.
#[derive(Clone)]
pub enum Search {
    /// A SearXNG (or searx) instance with JSON output.
    Searxng {
        /// Its address, with the path under which it lives. May be a private one: the operator chose it.
        url: Url,
    },
    /// Tavily's API.
    Tavily {
        /// [`TAVILY`], or an address that speaks its API.
        url: Url,
        /// The API key.
        key: SecretString,
    },
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Search::Searxng { url } => write!(f, "Searxng({})", place(url)),
            Search::Tavily { url, .. } => write!(f, "Tavily({})", place(url)),
        }
    }
}

/// How strictly unsuitable finds are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SafeSearch {
    /// Not at all.
    Off,
    /// The usual measure of the engines that SearXNG asks. Tavily has none.
    #[default]
    Moderate,
    /// As strictly as the provider can; with Tavily this needs an enterprise plan.
    Strict,
}

/// How old a find may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    Any,
    Day,
    Week,
    Month,
    Year,
}

impl Freshness {
    /// All of them, by the names that the tool takes.
    pub const NAMES: [&str; 5] = ["any", "day", "week", "month", "year"];

    pub fn find(name: &str) -> Freshness {
        match name {
            "day" => Freshness::Day,
            "week" => Freshness::Week,
            "month" => Freshness::Month,
            "year" => Freshness::Year,
            _ => Freshness::Any,
        }
    }

    /// The name that both providers have for it.
    fn wire(self) -> Option<&'static str> {
        match self {
            Freshness::Any => None,
            Freshness::Day => Some("day"),
            Freshness::Week => Some("week"),
            Freshness::Month => Some("month"),
            Freshness::Year => Some("year"),
        }
    }
}

/// What is searched for.
#[derive(Debug)]
pub(super) struct Query {
    pub text: String,
    /// Finds at most.
    pub count: usize,
    pub freshness: Freshness,
    pub safe: SafeSearch,
    /// A code like `en` or `de-CH`.
    pub language: Option<String>,
}

/// Why a search brought nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum SearchError {
    #[error(
        "web search is not set up. At home, run SearXNG (its container image searxng/searxng, or apt install searx) and \
         set search.provider to searxng and search.url to its address. Or get a key from tavily.com and set \
         search.provider to tavily and search.key to env:TAVILY_API_KEY. Pages whose address is known can be read without"
    )]
    NotConfigured,
    #[error("{provider} at {place} cannot be reached ({cause}): is it running, and is search.url right")]
    Unreachable { provider: Provider, place: String, cause: String },
    #[error("{provider} did not answer within {} seconds: try again", PATIENCE.as_secs())]
    Slow { provider: Provider },
    #[error(
        "SearXNG refuses to answer in JSON: add json to search.formats in its settings.yml, or let this machine past its limiter"
    )]
    JsonIsOff,
    #[error("Tavily does not accept the key: check search.key")]
    Key,
    #[error("SearXNG asks for a login: put user name and password into search.url")]
    Login,
    #[error("{provider} refuses the search (status {status}): {hint}")]
    Forbidden { provider: Provider, status: u16, hint: &'static str },
    #[error("{provider} has had too many searches (status {status}): {hint}")]
    TooMany { provider: Provider, status: u16, hint: &'static str },
    #[error("{provider} did not understand the search (status {status}): use other words")]
    Rejected { provider: Provider, status: u16 },
    #[error(
        "{provider} at {place} sends us elsewhere (status {status}): set search.url to the final address"
    )]
    Moved { provider: Provider, place: String, status: u16 },
    #[error("at {place} there is no {provider} (status {status}): check search.url")]
    Elsewhere { provider: Provider, place: String, status: u16 },
    #[error("{provider} has trouble of its own (status {status}): try again later")]
    Broken { provider: Provider, status: u16 },
    #[error(
        "{provider} at {place} answered with a web page instead of JSON: check search.url, and search.formats in its settings.yml"
    )]
    Html { provider: Provider, place: String },
    #[error("{provider} gave an answer that cannot be read: check search.url and its version")]
    Unreadable { provider: Provider },
    #[error("none of SearXNG's engines answered ({0}): try again, or switch on others in its settings.yml")]
    NoEngine(String),
}

/// Searches with one provider; its connections are made when first needed.
pub(super) struct Searcher {
    search: Option<Search>,
    http: OnceCell<reqwest::Client>,
}

impl Searcher {
    pub fn new(search: Option<Search>) -> Searcher {
        Searcher { search, http: OnceCell::new() }
    }

    /// The finds, the best first, and who found them.
    pub async fn search(&self, query: &Query) -> Result<(Provider, Vec<Found>), SearchError> {
        let Some(search) = &self.search else { return Err(SearchError::NotConfigured) };
        let provider = search.provider();
        let searched = async {
            match search {
                Search::Searxng { url } => searxng::search(self.client(search).await?, url, query).await,
                Search::Tavily { url, key } => {
                    tavily::search(self.client(search).await?, url, key, query).await
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, searched).await;
        let mut found = found.unwrap_or(Err(SearchError::Slow { provider }))?;
        let mut seen = std::collections::HashSet::new();
        found.retain(|find| seen.insert(find.url.clone()));
        found.truncate(query.count);
        Ok((provider, found))
    }

    async fn client(&self, search: &Search) -> Result<&reqwest::Client, SearchError> {
        let build = async || {
            let builder = reqwest::Client::builder()
                .user_agent(concat!("HomePilot/", env!("CARGO_PKG_VERSION")))
                // The key goes to the address that was set, and nowhere else.
                .redirect(reqwest::redirect::Policy::none())
                .pool_max_idle_per_host(1);
            // A proxy has no business between two programs of one machine.
            if is_loopback(search.url()) { builder.no_proxy() } else { builder }.build()
        };
        self.http
            .get_or_try_init(build)
            .await
            .map_err(|error| unreachable(search.provider(), search.url(), error))
    }
}

/// Why a provider can't be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no http or https address")]
pub struct NoAddress;

impl Search {
    /// SearXNG at an address.
    ///
    /// # Errors
    /// It is none. The message does not repeat it, because it may hold a password.
    pub fn searxng(url: &str) -> Result<Search, NoAddress> {
        Ok(Search::Searxng { url: address(url)? })
    }

    /// Tavily with an API key, at its own address unless another is given.
    ///
    /// # Errors
    /// As for [`Search::searxng`].
    pub fn tavily(url: Option<&str>, key: String) -> Result<Search, NoAddress> {
        Ok(Search::Tavily { url: address(url.unwrap_or(TAVILY))?, key: key.into() })
    }

    fn provider(&self) -> Provider {
        match self {
            Search::Searxng { .. } => Provider::Searxng,
            Search::Tavily { .. } => Provider::Tavily,
        }
    }

    fn url(&self) -> &Url {
        match self {
            Search::Searxng { url } | Search::Tavily { url, .. } => url,
        }
    }
}

fn address(written: &str) -> Result<Url, NoAddress> {
    let url = Url::parse(written).map_err(|_| NoAddress)?;
    if matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(NoAddress) }
}

/// Sends a request and reads the JSON of its answer; `refused` names the statuses that mean something special.
async fn ask<T: DeserializeOwned>(
    provider: Provider,
    url: &Url,
    request: RequestBuilder,
    refused: impl FnOnce(StatusCode) -> Option<SearchError>,
) -> Result<T, SearchError> {
    let lost = |error| unreachable(provider, url, error);
    let mut answer = request.send().await.map_err(lost)?;
    let status = answer.status();
    if !status.is_success() {
        return Err(refused(status).unwrap_or_else(|| misfortune(provider, url, status.as_u16())));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(SearchError::Unreadable { provider });
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| match body.trim_ascii_start().first() {
        Some(b'<') => SearchError::Html { provider, place: place(url) },
        _ => SearchError::Unreadable { provider },
    })
}

fn misfortune(provider: Provider, url: &Url, status: u16) -> SearchError {
    match status {
        300..400 => SearchError::Moved { provider, place: place(url), status },
        404 | 405 => SearchError::Elsewhere { provider, place: place(url), status },
        429 => SearchError::TooMany { provider, status, hint: "try again in a while" },
        500.. => SearchError::Broken { provider, status },
        _ => SearchError::Rejected { provider, status },
    }
}

fn unreachable(provider: Provider, url: &Url, error: reqwest::Error) -> SearchError {
    let mut cause: &dyn std::error::Error = &error.without_url();
    while let Some(source) = cause.source() {
        cause = source;
    }
    SearchError::Unreachable { provider, place: place(url), cause: cause.to_string().to_lowercase() }
}

/// A path below a provider's address.
fn below(url: &Url, path: &str) -> Url {
    let mut below = url.clone();
    below.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
    below
}

/// Host and port: the rest of an address may be secret.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// A find as a provider wrote it, made plain; `None` if its address is none that a page can be read from.
fn found(url: &str, title: &str, snippet: &str, published: Option<String>) -> Option<Found> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    if url.as_str().len() > super::guard::LONGEST_URL
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return None;
    }
    let title = plain::line(title, LONGEST_TITLE);
    let title = if title.is_empty() { place(&url) } else { title };
    Some(Found { title, snippet: plain::line(snippet, LONGEST_SNIPPET), url: url.into(), published })
}
